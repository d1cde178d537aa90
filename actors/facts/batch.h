/* batch - group commit: facts and rows gather while the transaction before them is on its way to the disk.
 *
 * Under load a commit carries all that came during the last one. A batch is one transaction and, for the facts of this node,
 * one signature. When a batch goes is decided in facts.c.
 * What depends on it being durable is said into `after` and leaves when the store has answered.
 */
#ifndef ZYG_BATCH_H
#define ZYG_BATCH_H

#include "actors/kit/core.h"
#include "proto/trust/bundle.h"
#include "store/ops.h"

enum {
    BATCHES = 32,     /* one under way, one filling; the rest only when the disk is slow */
    BATCHES_HOLD = 3, /* from here on nothing new is begun */
    /* Soft limits; closing a batch adds the summary of every seat that has changed, twice. */
    BATCH_BUNDLE_BYTES = LIMIT_BATCH_BYTES / 2,
    BATCH_AFTER_BYTES = LIMIT_BATCH_BYTES / 2,
    BATCH_SUMMARY_BYTES = 18 * 1024, /* one encoded summary with its key */
    BATCH_CLOSING_BYTES = LIMIT_JOBS_OPEN * BATCH_SUMMARY_BYTES,
    BATCH_OPS_ROOM = LIMIT_BATCH_BYTES + BATCH_BUNDLE_BYTES + BATCH_CLOSING_BYTES,
    BATCH_AFTER_ROOM = BATCH_AFTER_BYTES + BATCH_CLOSING_BYTES
};

struct batch {
    struct bundle_writer bundle; /* facts of this node */
    struct buf ops;
    struct says after;
    uint8_t bundle_memory[BATCH_BUNDLE_BYTES];
    uint8_t ops_memory[BATCH_OPS_ROOM];
    uint8_t after_memory[BATCH_AFTER_ROOM];
};

struct batches {
    const struct signer *signer;
    uint64_t generation;
    uint64_t sequence; /* of the next fact of this node */
    uint64_t flying;   /* serial of the oldest batch */
    uint64_t filling;  /* serial of the newest; equal to flying when only one is in use */
    bool under_way;    /* the oldest is at the store */
    struct batch ring[BATCHES];
};

void batches_init(struct batches *b, const struct signer *signer);
/* The batch to add to; `bytes` are about to be added. Opens the next one when this one is full; NULL when all are. */
struct batch *batches_room(struct batches *b, size_t bytes);
/* Adds a fact of this node; the caller has asked for room. */
void batch_add_fact(struct batches *b, struct batch *batch, const struct msg *fact);
bool batch_is_empty(const struct batch *batch);
struct batch *batches_oldest(struct batches *b);
uint32_t batches_waiting(const struct batches *b);
/* Closes the oldest batch: signs its facts, gives it its save. */
void batches_launch(struct batches *b, struct says *out);
void batches_relaunch(struct batches *b, struct says *out); /* the same save once more */
/* The oldest is durable: says what waited for it and frees it. */
void batches_landed(struct batches *b, struct says *out);

#endif
