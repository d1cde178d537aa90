/* peers_says - what the PEERS port tells member. */
#ifndef ZYG_PEERS_SAYS_H
#define ZYG_PEERS_SAYS_H

#include "actors/kit/board.h"
#include "proto/edge.h"

void peers_say_up(struct board *board, uint32_t edge, const uint8_t curve[32],
                  const struct endpoint *peer);
void peers_say_down(struct board *board, uint32_t edge, enum edge_end why);

/* Passes on what came over an edge. False: it is nothing that a node says to another one over an edge. */
bool peers_say_heard(struct board *board, uint32_t edge, struct span frame);

/* One line for people of what was turned away: once for an address, of the first REFUSED_MAX of them. NULL: whose address
 * nobody knows. */
enum { REFUSED_MAX = 64 };
struct peers_refused {
    uint32_t count;
    uint8_t address[REFUSED_MAX][16];
};
void peers_say_refused(struct board *board, struct peers_refused *told, const struct endpoint *peer,
                       const char *why);

/* Whether a node says such a message to another one over an edge. */
bool peers_say_knows(enum msg_kind kind);

#endif
