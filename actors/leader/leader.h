/* leader - whom this node follows, and both ends of giving out work: epochs, fences, reports.
 *
 * Hears    start; node_known (member); claim, report, lease (other nodes, through member); capacity, outcome (executor
 *          and sched of this node); saved, save_failed, rows (store); quit; the time.
 * Says     save, scan (store); claim, report, ended (other nodes, by say_to MEMBER); lease (executor); lead (all); worker
 *          (sched).
 * Holds    - an epoch is (term, leader); the highest ever seen is stored before anything of it is said, and never falls;
 *          - with no live leader the best active member (MEMBER_ELIGIBLE, then MEMBER_STORES, then most slots, then the
 *            smallest hash of its id) claims the term after the highest it knows; a live leader is never displaced by a
 *            better candidate; of two claims to one term the smaller id holds, of two terms the higher;
 *          - a leader that hears of a higher epoch stops in the same step: lead{mine = false} is said before anything else;
 *          - a lease of a lower term than the highest stored is refused: answered with `ended`, lost;
 *          - lead{mine = true} comes when every active member has reported what it runs, or REPORT_MS after the claim: so
 *            what runs is not given out twice, and a silent worker delays nobody for longer;
 *          - a worker that is DEAD or LEFT is `gone`, one that is UNREACHABLE is given nothing (slots 0); one that returns
 *            in another generation was gone in between.
 * Reports  a worker reports when it follows a new leader, when its capacity changes, and its load at most once in 5 s.
 * Alone    a node without a cluster leads itself at once; nothing is stored for it.
 * Memory   the caller's, leader_size() bytes of zeros.
 * Errors   what makes no sense is dropped and counted.
 */
#ifndef ZYG_LEADER_H
#define ZYG_LEADER_H

#include "actors/kit/core.h"

struct leader_config {
    struct node_id self;
    uint32_t slots;
    uint32_t flags; /* enum member_flag */
    bool alone;     /* no cluster */
};

struct leader;

size_t leader_size(void);
struct leader *leader_init(void *memory, const struct leader_config *config);
struct core leader_core(struct leader *l);

#endif
