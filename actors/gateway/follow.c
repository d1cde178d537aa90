#include "actors/gateway/follow.h"

#include "actors/member/member.h"

/* ---- to the executor ---- */

static bool is_attached(const struct stream *s) {
    return s->peer != FOLLOW_NOWHERE;
}

static void say_follow(uint32_t peer, const struct stream *s, bool on, struct says *out) {
    const struct msg m = {.kind = MSG_follow,
                          .follow = {.job = s->job,
                                     .slot = s->slot,
                                     .on = on,
                                     .attempt = s->anew ? 0 : s->attempt,
                                     .offset = s->anew ? 0 : s->offset}};
    say_to(out, peer == 0 ? ROOM_EXECUTOR : ROOM_MEMBER, peer, &m);
}

static void go_on(struct stream *s, const struct follow_world *w) {
    s->due = w->now + LOOK_AGAIN_MS;
    say_follow(s->peer, s, true, w->out);
}

static void begin_at_the_first_byte(struct stream *s, const struct follow_world *w) {
    s->anew = true;
    go_on(s, w);
}

static void attach(struct stream *s, const struct follow_world *w, uint32_t peer) {
    const struct known_node *known = peer == 0 ? NULL : nodes_peer(w->nodes, peer);
    s->peer = peer;
    s->node = known != NULL ? known->is.node : w->self;
    s->other = true;
    begin_at_the_first_byte(s, w);
}

/* ---- readers ---- */

/* The next reader of the stream after `r`; NULL: of all. */
static struct log_reader *next_reader(struct follow *f, const struct stream *s,
                                      struct log_reader *r) {
    const uint32_t number = (uint32_t)(s - f->streams);
    for (r = r == NULL ? f->readers : r + 1; r < f->readers + FOLLOW_READERS; r++) {
        if (r->used && r->stream == number)
            return r;
    }
    return NULL;
}

static struct stream *find(struct follow *f, const struct job_id *job, uint64_t slot) {
    for (uint32_t i = 0; f->reading > 0 && i < FOLLOW_READERS; i++) {
        struct stream *s = &f->streams[i];
        if (s->used && s->slot == slot && job_id_equal(&s->job, job))
            return s;
    }
    return NULL;
}

static void drop_reader(struct follow *f, struct log_reader *r) {
    r->used = false;
    f->reading--;
}

/* Nobody reads it any more: the executor need not say it. */
static void close_if_unread(struct follow *f, const struct follow_world *w, struct stream *s) {
    if (next_reader(f, s, NULL) != NULL)
        return;
    if (is_attached(s))
        say_follow(s->peer, s, false, w->out);
    s->used = false;
}

static void end_reader(struct follow *f, const struct follow_world *w, struct log_reader *r) {
    say_to(w->out, ROOM_CLIENTS, r->peer, &(struct msg){.kind = MSG_end, .end.ticket = r->ticket});
    drop_reader(f, r);
}

/* The store has the rest. False: too many questions wait; later then. */
static bool to_store(struct follow *f, const struct follow_world *w, const struct stream *s,
                     struct log_reader *r) {
    struct ask *ask = ask_take(w->asks, ASK_LOG, r->peer, r->ticket);
    if (ask == NULL)
        return false;
    ask->job = s->job;
    ask->slot = s->slot;
    ask->attempt = s->attempt;
    ask->from = r->begun && !s->lost ? r->offset : 0;
    ask_begin(w->asks, ask, w->out);
    drop_reader(f, r);
    return true;
}

/* It runs nowhere now. */
static void seek(struct follow *f, const struct follow_world *w, struct stream *s, bool lost) {
    s->peer = FOLLOW_NOWHERE;
    s->lost = s->lost || lost;
    s->due = s->try_at = w->now + SEEK_MS;
    for (struct log_reader *r = next_reader(f, s, NULL); r != NULL; r = next_reader(f, s, r)) {
        if (!r->stays)
            r->until = w->now;
    }
    (void)live_look(w->live, &s->job, true, w->now, w->out);
}

/* A trial that prints nothing shows of nobody who is gone: no bytes at all to each do. */
static void probe_readers(const struct follow *f, struct says *out) {
    for (uint32_t i = 0; i < FOLLOW_READERS; i++) {
        const struct log_reader *r = &f->readers[i];
        if (r->used)
            say_to(out, ROOM_CLIENTS, r->peer,
                   &(struct msg){.kind = MSG_log_part,
                                 .log_part = {.ticket = r->ticket,
                                              .attempt = f->streams[r->stream].attempt,
                                              .node = f->streams[r->stream].node,
                                              .offset = r->offset,
                                              .began = f->streams[r->stream].began}});
    }
}

static struct stream *open_stream(struct follow *f, const struct ask *ask) {
    struct stream *s = f->streams;
    while (s->used)
        s++; /* there are as many as readers, and one of those is free */
    *s = (struct stream){.used = true, .job = ask->job, .slot = ask->slot, .peer = FOLLOW_NOWHERE};
    return s;
}

bool follow_begin(struct follow *f, const struct follow_world *w, const struct ask *ask,
                  const struct live_trial *where) {
    if (f->reading == FOLLOW_READERS) {
        probe_readers(f, w->out);
        return false;
    }
    struct log_reader *r = f->readers;
    struct stream *s = find(f, &ask->job, ask->slot);
    while (r->used)
        r++;
    bool first = s == NULL;
    if (first)
        s = open_stream(f, ask);
    *r = (struct log_reader){.used = true,
                             .stays = ask->stays,
                             .stream = (uint32_t)(s - f->streams),
                             .peer = ask->peer,
                             .ticket = ask->ticket,
                             .until = w->now + GLANCE_MS};
    f->reading++;
    if (first && where != NULL)
        attach(s, w, where->peer);
    else if (is_attached(s))
        begin_at_the_first_byte(s, w);
    return true;
}

/* ---- what is printed ---- */

static void send_part(const struct stream *s, struct log_reader *r,
                      const struct msg_printed *printed, struct says *out) {
    uint64_t end = printed->offset + printed->bytes.len;
    r->begun = r->begun || printed->offset == 0;
    if (!r->begun || end <= r->offset)
        return; /* said again because somebody else began to read */
    uint64_t skip = printed->offset < r->offset ? r->offset - printed->offset : 0;
    r->offset = end;
    say_to(out, ROOM_CLIENTS, r->peer,
           &(struct msg){.kind = MSG_log_part,
                         .log_part = {.ticket = r->ticket,
                                      .attempt = printed->attempt,
                                      .node = s->node,
                                      .offset = printed->offset + skip,
                                      .began = printed->began,
                                      .bytes = span_from(printed->bytes, (size_t)skip)}});
}

static void on_part(struct follow *f, const struct follow_world *w, struct stream *s,
                    const struct msg_printed *printed) {
    struct log_reader *r;
    bool again = printed->attempt == s->attempt && printed->began != s->began && s->began != 0;
    s->began = printed->began;
    if (again && printed->offset != 0 && !s->anew) { /* from where the run before was read to */
        s->other = true;
        begin_at_the_first_byte(s, w);
        return;
    }
    if (s->other || again || printed->attempt != s->attempt) {
        for (r = next_reader(f, s, NULL); r != NULL; r = next_reader(f, s, r)) {
            r->begun = false;
            r->offset = 0;
        }
        s->other = s->lost = false;
    }
    s->attempt = printed->attempt;
    for (r = next_reader(f, s, NULL); r != NULL; r = next_reader(f, s, r))
        send_part(s, r, printed, w->out);
    if (s->anew && printed->offset != 0)
        return;
    s->anew = false;
    s->offset = printed->offset + printed->bytes.len;
    go_on(s, w);
}

/* All that was kept has been said. */
static void on_kept(struct follow *f, const struct follow_world *w, struct stream *s) {
    for (struct log_reader *r = next_reader(f, s, NULL); r != NULL; r = next_reader(f, s, r)) {
        if (!r->stays)
            end_reader(f, w, r);
    }
    close_if_unread(f, w, s);
}

/* The last bytes may have been lost on the way; the store has them soon. */
static void on_over(struct follow *f, const struct follow_world *w, struct stream *s,
                    const struct msg_printed *printed) {
    bool whole = printed->attempt == s->attempt ? s->offset >= printed->offset
                                                : printed->attempt != 0 && printed->offset == 0;
    if (printed->lost || !whole) {
        seek(f, w, s, printed->lost);
        return;
    }
    for (struct log_reader *r = next_reader(f, s, NULL); r != NULL; r = next_reader(f, s, r))
        end_reader(f, w, r);
    s->used = false;
}

void follow_printed(struct follow *f, const struct follow_world *w, uint32_t from,
                    const struct msg_printed *printed) {
    struct stream *s = find(f, &printed->job, printed->slot);
    if (s == NULL || s->peer != from) {
        const struct stream none = {.job = printed->job, .slot = printed->slot};
        if (!printed->over)
            say_follow(from, &none, false, w->out);
    } else if (printed->over) {
        on_over(f, w, s, printed);
    } else if (printed->bytes.len > 0) {
        on_part(f, w, s, printed);
    } else {
        on_kept(f, w, s);
    }
}

/* ---- where it runs ---- */

/* The leader may learn later than this node that it is gone. */
static bool is_gone(const struct follow_world *w, uint32_t peer) {
    const struct known_node *known = nodes_peer(w->nodes, peer);
    return known != NULL && (known->is.state == MEMBER_DEAD || known->is.state == MEMBER_LEFT);
}

static void place(struct stream *s, const struct follow_world *w) {
    const struct live_trial *t = live_trial(w->live, &s->job, s->slot, w->now);
    if (t == NULL || t->peer == LIVE_UNKNOWN || t->peer == s->peer || is_gone(w, t->peer))
        return;
    if (is_attached(s)) {
        say_follow(s->peer, s, false, w->out);
        s->lost = true;
    } else if (s->try_at > w->now) {
        return; /* what the leader says may be older than what was heard from there */
    }
    attach(s, w, t->peer);
}

void follow_running(struct follow *f, const struct follow_world *w, const struct job_id *job) {
    for (uint32_t i = 0; f->reading > 0 && i < FOLLOW_READERS; i++) {
        struct stream *s = &f->streams[i];
        if (s->used && job_id_equal(&s->job, job))
            place(s, w);
    }
}

void follow_gone(struct follow *f, const struct follow_world *w, uint32_t peer) {
    for (uint32_t i = 0; f->reading > 0 && i < FOLLOW_READERS; i++) {
        struct stream *s = &f->streams[i];
        if (s->used && s->peer == peer)
            seek(f, w, s, true);
    }
}

/* ---- what is sought ---- */

void follow_recorded(struct follow *f, const struct follow_world *w, const struct ask *ask,
                     bool finished, uint64_t attempts) {
    struct stream *s = find(f, &ask->job, ask->slot);
    if (s == NULL || live_trial(w->live, &s->job, s->slot, w->now) != NULL)
        return;
    bool recorded = finished || attempts >= (s->attempt > 0 ? s->attempt : 1);
    bool shut = !is_attached(s) && live_job(w->live, &s->job) == NULL;
    if (!recorded && !shut)
        return;
    for (struct log_reader *r = next_reader(f, s, NULL); r != NULL; r = next_reader(f, s, r)) {
        if (!to_store(f, w, s, r))
            break;
    }
    close_if_unread(f, w, s);
}

static void look_into_store(struct stream *s, const struct follow_world *w) {
    struct ask *ask = ask_take(w->asks, ASK_RECORDED, ASK_NOBODY, 0);
    if (ask == NULL)
        return;
    ask->job = s->job;
    ask->slot = s->slot;
    ask_begin(w->asks, ask, w->out);
}

static void wake_stream(struct follow *f, const struct follow_world *w, struct stream *s) {
    for (struct log_reader *r = next_reader(f, s, NULL); r != NULL; r = next_reader(f, s, r)) {
        if (!r->stays && r->until <= w->now && !to_store(f, w, s, r))
            r->until = w->now + SEEK_MS;
    }
    close_if_unread(f, w, s);
    if (!s->used || s->due > w->now)
        return;
    (void)live_look(w->live, &s->job, true, w->now, w->out);
    if (is_attached(s))
        go_on(s, w);
    else
        place(s, w);
    if (!is_attached(s))
        s->due = w->now + SEEK_MS;
    if (live_trial(w->live, &s->job, s->slot, w->now) == NULL)
        look_into_store(s, w);
}

void follow_wake(struct follow *f, const struct follow_world *w) {
    if (f->reading == 0 || follow_deadline(f) > w->now)
        return;
    for (uint32_t i = 0; i < FOLLOW_READERS; i++) {
        if (f->streams[i].used)
            wake_stream(f, w, &f->streams[i]);
    }
}

when_ms follow_deadline(const struct follow *f) {
    when_ms soonest = WHEN_NEVER;
    for (uint32_t i = 0; f->reading > 0 && i < FOLLOW_READERS; i++) {
        if (f->streams[i].used)
            soonest = when_sooner(soonest, f->streams[i].due);
        if (f->readers[i].used && !f->readers[i].stays)
            soonest = when_sooner(soonest, f->readers[i].until);
    }
    return soonest;
}

void follow_left(struct follow *f, const struct follow_world *w, uint32_t peer) {
    for (uint32_t i = 0; f->reading > 0 && i < FOLLOW_READERS; i++) {
        struct log_reader *r = &f->readers[i];
        if (!r->used || r->peer != peer)
            continue;
        drop_reader(f, r);
        close_if_unread(f, w, &f->streams[r->stream]);
    }
}
