/* executor_rungs - what the executor says of trials at rungs, how it hears that one is to end there, and whose checkpoint one may
 * begin with. */
#include "actors/executor/executor_state.h"

#include "proto/base/check.h"

#include <inttypes.h>

enum {
    /* Of one trial in one step: every rung with its configuration, and more than its outcome. */
    STANDS_ROOM =
        RUNGS_MOST * (LIMIT_JOB_SPEC_BYTES + 2 * REACHED_MORE_BYTES) + 4 * LIMIT_FRAME_BYTES
};

static void say_stand(const struct executor *e, const struct trial *t,
                      const struct climb_stand *stand, struct says *out) {
    uint8_t memory[LIMIT_JOB_SPEC_BYTES + REACHED_MORE_BYTES], curve_memory[CURVE_BYTES];
    struct buf bytes = buf_of(memory, sizeof memory);
    struct buf curve = buf_of(curve_memory, sizeof curve_memory);
    curve_encode(&stand->curve, &curve);
    const struct msg fact = {.kind = MSG_reached_fact,
                             .reached_fact = {.job = e->jobs[t->job].id,
                                              .slot = t->slot,
                                              .attempt = t->attempt,
                                              .config = span_of(t->config, t->config_len),
                                              .curve = buf_view(&curve),
                                              .saved = stand->saved}};
    ensure(msg_encode(&fact, &bytes));
    say(out, &(struct msg){.kind = MSG_reached, .reached.fact = buf_view(&bytes)});
}

bool executor_has_stands(const struct trial *t) {
    return t->life != LIFE_FREE && t->climb.stands_count > 0;
}

void executor_say_stands(struct executor *e, struct says *out) {
    for (uint32_t i = 0; i < e->places; i++) {
        struct trial *t = &e->trials[i];
        struct climb *c = &t->climb;
        if (!executor_has_stands(t) || out->frames.cap - out->frames.len < STANDS_ROOM)
            continue;
        for (uint32_t k = 0; k < c->stands_count && t->stop == STOP_NONE; k++)
            say_stand(e, t, &c->stands[k], out);
        c->stands_count = 0;
    }
}

void executor_hear_verdict(struct executor *e, const struct msg_verdict *m, struct moment at,
                           struct says *out) {
    const struct trial_heard heard = {
        .news = NEWS_STOP, .stop = m->pause ? STOP_PAUSE : STOP_EARLY, .at = at};
    struct trial *t = executor_trial(e, &m->job, m->slot);
    if (t == NULL || t->attempt != m->attempt || t->life != LIFE_RUNNING ||
        !climb_is_judged(&t->climb))
        e->moot++;
    else
        executor_say_acts(t, trial_hear(t, &heard), out);
}

bool executor_check_parent(const struct msg_lease *lease, struct err *err) {
    if (lease->from == 0 || (lease->from <= LIMIT_SLOTS_JOB && lease->from - 1 != lease->slot))
        return true;
    return err_set(err, ERR_BAD_FACT,
                   "it is to begin with the checkpoint of trial %" PRIu64
                   ", which is no other trial of its job",
                   lease->from - 1);
}

bool executor_parent_ends(const struct executor *e, uint32_t job, uint64_t parent) {
    for (uint32_t i = 0; i < e->places; i++) {
        const struct trial *t = &e->trials[i];
        if (t->life != LIFE_FREE && t->job == job && t->slot == parent)
            return t->life > LIFE_RUNNING || climb_is_on_last_stretch(&t->climb);
    }
    return true;
}
