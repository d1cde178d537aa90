/* stage - a board for tests: cores in their seats, every message delivered is kept to be looked at, and a store that keeps
 * its promises in memory and answers when the test says so.
 *
 * Included by tests after <cmocka.h>; a room without a core or port takes messages and does nothing.
 * Memory   a stage is on the heap; messages heard point into the stage until stage_forget or stage_destroy.
 */
#ifndef ZYG_TEST_STAGE_H
#define ZYG_TEST_STAGE_H

#include "actors/kit/board.h"
#include "proto/base/check.h"
#include "store/store_ask.h"
#include "store/store_mem.h"

#include <stdlib.h>
#include <string.h>

enum { STAGE_HEARD_MAX = 65536, STAGE_SAVES_MAX = 8 };

struct heard {
    enum room to;
    uint32_t peer;
    uint8_t *bytes;
    struct msg msg;
};

struct stage {
    struct board *board;
    struct moment at;
    struct store *store; /* NULL: nobody imitates the disk */
    bool slow;           /* saves wait for stage_save */
    uint32_t saves_count;
    struct {
        enum room from;
        uint64_t ticket;
        struct buf ops;
    } saves[STAGE_SAVES_MAX];
    uint8_t *rows;
    uint32_t heard_count;
    struct heard heard[STAGE_HEARD_MAX];
};

static inline void stage_keep(void *self, enum room to, const struct event *event) {
    struct stage *s = self;
    ensure(s->heard_count < STAGE_HEARD_MAX);
    struct heard *h = &s->heard[s->heard_count++];
    size_t cap = 2 * LIMIT_FRAME_BYTES + 64;
    uint8_t *wide = malloc(event->msg.kind == MSG_save ? SAYS_BYTES : cap);
    struct buf out = buf_of(wide, event->msg.kind == MSG_save ? SAYS_BYTES : cap);
    struct err err;
    ensure(msg_encode(&event->msg, &out));
    *h = (struct heard){.to = to, .peer = event->peer, .bytes = realloc(wide, out.len)};
    ensure(msg_decode(&h->msg, span_of(h->bytes, out.len), &err));
}

static inline struct stage *stage_new(void) {
    struct stage *s = calloc(1, sizeof *s);
    ensure(s != NULL);
    s->board = board_new();
    s->at = (struct moment){.now = 1000, .wall = 1700000000000};
    board_watch(s->board, stage_keep, s);
    return s;
}

static inline void stage_forget(struct stage *s) {
    for (uint32_t i = 0; i < s->heard_count; i++)
        free(s->heard[i].bytes);
    s->heard_count = 0;
}

static inline void stage_destroy(struct stage **s) {
    stage_forget(*s);
    board_destroy(&(*s)->board);
    for (uint32_t i = 0; i < (*s)->saves_count; i++)
        free((*s)->saves[i].ops.data);
    free((*s)->rows);
    if ((*s)->store != NULL)
        store_close(&(*s)->store);
    free(*s);
    *s = NULL;
}

/* ---- the disk ---- */

static inline void stage_commit(struct stage *s, enum room from, uint64_t ticket, struct span ops) {
    struct err err = {.code = ERR_NONE};
    bool kept = store_save(s->store, ops, &err);
    struct msg reply = store_answer_save(ticket, kept ? NULL : &err);
    board_post_to(s->board, from, ROOM_STORE, 0, &reply);
}

static inline void stage_perform(void *self, const struct event *event) {
    struct stage *s = self;
    const struct msg *m = &event->msg;
    if (m->kind == MSG_scan) {
        struct buf rows = buf_of(s->rows, STORE_ROWS_BYTES_MAX);
        struct msg reply = store_answer_scan(s->store, &m->scan, &rows);
        board_post_to(s->board, event->from, ROOM_STORE, 0, &reply);
    } else if (m->kind == MSG_save && !s->slow) {
        stage_commit(s, event->from, m->save.ticket, m->save.ops);
    } else if (m->kind == MSG_save) {
        ensure(s->saves_count < STAGE_SAVES_MAX);
        s->saves[s->saves_count].from = event->from;
        s->saves[s->saves_count].ticket = m->save.ticket;
        s->saves[s->saves_count].ops = buf_of(malloc(m->save.ops.len), m->save.ops.len);
        buf_span(&s->saves[s->saves_count].ops, m->save.ops);
        s->saves_count++;
    }
}

static inline void stage_seat_store(struct stage *s) {
    if (s->store == NULL) {
        s->store = store_open_mem();
        s->rows = malloc(STORE_ROWS_BYTES_MAX);
        ensure(s->rows != NULL);
    }
    board_seat_port(s->board,
                    &(struct port){.room = ROOM_STORE, .self = s, .perform = stage_perform});
}

/* kill -9: what was under way between rooms is gone, and what the disk had not synced. Cores are to be seated anew. */
static inline void stage_crash(struct stage *s) {
    board_destroy(&s->board);
    s->board = board_new();
    board_watch(s->board, stage_keep, s);
    for (uint32_t i = 0; i < s->saves_count; i++)
        free(s->saves[i].ops.data);
    s->saves_count = 0;
    if (s->store != NULL)
        stage_seat_store(s);
}

/* ---- speaking and listening ---- */

/* What is due now is done as well, as in a node that has heard all there is to hear. */
static inline void stage_settle(struct stage *s) {
    board_run(s->board, s->at);
    for (uint32_t turns = 0; board_deadline(s->board) <= s->at.now; turns++) {
        ensure(turns < 1000);
        board_wake(s->board, s->at);
    }
}

/* To the rooms of routes.def, or to one; everything that follows from it is done before the call returns. */
static inline void stage_say(struct stage *s, enum room from, const struct msg *m) {
    board_post(s->board, from, 0, m);
    stage_settle(s);
}

static inline void stage_tell(struct stage *s, enum room to, enum room from, uint32_t peer,
                              const struct msg *m) {
    board_post_to(s->board, to, from, peer, m);
    stage_settle(s);
}

static inline void stage_pass(struct stage *s, dur_ms ms) {
    s->at.now += ms;
    s->at.wall += ms;
    stage_settle(s);
}

/* The index-th message of this kind that the room was told; NULL: there were fewer. */
static inline const struct msg *stage_heard(const struct stage *s, enum room to, enum msg_kind kind,
                                            uint32_t index) {
    for (uint32_t i = 0; i < s->heard_count; i++) {
        if (s->heard[i].to == to && s->heard[i].msg.kind == kind && index-- == 0)
            return &s->heard[i].msg;
    }
    return NULL;
}

static inline uint32_t stage_count(const struct stage *s, enum room to, enum msg_kind kind) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < s->heard_count; i++)
        count += s->heard[i].to == to && s->heard[i].msg.kind == kind;
    return count;
}

/* The same for what one client was told. */
static inline const struct msg *stage_peer_heard(const struct stage *s, uint32_t peer,
                                                 uint32_t index) {
    for (uint32_t i = 0; i < s->heard_count; i++) {
        if (s->heard[i].to == ROOM_CLIENTS && s->heard[i].peer == peer && index-- == 0)
            return &s->heard[i].msg;
    }
    return NULL;
}

static inline uint32_t stage_peer_count(const struct stage *s, uint32_t peer) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < s->heard_count; i++)
        count += s->heard[i].to == ROOM_CLIENTS && s->heard[i].peer == peer;
    return count;
}

/* Where the first message of this kind to this room stands among all; UINT32_MAX: nowhere. */
static inline uint32_t stage_place(const struct stage *s, enum room to, enum msg_kind kind) {
    for (uint32_t i = 0; i < s->heard_count; i++) {
        if (s->heard[i].to == to && s->heard[i].msg.kind == kind)
            return i;
    }
    return UINT32_MAX;
}

/* ---- the disk, on the test's word ---- */

/* Commits the oldest save that waits and runs what follows. False: none waits. */
static inline bool stage_save(struct stage *s) {
    if (s->saves_count == 0)
        return false;
    enum room from = s->saves[0].from;
    uint64_t ticket = s->saves[0].ticket;
    struct buf ops = s->saves[0].ops;
    memmove(s->saves, s->saves + 1, --s->saves_count * sizeof s->saves[0]);
    stage_commit(s, from, ticket, buf_view(&ops));
    free(ops.data);
    stage_settle(s);
    return true;
}

#endif
