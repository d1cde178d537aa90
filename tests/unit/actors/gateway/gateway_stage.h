/* gateway_stage - the gateway with a real facts room and a disk behind it; clients are numbers. Include <cmocka.h> first. */
#ifndef ZYG_TEST_GATEWAY_STAGE_H
#define ZYG_TEST_GATEWAY_STAGE_H

#include "actors/gateway/gateway.h"
#include "tests/unit/actors/facts/facts_stage.h"

struct gateway_stage {
    struct facts_stage *facts;
    struct stage *stage; /* that of facts */
    void *memory;
};

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

/* A client asks; what it is told from here on begins at answer 0. */
static inline void client_says(struct gateway_stage *g, uint32_t peer, const struct msg *m) {
    stage_forget(g->stage);
    stage_tell(g->stage, ROOM_GATEWAY, ROOM_CLIENTS, peer, m);
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
    assert_int_equal(stage_peer_count(g->stage, peer), 1);
    const struct msg *m = told(g, peer, 0, MSG_refused);
    assert_int_equal(m->refused.ticket, ticket);
    assert_int_equal(m->refused.code, code);
    assert_int_equal(m->refused.what.len, strlen(what));
    assert_memory_equal(m->refused.what.data, what, strlen(what));
}

/* A job that runs, with so many finished trials: slot i has the value 1 / (1 + i). */
static inline struct job_id job_with_trials(struct gateway_stage *g, uint64_t nonce,
                                            uint64_t trials, uint64_t finished) {
    job_begin(&g->facts->job, METHOD_RANDOM, trials);
    add_range(&g->facts->job, "lr", PARAM_FLOAT, 0, 1);
    g->facts->job.job.objective = (struct objective){.metric = span_text("loss")};
    job_end(&g->facts->job);
    struct job_id id = open_job(g->facts, nonce);
    for (uint64_t slot = 0; slot < finished; slot++) {
        say_outcome(g->facts, &id, slot, TRIAL_DONE, 1 / (1 + (double)slot));
        stage_forget(g->stage);
    }
    return id;
}

static inline void say_began(struct gateway_stage *g, const struct job_id *id, uint64_t slot,
                             uint64_t attempt) {
    stage_say(g->stage, ROOM_EXECUTOR,
              &(struct msg){.kind = MSG_began,
                            .began = {.job = *id, .slot = slot, .attempt = attempt, .wall = 4444}});
}

#endif
