/* importance - which parameters of a search matter, and which matter together.
 *
 * A Gaussian process (model/surrogate.h) learns what the trials came to; the variance of what it
 * believes over the space, all configurations alike, is split by parameters and pairs (anova.h;
 * Hutter, Hoos and Leyton-Brown, ICML 2014, who took a random forest). It learns as the search's own
 * one does (model/rows.h): from warped values (model/bend.h), so that a few runs that went astray do
 * not account for all of the variance; trials that ended badly count as the worst; with learning
 * curves it learns from every rung, and what is split are the values at full length.
 *
 * What the process says is worth no more than itself, so it is asked what each row would have come
 * to without having seen it (gp_left_out), and the order of these answers is compared with the order
 * of the values (Kendall's tau-b): below IMPORTANCE_TAU_LEAST there are no shares.
 *
 * A pure function of the trials; the same on every machine.
 * Memory   importance_bytes() of the arena, a few MiB; nothing stays in use.
 * Cost     bounded: of more rows than ROWS_MOST the best half of that and then the newest count. A
 *          few hundred milliseconds then, with ten parameters.
 */
#ifndef ZYG_IMPORTANCE_H
#define ZYG_IMPORTANCE_H

#include "actors/tuner/algo/algo.h"
#include "actors/tuner/importance/anova.h"

enum {
    IMPORTANCE_TRIALS_LEAST = 20, /* with a value */
    IMPORTANCE_PAIRED = 8,        /* the pairs of so many parameters are looked at */
    IMPORTANCE_PAIRS = IMPORTANCE_PAIRED * (IMPORTANCE_PAIRED - 1) / 2
};
#define IMPORTANCE_TAU_LEAST 0.3

enum importance_verdict {
    IMPORTANCE_KNOWN,
    IMPORTANCE_FEW,   /* too few trials have a value */
    IMPORTANCE_EQUAL, /* all came to the same value */
    IMPORTANCE_VAGUE  /* the process cannot tell good from bad: tau is low */
};

struct importance_param {
    uint32_t param;
    struct anova_part part; /* all 0 of a constant */
};

struct importance_pair {
    uint32_t a, b; /* params; a < b */
    double share;
};

/* params and pairs are of IMPORTANCE_KNOWN. */
struct importance {
    enum importance_verdict verdict;
    uint32_t trials; /* that have ended, badly too */
    uint32_t used;   /* trials it was learned from */
    double tau;      /* -1 .. 1 */
    uint32_t params_count;
    struct importance_param params[LIMIT_PARAMS]; /* by total, the largest first */
    uint32_t pairs_count;
    struct importance_pair pairs[IMPORTANCE_PAIRS]; /* those above 0, the largest first */
};

size_t importance_bytes(const struct space *space);
/* Of one objective. False: the arena is too small, or no configuration is allowed. */
bool importance_of(const struct brief *b, uint32_t objective, struct arena *arena,
                   struct importance *out);

struct json_out;
/* The members of an open object:
 *   "verdict":"known","trials":60,"used":60,"tau":0.83,
 *   "params":[{"name":"C","alone":0.2,"total":0.31,"active":0.5,"where_active":0.7},...],
 *   "pairs":[{"a":"C","b":"gamma","share":0.05},...]
 * with verdict few, equal or vague where params and pairs are empty. */
void importance_json(const struct importance *all, const struct job *job, struct json_out *out);

#endif
