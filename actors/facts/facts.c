#include "actors/facts/facts_state.h"

#include "proto/base/check.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum {
    LAUNCH_BURST = 4,
    SLOW_MS = 10000,                               /* of one save */
    LIVES_NEARLY_ALL = LIMIT_LOGS - LIMIT_LOGS / 8 /* from here on people hear of it */
};

size_t facts_size(void) {
    return sizeof(struct facts);
}

struct facts *facts_init(void *memory, const struct facts_config *config) {
    struct facts *f = memory;
    f->config = *config;
    f->leading = true;
    f->retry_at = f->relist_at = WHEN_NEVER;
    f->list_at = f->inbox.retry_at = INT64_MIN;
    f->logs.serial = 1;
    batches_init(&f->batches, &f->config.signer, &f->logs);
    spread_init(&f->spread, &f->logs, &f->scans);
    f->spread.unsure = config->clustered;
    (void)authors_add(&f->logs.authors, &config->signer.id,
                      span_of(f->config.certificate, config->certificate_len));
    return f;
}

/* ---- what the other files of the room use ---- */

struct seat *facts_seat(struct facts *f, const struct job_id *job) {
    for (uint32_t i = 0; i < f->seats_used; i++) {
        const struct seat *s = &f->seats[i];
        if (s->state != SEAT_FREE && s->state != SEAT_SHUT && job_id_equal(&s->id, job))
            return &f->seats[i];
    }
    return NULL;
}

struct seat *facts_free_seat(struct facts *f) {
    for (uint32_t i = 0; i < f->seats_used; i++) {
        if (f->seats[i].state == SEAT_FREE)
            return &f->seats[i];
    }
    return f->seats_used < LIMIT_JOBS_OPEN ? &f->seats[f->seats_used++] : NULL;
}

bool facts_is_shut(const struct facts *f, const struct job_id *job) {
    for (uint32_t i = 0; i < f->seats_used; i++) {
        if (f->seats[i].state == SEAT_SHUT && job_id_equal(&f->seats[i].id, job))
            return true;
    }
    return false;
}

void facts_seat_closed(struct facts *f, struct seat *s) {
    bool silent = s->late && s->row.state != JOB_OPEN; /* no room has heard of it */
    open_slots_forget(&f->open_slots, facts_seat_number(f, s));
    s->state = silent ? SEAT_FREE : SEAT_SHUT;
    f->shut = f->shut || !silent;
}

uint32_t facts_seat_number(const struct facts *f, const struct seat *s) {
    return (uint32_t)(s - f->seats);
}

uint64_t facts_scan(struct facts *f, struct says *out, const struct msg_scan *scan) {
    struct msg m = {.kind = MSG_scan, .scan = *scan};
    m.scan.ticket = ++f->scans;
    say(out, &m);
    return f->scans;
}

void facts_event(struct facts *f, struct batch *batch, struct seat *s, wall_ms wall,
                 const char *format, ...) {
    if (s->events++ >= SEAT_EVENTS_MAX)
        return;
    char text[320];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    /* Keys grow with the clock and stay unique when it stands still or is set back. */
    uint64_t number = (uint64_t)wall * 1000;
    f->last_event = number > f->last_event ? number : f->last_event + 1;
    uint8_t key_memory[JOB_ID_BYTES + 8], value_memory[400];
    struct buf key = buf_of(key_memory, sizeof key_memory);
    struct buf value = buf_of(value_memory, sizeof value_memory);
    trial_row_key(&key, &s->id, f->last_event);
    struct span line = span_text(text);
    bytes_make_utf8((uint8_t *)text, line.len);
    mp_put_i64(&value, wall);
    mp_put_str(&value, line);
    ops_put(&batch->ops, TABLE_events, buf_view(&key), buf_view(&value));
}

void facts_put_summary(struct batch *batch, const struct seat *s) {
    uint8_t key_memory[8 + JOB_ID_BYTES], row_memory[BATCH_SUMMARY_BYTES - 64];
    uint8_t ran[RAN_BYTES];
    struct buf key = buf_of(key_memory, sizeof key_memory);
    struct buf row = buf_of(row_memory, sizeof row_memory);
    seat_summary_key(&key, &s->row);
    ensure(msg_encode(&(struct msg){.kind = MSG_job_row, .job_row = seat_kept_row(s, ran)}, &row));
    ops_put(&batch->ops, TABLE_summaries, buf_view(&key), buf_view(&row));
    say(&batch->after, &(struct msg){.kind = MSG_job_stand, .job_stand.row = buf_view(&row)});
}

/* The row of every seat that has changed goes into the batch that ends here: never counts that are not in it. */
static void put_summaries(struct facts *f, struct batch *batch) {
    for (uint32_t i = 0; i < f->seats_used; i++) {
        struct seat *s = &f->seats[i];
        if (s->state == SEAT_FREE || !s->touched)
            continue;
        s->touched = false;
        batch_wants(batch, s->job.copies);
        facts_put_summary(batch, s);
    }
}

struct batch *facts_room_by(struct facts *f, size_t bytes, when_ms due) {
    uint64_t before = f->batches.filling;
    struct batch *last = batches_newest(&f->batches);
    struct batch *batch = batches_room(&f->batches, bytes);
    if (f->batches.filling != before && before >= f->batches.flying)
        put_summaries(f, last);
    if (batch != NULL)
        batch->due = batch_is_empty(batch) ? due : when_sooner(batch->due, due);
    return batch;
}

struct batch *facts_room(struct facts *f, size_t bytes) {
    return facts_room_by(f, bytes, INT64_MIN);
}

/* With `copies` of three nodes being two, the third need not be as quick: it would only be in the way of the others where they
 * share a disk or a processor, and gathers more for each sync. A client that has asked here hears of its job from here. */
when_ms facts_due(const struct facts *f, const struct node_id *author, when_ms now) {
    const struct seat *admitted = &f->seats[SEAT_SCRATCH];
    uint32_t copies = COPIES_DEFAULT;
    bool awaited = f->leading || f->spread.leaving;
    if (admitted->state == SEAT_OPENING && admitted->job.copies > copies)
        copies = admitted->job.copies;
    for (uint32_t i = 0; i < f->seats_used; i++) {
        const struct seat *s = &f->seats[i];
        bool runs = s->state == SEAT_OPENING || s->state == SEAT_OPEN;
        awaited = awaited || (runs && s->asked);
        copies = runs && s->job.copies > copies ? s->job.copies : copies;
    }
    const struct node_id *leader = f->led ? &f->leader : NULL;
    awaited =
        awaited || spread_is_awaited(&f->spread, &f->config.signer.id, leader, author, copies);
    return awaited ? INT64_MIN : now + FACTS_LAZY_MS;
}

void facts_touch(struct facts *f, struct seat *s) {
    ensure(s >= f->seats && s < f->seats + f->seats_used);
    s->touched = true;
}

/* Whoever reads of an early end wants to know what became of the others. */
static void event_of_end(struct facts *f, struct batch *batch, struct seat *s, wall_ms wall) {
    static const char *const ends[] = {"", "done", "failed", "cancelled"};
    const uint32_t seat = facts_seat_number(f, s);
    uint32_t begun = 0;
    char others[64] = "";
    for (uint32_t i = 0; i < f->open_slots.count; i++)
        begun += f->open_slots.items[i].seat == seat;
    if (s->row.state == JOB_DONE && begun > 0)
        snprintf(others, sizeof others, "; %u that had begun %s stopped", begun,
                 begun == 1 ? "was" : "were");
    facts_event(f, batch, s, wall, "%s%s%.*s%s", ends[s->row.state],
                s->row.cause.len > 0 ? ": " : "", (int)s->row.cause.len,
                (const char *)s->row.cause.data, others);
}

void facts_close_seat(struct facts *f, struct batch *batch, struct seat *s, wall_ms wall,
                      struct says *shut) {
    s->state = SEAT_CLOSING;
    s->closed_in = f->batches.filling;
    f->urgent = f->urgent || batch->due == INT64_MIN;
    s->events = 0; /* the end is always told */
    event_of_end(f, batch, s, wall);
    facts_touch(f, s);
    inbox_job_over(&f->inbox, &s->id, seat_is_whole(s));
    if (s->backlog)
        late_again(f);
    batch_wants(batch, s->job.copies);
    say(shut,
        &(struct msg){.kind = MSG_job_shut,
                      .job_shut = {.job = s->id,
                                   .state = s->row.state,
                                   .cause = s->row.cause,
                                   .trials = s->row.state == JOB_CANCELLED ? 0 : s->job.trials}});
}

/* ---- the store ---- */

static void set_hold(struct facts *f, bool on, struct says *out) {
    if (f->holding == on)
        return;
    f->holding = on;
    say(out, &(struct msg){.kind = MSG_hold, .hold.on = on});
}

/* A job that goes on after all is opened; the list of all that are open finds it, too. */
static void open_again(struct facts *f, const struct seat *s, struct says *out) {
    if (!f->autorun || s->row.state != JOB_OPEN)
        return;
    if (errands_full(&f->errands))
        boot_list_again(f, INT64_MIN);
    else
        errand_want(f, 0, &s->id, out);
}

/* All promises about the jobs that sat there are said. */
static void free_seats(struct facts *f, struct says *out) {
    f->shut = false;
    for (uint32_t i = 0; i < f->seats_used; i++) {
        struct seat *s = &f->seats[i];
        if (s->state != SEAT_SHUT)
            continue;
        if (!pledge_has_said(&f->pledge, s->closed_in)) {
            f->shut = true;
            continue;
        }
        s->state = SEAT_FREE;
        open_again(f, s, out);
        if (f->unseated)
            boot_list_again(f, INT64_MIN);
        f->unseated = false;
    }
}

/* The oldest batch is on the disk: what waited for it waits for other disks now, and they hear how far the logs are. */
static void on_saved(struct facts *f, const struct msg_saved *saved, struct moment at,
                     struct says *out) {
    struct batches *b = &f->batches;
    if (!b->under_way || saved->ticket != b->flying) {
        f->nonsense++;
        return;
    }
    uint64_t landed = b->flying;
    const struct batch *batch = batches_oldest(b);
    struct mark marks[BATCH_MARKS];
    uint32_t marks_count = batch->marks_count;
    memcpy(marks, batch->marks, marks_count * sizeof marks[0]);
    uint64_t own_serial = batch->own_serial;
    if (batch->after.frames.len > 0)
        pledge_add(&f->pledge, landed, batch);
    batches_landed(b);
    for (uint32_t i = 0; i < marks_count; i++)
        spread_synced(&f->spread, marks[i].log, at.now);
    spread_landed(&f->spread, own_serial, at.now);
    errands_landed(f, landed, at.now);
    for (uint32_t i = 0; i < f->seats_used; i++) {
        struct seat *s = &f->seats[i];
        if (s->state == SEAT_CLOSING && s->closed_in <= landed)
            facts_seat_closed(f, s);
    }
    f->retry_pause = 0;
    f->retry_at = WHEN_NEVER;
    if (f->ailing)
        say(out, &(struct msg){.kind = MSG_ailing, .ailing.code = ERR_NONE});
    f->ailing = false;
}

static void on_save_failed(struct facts *f, const struct msg_save_failed *failed, when_ms now,
                           struct says *out) {
    if (!f->batches.under_way || failed->ticket != f->batches.flying) {
        f->nonsense++;
        return;
    }
    f->retry_pause = f->retry_pause == 0 ? FACTS_RETRY_LEAST : f->retry_pause * 2;
    if (f->retry_pause > FACTS_RETRY_MOST)
        f->retry_pause = FACTS_RETRY_MOST;
    f->retry_at = now + f->retry_pause;
    f->ailing = true;
    say(out,
        &(struct msg){.kind = MSG_ailing, .ailing = {.code = failed->code, .what = failed->what}});
}

static void on_rows(struct facts *f, const struct msg_rows *rows, struct moment at,
                    struct says *out) {
    if (courier_rows(&f->spread, rows, at.now, out) || inbox_rows(f, rows, at, out))
        return;
    if (rows->ticket != f->list_scan)
        errand_rows(f, rows, at, out);
    else if (f->life == FACTS_BOOTING)
        boot_rows(f, rows, at.now, out);
    else
        boot_list_rows(f, rows, at.now, out);
}

/* ---- life ---- */

static void on_start(struct facts *f, const struct msg_start *start, struct says *out) {
    if (f->life != FACTS_DOWN)
        return;
    f->life = FACTS_BOOTING;
    f->autorun = start->autorun;
    boot_begin(f, out);
}

static void on_lead(struct facts *f, const struct msg_lead *lead) {
    f->leading = lead->mine;
    f->led = lead->term > 0;
    f->term = lead->term;
    f->leader = lead->leader;
    if (lead->mine)
        opening_lead(f);
}

static void on_quit(struct facts *f, struct moment at) {
    f->quitting = true;
    for (uint32_t i = 0; i < f->seats_used; i++) {
        struct seat *s = &f->seats[i];
        struct batch *batch = s->state == SEAT_OPEN ? facts_room(f, 1024) : NULL;
        if (batch == NULL)
            continue;
        facts_event(f, batch, s, at.wall, "interrupted");
    }
}

/* A batch goes at once when somebody waits for it or the disk has rested; many results in a row gather for a moment, because a
 * sync costs the same for one as for a hundred and the processor belongs to the trials. What nobody waits for gathers longer:
 * a result that comes soon would have to wait for its sync. */
static when_ms launch_time(const struct facts *f) {
    const struct batches *b = &f->batches;
    const struct batch *oldest = batches_at(b, b->flying);
    if (b->under_way || batch_is_empty(oldest) || pledge_full(&f->pledge))
        return WHEN_NEVER;
    if (f->urgent || f->quitting || b->filling != b->flying || errands_wait(&f->errands))
        return INT64_MIN;
    bool lazy = oldest->due > f->launch_least && oldest->ops.len < FACTS_LAZY_BYTES;
    return lazy ? oldest->due : f->launch_least;
}

/* `last`: the rooms have said all they had to say, so nothing more comes without a wait. A commit that begins in the middle of
 * it would leave what depends on one another to two. */
static bool is_due(const struct facts *f, bool last, when_ms now) {
    const struct batches *b = &f->batches;
    bool full = b->filling != b->flying || batches_at(b, b->flying)->ops.len >= FACTS_LAZY_BYTES;
    return (last || full) && launch_time(f) <= now;
}

/* Errands wait for the store, the inbox for errands, errands for the inbox: until nobody can go on. */
static void work(struct facts *f, struct moment at, struct says *out) {
    uint64_t before;
    do {
        before = f->inbox.turns;
        errands_go(f, at, out);
        inbox_go(f, at, out);
    } while (f->inbox.turns != before && out->frames.len < SAYS_BYTES / 4);
    if (f->inbox.turns != before)
        f->inbox.retry_at = at.now; /* goes on in the next step */
    boot_list(f, at.now, out);
    opening_announce(f, at, out);
}

static void keep_promises(struct facts *f, struct says *out) {
    const uint32_t before = f->pledge.count;
    pledge_keep(&f->pledge, &f->spread, out);
    for (uint32_t i = 0; i < f->seats_used && f->pledge.count < before; i++)
        f->announcing = f->announcing || f->seats[i].early;
    if (f->shut)
        free_seats(f, out);
}

static void launch(struct facts *f, when_ms now, struct says *out) {
    struct batches *b = &f->batches;
    if (b->flying == b->filling)
        put_summaries(f, batches_oldest(b));
    batches_launch(b, out);
    f->launched = now;
    if (f->life == FACTS_UP)
        courier_launched(&f->spread, buf_view(&batches_oldest(b)->ops), now, out);
    f->launch_least = when_paced(f->launch_least, now, FACTS_GATHER_MS, LAUNCH_BURST);
    f->urgent = false;
}

/* Those that stay and have synced all that is synced here. */
static void put_heirs(const struct facts *f, struct buf *heirs) {
    const struct spread *s = &f->spread;
    for (uint32_t i = 0; i < s->neighbours_used; i++) {
        const struct neighbour *n = &s->neighbours[i];
        bool has_all = n->step != NEIGHBOUR_NONE && n->holds;
        for (uint32_t log = 0; has_all && log < f->logs.count; log++)
            has_all = n->next[log] >= f->logs.items[log].synced;
        if (has_all)
            mp_put_u64(heirs, n->peer);
    }
}

/* While this node leaves: how much of what it holds others do not have yet, whenever that has changed. */
static void hand_over(struct facts *f, struct says *out) {
    uint32_t copies = 2;
    if (!f->spread.leaving) {
        f->handing_over = false;
        return;
    }
    for (uint32_t i = 0; i <= SEAT_SCRATCH; i++)
        copies = copies < f->seats[i].job.copies ? f->seats[i].job.copies : copies;
    struct batches *b = &f->batches;
    bool unsaved = b->under_way || !batch_is_empty(batches_oldest(b));
    uint64_t lacking = spread_lacking(&f->spread, copies) + unsaved;
    uint8_t memory[sizeof f->heirs];
    struct buf heirs = buf_of(memory, sizeof memory);
    put_heirs(f, &heirs);
    const struct span told = span_of(f->heirs, f->heirs_len);
    if (f->handing_over && lacking == f->lacking && span_equal(told, buf_view(&heirs)))
        return;
    f->handing_over = true;
    f->lacking = lacking;
    f->heirs_len = heirs.len;
    memcpy(f->heirs, heirs.data, heirs.len);
    say(out, &(struct msg){.kind = MSG_handed_over,
                           .handed_over = {.lacking = lacking, .heirs = buf_view(&heirs)}});
}

static void say_note(struct says *out, const char *text) {
    say(out, &(struct msg){.kind = MSG_note, .note.text = span_text(text)});
}

/* When the save that is under way has taken so long that the disk does not keep up. */
static when_ms slow_at(const struct facts *f) {
    return f->batches.under_way ? f->launched + SLOW_MS : WHEN_NEVER;
}

static bool must_hold(const struct facts *f, when_ms now) {
    return f->ailing || batches_waiting(&f->batches) >= BATCHES_HOLD || pledge_holds(&f->pledge) ||
           slow_at(f) <= now;
}

/* What people should know, once. */
static void tell_people(struct facts *f, struct says *out) {
    char text[128];
    if (f->strangers > 0 && !f->said_strangers) {
        f->said_strangers = true;
        say_note(out, "facts signed by a node that is not of this cluster are not taken");
    }
    if (f->logs.count >= LIVES_NEARLY_ALL && !f->said_lives) {
        f->said_lives = true;
        snprintf(text, sizeof text, "the store knows %u starts of nodes of at most %d",
                 f->logs.count, LIMIT_LOGS);
        say_note(out, text);
    }
}

/* After every event: what can go to the store goes, what can be promised is promised. */
static void settle(struct facts *f, bool last, struct moment at, struct says *out) {
    keep_promises(f, out);
    if (f->life == FACTS_UP && !f->quitting)
        work(f, at, out);
    struct batches *b = &f->batches;
    if (f->retry_at <= at.now) {
        f->retry_at = WHEN_NEVER;
        if (f->life == FACTS_BOOTING)
            boot_begin(f, out);
        else
            batches_relaunch(b, out);
    }
    if (is_due(f, last, at.now))
        launch(f, at.now, out);
    if (f->life == FACTS_UP) {
        tell_people(f, out);
        spread_go(&f->spread, at.now, out);
    }
    hand_over(f, out);
    set_hold(f, must_hold(f, at.now), out);
    /* A disk that stays full would keep the process for ever; what it refused was not acknowledged. */
    bool kept = !b->under_way && (batch_is_empty(batches_oldest(b)) || pledge_full(&f->pledge));
    if (f->quitting && !f->said_quiet && (kept || f->ailing)) {
        f->said_quiet = true;
        say(out, &(struct msg){.kind = MSG_quiet, .quiet.room = ROOM_FACTS});
    }
}

/* Whoever sent what cannot be right answers for it with its edge. */
static void take_bundles(struct facts *f, uint32_t peer, const struct msg_bundles *bundles,
                         when_ms now, struct says *out) {
    uint64_t before = f->forged;
    inbox_bundles(f, peer, bundles, now);
    if (f->forged > before)
        say_to(out, ROOM_MEMBER, peer,
               &(struct msg){.kind = MSG_blame, .blame.count = f->forged - before});
}

/* What another node says: heard from MEMBER, with the number of the node. */
static void peer_step(struct facts *f, const struct event *event, when_ms now, struct says *out) {
    const struct msg *m = &event->msg;
    if (f->life != FACTS_UP || event->from != ROOM_MEMBER)
        f->nonsense++;
    else if (m->kind == MSG_heads)
        spread_heads(&f->spread, event->peer, &m->heads, now);
    else
        take_bundles(f, event->peer, &m->bundles, now, out);
}

static void facts_step(void *self, const struct event *event, struct moment at, struct says *out) {
    struct facts *f = self;
    const struct msg *m = &event->msg;
    switch (m->kind) {
    case MSG_NONE: break;
    case MSG_start: on_start(f, &m->start, out); break;
    case MSG_admit: errand_admit(f, &m->admit, out); break;
    case MSG_job_want: errand_want(f, m->job_want.ticket, &m->job_want.job, out); break;
    case MSG_proposed: fold_proposed(f, &m->proposed, at.now); break;
    case MSG_reached: fold_reached(f, &m->reached, at.now); break;
    case MSG_exhausted: fold_exhausted(f, &m->exhausted); break;
    case MSG_outcome: fold_outcome(f, &m->outcome, at, out); break;
    case MSG_node_known:
        spread_known(&f->spread, &m->node_known, at.now);
        others_known(&f->others, &m->node_known);
        break;
    case MSG_lead: on_lead(f, &m->lead); break;
    case MSG_heads:
    case MSG_bundles: peer_step(f, event, at.now, out); break;
    case MSG_saved: on_saved(f, &m->saved, at, out); break;
    case MSG_save_failed: on_save_failed(f, &m->save_failed, at.now, out); break;
    case MSG_rows: on_rows(f, &m->rows, at, out); break;
    case MSG_quit: on_quit(f, at); break;
    default: f->nonsense++; break;
    }
    settle(f, m->kind == MSG_NONE, at, out);
    f->steps++;
}

static when_ms facts_deadline(const void *self) {
    const struct facts *f = self;
    when_ms soonest = when_sooner(f->retry_at, launch_time(f));
    if (!f->holding)
        soonest = when_sooner(soonest, slow_at(f));
    if (pledge_ready(&f->pledge, &f->spread))
        return INT64_MIN;
    if (f->life == FACTS_UP)
        soonest = when_sooner(soonest, spread_deadline(&f->spread));
    if (f->life != FACTS_UP || f->quitting)
        return soonest;
    bool full = f->batches.filling - f->batches.flying + 1 == BATCHES;
    if (f->announcing && !full)
        return INT64_MIN;
    soonest = when_sooner(soonest, inbox_deadline(&f->inbox));
    soonest = when_sooner(soonest, late_deadline(f));
    if (boot_lists(f) && f->list_at != INT64_MIN)
        soonest = when_sooner(soonest, f->list_at);
    if (!f->listing && !f->unseated)
        soonest = when_sooner(soonest, f->relist_at);
    return when_sooner(soonest, errands_deadline(&f->errands));
}

static void facts_check(const void *self) {
    const struct facts *f = self;
    if (f->seats_used > 0) /* one after the other: a step costs the same however many there are */
        seat_check(&f->seats[f->steps % f->seats_used]);
    logs_check(&f->logs, f->steps);
    ensure(f->batches.flying <= f->batches.filling);
    ensure(f->batches.filling - f->batches.flying < BATCHES);
}

struct core facts_core(struct facts *f) {
    return (struct core){.room = ROOM_FACTS,
                         .self = f,
                         .step = facts_step,
                         .deadline = facts_deadline,
                         .check = facts_check,
                         .spare = facts_spare};
}
