#include "actors/tuner/talk/talk.h"

#include "actors/tuner/talk/space_json.h"

#include <assert.h>
#include <string.h>

static_assert(SPACE_JSON_MAX + 64 <= TALK_REPLY_BYTES, "every configuration is a reply");

enum {
    PROTOCOL = 1,
    BUDGET_DEFAULT = 200,
};

static const char *const ops[] = {"init", "ask", "report", "tell", "load", "quit"};
enum { OP_INIT, OP_ASK, OP_REPORT, OP_TELL, OP_LOAD, OP_QUIT, OPS };

static const char *const method_names[] = {
#define METHOD(NAME, name) #name,
#include "proto/job/methods.def"
#undef METHOD
};

bool talk_method_named(struct span name, enum method *out) {
    for (size_t i = 0; i < METHOD_COUNT; i++) {
        if (span_is(name, method_names[i])) {
            *out = (enum method)i;
            return true;
        }
    }
    return false;
}

enum method talk_method_default(void) {
    enum method method = METHOD_RANDOM;
    talk_method_named(span_text("auto"), &method);
    return method;
}

void talk_init(struct talk *t, const struct talk_setup *setup) {
    memset(t, 0, sizeof *t);
    t->setup = *setup;
}

static void give_back(struct talk *t, struct talk_block *block) {
    if (block->memory != NULL)
        t->setup.give(t->setup.context, block->memory, block->bytes);
    *block = (struct talk_block){0};
}

static bool take_block(struct talk *t, struct talk_block *block, size_t bytes,
                       struct arena *arena) {
    give_back(t, block);
    block->memory = t->setup.take(t->setup.context, bytes);
    block->bytes = bytes;
    *arena = arena_of(block->memory, block->memory == NULL ? 0 : bytes);
    return block->memory != NULL ||
           foreign_refuse(&t->foreign, "init", "it needs %zu MiB of memory, which there are not",
                          bytes >> 20);
}

void talk_release(struct talk *t) {
    t->study = NULL;
    give_back(t, &t->for_study);
    give_back(t, &t->for_job);
}

/* ---- init ---- */

enum {
    INIT_OP,
    INIT_PROTOCOL,
    INIT_SEED,
    INIT_BUDGET,
    INIT_WORKERS,
    INIT_STEPS,
    INIT_OBJECTIVES,
    INIT_METHOD,
    INIT_SPACE,
    INIT_KEYS
};
static const char *const init_keys[INIT_KEYS] = {
    "op", "protocol", "seed", "budget", "workers", "steps", "objectives", "method", "space"};

static bool read_optional(struct talk *t, struct span json, const char *where, int64_t least,
                          int64_t most, int64_t *value) {
    return json.len == 0 || foreign_is_null(json) ||
           foreign_whole(&t->foreign, json, where, least, most, value);
}

static bool read_objectives(struct talk *t, struct span json) {
    static const char *const words[] = {"min", "max"};
    struct foreign_items items;
    size_t word;
    t->objectives = 1;
    t->goals[0] = GOAL_MINIMIZE;
    if (json.len == 0)
        return true;
    t->objectives = 0;
    if (!foreign_items(&t->foreign, json, "init, \"objectives\"", '[', &items))
        return false;
    while (foreign_next(&t->foreign, "init, \"objectives\"", &items)) {
        if (items.count > OBJECTIVES_MOST)
            return foreign_refuse(&t->foreign, "init, \"objectives\"", "more than %d",
                                  OBJECTIVES_MOST);
        if (!foreign_word(&t->foreign, items.value, "init, \"objectives\"", words, 2, &word))
            return false;
        t->goals[t->objectives++] = word == 0 ? GOAL_MINIMIZE : GOAL_MAXIMIZE;
    }
    return !items.bad && (t->objectives > 0 ||
                          foreign_refuse(&t->foreign, "init, \"objectives\"", "the list is empty"));
}

static bool read_method(struct talk *t, struct span json) {
    size_t method = t->setup.method;
    if (json.len > 0 &&
        !foreign_word(&t->foreign, json, "init, \"method\"", method_names, METHOD_COUNT, &method))
        return false;
    t->job.method = (enum method)method;
    if (method != METHOD_GRID && method != METHOD_LIST)
        return true;
    return foreign_refuse(
        &t->foreign, "init, \"method\"",
        "\"%s\" goes through configurations of a job file, expected a method that "
        "proposes them",
        method_names[method]);
}

static bool read_settings(struct talk *t, const struct span *given, struct study_setup *setup) {
    int64_t protocol = PROTOCOL, seed = 0, budget = BUDGET_DEFAULT, workers = 0, steps = 1;
    if (!read_optional(t, given[INIT_PROTOCOL], "init, \"protocol\"", PROTOCOL, PROTOCOL,
                       &protocol) ||
        !read_optional(t, given[INIT_SEED], "init, \"seed\"", INT64_MIN, INT64_MAX, &seed) ||
        !read_optional(t, given[INIT_BUDGET], "init, \"budget\"", 1, LIMIT_SLOTS_JOB, &budget) ||
        !read_optional(t, given[INIT_WORKERS], "init, \"workers\"", 0, PARALLEL_MAX, &workers) ||
        !read_optional(t, given[INIT_STEPS], "init, \"steps\"", 1, TALK_STEPS_MOST, &steps) ||
        !read_objectives(t, given[INIT_OBJECTIVES]) || !read_method(t, given[INIT_METHOD]))
        return false;
    t->job.seed = (uint64_t)seed;
    t->job.trials = (uint64_t)budget;
    t->steps = (uint32_t)steps;
    *setup = (struct study_setup){
        .job = &t->job,
        .goals = t->goals,
        .objectives = t->objectives,
        .workers = (uint32_t)workers,
        .steps = t->steps,
        .beyond = TALK_TRIALS_BEYOND,
        .loaded = TALK_TRIALS_LOADED,
    };
    return true;
}

static bool begin(struct talk *t, struct span line) {
    struct span given[INIT_KEYS];
    struct study_setup setup;
    struct arena arena;
    t->study = NULL;
    t->job = (struct job){0};
    if (!foreign_object(&t->foreign, line, "init", init_keys, INIT_KEYS, given) ||
        !read_settings(t, given, &setup))
        return false;
    if (given[INIT_SPACE].len == 0)
        return foreign_refuse(&t->foreign, "init", "there is no \"space\":[...]");
    if (!take_block(t, &t->for_job, space_json_bytes(given[INIT_SPACE].len), &arena) ||
        !space_json_read(&t->foreign, given[INIT_SPACE], &t->job, &arena) ||
        !take_block(t, &t->for_study, study_bytes(&setup), &arena))
        return false;
    t->study = study_init(&setup, &arena);
    return t->study != NULL ||
           foreign_refuse(&t->foreign, "init", "the method \"%s\" cannot search this space",
                          method_names[t->job.method]);
}

/* ---- ask and tell ---- */

static bool has_study(struct talk *t, const char *op) {
    return t->study != NULL ||
           foreign_refuse(&t->foreign, op, "there is no study, expected an init");
}

/* No more than its op. */
static bool is_bare(struct talk *t, struct span line, const char *op) {
    static const char *const keys[] = {"op"};
    struct span given[1];
    return foreign_object(&t->foreign, line, op, keys, 1, given);
}

static bool answer_ask(struct talk *t, struct span line, struct json_out *out) {
    struct study_proposal p;
    if (!has_study(t, "ask") || !is_bare(t, line, "ask"))
        return false;
    study_ask(t->study, &p);
    json_open(out, '{');
    if (p.answer == STUDY_START || p.answer == STUDY_RESUME) {
        json_put_key(out, "id");
        json_put_u64(out, p.trial);
    }
    if (p.answer == STUDY_START) {
        json_put_key(out, "params");
        config_json_write(&t->job, p.values, out);
    } else {
        json_put_key(out, p.answer == STUDY_RESUME ? "resume" : "wait");
        json_put_bool(out, true);
    }
    json_close(out, '}');
    return true;
}

static bool read_id(struct talk *t, struct span json, const char *op, uint32_t *id) {
    const struct trials *trials = study_trials(t->study);
    struct foreign_where where = foreign_at("%s, \"id\"", op);
    int64_t number;
    if (json.len == 0)
        return foreign_refuse(&t->foreign, op, "there is no \"id\"");
    if (!foreign_whole(&t->foreign, json, where.text, 0, INT64_MAX, &number))
        return false;
    if (number >= trials->count)
        return foreign_refuse(&t->foreign, where.text, "there is no trial %lld", (long long)number);
    *id = (uint32_t)number;
    if (trials->states[*id] > AT_REST)
        return foreign_refuse(&t->foreign, where.text, "trial %u is over already", *id);
    return true;
}

static bool answer_report(struct talk *t, struct span line, struct json_out *out) {
    static const char *const keys[] = {"op", "id", "step", "value"};
    static const char *const actions[] = {"continue", "stop", "pause"};
    struct span given[4];
    enum study_verdict verdict;
    uint32_t id;
    int64_t step;
    double value;
    if (!has_study(t, "report") || !foreign_object(&t->foreign, line, "report", keys, 4, given) ||
        !read_id(t, given[1], "report", &id))
        return false;
    if (given[2].len == 0 || given[3].len == 0)
        return foreign_refuse(&t->foreign, "report", "expected \"id\", \"step\" and \"value\"");
    if (!foreign_whole(&t->foreign, given[2], "report, \"step\"", 1, t->steps, &step) ||
        !foreign_number(&t->foreign, given[3], "report, \"value\"", &value))
        return false;
    if (!study_report(t->study, id, (uint32_t)step, value, &verdict))
        return foreign_refuse(&t->foreign, "report, \"id\"",
                              "trial %u is paused, or has been at step %u before", id,
                              (unsigned)step);
    json_open(out, '{');
    json_put_key(out, "action");
    json_put_string(out, span_text(actions[verdict]));
    json_close(out, '}');
    return true;
}

/* What a trial came to; told, or loaded. */
struct outcome {
    double values[OBJECTIVES_MOST];
    struct study_result result;
};

enum { OUTCOME_STATE, OUTCOME_VALUE, OUTCOME_VALUES, OUTCOME_SECONDS, OUTCOME_KEYS };

static bool read_values(struct talk *t, const struct span *given, const char *where,
                        struct outcome *o) {
    struct foreign_where value_at = foreign_at("%s, \"value\"", where);
    struct foreign_where values_at = foreign_at("%s, \"values\"", where);
    struct foreign_items items;
    if (given[OUTCOME_VALUES].len == 0) {
        if (t->objectives > 1)
            return foreign_refuse(&t->foreign, where,
                                  "there is no \"values\":[...] with %u numbers", t->objectives);
        if (given[OUTCOME_VALUE].len == 0)
            return foreign_refuse(&t->foreign, where, "there is no \"value\"");
        return foreign_number(&t->foreign, given[OUTCOME_VALUE], value_at.text, o->values);
    }
    if (given[OUTCOME_VALUE].len > 0)
        return foreign_refuse(&t->foreign, where, "either \"value\" or \"values\", not both");
    if (!foreign_items(&t->foreign, given[OUTCOME_VALUES], values_at.text, '[', &items))
        return false;
    while (foreign_next(&t->foreign, values_at.text, &items)) {
        if (items.count <= t->objectives &&
            !foreign_number(&t->foreign, items.value, values_at.text, &o->values[items.count - 1]))
            return false;
    }
    return !items.bad && (items.count == t->objectives ||
                          foreign_refuse(&t->foreign, values_at.text, "%u numbers, expected %u",
                                         items.count, t->objectives));
}

static bool read_outcome(struct talk *t, const struct span *given, const char *where,
                         struct outcome *o) {
    static const char *const states[] = {"ok", "stopped", "failed"};
    struct foreign_where state_at = foreign_at("%s, \"state\"", where);
    struct foreign_where seconds_at = foreign_at("%s, \"seconds\"", where);
    size_t state = 0;
    *o = (struct outcome){.result = {.values = o->values}};
    if (given[OUTCOME_STATE].len > 0 &&
        !foreign_word(&t->foreign, given[OUTCOME_STATE], state_at.text, states, 3, &state))
        return false;
    o->result.state = state == 0 ? ENDED_WELL : state == 1 ? ENDED_SOON : ENDED_BADLY;
    if (o->result.state == ENDED_BADLY)
        o->result.values = NULL;
    else if (!read_values(t, given, where, o))
        return false;
    if (given[OUTCOME_SECONDS].len > 0 && !foreign_is_null(given[OUTCOME_SECONDS]) &&
        !foreign_number(&t->foreign, given[OUTCOME_SECONDS], seconds_at.text, &o->result.seconds))
        return false;
    return o->result.seconds >= 0 ||
           foreign_refuse(&t->foreign, seconds_at.text, "expected no less than 0");
}

static bool answer_tell(struct talk *t, struct span line, struct json_out *out) {
    static const char *const keys[] = {"state", "value", "values", "seconds", "op", "id", "step"};
    enum { ID = OUTCOME_KEYS + 1, STEP, KEYS };
    struct span given[KEYS];
    struct outcome o;
    uint32_t id;
    int64_t step = 1;
    if (!has_study(t, "tell") || !foreign_object(&t->foreign, line, "tell", keys, KEYS, given) ||
        !read_id(t, given[ID], "tell", &id))
        return false;
    if (given[OUTCOME_STATE].len == 0)
        return foreign_refuse(&t->foreign, "tell",
                              "there is no \"state\", expected ok, stopped or failed");
    if (!read_optional(t, given[STEP], "tell, \"step\"", 0, t->steps, &step) ||
        !read_outcome(t, given, "tell", &o))
        return false;
    if (!study_tell(t->study, id, &o.result))
        return foreign_refuse(&t->foreign, "tell", "trial %u cannot end like this", id);
    json_open(out, '{');
    json_close(out, '}');
    return true;
}

/* ---- load ---- */

static bool load_trial(struct talk *t, struct span json, uint32_t place, bool check_only) {
    static const char *const keys[] = {"state", "value", "values", "seconds", "params"};
    enum { PARAMS = OUTCOME_KEYS, KEYS };
    struct foreign_where where = foreign_at("load, trials[%u]", place);
    struct value values[LIMIT_PARAMS];
    struct span given[KEYS];
    struct outcome o;
    if (!foreign_object(&t->foreign, json, where.text, keys, KEYS, given))
        return false;
    if (given[PARAMS].len == 0)
        return foreign_refuse(&t->foreign, where.text, "there is no \"params\":{...}");
    if (given[OUTCOME_STATE].len == 0 && foreign_is_null(given[OUTCOME_VALUE]))
        given[OUTCOME_STATE] = span_text("\"failed\"");
    if (!config_json_read(&t->foreign, given[PARAMS], where.text, &t->job, values) ||
        !read_outcome(t, given, where.text, &o))
        return false;
    return check_only || study_load(t->study, values, &o.result) ||
           foreign_refuse(&t->foreign, where.text, "no more trials can be remembered");
}

/* All of them are looked at before the first is taken: what is refused changes nothing. */
static bool answer_load(struct talk *t, struct span line, struct json_out *out) {
    static const char *const keys[] = {"op", "trials"};
    struct span given[2];
    struct foreign_items items;
    if (!has_study(t, "load") || !foreign_object(&t->foreign, line, "load", keys, 2, given))
        return false;
    if (given[1].len == 0)
        return foreign_refuse(&t->foreign, "load", "there is no \"trials\":[...]");
    for (int pass = 0; pass < 2; pass++) {
        if (!foreign_items(&t->foreign, given[1], "load, \"trials\"", '[', &items))
            return false;
        while (foreign_next(&t->foreign, "load, \"trials\"", &items)) {
            if (!load_trial(t, items.value, items.count - 1, pass == 0))
                return false;
        }
        if (items.bad)
            return false;
        const struct trials *trials = study_trials(t->study);
        if (pass == 0 && items.count > trials->capacity - trials->count)
            return foreign_refuse(&t->foreign, "load",
                                  "%u trials, but only %u more can be remembered", items.count,
                                  trials->capacity - trials->count);
    }
    json_open(out, '{');
    json_close(out, '}');
    return true;
}

/* ---- the line ---- */

static bool read_op(struct talk *t, struct span line, size_t *op) {
    struct foreign_items items;
    if (!foreign_items(&t->foreign, line, "request", '{', &items))
        return false;
    while (foreign_next(&t->foreign, "request", &items)) {
        if (span_is(items.key, "op"))
            return foreign_word(&t->foreign, items.value, "request, \"op\"", ops, OPS, op);
    }
    return foreign_refuse(&t->foreign, "request",
                          "there is no \"op\", expected init, ask, report, tell, load or quit");
}

static bool answer(struct talk *t, struct span line, struct json_out *out) {
    size_t op;
    if (!read_op(t, line, &op))
        return false;
    switch (op) {
    case OP_INIT:
        if (!begin(t, line))
            return false;
        json_open(out, '{');
        json_close(out, '}');
        return true;
    case OP_ASK: return answer_ask(t, line, out);
    case OP_REPORT: return answer_report(t, line, out);
    case OP_TELL: return answer_tell(t, line, out);
    case OP_LOAD: return answer_load(t, line, out);
    default: t->over = is_bare(t, line, "quit"); return t->over;
    }
}

static void put_fault(struct talk *t, struct buf *out) {
    struct json_out json = json_out_of(out);
    json_open(&json, '{');
    json_put_key(&json, "error");
    json_put_string(&json, span_text(t->foreign.fault));
    json_close(&json, '}');
    buf_byte(out, '\n');
}

void talk_line(struct talk *t, struct span line, struct buf *out) {
    struct json_out json = json_out_of(out);
    t->foreign.fault[0] = '\0';
    if (!answer(t, line, &json)) {
        buf_clear(out);
        put_fault(t, out);
    } else if (!t->over) {
        buf_byte(out, '\n');
    }
}

void talk_refuse_long(struct talk *t, struct buf *out) {
    t->foreign.fault[0] = '\0';
    foreign_refuse(&t->foreign, "request", "a line of more than %d bytes, expected shorter ones",
                   TALK_LINE_BYTES);
    put_fault(t, out);
}

void talk_prepare(struct talk *t) {
    if (t->study != NULL)
        study_prepare(t->study);
}
