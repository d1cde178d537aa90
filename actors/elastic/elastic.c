#include "actors/elastic/elastic.h"

#include "actors/member/member.h"
#include "proto/base/check.h"

#include <string.h>

enum { HAND_OVER_MS = 60000 };

enum phase {
    PHASE_STAYS,   /* at work, or idle for not long enough */
    PHASE_LEAVING, /* farewell was said */
    PHASE_GONE     /* and that it is done */
};

struct other {
    uint32_t peer; /* 0: no entry */
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
    bool working;
    bool led;         /* somebody gives out work */
    bool handed_over; /* since the farewell */
    bool self_known, self_stores;
    struct node_id self;
    when_ms idle_since;
    when_ms leaving_since;
    uint32_t others_count;
    struct other others[LIMIT_MEMBERS];
};

size_t elastic_size(void) {
    return sizeof(struct elastic);
}

struct elastic *elastic_init(void *memory, const struct elastic_config *config) {
    struct elastic *e = memory;
    e->config = *config;
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
    *o = (struct other){.peer = (uint32_t)m->peer,
                        .node = m->node,
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

/* What it holds is safe without it, or will be there again. */
static bool may_go(const struct elastic *e) {
    bool holds = !e->self_known || e->self_stores;
    return e->config.disk_stays || !holds || has_holder(e);
}

/* ---- the departure ---- */

static void say_farewell(bool done, bool stay, struct says *out) {
    say(out, &(struct msg){.kind = MSG_farewell, .farewell = {.done = done, .stay = stay}});
}

static void stay(struct elastic *e, when_ms now, struct says *out) {
    e->idle_since = now;
    if (e->phase != PHASE_LEAVING)
        return;
    e->phase = PHASE_STAYS;
    say_farewell(false, true, out);
}

static bool is_idle(const struct elastic *e) {
    return e->up && !e->quitting && e->config.idle_ms > 0 && !e->working && e->led;
}

static void leave(struct elastic *e, when_ms now, struct says *out) {
    e->phase = PHASE_LEAVING;
    e->leaving_since = now;
    e->handed_over = false;
    say_farewell(false, false, out);
}

/* Nobody is there to hand anything to, and nothing is lost by going. */
static bool needs_no_heir(const struct elastic *e) {
    return !has_holder(e) && may_go(e);
}

static void go_on(struct elastic *e, when_ms now, struct says *out) {
    if ((e->handed_over && may_go(e)) || needs_no_heir(e)) {
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
    if (!is_idle(e) && e->phase != PHASE_GONE) {
        stay(e, now, out);
        return;
    }
    if (e->phase == PHASE_STAYS && now - e->idle_since >= e->config.idle_ms && may_go(e))
        leave(e, now, out);
    if (e->phase == PHASE_LEAVING)
        go_on(e, now, out);
}

static void elastic_step(void *self, const struct event *event, struct moment at,
                         struct says *out) {
    struct elastic *e = self;
    const struct msg *m = &event->msg;
    if (!is_idle(e))
        e->idle_since = at.now; /* from when on it is, should this message make it so */
    switch (m->kind) {
    case MSG_start: e->up = true; break;
    case MSG_working: e->working = m->working.running > 0; break;
    case MSG_lead: e->led = m->lead.mine || m->lead.term > 0; break;
    case MSG_job_open: stay(e, at.now, out); break;
    case MSG_handed_over:
        e->handed_over = e->phase == PHASE_LEAVING && m->handed_over.lacking == 0;
        break;
    case MSG_node_known: on_node_known(e, &m->node_known); break;
    case MSG_quit: e->quitting = true; break;
    default: break; /* only time has passed */
    }
    settle(e, at.now, out);
}

static when_ms elastic_deadline(const void *self) {
    const struct elastic *e = self;
    if (!is_idle(e) || e->phase == PHASE_GONE)
        return WHEN_NEVER;
    if (e->phase == PHASE_LEAVING)
        return e->leaving_since + HAND_OVER_MS;
    return may_go(e) ? e->idle_since + e->config.idle_ms : WHEN_NEVER;
}

static void elastic_check(const void *self) {
    const struct elastic *e = self;
    ensure(e->phase != PHASE_LEAVING || is_idle(e));
    ensure(e->others_count <= LIMIT_MEMBERS);
}

struct core elastic_core(struct elastic *e) {
    return (struct core){.room = ROOM_ELASTIC,
                         .self = e,
                         .step = elastic_step,
                         .deadline = elastic_deadline,
                         .check = elastic_check};
}
