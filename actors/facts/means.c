#include "actors/facts/means.h"

#include "proto/base/check.h"

#include <math.h>

void means_begin(struct means *m, const struct job *job) {
    m->repeat = job->repeat;
    means_extend(m, 0, job->trials);
}

void means_extend(struct means *m, uint64_t from, uint64_t to) {
    ensure(m->repeat == 1 || to <= REPEAT_TRIALS_MAX);
    for (uint64_t slot = from; m->repeat > 1 && slot < to; slot++)
        m->values[slot] = NAN;
}

void means_put(struct means *m, uint64_t slot, double value) {
    if (m->repeat > 1)
        m->values[slot] = value;
}

bool means_of(const struct means *m, uint64_t slot, struct mean *out) {
    const uint64_t first = slot / m->repeat * m->repeat;
    double sum = 0, squares = 0;
    if (m->repeat == 1)
        return false;
    for (uint64_t i = first; i - first < m->repeat; i++)
        sum += m->values[i];
    if (isnan(sum))
        return false;
    *out = (struct mean){.first = first, .value = sum / m->repeat};
    for (uint64_t i = first; i - first < m->repeat; i++)
        squares += (m->values[i] - out->value) * (m->values[i] - out->value);
    out->error = sqrt(squares / (m->repeat - 1) / m->repeat);
    return true;
}
