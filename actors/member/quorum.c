/* quorum - when what observers say of a member is enough: verdict.h, the part that is plain numbers. */
#include "actors/member/verdict.h"

enum { PATIENCE_MAX = 20000, PATIENCE_SPAN = 18500, PATIENCE_ALONE = 1500 };

uint32_t verdict_quorum(uint32_t live_observers) {
    uint32_t quorum = (live_observers * 3 + 4) / 5; /* 0.6 of them, rounded up */
    return quorum > 2 ? quorum : 2;
}

/* The curve of Lifeguard (Dadgar, Phillips, Currey, arXiv 1707.00788, section III.B): max - (max - min) x log(A) / log(H).
 * Logarithms in ten-thousandths from a table: no decision hangs on a libm. */
dur_ms verdict_patience(uint32_t accusers, uint32_t quorum) {
    static const dur_ms ln[NEIGHBOURS_MAX + 1] = {
        0,     0,     6931,  10986, 13863, 16094, 17918, 19459, 20794, 21972, 23026, 23979, 24849,
        25649, 26391, 27081, 27726, 28332, 28904, 29444, 29957, 30445, 30910, 31355, 31781};
    if (quorum > NEIGHBOURS_MAX)
        quorum = NEIGHBOURS_MAX;
    if (accusers > quorum)
        accusers = quorum;
    return PATIENCE_MAX - PATIENCE_SPAN * ln[accusers] / ln[quorum];
}

enum member_state verdict_of(const struct tally *t, dur_ms *wait) {
    uint32_t quorum = verdict_quorum(t->observers);
    uint32_t accusers = t->accusers + (t->refused > 0 ? 1 : 0);
    uint32_t dead_by = quorum < t->observers ? quorum : t->observers;
    *wait = WHEN_NEVER;
    if (t->accusers == 0)
        return MEMBER_NONE;
    if (t->refused > 0 && t->refused >= dead_by)
        return MEMBER_DEAD;
    if (accusers >= quorum)
        return MEMBER_UNREACHABLE;
    if (t->vouchers > 0)
        return MEMBER_NONE;
    *wait = t->alone ? PATIENCE_ALONE : verdict_patience(accusers, quorum);
    return t->age >= *wait ? MEMBER_UNREACHABLE : MEMBER_NONE;
}
