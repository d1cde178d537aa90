#include "actors/facts/spread.h"

#include "actors/member/member.h"
#include "proto/base/check.h"
#include "proto/base/mp.h"
#include "store/ops.h"

#include <assert.h>
#include <string.h>

enum { HEADS_PAGE_BYTES = 60000, HEAD_BYTES = 64, WALK_ROWS = 32, SAID_MOST = SAYS_BYTES / 2 };

void spread_init(struct spread *s, struct logs *logs, uint64_t *tickets) {
    s->logs = logs;
    s->tickets = tickets;
    s->tell_at = WHEN_NEVER;
}

/* ---- who there is ---- */

struct neighbour *spread_neighbour(struct spread *s, uint32_t peer) {
    for (uint32_t i = 0; i < s->neighbours_used; i++) {
        if (s->neighbours[i].step != NEIGHBOUR_NONE && s->neighbours[i].peer == peer)
            return &s->neighbours[i];
    }
    return NULL;
}

static bool is_holder(const struct spread *s, uint32_t peer) {
    for (uint32_t i = 0; i < s->holders_count; i++) {
        if (s->holders[i] == peer)
            return true;
    }
    return false;
}

static void set_holder(struct spread *s, uint32_t peer, bool holds) {
    for (uint32_t i = 0; i < s->holders_count; i++) {
        if (s->holders[i] != peer)
            continue;
        if (!holds)
            s->holders[i] = s->holders[--s->holders_count];
        return;
    }
    if (holds && s->holders_count < LIMIT_MEMBERS)
        s->holders[s->holders_count++] = peer;
}

/* It is met from the start: nothing that was known of it holds. */
static void meet(struct neighbour *n, when_ms now) {
    const uint32_t peer = n->peer;
    const uint64_t generation = n->generation;
    const bool eager = n->eager;
    *n = (struct neighbour){.step = NEIGHBOUR_MEETS,
                            .peer = peer,
                            .generation = generation,
                            .eager = eager,
                            .tell_all = true,
                            .told_all = INT64_MIN,
                            .rest_until = INT64_MIN,
                            .again_pause = SPREAD_AGAIN_LEAST,
                            .again_at = now + SPREAD_AGAIN_LEAST};
}

static struct neighbour *free_neighbour(struct spread *s) {
    for (uint32_t i = 0; i < s->neighbours_used; i++) {
        if (s->neighbours[i].step == NEIGHBOUR_NONE)
            return &s->neighbours[i];
    }
    return s->neighbours_used < LIMIT_EDGES ? &s->neighbours[s->neighbours_used++] : NULL;
}

void spread_known(struct spread *s, const struct msg_node_known *known, when_ms now) {
    bool holds =
        known->active && known->state == MEMBER_ALIVE && (known->flags & MEMBER_STORES) != 0;
    if (known->peer == 0) {
        s->self_leaves = !holds;
        s->unsure = s->unsure && !known->active;
        return;
    }
    uint32_t peer = (uint32_t)known->peer;
    set_holder(s, peer, holds);
    struct neighbour *n = spread_neighbour(s, peer);
    if (!known->neighbour) {
        if (n != NULL)
            n->step = NEIGHBOUR_NONE;
        return;
    }
    bool anew = n == NULL || n->generation != known->generation;
    if (n == NULL)
        n = free_neighbour(s);
    if (n == NULL)
        return; /* member keeps no more edges than there are places */
    n->peer = peer;
    n->generation = known->generation;
    n->eager = known->eager;
    if (anew)
        meet(n, now);
}

uint32_t spread_holders(const struct spread *s) {
    uint32_t count = s->holders_count + !s->self_leaves;
    return count > 0 ? count : 1;
}

uint32_t spread_wanted(const struct spread *s, uint32_t copies) {
    uint32_t holders = spread_holders(s);
    if (s->unsure && copies > 1)
        return UINT32_MAX;
    return copies < holders ? copies : holders;
}

uint32_t spread_copies(const struct spread *s, uint32_t log, uint64_t next) {
    bool counts = !s->self_leaves || s->holders_count == 0;
    uint32_t count = counts && s->logs->items[log].synced >= next;
    for (uint32_t i = 0; i < s->neighbours_used; i++) {
        const struct neighbour *n = &s->neighbours[i];
        count += n->step != NEIGHBOUR_NONE && n->next[log] >= next && is_holder(s, n->peer);
    }
    return count;
}

/* ---- what the neighbours have ---- */

static void seek(struct spread *s, struct neighbour *n) {
    n->step = NEIGHBOUR_SEEKS;
    n->seek_log = 0;
    n->scan = 0;
    n->cursor = s->logs->serial_synced + 1;
    n->first = n->count = 0;
    n->flying = 0;
    n->again_at = WHEN_NEVER;
}

/* What it has confirmed makes room for more. */
static void land_flights(struct neighbour *n, when_ms now) {
    bool moved = false;
    while (n->count > 0 && n->next[n->flights[n->first].log] >= n->flights[n->first].next) {
        n->flying -= n->flights[n->first].bytes;
        n->first = (n->first + 1) % SPREAD_FLIGHTS;
        n->count--;
        moved = true;
    }
    if (!moved || n->step == NEIGHBOUR_MEETS)
        return;
    n->again_pause = SPREAD_AGAIN_LEAST;
    n->again_at = n->count > 0 ? now + n->again_pause : WHEN_NEVER;
}

static void raise_head(struct neighbour *n, uint32_t log, uint64_t next) {
    if (n->next[log] < next)
        n->next[log] = next;
}

void spread_sent_here(struct neighbour *n, uint32_t log, uint64_t next, when_ms now) {
    raise_head(n, log, next);
    land_flights(n, now);
}

static void read_heads(struct spread *s, struct neighbour *n, struct span bytes) {
    struct mp in = mp_of(bytes);
    while (mp_peek(&in) != MP_END && in.bad == NULL) {
        struct span author = mp_bin(&in);
        uint64_t generation = mp_u64(&in), next = mp_u64(&in);
        struct node_id id;
        if (in.bad != NULL || author.len != sizeof id.bytes) {
            s->nonsense++;
            return;
        }
        memcpy(id.bytes, author.data, sizeof id.bytes);
        struct log *log = logs_get(s->logs, &id, generation, false);
        if (log != NULL)
            raise_head(n, logs_number(s->logs, log), next);
    }
}

void spread_heads(struct spread *s, uint32_t peer, const struct msg_heads *heads, when_ms now) {
    struct neighbour *n = spread_neighbour(s, peer);
    if (n == NULL || heads->store.len != STORE_ID_BYTES) {
        s->nonsense++;
        return;
    }
    bool other = n->has_store && memcmp(n->store, heads->store.data, STORE_ID_BYTES) != 0;
    if (other) /* another disk: nothing is on it that was on the one before */
        meet(n, now);
    if (heads->whole && n->step != NEIGHBOUR_MEETS && now - SPREAD_AGAIN_MOST / 4 >= n->told_all)
        n->tell_all = true; /* it says all of its own again because it has not heard ours */
    memcpy(n->store, heads->store.data, STORE_ID_BYTES);
    bool knows =
        n->has_store || heads->whole; /* pages after a first one that was lost are not all */
    n->has_store = knows;
    read_heads(s, n, heads->heads);
    if (n->step == NEIGHBOUR_MEETS && knows && !heads->more)
        seek(s, n);
    land_flights(n, now);
}

/* ---- what this store has ---- */

void spread_remind(struct spread *s, struct neighbour *n, uint32_t log, when_ms now) {
    n->news[log / 8] |= (uint8_t)(1u << log % 8);
    n->tell = true;
    when_ms soonest = s->told + SPREAD_HEADS_MS;
    s->tell_at = when_sooner(s->tell_at, soonest > now ? soonest : now);
}

void spread_synced(struct spread *s, uint32_t log, when_ms now) {
    for (uint32_t i = 0; i < s->neighbours_used; i++) {
        if (s->neighbours[i].step != NEIGHBOUR_NONE)
            spread_remind(s, &s->neighbours[i], log, now);
    }
}

static void age(struct spread *s, when_ms now) {
    uint32_t old = 0;
    while (old < s->moments_count && s->moments[old].when <= now - SPREAD_LAZY_MS)
        s->old_serial = s->moments[old++].serial;
    s->moments_count -= old;
    memmove(s->moments, s->moments + old, s->moments_count * sizeof s->moments[0]);
}

void spread_landed(struct spread *s, uint64_t own_serial, when_ms now) {
    age(s, now);
    if (own_serial > 0)
        s->own_serial = own_serial;
    /* Moments close to each other, or too many, become one: what it holds waits a little longer. */
    if (s->moments_count > 0 &&
        (s->moments_count == SPREAD_MOMENTS || s->moments[s->moments_count - 1].when > now - 10))
        s->moments_count--;
    s->moments[s->moments_count].when = now;
    s->moments[s->moments_count++].serial = s->logs->serial_synced;
}

static void put_head(struct buf *out, const struct log *log) {
    mp_put_bin(out, span_of(log->author.bytes, sizeof log->author.bytes));
    mp_put_u64(out, log->generation);
    mp_put_u64(out, log->synced);
}

static void say_page(struct spread *s, struct neighbour *n, struct buf *page, bool whole, bool more,
                     struct says *out) {
    say_to(out, ROOM_MEMBER, n->peer,
           &(struct msg){.kind = MSG_heads,
                         .heads = {.store = span_of(s->store, sizeof s->store),
                                   .whole = whole,
                                   .more = more,
                                   .heads = buf_view(page)}});
    buf_clear(page);
}

static void tell(struct spread *s, struct neighbour *n, bool all, struct says *out) {
    uint8_t memory[HEADS_PAGE_BYTES + HEAD_BYTES];
    struct buf page = buf_of(memory, sizeof memory);
    bool first = all;
    for (uint32_t i = 0; i < s->logs->count; i++) {
        const struct log *log = &s->logs->items[i];
        bool wanted = all || (n->news[i / 8] >> i % 8 & 1) != 0;
        if (!wanted || log->synced == 0)
            continue;
        if (page.len >= HEADS_PAGE_BYTES - HEAD_BYTES) {
            say_page(s, n, &page, first, all, out);
            first = false;
        }
        put_head(&page, log);
    }
    if (all || page.len > 0)
        say_page(s, n, &page, first, false, out);
    memset(n->news, 0, sizeof n->news);
    n->tell = n->tell_all = false;
}

/* ---- looking for the oldest bundle a neighbour lacks ---- */

static void ask(struct spread *s, struct neighbour *n, enum table table, struct span prefix,
                struct span after, uint64_t limit, struct says *out) {
    n->scan = ++*s->tickets;
    say(out, &(struct msg){.kind = MSG_scan,
                           .scan = {.ticket = n->scan,
                                    .table = table,
                                    .prefix = prefix,
                                    .after = after,
                                    .limit = limit}});
}

static void seek_on(struct spread *s, struct neighbour *n, struct says *out) {
    for (; n->seek_log < s->logs->count; n->seek_log++) {
        const struct log *log = &s->logs->items[n->seek_log];
        if (n->next[n->seek_log] >= log->synced)
            continue;
        uint8_t memory[LOG_KEY_BYTES + 8];
        struct buf key = buf_of(memory, sizeof memory);
        bundle_key(&key, &log->author, log->generation, n->next[n->seek_log]);
        ask(s, n, TABLE_log_index, buf_view(&key), (struct span){0}, 1, out);
        return;
    }
    n->step = NEIGHBOUR_WALKS;
}

static void sought(struct neighbour *n, const struct msg_rows *rows) {
    struct mp in = mp_of(rows->rows);
    (void)mp_bin(&in);
    struct span serial = mp_bin(&in);
    /* A head that is no bundle's first number is not one of ours: all of them are offered. */
    uint64_t found = rows->rows.len == 0 || serial.len != 8 ? 1 : read_be64(serial.data);
    if (found < n->cursor)
        n->cursor = found;
    n->seek_log++;
}

/* ---- sending ---- */

/* The last serial that may go to this neighbour now. */
static uint64_t walk_limit(const struct spread *s, const struct neighbour *n) {
    if (n->eager)
        return s->logs->serial_synced;
    return s->own_serial > s->old_serial ? s->own_serial : s->old_serial;
}

static bool may_send(const struct neighbour *n) {
    return n->flying < SPREAD_FLIGHT_BYTES && n->count < SPREAD_FLIGHTS - WALK_ROWS;
}

static void walk_on(struct spread *s, struct neighbour *n, struct says *out) {
    uint64_t limit = walk_limit(s, n);
    if (n->cursor > limit || !may_send(n))
        return;
    uint8_t memory[8];
    struct buf after = buf_of(memory, sizeof memory);
    buf_be64(&after, n->cursor - 1);
    uint64_t rows = limit - n->cursor + 1;
    ask(s, n, TABLE_log, (struct span){0}, buf_view(&after), rows < WALK_ROWS ? rows : WALK_ROWS,
        out);
}

static void say_bundles(struct neighbour *n, struct buf *bundles, struct says *out) {
    if (bundles->len > 0)
        say_to(out, ROOM_MEMBER, n->peer,
               &(struct msg){.kind = MSG_bundles, .bundles.bundles = buf_view(bundles)});
    buf_clear(bundles);
}

/* One bundle of the walk: what the neighbour has is passed over. */
static void offer(struct spread *s, struct neighbour *n, struct span bytes, struct buf *message,
                  struct says *out) {
    struct bundle b;
    struct err err;
    struct log *log =
        bundle_peek(&b, bytes, &err) ? logs_find(s->logs, &b.author, b.generation) : NULL;
    if (log == NULL) /* a life that there was no room to remember when the node started */
        return;
    uint32_t number = logs_number(s->logs, log);
    if (n->next[number] >= b.sequence + b.count)
        return;
    if (message->len + bytes.len > SPREAD_MESSAGE_BYTES)
        say_bundles(n, message, out);
    mp_put_bin(message, bytes);
    n->flights[(n->first + n->count++) % SPREAD_FLIGHTS] =
        (struct flight){.log = number, .bytes = (uint32_t)bytes.len, .next = b.sequence + b.count};
    n->flying += bytes.len;
}

static void walked(struct spread *s, struct neighbour *n, const struct msg_rows *rows, when_ms now,
                   struct says *out) {
    static_assert(SPREAD_MESSAGE_BYTES + LIMIT_BUNDLE_BYTES < LIMIT_FRAME_BYTES, "one frame");
    uint8_t memory[SPREAD_MESSAGE_BYTES + LIMIT_BUNDLE_BYTES + 64];
    struct buf message = buf_of(memory, sizeof memory);
    struct mp in = mp_of(rows->rows);
    bool idle = n->count == 0;
    uint64_t last = n->cursor - 1;
    while (mp_peek(&in) != MP_END && in.bad == NULL && may_send(n)) {
        struct span key = mp_bin(&in), bytes = mp_bin(&in);
        if (key.len != 8 || in.bad != NULL)
            break;
        last = read_be64(key.data);
        if (bytes.len <= LIMIT_BUNDLE_BYTES)
            offer(s, n, bytes, &message, out);
    }
    n->cursor = rows->rows.len == 0 ? s->logs->serial_synced + 1 : last + 1;
    say_bundles(n, &message, out);
    if (idle && n->count > 0)
        n->again_at = now + n->again_pause;
}

bool spread_rows(struct spread *s, const struct msg_rows *rows, when_ms now, struct says *out) {
    for (uint32_t i = 0; i < s->neighbours_used; i++) {
        struct neighbour *n = &s->neighbours[i];
        if (n->step == NEIGHBOUR_NONE || n->scan == 0 || n->scan != rows->ticket)
            continue;
        n->scan = 0;
        if (rows->code != ERR_NONE)
            n->rest_until = now + SPREAD_AGAIN_LEAST;
        else if (n->step == NEIGHBOUR_SEEKS)
            sought(n, rows);
        else if (n->step == NEIGHBOUR_WALKS)
            walked(s, n, rows, now, out);
        return true;
    }
    return false;
}

/* ---- time ---- */

static void try_again(struct spread *s, struct neighbour *n, when_ms now) {
    n->again_pause =
        2 * n->again_pause < SPREAD_AGAIN_MOST ? 2 * n->again_pause : SPREAD_AGAIN_MOST;
    if (n->step == NEIGHBOUR_MEETS) {
        n->tell_all = true;
        n->again_at = now + n->again_pause;
    } else {
        seek(s, n);
    }
}

static void go(struct spread *s, struct neighbour *n, when_ms now, struct says *out) {
    if (n->again_at <= now)
        try_again(s, n, now);
    if (n->tell_all) {
        n->told_all = now;
        tell(s, n, true, out);
    }
    if (n->scan != 0 || n->rest_until > now)
        return;
    n->rest_until = INT64_MIN;
    if (n->step == NEIGHBOUR_SEEKS)
        seek_on(s, n, out);
    if (n->step == NEIGHBOUR_WALKS)
        walk_on(s, n, out);
}

void spread_go(struct spread *s, when_ms now, struct says *out) {
    age(s, now);
    for (uint32_t i = 0; i < s->neighbours_used && out->frames.len < SAID_MOST; i++) {
        if (s->neighbours[i].step != NEIGHBOUR_NONE)
            go(s, &s->neighbours[i], now, out);
    }
    if (s->tell_at > now)
        return;
    for (uint32_t i = 0; i < s->neighbours_used; i++) {
        struct neighbour *n = &s->neighbours[i];
        if (out->frames.len >= SAID_MOST)
            return; /* the others in the next step */
        if (n->step != NEIGHBOUR_NONE && n->tell)
            tell(s, n, false, out);
    }
    s->tell_at = WHEN_NEVER;
    s->told = now;
}

when_ms spread_deadline(const struct spread *s) {
    when_ms soonest = s->tell_at;
    for (uint32_t i = 0; i < s->neighbours_used; i++) {
        const struct neighbour *n = &s->neighbours[i];
        if (n->step == NEIGHBOUR_NONE)
            continue;
        soonest = when_sooner(soonest, n->again_at);
        if (n->scan != 0)
            continue;
        if (n->rest_until != INT64_MIN && n->step != NEIGHBOUR_MEETS)
            soonest = when_sooner(soonest, n->rest_until);
        if (n->step == NEIGHBOUR_WALKS && !n->eager && s->moments_count > 0 && may_send(n) &&
            n->cursor <= s->logs->serial_synced)
            soonest = when_sooner(soonest, s->moments[0].when + SPREAD_LAZY_MS);
    }
    return soonest;
}
