/* remember - what this node keeps of the cluster over its own death: how often it has begun, and whom it has met.
 *
 * Rows     of table members, by id: the member's certificate, key and endpoint, whether it was gone (DEAD or LEFT) when it was
 *          last heard of, and when that was. This node's own row counts its boots.
 * Boots    are read, raised and synced before the node says a word (remember_step is true once): so no two lives of a node
 *          have the same generation, and the later one is the greater.
 * Use      a remembered endpoint is a seed like one of a token, a remembered certificate is not refused for its age: a cluster
 *          that was switched off finds itself again when its tokens are old and its first node is gone. What is remembered
 *          is nobody's record: a member is in the map only when it was heard in this life.
 * Gone     since when is told by the row of an earlier life, too: a node that begins anew does not take for new what it knew.
 * Bounds   LIMIT_MEMBERS are remembered; of more, those that have been gone for longest are forgotten, and so is who had been
 *          gone for FORGET_MS when the node last wrote (a cluster that is switched off does not age).
 * Errors   a disk that refuses is asked again, after pauses from 100 ms to 10 s; people are told once. Until it has kept
 *          the boot the node stays out of the cluster. Rows that make no sense are counted and skipped.
 */
#ifndef ZYG_REMEMBER_H
#define ZYG_REMEMBER_H

#include "actors/member/state.h"

void remember_begin(struct member *m, struct says *out);
/* An event before the node is up. True: now it may begin. */
bool remember_step(struct member *m, const struct event *event, struct says *out);

/* The same once it is up: answers of the store. */
void remember_hear(struct member *m, const struct msg *answer, struct says *out);
void remember_changed(struct member *m, uint32_t place);
/* How long the member at this place has been gone, by the row of an earlier life of this node too; 0: it is not. */
uint64_t remember_gone_ms(const struct member *m, uint32_t place);
void remember_forget(struct member *m, uint32_t place); /* another member takes this place */
void remember_tick(struct member *m, struct says *out);

/* The node takes part no more, and is as if it had not begun: it may end. */
void remember_stop(struct member *m);

bool remember_admitted(const struct member *m, const struct msg_member_record *r);

#endif
