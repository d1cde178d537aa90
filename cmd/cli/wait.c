#include "cmd/cli/cli.h"
#include "cmd/cli/session.h"

const char cli_wait_details[] =
    "JOB               last (default), a name, a handle or the start of an id\n"
    "--timeout TIME    30s, 5m, 2h: exit status 124 when the job is not over by then\n"
    "-o FORMAT         table (default); json: the job's summary at the end\n";

int cli_wait(int argc, char **argv) {
    dur_ms timeout = -1;
    const struct args_option options[] = {{"timeout", 't', ARGS_DURATION, &timeout}, {0}};
    const struct args_rules rules = {
        .options = options, .formats = SESSION_FORMATS, .most = 1, .operand = "JOB"};
    struct args args;
    int status;
    if (!cli_args(&args, argc, argv, &rules, &status))
        return status;
    struct err err;
    struct subject subject;
    struct client *c = look_open(&args, &subject, &err);
    if (c == NULL || !subject_is_job(&subject, &err))
        return look_end(&c, false, &err);
    const struct session_plan plan = {
        .end_only = true, .quiet = args.quiet, .format = args.format, .timeout = timeout};
    return session_follow(&c, &subject, &plan);
}
