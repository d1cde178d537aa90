#include "actors/facts/facts_state.h"

#include "proto/base/check.h"

#include <string.h>

bool late_is_due(const struct facts *f, when_ms now) {
    const struct late *l = &f->inbox.late;
    return l->wanted && l->not_before <= now && !pledge_holds(&f->pledge) &&
           !errands_full(&f->errands);
}

when_ms late_deadline(const struct facts *f) {
    const struct late *l = &f->inbox.late;
    const struct inbox *b = &f->inbox;
    bool rests = b->step == INBOX_IDLE && b->again.len == 0 && late_is_due(f, WHEN_NEVER) &&
                 l->not_before > 0;
    return !rests ? WHEN_NEVER : l->not_before > b->retry_at ? l->not_before : b->retry_at;
}

void late_again(struct facts *f) {
    f->inbox.late.wanted = f->inbox.late.once_more = true;
}

void late_scan(struct facts *f, struct says *out) {
    struct late *l = &f->inbox.late;
    l->not_before = 0;
    f->inbox.scan = facts_scan(f, out,
                               &(struct msg_scan){.table = TABLE_backlog,
                                                  .after = span_of(l->after, l->after_len),
                                                  .limit = 1});
}

void late_found(struct facts *f, struct span key, struct says *out) {
    struct late *l = &f->inbox.late;
    struct job_id job;
    if (key.len != sizeof l->after) {
        l->after_len = 0;
        l->wanted = l->once_more;
        l->once_more = false;
        l->not_before = l->wanted ? f->errands.now + LATE_PAUSE_MS : 0;
        return;
    }
    memcpy(job.bytes, key.data, sizeof job.bytes);
    memset(l->after, 0xff, sizeof l->after); /* behind all that was put off of this job */
    memcpy(l->after, job.bytes, sizeof job.bytes);
    l->after_len = sizeof l->after;
    const struct seat *s = facts_seat(f, &job);
    if (s == NULL)
        errand_late(f, &job, out);
    else if (s->state == SEAT_CLOSING)
        late_again(f);
}

bool late_open(struct facts *f, const struct seat *read, const struct msg_job_row *row) {
    struct seat *s = facts_free_seat(f);
    struct err err;
    if (s == NULL)
        return false;
    ensure(seat_take(s, &read->id, span_of(read->spec, read->spec_len), &read->owner, row, &err));
    seat_resume(s, row);
    s->state = SEAT_LATE;
    inbox_backlog(&f->inbox, s);
    return true;
}

void late_leave(struct facts *f, struct seat *s) {
    const struct batches *b = &f->batches;
    ensure(s->state == SEAT_LATE);
    s->backlog = false;
    s->closed_in = batch_is_empty(batches_at(b, b->filling)) ? b->filling - 1 : b->filling;
    s->state = SEAT_CLOSING;
    if (s->closed_in < b->flying)
        facts_seat_closed(f, s);
    f->urgent = true;
}
