#include "actors/elastic/elastic.h"

#include "actors/elastic/trouble.h"
#include "actors/member/member.h"
#include "proto/base/check.h"

#include <string.h>

enum { HAND_OVER_MS = 60000, HEARD_MS = 2000, LED_MS = 2000 };

enum phase {
    PHASE_STAYS,   /* at work, or idle for not long enough */
    PHASE_LEAVING, /* farewell was said */
    PHASE_GONE     /* and that it is done */
};

struct other {
    struct node_id node;
    bool stores;
    bool active;
    enum member_state state;
};

struct elastic {
    struct elastic_config config;
    enum phase phase;
    bool up;
    bool quitting;
    bool handed_over; /* since the farewell */
    bool self_known, self_stores;
    struct node_id self;
    uint64_t running; /* trials */
    uint64_t load;
    struct trouble trouble;
    when_ms led_since; /* somebody gives out work; WHEN_NEVER: nobody does */
    when_ms idle_since;
    when_ms leaving_since;
    uint32_t jobs_count;
    struct job_id jobs[LIMIT_JOBS_OPEN]; /* that are open */
    uint32_t others_count;
    struct other others[LIMIT_MEMBERS];
};

size_t elastic_size(void) {
    return sizeof(struct elastic);
}

struct elastic *elastic_init(void *memory, const struct elastic_config *config) {
    struct elastic *e = memory;
    e->config = *config;
    e->led_since = WHEN_NEVER;
    return e;
}

/* ---- others ---- */

static bool is_over(const struct other *o) {
    return o->state == MEMBER_DEAD || o->state == MEMBER_LEFT;
}

static struct other *place_for(struct elastic *e, const struct node_id *node) {
    struct other *reusable = NULL;
    for (uint32_t i = 0; i < e->others_count; i++) {
        struct other *o = &e->others[i];
        if (node_id_equal(&o->node, node))
            return o;
        if (is_over(o))
            reusable = o;
    }
    return e->others_count < LIMIT_MEMBERS ? &e->others[e->others_count++] : reusable;
}

static void on_node_known(struct elastic *e, const struct msg_node_known *m) {
    bool stores = (m->flags & MEMBER_STORES) != 0;
    if (m->peer == 0) {
        e->self = m->node;
        e->self_known = true;
        e->self_stores = stores;
        return;
    }
    struct other *o = place_for(e, &m->node);
    if (o == NULL)
        return; /* one holder fewer is known: nobody leaves for that */
    *o = (struct other){.node = m->node,
                        .stores = stores,
                        .active = m->active,
                        .state = (enum member_state)m->state};
}

/* Another that keeps facts and is not leaving. */
static bool has_holder(const struct elastic *e) {
    for (uint32_t i = 0; i < e->others_count; i++) {
        const struct other *o = &e->others[i];
        if (o->stores && o->active && o->state == MEMBER_ALIVE)
            return true;
    }
    return false;
}

static bool is_smallest_leaving(const struct elastic *e) {
    for (uint32_t i = 0; i < e->others_count; i++) {
        const struct other *o = &e->others[i];
        if (o->stores && o->state == MEMBER_LEAVING &&
            memcmp(o->node.bytes, e->self.bytes, sizeof o->node.bytes) < 0)
            return false;
    }
    return true;
}

/* What it holds is safe without it, or will be there again; what is left to do is done without it. */
static bool may_go(const struct elastic *e) {
    bool holds = !e->self_known || e->self_stores;
    bool needs_no_heir = e->config.alone || e->config.disk_stays || !holds;
    return has_holder(e) || (needs_no_heir && e->jobs_count == 0);
}

/* ---- jobs ---- */

static uint32_t job_find(const struct elastic *e, const struct job_id *job) {
    uint32_t i = 0;
    while (i < e->jobs_count && !job_id_equal(&e->jobs[i], job))
        i++;
    return i;
}

static void on_job_open(struct elastic *e, const struct job_id *job) {
    if (job_find(e, job) == e->jobs_count && e->jobs_count < LIMIT_JOBS_OPEN)
        e->jobs[e->jobs_count++] = *job;
}

static void on_job_shut(struct elastic *e, const struct job_id *job) {
    uint32_t i = job_find(e, job);
    if (i < e->jobs_count)
        e->jobs[i] = e->jobs[--e->jobs_count];
}

/* ---- the clock ---- */

static bool rests(const struct elastic *e) {
    return e->up && e->running == 0 && !(e->config.alone && e->jobs_count > 0);
}

/* When it leaves if nothing comes; WHEN_NEVER: something must happen before. */
static when_ms leave_time(const struct elastic *e) {
    if (e->config.idle_ms == 0 || e->quitting || !rests(e) || !may_go(e))
        return WHEN_NEVER;
    when_ms idle = e->idle_since + e->config.idle_ms;
    if (e->config.alone)
        return idle;
    if (e->led_since == WHEN_NEVER)
        return WHEN_NEVER;
    return idle > e->led_since + LED_MS ? idle : e->led_since + LED_MS;
}

/* ms until it goes if nothing comes; -1: it stays. */
static int64_t goes_in(const struct elastic *e, when_ms now) {
    if (e->phase != PHASE_STAYS || e->quitting)
        return 0;
    if (e->config.idle_ms == 0 || !may_go(e))
        return -1;
    when_ms when =
        leave_time(e); /* who works, or has nobody to give it work, goes later than that */
    if (when == WHEN_NEVER)
        when = (rests(e) ? e->idle_since : now) + e->config.idle_ms;
    return when > now ? when - now : 0;
}

static void on_busy_ask(const struct elastic *e, const struct event *event, when_ms now,
                        struct says *out) {
    const struct msg answer = {.kind = MSG_busy,
                               .busy = {.nonce = event->msg.busy_ask.nonce,
                                        .running = e->running,
                                        .load = e->load,
                                        .goes_in = goes_in(e, now),
                                        .trouble = trouble_text(&e->trouble)}};
    say_to(out, event->from == ROOM_MEMBER ? ROOM_MEMBER : ROOM_GATEWAY, event->peer, &answer);
}

/* ---- the departure ---- */

static void say_farewell(bool done, bool stay, struct says *out) {
    say(out, &(struct msg){.kind = MSG_farewell, .farewell = {.done = done, .stay = stay}});
}

static void stay(struct elastic *e, when_ms now, struct says *out) {
    e->idle_since = now;
    if (e->phase != PHASE_LEAVING || e->quitting)
        return;
    e->phase = PHASE_STAYS;
    say_farewell(false, true, out);
}

static void leave(struct elastic *e, when_ms now, struct says *out) {
    e->phase = PHASE_LEAVING;
    e->leaving_since = now;
    e->handed_over = false;
    say_farewell(false, false, out);
}

/* An heir that itself said farewell at the same time has been heard of by then, and is none. */
static bool is_relieved(const struct elastic *e, when_ms now) {
    return !has_holder(e) || (e->handed_over && now - e->leaving_since >= HEARD_MS);
}

static void go_on(struct elastic *e, when_ms now, struct says *out) {
    if (may_go(e) && is_relieved(e, now)) {
        e->phase = PHASE_GONE;
        say_farewell(true, false, out);
        say_to(out, ROOM_NODE, 0, &(struct msg){.kind = MSG_quit, .quit.why = ERR_NONE});
        return;
    }
    bool everybody_leaves = !may_go(e) && is_smallest_leaving(e);
    if (everybody_leaves || now - e->leaving_since >= HAND_OVER_MS)
        stay(e, now, out);
}

static void settle(struct elastic *e, when_ms now, struct says *out) {
    if (e->quitting || e->phase == PHASE_GONE)
        return; /* how it leaves is no longer a matter of this room */
    if (!rests(e)) {
        stay(e, now, out);
        return;
    }
    if (e->phase == PHASE_STAYS && leave_time(e) <= now)
        leave(e, now, out);
    if (e->phase == PHASE_LEAVING)
        go_on(e, now, out);
}

static void on_lead(struct elastic *e, const struct msg_lead *m, when_ms now) {
    if (!m->mine && m->term == 0)
        e->led_since = WHEN_NEVER;
    else if (e->led_since == WHEN_NEVER)
        e->led_since = now;
}

static void hear(struct elastic *e, const struct event *event, when_ms now, struct says *out) {
    const struct msg *m = &event->msg;
    switch (m->kind) {
    case MSG_start: e->up = true; break;
    case MSG_working: e->running = m->working.running; break;
    case MSG_load: e->load = m->load.busy; break;
    case MSG_ailing:
    case MSG_unfit: trouble_hear(&e->trouble, m, e->config.silent, out); break;
    case MSG_lead: on_lead(e, &m->lead, now); break;
    case MSG_job_open:
        on_job_open(e, &m->job_open.job);
        stay(e, now, out);
        break;
    case MSG_job_shut: on_job_shut(e, &m->job_shut.job); break;
    case MSG_handed_over:
        e->handed_over = e->phase == PHASE_LEAVING && m->handed_over.lacking == 0;
        break;
    case MSG_node_known: on_node_known(e, &m->node_known); break;
    case MSG_busy_ask: on_busy_ask(e, event, now, out); break;
    case MSG_quit: e->quitting = true; break;
    default: break; /* only time has passed */
    }
}

static void elastic_step(void *self, const struct event *event, struct moment at,
                         struct says *out) {
    struct elastic *e = self;
    if (!rests(e))
        e->idle_since = at.now; /* from when on it does, should this message make it so */
    hear(e, event, at.now, out);
    settle(e, at.now, out);
}

static when_ms elastic_deadline(const void *self) {
    const struct elastic *e = self;
    if (e->quitting || e->phase == PHASE_GONE)
        return WHEN_NEVER;
    if (e->phase == PHASE_STAYS)
        return leave_time(e);
    return e->leaving_since + (e->handed_over && may_go(e) ? HEARD_MS : HAND_OVER_MS);
}

static void elastic_check(const void *self) {
    const struct elastic *e = self;
    ensure(e->phase != PHASE_LEAVING || rests(e) || e->quitting);
    ensure(e->others_count <= LIMIT_MEMBERS);
    ensure(e->jobs_count <= LIMIT_JOBS_OPEN);
}

struct core elastic_core(struct elastic *e) {
    return (struct core){.room = ROOM_ELASTIC,
                         .self = e,
                         .step = elastic_step,
                         .deadline = elastic_deadline,
                         .check = elastic_check};
}
