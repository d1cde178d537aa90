/* tpe_model - where good trials lie more densely than the others: the tree-structured Parzen
 * estimator (Bergstra and others, "Algorithms for hyper-parameter optimization", NIPS 2011, section
 * 4) over a whole space with its conditions.
 *
 * Two densities (parzen.h): of the best trials, and of all others. Expected improvement grows with
 * their ratio (equation 4 there), so the point with the greatest difference of logarithms is worth
 * trying. Of n trials with a value the best are min(TPE_GOOD_SHARE n rounded up, TPE_GOOD_MOST), each
 * weighted by how far it is below the best of the others (arXiv:2304.11127, section 3.2, "EI"), the
 * even kernel by the mean of that. With the others go, evenly, those that run (so that the next
 * proposal goes elsewhere) and those that failed.
 *
 * Memory   tpe_model_bytes() of the arena; nothing that grows with the trials.
 * Cost     fit and score are bounded: of the others at most TPE_OTHERS_MOST count, those that run
 *          first, then half of what is left the newest that have ended, half spread evenly over all
 *          before them.
 */
#ifndef ZYG_TPE_MODEL_H
#define ZYG_TPE_MODEL_H

#include "actors/tuner/model/parzen.h"

enum { TPE_GOOD_MOST = 25, TPE_OTHERS_MOST = 1000 };
#define TPE_GOOD_SHARE 0.1

struct tpe_model {
    struct parzen good, others;
};

size_t tpe_model_bytes(const struct space *s);
bool tpe_model_init(struct tpe_model *m, const struct space *s, struct arena *arena);

/* From what is known now. At least one trial has ended with a value. */
void tpe_model_fit(struct tpe_model *m, const struct trials *t);

/* A full point of the good density and its values; see parzen_draw. */
void tpe_model_draw(struct tpe_model *m, struct rng *r, bool together, double *point,
                    struct value *values);
/* The difference of the logarithms at a settled point. */
double tpe_model_score(struct tpe_model *m, const double *point);

#endif
