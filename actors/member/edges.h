/* edges - connections to other members: dialling, greeting, beats, round trips, which of two stays, which is let go.
 *
 * Who dials is decided by overlay_dials; after TURN_MS without an edge the other side tries too, and whoever wants to know
 * what became of a broken edge dials at once. A failed dial is repeated with full jitter over 250 ms, doubling to 15 s; a
 * lost (DEAD) member is looked for over 1 s, doubling to 60 s, then every 4 to 5 minutes without end; seeds are dialled while
 * there is no edge at all, and every 30 to 60 s those whose key is no living member's. A seed whose machine refuses is just
 * not up yet: asking it is cheap and goes on every 200 to 400 ms for some minutes.
 */
#ifndef ZYG_MEMBER_EDGES_H
#define ZYG_MEMBER_EDGES_H

#include "actors/member/state.h"

int32_t edges_find(const struct member *m, uint64_t number); /* -1: no such edge */
void edges_up(struct member *m, const struct msg_edge_up *up, struct says *out);
void edges_down(struct member *m, const struct msg_edge_down *down, struct says *out);
/* Ends it here and tells PEERS; nobody is suspected for it. */
void edges_close(struct member *m, uint32_t edge, struct says *out);
/* Ends one whose other side makes no sense or may not speak; it is not dialled again at once. */
void edges_refuse(struct member *m, uint32_t edge, struct says *out);
/* False: the other side is no member, or makes no sense; then `complaint` says why. */
bool edges_greeted(struct member *m, uint32_t edge, const struct msg_greet *greet,
                   struct says *out);
void edges_beat(struct member *m, uint32_t edge, const struct msg_beat *beat);
void edges_probe_ack(struct member *m, uint32_t edge, uint64_t nonce);
void edges_heard(struct member *m, uint32_t edge, struct says *out); /* anything at all */
void edges_probe(struct member *m, uint32_t edge, struct says *out);
/* This node was late itself: nobody else is to blame for that time. */
void edges_shift(struct member *m, dur_ms late);
void edges_tick(struct member *m, struct says *out);
void edges_check(const struct member *m, uint32_t from, uint32_t to); /* places, as map_check */

#endif
