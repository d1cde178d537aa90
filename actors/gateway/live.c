#include "actors/gateway/live.h"

#include "proto/base/check.h"
#include "proto/job_row.h"
#include "proto/status.h"

#include <string.h>

struct live_job *live_job(struct live *l, const struct job_id *job) {
    for (size_t i = 0; i < LIMIT_JOBS_OPEN; i++) {
        if (l->jobs[i].used && job_id_equal(&l->jobs[i].id, job))
            return &l->jobs[i];
    }
    return NULL;
}

static size_t position_of(const struct live *l, const struct live_job *j) {
    return (size_t)(j - l->jobs);
}

const struct live_trial *live_trial(struct live *l, const struct job_id *job, uint64_t slot,
                                    when_ms now) {
    const struct live_job *j = live_job(l, job);
    if (j == NULL || j->which.until <= now)
        return NULL;
    const struct live_trial *trials = l->trials[position_of(l, j)];
    for (uint32_t i = 0; i < j->trials; i++) {
        if (trials[i].slot == slot)
            return &trials[i];
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
        if (!l->jobs[i].used)
            l->jobs[i] = (struct live_job){.used = true, .id = *job};
    }
    job_changed(l, job);
}

static void all_changed(struct live *l) {
    for (size_t i = 0; i < LIVE_WATCHERS; i++)
        l->watchers[i].changed = true;
}

void live_trouble(struct live *l, struct span what) {
    size_t len = what.len < sizeof l->trouble ? what.len : sizeof l->trouble - 1;
    if (len > 0)
        memcpy(l->trouble, what.data, len);
    l->trouble[len] = '\0';
    all_changed(l);
}

/* ---- what runs ---- */

/* A node without a cluster leads itself, in term 0. */
void live_lead(struct live *l, const struct msg_lead *lead, when_ms now) {
    l->clustered = !lead->mine || lead->term > 0;
    l->led = lead->mine || lead->term > 0;
    l->leader = lead->mine                          ? LEADER_SELF
                : lead->term > 0 && lead->peer != 0 ? LEADER_OTHER
                                                    : LEADER_NOBODY;
    l->leader_peer = (uint32_t)lead->peer;
    for (size_t i = 0; i < LIMIT_JOBS_OPEN; i++) {
        l->jobs[i].many.told = l->jobs[i].which.told = false;
        l->jobs[i].many.ask_at = l->jobs[i].which.ask_at = now;
    }
    if (l->watching > 0)
        l->review_at = now;
    all_changed(l);
}

static void say_look(const struct live *l, const struct job_id *job, bool which, struct says *out) {
    const struct msg m = {.kind = MSG_look, .look = {.job = *job, .which = which}};
    if (l->leader == LEADER_SELF)
        say_to(out, ROOM_SCHED, 0, &m);
    else
        say_to(out, ROOM_MEMBER, l->leader_peer, &m);
}

static bool look(const struct live *l, struct live_job *j, bool which, when_ms now,
                 struct says *out) {
    struct live_news *news = which ? &j->which : &j->many;
    if (l->leader == LEADER_NOBODY)
        return true;
    if (news->ask_at <= now) {
        say_look(l, &j->id, which, out);
        news->ask_at = now + LOOK_AGAIN_MS;
        if (which)
            j->many.ask_at = news->ask_at;
    }
    return news->told && news->until > now;
}

bool live_look(struct live *l, const struct job_id *job, bool which, when_ms now,
               struct says *out) {
    struct live_job *j = live_job(l, job);
    return j == NULL || look(l, j, which, now, out);
}

bool live_look_since(struct live *l, const struct job_id *job, when_ms since, when_ms now,
                     struct says *out) {
    struct live_job *j = live_job(l, job);
    if (j == NULL || !j->which.told || j->which.until - LOOK_MS >= since)
        return true;
    j->which.told = false;
    j->which.ask_at = now;
    return look(l, j, true, now, out);
}

bool live_look_all(struct live *l, when_ms now, struct says *out) {
    bool known = true;
    for (size_t i = 0; i < LIMIT_JOBS_OPEN; i++) {
        if (l->jobs[i].used)
            known = look(l, &l->jobs[i], false, now, out) && known;
    }
    return known;
}

/* Where a node is; all zeros: who says it belongs to no cluster, as this one does not either. */
static uint32_t peer_of(const struct nodes *nodes, const struct node_id *id) {
    static const struct node_id none;
    const struct known_node *known = nodes_find(nodes, id);
    if (known != NULL)
        return (uint32_t)known->is.peer;
    return node_id_equal(id, &none) ? 0 : LIVE_UNKNOWN;
}

static void keep_trials(struct live *l, struct live_job *j, const struct nodes *nodes,
                        struct span encoded, struct moment at) {
    struct live_trial *trials = l->trials[position_of(l, j)];
    struct running_reader reader = running_read(encoded);
    struct running_trial t;
    struct node_id node = {{0}};
    uint32_t peer = peer_of(nodes, &node);
    j->trials = 0;
    while (j->trials < LIMIT_BEGUN && running_next(&reader, &t)) {
        if (!node_id_equal(&node, &t.node))
            peer = peer_of(nodes, &t.node);
        node = t.node;
        trials[j->trials++] = (struct live_trial){
            .slot = t.slot, .attempt = t.attempt, .began = at.wall - t.age, .peer = peer};
    }
}

static bool is_from_leader(const struct live *l, const struct event *event) {
    if (l->leader == LEADER_SELF)
        return event->from == ROOM_SCHED;
    return l->leader == LEADER_OTHER && event->from == ROOM_MEMBER && event->peer == l->leader_peer;
}

/* Nobody has said it for so long that it counts no more. */
static void forget_if_old(struct live *l, struct live_job *j, when_ms now) {
    if (j->many.until > now || j->running == 0)
        return;
    j->running = j->resumed = 0;
    job_changed(l, &j->id);
}

bool live_running(struct live *l, const struct nodes *nodes, const struct event *event,
                  struct moment at) {
    const struct msg_running *m = &event->msg.running;
    struct live_job *j = live_job(l, &m->job);
    if (j == NULL || !is_from_leader(l, event))
        return false;
    forget_if_old(l, j, at.now);
    if (j->running != m->count || j->resumed != m->resumed)
        job_changed(l, &m->job);
    j->running = m->count;
    j->resumed = m->resumed;
    j->many.told = true;
    j->many.until = at.now + LOOK_MS;
    if (m->trials.len > 0) {
        keep_trials(l, j, nodes, m->trials, at);
        j->which.told = true;
        j->which.until = at.now + LOOK_MS;
    }
    return true;
}

/* This disk knows of the end of a job before it lies on as many as the job wants: nobody is told until then. */
static void hide_end(const struct live *l, const struct live_job *j, struct msg_job_row *row) {
    struct msg durable;
    struct err err;
    const uint64_t ticket = row->ticket;
    row->state = JOB_OPEN;
    row->cause = (struct span){0};
    if (!msg_decode(&durable, span_of(l->rows[position_of(l, j)], j->row_len), &err))
        return; /* facts has not said one yet */
    *row = durable.job_row;
    row->ticket = ticket;
}

/* Slots that are finished and yet may run. */
static uint64_t paused_of(const struct msg_job_row *row) {
    uint64_t of[TRIAL_STATUS_COUNT];
    return end_counts_decode(of, row->end_counts) ? of[TRIAL_PAUSED] : 0;
}

static uint64_t least(uint64_t a, uint64_t b) {
    return a < b ? a : b;
}

/* What is recorded here may be ahead of what the leader has told: there are never more than are left. */
void live_overlay_job(struct live *l, struct msg_job_row *row, when_ms now) {
    const struct live_job *j = live_job(l, &row->job);
    if (j != NULL && row->state != JOB_OPEN)
        hide_end(l, j, row);
    const uint64_t finished = job_row_finished(row), paused = paused_of(row);
    const uint64_t left = (row->trials > finished ? row->trials - finished : 0) + paused;
    const bool open = row->state == JOB_OPEN;
    row->active = open && (l->clustered ? l->led : j != NULL);
    const bool told = open && j != NULL && j->many.until > now;
    row->running = least(told ? j->running : 0, left);
    row->resumed = least(told ? j->resumed : 0, least(paused, row->running));
    if (open && l->trouble[0] != '\0') /* it waits: say for what */
        row->cause = span_text(l->trouble);
}

void live_overlay_trial(struct live *l, const struct job_id *job, struct msg_trial_row *row,
                        when_ms now) {
    const bool may_run = row->status == TRIAL_OPEN || row->status == TRIAL_PAUSED;
    const struct live_trial *t = may_run ? live_trial(l, job, row->slot, now) : NULL;
    row->running = t != NULL;
    if (t != NULL) {
        row->began = t->began;
        row->attempts = t->attempt;
    }
}

/* ---- watchers ---- */

struct watcher *live_watch(struct live *l, uint32_t peer, uint64_t ticket, const struct job_id *job,
                           when_ms next) {
    for (size_t i = 0; i < LIVE_WATCHERS; i++) {
        struct watcher *w = &l->watchers[i];
        if (w->used)
            continue;
        *w = (struct watcher){
            .used = true, .peer = peer, .ticket = ticket, .job = *job, .next = next};
        l->review_at = l->watching == 0 ? next : l->review_at;
        l->watching++;
        return w;
    }
    all_changed(l); /* a row to each tells which of them are gone */
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

static void send_row(struct live *l, struct watcher *w, struct span encoded, when_ms now,
                     struct says *out) {
    struct msg m;
    struct err err;
    if (!msg_decode(&m, encoded, &err) || m.kind != MSG_job_row)
        return;
    m.job_row.ticket = w->ticket;
    live_overlay_job(l, &m.job_row, now);
    say_to(out, ROOM_CLIENTS, w->peer, &m);
}

void live_stand(struct live *l, struct span row, when_ms now, struct says *out) {
    struct msg m;
    struct err err;
    if (!msg_decode(&m, row, &err) || m.kind != MSG_job_row)
        return;
    struct live_job *j = live_job(l, &m.job_row.job);
    ensure(row.len <= LIVE_ROW_BYTES); /* facts bounds it to less (BATCH_SUMMARY_BYTES) */
    if (j != NULL) {
        memcpy(l->rows[position_of(l, j)], row.data, row.len);
        j->row_len = row.len;
    }
    job_changed(l, &m.job_row.job);
    for (size_t i = 0; m.job_row.state != JOB_OPEN && l->watching > 0 && i < LIVE_WATCHERS; i++) {
        struct watcher *w = &l->watchers[i];
        if (!w->used || !job_id_equal(&w->job, &m.job_row.job))
            continue;
        send_row(l, w, row, now, out); /* the end is never late, and nothing follows it */
        drop_watcher(l, w);
    }
    if (j != NULL && m.job_row.state != JOB_OPEN)
        j->used = false;
}

static void review(struct live *l, when_ms now, struct says *out) {
    for (size_t i = 0; i < LIVE_WATCHERS; i++) {
        const struct watcher *w = &l->watchers[i];
        struct live_job *j = w->used ? live_job(l, &w->job) : NULL;
        if (j == NULL)
            continue;
        forget_if_old(l, j, now);
        (void)look(l, j, false, now, out);
    }
    l->review_at = now + LOOK_AGAIN_MS;
}

void live_wake(struct live *l, when_ms now, struct says *out) {
    if (l->watching > 0 && l->review_at <= now)
        review(l, now, out);
    for (size_t i = 0; l->watching > 0 && i < LIVE_WATCHERS; i++) {
        struct watcher *w = &l->watchers[i];
        if (!w->used || !w->changed || w->next > now)
            continue;
        const struct live_job *j = live_job(l, &w->job);
        w->changed = false;
        if (j == NULL || j->row_len == 0)
            continue;
        send_row(l, w, span_of(l->rows[position_of(l, j)], j->row_len), now, out);
        w->next = now + WATCH_PAUSE_MS;
    }
}

when_ms live_deadline(const struct live *l) {
    when_ms soonest = l->watching > 0 ? l->review_at : WHEN_NEVER;
    for (size_t i = 0; l->watching > 0 && i < LIVE_WATCHERS; i++) {
        const struct watcher *w = &l->watchers[i];
        if (w->used && w->changed)
            soonest = when_sooner(soonest, w->next);
    }
    return soonest;
}

void live_left(struct live *l, uint32_t peer) {
    for (size_t i = 0; i < LIVE_WATCHERS; i++) {
        if (l->watchers[i].used && l->watchers[i].peer == peer)
            drop_watcher(l, &l->watchers[i]);
    }
}
