/* What configurations that are run several times are worth: reckoned once more from the trials of each disk. */
#include "actors/facts/trial_row.h"
#include "proto/job/frontier.h"
#include "store/store_mem.h"
#include "tests/sim/fleet/fleet.h"

#include <math.h>
#include <string.h>

typedef unsigned long long ull; /* for printf */

struct mean {
    uint64_t slot;
    struct measure measure;
    double error;
};

static bool read_run(const struct host *h, const struct work *work, uint64_t slot,
                     struct measure *m) {
    uint8_t memory[JOB_ID_BYTES + 8];
    struct buf key = buf_of(memory, sizeof memory);
    struct span bytes;
    struct trial_row row;
    trial_row_key(&key, &work->id, slot);
    if (!store_mem_get(h->disk.store, TABLE_trials, buf_view(&key), &bytes))
        return false;
    fleet_ensure(h->fleet, trial_row_decode(&row, bytes), "host %u: #%llu cannot be read",
                 h->number, (ull)slot);
    return row.finished && row.has_value && measure_of(m, &work->job, row.value, row.others);
}

/* False: not all of its runs have ended well. */
static bool reckon(const struct host *h, const struct work *work, uint64_t first,
                   struct mean *mean) {
    const uint32_t repeat = work->job.repeat;
    struct measure runs[REPEAT_MAX];
    *mean = (struct mean){.slot = first};
    for (uint32_t i = 0; i < repeat; i++) {
        if (!read_run(h, work, first + i, &runs[i]))
            return false;
        mean->measure.breach += runs[i].breach;
        for (uint32_t k = 0; k < work->job.objectives_count; k++)
            mean->measure.values[k] += runs[i].values[k];
    }
    mean->measure.breach /= repeat;
    for (uint32_t k = 0; k < work->job.objectives_count; k++)
        mean->measure.values[k] /= repeat;
    for (uint32_t i = 0; i < repeat; i++)
        mean->error += pow(runs[i].values[0] - mean->measure.values[0], 2);
    mean->error = sqrt(mean->error / (repeat - 1) / repeat);
    return true;
}

static void judge_rank(const struct host *h, const struct work *work, const struct mean *mean) {
    uint8_t memory[RANK_KEY_BYTES_MAX];
    struct buf key = buf_of(memory, sizeof memory);
    struct span bytes;
    struct measure kept;
    uint64_t runs = 0;
    trial_row_rank_key(&key, &work->id, &work->job, &mean->measure, mean->slot);
    fleet_ensure(h->fleet,
                 store_mem_get(h->disk.store, TABLE_rank, buf_view(&key), &bytes) &&
                     trial_row_rank_read(bytes, &work->job, &runs, &kept) &&
                     runs == work->job.repeat &&
                     measure_compare(&work->job, &kept, &mean->measure) == 0,
                 "host %u: the runs of job%u from #%llu on have a mean and do not rank by it",
                 h->number, work->number, (ull)mean->slot);
}

static uint64_t ranks_of(const struct host *h, const struct work *work) {
    const struct span id = span_of(work->id.bytes, JOB_ID_BYTES);
    const struct store *s = h->disk.store;
    size_t at = store_mem_find(s, TABLE_rank, id);
    uint64_t count = 0;
    for (; at < store_mem_rows(s, TABLE_rank); at++, count++) {
        struct span key, value;
        store_mem_row(s, TABLE_rank, at, &key, &value);
        if (key.len < JOB_ID_BYTES || memcmp(key.data, id.data, JOB_ID_BYTES) != 0)
            break;
    }
    return count;
}

static bool is_beaten(const struct work *work, const struct mean *means, uint32_t count,
                      const struct mean *mean) {
    for (uint32_t i = 0; i < count; i++) {
        const struct mean *other = &means[i];
        const bool equal = measure_compare(&work->job, &other->measure, &mean->measure) == 0;
        if (other->measure.breach > 0 || other == mean)
            continue;
        if (equal ? other->slot < mean->slot
                  : measure_dominates(&work->job, other->measure.values, mean->measure.values))
            return true;
    }
    return false;
}

static void judge_front(const struct host *h, const struct work *work, const struct mean *means,
                        uint32_t count, const struct frontier *kept) {
    uint64_t broken = 0;
    uint32_t found = 0;
    for (uint32_t i = 0; i < count; i++) {
        broken += means[i].measure.breach > 0;
        if (work->job.objectives_count < 2 || means[i].measure.breach > 0 ||
            is_beaten(work, means, count, &means[i]))
            continue;
        const struct frontier_point *point = frontier_find(kept, means[i].slot);
        fleet_ensure(h->fleet,
                     rules_differed(h->fleet, work) ||
                         (point != NULL && memcmp(point->values, means[i].measure.values,
                                                  sizeof point->values) == 0),
                     "host %u: no other beats the runs of job%u from #%llu on, and they do not "
                     "stand on its front",
                     h->number, work->number, (ull)means[i].slot);
        found += point != NULL;
    }
    fleet_ensure(h->fleet, kept->broken == broken && kept->count == found,
                 "host %u: %u on the front of job%u and %llu that break a constraint, expected "
                 "%u and %llu",
                 h->number, kept->count, work->number, (ull)kept->broken, found, (ull)broken);
}

static void judge_best(const struct host *h, const struct work *work, const struct mean *means,
                       uint32_t count, const struct msg_job_row *row) {
    const struct mean *best = NULL;
    for (uint32_t i = 0; i < count; i++) {
        if (!(means[i].measure.breach > 0) &&
            (best == NULL || measure_compare(&work->job, &means[i].measure, &best->measure) < 0))
            best = &means[i];
    }
    fleet_ensure(
        h->fleet,
        row->has_best == (best != NULL) &&
            (best == NULL || (row->best_slot == best->slot && row->best_runs == work->job.repeat &&
                              row->best_value == best->measure.values[0] &&
                              fabs(row->best_error - best->error) < 1e-9)),
        "host %u: the best of job%u is #%llu, expected #%llu", h->number, work->number,
        (ull)row->best_slot, best == NULL ? 0 : (ull)best->slot);
}

static void judge_host(const struct host *h, const struct work *work) {
    struct mean means[WORK_SLOTS_MAX];
    struct msg_job_row row;
    struct frontier kept = frontier_of(&work->job);
    uint32_t count = 0;
    fleet_ensure(h->fleet,
                 rules_summary(h, work, &row) &&
                     (row.frontier.len == 0 || frontier_decode(&kept, row.frontier)),
                 "host %u: the front of job%u cannot be read", h->number, work->number);
    for (uint64_t slot = 0; slot < row.trials; slot += work->job.repeat) {
        if (!reckon(h, work, slot, &means[count]))
            continue;
        judge_rank(h, work, &means[count++]);
    }
    fleet_ensure(h->fleet, ranks_of(h, work) == count,
                 "host %u: job%u has ranks of no configuration", h->number, work->number);
    judge_best(h, work, means, count, &row);
    judge_front(h, work, means, count, &kept);
}

void rule_means(struct fleet *f, const struct work *work) {
    for (uint32_t i = 0; i < f->draft.hosts && work->job.repeat > 1; i++)
        judge_host(&f->hosts[i], work);
}
