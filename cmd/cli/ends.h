/* ends - how many trials of a job have ended well, and how many of them before their full length.
 *
 * Errors   of a node that does not count what was stopped and paused, all are done.
 */
#ifndef ZYG_CLI_ENDS_H
#define ZYG_CLI_ENDS_H

#include "proto/msg.h"

struct ends {
    uint64_t done;    /* all the way */
    uint64_t stopped; /* at a rung, for good */
    uint64_t
        paused; /* at a rung, and rest; the search, or one that is extended, may let them go on */
};

struct ends ends_of(const struct msg_job_row *row);

#endif
