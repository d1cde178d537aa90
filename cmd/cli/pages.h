/* pages - all rows of an answer, however many pages it takes.
 *
 * A node that goes away while rows come is replaced (client.h); the page is asked for again and
 * the rows of it that were already given are passed over.
 * Errors   as the client says them; ERR_UNREACHABLE when no answer comes, ERR_INTERRUPTED on a
 *          signal.
 */
#ifndef ZYG_PAGES_H
#define ZYG_PAGES_H

#include "cmd/cli/client.h"

/* False: that was enough. The row's spans live until it returns. */
struct pages_reader {
    bool (*row)(void *context, const struct msg *answer);
    void *context;
};

/* request: list_jobs, list_trials, read_events, or anything that is answered by rows and one
 * `end`. A page is as long as the request's limit says; 0: LIMIT_PAGE_ROWS. */
bool pages_read(struct client *c, struct msg *request, const struct pages_reader *reader,
                struct err *err);

#endif
