#include "cmd/cli/look.h"

#include <stdio.h>

#include "cmd/cli/cli.h"
#include "proto/status.h"

struct span job_handle_text(const struct msg_job_row *row, char out[HANDLE_BYTES]) {
    struct buf text = buf_of(out, HANDLE_BYTES - 1);
    job_handle_print(&text, row->name, &row->job);
    out[text.len] = '\0';
    return buf_view(&text);
}

struct span job_id_text(const struct job_id *id, char out[JOB_TEXT_BYTES]) {
    struct buf text = buf_of(out, JOB_TEXT_BYTES - 1);
    job_id_print(&text, id);
    out[text.len] = '\0';
    return buf_view(&text);
}

struct span trial_id_text(const struct subject *s, uint64_t slot, char out[TRIAL_TEXT_BYTES]) {
    int len = snprintf(out, TRIAL_TEXT_BYTES, "%s/%llu", s->id, (unsigned long long)slot);
    return span_of(out, (size_t)len);
}

struct span trial_cursor(const struct subject *s, uint64_t slot, uint8_t out[TRIAL_CURSOR_BYTES]) {
    struct buf before = buf_of(out, TRIAL_CURSOR_BYTES);
    if (slot > 0) {
        buf_put(&before, s->job.bytes, JOB_ID_BYTES);
        buf_be64(&before, slot - 1);
    }
    return buf_view(&before);
}

const char *job_row_state(const struct msg_job_row *row) {
    if (row->state == JOB_OPEN)
        return row->active ? "running" : "interrupted";
    return row->state < JOB_STATE_COUNT ? job_state_name((enum job_state)row->state) : "unknown";
}

static void set_texts(struct subject *s) {
    job_handle_text(&s->row, s->handle);
    job_id_text(&s->job, s->id);
}

void subject_kept(struct client *c, struct subject *s) {
    struct msg kept;
    client_kept(c, &kept);
    *s = (struct subject){.job = kept.job_row.job, .row = kept.job_row};
    set_texts(s);
}

bool subject_find(struct client *c, const char *operand, struct subject *s, struct err *err) {
    struct selector selector;
    if (!selector_read(&selector, operand == NULL ? "last" : operand, err))
        return false;
    if (!client_find(c, selector.job, &s->job, &s->row, err))
        return false;
    s->has_slot = selector.has_slot;
    s->slot = selector.slot;
    set_texts(s);
    if (s->has_slot && s->slot >= s->row.trials)
        return err_set(err, ERR_NOT_FOUND, "%s has no trial %llu: they are numbered 0 to %llu",
                       s->handle, (unsigned long long)s->slot,
                       (unsigned long long)s->row.trials - 1);
    return true;
}

struct client *look_open(const struct args *args, struct subject *s, struct err *err) {
    const char *operand = args->operands_count > 0 ? args->operands[0] : "last";
    if (client_state_missing(args->state_dir)) {
        struct selector selector;
        if (selector_read(&selector, operand, err))
            job_unknown(selector.job, err);
        return NULL;
    }
    struct client *c = client_open(args->state_dir, err);
    if (c != NULL && !subject_find(c, operand, s, err))
        client_close(&c);
    return c;
}

bool subject_is_job(const struct subject *s, struct err *err) {
    return !s->has_slot || err_set(err, ERR_USAGE, "'%s/%llu' is a trial; expected a job, as in %s",
                                   s->handle, (unsigned long long)s->slot, s->handle);
}

int look_end(struct client **c, bool ok, const struct err *err) {
    client_close(c);
    return ok ? 0 : cli_fail(err);
}
