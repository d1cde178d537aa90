/* Where trials are copied: a checkpoint is where its trial runs. */
#include "actors/sched/sched_state.h"
#include "proto/base/ranges.h"

enum { HOME_MS = 2000 /* a place there may get free at the next rung */ };

/* A place of this worker is free for a trial of the job. */
static bool has_place(const struct sched *s, const struct plan *plan, uint32_t place) {
    const struct worker *k = &s->workers.entries[place];
    return k->used && k->free > 0 && !worker_set_has(&plan->unable, place);
}

/* It will be there when a copy begins. */
static bool stays(const struct flight *f, const struct plan *plan) {
    return f->state == FLIGHT_LEASED && f->verdict == FLIGHT_GOES_ON && !f->moot &&
           job_id_equal(&f->job, &plan->job);
}

void copies_put_near(struct sched *s, const struct plan *plan, struct buf *out) {
    struct range memory[LIMIT_NEAR];
    struct ranges near = ranges_of(memory, LIMIT_NEAR);
    uint32_t count = 0;
    for (uint32_t i = 0; i < s->workers.count && count < LIMIT_NEAR; i++) {
        const struct flight *f =
            has_place(s, plan, i) ? flights_first(&s->flights, FLIGHTS_AT_WORKER + i) : NULL;
        for (; f != NULL && count < LIMIT_NEAR; f = flights_next(&s->flights, f))
            count += stays(f, plan) && ranges_add(&near, f->slot.slot);
    }
    ranges_encode(&near, out);
}

/* One that has waited already keeps its home, wherever its parent runs by now: there is what that has saved, and elsewhere it
 * began with nothing. */
void copies_send_home(struct sched *s, struct flight *f, uint64_t parent) {
    const struct flight *from = flights_find(&s->flights, &f->job, parent);
    if (from == NULL || from == f || from->state != FLIGHT_LEASED || f->slot.home != 0 ||
        f->slot.attempts > 0)
        return;
    f->slot.home = from->list - FLIGHTS_AT_WORKER + 1;
    f->slot.not_before = s->now + HOME_MS;
}

bool copies_leave_place(const struct sched *s, const struct plan *plan) {
    const uint32_t longing = plan_longing(plan, s->now);
    return (plan->parallel == 0 || plan->running + longing < plan->parallel) &&
           s->asked + plan_waiting(plan, s->now) + longing <
               workers_free(&s->workers, &plan->unable);
}
