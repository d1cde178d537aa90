/* sched_stage - sched on a stage, started, and the description of a job for it to give out.
 *
 * Included by tests after <cmocka.h>.
 */
#ifndef ZYG_TEST_SCHED_STAGE_H
#define ZYG_TEST_SCHED_STAGE_H

#include "actors/sched/sched.h"
#include "tests/lib/stage.h"
#include "tests/unit/actors/tuner/jobs.h"

enum { TERM = 6, A = 11, B = 12 }; /* peers */

struct fixture {
    struct stage *stage;
    void *memory;
    struct test_job job;
};

static inline void tell(struct fixture *f, const struct msg *m) {
    stage_tell(f->stage, ROOM_SCHED, ROOM_NONE, 0, m);
}

static inline void lead(struct fixture *f, bool mine) {
    tell(f, &(struct msg){.kind = MSG_lead, .lead = {.term = TERM, .mine = mine}});
}

static inline void capacity(struct fixture *f, uint64_t slots) {
    tell(f, &(struct msg){.kind = MSG_capacity, .capacity.slots = slots});
}

/* With the fixture's job, of so many trials, as its description. */
static inline void open_with(struct fixture *f, uint64_t trials, const struct msg_job_open *open) {
    uint8_t memory[4096];
    struct buf spec = buf_of(memory, sizeof memory);
    struct msg m = {.kind = MSG_job_open, .job_open = *open};
    f->job.job.trials = trials;
    assert_true(job_encode(&f->job.job, &spec));
    m.job_open.spec = buf_view(&spec);
    tell(f, &m);
}

static inline uint32_t asked(const struct fixture *f) {
    return stage_count(f->stage, ROOM_TUNER, MSG_propose);
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
