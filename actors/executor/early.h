/* early - leases of jobs that are not open here yet: a job's description comes from the node that was asked, a lease from the
 * leader, and the second may be the faster one.
 *
 * Holds    a lease waits EARLY_MS at most, for the word that its job is open here.
 * Memory   EARLY_MOST leases with their configurations and curves; touched only when used. One more, or one with a longer
 *          configuration or curve, does not wait.
 */
#ifndef ZYG_EXECUTOR_EARLY_H
#define ZYG_EXECUTOR_EARLY_H

#include "proto/base/time.h"
#include "proto/job/curve.h"
#include "proto/msg.h"

enum { EARLY_MS = 500, EARLY_MOST = 16, EARLY_CONFIG_BYTES = 1024 };

struct early_lease {
    struct msg_lease lease; /* its configuration and its curve lie beside it */
    when_ms until;
    uint8_t config[EARLY_CONFIG_BYTES];
    uint8_t curve[CURVE_BYTES];
};

struct early {
    uint32_t count;
    struct early_lease items[EARLY_MOST]; /* oldest first */
};

bool early_add(struct early *e, const struct msg_lease *lease, when_ms now); /* false: no room */
/* Takes out the oldest of this job's; NULL: the oldest of any that is due by `now`. False: there is none. */
bool early_take(struct early *e, const struct job_id *job, when_ms now, struct early_lease *taken);
when_ms early_deadline(const struct early *e);

#endif
