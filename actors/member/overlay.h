/* overlay - who is whose neighbour: K = 8 rings, each a circle of the members in the order of a hash of their ids; a node's
 * neighbours are the one before and the one after it on each ring. Up to 17 members everybody is everybody's neighbour.
 *
 * A function of the set of members alone, so equal maps make equal overlays. (Membership: a union of eight random circles
 * stays in one piece when half of a thousand nodes vanish.)
 *
 * Dialling of two that accept no connections neither can begin: the next one on the ring takes the place. That is why a node
 *          that does accept may have more than 16 neighbours; never more than NEIGHBOURS_MAX, the first ones by ring.
 * Eager    neighbours on rings 0 and 1: they forward at once.
 */
#ifndef ZYG_MEMBER_OVERLAY_H
#define ZYG_MEMBER_OVERLAY_H

#include "actors/member/map.h"

enum { OVERLAY_MESH = 17, NEIGHBOURS_MAX = 24, EAGER_RINGS = 2 };

struct overlay_member {
    struct node_id id;
    uint64_t ring[MAP_RINGS];
    uint32_t place;
    bool dialable;
};

struct overlay_node {
    uint32_t degree;
    uint32_t eager;                      /* bits, by position */
    uint16_t neighbours[NEIGHBOURS_MAX]; /* places */
};

struct overlay {
    uint32_t count;
    struct overlay_member members[LIMIT_MEMBERS]; /* by id */
    struct overlay_node nodes[LIMIT_MEMBERS];     /* by place */
};

/* Of the members that are ALIVE, LEAVING or UNREACHABLE in the map. */
void overlay_build(struct overlay *o, const struct map *map);
bool overlay_linked(const struct overlay *o, uint32_t a, uint32_t b, bool *eager);

/* Does a dial b? One that cannot be dialled dials; else a bit of both decides, alike on both sides. */
bool overlay_dials(const struct known *a, const struct known *b);
/* Rendezvous: is `place` among the two living members that have the duty to look for the lost one? */
bool overlay_heals(const struct map *map, uint32_t place, uint32_t lost);

#endif
