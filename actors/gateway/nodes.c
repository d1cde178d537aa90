#include "actors/gateway/nodes.h"

#include "actors/member/member.h"

#include <stdlib.h>
#include <string.h>

void nodes_init(struct nodes *n) {
    n->due = WHEN_NEVER;
}

/* ---- who there is ---- */

static struct span keep(void *out, size_t cap, struct span bytes) {
    size_t len = bytes.len < cap ? bytes.len : cap;
    if (len > 0)
        memcpy(out, bytes.data, len);
    return span_of(out, len);
}

const struct known_node *nodes_peer(const struct nodes *n, uint64_t peer) {
    for (uint32_t i = 0; i < n->count; i++) {
        if (n->items[i].is.peer == peer)
            return &n->items[i];
    }
    return NULL;
}

static struct known_node *find(struct nodes *n, uint64_t peer) {
    const struct known_node *known = nodes_peer(n, peer);
    return known == NULL ? NULL : &n->items[known - n->items];
}

static bool is_gone(const struct msg_node_known *known) {
    return known->state == MEMBER_DEAD || known->state == MEMBER_LEFT;
}

/* A member keeps its number; a new one takes the next place, or that of one that is gone. */
static struct known_node *place_of(struct nodes *n, uint64_t peer) {
    struct known_node *known = find(n, peer);
    if (known != NULL)
        return known;
    if (n->count < LIMIT_MEMBERS)
        return &n->items[n->count++];
    for (uint32_t i = 0; i < n->count; i++) {
        if (is_gone(&n->items[i].is))
            return &n->items[i];
    }
    return NULL;
}

static void expect_no_more(struct nodes *n, struct known_node *k) {
    k->asked = false;
    n->waiting--;
}

void nodes_known(struct nodes *n, const struct msg_node_known *known, when_ms now) {
    struct known_node *k = place_of(n, known->peer);
    if (k == NULL)
        return;
    bool other = k->is.peer != known->peer;
    if (k->asked && (other || (known->peer != 0 && !known->active)))
        expect_no_more(n, k);
    k->told = k->told && !other;
    k->gone_at = WHEN_NEVER;
    if (is_gone(known))
        k->gone_at =
            now - (known->gone_ms < NODES_SHOWN_MS ? (dur_ms)known->gone_ms : NODES_SHOWN_MS);
    k->is = *known;
    k->is.name = keep(k->name, sizeof k->name, known->name);
    k->is.endpoint = keep(k->endpoint, sizeof k->endpoint, known->endpoint);
    k->is.door = keep(k->door, sizeof k->door, known->door);
    k->is.domain = keep(k->domain, sizeof k->domain, known->domain);
    k->is.curve = keep(k->curve, sizeof k->curve, known->curve);
}

const struct known_node *nodes_find(const struct nodes *n, const struct node_id *id) {
    for (uint32_t i = 0; i < n->count; i++) {
        if (node_id_equal(&n->items[i].is.node, id))
            return &n->items[i];
    }
    return NULL;
}

void nodes_lead(struct nodes *n, const struct msg_lead *lead) {
    n->term = lead->term;
    n->leader = lead->leader;
}

/* ---- how busy they are ---- */

static void ask_all(struct nodes *n, struct says *out) {
    const struct msg question = {.kind = MSG_busy_ask, .busy_ask.nonce = ++n->nonce};
    n->waiting = 0;
    for (uint32_t i = 0; i < n->count; i++) {
        struct known_node *k = &n->items[i];
        k->told = false;
        k->asked = k->is.peer == 0 || k->is.active;
        if (!k->asked)
            continue;
        n->waiting++;
        if (k->is.peer == 0)
            say(out, &question);
        else
            say_to(out, ROOM_MEMBER, (uint32_t)k->is.peer, &question);
    }
}

bool nodes_ask(struct nodes *n, uint32_t peer, uint64_t ticket, when_ms now, struct says *out) {
    if (n->requests_count == NODES_REQUESTS)
        return false;
    if (n->due == WHEN_NEVER) {
        ask_all(n, out);
        n->due = now + NODES_WAIT_MS;
    }
    n->requests[n->requests_count++] = (struct nodes_request){.peer = peer, .ticket = ticket};
    return true;
}

static void forget(struct nodes *n, uint32_t place) {
    n->requests_count--;
    memmove(n->requests + place, n->requests + place + 1,
            (n->requests_count - place) * sizeof n->requests[0]);
    if (n->requests_count == 0)
        n->due = WHEN_NEVER;
}

void nodes_left(struct nodes *n, uint32_t peer) {
    for (uint32_t i = n->requests_count; i > 0; i--) {
        if (n->requests[i - 1].peer == peer)
            forget(n, i - 1);
    }
}

void nodes_busy(struct nodes *n, uint32_t peer, const struct msg_busy *busy) {
    struct known_node *k = find(n, peer);
    if (k == NULL || !k->asked || busy->nonce != n->nonce)
        return; /* too late */
    expect_no_more(n, k);
    k->told = true;
    k->busy = *busy;
    k->busy.trouble = keep(k->trouble, sizeof k->trouble, busy->trouble);
}

/* ---- answering ---- */

static bool is_digit(struct span text, size_t at) {
    return at < text.len && text.data[at] >= '0' && text.data[at] <= '9';
}

/* The number that begins there, without its zeros in front. */
static struct span number_at(struct span text, size_t at, size_t *end) {
    while (is_digit(text, at) && text.data[at] == '0')
        at++;
    for (*end = at; is_digit(text, *end); (*end)++)
        continue;
    return span_of(text.data + at, *end - at);
}

/* As people count: n2 stands before n10. */
static int compare_names(struct span a, struct span b) {
    size_t i = 0, j = 0;
    while (i < a.len && j < b.len) {
        if (is_digit(a, i) && is_digit(b, j)) {
            struct span x = number_at(a, i, &i), y = number_at(b, j, &j);
            int order = x.len != y.len ? (x.len < y.len ? -1 : 1) : span_compare(x, y);
            if (order != 0)
                return order;
        } else if (a.data[i] != b.data[j]) {
            return a.data[i] < b.data[j] ? -1 : 1;
        } else {
            i++;
            j++;
        }
    }
    return a.len - i == b.len - j ? span_compare(a, b) : i < a.len ? 1 : -1;
}

static int compare_nodes(const void *a, const void *b) {
    const struct known_node *const *x = a, *const *y = b;
    int order = compare_names((*x)->is.name, (*y)->is.name);
    return order != 0 ? order : memcmp((*x)->is.node.bytes, (*y)->is.node.bytes, NODE_ID_BYTES);
}

static struct msg row_of(const struct nodes *n, const struct known_node *k, uint64_t ticket) {
    const struct msg_node_known *is = &k->is;
    struct msg row = {.kind = MSG_node_row,
                      .node_row = {.ticket = ticket,
                                   .node = is->node,
                                   .self = is->peer == 0,
                                   .state = is->state,
                                   .active = is->active,
                                   .leads = n->term > 0 && node_id_equal(&n->leader, &is->node),
                                   .neighbour = is->neighbour,
                                   .rtt_us = is->rtt_us,
                                   .slots = is->slots,
                                   .name = is->name,
                                   .endpoint = is->endpoint,
                                   .door = is->door,
                                   .domain = is->domain,
                                   .curve = is->curve,
                                   .told = k->told,
                                   .goes_in = -1}};
    if (k->told) {
        row.node_row.running = k->busy.running;
        row.node_row.load = k->busy.load;
        row.node_row.goes_in = k->busy.goes_in;
        row.node_row.trouble = k->busy.trouble;
    }
    return row;
}

static void answer(const struct nodes *n, const struct nodes_request *request, when_ms now,
                   struct says *out) {
    const struct known_node *order[LIMIT_MEMBERS] = {NULL};
    uint32_t count = 0;
    for (uint32_t i = 0; i < n->count; i++) {
        const struct known_node *k = &n->items[i];
        if (!is_gone(&k->is) || now - k->gone_at < NODES_SHOWN_MS)
            order[count++] = k;
    }
    qsort(order, count, sizeof order[0], compare_nodes);
    for (uint32_t i = 0; i < count; i++) {
        const struct msg row = row_of(n, order[i], request->ticket);
        say_to(out, ROOM_CLIENTS, request->peer, &row);
    }
    say_to(out, ROOM_CLIENTS, request->peer,
           &(struct msg){.kind = MSG_end, .end.ticket = request->ticket});
}

void nodes_doors(const struct nodes *n, uint32_t peer, const struct msg_list_nodes *m,
                 struct says *out) {
    const struct known_node *self = NULL;
    uint64_t left = m->doors;
    for (uint32_t i = 0; i < n->count && self == NULL; i++)
        self = n->items[i].is.peer == 0 ? &n->items[i] : NULL;
    for (uint32_t i = 0; i <= n->count && left > 0 && n->count > 0; i++) {
        const struct known_node *k = i == 0 ? self : &n->items[(i + peer) % n->count];
        if (k == NULL || (i > 0 && k == self) || k->is.state != MEMBER_ALIVE || k->is.door.len == 0)
            continue;
        const struct msg row = row_of(n, k, m->ticket);
        say_to(out, ROOM_CLIENTS, peer, &row);
        left--;
    }
    say_to(out, ROOM_CLIENTS, peer, &(struct msg){.kind = MSG_end, .end.ticket = m->ticket});
}

static bool is_due(const struct nodes *n, when_ms now) {
    return n->due != WHEN_NEVER && (n->waiting == 0 || n->due <= now);
}

/* One at a time: the rows of a large cluster for every client at once would be more than a step can say. */
void nodes_wake(struct nodes *n, when_ms now, struct says *out) {
    if (!is_due(n, now))
        return;
    const struct nodes_request first = n->requests[0];
    answer(n, &first, now, out);
    forget(n, 0);
}

when_ms nodes_deadline(const struct nodes *n) {
    return n->due != WHEN_NEVER && n->waiting == 0 ? INT64_MIN : n->due;
}
