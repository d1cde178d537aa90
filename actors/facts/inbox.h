/* inbox - bundles that other nodes sent, one after the other: verified, folded and kept in one transaction each.
 *
 * A bundle is kept only when it continues its log; what leaves a gap or finds no room is dropped and comes again (spread.h).
 * A log is begun only for an author whose certificate was checked (authors.h); what is refused for good is said to be.
 * What a client signed is an errand like any other. Facts about a job that is not open here wait for the errand that opens
 * it, or says that it is over; then they are put off and folded when nothing else waits (late.h). A result that wants its
 * slot's row (fold.h) waits until all batches so far are on the disk and reads it; those of this node that want one go
 * through here as well.
 * Holds    - logs never wait for rows: what cannot be folded now, because its job is not known here, finds no seat, too
 *            little room for rows or too many promises that wait, is kept and put off (table backlog) until the job is open
 *            here (intake.c);
 *          - bundles are folded in the order in which they came, but for what was put off;
 *          - what was put off may go before an entry that waits for an errand: what was found out of that is found out again;
 *          - what was read is folded before anything else may change it: one step of this file for the rest of the room.
 * Memory   INBOX_BYTES of bundles, BATCH_ROWS_BYTES of rows, one bundle that was put off.
 */
#ifndef ZYG_INBOX_H
#define ZYG_INBOX_H

#include "actors/facts/batch.h"
#include "actors/facts/fold.h"
#include "actors/facts/late.h"
#include "actors/facts/spread.h"

enum {
    INBOX_BYTES = 1 << 20,
    INBOX_OVER = 256,
    INBOX_RETRY_MS = 500,
    /* More than a bundle has facts, and than there are runs of one configuration. */
    INBOX_WANTS = 2048
};

/* The place of a bundle in the backlog of a job is its serial; what clients have said comes before all else, because nothing
 * matters after a cancellation. */
#define BACKLOG_OTHERS ((uint64_t)1 << 63)

enum inbox_kind {
    INBOX_BUNDLE, /* of another node */
    INBOX_OWN,    /* an encoded result_fact of this node that waits for its row */
    INBOX_AGAIN   /* a bundle that is kept and of which facts were put off */
};

enum inbox_step {
    INBOX_IDLE,
    INBOX_CARRIES,     /* an errand does what a client signed */
    INBOX_LANDS,       /* what the store is to be asked for is on its way to the disk */
    INBOX_READS,       /* a row is being read */
    INBOX_AGAIN_LANDS, /* facts of an open job were put off: as LANDS */
    INBOX_AGAIN_SEEKS, /* ... in which bundle */
    INBOX_AGAIN_READS, /* ... and that bundle */
    INBOX_LATE_LANDS,  /* facts of some job that is over may be put off: as LANDS */
    INBOX_LATE_SEEKS   /* ... of which (late.h) */
};

/* A slot whose row is wanted. */
struct want {
    struct job_id job;
    uint64_t slot;
    size_t at, len; /* of its row among `rows`; len 0: there is none */
    bool again;     /* several results of it come: the row that one makes is wanted by the next */
    /* It is a run of the same configuration as another one that is wanted: its value is enough. */
    bool beside;
    bool bad; /* there was no room for it, or for what it wants beside */
};

/* A job of which the rest of the head is put off. */
struct put_off {
    struct job_id job;
    bool written; /* the row that says so is in the batch */
};

/* What is worked on: the first entry, or what was read of the backlog. */
struct inbox_head {
    enum inbox_kind kind;
    struct span bytes;
    struct bundle bundle; /* not of OWN */
};

struct inbox {
    enum inbox_step step;
    bool errand;  /* CARRIES: it is not done */
    bool trouble; /* ... and could not be done now */
    bool asked;   /* an errand was to open `job` */
    bool later;   /* ... or was carried here, and can be done when the job is open here */
    struct job_id job;
    when_ms retry_at;
    uint64_t barrier; /* the batch that must be on the disk */
    uint64_t scan;
    uint64_t turns; /* steps done, so that the caller sees whether one was */
    uint32_t over_next;
    struct {
        struct job_id job;
        bool whole;     /* all its slots were finished: no proposal matters */
    } over[INBOX_OVER]; /* jobs that are over: most late facts are about these */
    uint32_t wants_count, wants_read;
    struct want wants[INBOX_WANTS];
    uint32_t looked; /* facts of the head whose jobs were asked for */
    uint32_t put_off_count;
    struct put_off put_off[LIMIT_BATCH_FACTS];
    bool put_off_ever; /* there may be rows in table backlog */
    struct late late;
    bool backlogs;             /* some seat may have a backlog */
    uint32_t backlog_seat;     /* AGAIN_*: whose */
    uint32_t backlog_put_offs; /* ... as it was when it was looked for */
    uint64_t backlog_batch;    /* the last one that changes table backlog */
    struct {
        size_t len; /* 0: nothing was read */
        struct job_id job;
        uint64_t place; /* in the backlog */
        uint64_t from;  /* number of the first fact of `job` that is not folded */
        uint8_t bytes[LIMIT_BUNDLE_BYTES];
    } again;
    size_t rows_len;
    size_t begin, end; /* of the entries: kind 1, length 4, bytes */
    uint8_t rows[BATCH_ROWS_BYTES];
    uint8_t entries[INBOX_BYTES];
};

struct facts;

bool inbox_put(struct inbox *b, enum inbox_kind kind, struct span bytes); /* false: no room */
bool inbox_reads(const struct inbox *b, const struct job_id *job, uint64_t slot);
void inbox_job_over(struct inbox *b, const struct job_id *job, bool whole);
void inbox_job_goes_on(struct inbox *b, const struct job_id *job); /* it was over */
/* It is not known here, or cannot be opened now; carried: what a client said about it. */
void inbox_job_later(struct inbox *b, const struct job_id *job, bool carried);
/* Facts of this seat's job may have been put off. */
void inbox_backlog(struct inbox *b, struct seat *s);
void inbox_bundles(struct facts *f, uint32_t peer, const struct msg_bundles *bundles, when_ms now);
/* False: not asked by it. */
bool inbox_rows(struct facts *f, const struct msg_rows *rows, struct moment at, struct says *out);
/* CARRIES: the room in a batch that the bundle wants, when what its errand writes is in. */
size_t inbox_carried_bytes(const struct inbox *b);
/* CARRIES: where the request lies, or will lie. */
struct mark inbox_carries(struct facts *f);
/* CARRIES: the errand has written what it does, and the bundle goes into the same batch. False: it comes later. */
bool inbox_carried(struct facts *f, struct moment at);
void inbox_go(struct facts *f, struct moment at, struct says *out);
when_ms inbox_deadline(const struct inbox *b);

/* intake.c: what a bundle of another node does to the rows. */

/* Finds out which of its facts can be folded, and which rows they want. False: an errand comes first. */
bool intake_look(struct facts *f, const struct inbox_head *h, struct says *out);
void intake_want(struct inbox *b, const struct job_id *job, uint64_t slot, bool again);
void intake_row(struct facts *f, struct want *w, struct span row); /* it was read */
/* So much room in a batch is asked for when it is kept. */
size_t intake_bytes(const struct inbox *b, const struct inbox_head *h);
/* Kept and folded in one transaction. False: the disk does not keep up. */
bool intake_keep(struct facts *f, const struct inbox_head *h, struct moment at);
bool intake_keep_own(struct facts *f, struct span bytes, struct moment at);

#endif
