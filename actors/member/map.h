/* map - the member records a node knows, one of each member, and their order.
 *
 * Holds    of two records of one member the greater stays: (generation, incarnation, state), and of two equal ones the
 *          greater bytes, so that merging is a maximum: commutative, associative, idempotent. Equal sets of records make
 *          equal sums, however they came.
 * Place    of a member is its place in `known`; its peer number says place and how often that was given, so no number is
 *          ever given to two members. Place 0 is this node. Who loses its place was told as DEAD or LEFT before (node_known),
 *          so other rooms may forget those as they like, and need no word of it.
 * Full     a living member takes the place of one that is DEAD or LEFT, the greatest id first; of those that are gone the
 *          smallest ids are remembered, on every node the same. Without such a place it is refused.
 * Memory   the caller's; a record takes at most RECORD_BYTES_MAX. Records are trusted here: proof.h looks at them first.
 */
#ifndef ZYG_MEMBER_MAP_H
#define ZYG_MEMBER_MAP_H

#include "actors/member/member.h"

enum {
    RECORD_BYTES_MAX = 4096,
    MAP_RINGS = 8,
    MAP_INDEX = 2 * LIMIT_MEMBERS,
    EDGE_NONE = -1,
};

/* No incarnation of a member that has not left is as high: after LEFT nothing can follow in a generation. */
#define INCARNATION_LAST UINT32_MAX

struct version {
    uint64_t generation;
    uint64_t incarnation;
    enum member_state state;
};

struct known {
    bool used;
    struct node_id id;
    struct version version;
    uint32_t peer;
    uint32_t flags;
    bool dialable; /* its record has an endpoint */
    bool proven;   /* its record carries vouches, for this incarnation: */
    uint64_t vouched;
    uint64_t convicted; /* incarnations below it were UNREACHABLE or DEAD in this generation */
    uint8_t curve[32];
    uint64_t ring[MAP_RINGS]; /* where it stands on every ring: a hash of its id */
    uint64_t fingerprint;
    size_t len;
    /* Bits of edges: which are still to be told this record, and which have said it themselves. */
    uint32_t owed, told_by;
    when_ms since; /* its version was learned */
};

struct map {
    uint32_t count; /* places that were ever used */
    uint64_t sum;   /* of all fingerprints */
    uint32_t times[LIMIT_MEMBERS];
    int32_t index[MAP_INDEX];
    struct known known[LIMIT_MEMBERS];
    uint8_t bytes[LIMIT_MEMBERS][RECORD_BYTES_MAX];
};

enum merged {
    MERGED_LESS, /* what is known is greater */
    MERGED_SAME, /* byte for byte */
    MERGED_NEWS, /* it was kept */
    MERGED_JOINED /* it was kept, of a member that was not known */,
    MERGED_FULL /* it could not be kept: no place, or too long */
};

void map_init(struct map *map);
int version_compare(const struct version *a, const struct version *b);
struct version version_of(const struct msg_member_record *r);
int32_t map_find(const struct map *map, const struct node_id *id); /* place, or -1 */
int32_t map_place(const struct map *map, uint32_t peer);           /* likewise */
/* What merging it would answer, without doing it. */
enum merged map_compare(const struct map *map, const struct msg_member_record *r, int32_t *place);
enum merged map_merge(struct map *map, const struct msg_member_record *r, when_ms now,
                      int32_t *place);
/* Spans point into the map, until the next merge of that member. */
struct msg_member_record map_record(const struct map *map, uint32_t place);
struct span map_bytes(const struct map *map, uint32_t place);
/* Of the members at places from .. to - 1; of all of them the sum, too. */
void map_check(const struct map *map, uint32_t from, uint32_t to);

bool state_is_live(enum member_state state);    /* ALIVE, LEAVING */
bool state_is_counted(enum member_state state); /* has a place in the overlay: UNREACHABLE too */
/* May be given work, may lead, counts as a holder: ALIVE, and vouched for since it was last convicted. */
bool known_is_active(const struct known *k);

#endif
