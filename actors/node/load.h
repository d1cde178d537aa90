/* load - what else a machine does beside zyg: for `zyg nodes`, and for the leader, who gives a busy machine less.
 *
 * The load of the last LOAD_EVERY_MS is the processor time that the machine spent (user, nice, system, interrupts, and what a
 * host of virtual machines took away; not idling, not waiting for a disk), less what this process and all it has started
 * spent, as thousandths of a processor. The latter is a sum over the living, each with its ended children, so nothing
 * is lost when a trial ends; a program that lets the kernel forget its children (SIGCHLD ignored) counts as somebody else.
 * What cannot be told changes nothing: no /proc, or more than a few thousand threads to look through.
 * In a container /proc/stat tells of the whole machine, and so does the load.
 */
#ifndef ZYG_LOAD_H
#define ZYG_LOAD_H

#include "proto/base/bytes.h"
#include "proto/base/time.h"

enum { LOAD_EVERY_MS = 5000, LOAD_NOTICED = 100 };

struct load_sample {
    uint64_t all; /* ticks; 0: it cannot be told */
    uint64_t own;
};

struct load {
    bool begun;
    when_ms at;
    struct load_sample last;
    uint64_t said; /* thousandths */
};

/* The ticks of the first line of /proc/stat; 0: it is none. */
uint64_t load_parse(struct span text);
/* From this machine. */
struct load_sample load_read(void);
/* True: the load has changed noticeably, to l->said. */
bool load_changed(struct load *l, const struct load_sample *sample, uint64_t ticks_second,
                  when_ms now);

#endif
