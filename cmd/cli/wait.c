#include "cmd/cli/cli.h"
#include "cmd/cli/session.h"

const char cli_wait_details[] =
    "JOB               last (default), a name, a handle or the start of an id\n"
    "--timeout TIME    30s, 5m, 2h: exit status 124 when the job is not over by then\n"
    "-o FORMAT         table (default); json: the job's summary at the end\n";

int cli_wait(int argc, char **argv) {
    struct session_plan plan = {.end_only = true, .timeout = -1};
    const struct args_option options[] = {{"timeout", 't', ARGS_DURATION, &plan.timeout}, {0}};
    return session_verb(argc, argv, options, &plan);
}
