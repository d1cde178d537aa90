#include "tests/sim/world.h"

#include "proto/base/check.h"
#include "store/store_mem.h"

#include <stdio.h>
#include <string.h>

enum { CALM_PAUSE = 200, RESUME_CHANCE_PERCENT = 30 };

void people_open(struct world *w) {
    struct people *p = &w->people;
    p->works_count = w->plan.jobs;
    for (uint32_t i = 0; i < p->works_count; i++) {
        const struct work_draft draft = {.seed = w->seed,
                                         .number = i,
                                         .owner = i % w->plan.people,
                                         .signer = &w->cast->people[i % w->plan.people],
                                         .trials_max = w->plan.trials_max,
                                         .now = w->now,
                                         .spread = w->plan.calm_after / 2};
        work_draw(&p->works[i], &draft);
    }
    for (uint32_t i = 0; i < w->plan.people; i++)
        world_plan(w, 0, TIMED_PERSON, i, 0);
}

struct work *people_work(struct world *w, const struct job_id *id) {
    for (uint32_t i = 0; i < w->people.works_count; i++) {
        if (job_id_equal(&w->people.works[i].id, id))
            return &w->people.works[i];
    }
    return NULL;
}

static void disconnect(struct person *p) {
    p->peer = 0;
    memset(p->requests, 0, sizeof p->requests);
}

void people_node_down(struct world *w) {
    for (uint32_t i = 0; i < w->plan.people; i++)
        disconnect(&w->people.persons[i]);
}

/* ---- asking ---- */

static struct request *find_request(struct person *p, enum msg_kind kind, uint32_t work) {
    for (size_t i = 0; i < REQUESTS_MAX; i++) {
        struct request *r = &p->requests[i];
        if (r->state == REQUEST_WAITS && r->kind == kind && r->work == work)
            return r;
    }
    return NULL;
}

/* NULL: too many wait already. */
static struct request *new_request(struct world *w, struct person *p, enum msg_kind kind,
                                   uint32_t work) {
    struct request *free_one = NULL;
    for (size_t i = 0; i < REQUESTS_MAX && free_one == NULL; i++)
        free_one = p->requests[i].state == REQUEST_FREE ? &p->requests[i] : NULL;
    for (size_t i = 0; i < REQUESTS_MAX && free_one == NULL; i++)
        free_one = p->requests[i].state == REQUEST_DONE ? &p->requests[i] : NULL;
    if (free_one != NULL)
        *free_one = (struct request){.state = REQUEST_WAITS,
                                     .kind = kind,
                                     .ticket = ++w->people.tickets,
                                     .work = work,
                                     .sent = w->now,
                                     .promised = w->people.works[work].accepted};
    return free_one;
}

static void send_msg(struct world *w, const struct person *p, const struct msg *m) {
    board_post(w->node.board, ROOM_CLIENTS, p->peer, m);
}

static void connect_person(struct world *w, struct person *p) {
    disconnect(p);
    p->peer = ++w->people.peers;
    struct request *r = new_request(w, p, MSG_hello, 0);
    send_msg(w, p,
             &(struct msg){.kind = MSG_hello,
                           .hello = {.ticket = r->ticket,
                                     .protocol = PROTOCOL_VERSION,
                                     .program = span_text("sim")}});
}

static void vanish(struct world *w, struct person *p) {
    send_msg(w, p, &(struct msg){.kind = MSG_left, .left.peer = p->peer});
    disconnect(p);
}

static void submit(struct world *w, struct person *p, struct work *work) {
    struct request *r = new_request(w, p, MSG_submit, work->number);
    if (r == NULL)
        return;
    send_msg(w, p,
             &(struct msg){.kind = MSG_submit,
                           .submit = {.ticket = r->ticket,
                                      .bundle = span_of(work->order, work->order_len),
                                      .run = work->run}});
}

static void cancel(struct world *w, struct person *p, struct work *work) {
    struct request *r = new_request(w, p, MSG_control, work->number);
    if (r == NULL)
        return;
    send_msg(w, p,
             &(struct msg){.kind = MSG_control,
                           .control = {.ticket = r->ticket,
                                       .bundle = span_of(work->cancel, work->cancel_len)}});
}

static void resume(struct world *w, struct person *p, struct work *work) {
    struct request *r = new_request(w, p, MSG_resume, work->number);
    if (r != NULL)
        send_msg(
            w, p,
            &(struct msg){.kind = MSG_resume, .resume = {.ticket = r->ticket, .job = work->id}});
}

static void show(struct world *w, struct person *p, const struct work *work) {
    struct request *r = new_request(w, p, MSG_show_job, work->number);
    if (r != NULL)
        send_msg(w, p,
                 &(struct msg){.kind = MSG_show_job,
                               .show_job = {.ticket = r->ticket, .job = work->id}});
}

static bool is_over(const struct world *w, const struct work *work) {
    struct msg_job_row row;
    struct span bytes;
    return ghost_summary(w, work, &row, &bytes) && row.state != JOB_OPEN;
}

/* Something of what this person wants done; false when there is nothing now. */
static bool do_work(struct world *w, struct person *p, uint32_t number, struct rng *r) {
    for (uint32_t i = 0; i < w->people.works_count; i++) {
        struct work *work = &w->people.works[i];
        if (work->owner != number || work->submit_at > w->now)
            continue;
        if (!work->accepted) {
            if (find_request(p, MSG_submit, i) != NULL)
                continue;
            submit(w, p, work);
            return true;
        }
        if (work->cancel_at <= w->now && !work->cancelled &&
            find_request(p, MSG_control, i) == NULL) {
            cancel(w, p, work);
            return true;
        }
        /* An agent opens jobs by itself; when it could not read the disk for that, its user asks. */
        bool opens = w->plan.autorun && w->plan.disk.scan_fails <= 0;
        bool runs = opens || w->ghost.works[i].open_at_gateway || is_over(w, work) ||
                    find_request(p, MSG_resume, i) != NULL;
        if (!runs && (w->stage == STAGE_CALM || rng_below(r, 100) < RESUME_CHANCE_PERCENT)) {
            resume(w, p, work);
            return true;
        }
    }
    return false;
}

/* Bytes that were not signed so, or an order by somebody else: to be refused. */
static void forge(struct world *w, struct person *p, uint32_t number, const struct work *work,
                  struct rng *r) {
    uint8_t memory[sizeof work->order];
    struct bundle_writer writer;
    bool order = draw_chance(r, 0.5);
    struct request *request = new_request(w, p, order ? MSG_submit : MSG_control, work->number);
    if (request == NULL)
        return;
    request->forged = true;
    struct msg m = {.kind = request->kind};
    if (order) {
        memcpy(memory, work->order, work->order_len);
        memory[rng_below(r, work->order_len)] ^= (uint8_t)(1u << rng_below(r, 8));
        m.submit = (struct msg_submit){
            .ticket = request->ticket, .bundle = span_of(memory, work->order_len), .run = true};
    } else {
        uint32_t other = work->owner == number ? (number + 1) % PLAN_PEOPLE_MAX : number;
        bundle_begin(&writer, &w->cast->people[other], 1, 1000 + work->number, memory,
                     sizeof memory);
        const struct msg fact = {.kind = MSG_control_fact,
                                 .control_fact = {.job = work->id, .verb = 1}};
        ensure(bundle_add(&writer, &fact));
        m.control = (struct msg_control){.ticket = request->ticket, .bundle = bundle_seal(&writer)};
    }
    send_msg(w, p, &m);
}

static void list_trials(struct world *w, struct person *p, const struct work *work, bool best_first,
                        uint64_t limit) {
    struct request *r = new_request(w, p, MSG_list_trials, work->number);
    if (r == NULL)
        return;
    r->all_rows = limit == 0;
    r->best_first = best_first;
    r->rows_least = ghost_rows(w, best_first ? TABLE_rank : TABLE_trials, &work->id);
    send_msg(w, p,
             &(struct msg){.kind = MSG_list_trials,
                           .list_trials = {.ticket = r->ticket,
                                           .job = work->id,
                                           .best_first = best_first,
                                           .limit = limit}});
}

static void ask_idly(struct world *w, struct person *p, uint32_t number, struct rng *rng) {
    static const char *const selectors[] = {"last", "job0", "job1", "nothing", "j"};
    const struct work *work = &w->people.works[rng_below(rng, w->people.works_count)];
    uint64_t slot = rng_below(rng, work->job.trials + 1);
    uint64_t choice = rng_below(rng, 12);
    static const enum msg_kind kinds[] = {MSG_find,        MSG_list_jobs,   MSG_read_log,
                                          MSG_read_series, MSG_read_events, MSG_watch};
    if (choice == 6)
        show(w, p, work);
    else if (choice == 7 || choice == 8)
        list_trials(w, p, work, choice == 7, rng_below(rng, 3));
    else if (choice == 9)
        forge(w, p, number, work, rng);
    if (choice >= sizeof kinds / sizeof kinds[0])
        return;
    struct msg m = {.kind = kinds[choice]};
    struct request *r = new_request(w, p, m.kind, work->number);
    if (r == NULL)
        return;
    switch (m.kind) {
    case MSG_find:
        m.find = (struct msg_find){.ticket = r->ticket, .selector = span_text(selectors[slot % 5])};
        break;
    case MSG_list_jobs:
        m.list_jobs = (struct msg_list_jobs){.ticket = r->ticket, .limit = slot % 4};
        break;
    case MSG_read_log:
        m.read_log = (struct msg_read_log){.ticket = r->ticket,
                                           .job = work->id,
                                           .slot = slot,
                                           .attempt = slot % 3,
                                           .follow = draw_chance(rng, 0.5)};
        break;
    case MSG_read_series:
        m.read_series =
            (struct msg_read_series){.ticket = r->ticket, .job = work->id, .slot = slot};
        break;
    case MSG_read_events:
        m.read_events =
            (struct msg_read_events){.ticket = r->ticket, .job = work->id, .limit = slot};
        break;
    default:
        m.watch =
            (struct msg_watch){.ticket = r->ticket, .job = work->id, .on = draw_chance(rng, 0.8)};
        if (!m.watch.on)
            r->state = REQUEST_FREE;                /* that is not answered */
        for (size_t i = 0; i < REQUESTS_MAX; i++) { /* a watch replaces the one before it */
            struct request *other = &p->requests[i];
            if (other != r && other->kind == MSG_watch && other->work == work->number)
                other->state = REQUEST_FREE;
        }
        break;
    }
    send_msg(w, p, &m);
}

void people_act(struct world *w, uint64_t number) {
    struct person *p = &w->people.persons[number];
    struct rng r = draw_of(w->seed, DRAW_PERSON, number << 40 | p->acts++);
    dur_ms pause =
        w->stage == STAGE_FAULTS ? draw_between(&r, 0, 2 * w->plan.person_pause) : CALM_PAUSE;
    world_plan(w, pause + 1, TIMED_PERSON, number, 0);
    if (w->node.board == NULL || w->node.dead)
        return;
    if (p->peer == 0) {
        connect_person(w, p);
    } else if (w->stage == STAGE_FAULTS && draw_chance(&r, w->plan.vanish)) {
        vanish(w, p);
    } else if (w->stage == STAGE_LAST) {
        for (uint32_t i = 0; i < w->people.works_count; i++) {
            const struct work *work = &w->people.works[i];
            if (work->owner == number && !work->shown && find_request(p, MSG_show_job, i) == NULL)
                show(w, p, work);
        }
    } else if (!do_work(w, p, (uint32_t)number, &r) && w->stage == STAGE_FAULTS) {
        ask_idly(w, p, (uint32_t)number, &r);
    }
}

/* ---- what is missing ---- */

static bool says(char *what, size_t cap, const char *text, uint32_t number) {
    snprintf(what, cap, text, number);
    return false;
}

bool people_content(const struct world *w, char *what, size_t cap) {
    for (uint32_t i = 0; i < w->people.works_count; i++) {
        const struct work *work = &w->people.works[i];
        if (!work->accepted)
            return says(what, cap, "job%u was never accepted", i);
        if (w->stage == STAGE_LAST && !work->shown)
            return says(what, cap, "job%u was not shown again", i);
        if (!is_over(w, work))
            return says(what, cap, "job%u does not come to its end", i);
        if (work->cancel_at <= w->now && !work->cancelled)
            return says(what, cap, "job%u is not cancelled, nor is its owner told why", i);
    }
    for (uint32_t i = 0; i < w->plan.people; i++) {
        for (size_t k = 0; k < REQUESTS_MAX; k++) {
            const struct request *r = &w->people.persons[i].requests[k];
            if (r->state == REQUEST_WAITS) {
                snprintf(what, cap, "nobody answers '%s' with ticket %llu", msg_name(r->kind),
                         (unsigned long long)r->ticket);
                return false;
            }
        }
    }
    return true;
}
