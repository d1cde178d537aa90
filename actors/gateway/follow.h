/* follow - clients that read what a trial prints while it runs, on whichever node that is.
 *
 * Readers of the same trial share a stream: one word to the executor where it runs (follow), one sequence of parts back
 * (printed). Each part that has come is answered by `follow` with its end, which asks for the next; the same word every
 * LOOK_AGAIN_MS shows the executor that somebody still listens, and finds out whether the trial is still there.
 *   attached   parts come from `peer`. Its end ends the readers; so does a record of the attempt in the store, when the
 *              leader knows of no run and the word of the end has been lost. When the attempt is lost, its node dies, or
 *              the leader says that the slot runs elsewhere, the stream goes there: readers get the next attempt from its
 *              first byte.
 *   seeking    it runs nowhere now, as far as is known here. As soon as it runs somewhere the stream is attached to that
 *              node; as soon as the store has a record of the attempt, or the job is shut, the readers get the rest from
 *              there and their end.
 * A reader who does not stay gets what was kept when he asked; when that does not come within GLANCE_MS, what the store has.
 * Memory   fixed; a full table is answered with "busy".
 */
#ifndef ZYG_GATEWAY_FOLLOW_H
#define ZYG_GATEWAY_FOLLOW_H

#include "actors/gateway/ask.h"
#include "actors/gateway/live.h"

enum {
    FOLLOW_READERS = LIMIT_CLIENTS,
    GLANCE_MS = 1000,
    SEEK_MS = 250 /* between two looks into the store, and before the same place is tried again */
};
#define FOLLOW_NOWHERE UINT32_MAX

struct stream {
    bool used;
    bool anew;  /* begun at the first byte; what comes from further on was asked for before */
    bool other; /* the next part is of another run than the last: readers begin at its first byte */
    bool lost;  /* the run whose output was read is as if it had never been */
    struct job_id job;
    uint64_t slot;
    uint32_t peer;       /* FOLLOW_NOWHERE: seeking */
    struct node_id node; /* that node */
    uint64_t attempt;    /* that was read; 0: none */
    wall_ms began;       /* ... and which run of it; 0: not known */
    uint64_t offset;     /* up to here */
    when_ms due;         /* attached: say follow again; seeking: look into the store */
    when_ms try_at;      /* seeking: not attached before */
};

struct log_reader {
    bool used;
    bool stays; /* until the trial ends; else only for what was kept */
    bool begun; /* it has the first byte; what comes before that was meant for another reader */
    uint32_t stream;
    uint32_t peer;
    uint64_t ticket;
    uint64_t offset; /* up to here it has been sent */
    when_ms until;   /* of one who does not stay */
};

struct follow {
    uint32_t reading;
    struct stream streams[FOLLOW_READERS];
    struct log_reader readers[FOLLOW_READERS];
};

/* What following needs of the other parts of the gateway. */
struct follow_world {
    struct live *live;
    struct asks *asks;
    const struct nodes *nodes;
    struct node_id self;
    when_ms now;
    struct says *out;
};

/* The client of `ask` reads the trial where it runs; NULL: it is sought until it runs or is over. False: too many do; they
 * are sent nothing, which shows who is gone. */
bool follow_begin(struct follow *f, const struct follow_world *w, const struct ask *ask,
                  const struct live_trial *where);
void follow_printed(struct follow *f, const struct follow_world *w, uint32_t from,
                    const struct msg_printed *printed);
void follow_running(struct follow *f, const struct follow_world *w, const struct job_id *job);
/* What the store knows of a slot that is sought. */
void follow_recorded(struct follow *f, const struct follow_world *w, const struct ask *ask,
                     bool finished, uint64_t attempts);
void follow_gone(struct follow *f, const struct follow_world *w, uint32_t peer); /* a node */
void follow_left(struct follow *f, const struct follow_world *w, uint32_t peer); /* a client */
void follow_wake(struct follow *f, const struct follow_world *w);
when_ms follow_deadline(const struct follow *f);

#endif
