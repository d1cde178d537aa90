#include <sodium.h>
#include <stdio.h>

#include "actors/kit/clock_shell.h"
#include "cmd/cli/cli.h"
#include "cmd/cli/look.h"
#include "proto/base/check.h"
#include "proto/status.h"
#include "proto/trust/bundle.h"

const char cli_cancel_details[] =
    "JOB               a name, a handle, the start of an id, or last\n"
    "Trials that run get TERM and, 1.5 s later at most (also where limits.grace gives them\n"
    "longer), KILL; what was found so far is kept. It\n"
    "cannot be undone.\n";

enum { BUNDLE_BYTES = 1024 };

static bool job_cancel(struct client *c, const struct subject *s, struct err *err) {
    if (s->row.state == JOB_CANCELLED)
        return true;
    if (s->row.state != JOB_OPEN)
        return err_set(err, ERR_JOB_FAILED, "%s is over already: %s", s->handle,
                       job_row_state(&s->row));
    struct msg fact = {
        .kind = MSG_control_fact,
        .control_fact = {.job = s->job, .verb = CONTROL_CANCEL, .wall = clock_wall()},
    };
    uint8_t memory[BUNDLE_BYTES];
    uint64_t generation;
    struct bundle_writer w;
    randombytes_buf(&generation, sizeof generation);
    bundle_begin(&w, client_signer(c), generation, 0, memory, sizeof memory);
    bool fits = bundle_add(&w, &fact);
    ensure(fits);
    struct msg control = {.kind = MSG_control, .control = {.bundle = bundle_seal(&w)}};
    struct msg answer;
    return client_call(c, &control, MSG_accepted, &answer, err);
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
