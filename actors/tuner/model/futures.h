/* futures - what trials that run may come to, all together, and what a point is worth in view of it.
 *
 * Draws of what the believed observations of a process will be, from their joint law; what a point
 * is expected to improve is its expected improvement as if a draw had been measured, averaged over
 * the draws (Snoek, Larochelle and Adams, "Practical Bayesian optimization", NIPS 2012, section
 * 3.2). So a place next to a trial that runs is worth little, however good that one promises to be.
 *
 * The factor of a process knows the believed ones (gp_believe): with L of all, an observation y is L
 * times white noise there, and the mean at a point is (L^-1 k) . (L^-1 y). So a draw is one normal
 * number for each believed observation, and moves the mean by these times the last of L^-1 k.
 *
 * Memory   the struct is the caller's.
 * Errors   none.
 */
#ifndef ZYG_FUTURES_H
#define ZYG_FUTURES_H

#include "actors/tuner/model/gp.h"

struct rng;

enum { FUTURES = 32, FUTURES_BELIEVED = 64 };

struct futures {
    uint32_t count;    /* FUTURES; 1 when nothing is believed: the present */
    uint32_t believed; /* the last so many observations of the process */
    double white[FUTURES_BELIEVED][FUTURES];
    double least[FUTURES]; /* what is to be undercut: the least mean at any observation: with
                            * noise, the least that was seen is mostly luck */
};

/* At most FUTURES_BELIEVED observations are believed. Of those that were measured the ones count
 * that `counts` says, NULL: all; when none does, what is to be undercut is the worst of all. Takes a
 * normal draw for each believed one and every second future: the others are their opposites. */
void futures_draw(struct futures *f, const struct gp *g, const bool *counts, struct rng *r);

/* By how much each future moves the mean of the point last predicted (gp.h, seen) with seen[0],
 * seen[step], ... one an observation. */
void futures_shifts(const struct futures *f, const struct gp *g, const double *seen, size_t step,
                    double shifts[FUTURES]);

/* The logarithm of the improvement that is expected of a point, mean over the futures. by, when not
 * NULL, gets its derivatives by the belief's mean and deviation, toward those by what L^-1 k is at
 * each believed observation. */
double futures_gain(const struct futures *f, const struct gp_belief *belief,
                    const double shifts[FUTURES], struct gp_belief *by,
                    double toward[FUTURES_BELIEVED]);

#endif
