/* facts_state - the inside of the facts room, shared by its files and by nobody else. */
#ifndef ZYG_FACTS_STATE_H
#define ZYG_FACTS_STATE_H

#include "actors/facts/carriers.h"
#include "actors/facts/courier.h"
#include "actors/facts/errand.h"
#include "actors/facts/facts.h"
#include "actors/facts/inbox.h"
#include "actors/facts/open_slots.h"
#include "actors/facts/pledge.h"
#include "actors/facts/seat.h"

enum {
    SEAT_SCRATCH = LIMIT_JOBS_OPEN,
    FACTS_GATHER_MS = 5,
    FACTS_LAZY_MS = 100, /* for what others wait for on other disks than this one */
    FACTS_LAZY_BYTES = 64 << 10
};

enum facts_life {
    FACTS_DOWN,    /* not started */
    FACTS_BOOTING, /* reads the boot counter and how far its logs are */
    FACTS_UP
};

struct facts {
    struct facts_config config;
    enum facts_life life;
    bool autorun;
    bool leading; /* this node gives out trials; one that never hears of a leader does */
    bool led;
    uint64_t term;
    struct node_id leader; /* ... by this node */
    bool listing;          /* looks for open jobs to run (autorun) */
    bool quitting;
    bool said_quiet;
    bool holding;
    bool ailing;
    bool handing_over; /* this node leaves, and elastic has heard: */
    uint64_t lacking;
    size_t heirs_len;
    uint8_t heirs[9 * (LIMIT_EDGES + SPREAD_FAR)]; /* msgpack: numbers of peers */
    bool announcing;      /* some seats are to be judged, or sched is to hear of them */
    bool urgent;          /* somebody waits for the newest batch */
    when_ms launch_least; /* what nobody waits for goes to the store no sooner than this */
    when_ms launched;     /* the save that is under way was asked for */
    when_ms retry_at;     /* a failed save is asked again; WHEN_NEVER: none */
    dur_ms retry_pause;
    uint64_t steps;
    uint64_t scans;      /* tickets of scans */
    uint64_t last_event; /* key of the newest event of any job */
    when_ms list_at;     /* listing goes on then, after the store has failed */
    when_ms relist_at;   /* ... and begins anew then, for jobs that could not be opened */
    bool unseated;       /* ... when a seat is free */
    bool shut;           /* some seat may be SHUT */
    uint64_t list_scan;
    uint8_t list_after[8 + JOB_ID_BYTES];
    size_t list_after_len;
    uint64_t nonsense; /* messages that made no sense */
    uint64_t forged; /* bundles that no node which means well sends: it looks at all it passes on */
    uint64_t strangers; /* bundles of authors that are not of this cluster */
    bool said_strangers, said_lives;
    uint64_t boots; /* BOOTING: as far as it has been read */
    uint32_t boot_step;
    uint8_t boot_after[LOG_KEY_BYTES];
    size_t boot_after_len;
    struct logs logs;
    struct spread spread;
    struct others others;
    struct pledge pledge;
    struct inbox inbox;
    struct open_slots open_slots;
    struct batches batches;
    struct carriers carriers;
    struct errands errands;
    uint32_t seats_used;                    /* those from here on were never sat on */
    struct seat seats[LIMIT_JOBS_OPEN + 1]; /* and one to read descriptions in */
};

struct seat *facts_seat(struct facts *f, const struct job_id *job); /* NULL: not here */
struct seat *facts_free_seat(struct facts *f);                      /* NULL: none */
uint32_t facts_seat_number(const struct facts *f, const struct seat *s);
/* Its end is on the disk, and something that was promised about it is not said: it is not opened again before that. */
bool facts_is_shut(const struct facts *f, const struct job_id *job);
void facts_seat_closed(struct facts *f, struct seat *s); /* its end is on the disk */

/* Room for `bytes` in the newest batch; every change of a seat comes after it and is followed by facts_touch. NULL only
 * when the disk has not kept up for BATCHES batches. Somebody waits for what is written there: at once, or from `due` on. */
struct batch *facts_room(struct facts *f, size_t bytes);
struct batch *facts_room_by(struct facts *f, size_t bytes, when_ms due);
/* When somebody waits for what this node has signed to be on the disk here. */
when_ms facts_due(const struct facts *f, const struct node_id *author, when_ms now);
void facts_touch(struct facts *f, struct seat *s);
/* The seat's row, as it is now. */
void facts_put_summary(struct batch *batch, const struct seat *s);
/* One line of the job's history, in the batch. */
void facts_event(struct facts *f, struct batch *batch, struct seat *s, wall_ms wall,
                 const char *format, ...) __attribute__((format(printf, 5, 6)));
/* The job ends with this batch: job_shut is said into `shut`, what follows the batch or what is said now. */
void facts_close_seat(struct facts *f, struct batch *batch, struct seat *s, wall_ms wall,
                      struct says *shut);
uint64_t facts_scan(struct facts *f, struct says *out, const struct msg_scan *scan);

void facts_spare(void *self, const struct spare *spare); /* spare.c */

/* boot.c: from the first start to the first batch, and the jobs an agent goes on with. */
enum { FACTS_RETRY_LEAST = 250, FACTS_RETRY_MOST = 5000 };
void boot_begin(struct facts *f, struct says *out);
void boot_rows(struct facts *f, const struct msg_rows *rows, when_ms now, struct says *out);
void boot_list_again(struct facts *f, when_ms when); /* some open jobs have no seat */
bool boot_lists(const struct facts *f);              /* it wants to go on looking for open jobs */
void boot_list(struct facts *f, when_ms now, struct says *out);
void boot_list_rows(struct facts *f, const struct msg_rows *rows, when_ms now, struct says *out);

#endif
