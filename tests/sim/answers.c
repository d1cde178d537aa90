/* What people make of the answers they get. */
#include "tests/sim/world.h"

#include "store/store_mem.h"
#include "tests/sim/reply.h"

#include <string.h>

typedef unsigned long long ull; /* for printf */

/* The kinds of answers to each kind of request, the one that ends it last; `refused` may always
 * come instead. */
static bool is_answer(enum msg_kind request, enum msg_kind answer) {
    if (answer == MSG_refused)
        return true;
    switch (request) {
    case MSG_hello: return answer == MSG_welcome;
    case MSG_submit:
    case MSG_control:
    case MSG_resume: return answer == MSG_accepted;
    case MSG_find:
    case MSG_list_jobs: return answer == MSG_job_row || answer == MSG_end;
    case MSG_show_job: return answer == MSG_job_row || answer == MSG_job_spec || answer == MSG_end;
    case MSG_list_trials: return answer == MSG_trial_row || answer == MSG_end;
    case MSG_read_log: return answer == MSG_log_part || answer == MSG_end;
    case MSG_read_series: return answer == MSG_point_row || answer == MSG_end;
    case MSG_read_events: return answer == MSG_event_row || answer == MSG_end;
    case MSG_watch: return answer == MSG_job_row;
    default: return false;
    }
}

static enum job_state kept_state(const struct world *w, const struct work *work) {
    struct msg_job_row row;
    struct span bytes;
    return ghost_summary(w, work, &row, &bytes) ? (enum job_state)row.state : JOB_OPEN;
}

static void on_accepted(struct world *w, const struct request *r, const struct msg_accepted *m) {
    struct work *work = &w->people.works[r->work];
    world_ensure(w, job_id_equal(&m->job, &work->id), "another job was accepted than job%u",
                 r->work);
    bool was_cancelled = r->kind == MSG_control && kept_state(w, work) == JOB_CANCELLED;
    world_ensure(w, !r->forged || was_cancelled, "a forged '%s' about job%u was accepted",
                 msg_name(r->kind), r->work);
    if (r->forged)
        return;
    work->accepted = work->accepted || r->kind == MSG_submit;
    work->cancelled = work->cancelled || r->kind == MSG_control;
    ghost_check_promises(w);
}

/* An order that is right is refused only for what passes, or because the job is over. */
static void on_refused(struct world *w, const struct request *r, const struct msg_refused *m) {
    struct work *work = &w->people.works[r->work];
    enum err_code code = err_code_of(m->code);
    world_ensure(w, m->code != ERR_NONE && code != ERR_INTERNAL && m->what.len > 0,
                 "'%s' was refused without a reason", msg_name(r->kind));
    if (r->forged || err_can_retry(code))
        return;
    bool over = kept_state(w, work) != JOB_OPEN;
    switch (r->kind) {
    case MSG_control:
        world_ensure(w, code == ERR_NOT_FOUND && over, "cancelling job%u was refused: %.*s",
                     r->work, (int)m->what.len, (const char *)m->what.data);
        work->cancel_at = WHEN_NEVER;
        break;
    case MSG_resume:
        world_ensure(w, code == ERR_NOT_FOUND && over, "resuming job%u was refused: %.*s", r->work,
                     (int)m->what.len, (const char *)m->what.data);
        break;
    case MSG_find:
    case MSG_read_log:
    case MSG_read_series:
    case MSG_read_events: break; /* what they ask for may not be there */
    case MSG_show_job:
    case MSG_watch:
    case MSG_list_trials:
        world_ensure(w, !r->promised, "job%u was accepted and cannot be shown: %.*s", r->work,
                     (int)m->what.len, (const char *)m->what.data);
        break;
    default:
        world_fail(w, "'%s' was refused: %.*s", msg_name(r->kind), (int)m->what.len,
                   (const char *)m->what.data);
    }
}

/* After the last restart the world rests, so what is shown is exactly what is kept. */
static void on_last_show(struct world *w, const struct request *r, const struct msg_job_row *row) {
    struct work *work = &w->people.works[r->work];
    struct msg_job_row kept;
    struct span bytes;
    world_ensure(w, ghost_summary(w, work, &kept, &bytes), "job%u is not on the disk", r->work);
    kept.ticket = row->ticket;
    const struct msg shown = {.kind = MSG_job_row, .job_row = *row};
    const struct msg expected = {.kind = MSG_job_row, .job_row = kept};
    world_ensure(w, msg_equal(&shown, &expected), "job%u is not shown as it is kept", r->work);
    work->shown = true;
}

static void on_end(struct world *w, const struct request *r, const struct msg_end *m) {
    const struct work *work = &w->people.works[r->work];
    if (r->kind != MSG_list_trials || !r->all_rows)
        return;
    uint64_t most = ghost_rows(w, r->best_first ? TABLE_rank : TABLE_trials, &work->id);
    world_ensure(w, !m->more, "job%u: one page does not hold its trials", r->work);
    world_ensure(w, r->rows >= r->rows_least && r->rows <= most,
                 "job%u: %llu trials are listed of %llu to %llu", r->work, (ull)r->rows,
                 (ull)r->rows_least, (ull)most);
}

static void hear_answer(struct world *w, struct request *r, const struct msg *m) {
    world_ensure(w, is_answer(r->kind, m->kind), "'%s' was answered with '%s'", msg_name(r->kind),
                 msg_name(m->kind));
    world_ensure(w, r->state == REQUEST_WAITS || r->kind == MSG_watch, "'%s' was answered twice",
                 msg_name(r->kind));
    r->rows += m->kind == MSG_trial_row;
    switch (m->kind) {
    case MSG_accepted: on_accepted(w, r, &m->accepted); break;
    case MSG_refused: on_refused(w, r, &m->refused); break;
    case MSG_end: on_end(w, r, &m->end); break;
    case MSG_job_row:
        if (w->stage == STAGE_LAST && r->kind == MSG_show_job)
            on_last_show(w, r, &m->job_row);
        break;
    default: break;
    }
    if (reply_ends(m->kind) ||
        r->kind == MSG_watch) /* a watch is answered by its first row; more may follow */
        r->state = REQUEST_DONE;
}

static void people_perform(void *self, const struct event *event) {
    struct world *w = self;
    if (!node_takes(w))
        return;
    uint64_t ticket = reply_ticket(&event->msg);
    world_ensure(w, ticket != 0, "'%s' was said to a client", msg_name(event->msg.kind));
    for (uint32_t i = 0; i < w->plan.people; i++) {
        struct person *p = &w->people.persons[i];
        for (size_t k = 0; p->peer == event->peer && k < REQUESTS_MAX; k++) {
            struct request *r = &p->requests[k];
            if (r->state != REQUEST_FREE && r->ticket == ticket)
                hear_answer(w, r, &event->msg);
        }
    }
    node_delivered(w, event->msg.kind);
}

struct port people_port(struct world *w) {
    return (struct port){.room = ROOM_CLIENTS, .self = w, .perform = people_perform};
}
