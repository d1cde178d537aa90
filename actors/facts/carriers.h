/* carriers - which log carries a request that came in this life: who asks for the same once more waits for that log alone.
 *
 * Of several cancellations of a job the first one kept stands for all: with it the job is cancelled.
 * Memory   fixed: the newest CARRIERS_KNOWN.
 */
#ifndef ZYG_CARRIERS_H
#define ZYG_CARRIERS_H

#include "actors/facts/batch.h"

enum { CARRIERS_KNOWN = 256 };

struct carrier {
    struct job_id job;
    bool cancels; /* it, else the job itself was asked for */
    struct mark place;
};

struct carriers {
    uint64_t count; /* of all that there were; a ring */
    struct carrier items[CARRIERS_KNOWN];
};

void carriers_note(struct carriers *c, const struct job_id *job, bool cancels, struct mark place);
/* NULL: it came before this life, or is not known any more. */
const struct mark *carriers_find(const struct carriers *c, const struct job_id *job, bool cancels);
bool carriers_knows_all(const struct carriers *c); /* that came in this life */

#endif
