#include "cmd/cli/cli.h"
#include "cmd/cli/session.h"

const char cli_resume_details[] =
    "JOB               last (default), a name, a handle or the start of an id\n"
    "-o FORMAT         table (default); json: the job's summary at the end\n";

int cli_resume(int argc, char **argv) {
    struct session_plan plan = {.run = true, .timeout = -1};
    return session_verb(argc, argv, NULL, &plan);
}
