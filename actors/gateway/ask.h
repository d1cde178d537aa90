/* ask - a request that waits for what runs, for the store or for facts. Each is a small sequence: one scan, its rows, the next
 * scan; what shows open jobs is begun when it is known what runs of them (gateway.c). */
#ifndef ZYG_ASK_H
#define ZYG_ASK_H

#include "actors/gateway/render.h"
#include "actors/kit/core.h"
#include "store/ops.h"

enum { ASKS = 32, ASK_SELECTOR_BYTES = 128 };
#define ASK_NOBODY UINT32_MAX

enum ask_kind {
    ASK_NONE,
    ASK_ADMIT,  /* facts will answer */
    ASK_FIND,   /* summaries, newest first, those that fit */
    ASK_JOBS,   /* summaries, newest first */
    ASK_SHOW,   /* job, then its summary */
    ASK_WATCH,  /* the same, only the summary */
    ASK_TRIALS, /* job, then trials by number */
    ASK_RANKED, /* job, then ranks (or ends, for `ended`), then the trial of each */
    ASK_LOG,
    ASK_SERIES, /* the trial for the names, then its curve */
    ASK_EVENTS,
    ASK_PROPOSALS,
    ASK_STANDS,
    ASK_RECORDED /* of ASK_NOBODY: the trial, for follow */
};

/* Trials of one page come one by one, each as large as a row can be. */
enum { ASK_RANKED_PAGE = 64 };

struct ask {
    enum ask_kind kind;
    uint32_t peer;
    uint64_t ticket; /* the client's */
    uint64_t scan;   /* ticket of the scan under way; for ADMIT of the question to facts */
    uint32_t step;   /* how many scans have been answered */
    bool waits;      /* not begun yet: for what runs, at most until ... */
    bool again;      /* ... for the second time */
    when_ms until;
    struct job_id job;
    uint64_t slot;
    uint64_t attempt; /* 0: the last */
    uint64_t from;    /* LOG: bytes before it are not wanted */
    bool configs;     /* TRIALS, RANKED: are wanted */
    bool stays;       /* LOG: while the trial runs; ADMIT: it is watched when it is accepted */
    uint64_t limit;
    uint64_t ended; /* RANKED: enum trial_status; 0: by value */
    uint64_t found;
    uint32_t pending; /* RANKED: trials still to come */
    struct ask_rank {
        uint64_t runs; /* 0: the trial alone */
        struct measure mean;
    } ranks[ASK_RANKED_PAGE]; /* RANKED by value: what those to come rank by, the last first */
    bool more;
    bool open; /* WATCH: the job was open when its row was read */
    size_t cursor_len;
    uint8_t cursor[STORE_KEY_BYTES_MAX];
    char selector[ASK_SELECTOR_BYTES + 1];
    struct job decoded;
    size_t kept_len;
    uint8_t kept[LIMIT_JOB_SPEC_BYTES]; /* the job's bytes, or a trial's metrics */
    uint8_t arena[JOB_ARENA_BYTES];
};

struct asks {
    uint64_t tickets;
    uint32_t waiting; /* not begun yet; while none is, nobody looks through all of them */
    struct ask items[ASKS];
};

/* What only the gateway knows and does: how much of a job runs now, who watches. */
struct ask_hooks {
    void *context;
    void (*job)(void *context, struct msg_job_row *row);
    void (*trial)(void *context, const struct job_id *job, struct msg_trial_row *row);
    /* Nothing will change any more. */
    void (*unwatch)(void *context, uint32_t peer, const struct job_id *job);
    void (*recorded)(void *context, const struct ask *ask, bool finished, uint64_t attempts,
                     struct says *out);
};

void refuse(struct says *out, uint32_t peer, uint64_t ticket, enum err_code code, const char *what);

/* NULL when as many as can be wait already; ask_new has refused it then. */
struct ask *ask_take(struct asks *a, enum ask_kind kind, uint32_t peer, uint64_t ticket);
struct ask *ask_new(struct asks *a, enum ask_kind kind, uint32_t peer, uint64_t ticket,
                    struct says *out);
void ask_wait(struct asks *a, struct ask *ask, when_ms until); /* until then it need not be begun */
void ask_begin(struct asks *a, struct ask *ask, struct says *out); /* the first scan */
void asks_rows(struct asks *a, const struct msg_rows *rows, const struct ask_hooks *hooks,
               struct says *out);
struct ask *asks_admitted(struct asks *a, uint64_t ticket); /* who asked; NULL: gone */
void asks_left(struct asks *a, uint32_t peer);

#endif
