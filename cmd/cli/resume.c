#include "cmd/cli/cli.h"
#include "cmd/cli/session.h"

const char cli_resume_details[] =
    "JOB               last (default), a name, a handle or the start of an id\n"
    "-o FORMAT         table (default); json: the job's summary at the end\n";

int cli_resume(int argc, char **argv) {
    const struct args_rules rules = {.formats = SESSION_FORMATS, .most = 1, .operand = "JOB"};
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
        .run = true, .quiet = args.quiet, .format = args.format, .timeout = -1};
    return session_follow(&c, &subject, &plan);
}
