/* chain - what one node proposes in the slots of a job whose method learns, one after the other, so
 * that everybody can derive it again.
 *
 * Facts come in any order, twice and late, and leaders change; a study is a fold in order. So every
 * proposal says what was known when it was made (`known` of proposal_fact). The proposals of one
 * life of a node are a chain: numbers from 0 without a gap.
 *   - Number 0 names a set: the slots that were finished and those that were proposed and were not,
 *     as ranges, and a digest of what stood there. From that set the study is made anew, slot after
 *     slot: add the configuration, then tell what came of it. So whoever has the same facts begins
 *     with the same study, whatever the order in which he got them. Where memory is short for the
 *     job's method it also says which one proposes in its place.
 *   - Every further number names the news since the one before, in the order in which the study
 *     heard them: results, and proposals of others. About 20 bytes a proposal.
 * A new chain begins in each life of a node, when more news have gathered than a proposal can carry
 * (while another node led) and when the study has no more room.
 *
 * The study learns configurations and values, not slots: of a slot that two islands gave two
 * configurations it hears of both as far as facts let the second stand. Of a job with `repeat` the
 * slots of one configuration are runs of one trial: whichever is asked for first is a proposal, the
 * others have its configuration, and are news.
 *
 * Rungs    A trial that comes to one is news, too. Whether it goes on is said by the study when it
 *          hears of it (chain_judge tells), or, of those that run, when a chain begins: slot after
 *          slot, once all else is known. A verdict changes nothing by itself: a trial is paused or
 *          stopped when its result says so, and one that ends before it is heard ended. One that is
 *          PAUSED may be answered to whoever asks for a new slot, or for none: it is OPEN again then,
 *          and that proposal is one of the chain. Budgets count new slots.
 *          One that has stood nowhere cannot rest: nothing is learned from its pause.
 * No hope  A study that expects no further improvement proposes nothing new (study_ask): that is
 *          answered by OVER, makes no fact, and stays so while the chain lasts. A new one counts
 *          hopeless proposals from 0: whoever leads next, and does not know of the end, makes as
 *          many of them again.
 * Copies   A job whose scheduler copies (pbt) places a copy where the checkpoint is: whoever asks says
 *          which slots run on workers with a free place, and `known` repeats it. Whose copy a slot is
 *          stands in its configuration (job_config_encode), so whoever knows the one knows the other.
 * Repeat   Of a job that is repeat_auto the study names what to recommend once no new slot is left. It is
 *          made anew for that: a mean depends in its last bits on the order of the runs, and who knows the
 *          same shall recommend the same, whoever leads, and whoever derives it again (replay_recommend).
 * More trials   The total that the job has counts for methods, too; with another one a new chain
 *          begins, whose number 0 says which.
 * known    msgpack: number; where trials are copied bin near, as it was asked for; then of number 0,
 *          unless they are as many as the job's description says, u64 trials; bin ranges
 *          (proto/base/ranges.h) of slots, of each kind that chain_set.h names; u64 digest, str method
 *          unless it is the job's; of others, for each piece of news: slot, status, bin configuration
 *          (empty: as was known), and unless it is OPEN: run_ms, value or nil; after a value of a job
 *          with other metrics (proto/job/measure.h): bin others; of PAUSED also attempts; of others
 *          with a value, where there are rungs, bin curve (empty: not known).
 *          With CHAIN_STAND for a status: attempt, saved, bin curve.
 * Memory   one arena, chain_bytes(); only what is used of it is ever touched. What the job points to
 *          is borrowed.
 * Errors   what does not fit is forgotten, the best and the newest last; a proposal whose `known`
 *          would be too long for a fact says nil and cannot be derived again.
 */
#ifndef ZYG_CHAIN_H
#define ZYG_CHAIN_H

#include "actors/tuner/known.h"
#include "actors/tuner/study.h"
#include "proto/job/recommended.h"

enum {
    CHAIN_NEWS_BYTES = 8192,   /* of one proposal; with more a new chain begins */
    CHAIN_KNOWN_BYTES = 49152, /* of any `known` */
    CHAIN_LEAST = 64,          /* slots for which it is worth while */
    CHAIN_ENOUGH = 512,        /* fewer, and a method that needs less memory does better */
    CHAIN_STAND = 100          /* in place of a status */
};

struct chain_news {
    uint32_t slot;
    struct span config;       /* valid */
    enum trial_status status; /* OPEN: it is proposed, and not finished */
    bool has_value;
    double value;       /* finite, in the job's own sense */
    struct span others; /* with a value: what measure_of reads; empty: the job wants no others */
    dur_ms run_ms;
    struct curve curve; /* with a value, not of PAUSED: how it went to its end; told 0: not known */
    uint32_t attempts;  /* made */
    struct node_id home; /* of PAUSED: who has its checkpoint */
};

/* As a fact says it: bytes that are no curve say nothing. */
void chain_news_curve(struct chain_news *news, struct span curve);

/* A slot has come to a rung. */
struct chain_stand {
    uint32_t slot;
    struct span config; /* valid */
    struct known_stand stand;
};

struct chain {
    struct job job;     /* with the trials it has by now */
    uint64_t described; /* ... and as many as its description gives it */
    struct study_setup setup;
    enum goal goals[OBJECTIVES_MOST]; /* the setup's */
    struct ladder ladder;
    struct known known;
    struct study *study; /* NULL: the next proposal begins a new chain */
    uint32_t *slots;     /* of its trials, the slot that each was last; NULL: without rungs */
    struct brief blind;  /* of one who knows nothing */
    struct space space;
    struct trials none;
    void *memory; /* of the study; holds nothing without one */
    size_t memory_size;
    uint64_t number; /* of the next proposal */
    bool moved;      /* something was learned since the study was made */
    uint32_t forgot; /* how often something had to be forgotten */
    struct buf news; /* since the last proposal, encoded */
};

/* Slots there should be room for. */
uint32_t chain_wants(const struct job *job);
/* algo: NULL for the job's method. Of the job's trials this does not depend. */
size_t chain_bytes(const struct job *job, const struct algo *algo, uint32_t capacity);
/* The job is as its description has it. False: the arena is too small. */
bool chain_init(struct chain *c, const struct job *job, const struct algo *algo, uint32_t capacity,
                struct arena *arena);

/* A durable fact, or what is on its way to be one. */
void chain_learn(struct chain *c, const struct chain_news *news);
void chain_stand(struct chain *c, const struct chain_stand *news);
/* Shall this attempt of the slot go on? One that has not come to a rung itself does. */
enum study_verdict chain_judge(struct chain *c, uint32_t slot, uint64_t attempt);

/* Nothing of the job runs: what was resumed and has no end was lost with whoever led, and rests again. */
void chain_alone(struct chain *c);

/* It was proposed, and has not ended or rests since. */
bool chain_is_open(const struct chain *c, uint32_t slot);

struct chain_answer {
    enum study_answer answer;
    uint32_t slot; /* START: that was asked for; RESUME: a paused one, in its place */
    bool hopeless; /* OVER: no further improvement is expected */
};
/* near: of a job whose trials are copied (else nothing), as ranges_encode: slots that run where there
 * is a free place; empty: whose checkpoint is copied does not matter. */
/* A configuration for the slot (from the job's trials on: for none, only such as are paused may go on),
 * and what its fact is to say; `known` stays empty for a slot that had one already. `known` has room
 * for CHAIN_KNOWN_BYTES, `config` for known_config_cap. WAIT and OVER only where there are rungs, and
 * only for none; but hopeless where there are none, for a slot whose configuration was not begun. */
struct chain_answer chain_ask(struct chain *c, uint32_t slot, struct span near, struct buf *config,
                              struct buf *known);
/* Of a job that is repeat_auto: what to recommend by all that is known; it borrows. False: there is nothing. The next
 * proposal begins a new chain. */
bool chain_recommend(struct chain *c, struct recommended *out);
/* Whose checkpoint the slot begins with; JOB_NO_PARENT. */
uint64_t chain_parent(const struct chain *c, uint32_t slot);
/* From the next chain on the method of this name proposes; empty: the job's. False: there is none, or
 * it needs more memory than the chain was made with. */
bool chain_use(struct chain *c, struct span method);
/* The job has so many trials from now on; what is known stays, and the next proposal begins a new chain. */
void chain_extend(struct chain *c, uint64_t trials);
/* Takes over what the chain of the same job, in less memory, knows; itself it knows nothing yet. */
void chain_inherit(struct chain *c, const struct chain *from);
/* Nothing is known any more. */
void chain_clear(struct chain *c);

#endif
