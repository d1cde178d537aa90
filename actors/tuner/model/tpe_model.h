/* tpe_model - where good trials lie more densely than the others: the tree-structured Parzen
 * estimator (Bergstra and others, "Algorithms for hyper-parameter optimization", NIPS 2011, section
 * 4) over a whole space with its conditions.
 *
 * Two densities (parzen.h): of the good trials, weighted (tpe_split.h), and of all others. Expected
 * improvement grows with their ratio (equation 4 there), so the point with the greatest difference
 * of logarithms is worth trying. With the others go, evenly, trials that run and are not known to be
 * good (so that the next proposal goes elsewhere), those that failed, and of learning curves those
 * that were paused or stopped below the rung at which the good ones are told.
 *
 * Memory   tpe_model_bytes() of the arena; nothing that grows with the trials.
 * Cost     fit and score are bounded: of the others at most TPE_OTHERS_MOST count, half of them the
 *          newest, half spread evenly over all before.
 */
#ifndef ZYG_TPE_MODEL_H
#define ZYG_TPE_MODEL_H

#include "actors/tuner/model/parzen.h"
#include "actors/tuner/model/tpe_split.h"

enum { TPE_OTHERS_MOST = 1000 };

struct tpe_model {
    struct parzen good, others;
};

size_t tpe_model_bytes(const struct space *s);
bool tpe_model_init(struct tpe_model *m, const struct space *s, struct arena *arena);

/* From what is known now; thrift: how much cost counts (cost.h). False, and nothing has changed: no
 * trial has a value. */
bool tpe_model_fit(struct tpe_model *m, const struct trials *t, double thrift);

/* A full point of the good density and its values; see parzen_draw. */
void tpe_model_draw(struct tpe_model *m, struct rng *r, bool together, double *point,
                    struct value *values);
/* The difference of the logarithms at a settled point. */
double tpe_model_score(struct tpe_model *m, const double *point);

#endif
