/* session - following one job to its end: what submit --wait, resume, watch and wait have in
 * common.
 *
 * On a terminal the job is a live block, elsewhere lines; with -o json the final summary is the
 * only thing on standard output. A node that goes away is replaced, and a session that is to run
 * the job runs it there. An interrupt leaves a resumable job: an embedded node is stopped with its
 * trials, any other goes on.
 */
#ifndef ZYG_SESSION_H
#define ZYG_SESSION_H

#include "cmd/cli/look.h"

struct session_plan {
    bool run;      /* the job is to run, here if need be */
    bool watched;  /* the node tells of it already */
    bool fresh;    /* it was submitted just now */
    bool end_only; /* say nothing before the end */
    bool quiet;
    enum format format; /* of standard output: FORMAT_TABLE for people, else the final summary */
    dur_ms timeout;     /* below zero: none */
};

enum { SESSION_FORMATS = FORMAT_BIT(FORMAT_TABLE) | FORMAT_BIT(FORMAT_JSON) };

/* A verb that follows the job it is given: reads its arguments, fills in the plan's quiet and format, and goes on as
 * session_follow. The verb's own options may write into the plan; NULL: it has none. */
int session_verb(int argc, char **argv, const struct args_option *options,
                 struct session_plan *plan);

/* What happens with an open job that nobody waits for. */
void session_say_next(struct client *c, const struct subject *s);

/* Closes the client; returns the exit status. */
int session_follow(struct client **c, const struct subject *subject,
                   const struct session_plan *plan);

#endif
