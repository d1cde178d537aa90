/* tell - a line for people on standard error, which may be a pipe that nobody reads or a terminal that was stopped: it is
 * waited for TELL_MS, then the line is dropped, because a node that has to end or to power off must not stand still for a
 * word. */
#ifndef ZYG_NODE_TELL_H
#define ZYG_NODE_TELL_H

enum { TELL_MS = 1000, TELL_BYTES = 2048 /* fits in any pipe that can be written to */ };

void tell(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
