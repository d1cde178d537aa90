#include "actors/member/map.h"

#include "proto/base/check.h"
#include "proto/base/mp.h"

#include <sodium.h>
#include <string.h>

bool state_is_live(enum member_state state) {
    return state == MEMBER_ALIVE || state == MEMBER_LEAVING;
}

bool state_is_counted(enum member_state state) {
    return state_is_live(state) || state == MEMBER_UNREACHABLE;
}

bool known_is_active(const struct known *k) {
    return k->version.state == MEMBER_ALIVE && k->proven && k->vouched >= k->convicted;
}

/* ---- order ---- */

static int compare_numbers(uint64_t a, uint64_t b) {
    return (a > b) - (a < b);
}

int version_compare(const struct version *a, const struct version *b) {
    int order = compare_numbers(a->generation, b->generation);
    if (order == 0)
        order = compare_numbers(a->incarnation, b->incarnation);
    return order != 0 ? order : compare_numbers((uint64_t)a->state, (uint64_t)b->state);
}

struct version version_of(const struct msg_member_record *r) {
    return (struct version){.generation = r->generation,
                            .incarnation = r->incarnation,
                            .state = (enum member_state)r->state};
}

/* ---- places ---- */

void map_init(struct map *map) {
    for (uint32_t i = 0; i < MAP_INDEX; i++)
        map->index[i] = -1;
}

static uint32_t index_home(const struct node_id *id) {
    return (uint32_t)(read_be64(id->bytes) % MAP_INDEX);
}

int32_t map_find(const struct map *map, const struct node_id *id) {
    for (uint32_t i = index_home(id); map->index[i] >= 0; i = (i + 1) % MAP_INDEX) {
        if (node_id_equal(&map->known[map->index[i]].id, id))
            return map->index[i];
    }
    return -1;
}

static void index_put(struct map *map, uint32_t place) {
    uint32_t i = index_home(&map->known[place].id);
    while (map->index[i] >= 0)
        i = (i + 1) % MAP_INDEX;
    map->index[i] = (int32_t)place;
}

int32_t map_place(const struct map *map, uint32_t peer) {
    uint32_t place = peer % LIMIT_MEMBERS;
    const struct known *k = &map->known[place];
    return k->used && k->peer == peer ? (int32_t)place : -1;
}

/* The one that is gone and has the greatest id; -1: all live. */
static int32_t least_worthy(const struct map *map) {
    int32_t least = -1;
    for (uint32_t i = 1; i < map->count; i++) {
        const struct known *k = &map->known[i];
        if (state_is_counted(k->version.state))
            continue;
        if (least < 0 || memcmp(k->id.bytes, map->known[least].id.bytes, NODE_ID_BYTES) > 0)
            least = (int32_t)i;
    }
    return least;
}

/* The place for a record of an unknown member; -1: there is none. */
static int32_t place_for(const struct map *map, const struct msg_member_record *r) {
    if (map->count < LIMIT_MEMBERS)
        return (int32_t)map->count;
    int32_t least = least_worthy(map);
    bool gone = !state_is_counted((enum member_state)r->state);
    if (least >= 0 && gone && memcmp(r->node.bytes, map->known[least].id.bytes, NODE_ID_BYTES) > 0)
        return -1;
    return least;
}

static void settle(struct map *map, uint32_t place, const struct node_id *id) {
    struct known *k = &map->known[place];
    bool taken = k->used;
    map->sum -= k->fingerprint;
    *k = (struct known){.used = true, .id = *id};
    k->peer = place + map->times[place]++ * LIMIT_MEMBERS;
    uint8_t hash[MAP_RINGS * 8];
    crypto_generichash(hash, sizeof hash, id->bytes, sizeof id->bytes, NULL, 0);
    for (uint32_t ring = 0; ring < MAP_RINGS; ring++)
        k->ring[ring] = read_be64(hash + (size_t)8 * ring);
    if (place == map->count)
        map->count++;
    if (!taken) {
        index_put(map, place);
        return;
    }
    map_init(map); /* the index: entries cannot be taken out of it one by one */
    for (uint32_t i = 0; i < map->count; i++)
        index_put(map, i);
}

/* ---- records ---- */

/* The bytes a record is kept and compared in are our own encoding of it, so nothing depends on how it came. */
static bool encode(const struct msg_member_record *r, struct buf *out) {
    const struct msg m = {.kind = MSG_member_record, .member_record = *r};
    return msg_encode(&m, out);
}

struct span map_bytes(const struct map *map, uint32_t place) {
    return span_of(map->bytes[place], map->known[place].len);
}

struct msg_member_record map_record(const struct map *map, uint32_t place) {
    struct msg m;
    struct err err;
    ensure(msg_decode(&m, map_bytes(map, place), &err) && m.kind == MSG_member_record);
    return m.member_record;
}

static enum merged compare_bytes(const struct map *map, const struct msg_member_record *r,
                                 struct span bytes, int32_t *place) {
    const struct version version = version_of(r);
    *place = map_find(map, &r->node);
    if (*place < 0) {
        *place = place_for(map, r);
        return *place < 0 ? MERGED_FULL : MERGED_JOINED;
    }
    int order = version_compare(&version, &map->known[*place].version);
    if (order == 0)
        order = span_compare(bytes, map_bytes(map, (uint32_t)*place));
    return order == 0 ? MERGED_SAME : order < 0 ? MERGED_LESS : MERGED_NEWS;
}

enum merged map_compare(const struct map *map, const struct msg_member_record *r, int32_t *place) {
    uint8_t memory[RECORD_BYTES_MAX];
    struct buf bytes = buf_of(memory, sizeof memory);
    *place = -1;
    return encode(r, &bytes) ? compare_bytes(map, r, buf_view(&bytes), place) : MERGED_FULL;
}

/* Of a member's own record: for which incarnation the vouches in it are. */
static void read_vouches(struct known *k, const struct msg_member_record *r) {
    struct mp in = mp_of(r->evidence);
    struct msg m;
    struct err err;
    k->proven = state_is_live(k->version.state) && r->evidence.len > 0 &&
                msg_decode(&m, mp_bin(&in), &err) && m.kind == MSG_vouch;
    k->vouched = k->proven ? m.vouch.incarnation : 0;
}

static void take_over(struct known *k, const struct msg_member_record *r, when_ms now) {
    const struct version version = version_of(r);
    bool verdict = version.state == MEMBER_UNREACHABLE || version.state == MEMBER_DEAD;
    if (version.generation != k->version.generation)
        k->convicted = 0;
    if (verdict)
        k->convicted = version.incarnation + 1;
    if (version_compare(&version, &k->version) != 0)
        k->since = now;
    k->version = version;
    k->flags = (uint32_t)r->flags;
    k->dialable = r->endpoint.len > 0;
    memcpy(k->curve, r->curve.data, sizeof k->curve);
    read_vouches(k, r);
}

enum merged map_merge(struct map *map, const struct msg_member_record *r, when_ms now,
                      int32_t *place) {
    uint8_t memory[RECORD_BYTES_MAX], hash[16];
    struct buf bytes = buf_of(memory, sizeof memory);
    ensure(r->curve.len == sizeof map->known[0].curve); /* proof.h has looked */
    *place = -1;
    if (!encode(r, &bytes))
        return MERGED_FULL;
    enum merged merged = compare_bytes(map, r, buf_view(&bytes), place);
    if (merged != MERGED_NEWS && merged != MERGED_JOINED)
        return merged;
    if (merged == MERGED_JOINED)
        settle(map, (uint32_t)*place, &r->node);
    struct known *k = &map->known[*place];
    take_over(k, r, now);
    memcpy(map->bytes[*place], bytes.data, bytes.len);
    k->len = bytes.len;
    map->sum -= k->fingerprint;
    crypto_generichash(hash, sizeof hash, bytes.data, bytes.len, NULL, 0);
    k->fingerprint = read_be64(hash);
    map->sum += k->fingerprint;
    return merged;
}

void map_check(const struct map *map, uint32_t from, uint32_t to) {
    uint64_t sum = 0;
    ensure(map->count <= LIMIT_MEMBERS && to <= map->count);
    for (uint32_t i = from; i < to; i++) {
        const struct known *k = &map->known[i];
        ensure(k->used && k->peer % LIMIT_MEMBERS == i);
        ensure(map_find(map, &k->id) == (int32_t)i);
        ensure(k->len > 0 && k->len <= RECORD_BYTES_MAX);
        ensure(k->version.state != MEMBER_LEFT || k->version.incarnation == INCARNATION_LAST);
        sum += k->fingerprint;
    }
    ensure(to - from < map->count || sum == map->sum);
}
