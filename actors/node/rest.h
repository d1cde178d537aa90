/* rest - when a node that has worked gives back what the work has taken of the machine's memory, and how.
 *
 * Once, REST_MS after it worked last: nothing wakes a node that does nothing. Work is what asks for the store; that nodes
 * tell each other how they are is none. What comes after takes its memory again, which costs some hundred page faults.
 */
#ifndef ZYG_REST_H
#define ZYG_REST_H

#include "actors/kit/board.h"

/* Longer than what rooms keep for a while after an end, in case somebody still says something of it (sched: 5 s). */
enum { REST_MS = 10000 };

struct rest {
    uint64_t work;
    when_ms at; /* WHEN_NEVER: it has given back, or has not worked yet */
};

void rest_init(struct rest *r);
/* `work` grows with everything that is done. True: it is time; said once. */
bool rest_due(struct rest *r, uint64_t work, when_ms now);
/* The whole pages of what the board and its rooms can spare. */
void rest_give(struct board *board);

#endif
