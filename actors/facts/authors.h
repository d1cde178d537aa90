/* authors - who signed the logs of this store: the certificates of the nodes that others may hear of through it.
 *
 * What a node signed counts when that node is one of the cluster, whoever passes it on: its certificate travels with the first
 * bundle of each of its lives, is checked against the cluster's key before a log of it is made, and is kept with that bundle.
 * Memory   fixed: no more authors than logs.
 */
#ifndef ZYG_AUTHORS_H
#define ZYG_AUTHORS_H

#include "proto/limits.h"
#include "proto/trust/certificate.h"

enum { AUTHOR_ROW_BYTES = NODE_ID_BYTES + CERTIFICATE_BYTES_MAX + 16 }; /* of table authors */

struct known_author {
    struct node_id node;
    size_t len;
    uint8_t certificate[CERTIFICATE_BYTES_MAX];
};

struct authors {
    uint32_t count;
    struct known_author items[LIMIT_LOGS];
};

const struct known_author *authors_find(const struct authors *a, const struct node_id *node);
/* A certificate that was checked; of one that is known the older one stays. False: no room. */
bool authors_add(struct authors *a, const struct node_id *node, struct span certificate);
struct span author_certificate(const struct known_author *author); /* NULL: empty */

#endif
