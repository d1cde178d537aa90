#include "tests/unit/actors/tuner/searched.h"

#include "actors/kit/frame.h"
#include "actors/tuner/replay.h"
#include "actors/tuner/tuner.h"
#include "proto/base/rng.h"

#include <sys/mman.h>

/* A tuner and what it said last. */
struct desk {
    struct tuner tuner;
    void *memory;
    uint8_t frames[1 << 18];
    struct says says;
};

static struct desk desk, other;
static struct test_job test;
static uint8_t spec_memory[LIMIT_JOB_SPEC_BYTES];

static void desk_init(struct desk *d) {
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    d->memory = mmap(NULL, tuner_memory(TUNER_POOL_LEAST), PROT_READ | PROT_WRITE, flags, -1, 0);
    assert_true(d->memory != MAP_FAILED);
    tuner_init(&d->tuner, d->memory, tuner_memory(TUNER_POOL_LEAST));
}

static void desk_release(struct desk *d) {
    tuner_core(&d->tuner).check(&d->tuner);
    munmap(d->memory, tuner_memory(TUNER_POOL_LEAST));
}

static int begin_test(void **state) {
    (void)state;
    desk_init(&desk);
    desk_init(&other);
    return 0;
}

static int end_test(void **state) {
    (void)state;
    desk_release(&desk);
    desk_release(&other);
    return 0;
}

static void tell(struct desk *d, const struct msg *m) {
    const struct event event = {.from = ROOM_FACTS, .msg = *m};
    struct core core = tuner_core(&d->tuner);
    d->says = (struct says){.frames = buf_of(d->frames, sizeof d->frames), .from = ROOM_TUNER};
    core.step(core.self, &event, (struct moment){0}, &d->says);
    core.check(core.self);
    assert_true(core.deadline(core.self) == WHEN_NEVER);
}

static struct job_id id_of(uint8_t number) {
    return (struct job_id){{number}};
}

static struct span spec_of(const struct job *job) {
    struct buf spec = buf_of(spec_memory, sizeof spec_memory);
    assert_true(job_encode(job, &spec));
    return buf_view(&spec);
}

static void open_spec(struct desk *d, uint8_t number, struct span spec) {
    tell(d, &(struct msg){.kind = MSG_job_open, .job_open = {.job = id_of(number), .spec = spec}});
}

static void shut(struct desk *d, uint8_t number) {
    tell(d, &(struct msg){.kind = MSG_job_shut,
                          .job_shut = {.job = id_of(number), .state = JOB_DONE}});
}

static void ask(struct desk *d, uint8_t number, uint64_t slot) {
    tell(d, &(struct msg){.kind = MSG_propose, .propose = {.job = id_of(number), .slot = slot}});
}

/* The one thing the tuner said, to facts and to sched alike; the configuration points into
 * d->frames. */
static struct span proposed_config(struct desk *d, uint8_t number, uint64_t slot) {
    struct span run = buf_view(&d->says.frames);
    struct msg m[2];
    bool to_facts = false, to_sched = false;
    for (int i = 0; i < 2; i++) {
        struct err err = {0};
        struct frame f = frame_take(&run);
        assert_int_equal(f.from, ROOM_TUNER);
        to_facts = to_facts || f.to == ROOM_FACTS;
        to_sched = to_sched || f.to == ROOM_SCHED;
        assert_true(msg_decode(&m[i], f.message, &err));
    }
    assert_int_equal(run.len, 0);
    assert_true(to_facts && to_sched);
    assert_true(msg_equal(&m[0], &m[1]));
    assert_int_equal(m[0].kind, MSG_proposed);
    struct job_id id = id_of(number);
    assert_true(job_id_equal(&m[0].proposed.job, &id));
    assert_true(m[0].proposed.slot == slot);
    return m[0].proposed.config;
}

static struct span propose(struct desk *d, uint8_t number, uint64_t slot) {
    ask(d, number, slot);
    return proposed_config(d, number, slot);
}

static void assert_dropped(struct desk *d, uint64_t nonsense) {
    assert_int_equal(d->says.frames.len, 0);
    assert_int_equal(d->tuner.nonsense, nonsense);
}

static void learn(struct desk *d, uint8_t number, uint64_t slot, struct span config,
                  enum trial_status status) {
    const struct msg_learned learned = {.job = id_of(number),
                                        .slot = slot,
                                        .config = config,
                                        .status = (uint64_t)status,
                                        .has_value = status == TRIAL_DONE,
                                        .value = 0.5};
    tell(d, &(struct msg){.kind = MSG_learned, .learned = learned});
}

/* The one thing the tuner said: nothing to run in that place. */
static void expect_unproposed(struct desk *d, uint64_t slot) {
    struct span run = buf_view(&d->says.frames);
    struct msg m;
    struct err err = {0};
    assert_true(msg_decode(&m, frame_take(&run).message, &err));
    assert_int_equal(run.len, 0);
    assert_int_equal(m.kind, MSG_unproposed);
    assert_int_equal(m.unproposed.slot, slot);
    assert_false(m.unproposed.over);
}

static void ask_rested(struct desk *d, uint8_t number, uint64_t slot) {
    tell(d, &(struct msg){.kind = MSG_propose,
                          .propose = {.job = id_of(number), .slot = slot, .rested = true}});
}

/* Slots that have ended once: only what is open goes on. */
static void what_has_rested_goes_on_only_if_it_is_open(void **state) {
    (void)state;
    uint8_t memory[64];
    struct buf config = buf_of(memory, sizeof memory);
    job_begin(&test, METHOD_RANDOM, 4);
    add_range(&test, "x", PARAM_FLOAT, 0, 1);
    test.job.objectives_count = 1;
    test.job.objectives[0] = (struct objective){.metric = span_text("loss"), .goal = GOAL_MINIMIZE};
    test.job.rungs = (struct job_rungs){.steps = 9, .first = 1, .eta = 3, .policy = RUNGS_ASHA};
    job_end(&test);
    open_spec(&desk, 1, spec_of(&test.job));
    buf_span(&config, propose(&desk, 1, 0));
    ask_rested(&desk, 1, 0);
    assert_true(span_equal(proposed_config(&desk, 1, 0), buf_view(&config)));
    learn(&desk, 1, 0, buf_view(&config), TRIAL_PAUSED);
    ask_rested(&desk, 1, 0);
    expect_unproposed(&desk, 0);
    ask_rested(&desk, 1, 1); /* nothing is known of it (any more) */
    expect_unproposed(&desk, 1);
    learn(&desk, 1, 0, buf_view(&config), TRIAL_DONE);
    ask_rested(&desk, 1, 0);
    expect_unproposed(&desk, 0);
}

static void answers_with_the_algorithm(void **state) {
    (void)state;
    job_begin(&test, METHOD_RANDOM, 100);
    add_range(&test, "x", PARAM_FLOAT, 0, 1);
    add_range(&test, "k", PARAM_INT, 1, 1000);
    job_end(&test);
    open_spec(&desk, 1, spec_of(&test.job));
    assert_dropped(&desk, 0); /* opening says nothing */
    for (uint64_t slot = 0; slot < 100; slot++) {
        struct value expected[2], got[2];
        propose_alone(&algo_random, &test.job, slot, expected);
        assert_true(config_decode(propose(&desk, 1, slot), got, 2));
        assert_true(value_equal(&got[0], &expected[0]));
        assert_true(value_equal(&got[1], &expected[1]));
    }
    assert_int_equal(desk.tuner.nonsense, 0);
}

static void proposals_keep_conditions(void **state) {
    (void)state;
    job_conditional(&test, METHOD_RANDOM, 400);
    open_spec(&desk, 1, spec_of(&test.job));
    uint32_t forests = 0, polys = 0;
    for (uint64_t slot = 0; slot < 400; slot++) {
        struct value v[5];
        uint32_t wrong = 0;
        assert_true(config_decode(propose(&desk, 1, slot), v, 5));
        assert_true(job_config_valid(&test.job, v, &wrong));
        bool forest = span_is(v[0].text, "forest");
        assert_int_equal(v[1].kind, forest ? VALUE_NONE : VALUE_FLOAT);
        assert_int_equal(v[2].kind, forest ? VALUE_NONE : VALUE_TEXT);
        bool poly = !forest && span_is(v[2].text, "poly");
        assert_int_equal(v[3].kind, poly ? VALUE_INT : VALUE_NONE);
        assert_int_equal(v[4].kind, forest ? VALUE_INT : VALUE_NONE);
        forests += forest;
        polys += poly;
    }
    assert_in_range(forests, 200 - 40, 200 + 40); /* standard deviation 10 */
    assert_in_range(polys, 100 - 35, 100 + 35);   /* standard deviation 8.7 */
}

/* The last step begins a billionth of a step before the end, or is lost in rounding. */
static void steps_end_inside_their_range(void **state) {
    (void)state;
    job_begin(&test, METHOD_RANDOM, 200);
    add_range(&test, "k", PARAM_INT, 0, 5999999999)->step = 2000000000;
    add_range(&test, "m", PARAM_INT, 1e15, 1000000000000070)->step = 7;
    add_range(&test, "x", PARAM_FLOAT, -1e8, 1e8)->step = 0.1;
    job_end(&test);
    open_spec(&desk, 1, spec_of(&test.job));
    bool last = false;
    for (uint64_t slot = 0; slot < 200; slot++) {
        struct value got[3];
        assert_true(config_decode(propose(&desk, 1, slot), got, 3));
        assert_true(got[0].integer <= 4000000000);
        last = last || got[0].integer == 4000000000;
    }
    assert_true(last);
    assert_int_equal(desk.tuner.nonsense, 0);

    job_begin(&test, METHOD_RANDOM, 1);
    add_range(&test, "x", PARAM_FLOAT, 1, 1.00000000000003)->step = 3e-15;
    open_spec(&desk, 2, spec_of(&test.job)); /* as a peer may say it that has not checked */
    assert_dropped(&desk, 1);
}

static void try_first_comes_first(void **state) {
    (void)state;
    const struct value rows[] = {float_value(0.125), float_value(0.625)};
    job_begin(&test, METHOD_RANDOM, 5);
    add_range(&test, "x", PARAM_FLOAT, 0, 1);
    test.job.configs = rows;
    test.job.configs_count = 2;
    job_end(&test);
    open_spec(&desk, 1, spec_of(&test.job));
    for (uint64_t slot = 0; slot < 5; slot++) {
        struct value expected, got;
        propose_alone(&algo_random, &test.job, slot, &expected);
        assert_true(config_decode(propose(&desk, 1, slot), &got, 1));
        assert_true(value_equal(&got, slot < 2 ? &rows[slot] : &expected));
    }
}

static void grid_and_list_are_whole(void **state) {
    (void)state;
    const char *const letters[] = {"a", "b", "c", NULL};
    job_begin(&test, METHOD_GRID, 0);
    add_choice(&test, "letter", letters);
    add_range(&test, "k", PARAM_INT, 1, 4);
    job_end(&test);
    open_spec(&desk, 1, spec_of(&test.job));
    bool seen[3][4] = {{false}};
    for (uint64_t slot = 0; slot < 12; slot++) {
        struct value v[2];
        assert_true(config_decode(propose(&desk, 1, slot), v, 2));
        assert_false(seen[v[0].text.data[0] - 'a'][v[1].integer - 1]);
        seen[v[0].text.data[0] - 'a'][v[1].integer - 1] = true;
    }
    const struct value rows[] = {text_value("b"), text_value("a")};
    job_begin(&test, METHOD_LIST, 0);
    add_choice(&test, "letter", letters);
    test.job.configs = rows;
    test.job.configs_count = 2;
    job_end(&test);
    open_spec(&desk, 2, spec_of(&test.job));
    for (uint64_t slot = 0; slot < 2; slot++) {
        struct value v;
        assert_true(config_decode(propose(&desk, 2, slot), &v, 1));
        assert_true(value_equal(&v, &rows[slot]));
    }
    assert_int_equal(desk.tuner.nonsense, 0);
}

/* Slots 3k to 3k + 2 have configuration k, in whichever order they are asked for. */
static void slots_of_one_configuration_share_it(void **state) {
    static const enum method methods[] = {METHOD_RANDOM, METHOD_GRID, METHOD_SOBOL};
    (void)state;
    for (uint8_t i = 0; i < 3; i++) {
        for (uint8_t repeat = 1; repeat <= 3; repeat += 2) {
            job_begin(&test, methods[i], 12 * repeat);
            add_range(&test, "n", PARAM_INT, 1, 12);
            test.job.repeat = repeat;
            test.job.objectives_count = 1;
            test.job.objectives[0].metric = span_text("loss");
            job_end(&test);
            open_spec(&desk, (uint8_t)(10 * repeat + i), spec_of(&test.job));
        }
        for (uint64_t slot = 36; slot-- > 0;) {
            uint8_t memory[64];
            struct buf once = buf_of(memory, sizeof memory);
            buf_span(&once, propose(&desk, (uint8_t)(10 + i), slot / 3));
            assert_true(span_equal(buf_view(&once), propose(&desk, (uint8_t)(30 + i), slot)));
        }
    }
}

static void shuffle(uint64_t *order, uint64_t count, struct rng *r) {
    for (uint64_t i = 0; i < count; i++) {
        uint64_t k = rng_below(r, i + 1);
        order[i] = order[k];
        order[k] = i;
    }
}

/* One tuner hears each fact once and in order and is asked in order; the other hears them shuffled
 * and twice, and is asked about another job in between. */
static void order_does_not_matter(void **state) {
    (void)state;
    enum { SLOTS = 60, CONFIG_BYTES = 256 };
    static uint8_t bytes[SLOTS][CONFIG_BYTES];
    struct span configs[SLOTS];
    uint64_t order[SLOTS];
    const enum method methods[] = {METHOD_RANDOM, METHOD_GRID};
    struct rng r = rng_of(5, 0, 0);
    for (uint8_t number = 0; number < 2; number++) {
        job_conditional(&test, methods[number], methods[number] == METHOD_RANDOM ? SLOTS : 0);
        uint64_t slots = test.job.trials;
        open_spec(&desk, number, spec_of(&test.job));
        open_spec(&other, 100, spec_of(&test.job));
        open_spec(&other, number, spec_of(&test.job));
        for (uint64_t slot = 0; slot < slots; slot++) {
            struct span config = propose(&desk, number, slot);
            assert_true(config.len <= CONFIG_BYTES);
            memcpy(bytes[slot], config.data, config.len);
            configs[slot] = span_of(bytes[slot], config.len);
        }
        for (uint64_t slot = 0; slot < slots; slot++)
            learn(&desk, number, slot, configs[slot], TRIAL_DONE);
        for (int time = 0; time < 2; time++) {
            shuffle(order, slots, &r);
            for (uint64_t i = 0; i < slots; i++)
                learn(&other, number, order[i], configs[order[i]], TRIAL_DONE);
        }
        uint8_t first[CONFIG_BYTES];
        for (uint64_t slot = slots; slot-- > 0;) {
            struct span config = propose(&desk, number, slot);
            memcpy(first, config.data, config.len);
            propose(&other, 100, rng_below(&r, slots));
            assert_true(span_equal(propose(&other, number, slot), span_of(first, config.len)));
        }
        shut(&other, 100);
    }
    assert_int_equal(desk.tuner.nonsense, 0);
    assert_int_equal(other.tuner.nonsense, 0);
}

/* What was known of a proposal, as the frames say it. */
static struct span said_known(const struct desk *d) {
    struct span run = buf_view(&d->says.frames);
    struct err err;
    struct msg m;
    assert_true(msg_decode(&m, frame_take(&run).message, &err));
    assert_int_equal(m.kind, MSG_proposed);
    return m.proposed.known;
}

/* Two tuners hear the facts of a job that learns in different orders, one of them some of them
 * twice: they begin the same chain. */
static void who_leads_next_proposes_the_same(void **state) {
    (void)state;
    enum { SLOTS = 50, CONFIG_BYTES = 256 };
    static uint8_t bytes[SLOTS][CONFIG_BYTES];
    struct span configs[SLOTS];
    uint64_t order[SLOTS];
    struct rng r = rng_of(6, 0, 0);
    job_conditional(&test, METHOD_TPE, SLOTS + 10);
    open_spec(&desk, 1, spec_of(&test.job));
    for (uint64_t slot = 0; slot < SLOTS; slot++) {
        struct span config = propose(&desk, 1, slot);
        assert_true(config.len <= CONFIG_BYTES && said_known(&desk).len > 0);
        memcpy(bytes[slot], config.data, config.len);
        configs[slot] = span_of(bytes[slot], config.len);
        learn(&desk, 1, slot, configs[slot], slot % 7 == 0 ? TRIAL_CRASHED : TRIAL_DONE);
        assert_true(span_equal(propose(&desk, 1, slot), configs[slot])); /* again */
        assert_int_equal(said_known(&desk).len, 0);
    }
    shut(&desk, 1);
    open_spec(&desk, 1, spec_of(&test.job));
    open_spec(&other, 1, spec_of(&test.job));
    for (int time = 0; time < 2; time++) {
        struct desk *d = time == 0 ? &desk : &other;
        shuffle(order, SLOTS, &r);
        for (uint64_t i = 0; i < SLOTS; i++) {
            uint64_t slot = order[i];
            if (rng_below(&r, 2) == 0)
                learn(d, 1, slot, configs[slot], TRIAL_OPEN);
            learn(d, 1, slot, configs[slot], slot % 7 == 0 ? TRIAL_CRASHED : TRIAL_DONE);
            if (time == 1)
                learn(d, 1, slot, configs[slot], TRIAL_OPEN); /* late */
        }
    }
    for (uint64_t slot = SLOTS; slot < SLOTS + 10; slot++) {
        uint8_t first[CONFIG_BYTES];
        struct span config = propose(&desk, 1, slot), again = propose(&other, 1, slot);
        memcpy(first, config.data, config.len);
        assert_true(span_equal(again, span_of(first, config.len)));
        assert_true(span_equal(said_known(&desk), said_known(&other)));
    }
    assert_int_equal(desk.tuner.nonsense, 0);
    assert_int_equal(other.tuner.nonsense, 0);
}

/* Without room to remember anything: it says so once, and draws at random. */
static void a_tuner_without_memory_says_so(void **state) {
    (void)state;
    tuner_init(&desk.tuner, desk.memory, tuner_memory(0));
    job_conditional(&test, METHOD_TPE, 10);
    open_spec(&desk, 1, spec_of(&test.job));
    for (uint64_t slot = 0; slot < 10; slot++) {
        struct value values[LIMIT_PARAMS];
        uint32_t wrong;
        ask(&desk, 1, slot);
        struct span run = buf_view(&desk.says.frames);
        struct err err;
        struct msg m;
        assert_true(msg_decode(&m, frame_take(&run).message, &err));
        assert_true(config_decode(m.proposed.config, values, test.job.params_count));
        assert_true(job_config_valid(&test.job, values, &wrong));
        assert_int_equal(m.proposed.known.len, 0);
        (void)frame_take(&run); /* to the other room */
        assert_true((run.len > 0) == (slot == 0));
        if (slot > 0)
            continue;
        assert_true(msg_decode(&m, frame_take(&run).message, &err));
        assert_int_equal(m.kind, MSG_note);
        assert_true(
            span_is(m.note.text, "memory is short: the search of job test draws at random"));
    }
}

/* What the slots came to, for whoever derives it again. */
static struct chain_news ended[10];
static uint8_t ended_configs[10][256];

static struct chain_news ended_slot(void *context, uint32_t slot) {
    (void)context;
    return ended[slot];
}

static void end_slot(uint32_t slot, struct span config) {
    assert_true(config.len <= sizeof ended_configs[slot]);
    memcpy(ended_configs[slot], config.data, config.len);
    ended[slot] = (struct chain_news){.slot = slot,
                                      .config = span_of(ended_configs[slot], config.len),
                                      .status = TRIAL_DONE,
                                      .has_value = true,
                                      .value = 0.5};
}

/* A Gaussian process needs 5 MiB, which there are not: Parzen estimators propose, it says so once,
 * and whoever has more memory derives their proposals all the same. */
static void a_tuner_with_little_memory_proposes_by_a_lighter_method(void **state) {
    static struct replay replay;
    static struct chain chain;
    (void)state;
    tuner_init(&desk.tuner, desk.memory, tuner_memory((size_t)4 << 20));
    job_conditional(&test, METHOD_GP, 10);
    open_spec(&desk, 1, spec_of(&test.job));
    assert_ptr_equal(desk.tuner.seats[0].chain->setup.algo, algo_of(METHOD_TPE));
    size_t size = chain_bytes(&test.job, NULL, 100);
    void *memory = malloc(size);
    struct arena arena = arena_of(memory, size);
    assert_true(chain_init(&chain, &test.job, NULL, 100, &arena));
    const struct replay_slots slots = {.slot = ended_slot};
    replay_init(&replay, &chain, &slots);
    for (uint32_t slot = 0; slot < 10; slot++) {
        struct err err;
        struct msg m, note;
        size_t derived;
        ask(&desk, 1, slot);
        struct span run = buf_view(&desk.says.frames);
        assert_true(msg_decode(&m, frame_take(&run).message, &err));
        (void)frame_take(&run); /* to the other room */
        assert_true((run.len > 0) == (slot == 0));
        if (slot == 0) {
            assert_true(msg_decode(&note, frame_take(&run).message, &err));
            assert_true(span_is(note.note.text,
                                "memory is short: tpe proposes in job test in place of gp"));
        }
        const struct replay_proposal p = {
            .slot = slot, .config = m.proposed.config, .known = m.proposed.known};
        assert_int_equal(replay_next(&replay, &p, &derived), REPLAY_SAME);
        end_slot(slot, m.proposed.config);
        learn(&desk, 1, slot, ended[slot].config, TRIAL_DONE);
    }
    free(memory);
}

/* A job of every seat, each with a seed of its own; then one more. */
static void as_many_jobs_as_there_are_seats(void **state) {
    (void)state;
    job_begin(&test, METHOD_RANDOM, 10);
    add_range(&test, "x", PARAM_FLOAT, 0, 1);
    job_end(&test);
    struct value expected[LIMIT_JOBS_OPEN], got;
    for (uint8_t i = 0; i < LIMIT_JOBS_OPEN; i++) {
        test.job.seed = i;
        open_spec(&desk, i, spec_of(&test.job));
        propose_alone(&algo_random, &test.job, 3, &expected[i]);
    }
    assert_dropped(&desk, 0);
    for (uint8_t i = 0; i < LIMIT_JOBS_OPEN; i++) {
        assert_true(config_decode(propose(&desk, i, 3), &got, 1));
        assert_true(value_equal(&got, &expected[i]));
    }
    open_spec(&desk, 200, spec_of(&test.job));
    assert_dropped(&desk, 1);
    shut(&desk, 17);
    test.job.seed = 200;
    open_spec(&desk, 200, spec_of(&test.job));
    assert_dropped(&desk, 1);
    propose_alone(&algo_random, &test.job, 3, &expected[17]);
    assert_true(config_decode(propose(&desk, 200, 3), &got, 1));
    assert_true(value_equal(&got, &expected[17]));
    ask(&desk, 17, 3);
    assert_dropped(&desk, 2);
}

static void drops_and_counts_nonsense(void **state) {
    (void)state;
    job_begin(&test, METHOD_RANDOM, 10);
    add_range(&test, "x", PARAM_FLOAT, 0, 1);
    job_end(&test);
    ask(&desk, 1, 0);
    assert_dropped(&desk, 1); /* no such job */
    open_spec(&desk, 1, (struct span){0});
    assert_dropped(&desk, 2);
    struct span spec = spec_of(&test.job);
    open_spec(&desk, 1, span_of(spec.data, spec.len - 1));
    assert_dropped(&desk, 3);
    static const uint8_t longest[LIMIT_JOB_SPEC_BYTES + 1];
    open_spec(&desk, 1, span_of(longest, sizeof longest));
    assert_dropped(&desk, 4);
    ask(&desk, 1, 0);
    assert_dropped(&desk, 5); /* none of them took a seat */
    open_spec(&desk, 1, spec);
    assert_dropped(&desk, 5);
    open_spec(&desk, 1, spec);
    assert_dropped(&desk, 6); /* twice */
    ask(&desk, 1, 10);
    assert_dropped(&desk, 7); /* slots are 0..9 */
    const uint8_t half[] = {0x91, 0xcb, 0x3f, 0xe0, 0, 0, 0, 0, 0, 0};
    const uint8_t two[] = {0x91, 0xcb, 0x40, 0, 0, 0, 0, 0, 0, 0};
    learn(&desk, 1, 0, span_of(half, sizeof half), TRIAL_DONE);
    assert_dropped(&desk, 7);
    learn(&desk, 1, 0, span_of(two, sizeof two), TRIAL_DONE);
    assert_dropped(&desk, 8); /* out of range */
    learn(&desk, 1, 0, span_of(half, 9), TRIAL_DONE);
    assert_dropped(&desk, 9);
    learn(&desk, 1, 10, span_of(half, sizeof half), TRIAL_DONE);
    assert_dropped(&desk, 10);
    learn(&desk, 1, 0, span_of(half, sizeof half), TRIAL_STATUS_COUNT);
    assert_dropped(&desk, 11);
    learn(&desk, 2, 0, span_of(half, sizeof half), TRIAL_DONE);
    assert_dropped(&desk, 12);
    tell(&desk, &(struct msg){.kind = MSG_quit});
    assert_dropped(&desk, 13); /* not for this room */
    tell(&desk, &(struct msg){.kind = MSG_NONE});
    shut(&desk, 2);
    assert_dropped(&desk, 13); /* the time, and a job that never was open here, are no nonsense */
    assert_true(propose(&desk, 1, 9).len > 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(answers_with_the_algorithm, begin_test, end_test),
        cmocka_unit_test_setup_teardown(what_has_rested_goes_on_only_if_it_is_open, begin_test,
                                        end_test),
        cmocka_unit_test_setup_teardown(proposals_keep_conditions, begin_test, end_test),
        cmocka_unit_test_setup_teardown(steps_end_inside_their_range, begin_test, end_test),
        cmocka_unit_test_setup_teardown(try_first_comes_first, begin_test, end_test),
        cmocka_unit_test_setup_teardown(grid_and_list_are_whole, begin_test, end_test),
        cmocka_unit_test_setup_teardown(slots_of_one_configuration_share_it, begin_test, end_test),
        cmocka_unit_test_setup_teardown(order_does_not_matter, begin_test, end_test),
        cmocka_unit_test_setup_teardown(who_leads_next_proposes_the_same, begin_test, end_test),
        cmocka_unit_test_setup_teardown(a_tuner_with_little_memory_proposes_by_a_lighter_method,
                                        begin_test, end_test),
        cmocka_unit_test_setup_teardown(a_tuner_without_memory_says_so, begin_test, end_test),
        cmocka_unit_test_setup_teardown(as_many_jobs_as_there_are_seats, begin_test, end_test),
        cmocka_unit_test_setup_teardown(drops_and_counts_nonsense, begin_test, end_test),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
