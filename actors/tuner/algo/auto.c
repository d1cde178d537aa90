/* auto - what a job gets that names no method: the one that the evidence speaks for.
 *
 * One objective: the Gaussian process, which from some hundreds of trials on knows the best and the
 * newest and looks around the best alone (gp.c); beyond a thousand, where an answer is wanted within
 * a millisecond, the Parzen estimator, and the process now and then. One proposal in so many is the
 * estimator's from early on: a process that is sure of the wrong branch or choice proposes ever
 * smaller steps there, and with few trials at once nothing else tells it better. Many trials at once
 * spread by themselves: the more there are, the less the estimator has to say. (Regret over the suite
 * of tests/bench, mean and geometric mean, without and with one in five: one worker at 100 trials
 * 0.029 and 0.011, 0.021 and 0.010; sixteen at 200 trials 0.008 and 0.0033, 0.011 and 0.0041.)
 * Several objectives: expected hypervolume improvement (pareto.c), and beyond a thousand trials, for the
 * same reason, NSGA-II, and the processes now and then. (Over the suite's four tasks, sixteen workers and
 * two seeds, from 1,000 trials to 1,600: regret of the hypervolume 0.00225, by the processes alone 0.00224.)
 * Every arm hears of every trial, so whichever is asked knows all.
 */
#include "actors/tuner/algo/algo.h"

enum {
    PARZEN_FROM = 20,    /* trials ended */
    PARZEN_APART = 4,    /* from then on one in so many more than there are workers */
    PROCESS_MOST = 1000, /* trials ended until then the others are the process's */
    PROCESS_EVERY = 32,  /* afterwards one in so many */
};

enum arm { ARM_PROCESS, ARM_PARZEN, ARM_FRONT, ARM_BREED, ARMS };

static const struct algo *const arms[ARMS] = {
    [ARM_PROCESS] = &algo_gp,
    [ARM_PARZEN] = &algo_tpe,
    [ARM_FRONT] = &algo_pareto,
    [ARM_BREED] = &algo_nsga2,
};
static const char *const names[ARMS] = {
    [ARM_PROCESS] = "auto:gp",
    [ARM_PARZEN] = "auto:tpe",
    [ARM_FRONT] = "auto:pareto",
    [ARM_BREED] = "auto:nsga2",
};

struct auto_method {
    void *states[ARMS]; /* NULL: not in use */
    bool in_use[ARMS];
    enum arm newest; /* whose the newest proposal is */
};

/* However small the budget: where trials are stopped early there may be more of them. */
static bool is_wanted(const struct brief *b, enum arm arm) {
    return (arm == ARM_FRONT || arm == ARM_BREED) == (b->trials->objectives > 1);
}

static size_t bytes_auto(const struct brief *b) {
    size_t bytes = sizeof(struct auto_method);
    for (enum arm arm = 0; arm < ARMS; arm++)
        if (is_wanted(b, arm) && arms[arm]->bytes != NULL)
            bytes += arms[arm]->bytes(b);
    return bytes;
}

static void *init_auto(const struct brief *b, struct arena *arena) {
    struct auto_method *m = arena_take(arena, sizeof *m);
    for (enum arm arm = 0; m != NULL && arm < ARMS; arm++) {
        if (!is_wanted(b, arm))
            continue;
        m->in_use[arm] = true;
        m->states[arm] = arms[arm]->init(b, arena);
        if (m->states[arm] == NULL)
            return NULL;
    }
    return m;
}

static enum arm arm_of(const struct brief *b, uint64_t number) {
    const bool several = b->trials->objectives > 1;
    const enum arm process = several ? ARM_FRONT : ARM_PROCESS;
    if (b->trials->ended_count >= PROCESS_MOST && number % PROCESS_EVERY != 0)
        return several ? ARM_BREED : ARM_PARZEN;
    if (several || b->trials->ended_count >= PROCESS_MOST)
        return process;
    bool begun = b->trials->ended_count >= PARZEN_FROM;
    return begun && number % (PARZEN_APART + b->workers) == 0 ? ARM_PARZEN : ARM_PROCESS;
}

static bool propose_auto(void *state, const struct brief *b, uint64_t number,
                         struct value *values) {
    struct auto_method *m = state;
    enum arm arm = m->newest = arm_of(b, number);
    return arms[arm]->propose(m->states[arm], b, number, values);
}

static const char *name_of_arm(const struct brief *b, uint64_t number) {
    return names[arm_of(b, number)];
}

static void learn_auto(void *state, const struct brief *b, uint32_t place) {
    struct auto_method *m = state;
    for (enum arm arm = 0; arm < ARMS; arm++)
        if (m->in_use[arm] && arms[arm]->learn != NULL)
            arms[arm]->learn(m->states[arm], b, place);
}

static bool foresee_auto(void *state, const struct brief *b, uint32_t place, double *value) {
    struct auto_method *m = state;
    return m->in_use[ARM_PROCESS] && algo_gp.foresee(m->states[ARM_PROCESS], b, place, value);
}

static bool gains_auto(void *state, const struct brief *b, uint32_t place, double *more) {
    struct auto_method *m = state;
    return m->in_use[ARM_PROCESS] && b->trials->ended_count < PROCESS_MOST &&
           algo_gp.gains(m->states[ARM_PROCESS], b, place, more);
}

static bool hope_auto(void *state, const struct brief *b, double *share) {
    struct auto_method *m = state;
    const struct algo *newest = arms[m->newest];
    return newest->hope != NULL && newest->hope(m->states[m->newest], b, share);
}

/* One objective: the process is in use. Not in place of the estimator's, whose proposals are there to
 * be elsewhere. */
static bool again_auto(void *state, const struct brief *b, const struct value *fresh,
                       uint32_t *place) {
    struct auto_method *m = state;
    return (fresh == NULL || m->newest == ARM_PROCESS) &&
           algo_gp.again(m->states[ARM_PROCESS], b, fresh, place);
}

static bool recommend_auto(void *state, const struct brief *b, uint32_t *place, double *value) {
    struct auto_method *m = state;
    return algo_gp.recommend(m->states[ARM_PROCESS], b, place, value);
}

/* Of the processes alone, whose work is long. */
static void prepare_auto(void *state, const struct brief *b) {
    struct auto_method *m = state;
    if (m->in_use[ARM_PROCESS] && b->trials->ended_count < PROCESS_MOST)
        algo_gp.prepare(m->states[ARM_PROCESS], b);
    if (m->in_use[ARM_FRONT] && b->trials->ended_count < PROCESS_MOST)
        algo_pareto.prepare(m->states[ARM_FRONT], b);
}

const struct algo algo_auto = {
    .name = "auto",
    .bytes = bytes_auto,
    .init = init_auto,
    .propose = propose_auto,
    .arm = name_of_arm,
    .learn = learn_auto,
    .foresee = foresee_auto,
    .gains = gains_auto,
    .hope = hope_auto,
    .again = again_auto,
    .recommend = recommend_auto,
    .prepare = prepare_auto,
};
