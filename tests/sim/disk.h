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

struct disk_faults {
    dur_ms most; /* a request takes up to so long */
    double slow; /* chance of a pause of seconds */
    double save_fails, scan_fails;
};

/* The node whose disk it is. */
struct disk_owner {
    void *self;
    const bool *dead;                             /* it has crashed: nothing reaches it any more */
    struct board **board;                         /* of its life */
    void (*took)(void *self, enum msg_kind kind); /* a request was taken */
    void (*due)(void *self, dur_ms in, uint64_t request); /* call disk_work then */
    void (*save)(void *self, struct span ops);            /* a transaction is about to be kept */
    void (*saved)(void *self, struct span ops);
    void (*unreadable)(const void *self, const char *what); /* such a save was said */
};

struct disk_request {
    enum room from;
    uint32_t peer;
    bool saves;
    uint8_t *message; /* encoded */
    size_t len;
};

struct disk {
    struct disk_owner owner;
    struct disk_faults faults;
    uint64_t seed;
    struct store *store;
    struct disk_request *requests; /* a ring */
    size_t first, count, cap;
    bool working;    /* the oldest has its time on the timeline */
    uint64_t served; /* number of the oldest request: the index of its draws */
    uint64_t full;   /* faults that make the disk full now */
    uint64_t slow;   /* ... or let a sync take a second */
    bool calm;       /* nothing breaks any more */
    uint8_t *rows;
};

void disk_open(struct disk *d, const struct disk_owner *owner, uint64_t seed);
void disk_close(struct disk *d);
struct port disk_port(struct disk *d);
void disk_work(struct disk *d); /* the oldest request is done */
void disk_set_full(struct disk *d, bool full);
void disk_set_slow(struct disk *d, bool slow);
void disk_crash(struct disk *d, uint32_t life);
void disk_heal(struct disk *d); /* for good */

#endif
