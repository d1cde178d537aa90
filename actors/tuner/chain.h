/* chain - what one node proposes in the slots of a job whose method learns, one after the other, so
 * that everybody can derive it again.
 *
 * Facts come in any order, twice and late, and leaders change; a study is a fold in order. So every
 * proposal says what was known when it was made (`known` of proposal_fact). The proposals of one
 * life of a node are a chain: numbers from 0 without a gap.
 *   - Number 0 names a set: the slots that were finished and those that were proposed and were not,
 *     as ranges, and a digest of what stood there. From that set the study is made anew, slot after
 *     slot: add the configuration, then tell what came of it. So whoever has the same facts begins
 *     with the same study, whatever the order in which he got them.
 *   - Every further number names the news since the one before, in the order in which the study
 *     heard them: results, and proposals of others. About 20 bytes a proposal.
 * A new chain begins in each life of a node, when more news have gathered than a proposal can carry
 * (while another node led) and when the study has no more room.
 *
 * The study learns configurations and values, not slots: of a slot that two islands gave two
 * configurations it hears of both as far as facts let the second stand. Of a job with `repeat` the
 * slots of one configuration are runs of one trial: whichever is asked for first is a proposal, the
 * others have its configuration, and are news.
 * known    msgpack: number; then of number 0 bin ranges (proto/base/ranges.h) of finished slots, bin
 *          ranges of open ones, u64 digest; of others, for each piece of news: slot, status,
 *          bin configuration (empty: as was known), and unless it is OPEN: run_ms, value or nil.
 * Memory   one arena, chain_bytes(); only what is used of it is ever touched. The job is borrowed.
 * Errors   what does not fit is forgotten, the best and the newest last; a proposal whose `known`
 *          would be too long for a fact says nil and cannot be derived again.
 */
#ifndef ZYG_CHAIN_H
#define ZYG_CHAIN_H

#include "actors/tuner/known.h"
#include "actors/tuner/study.h"

enum {
    CHAIN_NEWS_BYTES = 8192,   /* of one proposal; with more a new chain begins */
    CHAIN_KNOWN_BYTES = 49152, /* of any `known` */
    CHAIN_LEAST = 64           /* slots for which it is worth while */
};

struct chain_news {
    uint32_t slot;
    struct span config;       /* valid */
    enum trial_status status; /* OPEN: it is proposed, and not finished */
    bool has_value;
    double value; /* finite, in the job's own sense */
    dur_ms run_ms;
};

struct chain {
    struct study_setup setup;
    struct known known;
    struct study *study; /* NULL: the next proposal begins a new chain */
    struct brief blind;  /* of one who knows nothing */
    struct space space;
    struct trials none;
    void *memory; /* of the study; holds nothing without one */
    size_t memory_size;
    uint64_t number; /* of the next proposal */
    uint32_t forgot; /* how often something had to be forgotten */
    struct buf news; /* since the last proposal, encoded */
};

/* Slots there should be room for. */
uint32_t chain_wants(const struct job *job);
/* algo: NULL for the job's method. */
size_t chain_bytes(const struct job *job, const struct algo *algo, uint32_t capacity);
/* False: the arena is too small. */
bool chain_init(struct chain *c, const struct job *job, const struct algo *algo, uint32_t capacity,
                struct arena *arena);

/* A durable fact, or what is on its way to be one. */
void chain_learn(struct chain *c, const struct chain_news *news);
/* The slot's configuration and what its fact is to say; `known` stays empty for a slot that had one
 * already. `known` has room for CHAIN_KNOWN_BYTES, `config` for known_config_cap. */
void chain_ask(struct chain *c, uint32_t slot, struct buf *config, struct buf *known);
/* Nothing is known any more. */
void chain_clear(struct chain *c);

#endif
