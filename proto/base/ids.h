/* ids - the names of things: nodes, jobs, contents.
 *
 * A node or user is its Ed25519 public key. A job is the first 16 bytes of the hash of its JOB fact. A hash is
 * BLAKE2b-256. All are compared as bytes, printed as lower-case hex.
 */
#ifndef ZYG_IDS_H
#define ZYG_IDS_H

#include "proto/base/bytes.h"

enum { NODE_ID_BYTES = 32, JOB_ID_BYTES = 16, HASH_BYTES = 32 };

struct node_id {
    uint8_t bytes[NODE_ID_BYTES];
};
struct job_id {
    uint8_t bytes[JOB_ID_BYTES];
};
struct hash {
    uint8_t bytes[HASH_BYTES];
};

bool node_id_equal(const struct node_id *a, const struct node_id *b);
bool job_id_equal(const struct job_id *a, const struct job_id *b);
void node_id_print(struct buf *out, const struct node_id *id); /* the first 8 bytes: a handle */
void job_id_print(struct buf *out, const struct job_id *id);   /* all of it */

/* "digits-3f2a": the name and the first two bytes of the id; what people type. */
void job_handle_print(struct buf *out, struct span name, const struct job_id *id);

#endif
