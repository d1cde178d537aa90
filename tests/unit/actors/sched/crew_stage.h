/* crew_stage - sched as the leader of a cluster, on a stage: what its workers say, what it gives out.
 *
 * Included by tests after <cmocka.h>.
 */
#ifndef ZYG_TEST_CREW_STAGE_H
#define ZYG_TEST_CREW_STAGE_H

#include "proto/base/mp.h"
#include "proto/base/ranges.h"
#include "proto/status.h"
#include "tests/unit/actors/sched/sched_stage.h"

static const struct job_id job = {{1}};

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

static inline void open_job(struct fixture *f, uint64_t trials) {
    open_with(f, trials, &(struct msg_job_open){.job = job});
}

/* It leads, has workers A and B with so many places (0: not that one), and a job. */
static inline void lead_workers(struct fixture *f, uint64_t slots_a, uint64_t slots_b,
                                uint64_t trials) {
    if (slots_a > 0)
        worker(f, A, slots_a);
    if (slots_b > 0)
        worker(f, B, slots_b);
    lead(f, true);
    open_job(f, trials);
}

static inline void proposed(struct fixture *f, uint64_t slot) {
    tell(f, &(struct msg){.kind = MSG_proposed,
                          .proposed = {.job = job, .slot = slot, .config = span_text("c")}});
}

static inline void ended(struct fixture *f, uint32_t peer, uint64_t slot, uint64_t attempt,
                         bool lost) {
    const struct msg m = {.kind = MSG_ended,
                          .ended = {.job = job, .slot = slot, .attempt = attempt, .lost = lost}};
    stage_tell(f->stage, ROOM_SCHED, ROOM_LEADER, peer, &m);
}

static inline void ended_so(struct fixture *f, uint32_t peer, const struct msg_ended *end) {
    stage_tell(f->stage, ROOM_SCHED, ROOM_LEADER, peer,
               &(struct msg){.kind = MSG_ended, .ended = *end});
}

/* So many attempts in all, the newest of them with this number; whose workers have no names here. */
static inline void recorded_of(struct fixture *f, uint64_t slot, bool finished, uint64_t attempts,
                               uint64_t attempt) {
    const struct msg m = {.kind = MSG_recorded,
                          .recorded = {.job = job,
                                       .slot = slot,
                                       .finished = finished,
                                       .attempts = attempts,
                                       .attempt = attempt}};
    tell(f, &m);
}

static inline void recorded(struct fixture *f, uint64_t slot, bool finished, uint64_t attempts) {
    recorded_of(f, slot, finished, attempts, attempts);
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

/* What the tuner answers is leased at once: to this peer, as this attempt. */
static inline void give(struct fixture *f, uint32_t peer, uint64_t slot, uint64_t attempt) {
    proposed(f, slot);
    expect_leased(f, peer, slot, attempt);
}

static inline int begin(void **state) {
    (void)set_up(state);
    capacity(*state, 2);
    lead(*state, false);
    return 0;
}

#define CREW(test) cmocka_unit_test_setup_teardown(test, begin, tear_down)

#endif
