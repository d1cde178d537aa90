/* crew_stage - sched as the leader of a cluster, on a stage: what its workers say, what it gives out.
 *
 * Included by tests after <cmocka.h>.
 */
#ifndef ZYG_TEST_CREW_STAGE_H
#define ZYG_TEST_CREW_STAGE_H

#include "actors/sched/sched.h"
#include "proto/base/mp.h"
#include "proto/base/ranges.h"
#include "proto/status.h"
#include "tests/lib/stage.h"
#include "tests/unit/actors/tuner/jobs.h"

enum { TERM = 6, A = 11, B = 12 }; /* peers */

struct fixture {
    struct stage *stage;
    void *memory;
    struct test_job job;
};

static const struct job_id job = {{1}};

static inline void tell(struct fixture *f, const struct msg *m) {
    stage_tell(f->stage, ROOM_SCHED, ROOM_NONE, 0, m);
}

static inline void lead(struct fixture *f, bool mine) {
    tell(f, &(struct msg){.kind = MSG_lead, .lead = {.term = TERM, .mine = mine}});
}

static inline void worker(struct fixture *f, uint32_t peer, uint64_t slots) {
    tell(f, &(struct msg){.kind = MSG_worker,
                          .worker = {.peer = peer, .slots = slots, .rtt_us = 300}});
}

static inline void gone(struct fixture *f, uint32_t peer) {
    tell(f, &(struct msg){.kind = MSG_worker, .worker = {.peer = peer, .gone = true}});
}

/* What the worker reports: slot, attempt, over, ... */
static inline void report(struct fixture *f, uint32_t peer, uint64_t slots, const uint64_t *leases,
                          size_t count) {
    uint8_t memory[512];
    struct buf out = buf_of(memory, sizeof memory);
    for (size_t i = 0; i < count; i += 3) {
        mp_put_bin(&out, span_of(job.bytes, sizeof job.bytes));
        mp_put_u64(&out, leases[i]);
        mp_put_u64(&out, leases[i + 1]);
        mp_put_bool(&out, leases[i + 2] != 0);
    }
    tell(f, &(struct msg){.kind = MSG_worker,
                          .worker = {.peer = peer,
                                     .slots = slots,
                                     .rtt_us = 300,
                                     .told = true,
                                     .leases = buf_view(&out)}});
}
#define REPORT(f, peer, slots, ...)                                                                \
    report(f, peer, slots, (uint64_t[]){__VA_ARGS__}, sizeof((uint64_t[]){__VA_ARGS__}) / 8)

static inline void open_job(struct fixture *f, uint64_t trials, struct span finished) {
    uint8_t memory[4096];
    struct buf spec = buf_of(memory, sizeof memory);
    f->job.job.trials = trials;
    assert_true(job_encode(&f->job.job, &spec));
    tell(f, &(struct msg){.kind = MSG_job_open,
                          .job_open = {.job = job, .spec = buf_view(&spec), .finished = finished}});
}

static inline void proposed(struct fixture *f, uint64_t slot) {
    tell(f, &(struct msg){.kind = MSG_proposed,
                          .proposed = {.job = job, .slot = slot, .config = span_text("c")}});
}

static inline void ended(struct fixture *f, uint32_t peer, uint64_t slot, uint64_t attempt,
                         bool lost) {
    const struct msg m = {.kind = MSG_ended,
                          .ended = {.job = job, .slot = slot, .attempt = attempt, .lost = lost}};
    stage_tell(f->stage, ROOM_SCHED, ROOM_MEMBER, peer, &m);
}

static inline void ended_so(struct fixture *f, uint32_t peer, const struct msg_ended *end) {
    stage_tell(f->stage, ROOM_SCHED, ROOM_MEMBER, peer,
               &(struct msg){.kind = MSG_ended, .ended = *end});
}

static inline void recorded(struct fixture *f, uint64_t slot, bool finished, uint64_t attempts) {
    const struct msg m = {
        .kind = MSG_recorded,
        .recorded = {.job = job, .slot = slot, .finished = finished, .attempts = attempts}};
    tell(f, &m);
}

static inline uint32_t asked(const struct fixture *f) {
    return stage_count(f->stage, ROOM_TUNER, MSG_propose);
}

static inline void expect_asked(const struct fixture *f, uint32_t count, uint64_t last_slot) {
    assert_int_equal(asked(f), count);
    assert_int_equal(stage_heard(f->stage, ROOM_TUNER, MSG_propose, count - 1)->propose.slot,
                     last_slot);
}

/* The newest lease: for this peer, this attempt of this slot. */
static inline void expect_leased(const struct fixture *f, uint32_t peer, uint64_t slot,
                                 uint64_t attempt) {
    const struct heard *newest = NULL;
    for (uint32_t i = 0; i < f->stage->heard_count; i++) {
        const struct heard *h = &f->stage->heard[i];
        if (h->msg.kind == MSG_lease)
            newest = h;
    }
    assert_non_null(newest);
    assert_int_equal(newest->to, peer == 0 ? ROOM_LEADER : ROOM_MEMBER);
    assert_int_equal(newest->peer, peer);
    assert_int_equal(newest->msg.lease.term, TERM);
    assert_int_equal(newest->msg.lease.slot, slot);
    assert_int_equal(newest->msg.lease.attempt, attempt);
}

static inline int set_up(void **state) {
    struct fixture *f = calloc(1, sizeof *f);
    f->stage = stage_new();
    f->memory = calloc(1, sched_size());
    struct core core = sched_core(sched_init(f->memory));
    board_seat_core(f->stage->board, &core);
    job_begin(&f->job, METHOD_RANDOM, 1000);
    add_range(&f->job, "lr", PARAM_FLOAT, 0, 1);
    job_end(&f->job);
    tell(f, &(struct msg){.kind = MSG_start});
    tell(f, &(struct msg){.kind = MSG_capacity, .capacity.slots = 2});
    lead(f, false);
    *state = f;
    return 0;
}

static inline int tear_down(void **state) {
    struct fixture *f = *state;
    stage_destroy(&f->stage);
    free(f->memory);
    free(f);
    return 0;
}

#define STAGED(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

#endif
