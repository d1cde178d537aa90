#include "actors/facts/spread.h"

#include "actors/facts/courier.h"
#include "actors/member/member.h"
#include "proto/base/mp.h"
#include "proto/job/job.h"

#include <string.h>

enum { HEADS_PAGE_BYTES = 60000, HEAD_BYTES = 64 };

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

static struct holder *holder_of(struct spread *s, uint32_t peer) {
    for (uint32_t i = 0; i < s->holders_count; i++) {
        if (s->holders[i].peer == peer)
            return &s->holders[i];
    }
    return NULL;
}

static void set_holder(struct spread *s, const struct msg_node_known *known, bool holds) {
    struct holder *h = holder_of(s, (uint32_t)known->peer);
    s->turns += (h != NULL) != holds || (h != NULL && h->generation != known->generation);
    if (h != NULL && !holds)
        *h = s->holders[--s->holders_count];
    else if (h == NULL && holds && s->holders_count < LIMIT_MEMBERS)
        h = &s->holders[s->holders_count++];
    if (h != NULL && holds)
        *h = (struct holder){
            .peer = (uint32_t)known->peer, .generation = known->generation, .node = known->node};
}

/* It is met from the start: nothing that was known of it holds. */
static void meet(struct neighbour *n, when_ms now) {
    const uint32_t peer = n->peer;
    const uint64_t generation = n->generation;
    const bool eager = n->eager, far = n->far, holds = n->holds;
    *n = (struct neighbour){.step = NEIGHBOUR_MEETS,
                            .peer = peer,
                            .generation = generation,
                            .eager = eager,
                            .far = far,
                            .holds = holds,
                            .tell_all = true,
                            .told_all = INT64_MIN,
                            .rest_until = INT64_MIN,
                            .again_pause = SPREAD_AGAIN_LEAST,
                            .again_at = now + SPREAD_AGAIN_LEAST};
}

/* For one to which an edge leads there is always a place: those that are far are few. */
static struct neighbour *free_neighbour(struct spread *s, bool far) {
    uint32_t fars = 0;
    for (uint32_t i = 0; i < s->neighbours_used; i++)
        fars += s->neighbours[i].step != NEIGHBOUR_NONE && s->neighbours[i].far;
    if (far && fars == SPREAD_FAR)
        return NULL;
    for (uint32_t i = 0; i < s->neighbours_used; i++) {
        if (s->neighbours[i].step == NEIGHBOUR_NONE)
            return &s->neighbours[i];
    }
    return s->neighbours_used < LIMIT_EDGES + SPREAD_FAR ? &s->neighbours[s->neighbours_used++]
                                                         : NULL;
}

static void count_near(struct spread *s) {
    uint32_t holders = 0;
    s->near = 0;
    for (uint32_t i = 0; i < s->neighbours_used; i++) {
        const struct neighbour *n = &s->neighbours[i];
        bool near = n->step != NEIGHBOUR_NONE && !n->far;
        s->near += near;
        holders += near && n->holds;
    }
    s->mesh = holders == s->holders_count;
}

/* So many near holders are enough for any promise. */
static bool needs_far(const struct spread *s) {
    uint32_t holders = 0;
    for (uint32_t i = 0; i < s->neighbours_used; i++) {
        const struct neighbour *n = &s->neighbours[i];
        holders += n->step != NEIGHBOUR_NONE && !n->far && n->holds;
    }
    return holders + 1 < COPIES_MAX;
}

static struct neighbour *know_neighbour(struct spread *s, const struct holder *h, bool far,
                                        bool eager, bool holds, when_ms now) {
    struct neighbour *n = spread_neighbour(s, h->peer);
    bool anew = n == NULL || n->generation != h->generation || n->far != far;
    if (n == NULL)
        n = free_neighbour(s, far);
    if (n == NULL)
        return NULL; /* member keeps no more edges than there are places */
    n->peer = h->peer;
    n->generation = h->generation;
    n->eager = eager;
    n->far = far;
    n->holds = holds;
    if (anew)
        meet(n, now);
    return n;
}

static void forget_neighbours(struct spread *s, uint32_t peer) {
    bool all_far = !needs_far(s);
    for (uint32_t i = 0; i < s->neighbours_used; i++) {
        struct neighbour *n = &s->neighbours[i];
        if (n->peer == peer || (n->far && all_far))
            n->step = NEIGHBOUR_NONE;
    }
}

static void know_other(struct spread *s, const struct msg_node_known *known, bool holds,
                       when_ms now) {
    const struct holder h = {.peer = (uint32_t)known->peer, .generation = known->generation};
    set_holder(s, known, holds);
    if (known->neighbour || (holds && needs_far(s)))
        (void)know_neighbour(s, &h, !known->neighbour, known->eager, holds, now);
    else
        forget_neighbours(s, h.peer);
    if (known->neighbour)
        forget_neighbours(s, 0); /* those that are far and not needed any more */
    count_near(s);
}

void spread_known(struct spread *s, const struct msg_node_known *known, when_ms now) {
    bool holds =
        known->active && known->state == MEMBER_ALIVE && (known->flags & MEMBER_STORES) != 0;
    if (known->peer != 0) {
        know_other(s, known, holds, now);
        return;
    }
    s->turns += s->self_leaves == holds;
    s->self_leaves = !holds;
    s->leaving = known->state == MEMBER_LEAVING;
    s->unsure = s->unsure && !known->active;
}

/* ---- what the neighbours have ---- */

bool neighbour_refuses(const struct neighbour *n, uint32_t log) {
    return (n->unwanted[log / 8] >> log % 8 & 1) != 0;
}

static void set_bit(uint8_t *bits, uint32_t log) {
    bits[log / 8] |= (uint8_t)(1u << log % 8);
}

/* Of what this node signs in this life nobody has more than was signed: it would count for all that follows. */
static void raise_head(struct spread *s, struct neighbour *n, const struct log *log,
                       uint64_t next) {
    const uint32_t number = logs_number(s->logs, log);
    if (log == logs_own(s->logs) && next > log->taken)
        s->nonsense++;
    else if (n->next[number] < next)
        n->next[number] = next;
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
        const struct log *log = logs_find(s->logs, &id, generation);
        if (log != NULL && next == 0)
            set_bit(n->unwanted, logs_number(s->logs, log));
        else if (log !=
                 NULL) /* others begin with a bundle: whoever only names them fills nothing */
            raise_head(s, n, log, next);
    }
}

void spread_heads(struct spread *s, uint32_t peer, const struct msg_heads *heads, when_ms now) {
    struct neighbour *n = spread_neighbour(s, peer);
    const struct holder *h = n == NULL ? holder_of(s, peer) : NULL;
    if (h != NULL) /* it needs to know what is here, and finds no nearer holder */
        n = know_neighbour(s, h, true, false, true, now);
    if (n == NULL || heads->store.len != STORE_ID_BYTES) {
        s->nonsense++;
        return;
    }
    bool other = n->has_store && memcmp(n->store, heads->store.data, STORE_ID_BYTES) != 0;
    if (other) /* another life, perhaps with another disk: what is on it is what it says now */
        meet(n, now);
    if (heads->whole && n->step != NEIGHBOUR_MEETS && now - SPREAD_AGAIN_MOST / 4 >= n->told_all)
        n->tell_all = true; /* it says all of its own again because it has not heard ours */
    memcpy(n->store, heads->store.data, STORE_ID_BYTES);
    bool knows =
        n->has_store || heads->whole; /* pages after a first one that was lost are not all */
    n->has_store = knows;
    read_heads(s, n, heads->heads);
    if (n->step == NEIGHBOUR_MEETS && knows && !heads->more)
        courier_seek(s, n);
    if (n->far && n->step == NEIGHBOUR_WALKS)
        n->again_at = now + SPREAD_FAR_MS;
    courier_confirmed(n, now);
}

/* ---- what this store has ---- */

static void tell_soon(struct spread *s, struct neighbour *n, when_ms now) {
    n->tell = true;
    s->tell_at = when_sooner(s->tell_at, s->tell_least > now ? s->tell_least : now);
}

void spread_remind(struct spread *s, struct neighbour *n, uint32_t log, when_ms now) {
    set_bit(n->news, log);
    tell_soon(s, n, now);
}

void spread_refuse(struct spread *s, struct neighbour *n, const struct node_id *author,
                   uint64_t generation, when_ms now) {
    for (uint32_t i = 0; i < n->refused_count; i++) {
        if (n->refused[i].generation == generation && node_id_equal(&n->refused[i].author, author))
            return;
    }
    if (n->refused_count == SPREAD_REFUSED)
        return; /* it comes again */
    n->refused[n->refused_count].author = *author;
    n->refused[n->refused_count++].generation = generation;
    tell_soon(s, n, now);
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

static void put_head(struct buf *out, const struct node_id *author, uint64_t generation,
                     uint64_t next) {
    mp_put_bin(out, span_of(author->bytes, sizeof author->bytes));
    mp_put_u64(out, generation);
    mp_put_u64(out, next);
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
    for (uint32_t i = 0; i < n->refused_count; i++)
        put_head(&page, &n->refused[i].author, n->refused[i].generation, 0);
    n->refused_count = 0;
    for (uint32_t i = 0; i < s->logs->count; i++) {
        const struct log *log = &s->logs->items[i];
        bool wanted = all || (n->news[i / 8] >> i % 8 & 1) != 0;
        if (!wanted || log->synced == 0)
            continue;
        if (page.len >= HEADS_PAGE_BYTES - HEAD_BYTES) {
            say_page(s, n, &page, first, all, out);
            first = false;
        }
        put_head(&page, &log->author, log->generation, log->synced);
    }
    if (all || page.len > 0)
        say_page(s, n, &page, first, false, out);
    memset(n->news, 0, sizeof n->news);
    n->tell = n->tell_all = false;
}

/* ---- time ---- */

static bool is_behind(const struct spread *s, const struct neighbour *n) {
    for (uint32_t i = 0; i < s->logs->count; i++) {
        if (n->next[i] < s->logs->items[i].synced && !neighbour_refuses(n, i))
            return true;
    }
    return false;
}

static void try_again(struct spread *s, struct neighbour *n, when_ms now) {
    n->again_pause =
        2 * n->again_pause < SPREAD_AGAIN_MOST ? 2 * n->again_pause : SPREAD_AGAIN_MOST;
    if (n->step == NEIGHBOUR_MEETS) {
        n->tell_all = true;
        n->again_at = now + n->again_pause;
    } else if (n->far) { /* what it said may be lost on the way: who says all hears all */
        n->tell_all = is_behind(s, n);
        n->again_at = now + SPREAD_FAR_MS;
    } else {
        courier_seek(s, n);
    }
}

static void go(struct spread *s, struct neighbour *n, when_ms now, struct says *out) {
    if (n->again_at <= now)
        try_again(s, n, now);
    if (n->tell_all) {
        n->told_all = now;
        tell(s, n, true, out);
    }
    if (n->far || n->scan != 0 || n->rest_until > now)
        return;
    n->rest_until = INT64_MIN;
    courier_go(s, n, out);
}

void spread_go(struct spread *s, when_ms now, struct says *out) {
    age(s, now);
    for (uint32_t i = 0; i < s->neighbours_used && out->frames.len < SPREAD_SAID_MOST; i++) {
        if (s->neighbours[i].step != NEIGHBOUR_NONE)
            go(s, &s->neighbours[i], now, out);
    }
    if (s->tell_at > now)
        return;
    for (uint32_t i = 0; i < s->neighbours_used; i++) {
        struct neighbour *n = &s->neighbours[i];
        if (out->frames.len >= SPREAD_SAID_MOST)
            return; /* the others in the next step */
        if (n->step != NEIGHBOUR_NONE && n->tell)
            tell(s, n, false, out);
    }
    s->tell_at = WHEN_NEVER;
    s->tell_least = when_paced(s->tell_least, now, SPREAD_HEADS_MS, SPREAD_HEADS_BURST);
}

when_ms spread_deadline(const struct spread *s) {
    when_ms soonest = s->tell_at;
    for (uint32_t i = 0; i < s->neighbours_used; i++) {
        const struct neighbour *n = &s->neighbours[i];
        if (n->step == NEIGHBOUR_NONE)
            continue;
        soonest = when_sooner(soonest, n->again_at);
        if (n->far || n->scan != 0)
            continue;
        if (n->rest_until != INT64_MIN && n->step != NEIGHBOUR_MEETS)
            soonest = when_sooner(soonest, n->rest_until);
        if (s->moments_count > 0 && courier_waits(s, n))
            soonest = when_sooner(soonest, s->moments[0].when + SPREAD_LAZY_MS);
    }
    return soonest;
}
