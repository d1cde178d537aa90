#include "actors/gateway/nodes.h"

#include <string.h>

static struct span keep(char out[NODES_TEXT_BYTES], struct span text) {
    size_t len = text.len < NODES_TEXT_BYTES ? text.len : NODES_TEXT_BYTES;
    if (len > 0)
        memcpy(out, text.data, len);
    return span_of(out, len);
}

/* A member keeps its number; a new one takes the next place. */
static struct known_node *place_of(struct nodes *n, uint64_t peer) {
    for (uint32_t i = 0; i < n->count; i++) {
        if (n->items[i].is.peer == peer)
            return &n->items[i];
    }
    return n->count < LIMIT_MEMBERS ? &n->items[n->count++] : NULL;
}

void nodes_known(struct nodes *n, const struct msg_node_known *known) {
    struct known_node *k = place_of(n, known->peer);
    if (k == NULL)
        return;
    k->is = *known;
    k->is.name = keep(k->name, known->name);
    k->is.endpoint = keep(k->endpoint, known->endpoint);
    k->is.door = keep(k->door, known->door);
    k->is.domain = keep(k->domain, known->domain);
    k->is.curve = (struct span){0};
}

void nodes_lead(struct nodes *n, const struct msg_lead *lead) {
    n->term = lead->term;
    n->leader = lead->leader;
}

void nodes_list(const struct nodes *n, uint32_t peer, uint64_t ticket, struct says *out) {
    for (uint32_t i = 0; i < n->count; i++) {
        const struct msg_node_known *is = &n->items[i].is;
        const bool leads = n->term > 0 && node_id_equal(&n->leader, &is->node);
        say_to(out, ROOM_CLIENTS, peer,
               &(struct msg){.kind = MSG_node_row,
                             .node_row = {.ticket = ticket,
                                          .node = is->node,
                                          .self = is->peer == 0,
                                          .state = is->state,
                                          .active = is->active,
                                          .leads = leads,
                                          .neighbour = is->neighbour,
                                          .rtt_us = is->rtt_us,
                                          .slots = is->slots,
                                          .name = is->name,
                                          .endpoint = is->endpoint,
                                          .door = is->door,
                                          .domain = is->domain}});
    }
    say_to(out, ROOM_CLIENTS, peer, &(struct msg){.kind = MSG_end, .end.ticket = ticket});
}
