/* dial - whom this node dials and when (the rules stand in edges.h). */
#ifndef ZYG_MEMBER_DIAL_H
#define ZYG_MEMBER_DIAL_H

#include "actors/member/state.h"

/* A free edge; the least wanted goes for it; -1: none. */
int32_t edges_take(struct member *m, struct says *out);
void dial_failed(struct member *m, int32_t place, int32_t seed, enum edge_end why);
void dial_tick(struct member *m, struct says *out);

#endif
