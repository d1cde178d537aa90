/* bundle - facts of one author under one signature: what is kept, synced and sent whole.
 *
 * Bytes    msgpack [1, author, generation, sequence, [body, ...], signature]; a body is an encoded message of facts.def;
 *          facts of a bundle are numbered sequence, sequence + 1, ... No author uses a (generation, sequence) twice, so the
 *          triple is the write-once key of the bundle and merging two stores is a set union.
 * Signed   Ed25519 over BLAKE2b-256 of "zyg/bundle/1\0" and the exact bytes before the signature; a batch costs one
 *          signature, so the cost per trial falls as the load grows.
 * Ids      a fact's id is BLAKE2b-256 over author, generation, number and body; a job's id is the first 16 bytes of
 *          BLAKE2b-256 over the JOB body alone (the client can compute it before anybody has seen it).
 * Errors   bundle_open: ERR_BAD_FACT, with what was wrong.
 */
#ifndef ZYG_BUNDLE_H
#define ZYG_BUNDLE_H

#include "proto/base/mp.h"
#include "proto/msg.h"
#include "proto/trust/sign.h"

/* Who signs: an Ed25519 key pair. */
struct signer {
    struct node_id id;
    uint8_t secret[SIGN_SECRET_BYTES];
};

struct bundle_writer {
    struct buf out;
    const struct signer *signer;
    uint64_t generation;
    uint64_t sequence; /* of its first fact */
    size_t count_at;   /* where the number of bodies stands */
    uint32_t count;
};

/* Writes into `memory`, which must hold all of it. */
void bundle_begin(struct bundle_writer *w, const struct signer *signer, uint64_t generation,
                  uint64_t sequence, void *memory, size_t cap);
/* False: no room left, bundle unchanged. */
bool bundle_add(struct bundle_writer *w, const struct msg *fact);
struct span bundle_seal(struct bundle_writer *w); /* signs; the finished bytes */

struct bundle {
    struct node_id author;
    uint64_t generation;
    uint64_t sequence;
    uint32_t count;
    struct mp bodies;
};

/* Checks shape and signature. */
bool bundle_open(struct bundle *b, struct span bytes, struct err *err);
/* The shape alone: for bytes whose signature was checked when they came, or may not be worth it. */
bool bundle_peek(struct bundle *b, struct span bytes, struct err *err);
/* False at the end (err untouched) or on a bad body. */
bool bundle_next(struct bundle *b, struct msg *fact, struct err *err);

/* The key of table bundles: 48 bytes. */
void bundle_key(struct buf *out, const struct node_id *author, uint64_t generation,
                uint64_t sequence);

/* The fact's spec is at most LIMIT_JOB_SPEC_BYTES. */
struct job_id job_id_of(const struct msg_job_fact *fact);

#endif
