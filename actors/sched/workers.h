/* workers - who can be given a trial, and who of them should be.
 *
 * Only workers with a free place count, and of them the one of the greatest weight (membership.md 3.8, in integers):
 *
 *     weight = capacity x trial time / (trial time + round trip)
 *
 * where capacity is the free places in thousandths of a processor less what others keep busy there. So trials of a
 * millisecond prefer near nodes and trials of a minute do not care. Nothing queues at a worker, so its queue is 0; how well
 * it is heard is left to the member room, which calls it unreachable.
 * Trial times are rounded to powers of four, and for each of them that is in use a tournament tree knows the best worker:
 * taking it and putting it back cost log2(LIMIT_WORKERS) comparisons.
 */
#ifndef ZYG_WORKERS_H
#define ZYG_WORKERS_H

#include "proto/base/ids.h"
#include "proto/base/time.h"
#include "proto/limits.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    WORKERS_CLASSES = 10, /* of trial times: 1 ms, 4 ms, ... 262 s */
    WORKERS_NONE = LIMIT_WORKERS
};

/* Some of the workers, by their places; zeros: nobody. */
struct worker_set {
    uint32_t count;
    uint64_t bits[LIMIT_WORKERS / 64];
};

struct worker {
    bool used;
    uint32_t peer; /* 0: this node */
    struct node_id node;
    uint64_t slots;
    uint32_t leased; /* places that our leases hold */
    /* Places that something else holds: what its reports name and we did not give. */
    uint32_t foreign;
    uint64_t free; /* as last counted */
    int64_t rtt_us;
    uint64_t load;
    dur_ms pause; /* after it refused something; doubles */
    when_ms rests_until;
};

struct workers {
    uint32_t count; /* entries from here on were never used */
    uint64_t free;  /* of all */
    uint64_t remote_slots;
    uint32_t classes; /* a bit for each tree that is kept */
    when_ms wakes;    /* somebody's rest may be over */
    struct worker entries[LIMIT_WORKERS];
    /* Node 1 is the root; 1 + the place of the best below it. */
    uint16_t trees[WORKERS_CLASSES][LIMIT_WORKERS];
};

uint32_t workers_find(const struct workers *w, uint32_t peer); /* WORKERS_NONE: not there */
uint32_t workers_add(struct workers *w, uint32_t peer);        /* WORKERS_NONE: no room */
void workers_remove(struct workers *w, uint32_t place);
void workers_set_slots(struct workers *w, uint32_t place, uint64_t slots);
/* After any change of its numbers. */
void workers_changed(struct workers *w, uint32_t place);
/* It refused: nothing for it for a while, longer each time. workers_served ends the series. */
void workers_rest(struct workers *w, uint32_t place, when_ms now);
void workers_served(struct workers *w, uint32_t place);
void workers_wake(struct workers *w, when_ms now); /* whose rest is over */
/* Places of the others. */
uint64_t workers_free(const struct workers *w, const struct worker_set *but);
/* The best for trials of about this time that is not in the set; WORKERS_NONE: nobody has a free place. Whoever is in the set
 * and better costs log2(LIMIT_WORKERS) comparisons more. */
uint32_t workers_pick(struct workers *w, dur_ms trial, const struct worker_set *but);

bool worker_set_has(const struct worker_set *set, uint32_t place);
void worker_set_add(struct worker_set *set, uint32_t place);
void worker_set_remove(struct worker_set *set, uint32_t place);

#endif
