/* rows - from which trials a process learns, and when it finds its kernel again.
 *
 * A row is a finished trial; in a search with learning curves and one objective, each rung at which
 * a trial has a value, whether or not any has ended. Of more rows than there is room for stay some
 * that the caller prefers and the newest.
 *
 * A kernel is found again each time a tenth more is known, from the rows of that moment: they are
 * noted then and worked on when somebody asks, so that it does not matter who asks when.
 */
#ifndef ZYG_ROWS_H
#define ZYG_ROWS_H

#include "actors/tuner/trials/trials.h"

enum {
    ROWS_MOST = 320,
    ROWS_TRIALS_LEAST = 8, /* until so many are known a process says nothing */
    ROWS_OPEN_LEAST = 64, /* and of rungs, as long as no trial has ended: where curves lead of which
                            * none is known whole is a guess, and even draws do better than that */
};

struct row {
    uint32_t place;
    uint8_t rung; /* the last, but for learning curves; rungs: what the trial came to in all */
    bool bad;     /* ended without a value */
    /* What else its trial was then: whoever works on rows of some time ago does not look at what has
     * become of it since. */
    bool ended, feasible, told; /* feasible.h */
};

/* All zero at the start, or with one of these: */
struct rows {
    bool ends;   /* only finished trials are rows, and no rungs */
    bool broken; /* ... and those that have not ended but are known to break constraints */
    bool valued; /* trials that ended badly are none */
    uint32_t count;
    struct row row[ROWS_MOST];
};

/* Of all trials. When there are more rows than `most` (.. ROWS_MOST), up to half of that comes from
 * the trials at places[0.. count - 1], the rest from the newest. */
void rows_gather(struct rows *rows, const struct trials *t, uint32_t most, const uint32_t *places,
                 uint32_t count);

/* The same set kept up to date: trial `place` has changed (algo.h, learn). Rows are appended as long
 * as there is room; when there is none they are gathered anew, so that a quarter of the room is
 * free. Answers how many of the leading rows are what they were, which saves whoever works on them
 * most of it. From none, and of each change in order, so that they are the same for everybody. */
uint32_t rows_follow(struct rows *rows, const struct trials *t, uint32_t most, uint32_t place,
                     const uint32_t *places, uint32_t count);

/* What a row that is not bad came to; it stays what it is. */
double rows_value(const struct trials *t, struct row row, uint32_t objective);
/* What each row came to in an objective; of bad rows the worst of the others, 0 when all are bad. */
void rows_values(const struct rows *rows, const struct trials *t, uint32_t objective,
                 double *values);

struct refit {
    uint64_t news; /* what was heard that makes rows */
    uint64_t at;   /* the news at which a kernel is found again */
    bool due;      /* from the rows `then`; who has found it clears this */
    struct rows then;
};

/* Trial `place` has changed (algo.h, learn). True: a kernel is due from the rows of now, which the
 * caller gathers into `then`. */
bool refit_hear(struct refit *r, const struct trials *t, uint32_t place);
/* Whether a process can say anything yet. */
static inline bool refit_began(const struct refit *r) {
    return r->at > 0;
}

#endif
