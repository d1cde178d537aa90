/* elastic - an idle node gives itself back: drains, hands over what only it holds, leaves, and goes.
 *
 * Hears    start; working, lead (leader); job_open, job_shut, handed_over (facts); node_known (member); load, quit (node);
 *          busy_ask (gateway, here or on another node); heir_ask, heir (elastic of other nodes); ailing (facts), unfit
 *          (executor); the time.
 * Says     farewell (member); quit to NODE, which ends the node as if a person had asked and then does what `on_idle` says;
 *          busy (the gateway that asked); heir_ask, heir (elastic of other nodes); note (node), when it takes no trials for
 *          reasons of its own (trouble.h).
 *
 * Idle means: this node runs no trial and the cluster has none to give it: there is a leader, who gives out at once what can
 * be given, and nothing came. Then, after `idle_ms` of that without a break: farewell (LEAVING: it takes no work and is no
 * holder any more) - every fact it holds is on enough other stores (said by facts as `handed_over`), one of which stays -
 * farewell{done} (LEFT) - quit. A job that opens or a trial that begins before LEFT was said ends the departure:
 * farewell{stay}, it is ALIVE again with a higher incarnation. So does a hand-over that takes longer than HAND_OVER_MS:
 * the idle time begins anew.
 * A leader that changes does not: the clock goes on, but a new one has LED_MS to give out what there is. A node that leads
 * and leaves is followed by the next; that nobody leads for a moment is then no reason to stay.
 * Alone, in no cluster, a node is idle while no job is open; it has nobody to hand anything to, and whoever told it to go
 * knows that.
 *
 * Heirs    before it goes a node asks one of those that have all it holds (facts: `handed_over`) whether it stays (heir_ask).
 *          Who says yes (heir) does not leave of its own before the asker is gone or PROMISE_MS have passed on its clock; the
 *          asker goes within GO_MS of the question on its own, so its going is over long before. Who is leaving says no; but
 *          of two that leave and ask each other the one with the smaller id ends its departure and says yes. Who gets no yes
 *          asks the next, and stays when HAND_OVER_MS are over: so does one that is cut off and has not found that out yet.
 * Holds    - without another active member that stores, a node that holds facts stays (when its disk stays, it may go, but
 *            not from an open job: nobody would go on with it);
 *          - of nodes that would all leave at once none counts another that is LEAVING: the one with the smallest id stays;
 *          - whenever a node has left, another has all that it held and has not left: by its promise at that moment, and
 *            afterwards because it leaves in the same way;
 *          - what was handed over is only believed when it was said after the farewell. HEARD_MS pass between that and LEFT,
 *            for who would still give it work.
 * Memory   the caller's, elastic_size() bytes of zeros.
 * Errors   none; what makes no sense is dropped.
 */
#ifndef ZYG_ELASTIC_H
#define ZYG_ELASTIC_H

#include "actors/kit/core.h"

struct elastic_config {
    dur_ms idle_ms;  /* 0: stays for ever */
    bool disk_stays; /* on_idle is `exit`: what is stored here is there when it comes back */
    bool alone;      /* in no cluster */
    bool silent;     /* it runs inside a client, which tells people itself */
};

struct elastic;

size_t elastic_size(void);
struct elastic *elastic_init(void *memory, const struct elastic_config *config);
struct core elastic_core(struct elastic *e);

#endif
