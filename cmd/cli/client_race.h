/* client_race - several doors, and the first node that answers.
 *
 * One door after the other is knocked at, the next one as soon as it is clear that one does not open, or a short while after
 * it; whoever answers first is taken and the others are hung up on (as RFC 8305 has it for addresses).
 * Errors   what a node answered who refused goes before ERR_UNREACHABLE; ERR_INTERRUPTED, with race.signal, after a signal.
 */
#ifndef ZYG_CLIENT_RACE_H
#define ZYG_CLIENT_RACE_H

#include "cmd/cli/client_link.h"
#include "proto/msg.h"

enum { RACE_MAX = TOKEN_SEEDS_MAX + 2 };

struct race {
    const struct keys *keys;
    struct span certificate; /* empty: the key must do */
    uint64_t ticket;         /* of the hello */
    dur_ms patience;         /* for each door */
    bool own;                /* the node runs in this process */
    int signals;             /* signalfd */
    int signal;              /* the one that ended it; 0: none */
    when_ms tell_at; /* nobody has answered by then: `tell`, once; WHEN_NEVER: it is not told */
    void (*tell)(void *context);
    void *context;
};

/* hello, as the race says it. */
struct msg race_hello(struct span certificate);
/* What a node that refuses has said. */
void race_refusal(const struct msg_refused *refused, struct err *err);

/* The number of the door that answered, or -1. *link is open then, and *welcome was read into *frame. */
int race_run(struct race *r, const struct token_seed *doors, uint32_t count, struct link *link,
             zmq_msg_t *frame, struct msg *welcome, struct err *err);

#endif
