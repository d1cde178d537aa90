/* signals - what a person or a system asks of a running verb, read from a descriptor.
 *
 * Until signals_open is called they end the program, as they do any other: nothing is to be tidied
 * up yet.
 * Errors   ERR_SYSTEM: no descriptor is left.
 */
#ifndef ZYG_SIGNALS_H
#define ZYG_SIGNALS_H

#include "proto/base/err.h"

/* After process_prepare, which blocks them. */
void signals_default(void);

/* SIGINT, SIGTERM, SIGHUP, SIGQUIT and, when `resized`, SIGWINCH are blocked and told by *fd. */
bool signals_open(int *fd, bool resized, struct err *err);

/* The next one; 0: none has come. */
int signals_take(int fd);

/* Whoever asks in this way does not wait for trials that are being stopped. */
bool signal_hurries(int number);

#endif
