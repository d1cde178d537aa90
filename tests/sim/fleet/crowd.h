/* crowd - the CLIENTS ports: people who submit to any host, cancel, read, and go to another host when theirs does not answer.
 *
 * A job not yet accepted and a cancellation are sent again until they are answered for good, with the same signed bytes.
 */
#ifndef ZYG_SIM_CROWD_H
#define ZYG_SIM_CROWD_H

#include "actors/kit/board.h"
#include "tests/sim/fleet/draft.h"
#include "tests/sim/work.h"

struct fleet;
struct host;

enum { QUESTIONS_MAX = 8 };

struct question {
    enum msg_kind kind; /* MSG_NONE: none */
    uint64_t ticket;
    uint32_t work;
    bool extends; /* of control: else it cancels */
    when_ms sent;
};

struct customer {
    uint32_t peer; /* 0: not connected */
    uint32_t host, life;
    bool greeted;
    uint64_t acts;
    struct question questions[QUESTIONS_MAX];
};

struct crowd {
    struct customer customers[FLEET_PEOPLE_MAX];
    uint32_t works_count;
    struct work works[FLEET_JOBS_MAX];
    uint32_t peers;
    uint64_t tickets;
};

void crowd_open(struct fleet *f);
struct port crowd_port(struct host *h);
void crowd_act(struct fleet *f, uint64_t customer);
void crowd_host_down(struct fleet *f, const struct host *h, bool power);
struct work *crowd_work(struct fleet *f, const struct job_id *id); /* NULL: nobody's */

#endif
