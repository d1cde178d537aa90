#include "actors/tuner/tuner.h"

#include "proto/base/check.h"

#include <assert.h>
#include <stdalign.h>
#include <stdio.h>
#include <string.h>

/* What each seat has of the memory, one after the other. */
enum { ALGO_ARENA_BYTES = 2 << 20 };
enum { SEAT_BYTES = LIMIT_JOB_SPEC_BYTES + JOB_ARENA_BYTES + ALGO_ARENA_BYTES };

static_assert(SEAT_BYTES % alignof(max_align_t) == 0, "every seat begins as aligned as the first");

size_t tuner_memory(size_t pool) {
    return (size_t)SEAT_BYTES * LIMIT_JOBS_OPEN + CHAIN_KNOWN_BYTES + pool;
}

void tuner_init(struct tuner *t, void *memory, size_t size) {
    ensure(size >= tuner_memory(0));
    memset(t, 0, sizeof *t);
    t->memory = memory;
    t->known = t->memory + (size_t)SEAT_BYTES * LIMIT_JOBS_OPEN;
    t->pool = pool_of(t->known + CHAIN_KNOWN_BYTES, size - tuner_memory(0));
}

static struct tuner_seat *find_seat(struct tuner *t, const struct job_id *id) {
    for (size_t i = 0; i < LIMIT_JOBS_OPEN; i++) {
        if (t->seats[i].open && job_id_equal(&t->seats[i].id, id))
            return &t->seats[i];
    }
    return NULL;
}

static struct tuner_seat *find_free(struct tuner *t) {
    for (size_t i = 0; i < LIMIT_JOBS_OPEN; i++) {
        if (!t->seats[i].open)
            return &t->seats[i];
    }
    return NULL;
}

/* Decodes the job into the seat's own memory and prepares its algorithm. */
static bool take_seat(struct tuner *t, struct tuner_seat *seat, struct span spec, uint64_t trials) {
    uint8_t *memory = t->memory + (size_t)(seat - t->seats) * SEAT_BYTES;
    struct arena job_arena = arena_of(memory + LIMIT_JOB_SPEC_BYTES, JOB_ARENA_BYTES);
    struct arena algo_arena =
        arena_of(memory + LIMIT_JOB_SPEC_BYTES + JOB_ARENA_BYTES, ALGO_ARENA_BYTES);
    struct err ignored; /* facts has answered whoever sent a bad job */
    if (spec.len == 0 || spec.len > LIMIT_JOB_SPEC_BYTES)
        return false;
    memcpy(memory, spec.data, spec.len);
    if (!job_decode(&seat->job, span_of(memory, spec.len), &job_arena, &ignored))
        return false;
    seat->described = seat->job.trials;
    if (trials > seat->described)
        seat->job.trials = trials;
    space_of(&seat->space, &seat->job);
    if (!trials_init(&seat->none, &seat->space, 1, 1, 1, &algo_arena))
        return false;
    seat->brief = (struct brief){.job = &seat->job,
                                 .space = &seat->space,
                                 .trials = &seat->none,
                                 .workers = 1,
                                 .budget = seat->job.trials};
    seat->algo = job_learns(&seat->job) ? &algo_random : algo_of(seat->job.method);
    if (seat->algo->init != NULL)
        seat->state = seat->algo->init(&seat->brief, &algo_arena);
    return seat->algo->init == NULL || seat->state != NULL;
}

static void begin_chain(const struct tuner_seat *seat, struct chain *chain, const struct algo *algo,
                        uint32_t capacity, struct arena *arena) {
    struct job described = seat->job;
    described.trials = seat->described;
    ensure(chain_init(chain, &described, algo, capacity, arena));
    if (seat->job.trials > seat->described)
        chain_extend(chain, seat->job.trials);
}

/* All it wants, or half of that, or half of that ... NULL: these would be fewer than `least`. */
static struct chain *take_chain(struct tuner *t, const struct tuner_seat *seat,
                                const struct algo *algo, uint32_t least, struct piece *piece) {
    uint32_t capacity = chain_wants(&seat->job);
    size_t most = pool_most(&t->pool), beside = sizeof(struct chain) + POOL_ALIGN;
    *piece = (struct piece){.size = 0};
    while (capacity >= least &&
           (chain_bytes(&seat->job, algo, capacity) + beside > most ||
            !pool_take(&t->pool, chain_bytes(&seat->job, algo, capacity) + beside, piece)))
        capacity /= 2;
    if (piece->size == 0)
        return NULL;
    struct arena arena = arena_of(t->pool.memory + piece->from, piece->size);
    struct chain *chain = arena_take(&arena, sizeof *chain);
    ensure(chain != NULL);
    begin_chain(seat, chain, algo, capacity, &arena);
    return chain;
}

/* The job's method, if enough can be remembered; else a lighter one. */
static struct chain *take_some_chain(struct tuner *t, struct tuner_seat *seat) {
    uint32_t wants = chain_wants(&seat->job);
    enum method lighter = algo_lighter(seat->job.method, seat->job.objectives_count);
    bool has_lighter = lighter != METHOD_RANDOM;
    uint32_t least = has_lighter && wants > CHAIN_ENOUGH ? CHAIN_ENOUGH : CHAIN_LEAST;
    struct chain *chain = take_chain(t, seat, NULL, least, &seat->piece);
    if (chain == NULL && has_lighter)
        chain = take_chain(t, seat, algo_of(lighter), CHAIN_LEAST, &seat->piece);
    return chain;
}

static bool hear_job_open(struct tuner *t, const struct msg_job_open *m) {
    struct tuner_seat *seat = find_free(t);
    if (seat == NULL || find_seat(t, &m->job) != NULL)
        return false;
    if (t->seats_used <= (uint32_t)(seat - t->seats))
        t->seats_used = (uint32_t)(seat - t->seats) + 1;
    if (!take_seat(t, seat, m->spec, m->trials))
        return false;
    if (job_learns(&seat->job))
        seat->chain = take_some_chain(t, seat);
    seat->id = m->job;
    seat->learned = 0;
    seat->open = true;
    return true;
}

/* A chain with room for more slots, if there is memory for both; else it will forget the oldest. */
static void grow_chain(struct tuner *t, struct tuner_seat *seat) {
    struct piece piece;
    struct chain *old = seat->chain;
    if (chain_wants(&seat->job) <= old->known.capacity)
        return;
    seat->said = false;
    struct chain *chain = take_chain(t, seat, old->setup.algo, old->known.capacity + 1, &piece);
    if (chain == NULL)
        return;
    chain_inherit(chain, old);
    pool_give(&t->pool, &seat->piece);
    seat->chain = chain;
    seat->piece = piece;
}

static bool hear_job_extended(struct tuner *t, const struct msg_job_extended *m) {
    struct tuner_seat *seat = find_seat(t, &m->job);
    if (seat == NULL || m->trials <= seat->job.trials || m->trials > LIMIT_SLOTS_JOB)
        return false;
    seat->job.trials = seat->brief.budget = m->trials;
    if (seat->chain == NULL)
        return true;
    grow_chain(t, seat);
    chain_extend(seat->chain, m->trials);
    return true;
}

/* What it is a fact of can be one of the job's. */
static bool is_slot(const struct tuner_seat *seat, uint64_t slot, struct span config) {
    struct value values[LIMIT_PARAMS];
    return slot < seat->job.trials && slot <= UINT32_MAX &&
           job_config_read(&seat->job, config, values);
}

static bool hear_learned(struct tuner *t, const struct msg_learned *m) {
    struct tuner_seat *seat = find_seat(t, &m->job);
    struct chain_news news = {
        .config = m->config, .value = m->value, .run_ms = m->run_ms, .others = m->others};
    struct measure measured;
    if (seat != NULL)
        seat->learned++;
    if (seat == NULL || !is_slot(seat, m->slot, m->config) ||
        !trial_status_of(m->status, &news.status) || m->value - m->value != 0)
        return false;
    news.slot = (uint32_t)m->slot;
    news.attempts = m->attempts > UINT32_MAX ? UINT32_MAX : (uint32_t)m->attempts;
    news.home = m->author;
    news.has_value = m->has_value && measure_of(&measured, &seat->job, m->value, m->others);
    chain_news_curve(&news, m->curve);
    if (seat->chain != NULL)
        chain_learn(seat->chain, &news);
    return true;
}

static bool hear_stands(struct tuner *t, const struct msg_stands *m) {
    struct tuner_seat *seat = find_seat(t, &m->job);
    struct chain_stand news = {.config = m->config, .stand.saved = m->saved};
    if (seat == NULL || !is_slot(seat, m->slot, m->config) || m->attempt > UINT32_MAX ||
        !curve_decode(&news.stand.curve, m->curve))
        return false;
    news.slot = (uint32_t)m->slot;
    news.stand.attempt = (uint32_t)m->attempt;
    if (seat->chain != NULL)
        chain_stand(seat->chain, &news);
    return true;
}

static bool hear_judge(struct tuner *t, const struct msg_judge *m, struct says *out) {
    struct tuner_seat *seat = find_seat(t, &m->job);
    if (seat == NULL || m->slot >= seat->job.trials)
        return false;
    enum study_verdict verdict =
        seat->chain != NULL ? chain_judge(seat->chain, (uint32_t)m->slot, m->attempt) : STUDY_GO_ON;
    if (verdict != STUDY_GO_ON)
        say(out, &(struct msg){.kind = MSG_judged,
                               .judged = {.job = m->job,
                                          .slot = m->slot,
                                          .attempt = m->attempt,
                                          .pause = verdict == STUDY_PAUSE}});
    return true;
}

/* The job and the slot alone say it. */
static void propose_alone(struct tuner_seat *seat, uint64_t slot, struct buf *config) {
    const struct job *job = &seat->job;
    const uint64_t number = slot / job->repeat;
    const struct algo *algo = number < job->configs_count ? &algo_list : seat->algo; /* try_first */
    struct value values[LIMIT_PARAMS];
    uint32_t wrong;
    ensure(algo->propose(seat->state, &seat->brief, number, values));
    /* No peer can make this false: job_decode has put the job through job_check, which lets only
     * such parameters pass that every point and every draw of them is a value of theirs. */
    ensure(job_config_valid(job, values, &wrong));
    config_encode(config, values, job->params_count);
}

/* Once, where the job is led. */
static void say_short(struct tuner_seat *seat, struct says *out) {
    char text[240];
    const struct chain *chain = seat->chain;
    uint32_t capacity = chain != NULL ? chain->known.capacity : 0;
    const struct algo *lighter = chain != NULL ? chain->setup.algo : NULL;
    const char *hopes_on = seat->job.until_hopeless ? ", and `patience: auto` does not hold" : "";
    if (seat->said || !job_learns(&seat->job) || (capacity >= seat->job.trials && lighter == NULL))
        return;
    seat->said = true;
    if (lighter != NULL) {
        snprintf(text, sizeof text, "memory is short: %s proposes in job %.*s in place of %s%s%s",
                 lighter->name, (int)(seat->job.name.len < 64 ? seat->job.name.len : 64),
                 (const char *)seat->job.name.data, job_method_name(seat->job.method),
                 capacity >= seat->job.trials ? "" : ", and will forget its oldest trials",
                 hopes_on);
        say(out, &(struct msg){.kind = MSG_note, .note.text = span_text(text)});
        return;
    }
    snprintf(text, sizeof text, "memory is short: the search of job %.*s %s%s",
             (int)(seat->job.name.len < 64 ? seat->job.name.len : 64),
             (const char *)seat->job.name.data,
             capacity == 0 ? "draws at random" : "will forget its oldest trials",
             capacity == 0 ? hopes_on : "");
    say(out, &(struct msg){.kind = MSG_note, .note.text = span_text(text)});
}

/* What its next attempt has to know of those before. curve: CURVE_BYTES. */
static void put_past(const struct tuner_seat *seat, struct msg_proposed *p, bool resumed,
                     struct buf *curve) {
    const struct known *known = &seat->chain->known;
    const struct known_slot *item = known_find(known, (uint32_t)p->slot);
    const struct known_stand *stand = item == NULL ? NULL : known_last_stand(known, item);
    const uint64_t parent = chain_parent(seat->chain, (uint32_t)p->slot);
    p->from = parent == JOB_NO_PARENT ? 0 : parent + 1;
    if (stand != NULL)
        curve_encode(&stand->curve, curve);
    p->curve = buf_view(curve);
    if (!resumed)
        return;
    p->attempts = item->attempts;
    p->home = *known_home(known, item);
}

/* What the search recommends, if the job asks for that. It costs a new study: only once all has ended is it wanted. */
static void put_best(struct tuner_seat *seat, struct buf *out) {
    struct recommended best;
    if (seat->chain == NULL || !chain_recommend(seat->chain, &best))
        return;
    recommended_encode(&best, out);
    if (out->overflow || out->len > RECOMMENDED_BYTES)
        buf_clear(out);
}

static bool hear_propose(struct tuner *t, const struct msg_propose *m, struct says *out) {
    struct tuner_seat *seat = find_seat(t, &m->job);
    bool for_none = seat != NULL && (job_has_rungs(&seat->job) || seat->job.repeat_auto);
    if (seat == NULL || m->slot >= seat->job.trials + for_none)
        return false;
    struct buf config = buf_of(t->config, sizeof t->config);
    struct buf known = buf_of(t->known, CHAIN_KNOWN_BYTES);
    uint8_t curve_memory[CURVE_BYTES];
    struct buf curve = buf_of(curve_memory, sizeof curve_memory);
    if (m->alone && seat->chain != NULL)
        chain_alone(seat->chain);
    struct chain_answer a = {.answer = STUDY_START, .slot = (uint32_t)m->slot};
    if (m->rested && (seat->chain == NULL || !chain_is_open(seat->chain, (uint32_t)m->slot)))
        a.answer = STUDY_WAIT;
    else if (seat->chain != NULL)
        a = chain_ask(seat->chain, (uint32_t)m->slot, m->near, &config, &known);
    else if (m->slot == seat->job.trials)
        a.answer = STUDY_OVER;
    else
        propose_alone(seat, m->slot, &config);
    ensure(!config.overflow);
    if (a.answer == STUDY_WAIT || a.answer == STUDY_OVER) {
        if (a.answer == STUDY_OVER && m->alone)
            put_best(seat, &known);
        say(out, &(struct msg){.kind = MSG_unproposed,
                               .unproposed = {.job = m->job,
                                              .slot = m->slot,
                                              .over = a.answer == STUDY_OVER,
                                              .best = buf_view(&known),
                                              .learned = seat->learned,
                                              .hopeless = a.hopeless ? seat->job.trials : 0}});
        return true;
    }
    struct msg answer = {
        .kind = MSG_proposed,
        .proposed = {.job = m->job,
                     .slot = a.slot,
                     .config = buf_view(&config),
                     .known = buf_view(&known),
                     .asked = a.answer == STUDY_RESUME ? m->slot + 1 : 0},
    };
    if (seat->chain != NULL)
        put_past(seat, &answer.proposed, a.answer == STUDY_RESUME, &curve);
    say(out, &answer);
    say_short(seat, out);
    return true;
}

/* A job may be shut that never was open here: a cancelled one. */
static bool hear_job_shut(struct tuner *t, const struct msg_job_shut *m) {
    struct tuner_seat *seat = find_seat(t, &m->job);
    if (seat == NULL)
        return true;
    pool_give(&t->pool, &seat->piece);
    *seat = (struct tuner_seat){.open = false};
    return true;
}

static void tuner_step(void *self, const struct event *event, struct moment at, struct says *out) {
    struct tuner *t = self;
    const struct msg *m = &event->msg;
    bool made_sense = false;
    (void)at; /* no proposal depends on when it is made */
    switch (m->kind) {
    case MSG_NONE: made_sense = true; break;
    case MSG_job_open: made_sense = hear_job_open(t, &m->job_open); break;
    case MSG_job_extended: made_sense = hear_job_extended(t, &m->job_extended); break;
    case MSG_learned: made_sense = hear_learned(t, &m->learned); break;
    case MSG_propose: made_sense = hear_propose(t, &m->propose, out); break;
    case MSG_stands: made_sense = hear_stands(t, &m->stands); break;
    case MSG_judge: made_sense = hear_judge(t, &m->judge, out); break;
    case MSG_job_shut: made_sense = hear_job_shut(t, &m->job_shut); break;
    default: break;
    }
    t->nonsense += made_sense ? 0 : 1;
}

static when_ms tuner_deadline(const void *self) {
    (void)self;
    return WHEN_NEVER;
}

static void tuner_check(const void *self) {
    const struct tuner *t = self;
    for (size_t i = 0; i < LIMIT_JOBS_OPEN; i++) {
        const struct tuner_seat *seat = &t->seats[i];
        if (!seat->open)
            continue;
        ensure(seat->chain == NULL || job_learns(&seat->job));
        ensure(seat->chain == NULL || seat->chain->job.trials == seat->job.trials);
        ensure(seat->job.params_count <= LIMIT_PARAMS);
        for (size_t k = 0; k < i; k++)
            ensure(!t->seats[k].open || !job_id_equal(&t->seats[k].id, &seat->id));
    }
}

/* What lies between the pieces, and the studies of jobs that are not led here. */
static void spare_pool(struct tuner *t, const struct spare *spare) {
    size_t from = 0;
    while (from < t->pool.touched) {
        size_t to = pool_gap(&t->pool, &from);
        if (to > from)
            spare_take(spare, t->pool.memory + from, to - from);
        from = to;
    }
    for (uint32_t i = 0; i < t->seats_used; i++) {
        const struct chain *chain = t->seats[i].chain;
        if (t->seats[i].open && chain != NULL && chain->study == NULL)
            spare_take(spare, chain->memory, chain->memory_size);
    }
}

static void tuner_spare(void *self, const struct spare *spare) {
    struct tuner *t = self;
    for (uint32_t i = 0; i < t->seats_used; i++) {
        if (!t->seats[i].open)
            spare_take(spare, t->memory + (size_t)i * SEAT_BYTES, SEAT_BYTES);
    }
    spare_take(spare, t->config, sizeof t->config);
    spare_take(spare, t->known, CHAIN_KNOWN_BYTES);
    spare_pool(t, spare);
}

struct core tuner_core(struct tuner *t) {
    return (struct core){
        .room = ROOM_TUNER,
        .self = t,
        .step = tuner_step,
        .deadline = tuner_deadline,
        .check = tuner_check,
        .spare = tuner_spare,
    };
}
