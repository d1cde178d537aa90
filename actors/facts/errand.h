/* errand - work that has to look into the store first: admit a job, cancel or extend one, open one.
 *
 * Errands wait in a ring and are done one at a time, so two of them never see half of each other. Each asks the store for
 * one thing, gets it, decides, asks for the next; what it promises is said by the batch it wrote to.
 */
#ifndef ZYG_ERRAND_H
#define ZYG_ERRAND_H

#include "actors/facts/batch.h"
#include "actors/facts/seat.h"

enum { ERRANDS = 32, ERRAND_BUNDLE_BYTES = LIMIT_JOB_SPEC_BYTES + 1024 };

enum errand_kind {
    ERRAND_ADMIT,
    ERRAND_CANCEL,
    ERRAND_EXTEND,
    ERRAND_OPEN,
    ERRAND_LATE,
    ERRAND_STANDS /* a job that is open here got more slots: how they stood at rungs may be known */
};

enum errand_step {
    ERRAND_WAITS,
    ERRAND_READS_BUNDLE,
    ERRAND_READS_JOB,
    ERRAND_READS_ROW,
    ERRAND_READS_TRIALS,
    ERRAND_READS_STANDS,
    ERRAND_READS_NEW, /* those of STANDS */
    ERRAND_WAITS_SAVE
};

struct errand {
    enum errand_kind kind;
    uint64_t ticket; /* the gateway's; 0: nobody waits for an answer */
    struct job_id job;
    bool run; /* ADMIT: open it as well */
    bool replied;
    bool over;       /* nothing is left to do but to wait for its batch */
    bool carried;    /* came in the log of another node: the inbox waits for it */
    bool known;      /* this very request lies on the disk already */
    wall_ms wall;    /* CANCEL, EXTEND: when it was said */
    uint64_t trials; /* EXTEND; STANDS: those that it had before */
    dur_ms pause;    /* OPEN, promised already: tried again after it, each time a longer one */
    when_ms not_before;
    struct node_id author; /* of what was signed, with its place among the author's bundles */
    uint64_t generation, sequence;
    uint64_t after_batch; /* WAITS_SAVE: goes on when this one is durable */
    size_t bundle_len;
    uint8_t bundle[ERRAND_BUNDLE_BYTES]; /* what was signed, to be kept as it came */
};

struct errands {
    uint32_t first;
    uint32_t count;
    enum errand_step step;
    uint64_t scan; /* ticket of the answer that is waited for */
    /* READS_BUNDLE: of the job, asked in the same breath because that is nearly always what comes next */
    uint64_t job_scan;
    uint64_t unused; /* ... which was not needed after all */
    uint32_t seat;   /* OPEN: where the job is being seated */
    when_ms now;     /* of the event under way */
    struct errand ring[ERRANDS];
};

struct facts;

bool errands_full(const struct errands *e);
void errand_admit(struct facts *f, const struct msg_admit *admit, struct says *out);
/* The same for what another node has admitted. False: nothing that a client may say. The ring is not full. */
bool errand_carried(struct facts *f, struct span bundle, struct job_id *job, struct says *out);
/* Something of this job waits. */
bool errand_pending(const struct errands *e, const struct job_id *job);
void errand_late(struct facts *f, const struct job_id *job, struct says *out); /* late.h */
void errand_want(struct facts *f, uint64_t ticket, const struct job_id *job, struct says *out);
/* The job had so many trials. Where too many errands wait the tuner hears of it when the job opens again. */
void errand_stands(struct facts *f, const struct job_id *job, uint64_t before, struct says *out);
/* Begins the next one when none is under way. */
void errands_go(struct facts *f, struct moment at, struct says *out);
/* What admit.c and opening.c share with errand.c: the errand under way, its one answer (a batch to say it into makes it a
 * promise), and its ends: done, done when the newest batch is saved, refused, or tried again later when nobody is left who
 * would ask. */
struct errand *errand_current(struct errands *e);
void errand_reply(struct errand *e, struct says *into, enum err_code code, const char *what);
void errand_bundle_key(const struct errand *e, struct buf *key); /* of table bundles */
void errand_finish(struct facts *f);
void errand_finish_saved(struct facts *f);
void errand_fail(struct facts *f, struct says *out, enum err_code code, const char *what);
void errand_trouble(struct facts *f, struct says *out, enum err_code code, const char *what);

/* admit.c: what becomes of the request under way. A job nobody has seen. */
void admit_job(struct facts *f, struct moment at, struct says *out);
/* Asked for once more: it lies on this disk, perhaps by way of another node, and is answered when all that lies here does so on
 * enough disks. False: not answered now. */
bool admit_again(struct facts *f, uint32_t copies, struct says *out);
/* Its owner cancels a job that is open here, and one that is not, or not any more. */
void admit_cancel(struct facts *f, struct seat *s, struct moment at, struct says *out);
void admit_cancel_resting(struct facts *f, struct seat *s, const struct msg_job_row *row,
                          struct moment at, struct says *out);

/* The same for more trials. One that was over and is not any more goes on. */
void admit_extend(struct facts *f, struct seat *s, struct moment at, struct says *out);
void admit_extend_resting(struct facts *f, struct seat *s, const struct msg_job_row *row,
                          struct moment at, struct says *out);
const char *errand_over_because(uint64_t state); /* why nothing of such a job is left to run */

/* `read` holds its description; row: its summary. */
void opening_begin(struct facts *f, struct seat *read, const struct msg_job_row *row,
                   struct says *out);
/* A job that is being admitted and that nobody has run: it is open from now on. Its trials need not wait for the disk: what
 * they find lies behind its description. False: there is no seat. */
bool opening_fresh(struct facts *f, const struct seat *read, struct says *out);
void opening_rows(struct facts *f, const struct msg_rows *rows, struct moment at, struct says *out);
void opening_stands(struct facts *f, const struct msg_rows *rows, struct moment at,
                    struct says *out);
/* STANDS: begins, and its rows. */
void opening_new_stands(struct facts *f, struct says *out);
void opening_new_rows(struct facts *f, const struct msg_rows *rows, struct says *out);
void opening_leave(struct facts *f, struct says *out); /* the seat is given up */
/* This node leads from now on: its sched hears of every open job as it stands, and whether they are over is looked at anew. */
void opening_lead(struct facts *f);
/* A few of the seats whose turn it is: sched hears of the job, and it ends if it is over. */
void opening_announce(struct facts *f, struct moment at, struct says *out);

bool errands_wait(const struct errands *e); /* some of them, for the save of the first */
when_ms errands_deadline(const struct errands *e);
/* This batch is durable. */
void errands_landed(struct facts *f, uint64_t landed, when_ms now);
void errand_rows(struct facts *f, const struct msg_rows *rows, struct moment at, struct says *out);

#endif
