#include "tests/sim/fleet/crowd.h"

#include "tests/sim/fleet/fleet.h"
#include "tests/sim/reply.h"

#include <string.h>

enum { PATIENCE_MS = 4000, CALM_PAUSE = 300 };

void crowd_open(struct fleet *f) {
    f->crowd.works_count = f->draft.jobs;
    for (uint32_t i = 0; i < f->draft.jobs; i++) {
        uint32_t owner = i % f->draft.people;
        const struct work_draft draft = {.seed = f->seed,
                                         .number = i,
                                         .owner = owner,
                                         .signer = &f->cast->people[owner],
                                         .trials_max = f->draft.trials_max,
                                         .copies = f->draft.copies[i],
                                         .rungs = true,
                                         .hopes = true,
                                         .repeats = true,
                                         .extends = true,
                                         .now = f->now + 1000,
                                         .spread = f->draft.calm_after / 2};
        work_draw(&f->crowd.works[i], &draft);
    }
    for (uint32_t i = 0; i < f->draft.people; i++)
        fleet_plan(f, 1, &(struct timed){.kind = TIMED_PERSON, .subject = i});
}

struct work *crowd_work(struct fleet *f, const struct job_id *id) {
    for (uint32_t i = 0; i < f->crowd.works_count; i++) {
        if (job_id_equal(&f->crowd.works[i].id, id))
            return &f->crowd.works[i];
    }
    return NULL;
}

/* ---- asking ---- */

static void forget(struct customer *c) {
    c->peer = 0;
    c->greeted = false;
    memset(c->questions, 0, sizeof c->questions);
}

static bool is_connected(const struct fleet *f, const struct customer *c) {
    const struct host *h = &f->hosts[c->host];
    return c->peer != 0 && host_is_up(h) && h->life == c->life;
}

/* To a machine that is gone without a word it is said in vain. */
static void send_msg(struct fleet *f, const struct customer *c, const struct msg *m) {
    if (is_connected(f, c))
        board_post(f->hosts[c->host].board, ROOM_CLIENTS, c->peer, m);
}

/* NULL: it was asked already, or too much is. */
static struct question *new_question(struct fleet *f, struct customer *c, enum msg_kind kind,
                                     uint32_t work) {
    struct question *place = NULL;
    for (size_t i = 0; i < QUESTIONS_MAX; i++) {
        struct question *q = &c->questions[i];
        if (q->kind == kind && q->work == work)
            return NULL;
        if (q->kind == MSG_NONE)
            place = q;
    }
    if (place != NULL)
        *place = (struct question){
            .kind = kind, .ticket = ++f->crowd.tickets, .work = work, .sent = f->now};
    return place;
}

static void connect_to(struct fleet *f, struct customer *c, struct rng *r) {
    c->host = (uint32_t)rng_below(r, f->draft.hosts);
    if (!host_is_up(&f->hosts[c->host]))
        return;
    c->peer = ++f->crowd.peers;
    c->life = f->hosts[c->host].life;
    const struct question *q = new_question(f, c, MSG_hello, 0);
    send_msg(f, c,
             &(struct msg){.kind = MSG_hello,
                           .hello = {.ticket = q->ticket,
                                     .protocol = PROTOCOL_VERSION,
                                     .program = span_text("sim")}});
}

static void leave(struct fleet *f, struct customer *c) {
    send_msg(f, c, &(struct msg){.kind = MSG_left, .left.peer = c->peer});
    forget(c);
}

static void order_more(struct fleet *f, struct customer *c, const struct work *work) {
    struct question *q = new_question(f, c, MSG_control, work->number);
    if (q == NULL)
        return;
    q->extends = true;
    f->rules->more_asked[work->number] = true;
    send_msg(f, c,
             &(struct msg){.kind = MSG_control,
                           .control = {.ticket = q->ticket,
                                       .bundle = span_of(work->extend, work->extend_len)}});
}

static void ask(struct fleet *f, struct customer *c, enum msg_kind kind, const struct work *work) {
    const struct question *q = new_question(f, c, kind, work->number);
    struct msg m = {.kind = kind};
    if (q == NULL)
        return;
    if (kind == MSG_submit)
        m.submit = (struct msg_submit){
            .ticket = q->ticket, .bundle = span_of(work->order, work->order_len), .run = true};
    else if (kind == MSG_control) {
        f->rules->cancel_asked[work->number] = true;
        m.control = (struct msg_control){.ticket = q->ticket,
                                         .bundle = span_of(work->cancel, work->cancel_len)};
    } else if (kind == MSG_watch)
        m.watch = (struct msg_watch){.ticket = q->ticket, .job = work->id, .on = true};
    else if (kind == MSG_list_trials)
        m.list_trials = (struct msg_list_trials){.ticket = q->ticket, .job = work->id};
    else
        m.show_job = (struct msg_show_job){.ticket = q->ticket, .job = work->id};
    send_msg(f, c, &m);
}

static bool waits_too_long(const struct fleet *f, const struct customer *c) {
    for (size_t i = 0; i < QUESTIONS_MAX; i++) {
        const struct question *q = &c->questions[i];
        if (q->kind != MSG_NONE && q->kind != MSG_watch && f->now - q->sent > PATIENCE_MS)
            return true;
    }
    return false;
}

static void do_work(struct fleet *f, struct customer *c, uint32_t number, struct rng *r) {
    static const enum msg_kind idle[] = {MSG_show_job, MSG_list_trials, MSG_watch};
    for (uint32_t i = 0; i < f->crowd.works_count; i++) {
        const struct work *work = &f->crowd.works[i];
        if (work->owner != number || work->submit_at > f->now)
            continue;
        if (!work->accepted)
            ask(f, c, MSG_submit, work);
        else if (work->cancel_at <= f->now && !work->cancelled)
            ask(f, c, MSG_control, work);
        else if (work->extend_at <= f->now && !work->extended)
            order_more(f, c, work);
        else
            ask(f, c, idle[rng_below(r, sizeof idle / sizeof idle[0])], work);
    }
}

void crowd_act(struct fleet *f, uint64_t customer) {
    struct customer *c = &f->crowd.customers[customer];
    struct rng r = draw_of(f->seed, DRAW_PERSON, customer << 40 | c->acts++);
    if (goals_rest(f)) {
        leave(f, c);
        return;
    }
    dur_ms pause = f->calm ? CALM_PAUSE : draw_between(&r, 0, 2 * f->draft.person_pause);
    fleet_plan(f, pause + 1, &(struct timed){.kind = TIMED_PERSON, .subject = customer});
    if (c->peer == 0)
        connect_to(f, c, &r);
    else if (waits_too_long(f, c) || draw_chance(&r, 0.02))
        leave(f, c);
    else if (c->greeted)
        do_work(f, c, (uint32_t)customer, &r);
}

void crowd_host_down(struct fleet *f, const struct host *h, bool power) {
    for (uint32_t i = 0; i < f->draft.people; i++) {
        struct customer *c = &f->crowd.customers[i];
        if (c->peer != 0 && c->host == h->number && !power)
            forget(c);
    }
}

/* ---- answers ---- */

static void on_refused(struct fleet *f, const struct question *q, const struct msg_refused *m) {
    struct work *work = &f->crowd.works[q->work];
    enum err_code code = err_code_of(m->code);
    fleet_ensure(f, m->code != ERR_NONE && code != ERR_INTERNAL && m->what.len > 0,
                 "'%s' was refused without a reason", msg_name(q->kind));
    fleet_ensure(f, q->kind != MSG_submit || err_can_retry(code), "job%u was refused: %.*s",
                 q->work, (int)m->what.len, (const char *)m->what.data);
    const bool never = code == ERR_USAGE || code == ERR_CANCELLED || code == ERR_JOB_FAILED;
    if (q->kind == MSG_control && q->extends && never) {
        fleet_ensure(f, rules_is_shut(f, q->work), "job%u got no more trials: %.*s", q->work,
                     (int)m->what.len, (const char *)m->what.data);
        work->extend_at = WHEN_NEVER;
    } else if (q->kind == MSG_control && code == ERR_NOT_FOUND && rules_is_over(f, q->work)) {
        work->cancel_at = WHEN_NEVER;
    }
}

static void hear_answer(struct host *h, struct question *q, const struct msg *m) {
    struct fleet *f = h->fleet;
    struct work *work = &f->crowd.works[q->work];
    if (m->kind == MSG_accepted) {
        const bool order = q->kind == MSG_control;
        rule_accepted(h, q->work, q->extends ? RULE_MORE : order ? RULE_CANCEL : RULE_JOB);
        work->accepted = work->accepted || q->kind == MSG_submit;
        work->cancelled = work->cancelled || (order && !q->extends);
        work->extended = work->extended || q->extends;
    } else if (m->kind == MSG_refused) {
        on_refused(f, q, &m->refused);
    } else if (m->kind == MSG_job_row) {
        rule_row_shown(h, &m->job_row);
    }
    if (reply_ends(m->kind))
        q->kind = MSG_NONE;
}

static void crowd_perform(void *self, const struct event *event) {
    struct host *h = self;
    struct crowd *crowd = &h->fleet->crowd;
    uint64_t ticket = reply_ticket(&event->msg);
    if (!host_takes(h))
        return;
    for (uint32_t i = 0; i < h->fleet->draft.people; i++) {
        struct customer *c = &crowd->customers[i];
        if (c->peer != event->peer || c->host != h->number)
            continue;
        c->greeted = c->greeted || event->msg.kind == MSG_welcome;
        for (size_t k = 0; k < QUESTIONS_MAX; k++) {
            if (c->questions[k].kind != MSG_NONE && c->questions[k].ticket == ticket)
                hear_answer(h, &c->questions[k], &event->msg);
        }
    }
    host_delivered(h, event->msg.kind);
}

struct port crowd_port(struct host *h) {
    return (struct port){.room = ROOM_CLIENTS, .self = h, .perform = crowd_perform};
}
