/* space_json - the space of the ask-tell protocol: parameters and configurations as JSON.
 *
 *   {"name":"C","type":"float","low":0.01,"high":1000,"log":true}        or with "step":0.5
 *   {"name":"k","type":"int","low":1,"high":40}                          or with "log" or "step"
 *   {"name":"kernel","type":"cat","choices":["rbf","poly"]}              text, numbers, true, false
 *   {"name":"size","type":"cat","choices":["small","medium","large"],"ordered":true}
 *   any of them with "when":{"param":"kernel","in":["poly"]} or "when":"kernel == poly"
 *
 * Choices are "ordered" when each is more like its neighbours than like the others: a step from one
 * to the next is then as good as any other, as in the values of a job file; that they are numbers
 * does not say it here. "when" as text is that of proto/job/expr.h. Parameters are called as their
 * maker likes: any text of 1 to SPACE_NAME_MAX bytes, each once; only one that is mentioned in a
 * text must be a word.
 */
#ifndef ZYG_SPACE_JSON_H
#define ZYG_SPACE_JSON_H

#include "actors/tuner/talk/foreign.h"
#include "proto/job/job.h"

enum {
    SPACE_NAME_MAX = 200,
    SPACE_TEXT_MAX = 1000, /* of a choice */
    /* A configuration as JSON: a byte becomes six at most. */
    SPACE_JSON_MAX = LIMIT_PARAMS * (6 * (SPACE_NAME_MAX + SPACE_TEXT_MAX) + 8)
};

/* Fills in the job's params, params_count and order, and compiles its `where` and constraints.
 * Everything is copied into the arena, which needs no more than space_json_bytes(length of the
 * text) and 64 bytes for each of a condition. */
size_t space_json_bytes(size_t len);
bool space_json_read(struct foreign *f, struct span json, struct job *job, struct arena *arena);
/* A valid configuration: exactly its active parameters, but for constants, which may be left out. */
bool config_json_read(struct foreign *f, struct span json, const char *where, const struct job *job,
                      struct value *values);
/* The active parameters; a float has a point or an exponent, so that whoever reads it gets one. */
void config_json_write(const struct job *job, const struct value *values, struct json_out *out);

#endif
