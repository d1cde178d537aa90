#include "actors/peers/peers_says.h"

#include <stdio.h>
#include <string.h>

void peers_say_up(struct board *board, uint32_t edge, const uint8_t curve[32],
                  const struct endpoint *peer) {
    char address[ADDRESS_TEXT_BYTES];
    endpoint_address(peer, address);
    board_post(
        board, ROOM_PEERS, edge,
        &(struct msg){
            .kind = MSG_edge_up,
            .edge_up = {.edge = edge, .curve = span_of(curve, 32), .address = span_text(address)}});
}

void peers_say_down(struct board *board, uint32_t edge, enum edge_end why) {
    board_post(board, ROOM_PEERS, edge,
               &(struct msg){.kind = MSG_edge_down, .edge_down = {.edge = edge, .why = why}});
}

void peers_say_refused(struct board *board, struct peers_refused *told, const struct endpoint *peer,
                       const char *why) {
    static const struct endpoint unknown = {.port = 0};
    char address[ADDRESS_TEXT_BYTES], text[256];
    const char *at = peer != NULL ? " at " : "";
    peer = peer != NULL ? peer : &unknown;
    for (uint32_t i = 0; i < told->count; i++) {
        if (memcmp(told->address[i], peer->address, sizeof peer->address) == 0)
            return;
    }
    if (told->count == REFUSED_MAX)
        return;
    memcpy(told->address[told->count++], peer->address, sizeof peer->address);
    endpoint_address(peer, address);
    snprintf(text, sizeof text, "somebody%s%s was refused: %s", at, at[0] != '\0' ? address : "",
             why);
    board_post(board, ROOM_PEERS, 0, &(struct msg){.kind = MSG_note, .note.text = span_text(text)});
}

/* The others of messages.def would be believed: they are this node's own. */
bool peers_say_knows(enum msg_kind kind) {
    switch (kind) {
    case MSG_greet:
    case MSG_beat:
    case MSG_records:
    case MSG_check:
    case MSG_accuse:
    case MSG_vouch:
    case MSG_probe:
    case MSG_probe_ack:
    case MSG_carry: return true;
    default: return false;
    }
}

bool peers_say_heard(struct board *board, uint32_t edge, struct span frame) {
    struct msg m;
    struct err err;
    if (!msg_decode(&m, frame, &err) || !peers_say_knows(m.kind))
        return false;
    board_post_to(board, ROOM_MEMBER, ROOM_PEERS, edge, &m);
    return true;
}
