#include "proto/job/carry.h"

static uint32_t find_param(const struct job *job, struct span name) {
    uint32_t i = 0;
    while (i < job->params_count && !span_equal(job->params[i].name, name))
        i++;
    return i;
}

/* What an active parameter's value is. */
enum one { ONE_SAID, ONE_CONSTANT, ONE_UNSAID, ONE_OUTSIDE };

static enum one carry_one(const struct job *from, const struct value *from_values,
                          const struct param *p, struct value *out) {
    struct value only;
    const bool constant = param_only(p, &only);
    const uint32_t source = find_param(from, p->name);
    if (source == from->params_count || from_values[source].kind == VALUE_NONE) {
        param_middle(p, out);
        return constant ? ONE_CONSTANT : ONE_UNSAID;
    }
    *out = from_values[source];
    if (!param_fit(p, out))
        return ONE_OUTSIDE;
    return constant ? ONE_CONSTANT : ONE_SAID;
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
    uint32_t said = 0, unsaid = 0;
    for (uint32_t i = 0; i < to->params_count; i++)
        values[i] = (struct value){.kind = VALUE_NONE};
    why->what = CARRY_OUTSIDE;
    for (uint32_t i = 0; i < to->params_count; i++) {
        uint32_t place = to->order[i];
        const struct param *p = &to->params[place];
        if (p->when != NULL && !expr_true(p->when, values))
            continue;
        enum one one = carry_one(from, from_values, p, &values[place]);
        if (one == ONE_OUTSIDE || (one == ONE_UNSAID && unsaid == 0))
            why->param = place;
        if (one == ONE_OUTSIDE)
            return CARRIED_NOT;
        said += one == ONE_SAID;
        unsaid += one == ONE_UNSAID;
    }
    why->what = unsaid > 0 && said == 0 ? CARRY_MISSING : CARRY_FORBIDDEN;
    if (why->what == CARRY_MISSING || !job_allows(to, values))
        return CARRIED_NOT;
    return unsaid > 0 || !is_whole(from, from_values, to, values) ? CARRIED_IN_PART : CARRIED_WHOLE;
}
