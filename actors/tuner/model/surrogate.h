/* surrogate - the Gaussian process of a search: rows of trials in, beliefs about points out.
 *
 * What the process sees of a point are its settled coordinates, those of fixed parameters left out,
 * and in a search with learning curves one more: how far along the curve (0 at the first rung, 1 at
 * full length; log of the step). So what a trial was worth half-way tells of its end, and curves
 * that cross are no contradiction.
 *
 * Memory   one arena at init, surrogate_bytes().
 */
#ifndef ZYG_SURROGATE_H
#define ZYG_SURROGATE_H

#include "actors/tuner/model/gp.h"

struct surrogate {
    const struct space *space;
    struct gp gp;
    uint32_t dims;               /* coordinates of the space that are seen */
    uint32_t seen[LIMIT_PARAMS]; /* which */
    bool staged;                 /* how far along is one more */
    struct kernel kernel;        /* what surrogate_fit found; a plain one before */
    uint32_t factored;           /* rows, from the first, that the process' factor knows by it */
};

size_t surrogate_bytes(const struct space *space, uint32_t rows);
bool surrogate_init(struct surrogate *s, const struct space *space, bool staged, uint32_t rows,
                    struct arena *arena);

/* A settled point as the process sees it. */
void surrogate_view(const struct surrogate *s, const double *settled, double stage, double *view);
void surrogate_view_of_row(const struct surrogate *s, const float *settled, double stage,
                           double *view);

/* Whatever kernel was found is forgotten. */
void surrogate_plain(struct surrogate *s);
void surrogate_clear(struct surrogate *s);
/* The first `count` rows stay, those after them and all beliefs go: what is known of the rows that
 * stay need not be worked out again. */
void surrogate_keep(struct surrogate *s, uint32_t count);
/* Another target for a row that stayed. */
void surrogate_aim(struct surrogate *s, uint32_t row, double target);
/* A row more: its point and stage as in surrogate_view_of_row. target: of all rows together with mean
 * about 0 and deviation about 1. There is room. */
void surrogate_see(struct surrogate *s, const float *settled, double stage, double target);
/* The kernel that fits all rows best: of these rows it is a function, whatever was found before.
 * bend, when not NULL, was made of their targets, and its power is found too (bend.h); what was seen
 * as targets is of no use then. */
void surrogate_fit(struct surrogate *s, struct bend *bend);
/* Right after surrogate_fit of the same rows, with the same bend: how much likelier, in logarithms
 * and a posteriori, these rows are with the noise that was found than with none to speak of, a
 * millionth of their variance; the better of two kernels that have none. A function that is rough or
 * of which little is known looks like noise as well, but then as much speaks for a rougher kernel.
 * What the fit has found stays. */
double surrogate_noise_odds(struct surrogate *s, const struct bend *bend);
/* After the last row: beliefs under the present kernel. */
void surrogate_learn(struct surrogate *s);
/* What a trial that runs will come to is taken to be what is believed (the "kriging believer" of
 * Ginsbourger, Le Riche and Carraro 2010): nobody knows less about its neighbourhood. What else it
 * may come to: futures.h. */
void surrogate_believe(struct surrogate *s, const double *view);

#endif
