/* leader - whom this node follows, and both ends of giving out work: epochs, fences, reports.
 *
 * Hears    start; node_known (member); claim, report, lease, verdict, ended (other nodes, through member); lease, verdict
 *          (sched: for this node's own executor); capacity, outcome (executor); hold, ailing, dropped (facts); load (node);
 *          saved, save_failed, rows (store); quit; time.
 * Says     save, scan (store); claim, report (other nodes, by say_to MEMBER); ended (the leader: another node or this one's
 *          sched; and what another node says, to sched with its number); lease, verdict (executor); lead (all); worker
 *          (sched); working (elastic).
 * Holds    - an epoch is (term, leader, the leader's life); the highest ever seen is stored before anything of it is said,
 *            and never falls;
 *          - with no live leader the best active member that is MEMBER_ELIGIBLE (MEMBER_STORES first, then most slots, then
 *            the smallest hash of its id) claims the term after the highest it knows; a live leader is never displaced by a
 *            better candidate; of two claims to one term the smaller id holds, of two terms the higher;
 *          - a leader that hears of a higher epoch stops in the same step: lead{mine = false} is said before anything else;
 *          - one that quits, leaves, or whose disk refuses for AILING_MOST_MS or does not keep up for SLOW_MOST_MS stops as
 *            well, says so to all (claim{over}), and is no candidate before it is well; one that finds itself in another
 *            life claims anew;
 *          - a lease that is not of the leader and term this node has stored is refused: answered with `ended`, lost, and
 *            with the higher claim; so is one of this node's own sched; one that runs already is accepted silently;
 *          - a verdict that is not of the leader and term this node has stored, or not for a lease this node holds, is dropped;
 *          - lead{mine = true} comes when every active member has reported what it runs, or REPORT_MS after the claim: so
 *            what runs is not given out twice, and a silent worker delays nobody for longer;
 *          - a worker that is DEAD or LEFT is `gone`, one that is UNREACHABLE or LEAVING is given nothing (slots 0); one that
 *            returns in another generation was gone in between;
 *          - a node whose disk does not keep up or refuses, or that quits, reports no places; what it has it goes on with, and
 *            while its disk refuses or it quits it takes no lease.
 * Claims   the first waits until the map has not grown for CLAIM_WAIT_MS; one after the end of a leader that was followed
 *          comes at once. Should the best candidate not claim, the next does RANK_WAIT_MS later. A claim goes to all, to
 *          those who become active later, to whoever claims less, and each second to those who have not reported. One that
 *          is so far above the stored term that nobody can have counted to it is not believed.
 * Reports  a worker reports when it follows a new leader, when it has fewer places, MORE_SLOTS_MS after it has more, when it
 *          hears the claim again, and else every REPORT_EVERY_MS; always with all it holds, so no lost message hides a place
 *          or a lease for longer. What it says of an end comes to sched by way of this room, as reports do: else an end could
 *          overtake the report before it, which still names the lease.
 * Alone    without a cluster nobody sits here: sched leads and speaks to the executor itself.
 * Cost     what comes with every trial looks at this node's own leases, never at all members.
 * Memory   the caller's, leader_size() bytes of zeros.
 * Errors   what makes no sense is dropped and counted. A disk that refuses is asked again, with growing pauses; until then
 *          this node neither follows nor leads in the new epoch.
 *
 *   term.c    epochs, the disk, claims        work.c    leases and reports, both ends
 *   roll.c    the members                     held.c    the leases this node has
 */
#ifndef ZYG_LEADER_H
#define ZYG_LEADER_H

#include "actors/kit/core.h"

struct leader_config {
    struct node_id self;
    uint32_t slots;
    uint32_t flags; /* enum member_flag */
};

struct leader;

size_t leader_size(void);
struct leader *leader_init(void *memory, const struct leader_config *config);
struct core leader_core(struct leader *l);

#endif
