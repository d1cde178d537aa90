/* order - what is done to a job that is there: cancel and extend, signed by whoever may.
 *
 * At any node of a cluster, by who submitted it (the same state folder) and by who holds the cluster's
 * key (the folder where it was begun).
 */
#ifndef ZYG_ORDER_H
#define ZYG_ORDER_H

#include "cmd/cli/look.h"

/* The order is for the subject's job, and dated now or after all that is known of it; true: it is kept
 * on as many disks as the job wants. done: "is cancelled". */
bool order_say(struct client *c, const struct subject *s, struct msg_control_fact order,
               const char *done, struct err *err);

#endif
