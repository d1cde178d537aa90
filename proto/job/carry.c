#include "proto/job/carry.h"

static uint32_t find_param(const struct job *job, struct span name) {
    uint32_t i = 0;
    while (i < job->params_count && !span_equal(job->params[i].name, name))
        i++;
    return i;
}

/* The value of an active parameter. */
static bool carry_one(const struct job *from, const struct value *from_values,
                      const struct param *p, struct value *out, struct carry_why *why) {
    uint32_t source = find_param(from, p->name);
    if (source == from->params_count || from_values[source].kind == VALUE_NONE) {
        why->what = CARRY_MISSING;
        return param_only(p, out);
    }
    why->what = CARRY_OUTSIDE;
    *out = from_values[source];
    return param_fit(p, out);
}

/* All it says is asked for. */
static bool is_whole(const struct job *from, const struct value *from_values, const struct job *to,
                     const struct value *values) {
    struct value only;
    for (uint32_t i = 0; i < from->params_count; i++) {
        if (from_values[i].kind == VALUE_NONE || param_only(&from->params[i], &only))
            continue;
        uint32_t target = find_param(to, from->params[i].name);
        if (target == to->params_count || values[target].kind == VALUE_NONE)
            return false;
    }
    return true;
}

enum carried job_carry(const struct job *from, const struct value *from_values,
                       const struct job *to, struct value *values, struct carry_why *why) {
    for (uint32_t i = 0; i < to->params_count; i++)
        values[i] = (struct value){.kind = VALUE_NONE};
    for (uint32_t i = 0; i < to->params_count; i++) {
        uint32_t place = to->order[i];
        const struct param *p = &to->params[place];
        why->param = place;
        if (p->when != NULL && !expr_true(p->when, values))
            continue;
        if (!carry_one(from, from_values, p, &values[place], why))
            return CARRIED_NOT;
    }
    why->what = CARRY_FORBIDDEN;
    if (!job_allows(to, values))
        return CARRIED_NOT;
    return is_whole(from, from_values, to, values) ? CARRIED_WHOLE : CARRIED_IN_PART;
}
