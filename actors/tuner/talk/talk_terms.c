/* What init says of a search beside its space: objectives, targets, conditions, what to try
 * first. */
#include "actors/tuner/talk/space_json.h"
#include "actors/tuner/talk/talk_parts.h"
#include "proto/job/shown.h"

/* ---- objectives and targets ---- */

static bool read_goal(struct talk *t, struct span json, const char *where, enum goal *goal) {
    static const char *const words[] = {"min", "max", "minimize", "maximize"};
    size_t word;
    if (!foreign_word(&t->foreign, json, where, words, 4, &word))
        return false;
    *goal = word % 2 == 0 ? GOAL_MINIMIZE : GOAL_MAXIMIZE;
    return true;
}

static bool read_target(struct talk *t, struct span json, const char *where, struct objective *o) {
    o->has_target = json.len > 0 && !foreign_is_null(json);
    return !o->has_target || foreign_number(&t->foreign, json, where, &o->target);
}

/* "min", or {"metric":"loss","goal":"min","target":0.1}. The name of a metric stays where it is
 * until talk_conditions_read copies it. */
static bool read_objective(struct talk *t, struct span json, uint32_t place) {
    static const char *const keys[] = {"metric", "goal", "target"};
    struct foreign_where where = foreign_at("init, objectives[%u]", place);
    struct objective *o = &t->job.objectives[place];
    struct span given[3];
    if (json.data[0] != '{')
        return read_goal(t, json, where.text, &o->goal);
    if (!foreign_object(&t->foreign, json, where.text, keys, 3, given))
        return false;
    if (given[1].len == 0)
        return foreign_refuse(&t->foreign, where.text,
                              "there is no \"goal\", expected minimize or maximize");
    o->metric = given[0];
    return read_goal(t, given[1], where.text, &o->goal) && read_target(t, given[2], where.text, o);
}

static bool read_objectives(struct talk *t, struct span json) {
    struct foreign_items items;
    t->objectives = 1;
    if (json.len == 0)
        return true;
    t->objectives = 0;
    if (!foreign_items(&t->foreign, json, "init, \"objectives\"", '[', &items))
        return false;
    while (foreign_next(&t->foreign, "init, \"objectives\"", &items)) {
        if (items.count > OBJECTIVES_MOST)
            return foreign_refuse(&t->foreign, "init, \"objectives\"", "more than %d",
                                  OBJECTIVES_MOST);
        if (!read_objective(t, items.value, t->objectives))
            return false;
        t->objectives++;
    }
    return !items.bad && (t->objectives > 0 ||
                          foreign_refuse(&t->foreign, "init, \"objectives\"", "the list is empty"));
}

bool talk_goals_read(struct talk *t, const struct span *terms) {
    struct objective *first = &t->job.objectives[0];
    if (!read_objectives(t, terms[TERM_OBJECTIVES]))
        return false;
    t->job.objectives_count = t->objectives;
    for (uint32_t i = 0; i < t->objectives; i++)
        t->goals[i] = t->job.objectives[i].goal;
    if (terms[TERM_TARGET].len == 0)
        return true;
    if (t->objectives > 1 || first->has_target)
        return foreign_refuse(&t->foreign, "init, \"target\"",
                              "of an objective beside others it stands in \"objectives\":"
                              "[{\"metric\":...,\"goal\":...,\"target\":...}]");
    return read_target(t, terms[TERM_TARGET], "init, \"target\"", first);
}

/* ---- conditions ---- */

static bool no_memory(struct talk *t) {
    return foreign_refuse(&t->foreign, "init", "it is larger than there is memory for");
}

static bool take_condition(struct talk *t, struct span json, const char *where, struct arena *arena,
                           struct condition *out) {
    struct span text;
    if (!foreign_text(&t->foreign, json, where, &text))
        return false;
    if (span_trim(text).len == 0)
        return foreign_refuse(&t->foreign, where, "the condition is empty");
    out->text = arena_copy(arena, text);
    return !arena->full || no_memory(t);
}

/* One as text, or a list of them. */
static bool read_conditions(struct talk *t, struct span json, const char *name, uint32_t most,
                            struct arena *arena, const struct condition **list, uint32_t *count) {
    struct foreign_items items;
    bool listed = json.len > 0 && json.data[0] == '[';
    struct condition *conditions = arena_take(arena, most * sizeof *conditions);
    if (conditions == NULL)
        return no_memory(t);
    *list = conditions;
    *count = json.len > 0 && !listed;
    if (!listed)
        return json.len == 0 || foreign_is_null(json) ||
               take_condition(t, json, name, arena, conditions);
    if (!foreign_items(&t->foreign, json, name, '[', &items))
        return false;
    while (foreign_next(&t->foreign, name, &items)) {
        struct foreign_where where = foreign_at("%s[%u]", name, *count);
        if (*count == most)
            return foreign_refuse(&t->foreign, name, "more than %u conditions", most);
        if (!take_condition(t, items.value, where.text, arena, &conditions[*count]))
            return false;
        ++*count;
    }
    return !items.bad;
}

static bool name_objectives(struct talk *t, struct arena *arena) {
    for (uint32_t i = 0; i < t->objectives; i++) {
        struct objective *o = &t->job.objectives[i];
        struct foreign_where where = foreign_at("init, objectives[%u], \"metric\"", i);
        struct span name;
        if (o->metric.len == 0) {
            o->metric = t->objectives == 1 ? span_text("value") : (struct span){0};
            continue;
        }
        if (!foreign_text(&t->foreign, o->metric, where.text, &name))
            return false;
        if (name.len == 0 || name.len > LIMIT_NAME_BYTES)
            return foreign_refuse(&t->foreign, where.text, "a name of %zu bytes, expected 1 to %d",
                                  name.len, LIMIT_NAME_BYTES);
        o->metric = arena_copy(arena, name);
        if (arena->full)
            return no_memory(t);
        for (uint32_t j = 0; j < i; j++)
            if (span_equal(t->job.objectives[j].metric, o->metric))
                return foreign_refuse(&t->foreign, where.text, "\"%.*s\" comes twice",
                                      SHOWN(o->metric));
    }
    return true;
}

bool talk_conditions_read(struct talk *t, const struct span *terms, struct arena *arena) {
    return name_objectives(t, arena) &&
           read_conditions(t, terms[TERM_WHERE], "where", WHERE_MAX, arena, &t->job.where,
                           &t->job.where_count) &&
           read_conditions(t, terms[TERM_CONSTRAINTS], "constraints", CONSTRAINTS_MAX, arena,
                           &t->job.constraints, &t->job.constraints_count);
}

/* ---- try_first ---- */

static bool check_allowed(struct talk *t, const char *where, const struct value *values) {
    for (uint32_t i = 0; i < t->job.where_count; i++) {
        const struct condition *c = &t->job.where[i];
        if (expr_truth(c->test, values) == EXPR_NO)
            return foreign_refuse(&t->foreign, where, "where[%u], \"%.*s\", keeps it out", i,
                                  SHOWN(c->text));
    }
    return true;
}

static bool check_new(struct talk *t, const char *where, uint32_t row) {
    const uint32_t first = job_config_first(&t->job, row);
    return first == row ||
           foreign_refuse(&t->foreign, where,
                          "the same as try_first[%u]; \"repeat\" runs one several times", first);
}

bool talk_first_read(struct talk *t, struct span json, struct arena *arena) {
    uint32_t width = t->job.params_count;
    struct foreign_items items;
    if (json.len == 0 || foreign_is_null(json))
        return true;
    uint32_t count = foreign_count(&t->foreign, json, "try_first", '[');
    uint64_t most = t->job.trials / t->job.repeat;
    if (count > most || (width > 0 && count > CONFIG_VALUES_MAX / width))
        return foreign_refuse(
            &t->foreign, "try_first",
            "%u configurations, expected at most %llu, as \"budget\" has, and %d values "
            "in all",
            count, (unsigned long long)most, CONFIG_VALUES_MAX);
    struct value *rows = arena_take(arena, (size_t)count * width * sizeof *rows);
    if (rows == NULL)
        return no_memory(t);
    t->job.configs = rows;
    t->job.configs_count = count;
    if (!foreign_items(&t->foreign, json, "try_first", '[', &items))
        return false;
    while (foreign_next(&t->foreign, "try_first", &items)) {
        struct foreign_where where = foreign_at("try_first[%u]", items.count - 1);
        struct value *row = rows + (size_t)(items.count - 1) * width;
        if (!config_json_read(&t->foreign, items.value, where.text, &t->job, row) ||
            !check_allowed(t, where.text, row) || !check_new(t, where.text, items.count - 1))
            return false;
    }
    return !items.bad;
}

/* What a byte of a condition becomes at most: see space_json_bytes. */
size_t talk_terms_bytes(const struct span *terms) {
    size_t bytes = (WHERE_MAX + CONSTRAINTS_MAX) * 2 * sizeof(struct condition) +
                   JOB_METRICS_MAX * sizeof(struct span) + 4096;
    for (size_t i = 0; i < TERMS; i++)
        bytes += i == TERM_TRY_FIRST ? 0 : 64 * terms[i].len;
    if (terms[TERM_TRY_FIRST].len > 0)
        bytes += CONFIG_VALUES_MAX * sizeof(struct value);
    return bytes;
}
