/* people - the CLIENTS port: users who submit, cancel and resume jobs, ask about everything, and
 * vanish in the middle.
 *
 * What matters (a job not yet accepted, a cancellation) is sent again until it is answered for
 * good, with the same signed bytes; idle questions die with the session.
 */
#ifndef ZYG_SIM_PEOPLE_H
#define ZYG_SIM_PEOPLE_H

#include "actors/kit/board.h"
#include "tests/sim/plan.h"
#include "tests/sim/work.h"

struct world;

enum { REQUESTS_MAX = 16 };

enum request_state { REQUEST_FREE, REQUEST_WAITS, REQUEST_DONE };

struct request {
    enum request_state state;
    enum msg_kind kind;
    uint64_t ticket;
    uint32_t work; /* the job it is about */
    when_ms sent;
    bool forged;         /* must be refused */
    uint64_t rows;       /* of its answer so far */
    uint64_t rows_least; /* on the disk when it was asked */
    bool best_first;
    bool promised; /* the job had been accepted when it was asked */
    bool all_rows; /* the answer shows every row there is */
};

struct person {
    uint32_t peer; /* 0: not connected */
    bool greeted;
    uint64_t acts; /* the index of the next draw */
    struct request requests[REQUESTS_MAX];
};

struct people {
    struct person persons[PLAN_PEOPLE_MAX];
    uint32_t works_count;
    struct work works[PLAN_JOBS_MAX];
    uint32_t peers; /* given so far */
    uint64_t tickets;
};

void people_open(struct world *w);
struct port people_port(struct world *w);
void people_node_down(struct world *w);
void people_act(struct world *w, uint64_t person);
struct work *people_work(struct world *w, const struct job_id *id); /* NULL: nobody's */
/* Every job was accepted and is over, and nobody waits for an answer. Else `what` says what is
 * missing. */
bool people_content(const struct world *w, char *what, size_t cap);

#endif
