/* trouble - why this node takes no trials though it could be given some: its store refuses, or its machine cannot start any.
 *
 * People are told once when it begins, whatever both say and however often, and once when it is over; who asks how busy the
 * node is (busy_ask) is told why. Of two reasons the store's counts: without it nothing can be kept.
 * Memory   fixed; what is longer is cut.
 */
#ifndef ZYG_ELASTIC_TROUBLE_H
#define ZYG_ELASTIC_TROUBLE_H

#include "actors/kit/core.h"

enum { TROUBLE_BYTES = 320 };

struct trouble {
    bool told;
    size_t store_len, machine_len;
    char store[TROUBLE_BYTES];   /* what facts says of the disk */
    char machine[TROUBLE_BYTES]; /* what the executor says */
};

/* ailing, unfit; silent: there are no people who would read it. */
void trouble_hear(struct trouble *t, const struct msg *m, bool silent, struct says *out);
struct span trouble_text(const struct trouble *t); /* empty: there is none */

#endif
