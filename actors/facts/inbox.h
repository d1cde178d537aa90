/* inbox - bundles that other nodes sent, one after the other: verified, folded and kept in one transaction each.
 *
 * A bundle is kept only when it continues its log; what leaves a gap, finds no room, or is about a job that is not known here
 * (what carried it was lost on the way; every store that has results of a job has the job), is dropped and comes again
 * (spread.h).
 * What a client signed is an errand like any other. Facts about a job that is not open here wait for the errand that opens
 * it, or says that it is over; then they change no rows. A result that wants its slot's row (fold.h) waits until all batches
 * so far are on the disk and reads it; those of this node that want one go through here as well. A job whose best trial was
 * taken back is asked for its best one in the same way.
 * Holds    - bundles are folded in the order in which they came, so a job is known before its results;
 *          - what was read is folded before anything else may change it: one step of this file for the rest of the room.
 * Memory   INBOX_BYTES of bundles, BATCH_ROWS_BYTES of rows.
 * Limits   a job that finds no free seat, because more than LIMIT_JOBS_OPEN were admitted at different nodes at the same
 *          time, holds up what comes after it until a job has ended.
 */
#ifndef ZYG_INBOX_H
#define ZYG_INBOX_H

#include "actors/facts/fold.h"
#include "actors/facts/spread.h"

enum { INBOX_BYTES = 1 << 20, INBOX_OVER = 256, INBOX_RETRY_MS = 500 };

enum inbox_kind {
    INBOX_BUNDLE, /* of another node */
    INBOX_OWN     /* an encoded result_fact of this node that waits for its row */
};

enum inbox_step {
    INBOX_IDLE,
    INBOX_CARRIES,    /* an errand does what a client signed */
    INBOX_LANDS,      /* what the store is to be asked for is on its way to the disk */
    INBOX_READS,      /* a row is being read */
    INBOX_DOUBTS,     /* a seat wants to know its best trial: as LANDS */
    INBOX_READS_RANK, /* ... which one it is */
    INBOX_READS_BEST  /* ... and its row */
};

/* A slot whose row is wanted. */
struct want {
    struct job_id job;
    uint64_t slot;
    size_t at, len; /* of its row among `rows`; len 0: there is none */
    bool again;     /* several results of it come: the row that one makes is wanted by the next */
    bool bad;       /* there was no room for it */
};

struct inbox {
    enum inbox_step step;
    bool errand;  /* CARRIES: it is not done */
    bool trouble; /* ... and could not be done now */
    bool asked;   /* an errand was to open `job` */
    bool unknown; /* ... or the one of the head is about one that is not in the store */
    struct job_id job;
    when_ms retry_at;
    uint64_t barrier; /* the batch that must be on the disk */
    uint64_t scan;
    uint64_t turns;   /* steps done, so that the caller sees whether one was */
    uint32_t doubted; /* DOUBTS: the seat */
    uint64_t best;    /* READS_BEST: the slot */
    uint32_t over_next;
    struct job_id over[INBOX_OVER]; /* jobs that are over: most late facts are about these */
    uint32_t wants_count, wants_read;
    struct want wants[LIMIT_BATCH_FACTS];
    size_t rows_len;
    size_t len; /* of the entries: kind 1, length 4, bytes */
    uint8_t rows[BATCH_ROWS_BYTES];
    uint8_t entries[INBOX_BYTES];
};

struct facts;

bool inbox_put(struct inbox *b, enum inbox_kind kind, struct span bytes); /* false: no room */
bool inbox_reads(const struct inbox *b, const struct job_id *job, uint64_t slot);
void inbox_job_over(struct inbox *b, const struct job_id *job);
void inbox_job_unknown(struct inbox *b, const struct job_id *job, bool carried);
void inbox_bundles(struct facts *f, uint32_t peer, const struct msg_bundles *bundles, when_ms now);
bool inbox_rows(struct facts *f, const struct msg_rows *rows, struct moment at,
                struct says *out); /* false: not asked by it */
void inbox_go(struct facts *f, struct moment at, struct says *out);
when_ms inbox_deadline(const struct inbox *b);

#endif
