#include "actors/facts/courier.h"

#include "actors/facts/parcel.h"
#include "store/ops.h"

#include <string.h>

/* ---- what is there, or on its way ---- */

static uint64_t reaches(const struct neighbour *n, uint32_t log) {
    return n->sent[log] > n->next[log] ? n->sent[log] : n->next[log];
}

/* Whether this comes to nothing any more: it is there, or never will be. */
static bool has_landed(const struct neighbour *n, const struct shipment *flight) {
    return n->next[flight->log] >= flight->next || neighbour_refuses(n, flight->log);
}

void courier_confirmed(struct neighbour *n, when_ms now) {
    bool moved = false;
    while (n->count > 0 && has_landed(n, &n->flights[n->first])) {
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

/* All that are next to a node share its inbox: what does not fit is lost and comes again. About as many are next to it as
 * are next to this one. */
static bool may_send(const struct spread *s, const struct neighbour *n) {
    size_t share = SPREAD_INBOX_BYTES / (s->near > 1 ? s->near : 2);
    size_t window = share < SPREAD_MESSAGE_BYTES ? SPREAD_MESSAGE_BYTES : share;
    return n->flying < window && n->count < SPREAD_FLIGHTS - PARCEL_BUNDLES;
}

static void fly(struct neighbour *n, uint32_t log, uint64_t next, size_t bytes, when_ms now) {
    if (n->count == 0)
        n->again_at = now + n->again_pause;
    n->flights[(n->first + n->count++) % SPREAD_FLIGHTS] =
        (struct shipment){.log = log, .bytes = (uint32_t)bytes, .next = next};
    n->flying += bytes;
    n->sent[log] = next;
}

static void send(struct spread *s, struct neighbour *n, uint32_t log, const struct bundle *b,
                 struct span bytes, when_ms now, struct parcel *parcel, struct says *out) {
    parcel_put(parcel, &s->logs->authors, b, bytes, out);
    fly(n, log, b->sequence + b->count, bytes.len, now);
}

void courier_came(struct neighbour *n, uint32_t log, uint64_t next, when_ms now) {
    if (n->step == NEIGHBOUR_MEETS || n->far || reaches(n, log) >= next)
        return;
    struct shipment *last =
        &n->flights[(n->first + n->count + SPREAD_FLIGHTS - 1) % SPREAD_FLIGHTS];
    if (n->count > 0 && last->bytes == 0 && last->log == log)
        last->next = n->sent[log] = next;
    else if (n->count <
             SPREAD_FLIGHTS) /* else those on the way will be asked for again, and this with them */
        fly(n, log, next, 0, now);
}

/* ---- as soon as it is signed ---- */

/* A bundle of a batch, and where it stands in table log. */
struct launched {
    uint64_t serial;
    uint32_t log;
    bool own;
    struct bundle bundle;
    struct span bytes;
};

static uint32_t bundles_of(struct spread *s, struct span ops, struct launched *items,
                           uint32_t most) {
    struct ops rest = ops_of(ops);
    struct op op;
    struct err err;
    uint32_t count = 0;
    bool wrong = false;
    while (count < most && ops_next(&rest, &op, &wrong)) {
        struct launched *l = &items[count];
        if (op.table != TABLE_log || !op.put || !bundle_peek(&l->bundle, op.value, &err))
            continue;
        const struct log *log = logs_find(s->logs, &l->bundle.author, l->bundle.generation);
        l->serial = read_be64(op.key.data);
        l->log = logs_number(s->logs, log);
        l->own = log == logs_own(s->logs);
        l->bytes = op.value;
        count++;
    }
    return count;
}

static bool goes_at_once(const struct spread *s, const struct neighbour *n) {
    return n->eager && !s->mesh;
}

/* The cursor stays behind what was not sent. */
static void send_launched(struct spread *s, struct neighbour *n, const struct launched *items,
                          uint32_t count, when_ms now, struct says *out) {
    struct parcel parcel;
    parcel_begin(&parcel, n->peer);
    for (uint32_t i = 0; i < count && may_send(s, n); i++) {
        const struct launched *l = &items[i];
        const bool here = reaches(n, l->log) > l->bundle.sequence || neighbour_refuses(n, l->log);
        if (!here && ((!l->own && !goes_at_once(s, n)) || reaches(n, l->log) < l->bundle.sequence))
            continue;
        if (!here)
            send(s, n, l->log, &l->bundle, l->bytes, now, &parcel, out);
        if (n->cursor == l->serial)
            n->cursor++;
    }
    parcel_say(&parcel, out);
}

void courier_launched(struct spread *s, struct span ops, when_ms now, struct says *out) {
    struct launched items[PARCEL_BUNDLES];
    uint32_t count = s->near == 0 ? 0 : bundles_of(s, ops, items, PARCEL_BUNDLES);
    for (uint32_t i = 0; count > 0 && i < s->neighbours_used; i++) {
        struct neighbour *n = &s->neighbours[i];
        if (n->step == NEIGHBOUR_WALKS && !n->far && out->frames.len < SPREAD_SAID_MOST)
            send_launched(s, n, items, count, now, out);
    }
}

/* ---- from the log ---- */

void courier_seek(struct spread *s, struct neighbour *n) {
    n->step = n->far ? NEIGHBOUR_WALKS : NEIGHBOUR_SEEKS;
    n->seek_log = 0;
    n->scan = 0;
    n->cursor = s->logs->serial_synced + 1;
    n->first = n->count = 0;
    n->flying = 0;
    n->again_at = WHEN_NEVER;
    memset(n->sent, 0, s->logs->count * sizeof n->sent[0]);
}

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
        if (n->next[n->seek_log] >= log->synced || neighbour_refuses(n, n->seek_log))
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

static bool lacks(const struct spread *s, const struct neighbour *n, uint32_t log) {
    return reaches(n, log) < s->logs->items[log].synced && !neighbour_refuses(n, log);
}

static bool lacks_anything(const struct spread *s, const struct neighbour *n) {
    for (uint32_t i = 0; i < s->logs->count; i++) {
        if (lacks(s, n, i))
            return true;
    }
    return false;
}

/* The last serial that may go to this neighbour now. */
static uint64_t walk_limit(const struct spread *s, const struct neighbour *n) {
    if (goes_at_once(s, n))
        return s->logs->serial_synced;
    const struct log *own = logs_own(s->logs);
    bool wants_own = own != NULL && lacks(s, n, logs_number(s->logs, own));
    return wants_own && s->own_serial > s->old_serial ? s->own_serial : s->old_serial;
}

static void walk_on(struct spread *s, struct neighbour *n, struct says *out) {
    uint64_t limit = walk_limit(s, n);
    if (n->cursor > limit || !may_send(s, n))
        return;
    if (!lacks_anything(s, n)) {
        n->cursor = s->logs->serial_synced + 1;
        return;
    }
    uint8_t memory[8];
    struct buf after = buf_of(memory, sizeof memory);
    buf_be64(&after, n->cursor - 1);
    uint64_t rows = limit - n->cursor + 1;
    ask(s, n, TABLE_log, (struct span){0}, buf_view(&after),
        rows < PARCEL_BUNDLES ? rows : PARCEL_BUNDLES, out);
}

/* One bundle of the walk: what the neighbour has, or is being sent, is passed over. */
static void offer(struct spread *s, struct neighbour *n, struct span bytes, when_ms now,
                  struct parcel *parcel, struct says *out) {
    struct bundle b;
    struct err err;
    struct log *log =
        bundle_peek(&b, bytes, &err) ? logs_find(s->logs, &b.author, b.generation) : NULL;
    if (log == NULL) /* a life that there was no room to remember when the node started */
        return;
    uint32_t number = logs_number(s->logs, log);
    if (reaches(n, number) < b.sequence + b.count && !neighbour_refuses(n, number))
        send(s, n, number, &b, bytes, now, parcel, out);
}

static void walked(struct spread *s, struct neighbour *n, const struct msg_rows *rows, when_ms now,
                   struct says *out) {
    struct parcel parcel;
    parcel_begin(&parcel, n->peer);
    struct mp in = mp_of(rows->rows);
    uint64_t last = n->cursor - 1;
    while (mp_peek(&in) != MP_END && in.bad == NULL && may_send(s, n)) {
        struct span key = mp_bin(&in), bytes = mp_bin(&in);
        if (key.len != 8 || in.bad != NULL)
            break;
        last = read_be64(key.data);
        if (bytes.len <= LIMIT_BUNDLE_BYTES)
            offer(s, n, bytes, now, &parcel, out);
    }
    n->cursor = rows->rows.len == 0 ? s->logs->serial_synced + 1 : last + 1;
    parcel_say(&parcel, out);
}

bool courier_rows(struct spread *s, const struct msg_rows *rows, when_ms now, struct says *out) {
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

void courier_go(struct spread *s, struct neighbour *n, struct says *out) {
    if (n->step == NEIGHBOUR_SEEKS)
        seek_on(s, n, out);
    if (n->step == NEIGHBOUR_WALKS)
        walk_on(s, n, out);
}

bool courier_waits(const struct spread *s, const struct neighbour *n) {
    return n->step == NEIGHBOUR_WALKS && !goes_at_once(s, n) && may_send(s, n) &&
           n->cursor <= s->logs->serial_synced;
}
