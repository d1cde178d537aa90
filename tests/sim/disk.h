/* disk - the STORE port: a store in memory that takes its time, loses what was not synced and fails
 * when told.
 *
 * Requests are done one after the other. A crash keeps a prefix of the saves under way, of any
 * length: the machine may die before, while and after a commit, and in the last case nobody hears
 * of it.
 */
#ifndef ZYG_SIM_DISK_H
#define ZYG_SIM_DISK_H

#include "actors/kit/board.h"
#include "store/store.h"

struct world;

struct disk_request {
    enum room from;
    uint32_t peer;
    uint8_t *message; /* encoded */
    size_t len;
};

struct disk {
    struct store *store;
    struct disk_request *requests; /* a ring */
    size_t first, count, cap;
    bool working;    /* the oldest has its time on the timeline */
    uint64_t served; /* number of the oldest request: the index of its draws */
    uint64_t full;   /* faults that make the disk full now */
    uint8_t *rows;
};

void disk_open(struct world *w);
void disk_close(struct world *w);
struct port disk_port(struct world *w);
void disk_work(struct world *w); /* the oldest request is done */
void disk_set_full(struct world *w, bool full);
void disk_crash(struct world *w);
void disk_heal(struct world *w);

#endif
