#include <stdio.h>

#include "cmd/cli/cli.h"
#include "cmd/cli/order.h"
#include "proto/status.h"

const char cli_cancel_details[] =
    "JOB               a name, a handle, the start of an id, or last\n"
    "Trials that run get TERM and, 1.5 s later at most (also where limits.grace gives them\n"
    "longer), KILL; what was found so far is kept. It cannot be undone. At any node of a\n"
    "cluster, by who submitted it (the same state folder) and by who holds the cluster's key\n"
    "(the folder where it was begun).\n";

static bool job_cancel(struct client *c, const struct subject *s, struct err *err) {
    if (s->row.state == JOB_CANCELLED)
        return true;
    if (s->row.state != JOB_OPEN)
        return err_set(err, ERR_JOB_FAILED, "%s is over already: %s", s->handle,
                       job_row_state(&s->row));
    const struct msg_control_fact cancel = {.verb = CONTROL_CANCEL};
    return order_say(c, s, cancel, "is cancelled", err);
}

int cli_cancel(int argc, char **argv) {
    const struct args_rules rules = {.least = 1, .most = 1, .operand = "JOB"};
    struct args args;
    int status;
    if (!cli_args(&args, argc, argv, &rules, &status))
        return status;
    struct err err;
    struct subject subject;
    struct client *c = look_open(&args, &subject, &err);
    bool ok = c != NULL && subject_is_job(&subject, &err) && job_cancel(c, &subject, &err);
    if (ok && !args.quiet)
        printf("%s is cancelled\n", subject.handle);
    return look_end(&c, ok, &err);
}
