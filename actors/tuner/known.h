/* known - what a node knows of each slot of a job whose method learns: its configuration and what
 * came of it.
 *
 * A set, not a history: what is put in twice, late or in another order makes the same set. It is
 * kept small, so that every node can keep it: 32 bytes, the configuration and a place in a table.
 * Memory   one arena, known_bytes(); only what is used of it is ever touched.
 * Errors   known_put answers NULL when there is no room; known_forget makes some.
 */
#ifndef ZYG_KNOWN_H
#define ZYG_KNOWN_H

#include "proto/base/arena.h"
#include "proto/base/time.h"
#include "proto/job/job.h"

#define KNOWN_NO_TRIAL UINT32_MAX

struct known_slot {
    double value; /* in the job's own sense */
    dur_ms run_ms;
    uint32_t slot;
    uint32_t trial; /* the caller's: its trial in the study, or KNOWN_NO_TRIAL */
    uint32_t config_len;
    uint8_t status; /* enum trial_status; OPEN: proposed, not finished */
    bool has_value;
};

struct known {
    struct known_slot *items; /* in the order of arrival */
    uint8_t *configs;         /* of each item, encoded: config_cap bytes */
    uint32_t *order;          /* of items, as they were last put in order */
    uint32_t *cells;          /* item + 1, 0: none. Open addressing by slot */
    uint32_t cells_count;     /* a power of two */
    uint32_t count, capacity;
    size_t config_cap;
};

/* How long a configuration of the job can be, encoded. */
size_t known_config_cap(const struct job *job);
size_t known_bytes(uint32_t capacity, size_t config_cap);
bool known_init(struct known *k, uint32_t capacity, size_t config_cap, struct arena *arena);
void known_clear(struct known *k);

struct known_slot *known_find(const struct known *k, uint32_t slot); /* NULL: nothing is known */
/* A slot of which nothing is known; it is OPEN, without a trial. NULL: no room. */
struct known_slot *known_put(struct known *k, uint32_t slot);
struct span known_config(const struct known *k, const struct known_slot *item);
/* config.len <= config_cap */
void known_set_config(struct known *k, struct known_slot *item, struct span config);
/* order[0.. count - 1] are the items by slot. */
void known_sort(struct known *k);
/* Half of the room is free again, if so much is not open: of what is finished the best eighth of
 * the room stays (goal), and of the rest the highest slots; with each of them the others of its
 * configuration, `repeat` slots in all. */
void known_forget(struct known *k, enum goal goal, uint32_t repeat);

#endif
