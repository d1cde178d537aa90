/* on_idle - what zyg-node does when its node was idle, has handed over what only it held and left: --idle and --on-idle.
 *
 *   exit           ends
 *   poweroff       `systemctl poweroff`; where no systemd runs and this is root, reboot(2). Whether that ends a bill is the
 *                  provider's matter (deploy/cloud-init.yaml)
 *   exec:COMMAND   /bin/sh -c COMMAND, with ZYG_NODE, ZYG_NODE_NAME, ZYG_STATE, ZYG_IDLE (in seconds) and, in a cluster,
 *                  ZYG_CLUSTER_NAME in its environment; zyg-node waits for it and ends with its status, so a supervisor sees
 *                  a failure
 */
#ifndef ZYG_ON_IDLE_H
#define ZYG_ON_IDLE_H

#include "actors/node/node.h"

enum idle_action { IDLE_NONE, IDLE_EXIT, IDLE_POWEROFF, IDLE_EXEC };

struct on_idle {
    dur_ms idle_ms; /* 0: not given */
    enum idle_action action;
    const char *command; /* of exec; borrowed */
};

/* The values of the two options. ERR_USAGE. */
bool on_idle_read_time(struct on_idle *o, const char *text, struct err *err);
bool on_idle_read_action(struct on_idle *o, const char *text, struct err *err);
/* When all options are read. */
bool on_idle_settle(struct on_idle *o, struct err *err);

/* While the node still is, for what follows it. */
void on_idle_export(const struct on_idle *o, const struct node *node, const char *state_dir);
/* After it: does the action and answers with the exit status of the program. What fails is said in one line. */
int on_idle_do(const struct on_idle *o, bool quiet);

#endif
