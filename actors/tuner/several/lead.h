/* lead - whether what a trial has just come to is better than all before it: what patience counts from.
 *
 * With one objective the best of all trials is compared with what it was (trials.h, best: those that keep the constraints
 * before those of which one is not known before those that break them least). With several, while all break a constraint,
 * likewise; else a trial is better that keeps them and that no other dominates or equals. As a summary of a job does
 * (proto/job/frontier.h), it forgets the least lonely of more than LEAD_MOST.
 *
 * Memory   one arena at init, lead_bytes().
 */
#ifndef ZYG_LEAD_H
#define ZYG_LEAD_H

#include "actors/tuner/several/pareto.h"
#include "actors/tuner/trials/trials.h"

enum { LEAD_MOST = 128 };

struct lead {
    struct front front; /* of several objectives */
};

/* The best of all trials. */
struct lead_mark {
    bool any, untold;
    double breach, value;
};

size_t lead_bytes(uint32_t objectives);
/* False: the arena is too small. */
bool lead_init(struct lead *l, uint32_t objectives, struct arena *arena);
struct lead_mark lead_mark(const struct trials *t);
/* Trial `place` has ended with values, and the trials know it; before: the mark when they did not. Is it better? All of them
 * in order. */
bool lead_taken(struct lead *l, const struct trials *t, uint32_t place,
                const struct lead_mark *before);

#endif
