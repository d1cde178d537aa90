#include "actors/facts/means.h"

#include "proto/base/check.h"

#include <math.h>

/* FNV-1a. */
static uint64_t hash_of(struct span bytes) {
    uint64_t hash = 0xcbf29ce484222325u;
    for (size_t i = 0; i < bytes.len; i++)
        hash = (hash ^ bytes.data[i]) * 0x100000001b3u;
    return hash;
}

static double *row_of(struct means *m, uint64_t slot) {
    return &m->values[slot * m->width];
}

void means_begin(struct means *m, const struct job *job) {
    m->repeat = job->repeat;
    m->objectives = job->objectives_count;
    m->width = job_repeat_width(job);
    means_extend(m, 0, job->trials);
}

void means_extend(struct means *m, uint64_t from, uint64_t to) {
    ensure(m->repeat == 1 || to * m->width <= REPEAT_VALUES_MAX);
    for (uint64_t slot = from; m->repeat > 1 && slot < to; slot++)
        *row_of(m, slot) = NAN;
}

void means_put(struct means *m, uint64_t slot, const struct measure *run, struct span config) {
    double *row = row_of(m, slot);
    for (uint32_t i = 0; i < m->objectives; i++)
        row[i] = run->values[i];
    if (m->width > m->objectives)
        row[m->objectives] = run->breach;
    m->configs[slot] = hash_of(config);
}

/* Of one of the values of a slot. */
static double mean_of(const struct means *m, uint64_t first, uint32_t which) {
    double sum = 0;
    for (uint64_t slot = first; slot - first < m->repeat; slot++)
        sum += m->values[slot * m->width + which];
    return sum / m->repeat;
}

static double error_of(const struct means *m, uint64_t first, double mean) {
    double squares = 0;
    for (uint64_t slot = first; slot - first < m->repeat; slot++) {
        const double off = m->values[slot * m->width] - mean;
        squares += off * off;
    }
    return sqrt(squares / (m->repeat - 1) / m->repeat);
}

static bool is_mixed(const struct means *m, uint64_t first) {
    bool mixed = false;
    for (uint64_t slot = first; slot - first < m->repeat; slot++)
        mixed = mixed || m->configs[slot] != m->configs[first];
    return mixed;
}

bool means_of(const struct means *m, uint64_t slot, struct worth *out) {
    const uint64_t first = slot / m->repeat * m->repeat;
    if (m->repeat == 1 || isnan(mean_of(m, first, 0)))
        return false;
    *out = (struct worth){.slot = first, .runs = m->repeat};
    for (uint32_t i = 0; i < m->objectives; i++)
        out->measure.values[i] = mean_of(m, first, i);
    if (m->width > m->objectives)
        out->measure.breach = out->measure.told = mean_of(m, first, m->objectives);
    out->error = error_of(m, first, out->measure.values[0]);
    out->mixed = is_mixed(m, first);
    return true;
}
