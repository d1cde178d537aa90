/* zyg - the client: one verb a call. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cli/cli.h"
#include "cmd/cli/details.h"
#include "cmd/cli/help.h"
#include "cmd/cli/signals.h"

const char program_version[] = ZYG_VERSION;

/* A new verb is a line here and a file cmd/cli/VERB.c; help and completion are printed from this
 * table. */
const struct verb verbs[] = {
    {"submit", "JOB_FILE [--wait] [--learn-from JOB] [-o FORMAT]",
     "hand in a job; with --wait, run it and show how it goes", "run", cli_submit,
     cli_submit_details},
    {"resume", "[JOB] [-o FORMAT]", "go on with a job that was interrupted", "run", cli_resume,
     cli_resume_details},
    {"watch", "[JOB] [-o FORMAT]", "show how a running job goes", "run", cli_watch,
     cli_watch_details},
    {"wait", "[JOB] [--timeout TIME] [-o FORMAT]", "wait until a job is over", "run", cli_wait,
     cli_wait_details},
    {"extend", "[JOB] --trials N|+N [--wait] [-o FORMAT]",
     "give a job more trials, whether it runs or is done", "run", cli_extend, cli_extend_details},
    {"cancel", "JOB", "stop a job for good", "run", cli_cancel, cli_cancel_details},
    {"validate", "JOB_FILE", "check a job file", "run", cli_validate, cli_validate_details},
    {"plan", "JOB_FILE [-o FORMAT]", "say what a job would run, where and how often", "run",
     cli_plan, cli_plan_details},
    {"try", "JOB_FILE [--set NAME=VALUE]... [-o FORMAT]",
     "run one trial here and show what was understood of it", "run", cli_try, cli_try_details},
    {"asktell", "[--method NAME] [--scheduler NAME] [--memory SIZE]",
     "propose to a loop of your own, by lines of JSON", "run", cli_asktell, cli_asktell_details},
    {"ls", "[-n N] [-o FORMAT]", "list the jobs, newest first", "look", cli_ls, cli_ls_details},
    {"show", "[JOB[/TRIAL]] [--spec] [--importance] [-o FORMAT]", "show one job or trial in full",
     "look", cli_show, cli_show_details},
    {"trials", "[JOB] [--best] [--status WORD] [-n N] [-o FORMAT]", "list the trials of a job",
     "look", cli_trials, cli_trials_details},
    {"best", "[JOB] [-n N | --args] [-o FORMAT]", "show the best trials of a job", "look", cli_best,
     cli_best_details},
    {"logs", "[JOB[/TRIAL]] [-f]", "print what a trial printed", "look", cli_logs,
     cli_logs_details},
    {"events", "[JOB] [-o FORMAT]", "show what happened to a job", "look", cli_events,
     cli_events_details},
    {"replay", "[JOB] [-o FORMAT]", "derive every proposal of a job again from its facts", "look",
     cli_replay, cli_replay_details},
    {"export", "[JOB] [--metrics] [-o FORMAT]", "write all trials as CSV or JSON lines", "look",
     cli_export, cli_export_details},
    {"nodes", "[-o FORMAT]", "list the nodes of the cluster", "cluster", cli_nodes,
     cli_nodes_details},
    {"cluster", "init [--name NAME] | join TOKEN | show [-o FORMAT] | leave [--forget-key]",
     "begin a cluster, enter one, show or leave it", "cluster", cli_cluster, cli_cluster_details},
    {"token", "create [--for node|client] [--expires TIME] [--seed ENDPOINT,KEY]...",
     "make a token that admits others to the cluster", "cluster", cli_token, cli_token_details},
    {"help", "[VERB]", "explain a verb", "other", cli_help, NULL},
    {"completion", "bash|zsh", "print the completion of a shell", "other", cli_completion, NULL},
    {"version", "", "print the version", "other", cli_version, NULL},
    {0},
};

static int verb_run(int argc, char **argv) {
    /* `zyg --help` and `zyg --version`, as hands know them. */
    const char *name = argv[0];
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
        argv[0] = "help";
    else if (strcmp(name, "--version") == 0 || strcmp(name, "-V") == 0)
        argv[0] = "version";
    const struct verb *verb = verb_find(argv[0]);
    if (verb != NULL)
        return verb->run(argc, argv);
    verb_refuse(name);
    return err_exit_status(ERR_USAGE);
}

/* A reader that went away has had enough. */
static bool reader_is_gone(void) {
    struct pollfd item = {.fd = STDOUT_FILENO, .events = POLLOUT};
    return poll(&item, 1, 0) == 1 && (item.revents & POLLERR) != 0;
}

/* Whether all that was printed was delivered, or is not wanted any more; else why not is said. */
static bool output_end(void) {
    errno = 0;
    if (fflush(stdout) == 0 && !ferror(stdout))
        return true;
    int error = errno; /* of an earlier write it is not known any more */
    if (error == EPIPE || reader_is_gone())
        return true;
    fprintf(stderr, "zyg: cannot write the output%s%s\n", error != 0 ? ": " : "",
            error != 0 ? strerror(error) : "");
    return false;
}

int main(int argc, char **argv) {
    process_prepare();
    signals_default();
    if (argc < 2) {
        help_print(stderr);
        return err_exit_status(ERR_USAGE);
    }
    int status = verb_run(argc - 1, argv + 1);
    if (status == 0 && !output_end())
        status = err_exit_status(ERR_SYSTEM);
    process_end(status);
}
