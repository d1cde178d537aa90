/* look - what the verbs that look have in common: a conversation with a node, and the job or trial
 * they are asked about.
 *
 * Memory   subject.row points into what the client has put aside (client_keep), valid until the
 *          next client_find.
 * Errors   as client.h says them.
 */
#ifndef ZYG_LOOK_H
#define ZYG_LOOK_H

#include "cmd/cli/args.h"
#include "cmd/cli/client.h"
#include "proto/job_row.h"

enum {
    HANDLE_BYTES = LIMIT_NAME_BYTES + 8,
    JOB_TEXT_BYTES = 2 * JOB_ID_BYTES + 1,
    TRIAL_TEXT_BYTES = JOB_TEXT_BYTES + 24,
    TRIAL_CURSOR_BYTES = JOB_ID_BYTES + 8
};

struct subject {
    struct job_id job;
    struct msg_job_row row;
    char handle[HANDLE_BYTES]; /* digits-3f2a: what people read and type */
    char id[JOB_TEXT_BYTES];   /* all of the id: what programs keep */
    bool has_slot;
    uint64_t slot;
};

/* The job and, in selectors like last/17, the trial that `operand` means; NULL: the newest job. */
bool subject_find(struct client *c, const char *operand, struct subject *s, struct err *err);
/* The job of the row that was put aside (client_keep). */
void subject_kept(struct client *c, struct subject *s);

/* client_open and subject_find; NULL on failure. */
struct client *look_open(const struct args *args, struct subject *s, struct err *err);

/* For verbs that look at a whole job. */
bool subject_is_job(const struct subject *s, struct err *err);

/* "running", "interrupted" (open, but nobody runs it), "done", "failed", "cancelled" */
const char *job_row_state(const struct msg_job_row *row);
struct span job_handle_text(const struct msg_job_row *row, char out[HANDLE_BYTES]);
struct span job_id_text(const struct job_id *id, char out[JOB_TEXT_BYTES]);
/* All of the job's id, a slash, the slot. */
struct span trial_id_text(const struct subject *s, uint64_t slot, char out[TRIAL_TEXT_BYTES]);

/* From where on list_trials begins with this slot. The cursor of a page of trials is the key of its last row
 * (store/tables.def): this one ends before the slot. */
struct span trial_cursor(const struct subject *s, uint64_t slot, uint8_t out[TRIAL_CURSOR_BYTES]);

/* Closes the client and says what went wrong, if anything; returns the exit status. */
int look_end(struct client **c, bool ok, const struct err *err);

#endif
