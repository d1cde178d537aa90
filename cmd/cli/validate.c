#include <stdio.h>

#include "cmd/cli/cli.h"
#include "cmd/cli/details.h"
#include "cmd/cli/few.h"
#include "cmd/cli/job_load.h"
#include "cmd/cli/spec_text.h"

const char cli_validate_details[] =
    "JOB_FILE          a file, or - for standard input; exit status 6 when it is not right\n";

int cli_validate(int argc, char **argv) {
    const struct args_rules rules = {.least = 1, .most = 1, .operand = "JOB_FILE"};
    struct args args;
    int status;
    if (!cli_args(&args, argc, argv, &rules, &status))
        return status;
    struct err err = {0};
    struct job_file *f = job_load(args.operands[0], &err);
    if (f == NULL)
        return cli_fail(&err);
    if (!args.quiet) {
        uint8_t memory[SPEC_TEXT_BYTES];
        struct buf text = buf_of(memory, sizeof memory);
        spec_print_summary(&f->job, &text);
        printf("%s: ok: %.*s\n", f->name, (int)text.len, (const char *)text.data);
        few_say(&f->job);
    }
    job_file_destroy(&f);
    return 0;
}
