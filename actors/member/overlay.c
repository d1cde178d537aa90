#include "actors/member/overlay.h"

#include <stdlib.h>
#include <string.h>

struct stand {
    uint64_t key;
    uint32_t rank; /* in the order of ids: decides between equal keys */
};

static int compare_members(const void *a, const void *b) {
    const struct overlay_member *x = a, *y = b;
    return memcmp(x->id.bytes, y->id.bytes, sizeof x->id.bytes);
}

static int compare_stands(const void *a, const void *b) {
    const struct stand *x = a, *y = b;
    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    return x->rank < y->rank ? -1 : 1;
}

static int position_of(const struct overlay_node *node, uint32_t place) {
    for (uint32_t i = 0; i < node->degree; i++) {
        if (node->neighbours[i] == place)
            return (int)i;
    }
    return -1;
}

bool overlay_linked(const struct overlay *o, uint32_t a, uint32_t b, bool *eager) {
    int position = position_of(&o->nodes[a], b);
    *eager = position >= 0 && (o->nodes[a].eager >> position & 1) != 0;
    return position >= 0;
}

static void mark_eager(struct overlay_node *node, uint32_t place) {
    node->eager |= UINT32_C(1) << position_of(node, place);
}

static void link_pair(struct overlay *o, uint32_t a, uint32_t b, bool eager) {
    struct overlay_node *x = &o->nodes[a], *y = &o->nodes[b];
    if (position_of(x, b) < 0) {
        if (x->degree == NEIGHBOURS_MAX || y->degree == NEIGHBOURS_MAX)
            return;
        x->neighbours[x->degree++] = (uint16_t)b;
        y->neighbours[y->degree++] = (uint16_t)a;
    }
    if (eager) {
        mark_eager(x, b);
        mark_eager(y, a);
    }
}

static bool can_meet(const struct overlay_member *a, const struct overlay_member *b) {
    return a->dialable || b->dialable;
}

/* From the one at `from`, `step` forward (1) or backward (count - 1) until one that it can meet. */
static void link_next(struct overlay *o, const struct stand *ring, uint32_t from, uint32_t step,
                      bool eager) {
    const struct overlay_member *me = &o->members[ring[from].rank];
    for (uint32_t i = (from + step) % o->count; i != from; i = (i + step) % o->count) {
        const struct overlay_member *other = &o->members[ring[i].rank];
        if (can_meet(me, other)) {
            link_pair(o, me->place, other->place, eager);
            return;
        }
    }
}

static void link_ring(struct overlay *o, uint32_t number) {
    struct stand ring[LIMIT_MEMBERS] = {{0}};
    for (uint32_t i = 0; i < o->count; i++)
        ring[i] = (struct stand){.key = o->members[i].ring[number], .rank = i};
    qsort(ring, o->count, sizeof ring[0], compare_stands);
    for (uint32_t i = 0; i < o->count; i++) {
        link_next(o, ring, i, 1, number < EAGER_RINGS);
        link_next(o, ring, i, o->count - 1, number < EAGER_RINGS);
    }
}

static void link_all(struct overlay *o) {
    for (uint32_t i = 0; i < o->count; i++) {
        for (uint32_t j = i + 1; j < o->count; j++) {
            if (can_meet(&o->members[i], &o->members[j]))
                link_pair(o, o->members[i].place, o->members[j].place, false);
        }
    }
}

void overlay_build(struct overlay *o, const struct map *map) {
    memset(o->nodes, 0, map->count * sizeof o->nodes[0]);
    o->count = 0;
    for (uint32_t i = 0; i < map->count; i++) {
        const struct known *k = &map->known[i];
        if (!state_is_counted(k->version.state))
            continue;
        struct overlay_member *member = &o->members[o->count++];
        *member = (struct overlay_member){.id = k->id, .place = i, .dialable = k->dialable};
        memcpy(member->ring, k->ring, sizeof member->ring);
    }
    qsort(o->members, o->count, sizeof o->members[0], compare_members);
    bool mesh = o->count <= OVERLAY_MESH;
    for (uint32_t ring = 0; ring < (mesh ? EAGER_RINGS : MAP_RINGS); ring++)
        link_ring(o, ring);
    if (mesh)
        link_all(o);
}

bool overlay_dials(const struct known *a, const struct known *b) {
    if (!b->dialable || !a->dialable)
        return b->dialable;
    bool smaller = memcmp(a->id.bytes, b->id.bytes, sizeof a->id.bytes) < 0;
    return ((a->ring[0] ^ b->ring[0]) & 1) == (smaller ? 1 : 0);
}

/* SplitMix64's finalizer (Steele, Lea, Flood, OOPSLA'14): the keys are hashes already, their sum needs one stirring. */
static uint64_t stirred(uint64_t x) {
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

bool overlay_heals(const struct map *map, uint32_t place, uint32_t lost) {
    uint64_t mine = stirred(map->known[place].ring[0] + map->known[lost].ring[1]);
    uint32_t better = 0;
    for (uint32_t i = 0; i < map->count && better < 2; i++) {
        const struct known *k = &map->known[i];
        if (i != place && state_is_live(k->version.state))
            better += stirred(k->ring[0] + map->known[lost].ring[1]) > mine;
    }
    return better < 2;
}
