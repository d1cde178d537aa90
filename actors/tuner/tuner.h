/* tuner - which configuration a slot gets: a fold over the facts of each open job.
 *
 * Hears    job_open, job_extended, learned, stands, job_shut (facts); propose, judge (sched).
 * Says     proposed (sched and facts); unproposed, judged (sched); note.
 * Holds    - of a method that does not learn (job_learns): a slot's configuration follows from the
 *            job alone, on any machine, whatever is known;
 *          - of one that learns: from the job and from what the proposal says that was known when it
 *            was made (chain.h); tuners with the same facts begin the same chain;
 *          - a slot that is asked for again keeps its configuration, whoever proposed it;
 *          - every proposal is a valid configuration of its job;
 *          - where there are rungs every method learns: who is judged, paused and resumed follows from
 *            what is known like a proposal. No chain, no verdict: then all trials run their full length.
 *          Nothing is durable before a trial runs: the lease and the result carry the configuration
 *          themselves. A proposal whose fact dies with its leader costs the next one the knowledge
 *          that this trial is under way, and no more.
 * Memory   the struct is the caller's, as is one block of tuner_memory() bytes for the jobs. Only
 *          what an open job uses of it is ever touched, so a block straight from mmap costs next to
 *          nothing. The pool at its end is shared by the jobs that learn. One that does not get all
 *          it wants remembers fewer slots (chain.h); when these would be too few for a method that
 *          needs much memory, a lighter one proposes (algo_lighter), and draws at random when there
 *          is none for anything. It says so with its first proposal.
 * Errors   step cannot fail: what is not of an open job or cannot be read is dropped and counted as
 *          nonsense.
 *
 *   tuner.c   the step                              study.c      one search, in order
 *   pool.c    memory for the jobs that learn        chain.c      its proposals as facts
 *   space/    configurations as points of a cube    chain_set.c  what they begin with
 *   algo/     the methods                           known.c      what is known of each slot
 *   num/      arithmetic that is the same           replay.c     deriving proposals again
 *             everywhere
 */
#ifndef ZYG_TUNER_H
#define ZYG_TUNER_H

#include "actors/kit/core.h"
#include "actors/tuner/chain.h"
#include "actors/tuner/pool.h"

/* A configuration has no more text than the job it comes from, and no more than 16 bytes beside for
 * each parameter. */
enum { TUNER_CONFIG_BYTES = LIMIT_JOB_SPEC_BYTES + 16 * LIMIT_PARAMS + 16 };

/* The pool: a few jobs of a million trials, or many of thousands; the least is for a small board. */
#define TUNER_POOL_MOST ((size_t)1 << 30)
#define TUNER_POOL_LEAST ((size_t)16 << 20)

/* The place of one open job. Its pages: a copy of the canonical bytes, the job decoded from them,
 * the algorithm's memory. */
struct tuner_seat {
    bool open;
    struct job_id id;
    struct job job;     /* with the trials it has by now */
    uint64_t described; /* ... and as many as its description gives it */
    struct space space;
    struct trials none; /* who does not learn knows nothing */
    struct brief brief;
    const struct algo *algo;
    void *state;
    struct piece piece;  /* of the pool */
    struct chain *chain; /* of a job that learns, in its piece; NULL: there was no room */
    bool said;           /* that memory is short */
    uint64_t learned;    /* messages of that name, since it is open */
};

struct tuner {
    uint8_t *memory;
    uint8_t *known; /* CHAIN_KNOWN_BYTES of it */
    struct pool pool;
    uint32_t seats_used; /* those from here on were never sat on */
    struct tuner_seat seats[LIMIT_JOBS_OPEN];
    uint8_t config[TUNER_CONFIG_BYTES];
    uint64_t nonsense;
};

size_t tuner_memory(size_t pool);
/* size >= tuner_memory(0), aligned for any object; the rest is the pool. */
void tuner_init(struct tuner *t, void *memory, size_t size);
struct core tuner_core(struct tuner *t);

#endif
