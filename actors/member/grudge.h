/* grudge - what another node may cost this one, and what follows when it costs more or says what no node says.
 *
 * A member has a certificate and may be in somebody else's hands all the same. What it says is priced by what it costs here to
 * hear it: an edge has SAVINGS_MAX units at most, and as many when it is new, and earns EARNED_SECOND of them each second,
 * which is many times what honest nodes need (2 beats a second in all, a lease and its end for each trial, bundles as fast
 * as a disk takes them), the backlog of a node that stood still included. Who overdraws, or is refused for another reason,
 * loses its edge, and is neither let in nor dialled for a while: 1 s, and twice as long for every further time, up to 5 min,
 * until it has behaved for half an hour. Others, who do the same, find that it does not answer: it becomes UNREACHABLE, then
 * DEAD.
 * Bound    a unit is a microsecond or two of what this room does: a few hundredths of a core for what an edge says, and as much
 *          for what it brings of others; four times that while a member begins a new edge every second. Not in it: decrypting,
 *          and what other rooms do with a message that makes sense. Bundles have a price by their bytes only; facts verifies
 *          their signatures and keeps them.
 * Answers  what this node says a node may answer at no price: a lease brings an end, an end brings another lease, so trials
 *          are given out and come back as fast as both sides can. A lease that is refused (`ended`, lost) brings nothing:
 *          else a flood of them would pay for itself.
 * Carried  what an edge brings that is not for this node, or not of the one who brought it, costs each on the way the same, and
 *          what is too much is dropped; of its own purse whoever brought it pays only for the reading of what is dropped. A
 *          lease and its end cost no more than that reading. A node asks no edge for more than it takes at the other end, of
 *          its own or of others: so nobody is shut out for what others want passed on. Each edge has purses of its own: what
 *          one brings takes nothing from another, but who fills a way does so for all that go it.
 * Knocks   a member's key may begin KNOCKS_MAX edges at once and one a second on the long run; what is beyond that is closed
 *          unheard. Strangers' keys are counted where they are let in (guard/mesh_keys.h).
 * Blame    a room that was told by a member what no node says (bundles that are not signed) says `blame`; it counts only when
 *          the member's own edge leads here, and has been well for BLAME_MS: before, what came over others was believed to be
 *          its own (carry.h), and whoever passed it on may have written it. A member that is never well for so long is not
 *          blamed, but others find that it is not.
 * Memory   GRUDGES_MAX keys, of members only, those that only begin an edge included. A new one takes the place of the oldest
 *          that was never shut out or is forgiven, else of one that is let in again, and only when all are shut out of one
 *          of those.
 * Notes    people hear of a refused key once in NOTED_MS, and of no more than NOTES_MAX of them at once and one a minute after
 *          that, strangers included; a line says how many were left out.
 */
#ifndef ZYG_MEMBER_GRUDGE_H
#define ZYG_MEMBER_GRUDGE_H

#include "actors/member/state.h"

/* What hearing this takes. */
uint32_t grudge_price(const struct msg *msg);
/* What unwrapping this takes. */
uint32_t grudge_price_reading(const struct msg_carry *carry);
/* What passing it on takes, and hearing it at the end: the same for all on the way. */
uint32_t grudge_price_carried(const struct msg_carry *carry, const struct msg *msg);
/* False: it has said more than any node does. */
bool grudge_charge(struct member *m, uint32_t edge, uint32_t price);

/* This was said to the node at this place of the map. */
void grudge_expect(struct member *m, uint32_t place, const struct msg *said);

/* What an edge brought that is not for this node, or not of the one who brought it. False: too much, it is to be dropped. */
bool grudge_takes_carried(struct member *m, uint32_t edge, uint32_t price);
/* The other side of that: what this node wants to have passed on by whoever is at this edge. */
bool grudge_may_ask(struct member *m, uint32_t edge, uint32_t price);

/* Who is at the other end of what was this edge said such a message and may not, or no more: a line for people, and it loses
 * the edge, if it still has it. A member that was let in, or makes no sense, is shut out for a while. */
void grudge_refuse(struct member *m, const struct edge *e, enum msg_kind kind, struct says *out);
/* The node with this key said what is no message at all: it is shut out for a while, if it is a member's. */
void grudge_bear(struct member *m, const uint8_t curve[32]);
/* Until when this key is shut out; 0: it is not. */
when_ms grudge_until(const struct member *m, const uint8_t curve[32]);
/* An edge that was begun with this key. False: not now. */
bool grudge_admits(struct member *m, const uint8_t curve[32]);

/* A room was told by this member what no node says, so often. */
void grudge_blame(struct member *m, uint32_t peer, uint64_t count, struct says *out);

#endif
