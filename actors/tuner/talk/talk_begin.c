/* init: a study is made. */
#include "actors/tuner/space/allowed.h"
#include "actors/tuner/talk/space_json.h"
#include "actors/tuner/talk/talk_parts.h"
#include "proto/job/ladder.h"
#include "proto/job/shown.h"

enum { PROTOCOL = 1, BUDGET_DEFAULT = 200 };

static const char *const method_names[] = {
#define METHOD(NAME, name) #name,
#include "proto/job/methods.def"
#undef METHOD
};

static const char *const policy_names[] = {
#define POLICY(NAME, name) #name,
#include "proto/job/policies.def"
#undef POLICY
};

bool talk_method_named(struct foreign *f, struct span name, const char *where, enum method *out) {
    const char *names[METHOD_COUNT];
    enum method methods[METHOD_COUNT];
    size_t count = 0, which = 0;
    for (size_t i = 0; i < METHOD_COUNT; i++) {
        if (i == METHOD_GRID || i == METHOD_LIST)
            continue;
        names[count] = method_names[i];
        methods[count++] = (enum method)i;
    }
    bool known = foreign_named(f, name, where, names, count, &which);
    *out = known ? methods[which] : METHOD_AUTO;
    return known;
}

bool talk_policy_named(struct foreign *f, struct span name, const char *where,
                       enum rungs_policy *out) {
    size_t which;
    bool known = foreign_named(f, name, where, policy_names, RUNGS_POLICIES, &which);
    *out = known ? (enum rungs_policy)which : RUNGS_AUTO;
    return known;
}

static void give_back(struct talk *t, struct talk_block *block) {
    if (block->memory != NULL)
        t->setup.give(t->setup.context, block->memory, block->bytes);
    *block = (struct talk_block){0};
}

static bool has_block(struct talk *t, struct talk_block *block, size_t bytes, struct arena *arena) {
    give_back(t, block);
    if (t->setup.memory > 0 && bytes > t->setup.memory - t->for_job.bytes - t->for_study.bytes)
        return false;
    block->memory = t->setup.take(t->setup.context, bytes);
    block->bytes = block->memory != NULL ? bytes : 0;
    *arena = arena_of(block->memory, block->bytes);
    return block->memory != NULL;
}

static bool refuse_large(struct talk *t, size_t bytes) {
    return foreign_refuse(&t->foreign, "init",
                          "it needs %zu MiB of memory, more than there is: expected a smaller "
                          "\"budget\" or space, or more memory",
                          (bytes + (1 << 20) - 1) >> 20);
}

/* As large a study as there is memory for, by the method that was asked for or a lighter one. */
static bool take_study(struct talk *t, struct study_setup *setup, struct arena *arena) {
    const uint32_t beyond = setup->beyond;
    while (!has_block(t, &t->for_study, study_bytes(setup), arena)) {
        if (setup->beyond / 2 >= TALK_BEYOND_LEAST) {
            setup->beyond = setup->loaded = setup->beyond / 2;
            continue;
        }
        if (t->job.method == METHOD_RANDOM)
            return refuse_large(t, study_bytes(setup));
        t->job.method = algo_lighter(t->job.method, t->objectives);
        t->hopes_on = t->hopes_on || t->job.until_hopeless;
        t->trusts = t->trusts || t->job.repeat_auto;
        t->job.until_hopeless = t->job.repeat_auto = false;
        setup->beyond = setup->loaded = beyond;
    }
    return true;
}

void talk_release(struct talk *t) {
    t->study = NULL;
    give_back(t, &t->for_study);
    give_back(t, &t->for_job);
}

enum {
    INIT_OP,
    INIT_PROTOCOL,
    INIT_SEED,
    INIT_BUDGET,
    INIT_WORKERS,
    INIT_STEPS,
    INIT_METHOD,
    INIT_SCHEDULER,
    INIT_RUNGS,
    INIT_FROM,
    INIT_EXPLAIN,
    INIT_PATIENCE,
    INIT_REPEAT,
    INIT_COST_AWARE,
    INIT_SPACE,
    INIT_TERMS, /* as many as there are TERMS */
    INIT_KEYS = INIT_TERMS + TERMS
};
static const char *const init_keys[INIT_KEYS] = {
    [INIT_OP] = "op",
    [INIT_PROTOCOL] = "protocol",
    [INIT_SEED] = "seed",
    [INIT_BUDGET] = "budget",
    [INIT_WORKERS] = "workers",
    [INIT_STEPS] = "steps",
    [INIT_METHOD] = "method",
    [INIT_SCHEDULER] = "scheduler",
    [INIT_RUNGS] = "rungs",
    [INIT_FROM] = "from",
    [INIT_EXPLAIN] = "explain",
    [INIT_PATIENCE] = "patience",
    [INIT_REPEAT] = "repeat",
    [INIT_COST_AWARE] = "cost_aware",
    [INIT_SPACE] = "space",
    [INIT_TERMS + TERM_OBJECTIVES] = "objectives",
    [INIT_TERMS + TERM_TARGET] = "target",
    [INIT_TERMS + TERM_WHERE] = "where",
    [INIT_TERMS + TERM_CONSTRAINTS] = "constraints",
    [INIT_TERMS + TERM_TRY_FIRST] = "try_first",
};

bool talk_optional(struct talk *t, struct span json, const char *where, int64_t least, int64_t most,
                   int64_t *value) {
    return json.len == 0 || foreign_is_null(json) ||
           foreign_whole(&t->foreign, json, where, least, most, value);
}

static bool read_flag(struct talk *t, struct span json, const char *where, bool *flag) {
    *flag = false;
    return json.len == 0 || foreign_bool(&t->foreign, json, where, flag);
}

static bool read_method(struct talk *t, struct span json) {
    static const char where[] = "init, \"method\"";
    struct span name;
    t->job.method = t->setup.method;
    return json.len == 0 || (foreign_text(&t->foreign, json, where, &name) &&
                             talk_method_named(&t->foreign, name, where, &t->job.method));
}

/* What stops trials needs something to look at; `steps` and whether checkpoints are copied is read. */
static bool read_scheduler(struct talk *t, struct span json, int64_t steps, bool copies,
                           enum rungs_policy *policy) {
    static const char where[] = "init, \"scheduler\"";
    struct span name;
    *policy = t->setup.policy;
    if (json.len > 0 && (!foreign_text(&t->foreign, json, where, &name) ||
                         !talk_policy_named(&t->foreign, name, where, policy)))
        return false;
    if (json.len > 0 && *policy != RUNGS_AUTO && *policy != RUNGS_NONE && steps == 1)
        return foreign_refuse(&t->foreign, where,
                              "\"%s\" looks at learning curves, expected \"steps\", their length",
                              policy_names[*policy]);
    return *policy != RUNGS_PBT || steps == 1 || copies ||
           foreign_refuse(&t->foreign, where,
                          "in \"pbt\" trials go on from the checkpoints of others, expected "
                          "\"from\":true, that they can");
}

/* Where rungs stand; t->steps is read. */
static bool read_rungs(struct talk *t, struct span json) {
    static const char *const keys[] = {"min", "eta", "patience"};
    struct job_rungs *rungs = &t->job.rungs;
    struct span given[3];
    int64_t first = 0, eta = 0, patience = 0;
    if (json.len == 0)
        return true;
    if (t->steps == 1)
        return foreign_refuse(&t->foreign, "init, \"rungs\"",
                              "they stand on learning curves, expected \"steps\", their length");
    if (!foreign_object(&t->foreign, json, "init, \"rungs\"", keys, 3, given) ||
        !talk_optional(t, given[0], "init, \"min\" of rungs", 1, t->steps, &first) ||
        !talk_optional(t, given[1], "init, \"eta\" of rungs", 2, RUNGS_ETA_MOST, &eta) ||
        !talk_optional(t, given[2], "init, \"patience\" of rungs", 1, t->steps, &patience))
        return false;
    rungs->first = (uint32_t)first;
    rungs->eta = (uint32_t)eta;
    rungs->patience = (uint32_t)patience;
    return true;
}

/* A population of which nobody could be copied is not meant. */
static bool check_population(struct talk *t, enum rungs_policy policy, bool copies) {
    const struct ladder ladder = ladder_of(policy, t->steps, t->job.rungs.first, t->job.rungs.eta);
    const uint32_t first_most = ladder_breeding_first(t->steps);
    if (policy != RUNGS_PBT || !copies || t->steps == 1 || ladder_breeds(&ladder))
        return true;
    if (first_most == 0)
        return foreign_refuse(&t->foreign, "init, \"steps\"",
                              "\"pbt\" compares members twice before the end, or copies nobody: "
                              "expected 3 or more, not %lu",
                              (unsigned long)t->steps);
    return foreign_refuse(&t->foreign, "init, \"min\" of rungs",
                          "\"pbt\" compares members twice before the end, or copies nobody: "
                          "expected 1 to %lu, not %lu",
                          (unsigned long)first_most, (unsigned long)t->job.rungs.first);
}

/* "auto", or a number, or nothing. */
static bool number_or_auto(struct talk *t, struct span json, const char *where, int64_t most,
                           bool *is_auto, int64_t *value) {
    *is_auto = span_is(json, "\"auto\"");
    if (*is_auto)
        return true;
    if (json.len > 0 && json.data[0] == '"')
        return foreign_refuse(&t->foreign, where,
                              "expected \"auto\" or a whole number from 1 to %lld, not %.*s",
                              (long long)most, SHOWN(json));
    return talk_optional(t, json, where, 1, most, value);
}

/* "auto": until nothing better is expected; or so many trials. */
static bool read_patience(struct talk *t, struct span json, bool curves) {
    static const char where[] = "init, \"patience\"";
    int64_t patience = 0;
    if (!number_or_auto(t, json, where, PATIENCE_MAX, &t->job.until_hopeless, &patience))
        return false;
    t->job.patience = (uint32_t)patience;
    return !t->job.until_hopeless ||
           (!curves && !t->job.cost_aware && t->objectives == 1 &&
            job_method_hopes(t->job.method)) ||
           foreign_refuse(&t->foreign, where,
                          "\"auto\" goes with the methods auto and gp and one objective, without "
                          "learning curves and \"cost_aware\"");
}

/* "auto": where results are noisy, those that the search chooses; or so many runs of each. */
static bool read_repeat(struct talk *t, struct span json, int64_t steps, int64_t *repeat) {
    static const char where[] = "init, \"repeat\"";
    if (!number_or_auto(t, json, where, REPEAT_MAX, &t->job.repeat_auto, repeat))
        return false;
    if ((*repeat > 1 || t->job.repeat_auto) && steps > 1)
        return foreign_refuse(&t->foreign, where,
                              "it does not go with learning curves, whose \"steps\" are %lld",
                              (long long)steps);
    return !t->job.repeat_auto ||
           (t->objectives == 1 && !t->job.cost_aware && job_method_reruns(t->job.method)) ||
           foreign_refuse(&t->foreign, where,
                          "\"auto\" goes with one objective, without \"cost_aware\", and with "
                          "the methods auto, gp and tpe");
}

/* Who is stopped by one objective may be good in another. */
static bool check_curves(struct talk *t, int64_t steps) {
    return t->objectives == 1 || steps == 1 ||
           foreign_refuse(&t->foreign, "init, \"steps\"",
                          "learning curves are of one objective: of several, leave \"steps\" out "
                          "and tell what each trial came to in the end");
}

static bool read_settings(struct talk *t, const struct span *given, struct study_setup *setup) {
    enum rungs_policy policy;
    bool from = false;
    int64_t protocol = PROTOCOL, seed = 0, budget = BUDGET_DEFAULT, workers = 0, steps = 1;
    int64_t repeat = 1;
    if (!talk_optional(t, given[INIT_PROTOCOL], "init, \"protocol\"", PROTOCOL, PROTOCOL,
                       &protocol) ||
        !talk_optional(t, given[INIT_SEED], "init, \"seed\"", INT64_MIN, INT64_MAX, &seed) ||
        !talk_optional(t, given[INIT_BUDGET], "init, \"budget\"", 1, LIMIT_SLOTS_JOB, &budget) ||
        !talk_optional(t, given[INIT_WORKERS], "init, \"workers\"", 1, PARALLEL_MAX, &workers) ||
        !talk_optional(t, given[INIT_STEPS], "init, \"steps\"", 1, TALK_STEPS_MOST, &steps) ||
        !talk_goals_read(t, given + INIT_TERMS) || !read_method(t, given[INIT_METHOD]) ||
        !check_curves(t, steps) || !read_flag(t, given[INIT_FROM], "init, \"from\"", &from) ||
        !read_scheduler(t, given[INIT_SCHEDULER], steps, from, &policy) ||
        !read_flag(t, given[INIT_EXPLAIN], "init, \"explain\"", &t->explains) ||
        !read_flag(t, given[INIT_COST_AWARE], "init, \"cost_aware\"", &t->job.cost_aware) ||
        !read_repeat(t, given[INIT_REPEAT], steps, &repeat) ||
        !read_patience(t, given[INIT_PATIENCE], steps > 1))
        return false;
    if (t->job.cost_aware && !job_method_heeds_cost(t->job.method, t->objectives))
        return foreign_refuse(&t->foreign, "init, \"cost_aware\"",
                              "it goes with the methods auto, gp and tpe, with two to %d "
                              "objectives auto and pareto",
                              OBJECTIVES_MODELLED);
    t->job.seed = (uint64_t)seed;
    t->job.trials = (uint64_t)budget;
    t->job.repeat = (uint32_t)repeat;
    t->steps = (uint32_t)steps;
    if (!read_rungs(t, given[INIT_RUNGS]) || !check_population(t, policy, from))
        return false;
    *setup = (struct study_setup){
        .job = &t->job,
        .goals = t->goals,
        .objectives = t->objectives,
        .workers = (uint32_t)workers,
        .steps = t->steps,
        .beyond = t->setup.beyond,
        .loaded = t->setup.beyond,
        .rungs = {.policy = policy, .copies = from},
    };
    return true;
}

/* A search that could propose nothing is better refused at once. */
static bool is_possible(struct talk *t) {
    struct space space;
    double point[LIMIT_PARAMS];
    struct value values[LIMIT_PARAMS];
    space_of(&space, &t->job);
    return allowed_some(&space, point, values) ||
           foreign_refuse(&t->foreign, "where",
                          "no configuration was found that it allows, in %d draws and a search "
                          "from there",
                          ALLOWED_LOOKS);
}

static bool fits_repeat(struct talk *t) {
    return !t->job.repeat_auto || t->job.constraints_count == 0 ||
           foreign_refuse(&t->foreign, "init, \"repeat\"", "\"auto\" goes without \"constraints\"");
}

bool talk_begin(struct talk *t, struct span line) {
    struct span given[INIT_KEYS];
    const struct span *terms = given + INIT_TERMS;
    struct study_setup setup;
    struct arena arena;
    talk_release(t);
    t->reached = false;
    t->job = (struct job){0};
    if (!foreign_object(&t->foreign, line, "init", init_keys, INIT_KEYS, given) ||
        !read_settings(t, given, &setup))
        return false;
    if (given[INIT_SPACE].len == 0)
        return foreign_refuse(&t->foreign, "init", "there is no \"space\":[...]");
    size_t bytes = space_json_bytes(given[INIT_SPACE].len) + talk_terms_bytes(terms);
    t->wanted = t->job.method;
    t->hopes_on = t->trusts = false;
    if (!has_block(t, &t->for_job, bytes, &arena))
        return refuse_large(t, bytes);
    if (!talk_conditions_read(t, terms, &arena) || !fits_repeat(t) ||
        !space_json_read(&t->foreign, given[INIT_SPACE], &t->job, &arena) || !is_possible(t) ||
        !talk_first_read(t, terms[TERM_TRY_FIRST], &arena) || !take_study(t, &setup, &arena))
        return false;
    t->study = study_init(&setup, &arena);
    return t->study != NULL ||
           foreign_refuse(&t->foreign, "init", "the method \"%s\" cannot search this space",
                          method_names[t->job.method]);
}
