/* Where there are rungs: who stands at one is judged, and told. */
#include "actors/sched/sched_state.h"

static void say_verdict(struct sched *s, const struct flight *f, struct says *out) {
    sched_say_to_worker(s, f,
                        &(struct msg){.kind = MSG_verdict,
                                      .verdict = {.term = s->term,
                                                  .job = f->job,
                                                  .slot = f->slot.slot,
                                                  .attempt = f->slot.attempts + 1,
                                                  .pause = f->verdict == FLIGHT_PAUSES}},
                        out);
}

static void say_judge(const struct flight *f, struct says *out) {
    say(out, &(struct msg){
                 .kind = MSG_judge,
                 .judge = {.job = f->job, .slot = f->slot.slot, .attempt = f->slot.attempts + 1}});
}

/* NULL: this attempt does not run, as far as is known here. */
static struct flight *find_leased(struct sched *s, const struct job_id *job, uint64_t slot,
                                  uint64_t attempt) {
    struct flight *f = flights_find(&s->flights, job, slot);
    bool runs_now =
        f != NULL && f->state == FLIGHT_LEASED && attempt == (uint64_t)f->slot.attempts + 1;
    return runs_now ? f : NULL;
}

void verdicts_stands(struct sched *s, const struct msg_stands *m, struct says *out) {
    struct plan *plan = sched_plan(s, &m->job);
    const struct flight *f = find_leased(s, &m->job, m->slot, m->attempt);
    if (plan != NULL)
        plan->idle = false; /* whoever rests at that rung may be among the best now */
    if (f != NULL)
        say_judge(f, out);
}

void verdicts_judged(struct sched *s, const struct msg_judged *m, struct says *out) {
    struct flight *f = find_leased(s, &m->job, m->slot, m->attempt);
    if (f == NULL)
        return; /* it has ended meanwhile */
    f->verdict = m->pause ? FLIGHT_PAUSES : FLIGHT_STOPS;
    say_verdict(s, f, out);
}

void verdicts_remind(struct sched *s, struct flight *f, struct says *out) {
    const struct plan *plan = sched_plan(s, &f->job);
    if (f->verdict != FLIGHT_GOES_ON)
        say_verdict(s, f, out);
    else if (f->adopted && !f->asked && plan != NULL && plan->rungs) {
        f->asked = true;
        say_judge(f, out);
    }
}
