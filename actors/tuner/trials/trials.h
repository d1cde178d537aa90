/* trials - what a search knows: every trial that was proposed or handed in, where it lies, how it
 * stands, what it came to.
 *
 * A trial's place is its number here, 0.. in the order in which they came to be known. Values are
 * minimised: whoever fills them in has turned those of a goal "maximize" round. What a method wants
 * to know again and again is kept up to date with every change: who finished, in which order; who
 * runs; which configurations there have been; the best.
 *
 * Memory   all of it from one arena at init, for `capacity` trials; pages that no trial has reached
 *          are never touched.
 * Cost     a change is O(1) in the number of trials; the order of the best is kept for TRIALS_BEST
 *          of them.
 */
#ifndef ZYG_TRIALS_H
#define ZYG_TRIALS_H

#include "actors/tuner/space/space.h"
#include "proto/base/arena.h"
#include "proto/job/ladder.h"

enum {
    TRIALS_MOST = 1 << 20,
    TRIALS_BEST = 1024,
};

enum trial_state {
    AT_WORK,     /* runs, or is about to */
    AT_REST,     /* paused: may go on from where it stands */
    ENDED_WELL,  /* with a value, at its full length */
    ENDED_SOON,  /* with a value, stopped before its full length */
    ENDED_BADLY, /* without: crashed, or its configuration cannot be */
    TAKEN_BACK   /* nothing will come of it, and nothing is learned from that */
};

struct trials {
    const struct space *space;
    uint32_t objectives;
    uint32_t rungs; /* 1: no learning curves */
    uint32_t capacity;
    uint32_t count;

    /* By place. */
    float *points;    /* dims each: settled */
    uint64_t *keys;   /* space_key */
    uint8_t *states;  /* enum trial_state */
    double *values;   /* objectives each; NAN until known. While it runs, of a learning curve the
                        * best so far */
    double *curve;    /* rungs each: the best until then; NAN when it has not been there, or has
                        * passed without a word */
    uint8_t *reached; /* rungs reached, 0.. rungs; of the last of them the curve is known */
    double *seconds;  /* what it cost, or, stopped early, would have at its full length; 0: not
                        * known */
    double
        *breaches; /* how far it breaks the constraints on metrics: 0 not at all. While it runs, as
                        * far as is known */
    uint8_t *untold; /* ENDED_SOON, before it told all that constraints are about: its breach is of
                        * the rest */

    /* Places. */
    uint32_t *finished; /* in the order in which they ended, badly too */
    uint32_t finished_count;
    /* Of those ENDED_WELL or ENDED_SOON the best by their first value, at most TRIALS_BEST: those
     * that keep all constraints first, then by how far they break them, at last those of which that
     * is not known; of equals the lower place first. */
    uint32_t *best;
    uint32_t best_count;
    uint32_t ended_count; /* ENDED_WELL or ENDED_SOON */
    uint32_t *active;     /* AT_WORK, in the order of their places */
    uint32_t active_count;
    uint32_t failed_count;

    struct trials_table {
        uint32_t *slots; /* place + 1; 0: none. Open addressing by key */
        uint32_t size;   /* a power of two */
    } known;

    /* By place, of a search that runs configurations again (again.h); NULL: each trial is a
     * configuration of its own. */
    struct trials_again {
        uint32_t *head;  /* the first trial of the same configuration */
        uint32_t *next;  /* the next one; 0: none */
        double *own;     /* what this run came to: `values` has the mean of all; NAN: nothing */
        double *numbers; /* dims each: its values, where they are numbers */
    } again;
};

/* Bytes of arena that trials_init takes. */
size_t trials_bytes(const struct space *s, uint32_t objectives, uint32_t rungs, uint32_t capacity);
/* capacity 1.. TRIALS_MOST. False: the arena is too small. */
bool trials_init(struct trials *t, const struct space *s, uint32_t objectives, uint32_t rungs,
                 uint32_t capacity, struct arena *arena);

/* A trial of a valid configuration; it is AT_WORK. count < capacity. */
uint32_t trials_add(struct trials *t, const struct value *values);
/* Whether a configuration of this key was ever added. */
bool trials_know(const struct trials *t, uint64_t key);

/* The best value until rung `rung` (0.. rungs - 1) was reached. Rungs are told in order; what was
 * told before stays, and what the curve was at those left out nobody knows. */
void trials_curve(struct trials *t, uint32_t place, uint32_t rung, double best);
/* AT_WORK or AT_REST: by now it breaks constraints so far; and, if it ends now, it ends untold. */
void trials_break(struct trials *t, uint32_t place, double breach);
void trials_untold(struct trials *t, uint32_t place);
void trials_pause(struct trials *t, uint32_t place);  /* AT_WORK -> AT_REST */
void trials_resume(struct trials *t, uint32_t place); /* AT_REST -> AT_WORK */
/* AT_WORK or AT_REST -> state. values: objectives many, all finite; NULL when it ended badly. */
void trials_end(struct trials *t, uint32_t place, enum trial_state state, const double *values,
                double breach, double seconds);
/* AT_WORK or AT_REST -> TAKEN_BACK: it is among none of the lists from then on. */
void trials_drop(struct trials *t, uint32_t place);

/* The best until this rung; NAN when it is not known. */
static inline double trials_at_rung(const struct trials *t, uint32_t place, uint32_t rung) {
    return t->curve[(size_t)place * t->rungs + rung];
}

/* What this very trial came to in an objective. */
static inline double trials_own(const struct trials *t, uint32_t place, uint32_t objective) {
    return t->again.head != NULL ? t->again.own[place]
                                 : t->values[(size_t)place * t->objectives + objective];
}

/* The first trial of the same configuration, where it counts: which of several stands for it. */
static inline uint32_t trials_head(const struct trials *t, uint32_t place) {
    return t->again.head != NULL ? t->again.head[place] : place;
}

static inline const float *trials_point(const struct trials *t, uint32_t place) {
    return t->points + (size_t)place * t->space->dims;
}

#endif
