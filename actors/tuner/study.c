#include "actors/tuner/study.h"

#include "proto/base/check.h"

#include <math.h>

struct study {
    struct study_setup setup;
    struct brief brief;
    struct space space;
    struct trials trials;
    const struct algo *algo;
    void *state;
    uint64_t asked; /* proposals that were made */
    struct value values[LIMIT_PARAMS];
};

enum { WORKERS_UNKNOWN = 4 };

/* Trials beyond what can be remembered are not proposed by a method that learns. */
static uint32_t capacity_of(const struct study_setup *setup) {
    uint64_t wanted = setup->job->trials + setup->beyond + setup->loaded;
    return wanted < TRIALS_MOST ? (uint32_t)wanted : TRIALS_MOST;
}

static struct brief brief_of(const struct study_setup *setup, const struct space *space,
                             const struct trials *trials) {
    return (struct brief){
        .job = setup->job,
        .space = space,
        .trials = trials,
        .workers = setup->workers > 0 ? setup->workers : WORKERS_UNKNOWN,
        .budget = setup->job->trials,
    };
}

size_t study_bytes(const struct study_setup *setup) {
    struct space space;
    struct trials none = {.capacity = capacity_of(setup)};
    space_of(&space, setup->job);
    struct brief brief = brief_of(setup, &space, &none);
    const struct algo *algo = algo_of(setup->job->method);
    size_t slack = 4096; /* what the arena aligns */
    return slack + sizeof(struct study) +
           trials_bytes(&space, setup->objectives, 1, none.capacity) +
           (algo->bytes != NULL ? algo->bytes(&brief) : 0);
}

struct study *study_init(const struct study_setup *setup, struct arena *arena) {
    struct study *s = arena_take(arena, sizeof *s);
    if (s == NULL)
        return NULL;
    s->setup = *setup;
    space_of(&s->space, setup->job);
    if (!trials_init(&s->trials, &s->space, setup->objectives, 1, capacity_of(setup), arena))
        return NULL;
    s->brief = brief_of(setup, &s->space, &s->trials);
    s->algo = algo_of(setup->job->method);
    if (s->algo->init == NULL)
        return s;
    s->state = s->algo->init(&s->brief, arena);
    return s->state != NULL ? s : NULL;
}

static void learn(struct study *s, uint32_t place) {
    if (s->algo->learn != NULL)
        s->algo->learn(s->state, &s->brief, place);
}

void study_ask(struct study *s, struct study_proposal *out) {
    const struct job *job = s->setup.job;
    *out = (struct study_proposal){.answer = STUDY_OVER};
    if (s->asked >= job->trials + s->setup.beyond || s->trials.count == s->trials.capacity)
        return;
    const struct algo *algo = s->asked < job->configs_count ? &algo_list : s->algo; /* try_first */
    if (!algo->propose(s->state, &s->brief, s->asked, s->values))
        return;
    s->asked++;
    *out = (struct study_proposal){
        .answer = STUDY_START,
        .trial = trials_add(&s->trials, s->values),
        .values = s->values,
        .by = algo->name,
    };
    learn(s, out->trial);
}

/* Inside, less is better. */
static double inward(const struct study *s, uint32_t objective, double value) {
    return s->setup.goals[objective] == GOAL_MAXIMIZE ? -value : value;
}

static bool is_at_work(const struct study *s, uint32_t trial) {
    return trial < s->trials.count && s->trials.states[trial] == AT_WORK;
}

static void keep_best(struct study *s, uint32_t trial, double value) {
    double *best = &s->trials.values[(size_t)trial * s->trials.objectives];
    if (isnan(*best) || value < *best)
        *best = value;
}

bool study_report(struct study *s, uint32_t trial, uint32_t step, double value,
                  enum study_verdict *verdict) {
    if (!is_at_work(s, trial) || step == 0 || step > s->setup.steps || !isfinite(value))
        return false;
    keep_best(s, trial, inward(s, 0, value));
    *verdict = STUDY_GO_ON;
    return true;
}

/* The values inside, a curve's the best of all its steps. */
static void values_inward(struct study *s, uint32_t trial, const double *values, double *inside) {
    for (uint32_t i = 0; i < s->setup.objectives; i++)
        inside[i] = inward(s, i, values[i]);
    double best = s->trials.values[(size_t)trial * s->trials.objectives];
    if (best < inside[0])
        inside[0] = best;
}

static bool is_result(const struct study *s, const struct study_result *result) {
    bool badly = result->state == ENDED_BADLY;
    if (result->state < ENDED_WELL || badly != (result->values == NULL))
        return false;
    for (uint32_t i = 0; i < s->setup.objectives && !badly; i++) {
        if (!isfinite(result->values[i]))
            return false;
    }
    return true;
}

bool study_tell(struct study *s, uint32_t trial, const struct study_result *result) {
    double inside[OBJECTIVES_MOST];
    bool badly = result->state == ENDED_BADLY;
    if (trial >= s->trials.count || s->trials.states[trial] > AT_REST || !is_result(s, result))
        return false;
    if (!badly)
        values_inward(s, trial, result->values, inside);
    trials_end(&s->trials, trial, result->state, badly ? NULL : inside, 0, result->seconds);
    learn(s, trial);
    return true;
}

bool study_load(struct study *s, const struct value *values, const struct study_result *result) {
    if (s->trials.count == s->trials.capacity || !is_result(s, result))
        return false;
    uint32_t place = trials_add(&s->trials, values);
    return study_tell(s, place, result);
}

bool study_prepare(struct study *s) {
    if (s->algo->prepare == NULL)
        return false;
    s->algo->prepare(s->state, &s->brief);
    return true;
}

const struct trials *study_trials(const struct study *s) {
    return &s->trials;
}
