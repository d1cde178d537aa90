#include "actors/sched/look.h"

#include "actors/sched/sched_state.h"

_Static_assert(RUNNING_BYTES < LIMIT_FRAME_BYTES / 2, "all that can run fits a message");

/* Of a job: how many trials run, and how many of them had rested. */
struct count {
    uint64_t running, resumed;
};

/* What this worker runs of it; `trials` may be NULL. */
static struct count put_worker(struct sched *s, uint32_t place, const struct job_id *job,
                               struct buf *trials) {
    struct flight *f = flights_first(&s->flights, FLIGHTS_AT_WORKER + place);
    struct count count = {0};
    for (; f != NULL; f = flights_next(&s->flights, f)) {
        if (f->state != FLIGHT_LEASED || !job_id_equal(&f->job, job))
            continue;
        count.running++;
        count.resumed += f->slot.rested > 0;
        if (trials != NULL)
            running_put_trial(trials, f->slot.slot, (uint64_t)f->slot.attempts + 1,
                              s->now - f->since);
    }
    return count;
}

static void tell(struct sched *s, struct looker *k, struct says *out) {
    struct buf trials = buf_of(s->looks.trials, sizeof s->looks.trials);
    bool which = k->which_until > s->now;
    struct count count = {0};
    for (uint32_t i = 0; i < s->workers.count; i++) {
        const struct worker *worker = &s->workers.entries[i];
        if (!worker->used || worker->leased == 0)
            continue;
        const struct count here = put_worker(s, i, &k->job, NULL);
        count.running += here.running;
        count.resumed += here.resumed;
        if (which && here.running > 0) {
            running_put_node(&trials, &worker->node, here.running);
            (void)put_worker(s, i, &k->job, &trials);
        }
    }
    if (which && count.running == 0)
        running_put_node(&trials, &(struct node_id){{0}}, 0); /* none, which is an answer too */
    const struct msg m = {.kind = MSG_running,
                          .running = {.job = k->job,
                                      .count = count.running,
                                      .trials = buf_view(&trials),
                                      .resumed = count.resumed}};
    say_to(out, k->peer == 0 ? ROOM_GATEWAY : ROOM_MEMBER, k->peer, &m);
    dur_ms pause = (dur_ms)trials.len / LOOK_RATE;
    k->next = s->now + (pause > LOOK_PAUSE_MS ? pause : LOOK_PAUSE_MS);
    k->changed = false;
}

static struct looker *find(struct looks *l, uint32_t peer, const struct job_id *job) {
    for (uint32_t i = 0; i < l->count; i++) {
        if (l->items[i].peer == peer && job_id_equal(&l->items[i].job, job))
            return &l->items[i];
    }
    return NULL;
}

void look_heard(struct sched *s, uint32_t peer, const struct msg_look *m, struct says *out) {
    struct looks *l = &s->looks;
    struct looker passer = {.peer = peer, .job = m->job, .next = l->passing};
    struct looker *k = find(l, peer, &m->job);
    if (s->follows)
        return; /* whoever leads knows */
    if (k == NULL && l->count < LOOKERS) {
        k = &l->items[l->count++];
        *k = passer;
        k->next = INT64_MIN;
    }
    k = k == NULL ? &passer : k;
    k->until = s->now + LOOK_MS;
    k->which_until = m->which ? k->until : k->which_until;
    k->changed = true;
    if (k->next <= s->now)
        tell(s, k, out);
    l->passing = passer.next;
}

void look_changed(struct looks *l, const struct job_id *job) {
    for (uint32_t i = 0; i < l->count; i++) {
        if (job_id_equal(&l->items[i].job, job))
            l->items[i].changed = true;
    }
}

void look_tell(struct sched *s, struct says *out) {
    struct looks *l = &s->looks;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < l->count; i++) {
        struct looker *k = &l->items[i];
        if (k->until <= s->now)
            continue;
        if (k->changed && k->next <= s->now)
            tell(s, k, out);
        l->items[kept++] = *k;
    }
    l->count = kept;
}

when_ms look_deadline(const struct looks *l) {
    when_ms soonest = WHEN_NEVER;
    for (uint32_t i = 0; i < l->count; i++) {
        const struct looker *k = &l->items[i];
        soonest = when_sooner(soonest, k->changed ? when_sooner(k->next, k->until) : k->until);
    }
    return soonest;
}
