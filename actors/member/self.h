/* self - this node's own record: what it says of itself, and how it answers what others say of it. */
#ifndef ZYG_MEMBER_SELF_H
#define ZYG_MEMBER_SELF_H

#include "actors/member/state.h"

void self_begin(struct member *m);
void self_farewell(struct member *m, const struct msg_farewell *farewell, struct says *out);
/* Somebody holds this version of this node, or says so: the next one is above it. A verdict costs the vouches unless it is
 * doubted (doubt.h). */
void self_refute(struct member *m, const struct version *claim, bool doubted);
/* A verdict is about a later life than this one, and there were many of those: it is not risen above. A node whose store was
 * lost hears of its earlier life so; a liar could have it begin anew all the time. */
bool self_has_risen_enough(struct member *m, const struct version *claim);
/* This node's key has signed a record that this life did not make (`r`, proved): an earlier life's, or a node's with a copy of
 * the state folder. An earlier life answers nothing; who names this life's generation lives beside it. */
void self_other_life(struct member *m, const struct msg_member_record *r);
/* A vouch for this node's present incarnation, signature checked. */
void self_vouched(struct member *m, const struct msg *vouch, uint32_t observer);
void self_tick(struct member *m, struct says *out);
/* True: another life with this key was there before this one, which is over now. */
bool self_gives_way(struct member *m, struct says *out);

#endif
