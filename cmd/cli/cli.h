/* cli - the verbs of zyg: one table, one file a verb; usage, completion and help are printed from
 * the table.
 *
 * A verb's function gets its own arguments (argv[0] is the verb), prints primary output to stdout
 * and chatter to stderr, and returns the exit status (errors.def). It never calls exit.
 */
#ifndef ZYG_CLI_H
#define ZYG_CLI_H

#include "cmd/cli/args.h"
#include "cmd/cli/client.h"

struct verb {
    const char *name;
    const char *arguments; /* "JOB_FILE [--wait]" */
    const char *sentence;
    const char *group; /* "run", "look", "cluster", "other" */
    int (*run)(int argc, char **argv);
    const char *details; /* options, one a line, for `zyg help VERB` */
};

extern const struct verb verbs[];    /* ends with a NULL name */
extern const char program_version[]; /* "0.1.0" */

/* "zyg: what (context)" and, when there is one, the next step to take; returns the exit status. */
int cli_fail(const struct err *err);
int cli_usage(const char *verb, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Reads a verb's arguments. False: the verb is over with *status (a mistake was explained, or
 * --help was answered). */
bool cli_args(struct args *args, int argc, char **argv, const struct args_rules *rules,
              int *status);

int cli_submit(int argc, char **argv);
int cli_resume(int argc, char **argv);
int cli_watch(int argc, char **argv);
int cli_wait(int argc, char **argv);
int cli_cancel(int argc, char **argv);
int cli_extend(int argc, char **argv);
int cli_validate(int argc, char **argv);
int cli_plan(int argc, char **argv);
int cli_try(int argc, char **argv);
int cli_asktell(int argc, char **argv);
int cli_ls(int argc, char **argv);
int cli_show(int argc, char **argv);
int cli_trials(int argc, char **argv);
int cli_best(int argc, char **argv);
int cli_logs(int argc, char **argv);
int cli_nodes(int argc, char **argv);
int cli_events(int argc, char **argv);
int cli_export(int argc, char **argv);
int cli_replay(int argc, char **argv);
int cli_cluster(int argc, char **argv);
int cli_token(int argc, char **argv);
int cli_version(int argc, char **argv);
int cli_help(int argc, char **argv);
int cli_completion(int argc, char **argv);

/* struct verb.details of the verbs that run jobs; the others have theirs in details.h. */
extern const char cli_submit_details[];
extern const char cli_resume_details[];
extern const char cli_watch_details[];
extern const char cli_wait_details[];
extern const char cli_cancel_details[];
extern const char cli_extend_details[];

#endif
