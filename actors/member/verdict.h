/* verdict - who is suspected, who says so, and when that is enough.
 *
 * A look at a member lasts W2 = max(1.5 s, 3 x the edge's own lateness), at most 5 s: who hears it meanwhile vouches for it,
 * who does not accuses it; a refused dial ends the look at once. What observers say of one incarnation is its *suit*; a
 * statement stands for 5 s. Only a node that itself accuses pronounces, by the rule in member.h.
 * A node that accused in vain (others vouch, or the member has refuted it) has a broken edge, not a broken member: for ten
 * minutes it accuses that one only when another observer asks it to look, or when it was heard in between.
 */
#ifndef ZYG_MEMBER_VERDICT_H
#define ZYG_MEMBER_VERDICT_H

#include "actors/member/state.h"

/* ---- the rules, as plain numbers ---- */
uint32_t verdict_quorum(uint32_t live_observers); /* H */
/* How long `accusers` of the `quorum` that is needed have to wait: 20 s for one, 1.5 s for all (and for the one that is all
 * there is). */
dur_ms verdict_patience(uint32_t accusers, uint32_t quorum);

struct tally {
    uint32_t observers, accusers, refused, vouchers;
    dur_ms age; /* of the oldest accusation */
    bool
        alone; /* two members are left: nobody else could ever vouch or accuse, so there is nobody to wait for */
};
/* MEMBER_NONE: not yet; `wait` is then the age at which it would be, without another word. */
enum member_state verdict_of(const struct tally *t, dur_ms *wait);

/* ---- what happens ---- */
/* Late, broken or never there. */
void verdict_suspect(struct member *m, uint32_t place, struct says *out);
/* Its machine says: nobody listens. */
void verdict_refused(struct member *m, uint32_t place, struct says *out);
void verdict_heard(struct member *m, uint32_t place, struct says *out);
void verdict_check_heard(struct member *m, const struct msg_check *check, struct says *out);
/* False: a signature does not fit. */
bool verdict_statement_heard(struct member *m, const struct msg *statement, struct says *out);
/* On this edge, of the one at its other end, once for every version: so that it becomes active. */
void verdict_vouch(struct member *m, uint32_t edge, struct says *out);
void verdict_version_changed(struct member *m, uint32_t place);
void verdict_forget(struct member *m, uint32_t place); /* another member takes this place */
void verdict_shift(struct member *m, dur_ms late);
void verdict_tick(struct member *m, struct says *out);
void verdict_check(const struct member *m);

#endif
