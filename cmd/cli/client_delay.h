/* client_delay - what people are told of a request that is not answered at once: what it waits for, where, until when.
 *
 * A node confirms what is asked of it when it lies on enough disks (actors/facts/pledge.h). Which of the nodes keeps it waiting
 * is asked on the side (list_nodes): those that should hold it and do not say how busy they are.
 */
#ifndef ZYG_CLIENT_DELAY_H
#define ZYG_CLIENT_DELAY_H

#include "proto/base/time.h"
#include "proto/msg.h"

enum {
    DELAY_TELL_MS = 1000, /* people wait for so long without a word */
    DELAY_ASK_MS =
        450, /* for the nodes to be named: a bit longer than the gateway waits for them */
    DELAY_WHO_MS = 4000, /* from the request: who has not been named by then is not waited for */
    DELAY_NAMES = 3,
    DELAY_NAME_BYTES = 64,
    DELAY_TEXT_BYTES = 512
};

struct delay {
    bool sought;                  /* the asked node was asked for the others */
    bool heard;                   /* it answers questions */
    bool whole;                   /* it has named all */
    char asked[DELAY_NAME_BYTES]; /* its name; empty: it is in no cluster */
    uint32_t silent;              /* other nodes that count as there and do not answer */
    char names[DELAY_NAMES][DELAY_NAME_BYTES]; /* of the first few */
};

/* A row of the nodes, or their end. */
void delay_hear(struct delay *d, const struct msg *answer);
/* One line, ended by a newline. `left`: for so long the client waits on; `place`: of the asked node, "at ENDPOINT". */
void delay_print(const struct delay *d, const char *place, dur_ms left, struct buf *out);

#endif
