#include "actors/elastic/elastic.h"

#include "actors/elastic/trouble.h"
#include "actors/member/member.h"
#include "proto/base/check.h"
#include "proto/base/mp.h"

#include <string.h>

enum {
    HAND_OVER_MS = 60000,
    HEARD_MS = 2000,
    LED_MS = 2000,
    ASK_MS = 2000,      /* an heir that has not answered within it is not waited for */
    REFUSED_MS = 500,   /* after a no the next one is asked */
    GO_MS = 5000,       /* a promise is used within this of the question */
    PROMISE_MS = 20000, /* ... and kept for so long from when that was heard: well beyond */
    HEIRS_MAX = 8
};

enum phase {
    PHASE_STAYS,   /* at work, or idle for not long enough */
    PHASE_LEAVING, /* farewell was said */
    PHASE_GONE     /* and that it is done */
};

struct other {
    struct node_id node;
    uint32_t peer;
    bool stores;
    bool active;
    enum member_state state;
    when_ms promised_until; /* this node stays for it until then, or until it is gone */
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
    uint32_t heirs_count, heirs_turn;
    uint32_t heirs[HEIRS_MAX]; /* peers that have all that is here */
    uint64_t nonce;            /* of the newest question */
    uint32_t asked;            /* the peer */
    when_ms asked_at, ask_at;  /* the newest question, the next one */
    bool promised;             /* it stays */
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
    bool same = node_id_equal(&o->node, &m->node);
    *o = (struct other){.node = m->node,
                        .promised_until = same ? o->promised_until : 0,
                        .peer = (uint32_t)m->peer,
                        .stores = stores,
                        .active = m->active,
                        .state = (enum member_state)m->state};
}

/* It keeps facts and is not leaving. */
static bool is_holder(const struct other *o) {
    return o->stores && o->active && o->state == MEMBER_ALIVE;
}

static bool has_holder(const struct elastic *e) {
    for (uint32_t i = 0; i < e->others_count; i++) {
        if (is_holder(&e->others[i]))
            return true;
    }
    return false;
}

static struct other *other_of(struct elastic *e, uint32_t peer) {
    for (uint32_t i = 0; i < e->others_count; i++) {
        if (e->others[i].peer == peer)
            return &e->others[i];
    }
    return NULL;
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
    for (uint32_t i = 0; i < e->others_count; i++) {
        if (!is_over(&e->others[i]) && e->others[i].promised_until > idle)
            idle = e->others[i].promised_until;
    }
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
    e->handed_over = e->promised = false;
    e->heirs_count = 0;
    e->ask_at = now;
    say_farewell(false, false, out);
}

/* ---- heirs ---- */

static bool is_heir(const struct elastic *e, uint32_t peer) {
    for (uint32_t i = 0; i < e->heirs_count; i++) {
        if (e->heirs[i] == peer)
            return true;
    }
    return false;
}

static void on_handed_over(struct elastic *e, const struct msg_handed_over *m, when_ms now) {
    struct mp in = mp_of(m->heirs);
    if (e->phase != PHASE_LEAVING)
        return; /* late */
    e->handed_over = m->lacking == 0;
    e->heirs_count = 0;
    while (e->heirs_count < HEIRS_MAX && mp_peek(&in) != MP_END)
        e->heirs[e->heirs_count++] = (uint32_t)mp_u64(&in);
    if (e->promised && !(e->handed_over && is_heir(e, e->asked))) {
        e->promised = false; /* it has not all of it any more, or leaves itself */
        e->ask_at = now;
    }
}

/* One after the other, round and round; each question has its number, so that an old answer is none. */
static void ask_heir(struct elastic *e, when_ms now, struct says *out) {
    const struct other *heir = e->promised ? other_of(e, e->asked) : NULL;
    if (e->promised && (heir == NULL || !is_holder(heir))) {
        e->promised = false;
        e->ask_at = now + REFUSED_MS;
    }
    if (!e->handed_over || e->heirs_count == 0 || now < e->ask_at)
        return;
    e->asked = e->heirs[e->heirs_turn++ % e->heirs_count];
    e->asked_at = now;
    e->ask_at = now + ASK_MS;
    e->promised = false;
    say_to(out, ROOM_MEMBER, e->asked,
           &(struct msg){.kind = MSG_heir_ask, .heir_ask.nonce = ++e->nonce});
}

static void on_heir(struct elastic *e, const struct event *event, when_ms now) {
    if (e->phase != PHASE_LEAVING || event->from != ROOM_MEMBER || event->peer != e->asked ||
        event->msg.heir.nonce != e->nonce || e->asked_at < e->leaving_since)
        return;
    e->promised = event->msg.heir.stays && e->handed_over && is_heir(e, e->asked);
    e->ask_at = e->promised ? e->asked_at + GO_MS : now + REFUSED_MS;
}

/* Of two that leave and ask each other the one with the smaller id stays. */
static bool will_stay(const struct elastic *e, const struct other *asker) {
    bool gives_way = memcmp(e->self.bytes, asker->node.bytes, sizeof e->self.bytes) < 0;
    return e->up && e->self_known && !e->quitting && e->self_stores &&
           (e->phase == PHASE_STAYS || (e->phase == PHASE_LEAVING && gives_way));
}

static void on_heir_ask(struct elastic *e, const struct event *event, when_ms now,
                        struct says *out) {
    struct other *asker = event->from == ROOM_MEMBER ? other_of(e, event->peer) : NULL;
    if (asker == NULL)
        return;
    bool stays = will_stay(e, asker);
    if (stays && e->phase == PHASE_LEAVING)
        stay(e, now, out);
    if (stays)
        asker->promised_until = now + PROMISE_MS;
    say_to(out, ROOM_MEMBER, event->peer,
           &(struct msg){.kind = MSG_heir,
                         .heir = {.nonce = event->msg.heir_ask.nonce, .stays = stays}});
}

/* Somebody who has everything stays; who would still give work to this node has heard its farewell by then. */
static bool is_relieved(struct elastic *e, when_ms now) {
    if (!has_holder(e))
        return true;
    const struct other *heir = e->promised ? other_of(e, e->asked) : NULL;
    return e->handed_over && now - e->leaving_since >= HEARD_MS && heir != NULL &&
           is_holder(heir) && now - e->asked_at < GO_MS;
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
    else
        ask_heir(e, now, out);
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
    case MSG_handed_over: on_handed_over(e, &m->handed_over, now); break;
    case MSG_heir_ask: on_heir_ask(e, event, now, out); break;
    case MSG_heir: on_heir(e, event, now); break;
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
    when_ms given_up = e->leaving_since + HAND_OVER_MS, heard = e->leaving_since + HEARD_MS;
    if (!e->handed_over || e->heirs_count == 0)
        return given_up;
    return when_sooner(given_up, e->promised && heard > e->asked_at ? heard : e->ask_at);
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
