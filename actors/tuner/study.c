#include "actors/tuner/study.h"

#include "actors/tuner/runs.h"
#include "actors/tuner/several/lead.h"
#include "actors/tuner/trials/again.h"
#include "proto/base/check.h"

#include <math.h>

struct study {
    struct study_setup setup;
    struct brief brief;
    struct space space;
    struct trials trials;
    struct rungs *rungs;
    struct runs runs;
    struct lead lead;
    struct study_proposal
        newest; /* some of its runs may be left to begin; no values: there is none */
    const struct algo *algo;
    void *state;
    uint64_t asked;     /* configurations that were proposed */
    uint64_t no_better; /* values since the best one */
    uint32_t hopeless;  /* proposals since the newest of which a model expected something */
    /* The method found no new configuration, which is dear to find out; until a trial ends it would
     * find none either. */
    bool used_up;
    struct value values[LIMIT_PARAMS];
};

enum { WORKERS_UNKNOWN = 4, HOPELESS_ENOUGH = 10 };
#define HOPE_LEAST 0.001 /* a share, as algo.h has it */

/* Of so many trials. */
static uint64_t configurations(const struct job *job, uint64_t trials) {
    return (trials + job_runs_each(job) - 1) / job_runs_each(job);
}

/* Trials beyond what can be remembered are not proposed by a method that learns. */
static uint32_t capacity_of(const struct study_setup *setup) {
    uint64_t wanted =
        configurations(setup->job, setup->job->trials + setup->beyond) + setup->loaded;
    if (setup->capacity > 0)
        wanted = setup->capacity;
    wanted += setup->job->history_count;
    return wanted < TRIALS_MOST ? (uint32_t)wanted : TRIALS_MOST;
}

/* What the setup leaves open is as the job says. */
static struct rungs_setup rungs_of(const struct study_setup *setup) {
    struct rungs_setup rungs = setup->rungs;
    const struct job_rungs *said = &setup->job->rungs;
    rungs.policy = rungs.policy == RUNGS_AUTO ? said->policy : rungs.policy;
    rungs.first = rungs.first == 0 ? said->first : rungs.first;
    rungs.eta = rungs.eta == 0 ? said->eta : rungs.eta;
    rungs.patience = rungs.patience == 0 ? said->patience : rungs.patience;
    rungs.trials = rungs.trials == 0 ? setup->job->trials : rungs.trials;
    rungs.steps = setup->steps;
    rungs.seed = setup->job->seed;
    rungs.constrained = setup->job->constraints_count > 0;
    rungs.workers = setup->workers > 0 ? setup->workers : WORKERS_UNKNOWN;
    rungs_settle(&rungs);
    return rungs;
}

static const struct algo *method_of(const struct study_setup *setup) {
    return setup->algo != NULL ? setup->algo : algo_of(setup->job->method);
}

static struct brief brief_of(const struct study_setup *setup, const struct space *space,
                             const struct trials *trials) {
    return (struct brief){
        .job = setup->job,
        .space = space,
        .trials = trials,
        .workers = (uint32_t)configurations(setup->job,
                                            setup->workers > 0 ? setup->workers : WORKERS_UNKNOWN),
        .budget = configurations(setup->job, setup->job->trials),
        .rungs = setup->steps > 1 ? &setup->rungs : NULL,
    };
}

size_t study_bytes(const struct study_setup *setup) {
    struct space space;
    struct trials none = {.objectives = setup->objectives, .capacity = capacity_of(setup)};
    struct study_setup settled = *setup;
    settled.rungs = rungs_of(setup);
    space_of(&space, setup->job);
    struct brief brief = brief_of(&settled, &space, &none);
    const struct algo *algo = method_of(setup);
    size_t slack = 4096; /* what the arena aligns */
    return slack + sizeof(struct study) +
           trials_bytes(&space, setup->objectives, rungs_count(&settled.rungs), none.capacity) +
           rungs_bytes(&settled.rungs, none.capacity) +
           runs_bytes(setup->job->repeat, setup->objectives, none.capacity) +
           lead_bytes(setup->objectives) +
           (setup->job->repeat_auto ? again_bytes(&space, none.capacity) : 0) +
           (algo->bytes != NULL ? algo->bytes(&brief) : 0);
}

static void load_history(struct study *s) {
    const struct job *job = s->setup.job;
    for (uint32_t i = 0; i < job->history_count; i++) {
        const struct known_trial *t = &job->history[i];
        const struct study_result result = {.state = t->failed ? ENDED_BADLY : ENDED_WELL,
                                            .values = t->failed ? NULL : &t->value,
                                            .seconds = (double)t->run_ms / 1000,
                                            .breach = t->breach};
        ensure(study_load(s, t->values, &result)); /* as job_check has it */
    }
}

static bool foresee(void *context, uint32_t trial, double *value) {
    struct study *s = context;
    return s->algo->foresee(s->state, &s->brief, trial, value);
}

static bool gains(void *context, uint32_t trial, double *more) {
    struct study *s = context;
    return s->algo->gains(s->state, &s->brief, trial, more);
}

struct study *study_init(const struct study_setup *setup, struct arena *arena) {
    struct study *s = arena_take(arena, sizeof *s);
    if (s == NULL)
        return NULL;
    s->setup = *setup;
    s->setup.rungs = rungs_of(setup);
    space_of(&s->space, setup->job);
    if (!trials_init(&s->trials, &s->space, setup->objectives, rungs_count(&s->setup.rungs),
                     capacity_of(setup), arena) ||
        !runs_init(&s->runs, setup->job->repeat, setup->objectives, capacity_of(setup), arena) ||
        !lead_init(&s->lead, setup->objectives, arena) ||
        (setup->job->repeat_auto && !again_init(&s->trials, arena)))
        return NULL;
    s->rungs = rungs_init(&s->setup.rungs, &s->trials, arena);
    s->brief = brief_of(&s->setup, &s->space, &s->trials);
    s->algo = method_of(setup);
    if (s->rungs == NULL)
        return NULL;
    if (s->algo->foresee != NULL)
        rungs_ask_seer(s->rungs, (struct rungs_seer){.foresee = foresee,
                                                     .gains = s->algo->gains != NULL ? gains : NULL,
                                                     .context = s});
    if (s->algo->init != NULL)
        s->state = s->algo->init(&s->brief, arena);
    if (s->algo->init != NULL && s->state == NULL)
        return NULL;
    load_history(s);
    return s;
}

static void learn(struct study *s, uint32_t place) {
    if (s->algo->learn != NULL)
        s->algo->learn(s->state, &s->brief, place);
}

static void start(struct study *s, const struct value *values, uint32_t parent, const char *by,
                  struct study_proposal *out) {
    s->asked++;
    *out = (struct study_proposal){
        .answer = STUDY_START,
        .trial = trials_add(&s->trials, values),
        .values = values,
        .parent = parent,
        .by = by,
    };
    rungs_begin(s->rungs, out->trial, parent);
    runs_begin(&s->runs, out->trial);
    runs_start(&s->runs, out->trial, 0);
    s->newest = *out;
    learn(s, out->trial);
}

/* A further run of the newest configuration. */
static bool start_again(struct study *s, struct study_proposal *out) {
    struct study_proposal *newest = &s->newest;
    if (newest->values == NULL || newest->run + 1 >= s->runs.repeat ||
        s->trials.states[newest->trial] != AT_WORK)
        return false;
    runs_start(&s->runs, newest->trial, ++newest->run);
    *out = *newest;
    return true;
}

/* What no model proposed says nothing of it. */
static void weigh_hope(struct study *s, const struct algo *algo) {
    double share;
    if (algo->hope == NULL || !algo->hope(s->state, &s->brief, &share))
        return;
    s->hopeless = share < HOPE_LEAST ? s->hopeless + 1 : 0;
}

/* In place of what was just proposed, or of nothing. */
static bool start_rerun(struct study *s, struct study_proposal *out) {
    uint32_t place;
    if (!s->setup.job->repeat_auto || s->algo->again == NULL ||
        !s->algo->again(s->state, &s->brief, s->used_up ? NULL : s->values, &place))
        return false;
    again_values(&s->trials, place, s->values);
    s->used_up = false;
    start(s, s->values, STUDY_NO_PARENT, "again", out);
    return true;
}

/* It is one of try_first. */
static bool is_given(const struct study *s, uint64_t number) {
    return number < s->setup.job->configs_count;
}

/* False: there is no configuration left that was not tried. */
static bool start_new(struct study *s, uint64_t number, struct study_proposal *out) {
    const bool first = is_given(s, number);
    const struct algo *algo = first ? &algo_list : s->algo;
    const char *by = algo->arm != NULL ? algo->arm(&s->brief, number) : algo->name;
    if (s->used_up && !first)
        return false;
    s->used_up = !algo->propose(s->state, &s->brief, number, s->values);
    if (!first && start_rerun(s, out))
        return true;
    if (s->used_up)
        return false;
    weigh_hope(s, algo);
    start(s, s->values, STUDY_NO_PARENT, by, out);
    return true;
}

/* A new trial is out of the question. */
static void answer_without_new(struct study *s, const struct rungs_choice *choice,
                               struct study_proposal *out) {
    bool may_come = s->trials.active_count > 0 && rungs_count(&s->setup.rungs) > 1;
    *out = (struct study_proposal){.answer = may_come ? STUDY_WAIT : STUDY_OVER,
                                   .why = s->used_up ? STUDY_USED_UP : STUDY_SPENT};
    if (choice->next == RUNGS_RESUME) {
        *out = (struct study_proposal){.answer = STUDY_RESUME, .trial = choice->trial};
        learn(s, choice->trial);
    }
}

static void ask(struct study *s, uint64_t number, bool may_start, const struct rungs_near *near,
                struct study_proposal *out) {
    const enum rungs_may may = !may_start            ? RUNGS_NOTHING_NEW
                               : is_given(s, number) ? RUNGS_NEW_BUT_NO_COPY
                                                     : RUNGS_ANYTHING_NEW;
    struct rungs_choice choice;
    rungs_choose(s->rungs, may, near, &choice);
    if (choice.next == RUNGS_COPY) {
        start(s, choice.values, choice.trial, job_policy_name(s->setup.rungs.policy), out);
        return;
    }
    if (choice.next == RUNGS_NEW && start_new(s, number, out))
        return;
    if (choice.next == RUNGS_NEW)
        rungs_choose(s->rungs, RUNGS_NOTHING_NEW, near, &choice);
    answer_without_new(s, &choice, out);
}

static bool has_patience(const struct study *s) {
    const uint64_t patience = s->setup.job->patience;
    return patience == 0 || s->no_better * s->runs.repeat < patience;
}

/* Those that run at once are proposed with the same knowledge. */
static bool has_hope(const struct study *s) {
    return !s->setup.job->until_hopeless || s->hopeless < HOPELESS_ENOUGH + s->brief.workers;
}

void study_ask(struct study *s, struct study_proposal *out) {
    if (!has_patience(s) || !has_hope(s)) {
        *out = (struct study_proposal){.answer = STUDY_OVER,
                                       .why = has_hope(s) ? STUDY_NO_BETTER : STUDY_NO_HOPE};
        return;
    }
    if (start_again(s, out))
        return;
    bool may_start =
        s->asked < configurations(s->setup.job, s->setup.job->trials + s->setup.beyond) &&
        s->trials.count < s->trials.capacity;
    ask(s, s->asked, may_start, NULL, out);
}

void study_ask_as(struct study *s, uint64_t number, const struct rungs_near *near,
                  struct study_proposal *out) {
    if (!has_hope(s)) {
        *out = (struct study_proposal){.answer = STUDY_OVER, .why = STUDY_NO_HOPE};
        return;
    }
    bool may_start = number < configurations(s->setup.job, s->setup.job->trials) &&
                     s->trials.count < s->trials.capacity;
    ask(s, number, may_start, near, out);
    for (uint32_t run = 1; out->answer == STUDY_START && run < s->runs.repeat; run++)
        runs_start(&s->runs, out->trial, run);
}

bool study_adopt(struct study *s, const struct value *values, bool copies, uint32_t *trial) {
    if (s->trials.count == s->trials.capacity)
        return false;
    *trial = trials_add(&s->trials, values);
    rungs_begin(s->rungs, *trial, STUDY_NO_PARENT);
    if (copies) /* of whom, and at which step, only its own curve will show */
        rungs_copied(s->rungs, *trial);
    runs_begin(&s->runs, *trial);
    for (uint32_t run = 0; run < s->runs.repeat; run++)
        runs_start(&s->runs, *trial, run);
    learn(s, *trial);
    return true;
}

bool study_drop(struct study *s, uint32_t trial) {
    if (trial >= s->trials.count || s->trials.states[trial] > AT_REST)
        return false;
    rungs_end(s->rungs, trial, false, NAN, NULL);
    trials_drop(&s->trials, trial);
    s->used_up = false;
    learn(s, trial);
    return true;
}

/* Inside, less is better. */
static double inward(const struct study *s, uint32_t objective, double value) {
    return goal_inward(s->setup.goals[objective], value);
}

static bool is_at_work(const struct study *s, uint32_t trial) {
    return trial < s->trials.count && s->trials.states[trial] == AT_WORK;
}

static void keep_best(struct study *s, uint32_t trial, double value) {
    double *best = &s->trials.values[(size_t)trial * s->trials.objectives];
    if (isnan(*best) || value < *best)
        *best = value;
}

static const enum study_verdict verdict_of[] = {
    [RUNGS_GO_ON] = STUDY_GO_ON, [RUNGS_STOP] = STUDY_STOP, [RUNGS_PAUSE] = STUDY_PAUSE};

bool study_report(struct study *s, uint32_t trial, uint32_t step, double value,
                  enum study_verdict *verdict) {
    if (!is_at_work(s, trial) || step == 0 || step > s->setup.steps || !isfinite(value))
        return false;
    if (s->runs.repeat == 1)
        keep_best(s, trial, inward(s, 0, value));
    if (rungs_report(s->rungs, trial, step, inward(s, 0, value)))
        learn(s, trial);
    *verdict = study_judge(s, trial, true);
    if (*verdict == STUDY_PAUSE)
        ensure(study_rest(s, trial));
    return true;
}

bool study_break(struct study *s, uint32_t trial, double breach) {
    if (!is_at_work(s, trial) || !(breach >= 0 && isfinite(breach)))
        return false;
    rungs_break(s->rungs, trial, breach);
    return true;
}

bool study_stand(struct study *s, uint32_t trial, const struct curve *curve) {
    if (!is_at_work(s, trial))
        return false;
    keep_best(s, trial, curve->best);
    if (rungs_stand(s->rungs, trial, curve))
        learn(s, trial);
    return true;
}

enum study_verdict study_judge(struct study *s, uint32_t trial, bool may_rest) {
    return is_at_work(s, trial) ? verdict_of[rungs_judge(s->rungs, trial, may_rest)] : STUDY_GO_ON;
}

bool study_rest(struct study *s, uint32_t trial) {
    if (!is_at_work(s, trial) || !rungs_rest(s->rungs, trial))
        return false;
    learn(s, trial);
    return true;
}

bool study_go_on(struct study *s, uint32_t trial) {
    if (trial >= s->trials.count || s->trials.states[trial] != AT_REST)
        return false;
    rungs_go_on(s->rungs, trial);
    learn(s, trial);
    return true;
}

/* The values inside, a curve's the best of all its steps unless somebody else has settled that. */
static void values_inward(struct study *s, uint32_t trial, const struct study_result *result,
                          double *inside) {
    for (uint32_t i = 0; i < s->setup.objectives; i++)
        inside[i] = inward(s, i, result->values[i]);
    double best = s->trials.values[(size_t)trial * s->trials.objectives];
    if (best < inside[0] && !result->settled)
        inside[0] = best;
}

static bool is_result(const struct study *s, const struct study_result *result) {
    bool badly = result->state == ENDED_BADLY;
    if (result->state < ENDED_WELL || badly != (result->values == NULL) ||
        !(result->breach >= 0 && isfinite(result->breach)))
        return false;
    for (uint32_t i = 0; i < s->setup.objectives && !badly; i++) {
        if (!isfinite(result->values[i]))
            return false;
    }
    return true;
}

/* What the best trial is worth. */
/* Who was stopped early did not cost what others do: each step counts as much as those he did. What a
 * copy cost says nothing: some of its steps another has done. */
static double full_cost(const struct study *s, uint32_t trial, const struct study_result *result) {
    const uint32_t done =
        result->curve != NULL ? result->curve->step : rungs_steps(s->rungs, trial);
    if (rungs_is_copy(s->rungs, trial))
        return 0;
    if (result->state != ENDED_SOON || s->setup.steps == 1)
        return result->seconds;
    return done == 0 ? 0 : result->seconds / done * s->setup.steps;
}

/* values: inside; NULL when it ended badly. */
static void end_trial(struct study *s, uint32_t trial, const struct study_result *result,
                      const double *values) {
    if (values != NULL)
        rungs_break(s->rungs, trial, result->breach);
    rungs_end(s->rungs, trial, result->state == ENDED_WELL, values == NULL ? NAN : values[0],
              result->curve);
    if (result->untold)
        trials_untold(&s->trials, trial);
    trials_end(&s->trials, trial, result->state, values, values == NULL ? 0 : result->breach,
               full_cost(s, trial, result));
    s->used_up = false;
    learn(s, trial);
}

bool study_awaits(const struct study *s, uint32_t trial, uint32_t run) {
    if (trial >= s->trials.count)
        return false;
    return s->runs.repeat > 1 ? runs_is_open(&s->runs, trial, run)
                              : s->trials.states[trial] <= AT_REST;
}

bool study_tell(struct study *s, uint32_t trial, const struct study_result *result) {
    struct study_result mean = *result;
    double inside[OBJECTIVES_MOST];
    if (!study_awaits(s, trial, result->run) || !is_result(s, result))
        return false;
    runs_close(&s->runs, trial, result->run);
    if (s->trials.states[trial] > AT_REST)
        return true; /* another run of it ended badly */
    if (result->state == ENDED_BADLY) {
        end_trial(s, trial, result, NULL);
        return true;
    }
    values_inward(s, trial, result, inside);
    if (!runs_add(&s->runs, trial, inside, &mean.seconds, &mean.breach))
        return true;
    const struct lead_mark before = lead_mark(&s->trials);
    end_trial(s, trial, &mean, inside);
    s->no_better = lead_taken(&s->lead, &s->trials, trial, &before) ? 0 : s->no_better + 1;
    return true;
}

bool study_load(struct study *s, const struct value *values, const struct study_result *result) {
    if (s->trials.count == s->trials.capacity || !is_result(s, result))
        return false;
    uint32_t place = trials_add(&s->trials, values);
    rungs_begin(s->rungs, place, STUDY_NO_PARENT);
    rungs_loaded(s->rungs, place);
    runs_begin(&s->runs, place);
    if (result->state == ENDED_BADLY) {
        end_trial(s, place, result, NULL);
        return true;
    }
    double inside[OBJECTIVES_MOST];
    values_inward(s, place, result, inside);
    const struct lead_mark before = lead_mark(&s->trials);
    end_trial(s, place, result, inside);
    if (lead_taken(&s->lead, &s->trials, place, &before))
        s->no_better = 0;
    return true;
}

void study_extend(struct study *s) {
    s->brief.budget = configurations(s->setup.job, s->setup.job->trials);
    s->no_better = s->hopeless = 0;
}

bool study_best(struct study *s, struct study_best *out) {
    const struct trials *t = &s->trials;
    const bool told = s->setup.job->repeat_auto && s->algo->recommend != NULL &&
                      t->best_count > 0 &&
                      s->algo->recommend(s->state, &s->brief, &out->trial, &out->expected);
    if (!told && (t->best_count == 0 || t->breaches[t->best[0]] > 0))
        return false;
    out->trial = told ? out->trial : t->best[0];
    const double value = t->values[(size_t)out->trial * t->objectives];
    out->value = inward(s, 0, value);
    out->expected = inward(s, 0, told ? out->expected : value);
    const struct again_sum of_auto =
        s->setup.job->repeat_auto ? again_sum(t, out->trial) : (struct again_sum){0};
    out->runs = s->setup.job->repeat_auto ? of_auto.runs : s->runs.repeat;
    out->error = of_auto.error;
    return true;
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

const struct brief *study_brief(const struct study *s) {
    return &s->brief;
}
