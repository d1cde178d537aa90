#include "actors/member/remember.h"

#include "actors/member/records.h"
#include "proto/base/check.h"
#include "proto/base/mp.h"
#include "proto/edge.h"
#include "store/ops.h"

#include <assert.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

enum {
    DISK_PAUSE_MS = 100,
    DISK_PAUSE_MOST_MS = 10000,
    GATHER_MS = 500, /* what changes within it is kept at once */
    ROW_BYTES = 1024,
};

#define FORGET_MS (INT64_C(90) * 24 * 3600 * 1000)

static_assert(ROW_BYTES > MEMBER_CERTIFICATE_BYTES + 96 + 32 + NODE_ID_BYTES + 64, "a row fits");
static_assert((REMEMBERED_AT_ONCE + 1) * ROW_BYTES + FORGOTTEN_AT_ONCE * 64 < LIMIT_FRAME_BYTES,
              "one transaction is one message");

/* ---- rows ---- */

struct remembered {
    uint64_t boots; /* of this node; else 0 */
    bool gone;
    wall_ms stamp;
    struct span endpoint, curve, certificate;
};

static void put_row(struct buf *ops, const struct node_id *id, const struct remembered *row) {
    uint8_t memory[ROW_BYTES];
    struct buf value = buf_of(memory, sizeof memory);
    mp_put_array(&value, 6);
    mp_put_u64(&value, row->boots);
    mp_put_bool(&value, row->gone);
    mp_put_i64(&value, row->stamp);
    mp_put_str(&value, row->endpoint);
    mp_put_bin(&value, row->curve);
    mp_put_bin(&value, row->certificate);
    ensure(!value.overflow);
    ops_put(ops, TABLE_members, span_of(id->bytes, sizeof id->bytes), buf_view(&value));
}

static bool read_row(struct span value, struct remembered *row) {
    const struct seed *seed = NULL;
    struct mp in = mp_of(value);
    uint32_t fields = mp_array(&in);
    row->boots = mp_u64(&in);
    row->gone = mp_bool(&in);
    row->stamp = mp_i64(&in);
    row->endpoint = mp_str(&in);
    row->curve = mp_bin(&in);
    row->certificate = mp_bin(&in);
    return fields == 6 && mp_done(&in) && row->curve.len == sizeof seed->curve &&
           row->endpoint.len < sizeof seed->endpoint &&
           row->certificate.len <= MEMBER_CERTIFICATE_BYTES;
}

static uint64_t fingerprint(struct span bytes) {
    uint8_t hash[16];
    crypto_generichash(hash, sizeof hash, bytes.data, bytes.len, NULL, 0);
    return read_be64(hash);
}

/* ---- the disk ---- */

static void refused(struct member *m, enum remembering back_to, struct span what,
                    struct says *out) {
    struct memory *r = &m->memory;
    char text[256];
    r->pause = r->pause == 0                       ? DISK_PAUSE_MS
               : r->pause < DISK_PAUSE_MOST_MS / 2 ? 2 * r->pause
                                                   : DISK_PAUSE_MOST_MS;
    r->phase = back_to;
    r->due = m->at.now + r->pause;
    member_wake(m, r->due);
    if (r->ailing)
        return;
    r->ailing = true;
    snprintf(text, sizeof text,
             "the store does not remember the other nodes: %.*s; it is asked again",
             what.len < 128 ? (int)what.len : 128, what.len > 0 ? (const char *)what.data : "");
    say(out, &(struct msg){.kind = MSG_note, .note.text = span_text(text)});
}

static void accepted(struct memory *r) {
    r->pause = 0;
    r->ailing = false;
}

static void read_on(struct member *m, struct says *out) {
    struct memory *r = &m->memory;
    r->phase = REMEMBER_READING;
    r->due = WHEN_NEVER;
    say(out, &(struct msg){.kind = MSG_scan,
                           .scan = {.ticket = ++r->ticket,
                                    .table = TABLE_members,
                                    .after = span_of(r->after, r->after_len)}});
}

static void save(struct member *m, enum remembering phase, struct buf *ops, struct says *out) {
    struct memory *r = &m->memory;
    ensure(!ops->overflow);
    r->phase = phase;
    r->due = WHEN_NEVER;
    say(out,
        &(struct msg){.kind = MSG_save, .save = {.ticket = ++r->ticket, .ops = buf_view(ops)}});
}

static void put_forgotten(struct memory *r, struct buf *ops) {
    for (uint32_t i = 0; i < r->forgotten_count; i++)
        ops_delete(ops, TABLE_members,
                   span_of(r->forgotten[i].bytes, sizeof r->forgotten[i].bytes));
    r->forgetting = r->forgotten_count;
}

/* Rows for which there is no room on this list are forgotten at a later start. */
static void forget(struct memory *r, const struct node_id *id) {
    if (r->forgotten_count < FORGOTTEN_AT_ONCE)
        r->forgotten[r->forgotten_count++] = *id;
}

static void forgotten(struct memory *r) {
    r->forgotten_count -= r->forgetting;
    memmove(r->forgotten, r->forgotten + r->forgetting,
            r->forgotten_count * sizeof r->forgotten[0]);
    r->forgetting = 0;
}

/* ---- before the node is up ---- */

/* Of two the one that is rather forgotten: gone, and for longer. */
static bool is_less_worth(const struct seed *a, const struct seed *b) {
    return a->gone != b->gone ? a->gone : a->stamp < b->stamp;
}

static void drop_seed(struct member *m, uint32_t seed) {
    forget(&m->memory, &m->seeds[seed].id);
    m->seeds[seed] = m->seeds[--m->seeds_count];
}

static void drop_least(struct member *m) {
    uint32_t least = m->config.seeds_count;
    for (uint32_t i = least + 1; i < m->seeds_count; i++) {
        if (is_less_worth(&m->seeds[i], &m->seeds[least]))
            least = i;
    }
    drop_seed(m, least);
}

static void take_row(struct member *m, struct span key, struct span value) {
    struct memory *r = &m->memory;
    struct remembered row;
    if (key.len == NODE_ID_BYTES) {
        memcpy(r->after, key.data, NODE_ID_BYTES);
        r->after_len = NODE_ID_BYTES;
    }
    if (key.len != NODE_ID_BYTES || !read_row(value, &row)) {
        m->nonsense++;
        return;
    }
    r->newest = row.stamp > r->newest ? row.stamp : r->newest;
    if (memcmp(key.data, m->config.signer.id.bytes, NODE_ID_BYTES) == 0) {
        r->boots = row.boots < UINT32_MAX ? row.boots : UINT32_MAX - 1;
        return;
    }
    if (m->seeds_count == m->config.seeds_count + LIMIT_MEMBERS)
        drop_least(m);
    struct seed *seed = &m->seeds[m->seeds_count++];
    *seed = (struct seed){
        .gone = row.gone, .stamp = row.stamp, .certificate = fingerprint(row.certificate)};
    memcpy(seed->id.bytes, key.data, NODE_ID_BYTES);
    memcpy(seed->curve, row.curve.data, sizeof seed->curve);
    memcpy(seed->endpoint, row.endpoint.data, row.endpoint.len);
}

static void drop_old(struct member *m) {
    for (uint32_t i = m->seeds_count; i-- > m->config.seeds_count;) {
        if (m->seeds[i].gone && m->memory.newest - m->seeds[i].stamp > FORGET_MS)
            drop_seed(m, i);
    }
}

static void save_boot(struct member *m, struct says *out) {
    const struct member_config *c = &m->config;
    struct buf ops = buf_of(m->scratch, sizeof m->scratch);
    const struct remembered own = {.boots = m->memory.boots + 1,
                                   .stamp = m->at.wall,
                                   .endpoint = span_text(c->endpoint),
                                   .curve = span_of(c->curve, sizeof c->curve),
                                   .certificate = span_of(c->certificate, c->certificate_len)};
    put_forgotten(&m->memory, &ops);
    put_row(&ops, &c->signer.id, &own);
    save(m, REMEMBER_OPENING, &ops, out);
}

static void hear_rows(struct member *m, const struct msg_rows *rows, struct says *out) {
    struct memory *r = &m->memory;
    if (r->phase != REMEMBER_READING || rows->ticket != r->ticket)
        return;
    if (rows->code != ERR_NONE) {
        refused(m, REMEMBER_UNREAD, span_text("it cannot be read"), out);
        return;
    }
    accepted(r);
    for (struct mp in = mp_of(rows->rows); mp_peek(&in) != MP_END;) {
        struct span key = mp_bin(&in), value = mp_bin(&in);
        take_row(m, key, value);
    }
    if (rows->more) {
        read_on(m, out);
        return;
    }
    drop_old(m);
    r->phase = REMEMBER_READ;
    save_boot(m, out);
}

void remember_begin(struct member *m, struct says *out) {
    read_on(m, out);
}

void remember_stop(struct member *m) {
    m->up = false;
    m->memory.phase = REMEMBER_STOPPED;
    m->memory.due = m->due = WHEN_NEVER;
}

/* Nobody knows of it: it stays out, and may end at once. */
static void stop(struct member *m, const struct msg *msg, struct says *out) {
    remember_stop(m);
    if (msg->kind == MSG_farewell && msg->farewell.done)
        say(out, &(struct msg){.kind = MSG_quiet, .quiet.room = ROOM_MEMBER});
}

static bool is_kept(struct member *m, const struct msg_saved *saved) {
    struct memory *r = &m->memory;
    if (r->phase != REMEMBER_OPENING || saved->ticket != r->ticket)
        return false;
    accepted(r);
    forgotten(r);
    r->boots++;
    r->phase = REMEMBER_RESTING;
    return true;
}

bool remember_step(struct member *m, const struct event *event, struct says *out) {
    struct memory *r = &m->memory;
    const struct msg *msg = &event->msg;
    bool kept = false;
    if (msg->kind == MSG_quit || msg->kind == MSG_farewell)
        stop(m, msg, out);
    else if (event->from == ROOM_PEERS && msg->kind == MSG_edge_up) /* whoever it is knocks again */
        say(out, &(struct msg){.kind = MSG_edge_close, .edge_close.edge = msg->edge_up.edge});
    else if (msg->kind == MSG_rows)
        hear_rows(m, &msg->rows, out);
    else if (msg->kind == MSG_saved)
        kept = is_kept(m, &msg->saved);
    else if (msg->kind == MSG_save_failed && r->phase == REMEMBER_OPENING &&
             msg->save_failed.ticket == r->ticket)
        refused(m, REMEMBER_READ, msg->save_failed.what, out);
    if (r->due <= m->at.now && r->phase == REMEMBER_UNREAD)
        read_on(m, out);
    else if (r->due <= m->at.now && r->phase == REMEMBER_READ)
        save_boot(m, out);
    m->due = r->due;
    return kept;
}

/* ---- while it is up ---- */

static const struct seed *remembered_seed(const struct member *m, const struct node_id *id) {
    for (uint32_t i = m->config.seeds_count; i < m->seeds_count; i++) {
        if (node_id_equal(&m->seeds[i].id, id))
            return &m->seeds[i];
    }
    return NULL;
}

/* Since when it has been gone, by the wall clock that rows are stamped with. */
static wall_ms gone_since(const struct member *m, uint32_t place) {
    const struct known *k = &m->map.known[place];
    const struct seed *seed = remembered_seed(m, &k->id);
    return seed != NULL && seed->gone ? seed->stamp : m->at.wall - (m->at.now - k->since);
}

static bool is_gone(const struct member *m, uint32_t place) {
    return place != 0 && !state_is_counted(m->map.known[place].version.state);
}

uint64_t remember_gone_ms(const struct member *m, uint32_t place) {
    wall_ms gone = is_gone(m, place) ? m->at.wall - gone_since(m, place) : 0;
    return gone > 0 ? (uint64_t)gone : 0;
}

static struct remembered row_of(const struct member *m, uint32_t place,
                                const struct msg_member_record *r) {
    return (struct remembered){.boots = place == 0 ? r->generation >> 32 : 0,
                               .gone = is_gone(m, place),
                               .stamp = is_gone(m, place) ? gone_since(m, place) : m->at.wall,
                               .endpoint = r->endpoint,
                               .curve = r->curve,
                               .certificate = r->certificate};
}

/* What the row would say, its stamp aside. */
static uint64_t mark_of(const struct node_id *id, struct remembered row) {
    uint8_t memory[2 * ROW_BYTES];
    struct buf ops = buf_of(memory, sizeof memory);
    row.stamp = 0;
    put_row(&ops, id, &row);
    return fingerprint(buf_view(&ops)) | 1;
}

static uint64_t mark_now(const struct member *m, uint32_t place) {
    const struct msg_member_record r = map_record(&m->map, place);
    return mark_of(&r.node, row_of(m, place, &r));
}

void remember_changed(struct member *m, uint32_t place) {
    struct memory *r = &m->memory;
    struct pair *p = &m->pairs[place];
    for (uint32_t i = m->config.seeds_count; i < m->seeds_count && !is_gone(m, place); i++) {
        if (node_id_equal(&m->seeds[i].id, &m->map.known[place].id))
            m->seeds[i].gone = false; /* it has come back */
    }
    bool unsaved = mark_now(m, place) != p->saved_as;
    if (place == 0 && p->saved_as == 0) { /* kept before it began */
        p->saved_as = mark_now(m, 0);
        unsaved = false;
    }
    if (unsaved && !p->unsaved && r->due == WHEN_NEVER)
        r->due = m->at.now + GATHER_MS;
    p->unsaved = unsaved;
}

void remember_forget(struct member *m, uint32_t place) {
    forget(&m->memory, &m->map.known[place].id);
}

/* False: there is nothing. */
static bool put_changes(struct member *m, struct buf *ops) {
    struct memory *r = &m->memory;
    put_forgotten(r, ops);
    r->batch_count = 0;
    for (uint32_t i = 0; i < m->map.count && r->batch_count < REMEMBERED_AT_ONCE; i++) {
        if (!m->pairs[i].unsaved)
            continue;
        const struct msg_member_record record = map_record(&m->map, i);
        const struct remembered row = row_of(m, i, &record);
        put_row(ops, &record.node, &row);
        m->pairs[i].unsaved = false;
        m->pairs[i].saved_as = mark_of(&record.node, row);
        r->batch[r->batch_count++] = (uint16_t)i;
    }
    return ops->len > 0;
}

void remember_tick(struct member *m, struct says *out) {
    struct memory *r = &m->memory;
    if (r->phase != REMEMBER_RESTING)
        return;
    if (m->at.now < r->due) {
        member_wake(m, r->due);
        return;
    }
    struct buf ops = buf_of(m->scratch, sizeof m->scratch);
    if (put_changes(m, &ops))
        save(m, REMEMBER_SAVING, &ops, out);
    else
        r->due = WHEN_NEVER;
}

static void save_again(struct member *m) {
    const struct memory *r = &m->memory;
    for (uint32_t i = 0; i < r->batch_count; i++)
        m->pairs[r->batch[i]].unsaved = true;
}

void remember_hear(struct member *m, const struct msg *answer, struct says *out) {
    struct memory *r = &m->memory;
    bool failed = answer->kind == MSG_save_failed;
    uint64_t ticket = failed ? answer->save_failed.ticket : answer->saved.ticket;
    if (answer->kind == MSG_rows || r->phase != REMEMBER_SAVING || ticket != r->ticket)
        return;
    if (failed) {
        save_again(m);
        r->forgetting = 0;
        refused(m, REMEMBER_RESTING, answer->save_failed.what, out);
        return;
    }
    accepted(r);
    forgotten(r);
    r->phase = REMEMBER_RESTING;
    r->due = m->at.now; /* what else has changed meanwhile */
    member_wake(m, r->due);
}

bool remember_admitted(const struct member *m, const struct msg_member_record *r) {
    const struct seed *seed = remembered_seed(m, &r->node);
    return seed != NULL && seed->certificate == fingerprint(r->certificate);
}
