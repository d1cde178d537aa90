/* What a job that decides itself what is run again ends with: a configuration that its search recommends, and what its runs came
 * to, reckoned once more from the trials of each disk. */
#include "actors/facts/trial_row.h"
#include "proto/base/check.h"
#include "store/store_mem.h"
#include "tests/sim/fleet/fleet.h"

#include <math.h>
#include <stdio.h>

typedef unsigned long long ull; /* for printf */

/* It knows no trial, and what it calls over has no last word. */
void rule_noted(struct host *h, const struct msg_note *m) {
    char text[128];
    for (uint32_t i = 0; i < h->fleet->crowd.works_count; i++) {
        const struct span name = h->fleet->crowd.works[i].job.name;
        snprintf(text, sizeof text, "memory is short: the search of job %.*s draws at random",
                 (int)name.len, (const char *)name.data);
        if (span_starts(m->text, text))
            h->fleet->rules->blind[i] = true;
    }
}

static bool read_run(const struct host *h, const struct work *work, uint64_t slot,
                     struct trial_row *row) {
    uint8_t memory[JOB_ID_BYTES + 8];
    struct buf key = buf_of(memory, sizeof memory);
    struct span bytes;
    trial_row_key(&key, &work->id, slot);
    return store_mem_get(h->disk.store, TABLE_trials, buf_view(&key), &bytes) &&
           trial_row_decode(row, bytes) && row->finished && row->has_value;
}

static void judge_host(const struct host *h, const struct work *work) {
    struct msg_job_row job;
    struct trial_row best, other;
    double sum = 0;
    uint64_t runs = 0;
    ensure(rules_summary(h, work, &job));
    if (job.state != JOB_DONE || !job.has_best ||
        (h->fleet->rules->blind[work->number] && !job.recommended))
        return;
    fleet_ensure(h->fleet, job.recommended && read_run(h, work, job.best_slot, &best),
                 "host %u: job%u is done, and nothing is recommended", h->number, work->number);
    for (uint64_t slot = 0; slot < job.trials; slot++) {
        if (!read_run(h, work, slot, &other) || !span_equal(other.config, best.config))
            continue;
        sum += other.value;
        runs++;
    }
    fleet_ensure(h->fleet,
                 rules_differed(h->fleet, work) ||
                     (runs == job.best_runs && fabs(sum / (double)runs - job.best_value) < 1e-9),
                 "host %u: job%u recommends #%llu for %llu runs worth %g, and it had %llu worth %g",
                 h->number, work->number, (ull)job.best_slot, (ull)job.best_runs, job.best_value,
                 (ull)runs, sum / (double)runs);
}

void rule_recommended(struct fleet *f, const struct work *work) {
    for (uint32_t i = 0; i < f->draft.hosts && work->job.repeat_auto; i++)
        judge_host(&f->hosts[i], work);
}
