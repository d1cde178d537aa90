#include "actors/gateway/live.h"

#include "proto/base/check.h"
#include "proto/status.h"

#include <string.h>

struct live_job *live_job(struct live *l, const struct job_id *job) {
    for (size_t i = 0; i < LIMIT_JOBS_OPEN; i++) {
        if (l->jobs[i].used && job_id_equal(&l->jobs[i].id, job))
            return &l->jobs[i];
    }
    return NULL;
}

struct live_trial *live_trial(struct live *l, const struct job_id *job, uint64_t slot) {
    for (size_t i = 0; i < LIMIT_SLOTS_NODE; i++) {
        struct live_trial *t = &l->trials[i];
        if (t->used && t->slot == slot && job_id_equal(&t->job, job))
            return t;
    }
    return NULL;
}

static void job_changed(struct live *l, const struct job_id *job) {
    for (size_t i = 0; l->watching > 0 && i < LIVE_WATCHERS; i++) {
        struct watcher *w = &l->watchers[i];
        if (w->used && job_id_equal(&w->job, job))
            w->changed = true;
    }
}

void live_open(struct live *l, const struct job_id *job) {
    for (size_t i = 0; i < LIMIT_JOBS_OPEN && live_job(l, job) == NULL; i++) {
        if (l->jobs[i].used)
            continue;
        l->jobs[i].used = true;
        l->jobs[i].id = *job;
        l->jobs[i].running = 0;
        l->jobs[i].row_len = 0;
    }
    job_changed(l, job);
}

void live_shut(struct live *l, const struct job_id *job) {
    struct live_job *j = live_job(l, job);
    if (j != NULL)
        j->used = false;
}

void live_began(struct live *l, const struct msg_began *began) {
    struct live_job *j = live_job(l, &began->job);
    for (size_t i = 0; i < LIMIT_SLOTS_NODE; i++) {
        if (l->trials[i].used)
            continue;
        l->trials[i] = (struct live_trial){.used = true,
                                           .job = began->job,
                                           .slot = began->slot,
                                           .attempt = began->attempt,
                                           .began = began->wall};
        break;
    }
    if (j != NULL)
        j->running++;
    job_changed(l, &began->job);
}

static void end_follower(struct live *l, struct follower *f, struct says *out) {
    say_to(out, ROOM_CLIENTS, f->peer, &(struct msg){.kind = MSG_end, .end.ticket = f->ticket});
    f->used = false;
    l->following--;
}

static bool is_followed(const struct live *l, const struct job_id *job, uint64_t slot) {
    for (size_t i = 0; i < LIVE_FOLLOWERS; i++) {
        const struct follower *f = &l->followers[i];
        if (f->used && f->slot == slot && job_id_equal(&f->job, job))
            return true;
    }
    return false;
}

static void say_follow(const struct job_id *job, uint64_t slot, bool on, struct says *out) {
    say(out, &(struct msg){.kind = MSG_follow, .follow = {.job = *job, .slot = slot, .on = on}});
}

void live_outcome(struct live *l, const struct msg_result_fact *result, struct says *out) {
    struct live_trial *t = live_trial(l, &result->job, result->slot);
    struct live_job *j = live_job(l, &result->job);
    if (t == NULL)
        return; /* it never began */
    t->used = false;
    if (j != NULL && j->running > 0)
        j->running--;
    job_changed(l, &result->job);
    for (size_t i = 0; l->following > 0 && i < LIVE_FOLLOWERS; i++) {
        struct follower *f = &l->followers[i];
        if (f->used && f->slot == result->slot && job_id_equal(&f->job, &result->job))
            end_follower(l, f, out);
    }
}

void live_overlay_job(struct live *l, struct msg_job_row *row) {
    const struct live_job *j = live_job(l, &row->job);
    row->active = j != NULL;
    row->running = j != NULL ? j->running : 0;
    if (row->state == JOB_OPEN && l->trouble[0] != '\0') /* it waits: say for what */
        row->cause = span_text(l->trouble);
}

void live_trouble(struct live *l, struct span what) {
    size_t len = what.len < sizeof l->trouble ? what.len : sizeof l->trouble - 1;
    if (len > 0)
        memcpy(l->trouble, what.data, len);
    l->trouble[len] = '\0';
    for (size_t i = 0; i < LIVE_WATCHERS; i++)
        l->watchers[i].changed = true;
}

void live_overlay_trial(struct live *l, const struct job_id *job, struct msg_trial_row *row) {
    const struct live_trial *t = live_trial(l, job, row->slot);
    row->running = t != NULL;
    if (t != NULL) {
        row->began = t->began;
        row->attempts = t->attempt;
    }
}

/* ---- watchers ---- */

struct watcher *live_watch(struct live *l, uint32_t peer, uint64_t ticket, const struct job_id *job,
                           when_ms now) {
    for (size_t i = 0; i < LIVE_WATCHERS; i++) {
        struct watcher *w = &l->watchers[i];
        if (w->used)
            continue;
        *w = (struct watcher){
            .used = true, .peer = peer, .ticket = ticket, .job = *job, .next = now};
        l->watching++;
        return w;
    }
    for (size_t i = 0; i < LIVE_WATCHERS; i++) /* a row to each tells which of them are gone */
        l->watchers[i].changed = true;
    return NULL;
}

static void drop_watcher(struct live *l, struct watcher *w) {
    w->used = false;
    l->watching--;
}

void live_unwatch(struct live *l, uint32_t peer, const struct job_id *job) {
    for (size_t i = 0; i < LIVE_WATCHERS; i++) {
        struct watcher *w = &l->watchers[i];
        if (w->used && w->peer == peer && job_id_equal(&w->job, job))
            drop_watcher(l, w);
    }
}

static void send_row(struct live *l, struct watcher *w, struct span encoded, struct says *out) {
    struct msg m;
    struct err err;
    if (!msg_decode(&m, encoded, &err) || m.kind != MSG_job_row)
        return;
    m.job_row.ticket = w->ticket;
    live_overlay_job(l, &m.job_row);
    say_to(out, ROOM_CLIENTS, w->peer, &m);
}

void live_stand(struct live *l, struct span row, struct says *out) {
    struct msg m;
    struct err err;
    if (!msg_decode(&m, row, &err) || m.kind != MSG_job_row)
        return;
    struct live_job *j = live_job(l, &m.job_row.job);
    ensure(row.len <= LIVE_ROW_BYTES); /* facts bounds it to less (BATCH_SUMMARY_BYTES) */
    if (j != NULL) {
        memcpy(j->row, row.data, row.len);
        j->row_len = row.len;
    }
    job_changed(l, &m.job_row.job);
    for (size_t i = 0; m.job_row.state != JOB_OPEN && l->watching > 0 && i < LIVE_WATCHERS; i++) {
        struct watcher *w = &l->watchers[i];
        if (!w->used || !job_id_equal(&w->job, &m.job_row.job))
            continue;
        send_row(l, w, row, out); /* the end is never late, and nothing follows it */
        drop_watcher(l, w);
    }
}

void live_wake(struct live *l, when_ms now, struct says *out) {
    for (size_t i = 0; l->watching > 0 && i < LIVE_WATCHERS; i++) {
        struct watcher *w = &l->watchers[i];
        if (!w->used || !w->changed || w->next > now)
            continue;
        const struct live_job *j = live_job(l, &w->job);
        w->changed = false;
        if (j == NULL || j->row_len == 0)
            continue;
        send_row(l, w, span_of(j->row, j->row_len), out);
        w->next = now + WATCH_PAUSE_MS;
    }
}

when_ms live_deadline(const struct live *l) {
    when_ms soonest = WHEN_NEVER;
    for (size_t i = 0; l->watching > 0 && i < LIVE_WATCHERS; i++) {
        const struct watcher *w = &l->watchers[i];
        if (w->used && w->changed)
            soonest = when_sooner(soonest, w->next);
    }
    return soonest;
}

/* ---- followers ---- */

/* A trial that prints nothing shows of nobody who is gone: no bytes at all to each do. */
static void probe_followers(struct live *l, struct says *out) {
    for (size_t i = 0; i < LIVE_FOLLOWERS; i++) {
        const struct follower *f = &l->followers[i];
        const struct live_trial *t = f->used ? live_trial(l, &f->job, f->slot) : NULL;
        if (t != NULL)
            say_to(
                out, ROOM_CLIENTS, f->peer,
                &(struct msg){
                    .kind = MSG_log_part,
                    .log_part = {.ticket = f->ticket, .attempt = t->attempt, .offset = f->offset}});
    }
}

struct follower *live_follow(struct live *l, uint32_t peer, uint64_t ticket,
                             const struct job_id *job, uint64_t slot, bool stays,
                             struct says *out) {
    for (size_t i = 0; i < LIVE_FOLLOWERS; i++) {
        struct follower *f = &l->followers[i];
        if (f->used)
            continue;
        *f = (struct follower){.used = true,
                               .stays = stays,
                               .peer = peer,
                               .ticket = ticket,
                               .job = *job,
                               .slot = slot};
        l->following++;
        say_follow(job, slot, true, out);
        return f;
    }
    probe_followers(l, out);
    return NULL;
}

static void send_part(struct follower *f, const struct msg_printed *printed, struct says *out) {
    uint64_t end = printed->offset + printed->bytes.len;
    f->begun = f->begun || printed->offset == 0;
    if (!f->begun || end <= f->offset)
        return; /* said again because somebody else began to follow */
    uint64_t skip = printed->offset < f->offset ? f->offset - printed->offset : 0;
    f->offset = end;
    say_to(out, ROOM_CLIENTS, f->peer,
           &(struct msg){.kind = MSG_log_part,
                         .log_part = {.ticket = f->ticket,
                                      .attempt = printed->attempt,
                                      .offset = printed->offset + skip,
                                      .bytes = span_from(printed->bytes, (size_t)skip)}});
}

void live_printed(struct live *l, const struct msg_printed *printed, struct says *out) {
    bool kept_is_complete = printed->bytes.len == 0;
    for (size_t i = 0; l->following > 0 && i < LIVE_FOLLOWERS; i++) {
        struct follower *f = &l->followers[i];
        if (!f->used || f->slot != printed->slot || !job_id_equal(&f->job, &printed->job))
            continue;
        if (!kept_is_complete)
            send_part(f, printed, out);
        else if (!f->stays)
            end_follower(l, f, out);
    }
    if (!is_followed(l, &printed->job, printed->slot))
        say_follow(&printed->job, printed->slot, false, out);
}

void live_left(struct live *l, uint32_t peer, struct says *out) {
    for (size_t i = 0; i < LIVE_WATCHERS; i++) {
        if (l->watchers[i].used && l->watchers[i].peer == peer)
            drop_watcher(l, &l->watchers[i]);
    }
    for (size_t i = 0; i < LIVE_FOLLOWERS; i++) {
        struct follower *f = &l->followers[i];
        if (!f->used || f->peer != peer)
            continue;
        f->used = false;
        l->following--;
        if (!is_followed(l, &f->job, f->slot))
            say_follow(&f->job, f->slot, false, out);
    }
}
