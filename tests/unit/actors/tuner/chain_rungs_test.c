/* Chains of a job with rungs: verdicts, paused slots, who leads next, and all of it derived again. */
#include "tests/unit/actors/tuner/chain_stage.h"

#include "proto/base/mp.h"
#include "proto/base/ranges.h"

enum { SLOTS = 90, STEPS = 27, PLACES = 4, POPULATION = 12, STANDS_MOST = 2000 };

static struct chain_stage stage;

static struct {
    struct slot {
        uint32_t attempts, step;
        bool runs;
        struct curve curve;
    } slots[SLOTS];
    uint8_t others[SLOTS][16];
    struct chain_stand stands[STANDS_MOST];
    uint32_t stands_count, next, running, resumed, paused, stopped, done, copied, copied_near;
    bool over;
} world;

static int begin_with(const struct condition *constraints, uint32_t count) {
    memset(&stage, 0, sizeof stage);
    memset(&world, 0, sizeof world);
    job_begin(&stage.job, METHOD_RANDOM, SLOTS);
    add_range(&stage.job, "x", PARAM_FLOAT, 0, 1);
    stage.job.job.objectives_count = 1;
    stage.job.job.objectives[0] =
        (struct objective){.metric = span_text("accuracy"), .goal = GOAL_MAXIMIZE};
    stage.job.job.rungs =
        (struct job_rungs){.steps = STEPS, .first = 1, .eta = 3, .policy = RUNGS_ASHA};
    stage.job.job.constraints = constraints;
    stage.job.job.constraints_count = count;
    job_end(&stage.job);
    for (uint32_t i = 0; i < 4; i++)
        node_begin(&stage, i, STAGE_SLOTS);
    return 0;
}

static int begin_test(void **state) {
    (void)state;
    return begin_with(NULL, 0);
}

static int begin_constrained(void **state) {
    static const struct condition small = {.text = {(const uint8_t *)"mb <= 8", 7}};
    (void)state;
    return begin_with(&small, 1);
}

static int end_test(void **state) {
    (void)state;
    stage_end(&stage);
    return 0;
}

static double level_of(uint32_t slot) {
    struct rng r = rng_of(5, 0, slot);
    return rng_unit(&r);
}

/* ---- asking ---- */

/* Of a population: a place is free where the even ones run. */
static struct span near_now(void) {
    static uint8_t bytes[1024];
    struct range memory[LIMIT_NEAR];
    struct ranges near = ranges_of(memory, LIMIT_NEAR);
    struct buf out = buf_of(bytes, sizeof bytes);
    if (stage.job.job.rungs.policy != RUNGS_PBT)
        return (struct span){0};
    for (uint32_t i = 0; i < SLOTS; i += 2) {
        if (world.slots[i].runs)
            assert_true(ranges_add(&near, i));
    }
    ranges_encode(&near, &out);
    return buf_view(&out);
}

static struct chain_answer asks(uint32_t number, uint32_t slot, struct proposal *p) {
    struct node *n = &stage.nodes[number];
    static uint8_t known_memory[CHAIN_KNOWN_BYTES];
    struct buf config = buf_of(p->config, sizeof p->config);
    struct buf known = buf_of(known_memory, sizeof known_memory);
    struct chain_answer a = chain_ask(&n->chain, slot, near_now(), &config, &known);
    assert_true(known.len <= STAGE_KNOWN);
    if (known.len > 0)
        memcpy(p->known, known.data, known.len);
    p->p = (struct replay_proposal){.author = n->id,
                                    .generation = n->generation,
                                    .slot = a.slot,
                                    .asked = a.answer == STUDY_RESUME ? slot + 1 : 0,
                                    .config = span_of(p->config, config.len),
                                    .known = span_of(p->known, known.len)};
    return a;
}

/* Where its parent is, which runs, and where a place is free if any does. */
static void goes_on_from(uint32_t slot, uint64_t parent) {
    if (parent == JOB_NO_PARENT)
        return;
    assert_true(parent < slot && world.slots[parent].runs);
    world.slots[slot].step = world.slots[parent].step;
    world.copied++;
    world.copied_near += parent % 2 == 0;
}

static void ask(uint32_t leader) {
    struct proposal *p = &stage.proposals[stage.proposals_count];
    struct chain_answer a = asks(leader, world.next, p);
    world.over = a.answer == STUDY_OVER;
    if (a.answer == STUDY_WAIT || a.answer == STUDY_OVER)
        return;
    stage.proposals_count++;
    world.running++;
    world.slots[a.slot].runs = true;
    if (a.answer == STUDY_RESUME) {
        assert_int_equal(stage.rows[a.slot].status, TRIAL_PAUSED);
        world.resumed++;
        return;
    }
    assert_int_equal(a.slot, world.next);
    goes_on_from(a.slot, job_config_parent(&stage.job.job, p->p.config));
    world.next++;
    everybody_learns(
        &stage, stage_keeps(&stage, (struct chain_news){.slot = a.slot, .config = p->p.config}));
}

/* ---- running ---- */

static bool is_constrained(void) {
    return stage.job.job.constraints_count > 0;
}

/* Of a job that is constrained every other slot is too large, some of them twice as much; it has told
 * from its second rung on. */
static double breach_of(uint32_t slot) {
    return slot % 2 * (slot % 4 == 1 ? 1.0 : 0.5);
}

static struct span others_of(uint32_t slot) {
    struct buf out = buf_of(world.others[slot], sizeof world.others[slot]);
    if (!is_constrained())
        return (struct span){0};
    mp_put_array(&out, 1);
    if (world.slots[slot].step >= 3)
        mp_put_f64(&out, 8 * (1 + breach_of(slot)));
    else
        mp_put_nil(&out);
    return buf_view(&out);
}

static void ends(uint32_t slot, enum trial_status status) {
    struct slot *s = &world.slots[slot];
    s->attempts++;
    s->runs = false;
    world.running--;
    everybody_learns(&stage,
                     stage_keeps(&stage, (struct chain_news){.slot = slot,
                                                             .config = stage.rows[slot].config,
                                                             .status = status,
                                                             .has_value = true,
                                                             .value = -s->curve.best,
                                                             .others = others_of(slot),
                                                             .curve = s->curve,
                                                             .run_ms = 1000 + slot,
                                                             .attempts = s->attempts}));
}

static void stands(uint32_t leader, uint32_t slot) {
    struct slot *s = &world.slots[slot];
    assert_true(world.stands_count < STANDS_MOST);
    struct chain_stand *fact = &world.stands[world.stands_count++];
    *fact = (struct chain_stand){
        .slot = slot,
        .config = stage.rows[slot].config,
        .stand = {.curve = s->curve, .attempt = s->attempts + 1, .saved = slot % 4 != 0}};
    for (uint32_t i = 0; i < 3; i++)
        chain_stand(&stage.nodes[i].chain, fact);
    switch (chain_judge(&stage.nodes[leader].chain, slot, s->attempts + 1)) {
    case STUDY_GO_ON: return;
    case STUDY_STOP:
        assert_true(slot % 4 == 0 || stage.job.job.rungs.policy == RUNGS_STOPPING ||
                    stage.job.job.rungs.policy == RUNGS_PBT);
        world.stopped++;
        ends(slot, TRIAL_STOPPED);
        return;
    case STUDY_PAUSE:
        assert_true(slot % 4 != 0);
        world.paused++;
        ends(slot, TRIAL_PAUSED);
    }
}

static void goes_on(uint32_t leader, uint32_t slot) {
    struct slot *s = &world.slots[slot];
    const struct ladder ladder = ladder_of_job(&stage.job.job.rungs);
    struct rng r = rng_of(6, s->step, slot);
    double value = level_of(slot) + 1.0 / ++s->step + 0.001 * rng_unit(&r);
    assert_true(curve_tell(&s->curve, s->step, value));
    if (is_constrained() && s->step >= 3)
        s->curve.breach = breach_of(slot);
    if (s->step == stage.job.job.rungs.steps) {
        world.done++;
        ends(slot, TRIAL_DONE);
    } else if (ladder_reached(&ladder, s->step) > ladder_reached(&ladder, s->step - 1)) {
        stands(leader, slot);
    }
}

/* One that runs; of a population all go on alike. */
static uint32_t pick(struct rng *r) {
    const bool alike = stage.job.job.rungs.policy == RUNGS_PBT;
    uint32_t which = (uint32_t)rng_below(r, SLOTS);
    for (uint64_t left = alike ? rng_below(r, world.running) + 1 : 1; left > 0; which++)
        left -= world.slots[which % SLOTS].runs;
    return (which + SLOTS - 1) % SLOTS;
}

/* Until so many slots were begun, and then (all) to the end. */
static void run(uint32_t leader, uint32_t until, struct rng *r) {
    bool all = until == SLOTS;
    for (uint32_t turn = 0; turn < 100000 && !(all ? world.over : world.next >= until); turn++) {
        const uint32_t places = stage.job.job.rungs.policy == RUNGS_PBT ? POPULATION : PLACES;
        for (uint32_t i = world.running; i < places && world.next <= SLOTS && !world.over; i++)
            ask(leader);
        if (world.running == 0)
            continue;
        goes_on(leader, pick(r));
    }
}

/* ---- deriving it again ---- */

static struct known_stand stand_of(void *context, uint32_t slot, uint32_t rung) {
    struct known_stand found = {.attempt = 0};
    const struct ladder ladder = ladder_of_job(&stage.job.job.rungs);
    (void)context;
    for (uint32_t i = 0; i < world.stands_count; i++) {
        const struct chain_stand *s = &world.stands[i];
        if (s->slot == slot && ladder_reached(&ladder, s->stand.curve.step) == rung + 1 &&
            known_stand_counts(&s->stand, &found))
            found = s->stand;
    }
    return found;
}

static void expect_all_same(void) {
    const struct replay_slots slots = {.slot = stage_row, .stand = stand_of, .context = &stage};
    node_begin(&stage, 3, STAGE_SLOTS);
    replay_init(&stage.replay, &stage.nodes[3].chain, &slots);
    for (uint32_t author = 0; author < 3; author++) {
        for (uint32_t i = 0; i < stage.proposals_count; i++) {
            size_t derived;
            if (stage.proposals[i].p.author.bytes[0] == author + 1)
                assert_int_equal(replay_next(&stage.replay, &stage.proposals[i].p, &derived),
                                 REPLAY_SAME);
        }
    }
}

static void what_pauses_goes_on_and_all_is_derived_again(void **state) {
    (void)state;
    struct rng r = rng_of(1, 0, 0);
    run(0, SLOTS, &r);
    assert_int_equal(world.next, SLOTS);
    assert_true(world.resumed > 5 && world.paused > world.resumed && world.stopped > 2);
    assert_true(world.done > 5);
    assert_int_equal(stage.proposals_count, SLOTS + world.resumed);
    expect_all_same();
}

static void who_leads_next_goes_on_from_the_facts(void **state) {
    (void)state;
    struct rng r = rng_of(2, 0, 0);
    run(0, 40, &r);
    run(1, 70, &r);
    run(0, 80, &r);
    run(1, SLOTS, &r);
    assert_int_equal(world.next, SLOTS);
    assert_true(world.resumed > 5);
    expect_all_same();
}

/* Half of all break one, and few of them come to the end: those that were let through, and the first.
 * What was not told when it was stopped is not known. */
static void constraints_are_looked_at_on_the_way(void **state) {
    struct rng r = rng_of(6, 0, 0);
    uint32_t kept = 0, broken = 0;
    (void)state;
    run(0, 40, &r);
    run(1, SLOTS, &r);
    const struct trials *t = study_trials(stage.nodes[1].chain.study);
    for (uint32_t i = 0; i < SLOTS; i++) {
        kept += stage.rows[i].status == TRIAL_DONE && breach_of(i) == 0;
        broken += stage.rows[i].status == TRIAL_DONE && breach_of(i) > 0;
    }
    assert_true(kept > 5 && broken < kept / 2 && world.stopped > 2 && t->breaches[t->best[0]] == 0);
    for (uint32_t i = 0; i < t->count; i++)
        assert_true(t->breaches[i] <= 1 && (!t->untold[i] || t->states[i] == ENDED_SOON));
    expect_all_same();
}

/* Nine steps, and what stands at its rungs has told three at most: how much of that is chance is known
 * by the curves of those that went all the way, and by whoever leads next. */
static void on_a_short_ladder_who_is_behind_is_stopped(void **state) {
    (void)state;
    struct rng r = rng_of(5, 0, 0);
    stage.job.job.rungs.steps = 9;
    stage.job.job.rungs.policy = RUNGS_STOPPING;
    for (uint32_t i = 0; i < 4; i++)
        node_begin(&stage, i, STAGE_SLOTS);
    run(0, 60, &r);
    uint32_t stopped = world.stopped;
    assert_true(stopped > 10);
    run(1, SLOTS, &r);
    assert_true(world.stopped > stopped + 5 && world.paused == 0);
    for (uint32_t i = 0; i < SLOTS; i++) /* nobody who is good */
        assert_true(stage.rows[i].status == TRIAL_DONE || level_of(i) > 0.1);
    expect_all_same();
}

/* Whoever leads next knows which slots are copies, and so whose places are filled. */
static void a_population_is_copied_from(void **state) {
    (void)state;
    struct rng r = rng_of(7, 0, 0);
    stage.job.job.rungs.policy = RUNGS_PBT;
    for (uint32_t i = 0; i < 4; i++)
        node_begin(&stage, i, STAGE_SLOTS);
    run(0, 30, &r);
    run(1, 50, &r);
    run(0, SLOTS, &r);
    assert_int_equal(world.next, SLOTS);
    assert_true(world.stopped > 10 && world.paused == 0 && world.done > 5);
    /* Each takes the place of one that was stopped; the last of those have no slot left. */
    assert_true(world.copied > 10 && world.copied <= world.stopped);
    assert_true(world.copied_near > 10);
    assert_int_equal(stage.proposals_count, SLOTS);
    expect_all_same();
}

/* Twice, late, in any order: whoever begins a chain then says the same. */
static void the_order_of_facts_does_not_matter(void **state) {
    (void)state;
    static struct proposal first, again;
    struct rng r = rng_of(3, 0, 0);
    run(0, 60, &r);
    struct chain_answer a = asks(1, 60, &first), b;
    for (uint32_t time = 0; time < 8; time++) {
        node_begin(&stage, 2, STAGE_SLOTS);
        struct chain *c = &stage.nodes[2].chain;
        for (uint32_t i = 0; i < 2000; i++) {
            if (rng_below(&r, 2) == 0)
                chain_learn(c, &stage.rows[rng_below(&r, 60)]);
            else
                chain_stand(c, &world.stands[rng_below(&r, world.stands_count)]);
        }
        for (uint32_t i = 0; i < world.stands_count; i++)
            chain_stand(c, &world.stands[(i * 7 + time) % world.stands_count]);
        for (uint32_t i = 0; i < 60; i++)
            chain_learn(c, &stage.rows[(i * 7 + time) % 60]);
        b = asks(2, 60, &again);
        assert_int_equal(b.answer, a.answer);
        assert_int_equal(b.slot, a.slot);
        assert_true(span_equal(again.p.known, first.p.known));
        assert_true(span_equal(again.p.config, first.p.config));
    }
}

/* Its proposal has reached nobody, and its leader is gone. */
static void what_was_resumed_in_vain_rests_again(void **state) {
    (void)state;
    static struct proposal p;
    struct rng r = rng_of(4, 0, 0);
    run(0, SLOTS, &r);
    uint32_t slot = 0;
    while (stage.rows[slot].status != TRIAL_PAUSED)
        slot++;
    struct chain *c = &stage.nodes[1].chain;
    struct known_slot *item = known_find(&c->known, slot);
    item->status = TRIAL_OPEN;
    item->resumed = true;
    assert_int_equal(asks(1, SLOTS, &p).answer, STUDY_WAIT);
    chain_alone(c);
    assert_int_equal(item->status, TRIAL_PAUSED);
    assert_int_equal(asks(1, SLOTS, &p).answer, STUDY_OVER);
}

/* ---- one trial at a time ---- */

/* It comes to a rung in this attempt, with a checkpoint. */
static void comes_to(uint32_t slot, uint32_t attempt, uint32_t step, double value) {
    struct chain_stand *fact = &world.stands[world.stands_count++];
    *fact = (struct chain_stand){.slot = slot,
                                 .config = stage.rows[slot].config,
                                 .stand = {.attempt = attempt, .saved = true}};
    for (uint32_t i = 1; i <= step; i++)
        assert_true(curve_tell(&fact->stand.curve, i, value + 1.0 / i));
    for (uint32_t i = 0; i < 3; i++)
        chain_stand(&stage.nodes[i].chain, fact);
}

static void ended_as(uint32_t slot, uint32_t attempts, enum trial_status status, double value) {
    struct chain_news news = {.slot = slot,
                              .config = stage.rows[slot].config,
                              .status = status,
                              .has_value = true,
                              .value = value,
                              .run_ms = 1000,
                              .attempts = attempts};
    everybody_learns(&stage, stage_keeps(&stage, news));
}

/* The first few run beyond the second rung, with these values there and below. */
static void begin_some(uint32_t count) {
    for (uint32_t slot = 0; slot < count; slot++) {
        ask(0);
        comes_to(slot, 1, 1, 0.01 * slot);
        comes_to(slot, 1, 3, 0.01 * slot);
    }
}

static enum study_verdict verdict_of(uint32_t number, uint32_t slot, uint64_t attempt) {
    return chain_judge(&stage.nodes[number].chain, slot, attempt);
}

/* It rested at the first rung, and has come to the second since: there it is judged, by whoever heard of it when it happened
 * and by whoever begins a chain later. */
static void what_went_on_is_judged_at_its_next_rung(void **state) {
    (void)state;
    static struct proposal p;
    begin_some(9);
    for (uint32_t slot = 9; slot < 12; slot++) {
        ask(0);
        comes_to(slot, 1, 1, 5);
        ended_as(slot, 1, TRIAL_PAUSED, -5);
    }
    comes_to(10, 2, 3, 4);
    comes_to(11, 2, 3, -4);
    (void)asks(1, 12, &p); /* 1 begins a chain */
    for (uint32_t number = 0; number < 2; number++) {
        assert_int_equal(verdict_of(number, 9, 2), STUDY_GO_ON); /* as far as is known it rests */
        assert_int_equal(verdict_of(number, 10, 2), STUDY_PAUSE);
        assert_int_equal(verdict_of(number, 11, 2), STUDY_GO_ON); /* better than all */
    }
}

/* Where it rested the search has let it go on, whatever would be said of it there now. */
static void what_went_on_is_not_judged_where_it_rested(void **state) {
    (void)state;
    static struct proposal p;
    begin_some(9);
    ask(0);
    comes_to(9, 1, 1, 5);
    ended_as(9, 1, TRIAL_PAUSED, -5);
    known_find(&stage.nodes[1].chain.known, 9)->status = TRIAL_OPEN; /* by a proposal of 1 */
    known_find(&stage.nodes[1].chain.known, 9)->resumed = true;
    (void)asks(1, 10, &p);
    assert_int_equal(verdict_of(1, 9, 1), STUDY_GO_ON);
    assert_int_equal(verdict_of(1, 9, 2), STUDY_GO_ON);
}

/* A verdict is one on the attempt that stands there. */
static void another_attempt_is_not_judged(void **state) {
    (void)state;
    begin_some(9);
    ask(0);
    comes_to(9, 2, 1, 5);
    assert_int_equal(verdict_of(0, 9, 1), STUDY_GO_ON);
    assert_int_equal(verdict_of(0, 9, 2), STUDY_PAUSE);
    assert_int_equal(verdict_of(0, 9, 3), STUDY_GO_ON);
}

/* A rung below the one where it stands, heard of late. */
static void a_late_stand_takes_no_verdict_back(void **state) {
    (void)state;
    begin_some(9);
    ask(0);
    comes_to(9, 1, 3, 5);
    assert_int_equal(verdict_of(0, 9, 1), STUDY_PAUSE);
    comes_to(9, 1, 1, 5);
    assert_int_equal(verdict_of(0, 9, 1), STUDY_PAUSE);
}

/* That it came to a rung is not known: it cannot rest there. Whoever learns that at once and whoever learns it from a set says
 * the same. */
static void a_pause_at_no_rung_says_nothing(void **state) {
    (void)state;
    begin_some(3);
    ask(0);
    ended_as(3, 1, TRIAL_PAUSED, 0.9);
    for (uint32_t i = 0; i < 3; i++)
        ask(0);
    for (uint32_t i = 0; i < 3; i++)
        ask(1);
    expect_all_same();
    assert_int_equal(study_trials(stage.nodes[0].chain.study)->states[3],
                     study_trials(stage.nodes[1].chain.study)->states[3]);
}

static void what_rests_is_known_once_its_rung_is(void **state) {
    (void)state;
    begin_some(9);
    ask(0);
    ended_as(9, 1, TRIAL_PAUSED, 3);
    ask(0);
    comes_to(9, 1, 1, -3); /* the best of all */
    ask(0);
    assert_int_equal(world.resumed, 1);
    expect_all_same();
}

/* It calls a value final that is worse than the best of its curve. */
static void a_trial_is_worth_what_its_row_says(void **state) {
    (void)state;
    ask(0);
    comes_to(0, 1, 1, -9);
    ended_as(0, 1, TRIAL_DONE, 0.25);
    const struct trials *t = study_trials(stage.nodes[0].chain.study);
    assert_true(t->values[0] == -0.25);
    ask(1);
    t = study_trials(stage.nodes[1].chain.study);
    assert_true(t->values[0] == -0.25);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_pauses_goes_on_and_all_is_derived_again, begin_test,
                                        end_test),
        cmocka_unit_test_setup_teardown(who_leads_next_goes_on_from_the_facts, begin_test,
                                        end_test),
        cmocka_unit_test_setup_teardown(constraints_are_looked_at_on_the_way, begin_constrained,
                                        end_test),
        cmocka_unit_test_setup_teardown(on_a_short_ladder_who_is_behind_is_stopped, begin_test,
                                        end_test),
        cmocka_unit_test_setup_teardown(a_population_is_copied_from, begin_test, end_test),
        cmocka_unit_test_setup_teardown(the_order_of_facts_does_not_matter, begin_test, end_test),
        cmocka_unit_test_setup_teardown(what_was_resumed_in_vain_rests_again, begin_test, end_test),
        cmocka_unit_test_setup_teardown(what_went_on_is_judged_at_its_next_rung, begin_test,
                                        end_test),
        cmocka_unit_test_setup_teardown(what_went_on_is_not_judged_where_it_rested, begin_test,
                                        end_test),
        cmocka_unit_test_setup_teardown(another_attempt_is_not_judged, begin_test, end_test),
        cmocka_unit_test_setup_teardown(a_late_stand_takes_no_verdict_back, begin_test, end_test),
        cmocka_unit_test_setup_teardown(a_pause_at_no_rung_says_nothing, begin_test, end_test),
        cmocka_unit_test_setup_teardown(what_rests_is_known_once_its_rung_is, begin_test, end_test),
        cmocka_unit_test_setup_teardown(a_trial_is_worth_what_its_row_says, begin_test, end_test),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
