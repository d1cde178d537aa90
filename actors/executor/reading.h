/* reading - what one printed line says about metrics. Tried in order:
 *
 *   ::zyg {"step": 3, "val_acc": 0.91}      also "final": {...}, "checkpoint": "path", "infeasible": "why"
 *   [tune-metric]: {"epoch": 1, "loss": 0.3}     anywhere in the line; Syne Tune's own st_* fields are left out
 *   {"epoch": 1, "loss": 0.3}               the whole line; {"metric": "loss", "value": 0.3} names one metric
 *   loss=0.3 val_acc: 0.91                  any number of pairs with other text around; quotes around names may stand
 *
 * A pair is a name that starts with a letter, = or :, and a number that ends at a blank, bracket, comma, quote or %; a number
 * with a unit or a clock time is none. step, global_step, iteration, iter, it, epoch and round (also "Epoch 3/10") give
 * the step of the line's metrics, the first of them in this order, unless one is what the search wants to know. Before all of
 * them goes what the job calls a step (search.rungs.budget), as "epochs" and as "epoch".
 * When the job gives patterns, only these count: each pattern's first match in a line.
 * Memory   rules hold what regcomp allocates; everything else is fixed.
 */
#ifndef ZYG_READING_H
#define ZYG_READING_H

#include "proto/job/job.h"

#include <regex.h>

enum { READINGS_MAX = 64, READING_TEXT_BYTES = 240, STEP_NONE = -1 };

enum reading_form { FORM_NONE, FORM_ZYG, FORM_TUNE, FORM_JSON, FORM_PAIRS, FORM_PATTERN };

struct reading_rules {
    struct span objective; /* borrowed from the job; empty: none */
    /* What else the search wants to know: of other objectives and then of constraints. Likewise. */
    const struct span *others;
    uint32_t others_count;
    /* Those that a trial has to tell: the objective, if any, and so many of the others. */
    uint32_t objectives_count;
    struct span unit; /* what the job calls a step, likewise; empty: nothing in particular */
    uint32_t patterns_count;
    struct reading_pattern {
        struct span name; /* borrowed from the job */
        regex_t regex;
    } patterns[LIMIT_METRICS];
};

struct reading {
    char name[LIMIT_NAME_BYTES + 1];
    double value;
    bool finite; /* false: nan, inf or null was printed; value means nothing */
    bool usable; /* the name may be a metric's */
    bool final;
};

struct readings {
    enum reading_form form;
    const char *bad; /* a ::zyg or [tune-metric] line that is no JSON object: what was expected */
    size_t bad_at;   /* ... and where in the line */
    int64_t step;    /* STEP_NONE: not said */
    uint32_t step_rank;
    bool checkpoint;
    bool infeasible;
    char text[READING_TEXT_BYTES + 1]; /* the checkpoint's path or why the point is infeasible */
    char metric[LIMIT_NAME_BYTES + 1]; /* "metric" of the {"metric":, "value":} form */
    uint32_t count;
    struct reading items[READINGS_MAX];
};

/* ERR_BAD_JOB_FILE: a pattern that cannot be compiled or has not exactly one group. */
bool reading_rules_init(struct reading_rules *rules, const struct job *job, struct err *err);
void reading_rules_release(struct reading_rules *rules);
/* The objective or one of the others. */
bool reading_wants(const struct reading_rules *rules, struct span name);

/* line: at most LIMIT_LINE_BYTES. */
void readings_take(struct readings *r, struct span line, const struct reading_rules *rules);

/* [A-Za-z0-9_.:/-]+, at most LIMIT_NAME_BYTES. */
bool metric_name_valid(struct span name);

#endif
