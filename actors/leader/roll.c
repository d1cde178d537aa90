#include "actors/leader/roll.h"

#include "proto/base/check.h"

#include <sodium.h>
#include <string.h>

struct roll_entry *roll_find(struct roll *r, const struct node_id *node) {
    for (uint32_t i = 0; i < r->count; i++) {
        if (node_id_equal(&r->entries[i].node, node))
            return &r->entries[i];
    }
    return NULL;
}

struct roll_entry *roll_peer(struct roll *r, uint32_t peer) {
    for (uint32_t i = 0; i < r->count; i++) {
        if (r->entries[i].peer == peer)
            return &r->entries[i];
    }
    return NULL;
}

static struct roll_entry *place(struct roll *r) {
    if (r->count < LIMIT_MEMBERS)
        return &r->entries[r->count++];
    for (uint32_t i = 0; i < r->count; i++) {
        struct roll_entry *e = &r->entries[i];
        if (e->peer != 0 && !e->reported && (e->state == MEMBER_DEAD || e->state == MEMBER_LEFT))
            return e;
    }
    return NULL;
}

static uint64_t hash_of(const struct node_id *node) {
    uint8_t hash[crypto_generichash_BYTES];
    crypto_generichash(hash, sizeof hash, node->bytes, sizeof node->bytes, NULL, 0);
    return read_be64(hash);
}

struct roll_entry *roll_hear(struct roll *r, const struct msg_node_known *m,
                             struct roll_news *news) {
    struct roll_entry *e = roll_find(r, &m->node);
    *news = (struct roll_news){0};
    if (e == NULL) {
        e = place(r);
        if (e == NULL)
            return NULL;
        *e = (struct roll_entry){
            .node = m->node, .generation = m->generation, .hash = hash_of(&m->node)};
    }
    bool same_life = e->generation == m->generation;
    bool was_well = same_life && roll_is_well(e);
    bool over = m->state == MEMBER_DEAD || m->state == MEMBER_LEFT;
    news->gone = e->reported && (!same_life || over);
    if (news->gone)
        e->reported = false;
    e->gave_up = e->gave_up && same_life;
    e->peer = (uint32_t)m->peer;
    e->generation = m->generation;
    e->state = (enum member_state)m->state;
    e->active = m->active;
    e->neighbour = m->neighbour;
    e->flags = (uint32_t)m->flags;
    e->slots = m->slots;
    e->rtt_us = m->rtt_us;
    news->activated = !was_well && roll_is_well(e);
    return e;
}

bool roll_is_well(const struct roll_entry *e) {
    return e->active && e->state == MEMBER_ALIVE;
}

static bool may_lead(const struct roll_entry *e) {
    return roll_is_well(e) && !e->gave_up && (e->flags & MEMBER_ELIGIBLE) != 0;
}

static bool comes_before(const struct roll_entry *a, const struct roll_entry *b) {
    if (((a->flags ^ b->flags) & MEMBER_STORES) != 0)
        return (a->flags & MEMBER_STORES) != 0;
    if (a->slots != b->slots)
        return a->slots > b->slots;
    if (a->hash != b->hash)
        return a->hash < b->hash;
    return memcmp(a->node.bytes, b->node.bytes, sizeof a->node.bytes) < 0;
}

uint32_t roll_rank(const struct roll *r, const struct roll_entry *self) {
    uint32_t rank = 0;
    for (uint32_t i = 0; i < r->count; i++)
        rank += may_lead(&r->entries[i]) && comes_before(&r->entries[i], self);
    return rank;
}

uint32_t roll_missing(const struct roll *r) {
    uint32_t missing = 0;
    for (uint32_t i = 0; i < r->count; i++) {
        const struct roll_entry *e = &r->entries[i];
        missing += e->peer != 0 && !e->reported && roll_is_well(e);
    }
    return missing;
}

uint32_t roll_others(const struct roll *r) {
    uint32_t others = 0;
    for (uint32_t i = 0; i < r->count; i++)
        others += r->entries[i].peer != 0 && roll_is_well(&r->entries[i]);
    return others;
}

void roll_forget_reports(struct roll *r) {
    for (uint32_t i = 0; i < r->count; i++)
        r->entries[i].reported = false;
}
