/* crew - the workers: what they report, what ends there, and what becomes of theirs when they are gone. */
#include "actors/sched/sched_state.h"

#include "proto/base/check.h"
#include "proto/base/mp.h"

#include <string.h>

enum {
    GRACE_MS = 5000, /* for the fact of an attempt that has ended to arrive here */
    LOST_MS = 10000, /* for a lease to reach its worker */
    REST_MS = 100    /* of what the only worker lost: it may do so again at once */
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
    s->capacity = slots;
    if (!s->clustered)
        workers_set_slots(&s->workers, own_place(s), slots);
}

/* ---- ends ---- */

static void wait_for_record(struct sched *s, struct flight *f) {
    flights_move(&s->flights, f, FLIGHTS_ORPHANS);
    f->due = s->now + GRACE_MS;
}

void crew_landed(struct sched *s, struct flight *f, bool lost) {
    uint32_t place = place_of(f);
    struct plan *plan = sched_plan(s, &f->job);
    if (plan != NULL && !lost && !f->adopted)
        plan_took(plan, s->now - f->since);
    if (plan == NULL || f->moot)
        sched_move(s, f, FLIGHT_NONE);
    else if (lost)
        sched_again(s, f, f->slot.attempts, s->clustered ? 0 : REST_MS);
    else
        sched_move(s, f, FLIGHT_UNRECORDED);
    if (!lost)
        workers_served(&s->workers, place);
    else if (plan != NULL && s->clustered)
        workers_rest(&s->workers, place, s->now); /* perhaps it does not know the job yet */
}

void crew_ended(struct sched *s, uint32_t peer, const struct msg_ended *m) {
    struct flight *f = flights_find(&s->flights, &m->job, m->slot);
    bool leased = f != NULL && f->state == FLIGHT_LEASED;
    if (leased && s->workers.entries[place_of(f)].peer == peer &&
        m->attempt == (uint64_t)f->slot.attempts + 1) {
        crew_landed(s, f, m->lost);
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

void crew_orphans(struct sched *s) {
    struct flight *f = flights_first(&s->flights, FLIGHTS_ORPHANS);
    while (f != NULL && f->due <= s->now) {
        sched_again(s, f, f->slot.attempts, 0);
        f = flights_first(&s->flights, FLIGHTS_ORPHANS);
    }
}

when_ms crew_deadline(const struct sched *s) {
    when_ms rests = s->workers.wakes == 0 ? WHEN_NEVER : s->workers.wakes;
    return when_sooner(flights_due(&s->flights), rests);
}

static void release(struct sched *s, uint32_t place) {
    uint32_t list = FLIGHTS_AT_WORKER + place;
    struct flight *f = flights_first(&s->flights, list);
    while (f != NULL) {
        if (f->state == FLIGHT_LEASED)
            sched_again(s, f, f->slot.attempts, 0);
        else
            wait_for_record(s, f);
        f = flights_first(&s->flights, list);
    }
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

/* A lease that is not ours but could be: from now on it is. False: its slot is finished, or there is no room. */
static bool adopt(struct sched *s, uint32_t place, const struct reported *r) {
    struct plan *plan = sched_plan(s, &r->job);
    const struct plan_slot slot = {.slot = r->slot, .attempts = (uint32_t)r->attempt - 1};
    if (s->flights.count == LIMIT_BEGUN || (plan != NULL && !plan_take(plan, r->slot)))
        return false;
    struct flight *f = flights_add(&s->flights, &r->job, &slot);
    f->adopted = true;
    f->since = s->now;
    f->seen = s->reports;
    if (plan != NULL)
        plan->inherited++;
    if (r->over) {
        sched_move(s, f, FLIGHT_UNRECORDED);
        wait_for_record(s, f);
    } else {
        flights_move(&s->flights, f, FLIGHTS_AT_WORKER + place);
        sched_move(s, f, FLIGHT_LEASED);
    }
    return true;
}

/* True: it holds a place that no flight accounts for. */
static bool take_reported(struct sched *s, uint32_t place, const struct reported *r) {
    struct flight *f = flights_find(&s->flights, &r->job, r->slot);
    if (f == NULL)
        return !adopt(s, place, r) && !r->over;
    if (f->state == FLIGHT_ASKED && !r->over) { /* it need not be given out, it runs */
        f->adopted = true;
        f->slot.attempts = (uint32_t)r->attempt - 1;
        f->since = s->now;
        f->seen = s->reports;
        flights_move(&s->flights, f, FLIGHTS_AT_WORKER + place);
        sched_move(s, f, FLIGHT_LEASED);
        return false;
    }
    bool same = f->state == FLIGHT_LEASED && place_of(f) == place &&
                r->attempt == (uint64_t)f->slot.attempts + 1;
    if (!same)
        return !r->over;
    f->seen = s->reports;
    if (r->over) /* the word of its end was lost */
        crew_landed(s, f, false);
    return false;
}

static void take_report(struct sched *s, uint32_t place, struct span leases) {
    struct worker *k = &s->workers.entries[place];
    struct mp in = mp_of(leases);
    struct reported r;
    s->reports++;
    k->foreign = 0;
    while (next_reported(&in, &r))
        k->foreign += take_reported(s, place, &r);
    if (!mp_done(&in)) { /* what was not understood is not missing */
        s->nonsense++;
        workers_changed(&s->workers, place);
        return;
    }
    struct flight *next, *f = flights_first(&s->flights, FLIGHTS_AT_WORKER + place);
    for (; f != NULL; f = next) {
        next = flights_next(&s->flights, f);
        if (f->state != FLIGHT_LEASED || f->seen == s->reports || s->now - f->since < LOST_MS)
            continue;
        sched_move(s, f, FLIGHT_UNRECORDED);
        wait_for_record(s, f);
    }
    workers_changed(&s->workers, place);
}

/* From here on places come by `worker`, this node's own as well. */
static void join_cluster(struct sched *s) {
    s->clustered = true;
    uint32_t place = workers_find(&s->workers, 0);
    if (place != WORKERS_NONE)
        workers_set_slots(&s->workers, place, 0);
}

void crew_worker(struct sched *s, const struct msg_worker *m) {
    if (!s->clustered)
        join_cluster(s);
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
        take_report(s, place, m->leases);
}
