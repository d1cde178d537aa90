/* facts - what is known for good: verifies, merges, keeps and counts; nothing is acknowledged before it is synced.
 *
 * Hears    start, admit, job_want (gateway); proposed (tuner); outcome (executor); saved, save_failed, rows (store); quit.
 * Says     save, scan (store); admitted, job_stand, ailing (gateway); job_open, job_shut (all); learned (tuner); recorded,
 *          hold (sched); quiet.
 * Holds    - an answer that promises durability lies in the batch it depends on and is said when that batch is saved;
 *          - every bundle of this node has a (generation, sequence) that was never used: the generation is raised in the
 *            first transaction after a start, before any bundle of it;
 *          - a job's counts are a fold of its rows: opening a job counts them again.
 * Memory   the caller's, facts_size() bytes of zeros; only what is used is touched.
 * Pace     results alone gather for 5 ms, because a sync costs the same for one as for a hundred; what somebody waits for
 *          goes at once.
 * Errors   a store that refuses is asked again with growing pauses; meanwhile sched holds and the gateway says why.
 *
 *   facts.c     the step: which event goes where      batch.c        group commit
 *   errand.c    admitting and cancelling jobs         opening.c      reading a job's trials before it runs
 *   seat.c      a job's counts, its best, its end     trial_row.c    a slot's row
 *   bundle.c    signatures                            open_slots.c   slots begun and not finished
 */
#ifndef ZYG_FACTS_H
#define ZYG_FACTS_H

#include "actors/kit/core.h"
#include "proto/trust/bundle.h"

struct facts_config {
    struct signer signer;
    uint32_t nonce; /* random: two lives of a cloned disk differ in it */
};

struct facts;

size_t facts_size(void);
struct facts *facts_init(void *memory, const struct facts_config *config);
struct core facts_core(struct facts *f);

#endif
