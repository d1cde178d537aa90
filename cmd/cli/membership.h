/* membership - the cluster that a verb works with: that of the state folder, or that of a token in ZYG_CLUSTER. */
#ifndef ZYG_MEMBERSHIP_H
#define ZYG_MEMBERSHIP_H

#include "actors/guard/cluster.h"

/* Names the token's place in messages and answers. */
#define MEMBERSHIP_VARIABLE "ZYG_CLUSTER"

struct membership {
    struct cluster cluster;
    /* By ZYG_CLUSTER, which goes before what the folder says; nothing of it is kept. */
    bool visiting;
};

bool membership_visits(void); /* there is a token in ZYG_CLUSTER */

/* ERR_NOT_FOUND: there is none. */
bool membership_load(struct membership *m, const char *state_dir, struct err *err);

/* Says what went wrong, and what one may do where there is no cluster; returns the exit status. */
int membership_fail(const struct err *err);

#endif
