/* ended - what the outcome of an attempt says of the lease it ran under: for whoever gave it, on this node or on another. */
#ifndef ZYG_ENDED_H
#define ZYG_ENDED_H

#include "proto/msg.h"

/* False: the outcome holds no result. */
bool ended_of(struct msg_ended *ended, const struct msg_outcome *outcome);

#endif
