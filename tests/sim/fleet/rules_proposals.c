/* What was proposed follows from the facts, on every disk (F7). */
#include "actors/facts/trial_row.h"
#include "actors/tuner/replay.h"
#include "proto/base/check.h"
#include "proto/base/mp.h"
#include "store/store_mem.h"
#include "tests/sim/fleet/fleet.h"

#include <stdlib.h>
#include <string.h>

typedef unsigned long long ull; /* for printf */

struct disk_slots {
    const struct host *host;
    const struct work *work;
};

/* False: nothing of it is there. */
static bool read_slot(const struct disk_slots *d, uint64_t slot, struct trial_row *row) {
    uint8_t memory[JOB_ID_BYTES + 8];
    struct buf key = buf_of(memory, sizeof memory);
    struct span stored;
    trial_row_key(&key, &d->work->id, slot);
    if (!store_mem_get(d->host->disk.store, TABLE_trials, buf_view(&key), &stored))
        return false;
    ensure(trial_row_decode(row, stored));
    return true;
}

static struct chain_news slot_on_disk(void *context, uint32_t slot) {
    const struct disk_slots *d = context;
    struct chain_news news = {.slot = slot};
    struct trial_row row;
    if (!read_slot(d, slot, &row))
        return news;
    const struct msg_learned learned = trial_row_learned(&d->work->id, &d->work->job, slot, &row);
    news.config = learned.config;
    news.status = (enum trial_status)learned.status;
    news.has_value = learned.has_value;
    news.value = learned.value;
    news.others = learned.others;
    news.run_ms = learned.run_ms;
    chain_news_curve(&news, learned.curve);
    return news;
}

/* Of several facts of one slot and rung the one that counts. */
static struct known_stand stand_on_disk(void *context, uint32_t slot, uint32_t rung) {
    const struct disk_slots *d = context;
    const struct ladder ladder = ladder_of_job(&d->work->job.rungs);
    const struct store *store = d->host->disk.store;
    struct known_stand found = {.attempt = 0};
    uint8_t memory[JOB_ID_BYTES + 8];
    struct buf prefix = buf_of(memory, sizeof memory);
    trial_row_key(&prefix, &d->work->id, slot);
    for (size_t i = store_mem_find(store, TABLE_stands, buf_view(&prefix));
         i < store_mem_rows(store, TABLE_stands); i++) {
        struct span key, stored;
        struct known_stand stand = {.attempt = 0};
        store_mem_row(store, TABLE_stands, i, &key, &stored);
        if (key.len < prefix.len || memcmp(key.data, prefix.data, prefix.len) != 0)
            break;
        struct mp value = mp_of(stored);
        (void)mp_bin(&value);
        ensure(curve_decode(&stand.curve, mp_bin(&value)));
        stand.saved = mp_bool(&value);
        stand.attempt = (uint32_t)trial_row_key_attempt(key);
        if (ladder_reached(&ladder, stand.curve.step) == rung + 1 &&
            known_stand_counts(&stand, &found))
            found = stand;
    }
    return found;
}

/* The index-th row of table proposals, when it is of the job. */
static bool read_proposal(const struct host *h, const struct work *work, size_t index,
                          struct replay_proposal *p) {
    struct span key, stored;
    if (index >= store_mem_rows(h->disk.store, TABLE_proposals))
        return false;
    store_mem_row(h->disk.store, TABLE_proposals, index, &key, &stored);
    if (key.len != JOB_ID_BYTES + NODE_ID_BYTES + 16 ||
        memcmp(key.data, work->id.bytes, JOB_ID_BYTES) != 0)
        return false;
    struct mp value = mp_of(stored);
    p->slot = (uint32_t)mp_u64(&value);
    (void)mp_u64(&value);
    p->config = mp_bin(&value);
    p->known = mp_bin(&value);
    p->asked = mp_u64(&value);
    memcpy(p->author.bytes, key.data + JOB_ID_BYTES, NODE_ID_BYTES);
    p->generation = read_be64(key.data + JOB_ID_BYTES + NODE_ID_BYTES);
    return mp_done(&value);
}

/* Some slot was begun or ended twice: what a proposal knew of it may not stand any more. */
static bool is_twofold(const struct host *h, const struct work *work, size_t first) {
    uint32_t times[WORK_SLOTS_MAX] = {0};
    struct replay_proposal p;
    for (size_t i = first; read_proposal(h, work, i, &p); i++) {
        if (++times[p.slot] > 1)
            return true;
    }
    const struct disk_slots disk = {.host = h, .work = work};
    struct trial_row row;
    for (uint64_t slot = 0; slot < rules_trials(h->fleet, work); slot++) {
        if (read_slot(&disk, slot, &row) && row.attempts.made > 1)
            return true;
    }
    return false;
}

/* In the end: from what all trials came to. */
static void derive_best(struct host *h, const struct work *work, struct replay *replay) {
    struct msg_job_row row;
    struct recommended best;
    ensure(rules_summary(h, work, &row));
    if (!row.recommended || rules_differed(h->fleet, work))
        return;
    fleet_ensure(h->fleet,
                 replay_recommend(replay, rules_trials(h->fleet, work), &best) &&
                     best.slot == row.best_slot && best.runs == row.best_runs &&
                     best.value == row.best_value && best.expected == row.best_expected,
                 "host %u: what job%u recommends does not follow from its results", h->number,
                 work->number);
}

static uint32_t derive(struct host *h, const struct work *work, struct replay *replay) {
    struct replay_proposal p;
    struct disk_slots disk = {.host = h, .work = work};
    const struct replay_slots slots = {
        .slot = slot_on_disk, .stand = stand_on_disk, .context = &disk};
    const size_t first = store_mem_find(h->disk.store, TABLE_proposals,
                                        span_of(work->id.bytes, sizeof work->id.bytes));
    const bool twofold = is_twofold(h, work, first);
    uint32_t same = 0;
    replay_init(replay, replay->chain, &slots);
    chain_clear(replay->chain);
    for (size_t i = first; read_proposal(h, work, i, &p); i++) {
        size_t derived;
        enum replay_verdict verdict = replay_next(replay, &p, &derived);
        same += verdict == REPLAY_SAME;
        fleet_ensure(h->fleet, verdict != REPLAY_DIFFERS,
                     "host %u: what was proposed as job%u #%u does not follow from what was known",
                     h->number, work->number, p.slot);
        fleet_ensure(h->fleet, verdict == REPLAY_SAME || twofold,
                     "host %u: what was known when job%u #%u was proposed is not there", h->number,
                     work->number, p.slot);
    }
    derive_best(h, work, replay);
    return same;
}

void rule_proposals(struct fleet *f, const struct work *work) {
    uint32_t capacity = chain_wants(&work->job), first = 0;
    if (!job_learns(&work->job))
        return;
    size_t size = chain_bytes(&work->job, NULL, capacity);
    void *memory = malloc(size);
    struct replay *replay = calloc(1, sizeof *replay);
    struct chain chain;
    struct arena arena = arena_of(memory, size);
    ensure(memory != NULL && replay != NULL);
    ensure(chain_init(&chain, &work->job, NULL, capacity, &arena));
    replay->chain = &chain;
    for (uint32_t i = 0; i < f->draft.hosts; i++) {
        uint32_t same = derive(&f->hosts[i], work, replay);
        first = i == 0 ? same : first;
        fleet_ensure(f, same == first,
                     "equal facts, but %u proposals of job%u can be derived on host 0 and %u on "
                     "host %u",
                     first, work->number, same, i);
    }
    free(replay);
    free(memory);
}
