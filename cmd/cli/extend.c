#include <stdio.h>
#include <string.h>

#include "cmd/cli/cli.h"
#include "cmd/cli/order.h"
#include "cmd/cli/session.h"
#include "cmd/cli/show_job.h"
#include "proto/limits.h"
#include "proto/status.h"

const char cli_extend_details[] =
    "JOB               last (default), a name, a handle or the start of an id\n"
    "--trials N        so many in all; +N: so many more than it has\n"
    "-w, --wait        stay until the job is over and show how it goes\n"
    "-o FORMAT         table (default); json: the job's summary; id: its id\n"
    "\n"
    "It goes on with all that it knows, be it done by its number of trials or by `patience`\n"
    "(auto, too), which begins anew. One that has reached its target, has failed or was cancelled "
    "stays so; a\n"
    "grid or list has no more trials than points. At any node of a cluster, by who may cancel "
    "it.\n"
    "Exit status: 2 when it cannot have so many, 8 when it was cancelled, 1 when it has failed\n"
    "or reached its target\n";

/* How many in all; 0: err is set. */
static uint64_t total_of(const char *text, const struct msg_job_row *row, struct err *err) {
    const bool more = text[0] == '+';
    const char *digits = text + more;
    uint64_t number = 0;
    const char *at = digits;
    for (; *at >= '0' && *at <= '9' && number <= LIMIT_SLOTS_JOB; at++)
        number = number * 10 + (uint64_t)(*at - '0');
    if (at == digits || *at != '\0' || number == 0 || number > LIMIT_SLOTS_JOB) {
        err_set(err, ERR_USAGE,
                "extend: --trials %.40s: expected how many trials the job shall have, 1 to %d, or "
                "+N for so many more",
                text, LIMIT_SLOTS_JOB);
        return 0;
    }
    return more ? row->trials + number : number;
}

static bool job_extend(struct client *c, struct subject *s, const char *trials, struct err *err) {
    const uint64_t total = total_of(trials, &s->row, err);
    char done[64];
    if (total == 0)
        return false;
    if (total <= s->row.trials)
        return err_set(err, ERR_USAGE,
                       "extend: --trials %s: %s has %llu already; expected more, or +N for so many "
                       "more",
                       trials, s->handle, (unsigned long long)s->row.trials);
    snprintf(done, sizeof done, "has %llu trials", (unsigned long long)total);
    const struct msg_control_fact order = {.verb = CONTROL_EXTEND, .trials = total};
    char id[JOB_TEXT_BYTES];
    memcpy(id, s->id, sizeof id);
    if (!order_say(c, s, order, done, err))
        return err->code == ERR_INTERRUPTED ? false : err_context(err, "extending %s", s->handle);
    return subject_find(c, id, s, err);
}

static int extended(struct client **c, const struct args *args, const struct subject *s,
                    bool wait) {
    const struct session_plan plan = {
        .run = true, .quiet = args->quiet, .format = args->format, .timeout = -1};
    struct err err;
    if (args->format == FORMAT_ID)
        printf("%s\n", s->id);
    if (args->format == FORMAT_TABLE && !args->quiet)
        printf("%s has %llu trials, %llu of them finished\n", s->handle,
               (unsigned long long)s->row.trials, (unsigned long long)job_row_over(&s->row));
    fflush(stdout);
    if (wait)
        return session_follow(c, s, &plan);
    if (!args->quiet && s->row.state == JOB_OPEN)
        session_say_next(*c, s);
    bool told = args->format != FORMAT_JSON || job_show(*c, args, s, false, &err);
    return look_end(c, told, &err);
}

int cli_extend(int argc, char **argv) {
    const char *trials = NULL;
    bool wait = false;
    const struct args_option options[] = {
        {"trials", 't', ARGS_TEXT, &trials}, {"wait", 'w', ARGS_FLAG, &wait}, {0}};
    const struct args_rules rules = {.options = options,
                                     .formats = SESSION_FORMATS | FORMAT_BIT(FORMAT_ID),
                                     .most = 1,
                                     .operand = "JOB"};
    struct args args;
    int status;
    if (!cli_args(&args, argc, argv, &rules, &status))
        return status;
    if (trials == NULL)
        return cli_usage("extend", "how many trials? Expected --trials N, or --trials +N for so "
                                   "many more");
    struct err err;
    struct subject subject;
    struct client *c = look_open(&args, &subject, &err);
    bool ok = c != NULL && subject_is_job(&subject, &err) && job_extend(c, &subject, trials, &err);
    return ok ? extended(&c, &args, &subject, wait) : look_end(&c, false, &err);
}
