/* replay - derives each proposal of a job whose method learns again, from facts alone: from what it
 * says that was known when it was made (chain.h), and from what the slots came to.
 *
 * Memory   the chain is the caller's, with room for all that the job wants (chain_wants).
 */
#ifndef ZYG_REPLAY_H
#define ZYG_REPLAY_H

#include "actors/tuner/chain.h"
#include "proto/base/ids.h"
#include "proto/base/ranges.h"

enum replay_verdict {
    REPLAY_SAME,
    REPLAY_DIFFERS,
    /* It says that something was known of which there is no fact, or another one stands by now; or
     * the proposal before it is missing. */
    REPLAY_UNKNOWN
};

/* What a slot came to, as it stands now: config empty, nothing is known of it. Borrowed until the
 * next call. */
struct replay_slots {
    struct chain_news (*slot)(void *context, uint32_t slot);
    /* Where there are rungs: how it stood at this one (of several facts the one that known_stand_counts picks); told 0:
     * it did not. */
    struct known_stand (*stand)(void *context, uint32_t slot, uint32_t rung);
    void *context;
};

struct replay_proposal {
    struct node_id author; /* with the generation: whose chain */
    uint64_t generation;
    uint32_t slot;
    uint64_t asked; /* as in proposal_fact */
    struct span config;
    struct span known;
};

struct replay {
    struct chain *chain;
    struct replay_slots slots;
    struct node_id author;
    uint64_t generation;
    bool whole; /* all of this chain so far was derived */
    struct range ranges[LIMIT_RANGES];
    struct span near; /* of the proposal that is being derived; in it */
    uint8_t config[LIMIT_JOB_SPEC_BYTES];
    uint8_t known[CHAIN_KNOWN_BYTES];
};

void replay_init(struct replay *r, struct chain *chain, const struct replay_slots *slots);
/* Proposals come by author and generation, those of one in the order in which it signed them. The
 * configuration that was derived lies in r->config, `derived` bytes of it. */
enum replay_verdict replay_next(struct replay *r, const struct replay_proposal *p, size_t *derived);

/* Of a job that is repeat_auto, with this many trials by now: what its search recommends by all that its slots came to, whatever
 * was derived before; it borrows. False: nothing. */
bool replay_recommend(struct replay *r, uint64_t trials, struct recommended *out);

#endif
