#include "actors/sched/sched.h"

#include "actors/sched/plan.h"
#include "proto/base/check.h"
#include "proto/job/job.h"

#include <string.h>

enum {
    FLIGHTS = LIMIT_SLOTS_NODE + LIMIT_UNRECORDED,
    LOST_REST_MS = 100 /* whoever lost it may lose it again at once */
};

enum flight_state {
    FLIGHT_NONE,
    FLIGHT_ASKED,     /* the tuner is thinking of a configuration */
    FLIGHT_LEASED,    /* the executor has it */
    FLIGHT_UNRECORDED /* ended; not yet on the disk */
};

struct flight {
    enum flight_state state;
    struct job_id job;
    struct plan_slot slot;
};

struct sched {
    bool up;
    bool held;
    bool quitting;
    when_ms now; /* of the newest event */
    uint64_t capacity;
    uint64_t opened;
    uint32_t leases;       /* ASKED or LEASED */
    uint32_t flights_used; /* entries from here on were never used */
    uint32_t in_flight;
    uint64_t nonsense;
    struct flight flights[FLIGHTS];
    struct plan plans[LIMIT_JOBS_OPEN];
    uint32_t plans_used;
    uint8_t arena[JOB_ARENA_BYTES];
};

size_t sched_size(void) {
    return sizeof(struct sched);
}

struct sched *sched_init(void *memory) {
    return memory;
}

static struct plan *find_plan(struct sched *s, const struct job_id *job) {
    for (uint32_t i = 0; i < s->plans_used; i++) {
        if (s->plans[i].used && job_id_equal(&s->plans[i].job, job))
            return &s->plans[i];
    }
    return NULL;
}

static struct flight *find_flight(struct sched *s, const struct job_id *job, uint64_t slot) {
    for (uint32_t i = 0; i < s->flights_used; i++) {
        struct flight *f = &s->flights[i];
        if (f->state != FLIGHT_NONE && f->slot.slot == slot && job_id_equal(&f->job, job))
            return f;
    }
    return NULL;
}

static struct flight *take_off(struct sched *s) {
    for (uint32_t i = 0; i < s->flights_used; i++) {
        if (s->flights[i].state == FLIGHT_NONE)
            return &s->flights[i];
    }
    return s->flights_used < FLIGHTS ? &s->flights[s->flights_used++] : NULL;
}

/* Every move of a flight goes through here, so the counts cannot drift. */
static void move(struct sched *s, struct flight *f, enum flight_state to) {
    static const bool holds_capacity[] = {[FLIGHT_NONE] = false,
                                          [FLIGHT_ASKED] = true,
                                          [FLIGHT_LEASED] = true,
                                          [FLIGHT_UNRECORDED] = false};
    struct plan *plan = find_plan(s, &f->job);
    if (holds_capacity[f->state] && !holds_capacity[to]) {
        s->leases--;
        if (plan != NULL)
            plan->running--;
    }
    if (!holds_capacity[f->state] && holds_capacity[to]) {
        s->leases++;
        ensure(plan != NULL);
        plan->running++;
    }
    s->in_flight += (uint32_t)(f->state == FLIGHT_NONE);
    s->in_flight -= (uint32_t)(to == FLIGHT_NONE);
    f->state = to;
}

/* ---- giving out ---- */

/* Slots that are begun and not finished: in flight, or resting before their next attempt. */
static uint32_t begun(const struct sched *s) {
    uint32_t count = s->in_flight;
    for (uint32_t i = 0; i < s->plans_used; i++)
        count += s->plans[i].used ? s->plans[i].again_count : 0;
    return count;
}

static struct plan *pick(struct sched *s) {
    const bool may_begin = begun(s) < LIMIT_BEGUN;
    struct plan *best = NULL;
    for (uint32_t i = 0; i < s->plans_used; i++) {
        struct plan *p = &s->plans[i];
        if (!p->used || (p->parallel != 0 && p->running >= p->parallel) ||
            !plan_has_next(p, s->now, may_begin))
            continue;
        if (best == NULL || p->running < best->running ||
            (p->running == best->running && p->opened < best->opened))
            best = p;
    }
    return best;
}

static void give_out(struct sched *s, struct says *out) {
    while (s->up && !s->held && !s->quitting && s->leases < s->capacity &&
           s->in_flight < LIMIT_UNRECORDED) {
        struct plan *plan = pick(s);
        struct plan_slot slot;
        if (plan == NULL || !plan_next(plan, s->now, &slot))
            return;
        struct flight *f = take_off(s);
        ensure(f != NULL); /* there are more than LIMIT_UNRECORDED */
        f->job = plan->job;
        f->slot = slot;
        move(s, f, FLIGHT_ASKED);
        say(out, &(struct msg){.kind = MSG_propose, .propose = {.job = f->job, .slot = slot.slot}});
    }
}

static void on_proposed(struct sched *s, const struct msg_proposed *m, struct says *out) {
    struct flight *f = find_flight(s, &m->job, m->slot);
    if (f == NULL || f->state != FLIGHT_ASKED) {
        s->nonsense++;
        return;
    }
    if (find_plan(s, &m->job) == NULL) { /* the job has ended meanwhile */
        move(s, f, FLIGHT_NONE);
        return;
    }
    if (s->quitting) {
        plan_again(find_plan(s, &m->job), f->slot.slot, f->slot.attempts, INT64_MIN);
        move(s, f, FLIGHT_NONE);
        return;
    }
    move(s, f, FLIGHT_LEASED);
    say(out, &(struct msg){.kind = MSG_lease,
                           .lease = {.job = m->job,
                                     .slot = m->slot,
                                     .attempt = f->slot.attempts + 1,
                                     .config = m->config}});
}

/* ---- what comes back ---- */

static void on_outcome(struct sched *s, const struct msg_outcome *m) {
    struct msg fact;
    struct err err;
    if (!msg_decode(&fact, m->result, &err) || fact.kind != MSG_result_fact) {
        s->nonsense++;
        return;
    }
    const struct msg_result_fact *result = &fact.result_fact;
    struct flight *f = find_flight(s, &result->job, result->slot);
    if (f == NULL || f->state != FLIGHT_LEASED) {
        s->nonsense++;
        return;
    }
    struct plan *plan = find_plan(s, &result->job);
    bool lost = result->status == TRIAL_LOST || result->status == TRIAL_CANCELLED;
    if (plan != NULL && lost)
        plan_again(plan, f->slot.slot, f->slot.attempts, s->now + LOST_REST_MS);
    move(s, f, plan == NULL || lost ? FLIGHT_NONE : FLIGHT_UNRECORDED);
}

static void on_recorded(struct sched *s, const struct msg_recorded *m) {
    struct flight *f = find_flight(s, &m->job, m->slot);
    if (f == NULL || f->state != FLIGHT_UNRECORDED) {
        s->nonsense++;
        return;
    }
    struct plan *plan = find_plan(s, &m->job);
    if (plan != NULL && !m->finished)
        plan_again(plan, m->slot, (uint32_t)m->attempts, s->now + m->pause_ms);
    move(s, f, FLIGHT_NONE);
}

/* ---- jobs ---- */

static void on_job_open(struct sched *s, const struct msg_job_open *m) {
    struct job job;
    struct err err;
    struct arena arena = arena_of(s->arena, sizeof s->arena);
    struct plan *plan = NULL;
    for (uint32_t i = 0; i < s->plans_used && plan == NULL; i++)
        plan = s->plans[i].used ? NULL : &s->plans[i];
    if (plan == NULL && s->plans_used < LIMIT_JOBS_OPEN)
        plan = &s->plans[s->plans_used++];
    if (plan == NULL || find_plan(s, &m->job) != NULL || !job_decode(&job, m->spec, &arena, &err) ||
        !plan_open(plan, &m->job, job.trials, job.parallel, m->finished, m->begun)) {
        s->nonsense++;
        return;
    }
    plan->opened = ++s->opened;
}

/* Flights of the job stay until the executor has let go of them: until then they hold its capacity. */
static void on_job_shut(struct sched *s, const struct msg_job_shut *m) {
    struct plan *plan = find_plan(s, &m->job);
    if (plan == NULL)
        return;
    plan->used = false;
    for (uint32_t i = 0; i < s->flights_used; i++) {
        struct flight *f = &s->flights[i];
        bool waits = f->state == FLIGHT_UNRECORDED || f->state == FLIGHT_ASKED;
        if (waits && job_id_equal(&f->job, &m->job))
            move(s, f,
                 FLIGHT_NONE); /* neither facts nor the tuner says anything further about it */
    }
}

static void sched_step(void *self, const struct event *event, struct moment at, struct says *out) {
    struct sched *s = self;
    const struct msg *m = &event->msg;
    s->now = at.now;
    switch (m->kind) {
    case MSG_NONE: break;
    case MSG_start: s->up = true; break;
    case MSG_capacity: s->capacity = m->capacity.slots; break;
    case MSG_job_open: on_job_open(s, &m->job_open); break;
    case MSG_job_shut: on_job_shut(s, &m->job_shut); break;
    case MSG_proposed: on_proposed(s, &m->proposed, out); break;
    case MSG_outcome: on_outcome(s, &m->outcome); break;
    case MSG_recorded: on_recorded(s, &m->recorded); break;
    case MSG_hold: s->held = m->hold.on; break;
    case MSG_quit: s->quitting = true; break;
    default: s->nonsense++; break;
    }
    give_out(s, out);
}

static when_ms sched_deadline(const void *self) {
    const struct sched *s = self;
    when_ms soonest = WHEN_NEVER;
    for (uint32_t i = 0; i < s->plans_used; i++) {
        if (s->plans[i].used)
            soonest = when_sooner(soonest, plan_wakes(&s->plans[i], s->now));
    }
    return soonest;
}

static void sched_check(const void *self) {
    const struct sched *s = self;
    uint32_t leases = 0, in_flight = 0;
    for (uint32_t i = 0; i < s->flights_used; i++) {
        enum flight_state state = s->flights[i].state;
        leases += state == FLIGHT_ASKED || state == FLIGHT_LEASED;
        in_flight += state != FLIGHT_NONE;
    }
    ensure(leases == s->leases && in_flight == s->in_flight);
    for (uint32_t i = 0; i < s->plans_used; i++) {
        const struct plan *p = &s->plans[i];
        ensure(!p->used || p->parallel == 0 || p->running <= p->parallel);
    }
}

struct core sched_core(struct sched *s) {
    return (struct core){.room = ROOM_SCHED,
                         .self = s,
                         .step = sched_step,
                         .deadline = sched_deadline,
                         .check = sched_check};
}
