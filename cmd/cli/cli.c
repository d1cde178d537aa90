#include "cmd/cli/cli.h"

#include <stdarg.h>
#include <stdio.h>

#include "cmd/cli/help.h"

/* What one may do about it, where that is known. */
static const char *next_step(enum err_code code) {
    switch (code) {
    case ERR_STORE_FULL: return "make room on that disk, then say it again";
    case ERR_INTERNAL: return "please report this, with what you did";
    default: return NULL;
    }
}

int cli_fail(const struct err *err) {
    /* What is wrong with a job file begins with FILE:LINE:COLUMN, as editors know how to follow. */
    const char *prefix = err->code == ERR_BAD_JOB_FILE ? "" : "zyg: ";
    if (err->context[0] != '\0')
        fprintf(stderr, "%s%s (%s)\n", prefix, err->what, err->context);
    else
        fprintf(stderr, "%s%s\n", prefix, err->what);
    const char *step = next_step(err->code);
    if (step != NULL)
        fprintf(stderr, "%s\n", step);
    return err_exit_status(err->code);
}

int cli_usage(const char *verb, const char *format, ...) {
    va_list list;
    va_start(list, format);
    fprintf(stderr, "zyg %s: ", verb);
    vfprintf(stderr, format, list);
    va_end(list);
    const struct verb *v = verb_find(verb);
    if (v != NULL)
        fprintf(stderr, "\nusage: zyg %s %s\n", v->name, v->arguments);
    return err_exit_status(ERR_USAGE);
}

bool cli_args(struct args *args, int argc, char **argv, const struct args_rules *rules,
              int *status) {
    struct err err;
    if (!args_read(args, argc, argv, rules, &err)) {
        *status = cli_usage(argv[0], "%s", err.what);
        return false;
    }
    if (!args->help)
        return true;
    const struct verb *verb = verb_find(argv[0]);
    if (verb != NULL)
        help_print_verb(stdout, verb);
    *status = 0;
    return false;
}
