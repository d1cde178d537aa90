/* executor_world - an executor alone in the world: what it hears in one line each, and what it says, caught. */
#ifndef ZYG_EXECUTOR_WORLD_H
#define ZYG_EXECUTOR_WORLD_H

#include "actors/executor/executor.h"
#include "actors/executor/metrics.h"
#include "actors/kit/frame.h"
#include "proto/job/job.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

enum { SLOTS = 3, SAID_MAX = 512 };

static struct executor *executor;
static struct core core;
static size_t memory_size;
static uint8_t frames[SAYS_BYTES];
static struct says says;
static struct msg said[SAID_MAX]; /* each message once, however many rooms hear it */
static uint32_t said_count;
static const struct job_id job_a = {{0xaa, 0x01}};
static const struct job_id job_b = {{0xbb, 0x02}};
static uint8_t config[64];
static size_t config_len;

static inline void step(const struct msg *m, when_ms now) {
    struct event event = {.from = ROOM_SCHED};
    struct moment at = {.now = now, .wall = 1700000000000 + now};
    struct err err;
    if (m != NULL)
        event.msg = *m;
    says = (struct says){.frames = buf_of(frames, sizeof frames), .from = ROOM_EXECUTOR};
    core.step(core.self, &event, at, &says);
    core.check(core.self);
    said_count = 0;
    struct span rest = buf_view(&says.frames);
    while (rest.len > 0 && said_count < SAID_MAX) {
        struct frame frame = frame_take(&rest);
        struct msg decoded;
        assert_true(msg_decode(&decoded, frame.message, &err));
        if (frame.to == *msg_route(decoded.kind))
            said[said_count++] = decoded;
    }
    assert_int_equal(rest.len, 0);
}

/* ---- what it hears ---- */

static inline struct span make_spec(const char *metric, const char *pattern) {
    static uint8_t memory[4096];
    static struct metric_pattern patterns[1];
    static const struct param lr = {.kind = PARAM_FLOAT, .low = 0, .high = 1};
    struct param params[] = {lr};
    struct span argv[] = {span_text("./train"), span_text("--lr={lr}")};
    struct buf out = buf_of(memory, sizeof memory);
    params[0].name = span_text("lr");
    uint32_t order[] = {0};
    struct job job = {
        .name = span_text("digits"),
        .dir = span_text("/some/dir"),
        .method = METHOD_RANDOM,
        .trials = 100,
        .seed = 7,
        .objectives = {{.metric = span_text(metric), .goal = GOAL_MAXIMIZE}},
        .objectives_count = 1,
        .params = params,
        .params_count = 1,
        .order = order,
        .argv = argv,
        .argv_count = 2,
        .limits = {.wall = 30000, .grace = 10000, .output = 100000},
        .retry = {1, 5},
    };
    if (pattern != NULL) {
        patterns[0] = (struct metric_pattern){span_text(metric), span_text(pattern)};
        job.patterns = patterns;
        job.patterns_count = 1;
    }
    assert_true(job_encode(&job, &out));
    return buf_view(&out);
}

static inline void open_job_with(const struct job_id *id, struct span spec) {
    struct msg m = {.kind = MSG_job_open};
    m.job_open.job = *id;
    m.job_open.spec = spec;
    step(&m, 0);
    assert_int_equal(said_count, 0);
}

static inline void open_job(const struct job_id *id) {
    open_job_with(id, make_spec("acc", NULL));
}

static inline void shut_job(const struct job_id *id, enum job_state state, when_ms now) {
    struct msg m = {.kind = MSG_job_shut};
    m.job_shut.job = *id;
    m.job_shut.state = (uint64_t)state;
    step(&m, now);
}

static inline void lease(const struct job_id *id, uint64_t slot, when_ms now) {
    struct msg m = {.kind = MSG_lease};
    m.lease.job = *id;
    m.lease.slot = slot;
    m.lease.attempt = 1;
    m.lease.config = span_of(config, config_len);
    step(&m, now);
}

static inline void start(uint64_t slots) {
    struct msg m = {.kind = MSG_start};
    m.start.slots = slots;
    step(&m, 0);
}

static inline void quit(when_ms now) {
    struct msg m = {.kind = MSG_quit};
    step(&m, now);
}

static inline void spawned(uint64_t run, when_ms now) {
    struct msg m = {.kind = MSG_spawned};
    m.spawned.run = run;
    m.spawned.pid = 1234;
    step(&m, now);
}

static inline void output(uint64_t run, const char *text, when_ms now) {
    struct msg m = {.kind = MSG_output};
    m.output.run = run;
    m.output.bytes = span_text(text);
    step(&m, now);
}

static inline void output_end(uint64_t run, when_ms now) {
    struct msg m = {.kind = MSG_output_end};
    m.output_end.run = run;
    step(&m, now);
}

static inline void exited(uint64_t run, int64_t status, when_ms now) {
    struct msg m = {.kind = MSG_exited};
    m.exited.run = run;
    m.exited.status = status;
    m.exited.cpu_ms = 12;
    m.exited.rss_kib = 345;
    step(&m, now);
}

/* attempt 0: anew. */
static inline void follow(uint64_t slot, bool on, uint64_t attempt, uint64_t offset) {
    struct msg m = {.kind = MSG_follow};
    m.follow.job = job_a;
    m.follow.slot = slot;
    m.follow.on = on;
    m.follow.attempt = attempt;
    m.follow.offset = offset;
    step(&m, 0);
}

static inline void launcher_down(void) {
    struct msg m = {.kind = MSG_launcher_down};
    m.launcher_down.what = span_text("zyg-run was killed");
    step(&m, 500);
}

/* ---- what it says ---- */

static inline const struct msg *find(enum msg_kind kind) {
    for (uint32_t i = 0; i < said_count; i++) {
        if (said[i].kind == kind)
            return &said[i];
    }
    return NULL;
}

static inline uint32_t count(enum msg_kind kind) {
    uint32_t number = 0;
    for (uint32_t i = 0; i < said_count; i++)
        number += said[i].kind == kind;
    return number;
}

static inline void assert_capacity(uint64_t slots) {
    assert_int_equal(count(MSG_capacity), 1);
    assert_int_equal(find(MSG_capacity)->capacity.slots, slots);
}

/* Takes a lease and answers the number of its run. */
static inline uint64_t run(const struct job_id *id, uint64_t slot) {
    lease(id, slot, 100);
    assert_int_equal(said_count, 1);
    assert_int_equal(said[0].kind, MSG_spawn);
    return said[0].spawn.run;
}

static inline struct msg_result_fact result(void) {
    struct msg m;
    struct err err;
    assert_int_equal(count(MSG_outcome), 1);
    assert_true(msg_decode(&m, find(MSG_outcome)->outcome.result, &err));
    assert_int_equal(m.kind, MSG_result_fact);
    return m.result_fact;
}

static inline void assert_outcome(enum trial_status status, const char *cause) {
    struct msg_result_fact r = result();
    if (r.status != (uint64_t)status)
        fail_msg("status is %s", trial_status_name((enum trial_status)r.status));
    if (!span_is(r.cause, cause))
        fail_msg("cause is %.*s", (int)r.cause.len, (const char *)r.cause.data);
}

static inline void assert_killed(uint64_t number, int signal) {
    assert_int_equal(count(MSG_kill), 1);
    assert_int_equal(find(MSG_kill)->kill.run, number);
    assert_int_equal(find(MSG_kill)->kill.signal, signal);
}

/* ---- set up ---- */

static inline int set_up(void **state) {
    (void)state;
    struct err err;
    struct executor_config c = {.runs = "/state/runs", .slots = SLOTS, .cpus = 8};
    const struct value lr = {.kind = VALUE_FLOAT, .real = 0.5};
    struct buf out = buf_of(config, sizeof config);
    config_encode(&out, &lr, 1);
    config_len = out.len;
    memory_size = executor_memory(SLOTS);
    void *memory =
        mmap(NULL, memory_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(memory, MAP_FAILED);
    executor = executor_init(memory, memory_size, &c, &err);
    assert_non_null(executor);
    core = executor_core(executor);
    start(SLOTS);
    return 0;
}

static inline int tear_down(void **state) {
    (void)state;
    executor_release(executor);
    munmap(executor, memory_size);
    return 0;
}

#endif
