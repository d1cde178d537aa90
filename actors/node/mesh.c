#include "actors/node/mesh.h"

#include "actors/leader/leader.h"
#include "actors/member/member.h"
#include "actors/node/address.h"
#include "proto/base/check.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PAGE = 4096 };

static size_t member_room(void) {
    return (member_size() + PAGE - 1) / PAGE * PAGE;
}

size_t mesh_memory(void) {
    return member_room() + leader_size();
}

/* ---- seating ---- */

static void put_seeds(struct member_config *member, const struct admission *node) {
    _Static_assert(0 + MEMBER_SEEDS_MAX >= 0 + TOKEN_SEEDS_MAX, "every seed of a token");
    for (uint32_t i = 0; i < node->seeds_count; i++) {
        struct member_seed *seed = &member->seeds[member->seeds_count++];
        snprintf(seed->endpoint, sizeof seed->endpoint, "%s", node->seeds[i].endpoint);
        memcpy(seed->curve, node->seeds[i].curve, sizeof seed->curve);
    }
}

static void seat_rooms(struct board *board, const struct node_setup *setup, const char *door,
                       uint8_t *memory) {
    const struct admission *node = &setup->cluster.node;
    struct member_config member = {.signer = setup->keys.signer,
                                   .generation_nonce = randombytes_random(),
                                   .certificate_len = node->certificate_len,
                                   .slots = setup->slots,
                                   .flags = MEMBER_STORES | MEMBER_ELIGIBLE};
    const struct leader_config leader = {
        .self = setup->keys.signer.id, .slots = setup->slots, .flags = member.flags};
    randombytes_buf(&member.seed, sizeof member.seed);
    memcpy(member.cluster, setup->cluster.key, sizeof member.cluster);
    memcpy(member.certificate, node->certificate, node->certificate_len);
    memcpy(member.curve, setup->keys.curve_public, sizeof member.curve);
    snprintf(member.endpoint, sizeof member.endpoint, "%s", setup->door.mesh);
    snprintf(member.door, sizeof member.door, "%s", door);
    snprintf(member.name, sizeof member.name, "%s", setup->name);
    put_seeds(&member, node);
    const struct core cores[] = {member_core(member_init(memory, &member)),
                                 leader_core(leader_init(memory + member_room(), &leader))};
    for (size_t i = 0; i < sizeof cores / sizeof cores[0]; i++)
        board_seat_core(board, &cores[i]);
    sodium_memzero(&member, sizeof member);
}

/* Any port is first the one where others look for it. NULL: setup->err. */
static struct peers_port *listen_for_peers(struct board *board, struct node_setup *setup) {
    char any[ENDPOINT_BYTES_MAX], same[ENDPOINT_BYTES_MAX];
    struct peers_port *peers = NULL;
    struct err ignored;
    bool moves = setup->mesh_moves && address_any_port(setup->mesh, any);
    if (address_with_port_of(moves ? any : setup->mesh, setup->before.mesh, same))
        peers = peers_port_new(board, &setup->keys, same, &ignored);
    if (peers == NULL)
        peers = peers_port_new(board, &setup->keys, setup->mesh, moves ? &ignored : &setup->err);
    if (peers == NULL && moves)
        peers = peers_port_new(board, &setup->keys, any, &setup->err);
    return peers;
}

bool mesh_open(struct mesh *m, struct board *board, struct node_setup *setup, const char *door,
               void *memory) {
    m->zap = setup->zap;
    m->peers = listen_for_peers(board, setup);
    if (m->peers == NULL)
        return false;
    if (!address_for_others(peers_port_endpoint(m->peers), setup->door.mesh))
        return err_set(&setup->err, ERR_SYSTEM, "the address '%s' is too long", setup->mesh);
    const struct port port = peers_port_seat(m->peers);
    board_seat_port(board, &port);
    seat_rooms(board, setup, door, memory);
    return true;
}

/* ---- waiting ---- */

int mesh_fd(const struct mesh *m) {
    return m->peers != NULL ? peers_port_fd(m->peers) : -1;
}

bool mesh_look(const struct mesh *m) {
    return m->peers != NULL && peers_port_look(m->peers);
}

void mesh_ready(struct mesh *m) {
    if (m->peers != NULL)
        peers_port_ready(m->peers);
}

/* ---- the machine ---- */

when_ms mesh_due(const struct mesh *m) {
    if (m->peers == NULL)
        return WHEN_NEVER;
    return m->load.begun ? m->load.at + LOAD_EVERY_MS : INT64_MIN;
}

void mesh_wake(struct mesh *m, struct board *board, when_ms now) {
    if (mesh_due(m) > now)
        return;
    const struct load_sample sample = load_read();
    if (load_changed(&m->load, &sample, (uint64_t)sysconf(_SC_CLK_TCK), now))
        board_post(board, ROOM_NODE, 0, &(struct msg){.kind = MSG_load, .load.busy = m->load.said});
}

/* ---- members ---- */

void mesh_know(const struct mesh *m, const struct msg_node_known *known) {
    bool here = known->state >= MEMBER_ALIVE && known->state <= MEMBER_UNREACHABLE;
    if (m->peers != NULL && known->curve.len == CURVE_KEY_BYTES)
        zap_actor_know(m->zap, known->curve.data, here);
}

void mesh_close(struct mesh *m) {
    peers_port_destroy(&m->peers);
}
