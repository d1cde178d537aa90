#include "cmd/cli/cli.h"

#include <stdio.h>

int cli_version(int argc, char **argv) {
    const struct args_rules rules = {.operand = "nothing"};
    struct args args;
    int status;
    if (!cli_args(&args, argc, argv, &rules, &status))
        return status;
    printf("zyg %s\n", program_version);
    if (!args.quiet)
        printf("protocol %d\n", PROTOCOL_VERSION);
    return 0;
}
