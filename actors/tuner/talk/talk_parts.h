/* talk_parts - what the files of the protocol share. */
#ifndef ZYG_TALK_PARTS_H
#define ZYG_TALK_PARTS_H

#include "actors/tuner/talk/talk.h"

/* A whole number, or the one that *value is when the text is empty or null. */
bool talk_optional(struct talk *t, struct span json, const char *where, int64_t least, int64_t most,
                   int64_t *value);
/* Answers init: t->study is there. False: the fault is said, and there is none. */
bool talk_begin(struct talk *t, struct span line);
/* Answers importance; there is a study. */
bool talk_importance(struct talk *t, struct json_out *out);

/* ---- talk_terms.c: what init says of a search beside its space ---- */

enum { TERM_OBJECTIVES, TERM_TARGET, TERM_WHERE, TERM_CONSTRAINTS, TERM_TRY_FIRST, TERMS };

/* Bytes of arena that the terms need. */
size_t talk_terms_bytes(const struct span *terms);
/* Goals and targets, into t. */
bool talk_goals_read(struct talk *t, const struct span *terms);
/* The texts of `where` and constraints, before the space is read, which compiles them. */
bool talk_conditions_read(struct talk *t, const struct span *terms, struct arena *arena);
/* The configurations of try_first, once the space is there. */
bool talk_first_read(struct talk *t, struct span json, struct arena *arena);

/* ---- talk_outcome.c: what a trial came to; told, or loaded ---- */

struct talk_outcome {
    double values[OBJECTIVES_MOST];
    struct study_result result; /* its values are these */
};

#define OUTCOME_KEYS_NAMED "state", "value", "values", "seconds", "metrics"
enum {
    OUTCOME_STATE,
    OUTCOME_VALUE,
    OUTCOME_VALUES,
    OUTCOME_SECONDS,
    OUTCOME_METRICS,
    OUTCOME_KEYS
};

/* given: the texts of these keys. */
bool talk_outcome_read(struct talk *t, const struct span *given, const char *where,
                       struct talk_outcome *o);
/* How far a trial that reports `value` breaks constraints, as far as `json`, its "metrics", tells;
 * *breach stays what it is as long as not all is told and none of that broken. */
bool talk_breach_read(struct talk *t, struct span json, const char *where, double value,
                      double *breach);
/* The trial has ended, keeps all constraints and reaches all targets there are. */
bool talk_reaches(const struct talk *t, uint32_t trial);

#endif
