/* seat - a job while it runs here: its description, its finished slots, its counts, its best trial and its end.
 *
 * The row is a fold of the job's trial rows: seat_note and seat_count fold one in, whether it came from the disk or has just
 * been made. More facts never take away (trial_row.h): counts of what is done only grow, the best gets no worse; and the row
 * is the same whatever the order in which they came, or read again from the disk. The best is
 * the first by measure_compare of the trials that keep all constraints; of a job with `repeat` it, the frontier and what
 * counts as broken are of configurations (means.h), each under the lowest of its slots. Where two results of one slot were
 * measured of which neither beats the other, what the first had beaten is missing on the frontier until the job is opened
 * again; not so where runs are remembered for their means.
 * Memory   fixed; the description is decoded into the seat's own arena.
 */
#ifndef ZYG_SEAT_H
#define ZYG_SEAT_H

#include "actors/facts/means.h"
#include "actors/facts/ran.h"
#include "actors/facts/trial_row.h"
#include "proto/base/ranges.h"
#include "proto/job/frontier.h"
#include "proto/job/recommended.h"

enum {
    SEAT_PARAMS_BYTES = 16384,
    /* Of a job that is repeat_auto: a summary has room for two (batch.h), as such a job has no frontier. */
    SEAT_AUTO_PARAMS_BYTES = 9000,
    SEAT_BY_RESULTS_BYTES = SEAT_AUTO_PARAMS_BYTES + 32,
    /* So many trials without the objective, or with it and without a metric of the constraints, and none with it: the program
     * never prints it. */
    SEAT_NO_METRIC_MAX = 3,
    SEAT_UNTOLD_BYTES = 256,
    SEAT_UNTOLD_COUNTS_BYTES = 8 + JOB_METRICS_MAX * 10,
    SEAT_EVENTS_MAX = 1000,    /* events kept of one job; its trials tell the rest */
    SEAT_EXTENSION_BYTES = 512 /* of the bundle that extends a job */
};

enum seat_state {
    SEAT_FREE,
    SEAT_OPENING,
    SEAT_OPEN,
    SEAT_LATE,    /* its job is over, and what came late is being folded (late.h) */
    SEAT_CLOSING, /* its end is on the way to the disk */
    /* ... and there; the rooms hear of it when it lies on enough others. LATE, and open again: as well. */
    SEAT_SHUT
};

struct seat {
    enum seat_state state;
    struct job_id id;
    struct msg_job_row row; /* the durable part; its spans point into the seat */
    struct ran ran;         /* in place of the row's run_ms and ran */
    struct node_id owner;
    struct job job;
    struct ranges finished;
    /* Values since the best one, or the newest on the frontier, in the order in which they came here. */
    uint64_t no_better;
    wall_ms best_end;  /* OPENING: when the best trial ended */
    bool touched;      /* the row differs from what the newest closed batch holds */
    bool backlog;      /* some of its facts may have been put off (inbox.h) */
    uint32_t put_offs; /* how often they were */
    bool crowded;      /* some slots that are begun are not among the open slots */
    bool asked;        /* for it by a client, here */
    bool told;         /* sched has heard job_open since this node leads */
    bool late;         /* LATE, and CLOSING after it: its counts are those of its summary */
    bool unjudged;     /* whether it is over was not looked at since something has changed */
    bool exhausted;    /* the search has nothing more to try; said to this node as the leader */
    bool hopeless;     /* ... though slots are left: no further improvement is expected */
    uint64_t
        learned; /* messages of that name, said or about to be, since the tuner knows the job */
    uint64_t learned_in; /* the newest batch that says one */
    bool early; /* the tuner was asked before it had heard them: it is asked again when it has */
    /* Of a job that is repeat_auto: as its tuner, or the end that stands, says it; 0: they say nothing. */
    size_t recommendation_len;
    uint8_t recommendation[RECOMMENDED_BYTES];
    uint64_t closed_in; /* CLOSING, SHUT: the batch that says so */
    uint32_t events;
    uint64_t end_counts[TRIAL_STATUS_COUNT]; /* of what did not end well */
    bool valued;                             /* a trial has values */
    struct measure best;      /* of these; the row has it where it keeps all constraints */
    uint64_t best_slot;       /* its slot */
    bool reached;             /* one trial has reached all targets */
    struct frontier frontier; /* of a job that has one */
    /* how many that are done did not tell this one of job.metrics */
    uint64_t untold[JOB_METRICS_MAX];
    struct unable unable; /* nodes that could not start some trial of it */
    size_t no_start_len;
    char no_start[256]; /* ... and what one of them said */
    struct range ranges_memory[LIMIT_RANGES];
    uint8_t best_params[SEAT_PARAMS_BYTES];
    uint8_t by_results[SEAT_BY_RESULTS_BYTES];
    uint8_t end_counts_bytes[END_COUNTS_BYTES];
    uint8_t frontier_bytes[FRONTIER_BYTES];
    char untold_text[SEAT_UNTOLD_BYTES];
    uint8_t untold_counts[SEAT_UNTOLD_COUNTS_BYTES];
    char cause[256];
    uint8_t spec[LIMIT_JOB_SPEC_BYTES];
    size_t spec_len;
    uint8_t arena[JOB_ARENA_BYTES];
    size_t arena_used;
    uint64_t described; /* trials that its description gives it; job.trials are those it has */
    wall_ms extended;   /* when more were asked for; 0: never */
    bool carries;       /* the log of this life carries what extended it, or nothing did */
    uint8_t extension[SEAT_EXTENSION_BYTES]; /* which the row has */
    /* Of a job that is over here (late) as far as its slots were read (intake.c). */
    struct means means;
};

/* What table jobs keeps of a job. */
struct job_kept {
    struct span spec;
    struct node_id owner;
    wall_ms created;
};

bool seat_read_kept(struct job_kept *kept, struct span rows);
/* Decodes the description; the counts begin at nothing. Of the row count created, ran, trials and extension. */
bool seat_take(struct seat *s, const struct job_id *id, struct span spec,
               const struct node_id *owner, const struct msg_job_row *row, struct err *err);

/* May the job have so many trials? */
bool seat_may_extend(struct seat *s, uint64_t trials, struct job_fault *fault);
/* It has so many from now on, as this bundle says, whose kept form is SEAT_EXTENSION_BYTES at most; what ended it when it had
 * fewer does not any more, but for a cancellation. False: nothing changes, it has more, or as many by a lower bundle. */
bool seat_extend(struct seat *s, uint64_t trials, struct span bundle, wall_ms wall);
/* A job that has no seat goes on from its summary; its `finished` stay empty. */
void seat_resume(struct seat *s, const struct msg_job_row *row);
bool seat_is_whole(const struct seat *s); /* all its slots are finished */
bool seat_folds(const struct seat *s);    /* facts of its job change its rows: OPEN, LATE */
/* An attempt of it ran; not before the job was made, whatever a clock says. */
void seat_ran(struct seat *s, wall_ms began, dur_ms run_ms);
/* What a trial says of its job, finished or not. */
void seat_note(struct seat *s, const struct trial_row *trial);
/* Folds in a finished trial. False when its slot was finished before, is none of this job, or there are too many gaps. */
bool seat_count(struct seat *s, uint64_t slot, const struct trial_row *trial);
/* More is known of a finished slot. */
void seat_recount(struct seat *s, uint64_t slot, const struct trial_row *old,
                  const struct trial_row *trial);
/* Of a job with `repeat`: this slot was finished before, and is counted already. */
void seat_remember(struct seat *s, uint64_t slot, const struct trial_row *trial);
/* What the configuration of this slot is worth, with all that was counted or remembered; trial: the slot's row, which alone
 * says it where a configuration is run once. False: nothing is known of that. */
bool seat_worth(const struct seat *s, uint64_t slot, const struct trial_row *trial,
                struct worth *out);
/* The job was ended as failed: of several such ends the earliest stands, and none when a trial has ended well. */
void seat_fail(struct seat *s, struct span cause, wall_ms wall);
/* The job was ended as done before its last trial, as only one can be that asks for it, or, of one that is repeat_auto, with
 * it; best: what that recommends. Of several such ends the earliest stands, with what it recommends or that this is nothing;
 * before it what the results themselves say (seat_is_over), and behind it that the job has failed. */
void seat_stop(struct seat *s, struct span cause, wall_ms wall, struct span best);
/* Of a job that is repeat_auto: what to recommend (proto/job/recommended.h), in place of what was to be before. What is none of
 * the job's is nothing. */
void seat_hear_best(struct seat *s, struct span best);
/* The job is over: true with state and cause in the row. That it is done every node sees by itself; one that had failed is
 * open again when a trial has ended well after all. */
bool seat_is_over(struct seat *s);
/* The job will come to nothing: true with the cause. Depends on who has heard what, so only a leader asks. */
bool seat_has_failed(const struct seat *s, struct buf *cause);
/* As many results in a row were no better as the job has patience for: true with the cause. Only a leader asks: in a row is
 * what came here in a row, since the job was extended. What a restart reads comes in the order of the slots; what ended before
 * the best did counts not. */
bool seat_has_stalled(const struct seat *s, struct buf *cause);
/* No further improvement is expected, and the job asks for that: true with the cause. Likewise. */
bool seat_is_hopeless(const struct seat *s, struct buf *cause);
void seat_end(struct seat *s, enum job_state state, struct span cause, wall_ms wall);
/* The row as it is kept, all of it; `ran` is room for what the seat holds otherwise. */
struct msg_job_row seat_kept_row(const struct seat *s, uint8_t ran[RAN_BYTES]);

void seat_summary_key(struct buf *out, const struct msg_job_row *row);
void seat_check(const struct seat *s);

#endif
