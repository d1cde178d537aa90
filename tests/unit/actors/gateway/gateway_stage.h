/* gateway_stage - the gateway with a real facts room and a disk behind it; clients are numbers, and the scheduler is a list
 * of what runs that answers looks. Include <cmocka.h> first. */
#ifndef ZYG_TEST_GATEWAY_STAGE_H
#define ZYG_TEST_GATEWAY_STAGE_H

#include "actors/gateway/gateway.h"
#include "proto/running.h"
#include "tests/unit/actors/facts/facts_stage.h"

enum { STAGE_RUNNING_MAX = 16 };

struct gateway_stage {
    struct facts_stage *facts;
    struct stage *stage; /* that of facts */
    void *memory;
    uint32_t running_count;
    struct stage_running {
        struct job_id job;
        struct node_id node;
        uint64_t slot, attempt;
        wall_ms began;
    } running[STAGE_RUNNING_MAX];
};

/* What runs, as the scheduler of this node or (peer) of the leader tells it. */
static inline void tell_running(struct gateway_stage *g, const struct job_id *job, bool which,
                                enum room from, uint32_t peer) {
    uint8_t memory[2048];
    struct buf trials = buf_of(memory, sizeof memory);
    uint64_t count = 0;
    for (uint32_t i = 0; i < g->running_count; i++) {
        const struct stage_running *r = &g->running[i];
        if (!job_id_equal(&r->job, job))
            continue;
        count++;
        running_put_node(&trials, &r->node, 1);
        running_put_trial(&trials, r->slot, r->attempt, g->stage->at.wall - r->began);
    }
    if (count == 0)
        running_put_node(&trials, &(struct node_id){{0}}, 0);
    if (!which)
        buf_clear(&trials);
    board_post_to(
        g->stage->board, ROOM_GATEWAY, from, peer,
        &(struct msg){.kind = MSG_running,
                      .running = {.job = *job, .count = count, .trials = buf_view(&trials)}});
}

static inline void stage_sched(void *self, const struct event *event) {
    if (event->msg.kind == MSG_look)
        tell_running(self, &event->msg.look.job, event->msg.look.which, ROOM_SCHED, 0);
}

static inline struct gateway_stage *gateway_stage_new(void) {
    struct gateway_stage *g = calloc(1, sizeof *g);
    ensure(g != NULL);
    g->facts = facts_stage_new();
    g->stage = g->facts->stage;
    g->memory = calloc(1, gateway_size());
    ensure(g->memory != NULL);
    const struct gateway_config config = {.self = g->facts->node.id, .version = "9.9"};
    struct core core = gateway_core(gateway_init(g->memory, &config));
    board_seat_core(g->stage->board, &core);
    board_seat_port(g->stage->board,
                    &(struct port){.room = ROOM_SCHED, .self = g, .perform = stage_sched});
    stage_tell(g->stage, ROOM_GATEWAY, ROOM_NODE, 0,
               &(struct msg){.kind = MSG_start, .start.slots = 3});
    facts_stage_boot(g->facts, 1, false);
    stage_forget(g->stage);
    return g;
}

static inline void gateway_stage_destroy(struct gateway_stage **g) {
    facts_stage_destroy(&(*g)->facts);
    free((*g)->memory);
    free(*g);
    *g = NULL;
}

/* ---- for cmocka ---- */

static inline int set_up(void **state) {
    *state = gateway_stage_new();
    return 0;
}

static inline int tear_down(void **state) {
    struct gateway_stage *g = *state;
    gateway_stage_destroy(&g);
    return 0;
}

#define STAGED(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

/* ---- clients ---- */

/* A client asks; what it is told from here on begins at answer 0. */
static inline void client_says(struct gateway_stage *g, uint32_t peer, const struct msg *m) {
    stage_forget(g->stage);
    stage_tell(g->stage, ROOM_GATEWAY, ROOM_CLIENTS, peer, m);
}

static inline uint32_t rows_of(struct gateway_stage *g, uint32_t peer) {
    return stage_peer_count(g->stage, peer);
}

static inline const struct msg *told(struct gateway_stage *g, uint32_t peer, uint32_t index,
                                     enum msg_kind kind) {
    const struct msg *m = stage_peer_heard(g->stage, peer, index);
    assert_non_null(m);
    assert_string_equal(msg_name(m->kind), msg_name(kind));
    return m;
}

static inline void expect_refused(struct gateway_stage *g, uint32_t peer, uint64_t ticket,
                                  enum err_code code, const char *what) {
    assert_int_equal(rows_of(g, peer), 1);
    const struct msg *m = told(g, peer, 0, MSG_refused);
    assert_int_equal(m->refused.ticket, ticket);
    assert_int_equal(m->refused.code, code);
    assert_int_equal(m->refused.what.len, strlen(what));
    assert_memory_equal(m->refused.what.data, what, strlen(what));
}

/* ---- jobs ---- */

/* A job that runs, with so many finished trials: slot i has the value 1 / (1 + i). */
static inline struct job_id job_with_trials(struct gateway_stage *g, uint64_t nonce,
                                            uint64_t trials, uint64_t finished) {
    job_begin(&g->facts->job, METHOD_RANDOM, trials);
    add_range(&g->facts->job, "lr", PARAM_FLOAT, 0, 1);
    g->facts->job.job.objectives[0] = (struct objective){.metric = span_text("loss")};
    g->facts->job.job.objectives_count = 1;
    job_end(&g->facts->job);
    struct job_id id = open_job(g->facts, nonce);
    for (uint64_t slot = 0; slot < finished; slot++) {
        say_outcome(g->facts, &id, slot, TRIAL_DONE, 1 / (1 + (double)slot));
        stage_forget(g->stage);
    }
    return id;
}

enum { BEGAN = 4444 }; /* wall */

static inline void runs_at(struct gateway_stage *g, const struct job_id *id, uint64_t slot,
                           uint64_t attempt, const struct node_id *node) {
    ensure(g->running_count < STAGE_RUNNING_MAX);
    g->running[g->running_count++] = (struct stage_running){
        .job = *id, .node = *node, .slot = slot, .attempt = attempt, .began = BEGAN};
}

static inline void runs_no_more(struct gateway_stage *g, const struct job_id *id, uint64_t slot) {
    for (uint32_t i = 0; i < g->running_count; i++) {
        if (g->running[i].slot == slot && job_id_equal(&g->running[i].job, id))
            g->running[i--] = g->running[--g->running_count];
    }
}

/* It runs here, and the scheduler says so. */
static inline void say_began(struct gateway_stage *g, const struct job_id *id, uint64_t slot,
                             uint64_t attempt) {
    runs_at(g, id, slot, attempt, &(struct node_id){{0}});
    tell_running(g, id, true, ROOM_SCHED, 0);
    board_run(g->stage->board, g->stage->at);
}

/* It has ended here: the executor and the scheduler say so. */
static inline void say_ended(struct gateway_stage *g, const struct job_id *id, uint64_t slot,
                             uint64_t attempt, uint64_t printed) {
    stage_tell(
        g->stage, ROOM_GATEWAY, ROOM_EXECUTOR, 0,
        &(struct msg){
            .kind = MSG_printed,
            .printed = {
                .job = *id, .slot = slot, .attempt = attempt, .offset = printed, .over = true}});
    runs_no_more(g, id, slot);
    tell_running(g, id, true, ROOM_SCHED, 0);
    board_run(g->stage->board, g->stage->at);
}

#endif
