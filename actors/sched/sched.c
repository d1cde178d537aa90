#include "actors/sched/sched.h"

#include "actors/sched/sched_state.h"
#include "proto/base/check.h"
#include "proto/ended.h"
#include "proto/job/ladder.h"

enum {
    /* Configurations may be large, and their answers wait on the board. */
    ASKED_MAX = LIMIT_SLOTS_NODE,
    TRIAL_GUESS_MS = 1000, /* until one has ended */
    HOME_LEAST_MS = 2000,
    HOME_MOST_MS = 600000,
    NEAR_BYTES = 2 * 9 * LIMIT_NEAR + 8,
    CHECKED_MAX = 256 /* counting more than that would cost more than a step */
};

size_t sched_size(void) {
    return sizeof(struct sched);
}

struct sched *sched_init(void *memory) {
    return memory;
}

struct plan *sched_plan(struct sched *s, const struct job_id *job) {
    for (uint32_t i = 0; i < s->plans_used; i++) {
        if (s->plans[i].used && job_id_equal(&s->plans[i].job, job))
            return &s->plans[i];
    }
    return NULL;
}

static bool runs(enum flight_state state) {
    return state == FLIGHT_ASKED || state == FLIGHT_LEASED;
}

static void count_lease(struct sched *s, const struct flight *f, bool on) {
    ensure(f->list >= FLIGHTS_AT_WORKER);
    uint32_t place = f->list - FLIGHTS_AT_WORKER;
    if (on)
        s->workers.entries[place].leased++;
    else
        s->workers.entries[place].leased--;
    workers_changed(&s->workers, place);
}

void sched_move(struct sched *s, struct flight *f, enum flight_state to) {
    struct plan *plan = sched_plan(s, &f->job);
    if (plan != NULL) {
        plan->running -= runs(f->state);
        plan->running += runs(to);
        plan->away -= to == FLIGHT_NONE;
        plan->idle = plan->idle && to != FLIGHT_NONE; /* what has ended may have been the last */
        plan->unlearned -= f->state == FLIGHT_UNRECORDED;
        plan->unlearned += to == FLIGHT_UNRECORDED;
        if (f->slot.slot == plan->trials)
            plan->asking = to == FLIGHT_ASKED;
    }
    s->asked -= f->state == FLIGHT_ASKED;
    s->asked += to == FLIGHT_ASKED;
    if ((f->state == FLIGHT_LEASED) != (to == FLIGHT_LEASED)) {
        count_lease(s, f, to == FLIGHT_LEASED);
        look_changed(&s->looks, &f->job);
    }
    f->state = to;
    if (to == FLIGHT_NONE)
        flights_remove(&s->flights, f);
}

static dur_ms trial_time(const struct plan *plan) {
    return plan == NULL || plan->trial_ms == 0 ? TRIAL_GUESS_MS : plan->trial_ms;
}

/* How long others leave a slot to the worker that has its checkpoint: what it has done so far, about, would have to be done
 * again. */
static dur_ms home_patience(const struct plan *plan, uint32_t attempts) {
    dur_ms trial = trial_time(plan), most = trial < HOME_MOST_MS ? HOME_MOST_MS / trial : 0;
    dur_ms done = attempts < most ? trial * attempts : HOME_MOST_MS;
    return done > HOME_LEAST_MS ? done : HOME_LEAST_MS;
}

void sched_again(struct sched *s, struct flight *f, uint32_t attempts, when_ms not_before) {
    struct plan *plan = sched_plan(s, &f->job);
    struct plan_slot slot = f->slot;
    slot.attempts = attempts;
    slot.at_home = not_before;
    if (plan != NULL && f->saved)
        slot.not_before =
            (not_before > s->now ? not_before : s->now) + home_patience(plan, attempts);
    else if (slot.home == 0 || slot.not_before < not_before)
        slot.not_before = not_before;
    if (plan != NULL && !f->moot && slot.slot < plan->trials)
        plan_again_as(plan, &slot);
    sched_move(s, f, FLIGHT_NONE);
}

/* ---- giving out ---- */

/* Slots that are begun and not finished: in flight, or resting before their next attempt. */
static uint32_t begun(const struct sched *s) {
    uint32_t count = s->flights.count;
    for (uint32_t i = 0; i < s->plans_used; i++)
        count += s->plans[i].used ? s->plans[i].again_count : 0;
    return count;
}

static bool may_take(const struct sched *s, const struct plan *p) {
    return p->used && p->rests_until <= s->now && (p->parallel == 0 || p->running < p->parallel) &&
           s->asked + plan_waiting(p, s->now) < workers_free(&s->workers, &p->unable);
}

static struct plan *pick(struct sched *s) {
    const bool may_begin = begun(s) < LIMIT_BEGUN;
    struct plan *best = NULL;
    for (uint32_t i = 0; i < s->plans_used; i++) {
        struct plan *p = &s->plans[i];
        if (!may_take(s, p) || !plan_has_next(p, s->now, may_begin && copies_leave_place(s, p)))
            continue;
        if (best == NULL || p->running < best->running ||
            (p->running == best->running && p->opened < best->opened))
            best = p;
    }
    return best;
}

/* What waits for the place of one worker goes before what can run anywhere: that place may not be free again for long. */
static struct plan *next(struct sched *s, struct plan_slot *slot) {
    for (uint32_t i = 0; i < s->plans_used; i++) {
        struct plan *p = &s->plans[i];
        if (p->used && p->homing > 0 && may_take(s, p) &&
            plan_next_at_home(p, &s->workers, s->now, slot))
            return p;
    }
    struct plan *plan = pick(s);
    return plan != NULL && plan_next(plan, s->now, slot) ? plan : NULL;
}

static bool may_give_out(const struct sched *s) {
    uint64_t most = LIMIT_UNRECORDED + s->workers.remote_slots;
    return s->up && !s->follows && !s->held && !s->quitting && s->asked < ASKED_MAX &&
           s->asked < s->workers.free && s->flights.count < most && s->flights.count < LIMIT_BEGUN;
}

static void say_propose(struct sched *s, const struct flight *f, const struct plan *plan,
                        struct says *out) {
    uint8_t memory[NEAR_BYTES];
    struct buf near = buf_of(memory, sizeof memory);
    if (plan->copies)
        copies_put_near(s, plan, &near);
    ensure(!near.overflow);
    say(out, &(struct msg){.kind = MSG_propose,
                           .propose = {.job = f->job,
                                       .slot = f->slot.slot,
                                       .alone = f->slot.slot == plan->trials && plan->alone,
                                       .rested = f->slot.rested > 0,
                                       .near = buf_view(&near)}});
}

static void give_out(struct sched *s, struct says *out) {
    while (may_give_out(s)) {
        struct plan_slot slot;
        struct plan *plan = next(s, &slot);
        if (plan == NULL)
            return;
        if (slot.slot == plan->trials && flights_find(&s->flights, &plan->job, slot.slot) != NULL)
            continue; /* a trial runs that this node will know when it hears that the job has more of them */
        struct flight *f = flights_add(&s->flights, &plan->job, &slot);
        ensure(f != NULL); /* may_give_out has seen that there is room */
        plan->away++;
        sched_move(s, f, FLIGHT_ASKED);
        say_propose(s, f, plan, out);
    }
}

void sched_say_to_worker(struct sched *s, const struct flight *f, const struct msg *m,
                         struct says *out) {
    const struct worker *k = &s->workers.entries[f->list - FLIGHTS_AT_WORKER];
    enum room to = k->peer != 0 ? ROOM_MEMBER : s->clustered ? ROOM_LEADER : ROOM_EXECUTOR;
    say_to(out, to, k->peer, m);
}

static void say_lease(struct sched *s, const struct flight *f, const struct msg_proposed *m,
                      struct says *out) {
    sched_say_to_worker(s, f,
                        &(struct msg){.kind = MSG_lease,
                                      .lease = {.term = s->term,
                                                .job = f->job,
                                                .slot = f->slot.slot,
                                                .attempt = f->slot.attempts + 1,
                                                .config = m->config,
                                                .curve = m->curve,
                                                .from = m->from}},
                        out);
}

/* WORKERS_NONE: nobody who may take it has a free place. */
static uint32_t place_for(struct sched *s, const struct flight *f, const struct plan *plan) {
    static const struct worker_set nobody;
    const struct worker_set *unable = plan == NULL ? &nobody : &plan->unable;
    uint32_t home = f->slot.home;
    if (s->quitting)
        return WORKERS_NONE;
    if (home != 0 && s->workers.entries[home - 1].free > 0 && !worker_set_has(unable, home - 1))
        return home - 1;
    if (home != 0 && f->slot.not_before > s->now)
        return WORKERS_NONE; /* another one took the place meanwhile */
    return workers_pick(&s->workers, trial_time(plan), unable);
}

/* The flight of a slot that was asked for; NULL: it was not. */
static struct flight *find_asked(struct sched *s, const struct job_id *job, uint64_t slot) {
    struct flight *f = flights_find(&s->flights, job, slot);
    if (f != NULL && f->state == FLIGHT_ASKED)
        return f;
    s->nonsense++;
    return NULL;
}

static bool is_at(const struct sched *s, uint32_t place, const struct node_id *node) {
    const struct worker *k = &s->workers.entries[place];
    return k->used && (s->clustered ? node_id_equal(&k->node, node) : k->peer == 0);
}

/* Where its checkpoint is, if that worker is here. */
static void send_home(struct sched *s, struct flight *f, const struct plan *plan,
                      const struct node_id *home) {
    for (uint32_t i = 0; i < s->workers.count; i++) {
        if (!is_at(s, i, home))
            continue;
        f->saved = true;
        f->slot.home = i + 1;
        f->slot.not_before = s->now + home_patience(plan, f->slot.attempts);
    }
}

/* The tuner lets a slot go on of which a worker has an attempt already: one that an earlier leader wanted, or that was given
 * out twice because a worker was thought lost, or that ended by resting, which its worker is about to say. */
static void resume_leased(struct sched *s, struct flight *f, const struct msg_proposed *m) {
    f->moot = false;
    f->slot.rested = (uint32_t)m->attempts;
    if (m->attempts <= f->slot.attempts)
        return;
    f->made = f->made > m->attempts ? f->made : (uint32_t)m->attempts;
    f->recorded = f->recorded || is_at(s, f->list - FLIGHTS_AT_WORKER, &m->home);
}

/* A paused slot goes on in place of the one that was asked for, which waits. NULL: a worker has it. */
static struct flight *resume(struct sched *s, const struct msg_proposed *m) {
    struct plan *plan = sched_plan(s, &m->job);
    struct flight *asked = find_asked(s, &m->job, m->asked - 1);
    if (asked == NULL || plan == NULL)
        return NULL;
    plan->idle = false;
    sched_again(s, asked, asked->slot.attempts, INT64_MIN);
    struct flight *f = flights_find(&s->flights, &m->job, m->slot);
    if (f != NULL && f->state == FLIGHT_LEASED) {
        resume_leased(s, f, m);
        return NULL;
    }
    if (f != NULL)
        sched_move(s, f, FLIGHT_NONE);          /* how it ended is known */
    (void)plan_take(plan, m->slot, UINT32_MAX); /* it may have waited for a place */
    const struct plan_slot slot = {.slot = m->slot,
                                   .attempts = (uint32_t)m->attempts,
                                   .not_before = INT64_MIN,
                                   .rested = (uint32_t)m->attempts};
    f = flights_add(&s->flights, &m->job, &slot);
    ensure(f != NULL); /* that one has made room */
    plan->away++;
    sched_move(s, f, FLIGHT_ASKED);
    send_home(s, f, plan, &m->home);
    return f;
}

/* It may be an answer of when the job had fewer trials. */
static void shelve(struct sched *s, struct plan *plan, struct flight *f, uint64_t hopeless) {
    if (hopeless == plan->trials) {
        plan_shelve(plan, &f->slot);
        sched_move(s, f, FLIGHT_NONE);
    } else {
        sched_again(s, f, f->slot.attempts, INT64_MIN);
    }
}

/* Nothing new is worth while, and what was begun has ended. */
static void tell_hopeless(struct sched *s, struct says *out) {
    for (uint32_t i = 0; i < s->plans_used; i++) {
        struct plan *p = &s->plans[i];
        if (!p->used || !p->hopeless || p->ends || !plan_is_empty(p))
            continue;
        p->ends = true;
        say(out,
            &(struct msg){.kind = MSG_exhausted,
                          .exhausted = {.job = p->job, .trials = p->trials, .hopeless = true}});
    }
}

static void on_unproposed(struct sched *s, const struct msg_unproposed *m, struct says *out) {
    struct plan *plan = sched_plan(s, &m->job);
    struct flight *f = find_asked(s, &m->job, m->slot);
    if (f == NULL || plan == NULL)
        return;
    if (m->hopeless > 0) {
        shelve(s, plan, f, m->hopeless);
        return;
    }
    if (m->slot < plan->trials &&
        f->slot.rested > 0) { /* it does not go on, whoever wanted it to */
        sched_move(s, f, FLIGHT_NONE);
        return;
    }
    if (m->slot < plan->trials) { /* of when that was no slot's number */
        sched_again(s, f, f->slot.attempts, INT64_MIN);
        return;
    }
    const bool idle = plan->idle; /* else the answer knows nothing of what has happened meanwhile */
    sched_again(s, f, f->slot.attempts, INT64_MIN);
    plan->idle = idle;
    if (m->over && idle && plan_is_empty(plan))
        say(out, &(struct msg){.kind = MSG_exhausted,
                               .exhausted = {.job = m->job,
                                             .trials = plan->trials,
                                             .best = m->best,
                                             .learned = m->learned}});
}

static void on_too_early(struct sched *s, const struct msg_too_early *m) {
    struct plan *plan = sched_plan(s, &m->job);
    if (plan != NULL)
        plan->idle = false;
}

static void on_proposed(struct sched *s, const struct msg_proposed *m, struct says *out) {
    struct flight *f = m->asked > 0 ? resume(s, m) : find_asked(s, &m->job, m->slot);
    if (f == NULL)
        return;
    if (m->from > 0)
        copies_send_home(s, f, m->from - 1);
    uint32_t place = place_for(s, f, sched_plan(s, &m->job));
    if (place == WORKERS_NONE) { /* who was free when it was asked for is not any more */
        sched_again(s, f, f->slot.attempts, INT64_MIN);
        return;
    }
    f->since = s->now;
    flights_move(&s->flights, f, FLIGHTS_AT_WORKER + place);
    sched_move(s, f, FLIGHT_LEASED);
    say_lease(s, f, m, out);
}

/* ---- what comes back ---- */

/* Of this node's own executor. In a cluster the leader room says what has ended, to this room as well: only so it comes after
 * the report that still named it. */
static void on_outcome(struct sched *s, const struct msg_outcome *m) {
    struct msg_ended ended;
    if (s->clustered)
        return;
    if (ended_of(&ended, m))
        crew_ended(s, 0, &ended);
    else
        s->nonsense++;
}

static when_ms end_of(dur_ms pause, when_ms now) {
    return pause > 0 ? now + pause : INT64_MIN;
}

/* A slot that nothing of ours was under way for: an attempt of an earlier leader or of another island. */
static void on_foreign_record(struct plan *plan, const struct msg_recorded *m, when_ms now) {
    if (m->finished)
        plan_finish(plan, m->slot, m->attempts);
    else if (plan_has_room(plan) && plan_take(plan, m->slot, (uint32_t)m->attempts))
        plan_again(plan, m->slot, (uint32_t)m->attempts, end_of(m->pause_ms, now));
}

/* It may be of another worker's attempt: of one that was thought lost, or of another island. */
static bool is_own_record(const struct sched *s, const struct flight *f,
                          const struct msg_recorded *m) {
    if (m->attempt != (uint64_t)f->slot.attempts + 1)
        return false;
    switch (f->state) {
    case FLIGHT_LEASED: return is_at(s, f->list - FLIGHTS_AT_WORKER, &m->author);
    case FLIGHT_UNRECORDED: return f->list == FLIGHTS_ORPHANS || is_at(s, f->place, &m->author);
    default: return false;
    }
}

bool sched_is_settled(struct sched *s, const struct flight *f) {
    const struct plan *plan = sched_plan(s, &f->job);
    /* Without rungs a job is over when its slots are finished, whatever is still to come. */
    return plan == NULL || f->recorded || (f->moot && !plan->rungs);
}

/* What is leased stays so until its worker says that it has ended, and then until its own record is there. */
static void on_recorded(struct sched *s, const struct msg_recorded *m) {
    struct flight *f = flights_find(&s->flights, &m->job, m->slot);
    struct plan *plan = sched_plan(s, &m->job);
    if (plan != NULL)
        plan->idle = false;
    if (f == NULL) {
        if (plan != NULL)
            on_foreign_record(plan, m, s->now);
        return;
    }
    if (m->attempts <= f->slot.rested)
        return; /* of before it went on */
    bool more = m->attempts > f->made;
    f->made = more ? (uint32_t)m->attempts : f->made;
    f->rest = more ? end_of(m->pause_ms, s->now) : f->rest;
    f->moot = f->moot || m->finished;
    f->recorded = f->recorded || is_own_record(s, f, m);
    bool ends = f->state == FLIGHT_ASKED ? f->moot || more
                                         : f->state == FLIGHT_UNRECORDED && sched_is_settled(s, f);
    if (ends)
        sched_again(s, f, f->made, f->rest);
}

/* ---- jobs ---- */

/* Flights that were there before the job: reported by workers, or of its last opening and not landed yet. One that runs with a
 * number that another has used, too, is its slot's only one all the same: of two the end of neither might be understood. */
static void take_flights(struct sched *s, struct plan *plan) {
    for (uint32_t i = 0; i < s->flights.used; i++) {
        struct flight *f = &s->flights.entries[i];
        if (f->state == FLIGHT_NONE || !job_id_equal(&f->job, &plan->job))
            continue;
        f->moot = f->slot.slot < plan->trials && !plan_take_over(plan, &f->slot) &&
                  !(f->state == FLIGHT_LEASED && plan_take_waiting(plan, f->slot.slot, &f->made));
        plan->away++;
        plan->unlearned += f->state == FLIGHT_UNRECORDED;
        plan->running += runs(f->state);
        plan->inherited += runs(f->state);
        if (f->moot && f->state == FLIGHT_UNRECORDED)
            sched_move(s, f, FLIGHT_NONE);
    }
}

static void on_job_open(struct sched *s, const struct msg_job_open *m) {
    struct job job;
    struct err err;
    struct arena arena = arena_of(s->arena, sizeof s->arena);
    struct plan *plan = NULL;
    if (s->follows)
        return; /* facts says it again when this node leads */
    for (uint32_t i = 0; i < s->plans_used && plan == NULL; i++)
        plan = s->plans[i].used ? NULL : &s->plans[i];
    if (plan == NULL && s->plans_used < LIMIT_JOBS_OPEN)
        plan = &s->plans[s->plans_used++];
    if (plan == NULL || sched_plan(s, &m->job) != NULL ||
        !job_decode(&job, m->spec, &arena, &err) ||
        !plan_open(plan, &m->job, m->trials > 0 ? m->trials : job.trials, job.parallel, m->finished,
                   m->begun)) {
        s->nonsense++;
        return;
    }
    plan->opened = ++s->opened;
    plan->learns = job_learns(&job);
    plan->rungs = job_has_rungs(&job);
    plan->concludes = job.repeat_auto;
    plan->copies = job_copies(&job);
    take_flights(s, plan);
}

/* Of the slots that are new what an earlier leader has given out runs already, and whoever was asked for behind the last one so
 * far is not asked for any more: that number is a slot's now. */
static void on_job_extended(struct sched *s, const struct msg_job_extended *m) {
    struct plan *plan = sched_plan(s, &m->job);
    if (plan == NULL || m->trials <= plan->trials)
        return; /* facts says it with job_open when this node leads */
    const uint64_t before = plan->trials;
    plan_extend(plan, m->trials);
    for (uint32_t i = 0; i < s->flights.used; i++) {
        struct flight *f = &s->flights.entries[i];
        if (f->state == FLIGHT_NONE || f->slot.slot < before || !job_id_equal(&f->job, &m->job))
            continue;
        if (f->state == FLIGHT_ASKED)
            sched_move(s, f, FLIGHT_NONE);
        else
            f->moot = !plan_take(plan, f->slot.slot, f->slot.attempts);
    }
}

/* Flights of the job stay until their workers have let go of them: until then they hold a place. */
static void on_job_shut(struct sched *s, const struct msg_job_shut *m) {
    struct plan *plan = sched_plan(s, &m->job);
    if (plan == NULL)
        return;
    plan->used = false;
    for (uint32_t i = 0; i < s->flights.used; i++) {
        struct flight *f = &s->flights.entries[i];
        bool waits = f->state == FLIGHT_UNRECORDED || f->state == FLIGHT_ASKED;
        if (waits && job_id_equal(&f->job, &m->job))
            sched_move(
                s, f, FLIGHT_NONE); /* neither facts nor the tuner says anything further about it */
    }
}

/* ---- leading ---- */

static void forget(struct sched *s) {
    flights_clear(&s->flights);
    for (uint32_t i = 0; i < s->plans_used; i++)
        s->plans[i].used = false;
    while (s->workers.count > 0)
        workers_remove(&s->workers, --s->workers.count);
    s->workers.wakes = 0;
    s->looks.count = 0; /* whoever looks asks the next leader */
    s->plans_used = s->asked = 0;
}

static void on_lead(struct sched *s, const struct msg_lead *m) {
    if (!m->mine || !s->clustered)
        forget(s);
    s->clustered = true;
    s->follows = !m->mine;
    s->term = m->term;
}

static void sched_step(void *self, const struct event *event, struct moment at, struct says *out) {
    struct sched *s = self;
    const struct msg *m = &event->msg;
    s->now = at.now;
    workers_wake(&s->workers, at.now);
    crew_wake(s);
    for (uint32_t i = 0; i < s->plans_used; i++)
        plan_wake(&s->plans[i], at.now);
    switch (m->kind) {
    case MSG_NONE: break;
    case MSG_start: s->up = true; break;
    case MSG_capacity: crew_capacity(s, m->capacity.slots); break;
    case MSG_job_open: on_job_open(s, &m->job_open); break;
    case MSG_job_extended: on_job_extended(s, &m->job_extended); break;
    case MSG_job_shut: on_job_shut(s, &m->job_shut); break;
    case MSG_proposed: on_proposed(s, &m->proposed, out); break;
    case MSG_unproposed: on_unproposed(s, &m->unproposed, out); break;
    case MSG_stands: verdicts_stands(s, &m->stands, out); break;
    case MSG_judged: verdicts_judged(s, &m->judged, out); break;
    case MSG_outcome: on_outcome(s, &m->outcome); break;
    case MSG_ended: crew_ended(s, event->peer, &m->ended); break;
    case MSG_look: look_heard(s, event->peer, &m->look, out); break;
    case MSG_worker: crew_worker(s, &m->worker, out); break;
    case MSG_lead: on_lead(s, &m->lead); break;
    case MSG_recorded: on_recorded(s, &m->recorded); break;
    case MSG_too_early: on_too_early(s, &m->too_early); break;
    case MSG_hold: crew_hold(s, m->hold.on); break;
    case MSG_quit: s->quitting = true; break;
    default: s->nonsense++; break;
    }
    give_out(s, out);
    tell_hopeless(s, out);
    look_tell(s, out);
}

static when_ms sched_deadline(const void *self) {
    const struct sched *s = self;
    when_ms soonest = when_sooner(crew_deadline(s), look_deadline(&s->looks));
    for (uint32_t i = 0; i < s->plans_used; i++) {
        if (s->plans[i].used)
            soonest = when_sooner(soonest, plan_wakes(&s->plans[i], s->now));
    }
    return soonest;
}

static void sched_check(const void *self) {
    const struct sched *s = self;
    uint32_t asked = 0, leased = 0, flights = 0, held = 0;
    ensure(s->flights.count <= s->flights.used && s->asked <= s->flights.count);
    for (uint32_t i = 0; i < s->plans_used; i++) {
        const struct plan *p = &s->plans[i];
        ensure(!p->used || p->parallel == 0 || p->running <= p->parallel + p->inherited);
        ensure(!p->used || p->again_count + p->away <= PLAN_AGAIN_MAX);
    }
    if (s->flights.used > CHECKED_MAX || s->workers.count > CHECKED_MAX)
        return;
    for (uint32_t i = 0; i < s->flights.used; i++) {
        const struct flight *f = &s->flights.entries[i];
        asked += f->state == FLIGHT_ASKED;
        leased += f->state == FLIGHT_LEASED;
        flights += f->state != FLIGHT_NONE;
    }
    for (uint32_t i = 0; i < s->workers.count; i++)
        held += s->workers.entries[i].leased;
    ensure(asked == s->asked && leased == held && flights == s->flights.count);
}

static void sched_spare(void *self, const struct spare *spare) {
    struct sched *s = self;
    flights_spare(&s->flights, spare);
    spare_take(spare, s->arena, sizeof s->arena);
}

struct core sched_core(struct sched *s) {
    return (struct core){.room = ROOM_SCHED,
                         .self = s,
                         .step = sched_step,
                         .deadline = sched_deadline,
                         .check = sched_check,
                         .spare = sched_spare};
}
