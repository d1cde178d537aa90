/* batch - group commit: facts and rows gather while the transaction before them is on its way to the disk.
 *
 * Under load a commit carries all that came during the last one. A batch is one transaction; the facts of this node in it
 * are signed in bundles of at most LIMIT_BUNDLE_BYTES, one when it is small. When a batch goes is decided in facts.c.
 * Bundles, whoever signed them, get their serial when they are put into the transaction: batches reach the disk in order, so
 * table log has no gap that is filled later. What a client signed lies in a bundle alone.
 * What depends on it being durable is said into `after`; `marks` are the logs that must stand so far on other disks as well
 * (pledge.h).
 */
#ifndef ZYG_BATCH_H
#define ZYG_BATCH_H

#include "actors/facts/logs.h"
#include "actors/kit/core.h"
#include "proto/job/frontier.h"
#include "store/ops.h"

enum {
    BATCHES = 32,     /* one under way, one filling; the rest only when the disk is slow */
    BATCHES_HOLD = 3, /* from here on nothing new is begun */
    BATCH_FACTS = 2 * LIMIT_BATCH_FACTS,
    BATCH_MARKS = 64, /* logs of which one batch may hold bundles */
    /* Soft limits; closing a batch adds the summary of every seat that has changed, twice. */
    BATCH_BUNDLE_BYTES = LIMIT_BATCH_BYTES / 2,
    BATCH_ROWS_BYTES = LIMIT_BATCH_BYTES / 2, /* rows that are made anew, of one bundle of others */
    BATCH_AFTER_BYTES = LIMIT_BATCH_BYTES / 2,
    BATCH_SUMMARY_BYTES = 19 * 1024 + FRONTIER_BYTES, /* one encoded summary with its key */
    BATCH_CLOSING_BYTES = LIMIT_JOBS_OPEN * BATCH_SUMMARY_BYTES,
    BATCH_OPS_ROOM =
        LIMIT_BATCH_BYTES + BATCH_BUNDLE_BYTES + BATCH_ROWS_BYTES + BATCH_CLOSING_BYTES,
    BATCH_AFTER_ROOM = BATCH_AFTER_BYTES + BATCH_ROWS_BYTES + BATCH_CLOSING_BYTES
};

/* This log, up to but without this number. */
struct mark {
    uint32_t log;
    uint64_t next;
};

/* All of it that is taken. */
static inline struct mark mark_of(const struct logs *logs, const struct log *log) {
    return (struct mark){.log = logs_number(logs, log), .next = log->taken};
}

struct batch {
    struct bundle_writer bundle; /* facts of this node that are not signed yet */
    struct buf ops;
    struct says after;
    uint32_t copies; /* disks on which it must lie before `after` is said */
    uint32_t facts;
    when_ms due; /* nobody waits for what is in it before that */
    uint32_t marks_count;
    struct mark marks[BATCH_MARKS];
    uint64_t serial;     /* of the newest bundle in it; 0: none */
    uint64_t own_serial; /* ... that this node has signed */
    uint8_t bundle_memory[LIMIT_BUNDLE_BYTES];
    uint8_t ops_memory[BATCH_OPS_ROOM];
    uint8_t after_memory[BATCH_AFTER_ROOM];
};

struct batches {
    const struct signer *signer;
    struct logs *logs;
    uint64_t generation;
    uint64_t sequence;       /* of the next fact of this node */
    uint64_t flying;         /* serial of the oldest batch */
    uint64_t filling;        /* serial of the newest; equal to flying when only one is in use */
    bool under_way;          /* the oldest is at the store */
    uint32_t taken;          /* bits: places of batches that are in use */
    uint8_t places[BATCHES]; /* a ring by serial: where it stands, always the first free place */
    struct batch items[BATCHES];
};

void batches_init(struct batches *b, const struct signer *signer, struct logs *logs);
/* The batch to add to; `bytes` are about to be added. Opens the next one when this one is full; NULL when all are. */
struct batch *batches_room(struct batches *b, size_t bytes);
/* Adds a fact of this node and gives its number; the caller has asked for room. */
uint64_t batch_add_fact(struct batches *b, struct batch *batch, const struct msg *fact);
/* The same for what a client signed, as a bundle of its own. */
void batch_carry(struct batches *b, struct batch *batch, struct span bundle);
/* Puts a signed bundle that continues its log into the log. */
void batch_keep(struct batches *b, struct batch *batch, struct log *log, uint32_t count,
                struct span bundle);
/* What it promises, or does to the rows, comes of facts that were kept before: it waits for the copies of that log so far. */
void batch_relies(struct batch *batch, struct mark place);
/* There is room for so many of these. */
bool batch_has_marks(const struct batch *batch, uint32_t count);
void batch_wants(struct batch *batch, uint32_t copies); /* what is said after it wants so many */
bool batch_is_empty(const struct batch *batch);
const struct batch *batches_at(const struct batches *b, uint64_t serial); /* one that is in use */
struct batch *batches_newest(struct batches *b);
struct batch *batches_oldest(struct batches *b);
uint32_t batches_waiting(const struct batches *b);
/* Closes the oldest batch: signs its facts, gives it its save. */
void batches_launch(struct batches *b, struct says *out);
void batches_relaunch(struct batches *b, struct says *out); /* the same save once more */
/* The oldest is durable and is freed; the caller has taken what waited for it. */
void batches_landed(struct batches *b);

#endif
