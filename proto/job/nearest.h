/* nearest - the valid name that somebody probably meant.
 *
 * The optimal string alignment distance (insert, delete, replace, swap of neighbours), letter case
 * ignored; a name is suggested when at most a third of it was mistyped.
 * Memory   borrows the names; keeps the best one seen so far.
 */
#ifndef ZYG_NEAREST_H
#define ZYG_NEAREST_H

#include "proto/base/bytes.h"

struct nearest {
    struct span word; /* what was written */
    struct span best; /* empty: nothing is near */
    size_t distance;
};

struct nearest nearest_of(struct span word);
void nearest_offer(struct nearest *n, struct span name); /* a tie keeps the earlier name */
size_t nearest_distance(struct span a, struct span b); /* SIZE_MAX for words longer than 64 bytes */

#endif
