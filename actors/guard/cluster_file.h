/* cluster_file - the bytes of DIR/cluster (cluster.h says which). */
#ifndef ZYG_CLUSTER_FILE_H
#define ZYG_CLUSTER_FILE_H

#include "actors/guard/cluster.h"

/* Both parts with as many and as long seeds as there can be. */
enum { CLUSTER_FILE_BYTES = 8192 };

void cluster_print(struct buf *out, const struct cluster *c);
bool cluster_parse(struct cluster *c, struct span text); /* false: not whole, or not proved */

#endif
