/* state - what the files of this folder share: one trial's course, one rung, the whole. */
#ifndef ZYG_RUNGS_STATE_H
#define ZYG_RUNGS_STATE_H

#include "actors/tuner/rungs/forecast.h"
#include "actors/tuner/rungs/noise.h"
#include "actors/tuner/rungs/ranks.h"
#include "actors/tuner/rungs/rungs.h"

/* How far a trial has come; by place. */
struct course {
    struct curve curve;
    uint32_t shared; /* values it had when the others learned from it */
    uint8_t goal;    /* the rung at which it is judged next; asha: at which it pauses */
    bool passes;     /* never judged */
    bool due;        /* to be judged for what it told last */
    bool copy;       /* it began where another was */
    bool loaded;     /* it ran in an earlier search */
};

enum { AUTO_WINDOW = 64 };

/* The last that came to a rung. */
struct arrivals {
    uint32_t places[AUTO_WINDOW];
    uint64_t count;
};

struct rung {
    uint32_t step;
    struct arrivals arrivals; /* of auto, in place of ranks and paused */
    struct ranks ranks;       /* all that stood here; of median those that ended */
    struct heap paused; /* those that may wait here still: whoever is not AT_REST for this rung
                         * any more is taken out when he comes to the top */
};

enum { PASHA_LEADERS = 64 };

struct rungs {
    struct rungs_setup setup;
    struct trials *trials;
    struct course *courses;
    double *means; /* of median: the mean of all values until a rung, like trials->curve */
    double *
        breaches; /* like trials->curve, how far constraints were broken there; NULL: there are none */
    uint32_t count;
    uint32_t ceiling; /* the highest rung to which trials are promoted */
    uint32_t started; /* trials that were begun */
    struct rung rung[RUNGS_MOST];
    struct noise_pool pool;
    struct rungs_seer seer;
    struct forecast *forecast; /* of auto */
    /* Of pasha: the best of those that came to the ceiling, in order. */
    uint32_t leaders[PASHA_LEADERS];
    uint32_t leaders_count;
    /* Of pbt: members that ended before their full length, and copies: each takes the place of one of them. */
    uint32_t lost, copied;
    struct value values[LIMIT_PARAMS];
};

static inline double rungs_value(const struct rungs *r, uint32_t trial, uint32_t rung) {
    return trials_at_rung(r->trials, trial, rung);
}

static inline double rungs_breach(const struct rungs *r, uint32_t trial, uint32_t rung) {
    return r->breaches != NULL ? r->breaches[(size_t)trial * r->count + rung] : 0;
}

/* Below 0: a is better. Who breaks constraints less is, whatever the values are. */
static inline int rungs_order(double breach_a, double a, double breach_b, double b) {
    if (breach_a != breach_b)
        return breach_a < breach_b ? -1 : 1;
    return a < b ? -1 : a > b;
}

/* The same of two that stood at a rung. */
static inline int rungs_order_at(const struct rungs *r, uint32_t rung, uint32_t a, uint32_t b) {
    return rungs_order(rungs_breach(r, a, rung), rungs_value(r, a, rung), rungs_breach(r, b, rung),
                       rungs_value(r, b, rung));
}

/* How far behind another this trial must be so that it is not chance. */
double rungs_margin(const struct rungs *r, uint32_t trial);

/* pasha.c: a trial has come to the ceiling, which is not the top. The ceiling rises when the order
 * of those there is another than it was a rung below. */
void pasha_arrive(struct rungs *r, uint32_t trial);

/* pbt.c: a member at work that has come to this rung is among the worst; whose copy takes the place of
 * one that ended. */
bool pbt_is_worst(const struct rungs *r, uint32_t at, uint32_t trial);
bool pbt_copy(struct rungs *r, const struct rungs_near *near, struct rungs_choice *choice);

/* auto.c */
struct auto_best {
    double prospect; /* its value at the full length */
    double breach;
    uint32_t trial;
    uint32_t better; /* of those that came to its rung */
};
/* Trial number 1.. runs its full length. */
bool auto_is_probe(const struct rungs *r, uint32_t number);
void auto_arrive(struct rungs *r, uint32_t at, uint32_t trial);
/* False: nobody waits at this rung. */
bool auto_best_waiting(struct rungs *r, uint32_t at, struct auto_best *best);
/* The same, and it deserves to go on. */
bool auto_promotable(struct rungs *r, uint32_t at, struct auto_best *best);
/* `trial` has just come to the rung, and need not wait. */
bool auto_goes_on(struct rungs *r, uint32_t at, uint32_t trial);
/* The worst that is among the best of those that came here last; false while too few did. */
bool auto_bar(const struct rungs *r, uint32_t at, uint32_t *place);

#endif
