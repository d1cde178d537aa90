/* crew - the workers: what they report, what ends there, and what becomes of theirs when they are gone. */
#include "actors/sched/sched_state.h"

#include "proto/base/check.h"
#include "proto/base/mp.h"

#include <string.h>

enum {
    /* For the fact of an attempt to arrive here when its worker says no more of it. */
    GRACE_MS = 5000,
    RECORD_MS = 30000, /* ... and while its worker lives: its disk may be slow */
    LOST_MS = 10000,   /* for a lease to reach its worker */
    REST_MS = 100,     /* of what the only worker lost: it may do so again at once */
    SHUT_MS = 5000     /* for the order to end a job to arrive here when it has reached a worker */
};

static uint32_t place_of(const struct flight *f) {
    ensure(f->list >= FLIGHTS_AT_WORKER);
    return f->list - FLIGHTS_AT_WORKER;
}

static uint32_t own_place(struct sched *s) {
    uint32_t place = workers_find(&s->workers, 0);
    return place != WORKERS_NONE ? place : workers_add(&s->workers, 0);
}

void crew_capacity(struct sched *s, uint64_t slots) {
    if (!s->clustered)
        workers_set_slots(&s->workers, own_place(s), slots);
}

/* ---- ends ---- */

static void wait_in(struct sched *s, struct flight *f, uint32_t list, dur_ms most) {
    flights_move(&s->flights, f, list);
    f->due = s->now + most;
}

static void give_again(struct sched *s, struct flight *f) {
    sched_again(s, f, f->made, f->rest);
}

/* What its end says of its worker and of its job. */
static void learn_from(struct sched *s, uint32_t place, struct plan *plan,
                       const struct msg_ended *m) {
    if (!m->lost)
        workers_served(&s->workers, place);
    if (plan == NULL)
        return;
    const bool behind = m->trials > 0 && m->trials < plan->trials; /* it goes on there, too, soon */
    if (m->shut && !behind)
        plan->rests_until = s->now + SHUT_MS;
    else if (m->lost && s->clustered)
        workers_rest(&s->workers, place, s->now); /* perhaps it does not know the job yet */
    if (m->unable && s->clustered)
        plan_unable(plan, place, s->now);
}

/* A leased flight has ended in one way or the other. */
static void land(struct sched *s, struct flight *f, const struct msg_ended *m) {
    uint32_t place = place_of(f);
    struct plan *plan = sched_plan(s, &f->job);
    if (plan != NULL && !m->lost && !m->unable && !f->adopted)
        plan_took(plan, s->now - f->since);
    if (!m->lost) {
        f->saved = m->again;
        f->slot.home = m->again ? place + 1 : 0;
    }
    if (m->lost && !s->clustered && f->rest < s->now + REST_MS)
        f->rest = s->now + REST_MS;
    if (m->lost || sched_is_settled(s, f)) {
        give_again(s, f);
    } else {
        sched_move(s, f, FLIGHT_UNRECORDED);
        plan_ended(plan, s->now);
        f->place = place;
        wait_in(s, f, FLIGHTS_ENDED, RECORD_MS);
    }
    learn_from(s, place, plan, m);
}

/* The worker has said that it ended and now says that no fact comes of it. */
static bool takes_back(const struct sched *s, const struct flight *f, uint32_t peer,
                       const struct msg_ended *m) {
    return m->lost && f->state == FLIGHT_UNRECORDED && f->list == FLIGHTS_ENDED &&
           s->workers.entries[f->place].peer == peer &&
           m->attempt == (uint64_t)f->slot.attempts + 1;
}

void crew_ended(struct sched *s, uint32_t peer, const struct msg_ended *m) {
    struct flight *f = flights_find(&s->flights, &m->job, m->slot);
    bool leased = f != NULL && f->state == FLIGHT_LEASED;
    if (leased && s->workers.entries[place_of(f)].peer == peer &&
        m->attempt == (uint64_t)f->slot.attempts + 1) {
        land(s, f, m);
        return;
    }
    if (f != NULL && takes_back(s, f, peer, m)) {
        learn_from(s, f->place, sched_plan(s, &f->job), m);
        give_again(s, f);
        return;
    }
    uint32_t place = workers_find(&s->workers, peer);
    if (place == WORKERS_NONE || s->workers.entries[place].foreign == 0) {
        s->nonsense++;
        return;
    }
    s->workers.entries[place].foreign--;
    workers_changed(&s->workers, place);
}

static void wake(struct sched *s, uint32_t list) {
    while (flights_due(&s->flights, list) <= s->now)
        give_again(s, flights_first(&s->flights, list));
}

void crew_wake(struct sched *s) {
    if (!s->held)
        wake(s, FLIGHTS_ENDED);
    wake(s, FLIGHTS_ORPHANS);
}

/* While this disk does not keep up, what has ended is not late. */
void crew_hold(struct sched *s, bool on) {
    struct flight *f = flights_first(&s->flights, FLIGHTS_ENDED);
    for (; s->held && !on && f != NULL; f = flights_next(&s->flights, f))
        f->due = s->now + RECORD_MS;
    s->held = on;
}

when_ms crew_deadline(const struct sched *s) {
    when_ms rests = s->workers.wakes == 0 ? WHEN_NEVER : s->workers.wakes;
    when_ms ended = s->held ? WHEN_NEVER : flights_due(&s->flights, FLIGHTS_ENDED);
    return when_sooner(when_sooner(ended, flights_due(&s->flights, FLIGHTS_ORPHANS)), rests);
}

/* Its place may be that of another one soon. */
static void forget_home(struct sched *s, uint32_t place) {
    for (uint32_t i = 0; i < s->flights.used; i++) {
        struct flight *f = &s->flights.entries[i];
        if (f->state == FLIGHT_NONE || f->slot.home != place + 1)
            continue;
        f->slot.home = 0;
        f->slot.not_before = INT64_MIN;
        f->saved = false;
    }
    for (uint32_t i = 0; i < s->plans_used; i++)
        plan_homeless(&s->plans[i], place);
}

/* It is gone: what it had is given out again, for the facts of what it had ended there is little time left. */
static void release(struct sched *s, uint32_t place) {
    struct flight *next, *f;
    forget_home(s, place);
    while ((f = flights_first(&s->flights, FLIGHTS_AT_WORKER + place)) != NULL)
        give_again(s, f);
    for (f = flights_first(&s->flights, FLIGHTS_ENDED); f != NULL; f = next) {
        next = flights_next(&s->flights, f);
        if (f->place == place)
            wait_in(s, f, FLIGHTS_ORPHANS, GRACE_MS);
    }
    for (uint32_t i = 0; i < s->plans_used; i++)
        plan_able(&s->plans[i], place);
    workers_remove(&s->workers, place);
}

/* ---- reports ---- */

struct reported {
    struct job_id job;
    uint64_t slot;
    uint64_t attempt;
    bool over;
};

static bool next_reported(struct mp *in, struct reported *r) {
    if (mp_peek(in) == MP_END)
        return false;
    struct span job = mp_bin(in);
    r->slot = mp_u64(in);
    r->attempt = mp_u64(in);
    r->over = mp_bool(in);
    if (in->bad != NULL || job.len != sizeof r->job.bytes || r->attempt == 0 ||
        r->attempt > UINT32_MAX)
        return false;
    memcpy(r->job.bytes, job.data, job.len);
    return true;
}

/* What a worker has reported is a flight of its from now on. */
static void take_up(struct sched *s, struct flight *f, uint32_t place, bool over) {
    f->adopted = true;
    f->since = s->now;
    f->seen = s->reports;
    if (over) {
        sched_move(s, f, FLIGHT_UNRECORDED);
        wait_in(s, f, FLIGHTS_ORPHANS, GRACE_MS);
    } else {
        flights_move(&s->flights, f, FLIGHTS_AT_WORKER + place);
        sched_move(s, f, FLIGHT_LEASED);
    }
}

/* A lease that is not ours but could be: from now on it is. Of a slot that the job does not have, too: whoever gave it out may
 * have heard of more trials already. False: its slot is finished for good, or there is no room. */
static bool adopt(struct sched *s, uint32_t place, const struct reported *r) {
    struct plan *plan = sched_plan(s, &r->job);
    struct plan_slot slot = {.slot = r->slot, .attempts = (uint32_t)r->attempt - 1};
    if (s->flights.count == LIMIT_BEGUN || (plan != NULL && !plan_has_room(plan)))
        return false;
    if (plan != NULL && slot.slot < plan->trials && !plan_take_over(plan, &slot))
        return false;
    struct flight *f = flights_add(&s->flights, &r->job, &slot);
    if (plan != NULL) {
        plan->away++;
        plan->inherited++;
    }
    take_up(s, f, place, r->over);
    return true;
}

/* A slot that is only asked for need not be given out: that worker runs its next attempt or has just ended it. */
static void take_asked(struct sched *s, struct flight *f, uint32_t place,
                       const struct reported *r) {
    f->slot.attempts = f->made = (uint32_t)r->attempt - 1;
    take_up(s, f, place, r->over);
}

/* True: it holds a place that no flight accounts for. */
static bool take_reported(struct sched *s, uint32_t place, const struct reported *r,
                          struct says *out) {
    static const struct msg_ended heard_late = {.lost = false};
    struct flight *f = flights_find(&s->flights, &r->job, r->slot);
    if (f == NULL)
        return !adopt(s, place, r) && !r->over;
    if (f->state == FLIGHT_ASKED && r->attempt > f->slot.attempts) {
        take_asked(s, f, place, r);
        return false;
    }
    bool same = f->state == FLIGHT_LEASED && place_of(f) == place &&
                r->attempt == (uint64_t)f->slot.attempts + 1;
    if (!same)
        return !r->over;
    f->seen = s->reports;
    if (r->over)
        land(s, f, &heard_late);
    else
        verdicts_remind(s, f, out);
    return false;
}

static void take_report(struct sched *s, uint32_t place, struct span leases, struct says *out) {
    struct worker *k = &s->workers.entries[place];
    struct mp in = mp_of(leases);
    struct reported r;
    s->reports++;
    k->foreign = 0;
    while (next_reported(&in, &r))
        k->foreign += take_reported(s, place, &r, out);
    if (!mp_done(&in)) { /* what was not understood is not missing */
        s->nonsense++;
        workers_changed(&s->workers, place);
        return;
    }
    struct flight *next, *f = flights_first(&s->flights, FLIGHTS_AT_WORKER + place);
    for (; f != NULL; f = next) {
        next = flights_next(&s->flights, f);
        if (f->seen == s->reports || s->now - f->since < LOST_MS)
            continue;
        if (sched_is_settled(s, f)) {
            give_again(s, f);
            continue;
        }
        sched_move(s, f, FLIGHT_UNRECORDED);
        wait_in(s, f, FLIGHTS_ORPHANS, GRACE_MS);
    }
    workers_changed(&s->workers, place);
}

void crew_worker(struct sched *s, const struct msg_worker *m, struct says *out) {
    uint32_t place = workers_find(&s->workers, (uint32_t)m->peer);
    if (m->gone) {
        if (place != WORKERS_NONE && m->peer != 0)
            release(s, place);
        return;
    }
    if (place == WORKERS_NONE)
        place = workers_add(&s->workers, (uint32_t)m->peer);
    if (place == WORKERS_NONE) {
        s->nonsense++;
        return;
    }
    s->workers.entries[place].node = m->node;
    s->workers.entries[place].rtt_us = m->rtt_us;
    s->workers.entries[place].load = m->load;
    workers_set_slots(&s->workers, place, m->slots);
    if (m->told)
        take_report(s, place, m->leases, out);
}
