#include "actors/tuner/chain.h"

#include "actors/tuner/chain_set.h"
#include "proto/base/check.h"
#include "proto/base/mp.h"

#include <string.h>

enum {
    STUDY_ALIGN = 64,
    MORE_SLOTS = 64 /* for slots with two configurations */
};

/* ---- memory ---- */

uint32_t chain_wants(const struct job *job) {
    uint64_t wanted = job->trials + job->trials / 8 + MORE_SLOTS;
    uint32_t most = TRIALS_MOST - job->history_count; /* the study knows that, too */
    return wanted < most ? (uint32_t)wanted : most;
}

static struct study_setup setup_of(const struct job *job, const struct algo *algo,
                                   uint32_t capacity) {
    return (struct study_setup){
        .job = job,
        .algo = algo,
        .objectives = job->objectives_count > 1 ? job->objectives_count : 1,
        .workers = job->parallel < LIMIT_SLOTS_NODE ? job->parallel : LIMIT_SLOTS_NODE,
        .steps = job->rungs.steps > 0 ? job->rungs.steps : 1,
        .rungs = {.trials = job->trials, .copies = true},
        .capacity = capacity,
    };
}

/* Trials that a study can have. */
static uint32_t trials_most(const struct job *job, uint32_t capacity) {
    uint64_t most = (uint64_t)capacity + job->history_count;
    return most < TRIALS_MOST ? (uint32_t)most : TRIALS_MOST;
}

static size_t slots_bytes(const struct job *job, uint32_t capacity) {
    return job_has_rungs(job) ? trials_most(job, capacity) * sizeof(uint32_t) : 0;
}

size_t chain_bytes(const struct job *job, const struct algo *algo, uint32_t capacity) {
    const struct study_setup setup = setup_of(job, algo, capacity);
    struct space space;
    space_of(&space, job);
    return known_bytes(capacity, job) + trials_bytes(&space, 1, 1, 1) + CHAIN_NEWS_BYTES +
           study_bytes(&setup) + slots_bytes(job, capacity) + 5 * STUDY_ALIGN;
}

bool chain_init(struct chain *c, const struct job *job, const struct algo *algo, uint32_t capacity,
                struct arena *arena) {
    *c = (struct chain){.job = *job, .described = job->trials};
    c->setup = setup_of(&c->job, algo, capacity);
    for (uint32_t i = 0; i < OBJECTIVES_MOST; i++)
        c->goals[i] = job->objectives[i].goal;
    c->setup.goals = c->goals;
    c->ladder = ladder_of_job(&job->rungs);
    space_of(&c->space, &c->job);
    void *news = arena_take_unset(arena, CHAIN_NEWS_BYTES);
    if (news == NULL || !trials_init(&c->none, &c->space, 1, 1, 1, arena) ||
        !known_init(&c->known, capacity, job, arena))
        return false;
    if (job_has_rungs(job))
        c->slots = arena_take_unset(arena, slots_bytes(job, capacity));
    c->news = buf_of(news, CHAIN_NEWS_BYTES);
    c->blind = (struct brief){.job = &c->job,
                              .space = &c->space,
                              .trials = &c->none,
                              .workers = 1,
                              .budget = job->trials};
    c->memory_size = study_bytes(&c->setup);
    c->memory = arena_take_unset(arena, c->memory_size);
    return c->memory != NULL;
}

bool chain_use(struct chain *c, struct span method) {
    struct study_setup setup = c->setup;
    if (setup.algo == NULL || !span_is(method, setup.algo->name))
        setup.algo = method.len == 0 ? NULL : algo_named(method);
    if ((setup.algo == NULL && method.len > 0) || study_bytes(&setup) > c->memory_size)
        return false;
    c->setup.algo = setup.algo;
    return true;
}

/* ---- what the study hears ---- */

static void break_off(struct chain *c) {
    c->study = NULL;
    buf_clear(&c->news);
}

void chain_clear(struct chain *c) {
    break_off(c);
    known_clear(&c->known);
}

void chain_extend(struct chain *c, uint64_t trials) {
    break_off(c);
    c->job.trials = c->setup.rungs.trials = c->blind.budget = trials;
}

void chain_inherit(struct chain *c, const struct chain *from) {
    known_copy(&c->known, &from->known);
    c->forgot = from->forgot;
}

static bool is_in(const struct chain *c, uint32_t trial, enum trial_state state) {
    return trial != KNOWN_NO_TRIAL && study_trials(c->study)->states[trial] == state;
}

/* The next slot of this one's configuration that something is known of, from `from` on. NULL: there
 * are no more. */
static struct known_slot *next_run(const struct chain *c, uint32_t slot, uint32_t from) {
    const uint32_t repeat = job_runs_each(c->setup.job), first = slot / repeat * repeat;
    struct known_slot *item = NULL;
    for (uint32_t i = from > first ? from : first; i - first < repeat && item == NULL; i++)
        item = i == slot ? NULL : known_find(&c->known, i);
    return item;
}

/* Runs of one configuration are one trial. */
static uint32_t trial_of_siblings(const struct chain *c, const struct known_slot *item) {
    const struct known_slot *other = next_run(c, item->slot, 0);
    while (other != NULL &&
           (other->trial == KNOWN_NO_TRIAL ||
            !span_equal(known_config(&c->known, other), known_config(&c->known, item))))
        other = next_run(c, item->slot, other->slot + 1);
    return other == NULL ? KNOWN_NO_TRIAL : other->trial;
}

static void give_trial(struct chain *c, struct known_slot *item, uint32_t trial) {
    item->trial = trial;
    if (c->slots != NULL && trial != KNOWN_NO_TRIAL)
        c->slots[trial] = item->slot;
}

/* False: the study has no more room. */
static bool adopt(struct chain *c, struct known_slot *item) {
    struct value values[LIMIT_PARAMS];
    uint32_t trial = trial_of_siblings(c, item);
    if (trial == KNOWN_NO_TRIAL) {
        uint64_t parent;
        ensure(job_config_decode(c->setup.job, known_config(&c->known, item), values, &parent));
        (void)study_adopt(c->study, values, parent != JOB_NO_PARENT, &trial);
    }
    give_trial(c, item, trial);
    return trial != KNOWN_NO_TRIAL;
}

/* What zyg or its machines did to a trial says nothing about its configuration. */
static bool says_nothing(const struct known_slot *item) {
    return !item->has_value && !trial_status_blames((enum trial_status)item->status);
}

/* It rests where it has stood last; one that has stood nowhere, as far as is known, will not go on. */
static void rest(struct chain *c, const struct known_slot *item) {
    if (!is_in(c, item->trial, AT_REST) && !study_rest(c->study, item->trial))
        ensure(study_drop(c->study, item->trial));
}

static void tell(struct chain *c, const struct known_slot *item) {
    struct measure m = {.breach = 0};
    struct study_result result = {
        .state = !item->has_value             ? ENDED_BADLY
                 : item->status == TRIAL_DONE ? ENDED_WELL
                                              : ENDED_SOON,
        .values = item->has_value ? m.values : NULL,
        .seconds = item->run_ms > 0 ? (double)item->run_ms / 1000 : 0,
        .run = item->slot % job_runs_each(c->setup.job),
        .settled = true, /* by the row */
        .curve = known_end(&c->known, item),
    };
    if (!is_in(c, item->trial, AT_WORK) && !is_in(c, item->trial, AT_REST))
        return; /* of one configuration a second result that is better, or of one that has failed */
    if (item->status == TRIAL_PAUSED) {
        rest(c, item);
        return;
    }
    if (item->has_value)
        ensure(measure_of(&m, c->setup.job, item->value, known_others(&c->known, item)));
    result.untold = result.state == ENDED_SOON && m.told < m.breach;
    result.breach = result.untold ? m.told : m.breach;
    if (says_nothing(item))
        ensure(study_drop(c->study, item->trial));
    else if (study_awaits(c->study, item->trial, result.run))
        ensure(study_tell(c->study, item->trial, &result));
}

static enum study_verdict judge(struct chain *c, const struct known_slot *item) {
    const struct known_stand *stand = known_last_stand(&c->known, item);
    return stand == NULL ? STUDY_GO_ON : study_judge(c->study, item->trial, stand->saved);
}

/* ---- the set ---- */

static void keep(struct chain *c, struct known_slot *item, const struct chain_news *news) {
    item->status = (uint8_t)news->status;
    item->has_value = news->has_value && trial_status_well(news->status);
    item->value = item->has_value ? news->value : 0;
    item->run_ms = news->status == TRIAL_OPEN ? 0 : news->run_ms;
    item->resumed = false;
    item->verdict = STUDY_GO_ON;
    known_set_others(&c->known, item, item->has_value ? news->others : (struct span){0});
    known_set_end(&c->known, item, &news->curve);
}

void chain_news_curve(struct chain_news *news, struct span curve) {
    if (!curve_decode(&news->curve, curve))
        news->curve = (struct curve){0};
}

static struct known_slot *put(struct chain *c, uint32_t slot) {
    struct known_slot *item = known_put(&c->known, slot);
    if (item != NULL)
        return item;
    break_off(c);
    c->forgot++;
    known_forget(&c->known, c->setup.job);
    return known_put(&c->known, slot); /* NULL: all of it is open */
}

static void note_end(struct chain *c, const struct known_slot *item) {
    uint8_t memory[CURVE_BYTES];
    struct buf curve = buf_of(memory, sizeof memory);
    if (known_end(&c->known, item) != NULL)
        curve_encode(known_end(&c->known, item), &curve);
    mp_put_bin(&c->news, buf_view(&curve));
}

static void note(struct chain *c, const struct known_slot *item, bool moved) {
    mp_put_u64(&c->news, item->slot);
    mp_put_u64(&c->news, item->status);
    mp_put_bin(&c->news, moved ? known_config(&c->known, item) : (struct span){0});
    if (item->status == TRIAL_OPEN)
        return;
    mp_put_i64(&c->news, item->run_ms);
    if (item->has_value)
        mp_put_f64(&c->news, item->value);
    else
        mp_put_nil(&c->news);
    if (item->others_len > 0)
        mp_put_bin(&c->news, known_others(&c->known, item));
    if (item->status == TRIAL_PAUSED)
        mp_put_u64(&c->news, item->attempts);
    else if (item->has_value && c->known.rungs > 0)
        note_end(c, item);
}

/* It has another configuration by now, and no other slot may have the old one. */
static void leave(struct chain *c, struct known_slot *item) {
    const struct known_slot *other = next_run(c, item->slot, 0);
    while (other != NULL && other->trial != item->trial)
        other = next_run(c, item->slot, other->slot + 1);
    if (other == NULL)
        (void)study_drop(c->study, item->trial);
}

/* moved: it has a configuration that the study does not know of this slot. */
static void follow(struct chain *c, struct known_slot *item, bool moved) {
    if (moved && item->trial != KNOWN_NO_TRIAL)
        leave(c, item);
    note(c, item, moved);
    if (c->news.overflow || (moved && !adopt(c, item)))
        break_off(c);
    else if (item->status != TRIAL_OPEN)
        tell(c, item);
}

/* Something that was known before what is known of it now. */
static bool is_old(const struct known_slot *item, const struct chain_news *news) {
    bool ended = item->status != TRIAL_OPEN;
    if (news->status == TRIAL_OPEN)
        return ended;
    if (news->status != TRIAL_PAUSED)
        return false;
    return item->status == TRIAL_OPEN ? item->resumed && news->attempts <= item->attempts
                                      : item->status != TRIAL_PAUSED;
}

/* It rested, and does not any more. */
static void reopen(struct chain *c, struct known_slot *item) {
    keep(c, item, &(struct chain_news){.status = TRIAL_OPEN});
    item->resumed = true;
}

/* It has been at a rung since so many attempts were made: whoever resumed it, it was. */
static bool went_on(const struct chain *c, const struct known_slot *item, uint32_t attempts) {
    bool went = false;
    for (uint32_t i = 0; i < c->known.rungs; i++)
        went = went || known_stand(&c->known, item, i)->attempt > attempts;
    return went;
}

void chain_learn(struct chain *c, const struct chain_news *news) {
    struct known_slot *item = known_find(&c->known, news->slot);
    bool moved = item == NULL || !span_equal(known_config(&c->known, item), news->config);
    bool ended = item != NULL && item->status != TRIAL_OPEN && item->status != TRIAL_PAUSED;
    bool rested = item != NULL && item->status == TRIAL_PAUSED && news->status == TRIAL_PAUSED;
    if (item != NULL && is_old(item, news))
        return;
    if (item == NULL && (item = put(c, news->slot)) == NULL)
        return;
    c->moved = true;
    item->attempts = news->attempts > item->attempts ? news->attempts : item->attempts;
    if (news->status == TRIAL_PAUSED && went_on(c, item, news->attempts)) {
        item->resumed = true;
        return;
    }
    if (moved)
        known_set_config(&c->known, item, news->config);
    if (c->known.rungs > 0 && news->status == TRIAL_PAUSED)
        *known_home(&c->known, item) = news->home;
    if (news->status != TRIAL_OPEN)
        keep(c, item, news);
    bool matters = moved || (!ended && !rested && news->status != TRIAL_OPEN);
    if (c->study != NULL && matters)
        follow(c, item, moved);
}

/* ---- rungs ---- */

static void note_stand(struct chain *c, const struct known_slot *item,
                       const struct known_stand *stand) {
    uint8_t memory[CURVE_BYTES];
    struct buf curve = buf_of(memory, sizeof memory);
    curve_encode(&stand->curve, &curve);
    mp_put_u64(&c->news, item->slot);
    mp_put_u64(&c->news, CHAIN_STAND);
    mp_put_bin(&c->news, (struct span){0});
    mp_put_u64(&c->news, stand->attempt);
    mp_put_bool(&c->news, stand->saved);
    mp_put_bin(&c->news, buf_view(&curve));
}

/* The study hears of it, and says what shall become of the trial. */
static void follow_stand(struct chain *c, struct known_slot *item,
                         const struct known_stand *stand) {
    if (item->status == TRIAL_PAUSED && !is_in(c, item->trial, AT_REST))
        break_off(c); /* it was dropped, and can rest: a new chain knows it */
    if (c->study == NULL || item->trial == KNOWN_NO_TRIAL || item->status != TRIAL_OPEN)
        return;
    note_stand(c, item, stand);
    if (c->news.overflow) {
        break_off(c);
        return;
    }
    if (item->resumed) /* by another leader, when it rests here */
        (void)study_go_on(c->study, item->trial);
    if (study_stand(c->study, item->trial, &stand->curve) &&
        stand == known_last_stand(&c->known, item))
        item->verdict = (uint8_t)judge(c, item);
}

void chain_stand(struct chain *c, const struct chain_stand *news) {
    uint32_t reached = ladder_reached(&c->ladder, news->stand.curve.step);
    if (reached == 0)
        return;
    if (known_find(&c->known, news->slot) == NULL)
        chain_learn(c, &(struct chain_news){.slot = news->slot, .config = news->config});
    struct known_slot *item = known_find(&c->known, news->slot);
    if (item == NULL)
        return;
    struct known_stand *stand = known_stand(&c->known, item, reached - 1);
    bool first = stand->curve.told == 0;
    if (!known_stand_counts(&news->stand, stand))
        return;
    c->moved = true;
    *stand = news->stand;
    if (item->status == TRIAL_PAUSED && went_on(c, item, item->attempts))
        reopen(c, item);
    if (first && c->study != NULL)
        follow_stand(c, item, stand);
}

/* ---- a new chain ---- */

/* From one rung up to another, which it does not hear of. */
static void tell_stands(struct chain *c, const struct known_slot *item, uint32_t from,
                        uint32_t to) {
    for (uint32_t i = from; i < to; i++) {
        const struct known_stand *stand = known_stand(&c->known, item, i);
        if (stand->curve.told > 0)
            (void)study_stand(c->study, item->trial, &stand->curve);
    }
}

/* A slot comes into a new study as it stands now, by the way it went: at a rung where it has stood since it went on it is
 * judged. */
static void take_in(struct chain *c, struct known_slot *item) {
    const uint32_t rested = item->status == TRIAL_OPEN ? chain_set_rested_at(c, item) : 0;
    ensure(adopt(c, item)); /* as many as can be known */
    tell_stands(c, item, 0, rested);
    if (rested > 0 && study_rest(c->study, item->trial))
        ensure(study_go_on(c->study, item->trial));
    tell_stands(c, item, rested, c->known.rungs);
    if (item->status != TRIAL_OPEN)
        tell(c, item);
}

static void begin_again(struct chain *c) {
    struct known *k = &c->known;
    struct arena arena = arena_of(c->memory, c->memory_size);
    if (k->count >= k->capacity - k->capacity / 8) {
        known_forget(k, c->setup.job);
        c->forgot++;
    }
    known_sort(k);
    buf_clear(&c->news);
    c->number = 0;
    c->moved = false;
    c->study = study_init(&c->setup, &arena);
    ensure(c->study != NULL);
    for (uint32_t i = 0; i < k->count; i++)
        k->items[i].trial = KNOWN_NO_TRIAL; /* those of the study before */
    for (uint32_t i = 0; i < k->count; i++)
        take_in(c, &k->items[k->order[i]]);
    for (uint32_t i = 0; i < k->count && k->rungs > 0; i++) {
        struct known_slot *item = &k->items[k->order[i]];
        if (item->status == TRIAL_OPEN)
            item->verdict = (uint8_t)judge(c, item);
    }
}

/* ---- asking ---- */

static struct known_slot *slot_of(const struct chain *c, uint32_t trial) {
    struct known_slot *item = known_find(&c->known, c->slots[trial]);
    return item != NULL && item->trial == trial ? item : NULL;
}

/* There are more slots than configurations: some come twice. */
static uint32_t propose_again(struct chain *c, uint32_t slot, struct buf *config) {
    uint32_t trial = KNOWN_NO_TRIAL, count = c->setup.job->params_count;
    struct value values[LIMIT_PARAMS];
    ensure(algo_random.propose(NULL, &c->blind, slot, values));
    config_encode(config, values, count);
    (void)study_adopt(c->study, values, false, &trial);
    return trial;
}

static bool is_full(const struct chain *c) {
    const struct trials *t = study_trials(c->study);
    return t->count == t->capacity;
}

static void ask_study(struct chain *c, uint32_t slot, struct span near, struct study_proposal *p) {
    const uint64_t number = slot / job_runs_each(c->setup.job);
    uint32_t trials[LIMIT_NEAR];
    const struct rungs_near some = {.trials = trials,
                                    .count = known_trials(&c->known, near, trials)};
    study_ask_as(c->study, number, near.len > 0 ? &some : NULL, p);
}

uint64_t chain_parent(const struct chain *c, uint32_t slot) {
    const struct known_slot *item = known_find(&c->known, slot);
    return item == NULL ? JOB_NO_PARENT
                        : job_config_parent(c->setup.job, known_config(&c->known, item));
}

static uint64_t parent_of(const struct chain *c, const struct study_proposal *p) {
    return p->parent == STUDY_NO_PARENT ? JOB_NO_PARENT : slot_of(c, p->parent)->slot;
}

static void put_known(struct chain *c, struct span near, struct buf *known) {
    mp_put_u64(known, c->number);
    if (job_copies(c->setup.job))
        mp_put_bin(known, near);
    if (c->number == 0 && c->job.trials != c->described)
        mp_put_u64(known, c->job.trials);
    if (c->number == 0)
        chain_set_put(c, known);
    else
        buf_span(known, buf_view(&c->news));
    if (known->overflow || known->len > CHAIN_KNOWN_BYTES) {
        buf_clear(known);
        mp_put_nil(known);
    }
    buf_clear(&c->news);
    c->number++;
}

static void resume(struct chain *c, struct known_slot *item, struct buf *config) {
    buf_span(config, known_config(&c->known, item));
    reopen(c, item);
}

/* What the study heard since it was made, before any proposal said that it was. */
static bool is_stale(const struct chain *c) {
    return c->number == 0 && c->moved;
}

static struct chain_answer ask(struct chain *c, uint32_t slot, struct span near, struct buf *config,
                               struct buf *known) {
    const bool is_new = slot < c->setup.job->trials;
    struct study_proposal p;
    if (c->study == NULL || is_stale(c) || (is_new && is_full(c)))
        begin_again(c);
    ask_study(c, slot, near, &p);
    if (p.answer == STUDY_RESUME) {
        struct known_slot *item = slot_of(c, p.trial);
        ensure(item != NULL); /* only what is known of a slot lets a trial rest */
        put_known(c, near, known);
        resume(c, item, config);
        return (struct chain_answer){.answer = STUDY_RESUME, .slot = item->slot};
    }
    const bool hopeless = p.answer == STUDY_OVER && p.why == STUDY_NO_HOPE;
    if (!is_new || hopeless)
        return (struct chain_answer){.answer = p.answer, .hopeless = hopeless};
    if (p.answer == STUDY_START)
        job_config_encode(c->setup.job, p.values, parent_of(c, &p), config);
    uint32_t trial = p.answer == STUDY_START ? p.trial : propose_again(c, slot, config);
    put_known(c, near, known);
    struct known_slot *item = put(c, slot);
    if (item == NULL) { /* thousands are open, and little memory */
        break_off(c);
    } else {
        give_trial(c, item, trial);
        known_set_config(&c->known, item, buf_view(config));
    }
    return (struct chain_answer){.answer = STUDY_START, .slot = slot};
}

struct chain_answer chain_ask(struct chain *c, uint32_t slot, struct span near, struct buf *config,
                              struct buf *known) {
    const struct known_slot *item = known_find(&c->known, slot);
    const bool again = item == NULL && (item = next_run(c, slot, 0)) != NULL;
    if (item == NULL)
        return ask(c, slot, near, config, known);
    buf_span(config, known_config(&c->known, item));
    if (again) /* a further run of a configuration is news like another's proposal */
        chain_learn(c, &(struct chain_news){
                           .slot = slot, .config = buf_view(config), .status = TRIAL_OPEN});
    return (struct chain_answer){.answer = STUDY_START, .slot = slot};
}

/* Of a new study, of this trial's configuration. NULL: only an earlier job has run it. */
static const struct known_slot *first_run(const struct chain *c, uint32_t trial) {
    const struct trials *t = study_trials(c->study);
    const struct known_slot *found = NULL;
    for (uint32_t i = 0; i < c->known.count && found == NULL; i++) {
        const struct known_slot *item = &c->known.items[c->known.order[i]];
        if (item->has_value && trials_head(t, item->trial) == trials_head(t, trial))
            found = item;
    }
    return found;
}

bool chain_recommend(struct chain *c, struct recommended *out) {
    struct study_best best;
    if (!c->job.repeat_auto)
        return false;
    begin_again(c);
    if (!study_best(c->study, &best))
        return false;
    const struct known_slot *item = first_run(c, best.trial);
    if (item == NULL)
        return false;
    *out = (struct recommended){.slot = item->slot,
                                .runs = best.runs,
                                .value = best.value,
                                .error = best.error,
                                .expected = best.expected,
                                .config = known_config(&c->known, item)};
    return true;
}

bool chain_is_open(const struct chain *c, uint32_t slot) {
    const struct known_slot *item = known_find(&c->known, slot);
    return item != NULL && item->status == TRIAL_OPEN;
}

void chain_alone(struct chain *c) {
    for (uint32_t i = 0; i < c->known.count; i++) {
        struct known_slot *item = &c->known.items[i];
        if (item->status != TRIAL_OPEN || !item->resumed)
            continue;
        item->status = TRIAL_PAUSED;
        item->resumed = false;
        break_off(c); /* a new chain says so */
    }
}

enum study_verdict chain_judge(struct chain *c, uint32_t slot, uint64_t attempt) {
    const struct known_slot *item = known_find(&c->known, slot);
    if (item == NULL || item->status != TRIAL_OPEN)
        return STUDY_GO_ON;
    const struct known_stand *stand = known_last_stand(&c->known, item);
    if (stand == NULL || stand->attempt != attempt)
        return STUDY_GO_ON;
    if (c->study == NULL)
        begin_again(c);
    item = known_find(&c->known, slot); /* something may have been forgotten */
    return item == NULL ? STUDY_GO_ON : (enum study_verdict)item->verdict;
}
