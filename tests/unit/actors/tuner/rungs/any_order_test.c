/* Whatever is told in whatever order: what must hold holds, and the same tale ends the same. */
#include "tests/unit/actors/tuner/rungs/stage.h"

#include "proto/base/rng.h"

enum { TRIALS = 120, STEPS = 40, MOVES = 3000 };
static struct test_job test;
static struct stage s;

struct tale {
    struct rng draw;
    uint64_t digest;
    uint32_t step[TRIALS];
    uint32_t resumed, paused, stopped, copied;
};

static void note(struct tale *t, uint64_t what) {
    t->digest = (t->digest ^ what) * 0x100000001b3u;
}

static void check_curve(uint32_t trial) {
    const double *curve = s.trials.curve + (size_t)trial * s.trials.rungs;
    assert_true(s.trials.reached[trial] <= s.trials.rungs);
    uint32_t reached = s.trials.reached[trial];
    double before = INFINITY;
    assert_false(reached > 0 && isnan(curve[reached - 1]));
    for (uint32_t i = 0; i < s.trials.rungs; i++) {
        if (i >= reached)
            assert_true(isnan(curve[i]));
        assert_false(curve[i] > before);
        before = isnan(curve[i]) ? before : curve[i];
    }
}

static void begin(struct tale *t, uint32_t parent, const struct value *values) {
    uint32_t trial = s.trials.count;
    if (parent == UINT32_MAX) {
        stage_start(&s);
        t->step[trial] = 0;
        return;
    }
    rungs_begin(s.rungs, trials_add(&s.trials, values), parent);
    t->step[trial] = t->step[parent];
    t->copied++;
}

static void ask(struct tale *t) {
    bool may_start = s.trials.count < TRIALS;
    uint32_t at_work = s.trials.active_count;
    struct rungs_choice choice = stage_choose(&s, may_start);
    note(t, choice.next);
    switch (choice.next) {
    case RUNGS_NEW:
        assert_true(may_start);
        begin(t, UINT32_MAX, NULL);
        break;
    case RUNGS_COPY:
        assert_true(may_start && s.trials.states[choice.trial] == AT_WORK);
        begin(t, choice.trial, choice.values);
        break;
    case RUNGS_RESUME:
        note(t, choice.trial);
        assert_int_equal(s.trials.states[choice.trial], AT_WORK);
        assert_int_equal(s.trials.active_count, at_work + 1);
        assert_true(choice.until > t->step[choice.trial] && choice.until <= STEPS);
        t->resumed++;
        break;
    case RUNGS_WAIT: assert_false(may_start);
    }
}

static void end(struct tale *t, uint32_t trial, enum trial_state state, double value) {
    note(t, 10 + state);
    double best = s.trials.curve[(size_t)trial * s.trials.rungs];
    for (uint32_t i = 0; i < s.trials.reached[trial]; i++)
        best = s.trials.curve[(size_t)trial * s.trials.rungs + i];
    stage_finish(&s, trial, state, best < value ? best : value);
}

/* One more step, or several at once, beyond a whole rung now and then, or an old one again after a
 * lost checkpoint. */
static void work(struct tale *t, uint32_t trial) {
    uint64_t most = rng_below(&t->draw, 10) == 0 ? 16 : 3;
    uint32_t step = t->step[trial] + 1 + (uint32_t)rng_below(&t->draw, most);
    double value = rng_unit(&t->draw) + 5.0 / step;
    if (rng_below(&t->draw, 40) == 0) {
        end(t, trial, ENDED_BADLY, 0);
        return;
    }
    if (rng_below(&t->draw, 20) == 0 && t->step[trial] > 1) {
        assert_int_equal(stage_report(&s, trial, t->step[trial] - 1, value), RUNGS_GO_ON);
        return;
    }
    if (step >= STEPS) {
        end(t, trial, ENDED_WELL, value);
        return;
    }
    t->step[trial] = step;
    enum rungs_verdict verdict = stage_report(&s, trial, step, value);
    note(t, verdict);
    assert_int_equal(s.trials.states[trial], verdict == RUNGS_PAUSE ? AT_REST : AT_WORK);
    t->paused += verdict == RUNGS_PAUSE;
    t->stopped += verdict == RUNGS_STOP;
    if (verdict == RUNGS_STOP)
        end(t, trial, ENDED_SOON, value);
}

static struct tale tell(enum rungs_policy policy, uint64_t seed) {
    struct tale t = {.draw = rng_of(seed, 7, policy)};
    struct rungs_setup setup = {
        .policy = policy, .steps = STEPS, .workers = 8, .copies = true, .seed = seed, .sigmas = -1};
    stage_begin(&s, &test, setup, TRIALS);
    for (uint32_t move = 0; move < MOVES; move++) {
        if (s.trials.active_count < 8 && rng_below(&t.draw, 3) > 0)
            ask(&t);
        else if (s.trials.active_count > 0)
            work(&t, s.trials.active[rng_below(&t.draw, s.trials.active_count)]);
        else if (s.trials.count == TRIALS)
            break;
    }
    for (uint32_t i = 0; i < s.trials.count; i++)
        check_curve(i);
    assert_int_equal(s.trials.count, TRIALS);
    stage_end(&s);
    return t;
}

static void nothing_breaks_and_all_is_repeated(void **state) {
    (void)state;
    for (enum rungs_policy policy = 0; policy < RUNGS_POLICIES; policy++) {
        struct tale sum = {.digest = 0};
        for (uint64_t seed = 1; seed <= 10; seed++) {
            struct tale t = tell(policy, seed);
            assert_int_equal(t.digest, tell(policy, seed).digest);
            sum.paused += t.paused;
            sum.resumed += t.resumed;
            sum.stopped += t.stopped;
            sum.copied += t.copied;
        }
        bool stops = policy == RUNGS_STOPPING || policy == RUNGS_MEDIAN || policy == RUNGS_PBT;
        assert_int_equal(sum.stopped > 0, stops);
        assert_int_equal(sum.paused > 0, !stops && policy != RUNGS_NONE);
        assert_int_equal(sum.resumed > 0, sum.paused > 0);
        assert_int_equal(sum.copied > 0, policy == RUNGS_PBT);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(nothing_breaks_and_all_is_repeated)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
