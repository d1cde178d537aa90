#include "actors/executor/followers.h"

enum {
    /* What is said at a trial's end to each follower, and what the rest of the step wants to say. */
    LAST_ROOM = LIMIT_LOG_HEAD_BYTES + LIMIT_LOG_TAIL_BYTES + 1024,
    OTHERS_ROOM = SAYS_BYTES / 4
};

static void say_printed(uint32_t peer, const struct msg_printed *printed, struct says *out) {
    say_to(out, peer == 0 ? ROOM_GATEWAY : ROOM_MEMBER, peer,
           &(struct msg){.kind = MSG_printed, .printed = *printed});
}

static struct msg_printed of_trial(const struct followed *what) {
    return (struct msg_printed){.job = *what->job,
                                .slot = what->trial->slot,
                                .attempt = what->trial->attempt,
                                .began = what->trial->began.wall};
}

static void say_part(struct followers *f, struct follower *l, const struct followed *what,
                     struct says *out) {
    struct msg_printed printed = of_trial(what);
    struct buf part = buf_of(f->part, sizeof f->part);
    printed.offset = printout_read(&what->trial->printout, l->said, &part);
    printed.bytes = buf_view(&part);
    l->said = printed.offset + part.len;
    say_printed(l->peer, &printed, out);
}

/* What may be said to it now. */
static void go_on(struct followers *f, struct follower *l, const struct followed *what,
                  struct says *out) {
    if (l->waits)
        return;
    if (!l->live && l->said >= l->goal) {
        struct msg_printed nothing = of_trial(what);
        nothing.offset = l->said;
        say_printed(l->peer, &nothing, out);
        l->live = true;
    }
    if (l->said < what->trial->printout.bytes) {
        say_part(f, l, what, out);
        l->waits = true;
    }
}

static struct follower *find(struct followers *f, uint32_t peer, uint64_t run) {
    for (uint32_t i = 0; i < f->used; i++) {
        if (f->items[i].run == run && f->items[i].peer == peer)
            return &f->items[i];
    }
    return NULL;
}

/* NULL: there is no room. */
static struct follower *add(struct followers *f, uint32_t peer, uint64_t run, when_ms now) {
    struct follower *l = NULL;
    for (uint32_t i = 0; i < f->used && l == NULL; i++)
        l = f->items[i].run == 0 || f->items[i].until <= now ? &f->items[i] : NULL;
    if (l == NULL && f->used < FOLLOWERS)
        l = &f->items[f->used++];
    if (l != NULL)
        *l = (struct follower){.run = run, .peer = peer};
    return l;
}

/* Where it is, as it says itself; what makes no sense is the beginning or the end. */
static void set_place(struct follower *l, const struct msg_follow *m, const struct trial *trial,
                      bool begins) {
    uint64_t printed = trial->printout.bytes;
    bool anew = begins || m->attempt != trial->attempt;
    l->said = m->attempt != trial->attempt ? 0 : m->offset < printed ? m->offset : printed;
    l->waits = false;
    if (anew) {
        l->goal = printed;
        l->live = false;
    }
}

void followers_hear(struct followers *f, uint32_t peer, const struct msg_follow *m,
                    const struct followed *what, when_ms now, struct says *out) {
    const struct trial *trial = what->trial;
    struct follower *l = trial == NULL ? NULL : find(f, peer, trial->run);
    bool begins = l == NULL || l->until <= now;
    if (!m->on) {
        if (l != NULL)
            l->run = 0;
        return;
    }
    if (trial == NULL) {
        const struct msg_printed none = {.job = m->job, .slot = m->slot, .over = true};
        say_printed(peer, &none, out);
        return;
    }
    if (l == NULL)
        l = add(f, peer, trial->run, now);
    if (l == NULL)
        return;
    l->until = now + FOLLOW_MS;
    set_place(l, m, trial, begins);
    go_on(f, l, what, out);
}

void followers_printed(struct followers *f, const struct followed *what, when_ms now,
                       struct says *out) {
    for (uint32_t i = 0; i < f->used; i++) {
        struct follower *l = &f->items[i];
        if (l->run == what->trial->run && l->until > now)
            go_on(f, l, what, out);
    }
}

void followers_over(struct followers *f, const struct followed *what, bool lost, struct says *out) {
    const uint64_t printed = what->trial->printout.bytes;
    for (uint32_t i = 0; i < f->used; i++) {
        struct follower *l = &f->items[i];
        if (l->run != what->trial->run)
            continue;
        while (l->said < printed &&
               out->frames.cap - out->frames.len > (size_t)OTHERS_ROOM + LAST_ROOM)
            say_part(f, l, what, out);
        struct msg_printed end = of_trial(what);
        end.offset = printed;
        end.over = true;
        end.lost = lost;
        say_printed(l->peer, &end, out);
        l->run = 0;
    }
}
