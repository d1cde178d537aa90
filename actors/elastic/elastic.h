/* elastic - an idle node gives itself back: drains, hands over what only it holds, leaves, and goes.
 *
 * Idle means: this node runs no trial and the cluster has none to give it. Then, after `idle_ms` of that without a break:
 * farewell (LEAVING: it takes no work and is no holder any more) - every fact it holds is on enough other stores (said by
 * facts as `handed_over`) - farewell{done} (LEFT) - quit, and the NODE port does what `on_idle` says.
 * A job that opens before LEFT was said ends the departure: it is ALIVE again with a higher incarnation.
 *
 * Holds    - without another active member that stores, a node that holds facts stays (exit is allowed when its disk stays);
 *          - of nodes that would all leave at once none counts another that is LEAVING: the one with the smallest id stays.
 * Memory   the caller's, elastic_size() bytes of zeros.
 */
#ifndef ZYG_ELASTIC_H
#define ZYG_ELASTIC_H

#include "actors/kit/core.h"

struct elastic_config {
    dur_ms idle_ms; /* 0: stays for ever */
};

struct elastic;

size_t elastic_size(void);
struct elastic *elastic_init(void *memory, const struct elastic_config *config);
struct core elastic_core(struct elastic *e);

#endif
