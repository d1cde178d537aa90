/* records - how records travel: heard, judged, passed on once to every edge, compared as a whole.
 *
 * A record crosses each edge at most once in each direction and never back (Enes et al., ICDE'19: no back-propagation, no
 * redundancy), 20 ms after the first that waits, so that what comes together goes together.
 */
#ifndef ZYG_MEMBER_RECORDS_H
#define ZYG_MEMBER_RECORDS_H

#include "actors/member/state.h"

/* The record at this place is new; `from` has it already (EDGE_NONE: nobody has). */
void records_changed(struct member *m, uint32_t place, int32_t from, bool joined);
/* What a record heard on an edge is worth; the place it has in the map, or -1. */
enum proof record_hear(struct member *m, uint32_t edge, const struct msg_member_record *r,
                       int32_t *place);
/* False: nobody who means well says such a thing. */
bool records_hear(struct member *m, uint32_t edge, const struct msg_records *records);
/* This node's own record goes to the edge, which has heard an earlier one in the greeting. From whomever else the other side
 * may have the new one: only what this node itself says on an edge is the life that speaks there (carry.h). */
void records_introduce(struct member *m, uint32_t edge);
/* Everything that is known goes to this edge; the other side answers with what is missing. */
void records_sync(struct member *m, uint32_t edge);
void records_flush(struct member *m, struct says *out);
/* An edge that is gone owes and is owed nothing. */
void records_forget_edge(struct member *m, uint32_t edge);

#endif
