/* known - what a node knows of each slot of a job whose method learns: its configuration, what came
 * of it, and how its curve stood at each rung.
 *
 * A set, not a history: what is put in twice, late or in another order makes the same set. It is
 * kept small, so that every node can keep it: 40 bytes, the configuration and a place in a table;
 * where there are rungs, 72 bytes for each of them and a name; and what the job's
 * other metrics came to (measure.h), where it has any.
 * Memory   one arena, known_bytes(); only what is used of it is ever touched.
 * Errors   known_put answers NULL when there is no room; known_forget makes some.
 */
#ifndef ZYG_KNOWN_H
#define ZYG_KNOWN_H

#include "proto/base/arena.h"
#include "proto/base/ids.h"
#include "proto/base/time.h"
#include "proto/job/curve.h"
#include "proto/job/ladder.h"
#include "proto/job/measure.h"

#define KNOWN_NO_TRIAL UINT32_MAX

struct known_slot {
    double value; /* in the job's own sense; beside it known_others */
    dur_ms run_ms;
    uint32_t slot;
    uint32_t trial; /* the caller's: its trial in the study, or KNOWN_NO_TRIAL */
    uint32_t config_len;
    uint32_t attempts; /* made, as far as is known */
    uint8_t status;    /* enum trial_status; OPEN: proposed, not finished */
    bool has_value;
    bool resumed;    /* OPEN: it was PAUSED */
    uint8_t verdict; /* the caller's: enum study_verdict on the present attempt */
    uint16_t others_len;
};

/* How a slot stood at a rung. */
struct known_stand {
    struct curve curve; /* told 0: it is not known to have stood there */
    uint32_t attempt;
    bool saved;
};

struct known {
    struct known_slot *items;   /* in the order of arrival */
    uint8_t *configs;           /* of each item, encoded: config_cap bytes */
    uint8_t *others;            /* likewise: others_cap */
    struct known_stand *stands; /* of each item: `rungs` */
    struct node_id *homes;      /* of each item: who paused it; only where there are rungs */
    struct curve *ends;         /* likewise: how it went to its end */
    uint32_t rungs;             /* at which trials are judged; 0: none */
    uint32_t *order;            /* of items, as they were last put in order */
    uint32_t *cells;            /* item + 1, 0: none. Open addressing by slot */
    uint32_t cells_count;       /* a power of two */
    uint32_t count, capacity;
    size_t config_cap, others_cap;
};

/* How long a configuration of the job can be, encoded. */
size_t known_config_cap(const struct job *job);
size_t known_bytes(uint32_t capacity, const struct job *job);
bool known_init(struct known *k, uint32_t capacity, const struct job *job, struct arena *arena);
void known_clear(struct known *k);
/* All of it, into one of the same job that is empty and has room for as many; no trials. */
void known_copy(struct known *to, const struct known *from);

struct known_slot *known_find(const struct known *k, uint32_t slot); /* NULL: nothing is known */
/* A slot of which nothing is known; it is OPEN, without a trial. NULL: no room. */
struct known_slot *known_put(struct known *k, uint32_t slot);
struct span known_config(const struct known *k, const struct known_slot *item);
/* config.len <= config_cap */
void known_set_config(struct known *k, struct known_slot *item, struct span config);
/* Nothing unless it has a value. */
struct span known_others(const struct known *k, const struct known_slot *item);
/* What measure_of reads. */
void known_set_others(struct known *k, struct known_slot *item, struct span others);
/* Of rung 0.. rungs - 1. */
struct known_stand *known_stand(const struct known *k, const struct known_slot *item,
                                uint32_t rung);
/* The highest at which it has stood; NULL: at none. */
const struct known_stand *known_last_stand(const struct known *k, const struct known_slot *item);
/* Does a count, and b not? Of two that say how a slot stood at one rung the one of the earlier attempt does; two islands may
 * have given out the same attempt. */
bool known_stand_counts(const struct known_stand *a, const struct known_stand *b);
/* How a slot with a value went to its end, which a pause is not. NULL: not known, or there are no rungs. */
const struct curve *known_end(const struct known *k, const struct known_slot *item);
/* told 0: not known. Nothing where there are no rungs. */
void known_set_end(struct known *k, const struct known_slot *item, const struct curve *curve);
/* k->rungs > 0 */
struct node_id *known_home(const struct known *k, const struct known_slot *item);
/* order[0.. count - 1] are the items by slot. */
void known_sort(struct known *k);
/* Half of the room is free again, if so much is not open: of what is finished the best stay, an
 * eighth of the room, with several objectives as many of the best in each; and of the rest the
 * highest slots; with each of them the others of its configuration, job->repeat slots in all. */
void known_forget(struct known *k, const struct job *job);

/* The trials of those of these slots (proto/base/ranges.h, LIMIT_NEAR at most) that have one. */
uint32_t known_trials(const struct known *k, struct span slots, uint32_t trials[LIMIT_NEAR]);

#endif
