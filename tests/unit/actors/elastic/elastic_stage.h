/* elastic_stage - elastic on a stage, and what the other rooms tell it. Included by tests after <cmocka.h>. */
#ifndef ZYG_TEST_ELASTIC_STAGE_H
#define ZYG_TEST_ELASTIC_STAGE_H

#include "actors/elastic/elastic.h"
#include "actors/member/member.h"
#include "proto/base/mp.h"
#include "tests/lib/seated.h"

enum { SELF = 5, SMALLER = 1, LARGER = 9, IDLE_MS = 30000, LED_MS = 2000, HEARD_MS = 2000 };

enum { REFUSED_MS = 500, GO_MS = 5000, PROMISE_MS = 20000 };

static inline void hear(struct fixture *f, const struct msg *m) {
    stage_tell(f->stage, ROOM_ELASTIC, ROOM_NONE, 0, m);
}

static inline void know(struct fixture *f, uint8_t id, enum member_state state, bool stores) {
    struct msg m = {.kind = MSG_node_known};
    m.node_known.peer = id == SELF ? 0 : id;
    m.node_known.node = (struct node_id){.bytes = {id}};
    m.node_known.state = state;
    m.node_known.active = state == MEMBER_ALIVE;
    m.node_known.flags = stores ? MEMBER_STORES : 0;
    hear(f, &m);
}

static inline void working(struct fixture *f, bool on) {
    hear(f, &(struct msg){.kind = MSG_working, .working.running = on ? 1 : 0});
}

/* All of it lies there. */
static inline void inherited(struct fixture *f, uint64_t lacking, uint8_t heir, uint8_t other) {
    uint8_t memory[8];
    struct buf heirs = buf_of(memory, sizeof memory);
    mp_put_u64(&heirs, heir);
    if (other != 0)
        mp_put_u64(&heirs, other);
    hear(f, &(struct msg){.kind = MSG_handed_over,
                          .handed_over = {.lacking = lacking, .heirs = buf_view(&heirs)}});
}

static inline void answer(struct fixture *f, uint8_t heir, bool stays) {
    const struct msg *asked = NULL;
    uint32_t asks = stage_count(f->stage, ROOM_MEMBER, MSG_heir_ask);
    if (asks > 0)
        asked = stage_heard(f->stage, ROOM_MEMBER, MSG_heir_ask, asks - 1);
    const struct msg m = {
        .kind = MSG_heir,
        .heir = {.nonce = asked != NULL ? asked->heir_ask.nonce : 0, .stays = stays}};
    stage_tell(f->stage, ROOM_ELASTIC, ROOM_MEMBER, heir, &m);
}

/* ... and who has it says that it stays. */
static inline void handed_over_to(struct fixture *f, uint64_t lacking, uint8_t heir) {
    inherited(f, lacking, heir, 0);
    answer(f, heir, true);
}

static inline void handed_over(struct fixture *f, uint64_t lacking) {
    handed_over_to(f, lacking, SMALLER);
}

static inline void lead(struct fixture *f, uint64_t term) {
    hear(f, &(struct msg){.kind = MSG_lead, .lead.term = term});
}

static inline void job(struct fixture *f, uint8_t id, bool open) {
    struct msg m = {.kind = open ? MSG_job_open : MSG_job_shut};
    if (open)
        m.job_open.job = (struct job_id){.bytes = {id}};
    else
        m.job_shut.job = (struct job_id){.bytes = {id}};
    hear(f, &m);
}

static inline void sit(struct fixture *f, const struct elastic_config *config) {
    memset(f->memory, 0, elastic_size());
    struct core core = elastic_core(elastic_init(f->memory, config));
    board_seat_core(f->stage->board, &core);
    stage_forget(f->stage);
    hear(f, &(struct msg){.kind = MSG_start});
}

static inline void seat(struct fixture *f, dur_ms idle_ms, bool disk_stays) {
    sit(f, &(struct elastic_config){.idle_ms = idle_ms, .disk_stays = disk_stays});
    lead(f, 1);
    know(f, SELF, MEMBER_ALIVE, true);
}

static inline int set_up(void **state) {
    struct fixture *f = fixture_new(elastic_size());
    seat(f, IDLE_MS, false);
    *state = f;
    return 0;
}

/* All it said: l leaving, s stays after all, d done, q quit. */
static inline void expect(const struct fixture *f, const char *words) {
    char memory[16];
    struct buf said = buf_of(memory, sizeof memory);
    for (uint32_t i = 0; i < f->stage->heard_count; i++) {
        const struct heard *h = &f->stage->heard[i];
        if (h->to == ROOM_MEMBER && h->msg.kind == MSG_farewell)
            buf_text(&said, h->msg.farewell.done ? "d" : h->msg.farewell.stay ? "s" : "l");
        if (h->to == ROOM_NODE && h->msg.kind == MSG_quit)
            buf_text(&said, "q");
    }
    buf_zero(&said);
    assert_string_equal(memory, words);
}

#define STAGED(test) cmocka_unit_test_setup_teardown(test, set_up, fixture_end)

#endif
