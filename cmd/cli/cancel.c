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
    "longer), KILL; what was found so far is kept. It cannot be undone. At any node of a\n"
    "cluster, by who submitted it (the same state folder) and by who holds the cluster's key\n"
    "(the folder where it was begun).\n";

enum { BUNDLE_BYTES = 1024 };

static bool cancel_ask(struct client *c, const struct subject *s, const struct signer *signer,
                       struct err *err) {
    struct msg fact = {
        .kind = MSG_control_fact,
        .control_fact = {.job = s->job, .verb = CONTROL_CANCEL, .wall = clock_wall()},
    };
    uint8_t memory[BUNDLE_BYTES];
    uint64_t generation;
    struct bundle_writer w;
    randombytes_buf(&generation, sizeof generation);
    bundle_begin(&w, signer, generation, 0, memory, sizeof memory);
    bool fits = bundle_add(&w, &fact);
    ensure(fits);
    struct msg control = {.kind = MSG_control, .control = {.bundle = bundle_seal(&w)}};
    struct msg answer;
    return client_call(c, &control, MSG_accepted, &answer, err);
}

/* It is somebody else's: the cluster's key may do it, where that is here. */
static bool cancel_by_key(struct client *c, const struct subject *s, struct err *err) {
    struct signer cluster;
    if (!client_in_cluster(c))
        return false;
    if (!client_cluster_signer(c, &cluster))
        return err_context(err, "say it where it was submitted, or where `zyg cluster init` ran");
    bool ok = cancel_ask(c, s, &cluster, err);
    sodium_memzero(&cluster, sizeof cluster);
    return ok;
}

/* Whoever stops waiting wants to know what has become of it. */
static bool cancel_interrupted(struct client *c, const struct subject *s, struct err *err) {
    if (client_hush(c))
        return err_set(err, ERR_INTERRUPTED,
                       "interrupted; the node %s has heard that %s is cancelled, and tells the "
                       "others; look: zyg show %s",
                       client_place(c), s->handle, s->handle);
    return err_set(err, ERR_INTERRUPTED,
                   "interrupted; it is not known whether %s is cancelled; look: zyg show %s",
                   s->handle, s->handle);
}

static bool job_cancel(struct client *c, const struct subject *s, struct err *err) {
    if (s->row.state == JOB_CANCELLED)
        return true;
    if (s->row.state != JOB_OPEN)
        return err_set(err, ERR_JOB_FAILED, "%s is over already: %s", s->handle,
                       job_row_state(&s->row));
    bool ok = cancel_ask(c, s, client_signer(c), err) ||
              (err->code == ERR_NOT_ALLOWED && cancel_by_key(c, s, err));
    return ok || (err->code == ERR_INTERRUPTED ? cancel_interrupted(c, s, err) : false);
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
