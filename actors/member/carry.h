/* carry - messages for other nodes, over as few edges as the overlay needs: whoever is on the way passes them on.
 *
 * The way is computed, not learned: the shortest one that begins with an edge which is there, through the overlay that the
 * map implies. What cannot be delivered is dropped; who needs an answer asks again.
 *
 * Looks    whoever passes a message on looks whether it is one that nodes carry, does not send it back where it came from, nor
 *          in its own name, and keeps to what the next one takes (grudge.h). What is not so is dropped. A node answers for
 *          what it says of its own to this one, not for what it passes on: it has verified no signature in it.
 * Sender   of a message that came over others is what they wrote on it; it is dropped when it names a neighbour whose own
 *          edge is well, which would have used that one, or names anybody else on its first hop. What member itself hears
 *          so is signed, but for `check`, which only makes it look.
 *          On an edge of a life that is not the one known here nothing is believed of its own: two nodes with one key,
 *          or a life that is over, are not taken for each other.
 */
#ifndef ZYG_MEMBER_CARRY_H
#define ZYG_MEMBER_CARRY_H

#include "actors/member/state.h"

enum {
    VIA_NONE = LIMIT_EDGES,
    SETTLED_MS = 2000 /* after which both sides of an edge take it for the way */
};

/* A message of the member room: straight over an edge when there is one. */
void carry_say(struct member *m, uint32_t place, const struct msg *msg, struct says *out);
/* What a room of this node said to ROOM_MEMBER for node `peer`. */
void carry_room(struct member *m, uint32_t peer, const struct msg *msg, struct says *out);
/* From an edge. False: it is no message that a node may send. */
bool carry_heard(struct member *m, uint32_t edge, const struct msg_carry *carry, struct says *out);

#endif
