#include "actors/tuner/several/hypervolume.h"

#include "actors/tuner/several/pareto.h"
#include "proto/base/check.h"

#include <math.h>
#include <string.h>

static bool is_inside(const double *row, const double *reference, uint32_t objectives) {
    for (uint32_t i = 0; i < objectives; i++)
        if (!(row[i] < reference[i]))
            return false;
    return true;
}

static double box(const double *row, const double *reference, uint32_t objectives) {
    double product = 1;
    for (uint32_t i = 0; i < objectives; i++)
        product *= reference[i] - row[i];
    return product;
}

/* Each row adds a strip: what it has of the second objective beyond the ones before. */
static double sweep(const double *rows, uint32_t count, const double *reference, uint32_t *order) {
    double total = 0;
    double edge = reference[1];
    pareto_order(rows, 2, 0, order, count);
    for (uint32_t k = 0; k < count; k++) {
        const double *row = rows + 2 * (size_t)order[k];
        if (row[1] < edge) {
            total += (reference[0] - row[0]) * (edge - row[1]);
            edge = row[1];
        }
    }
    return total;
}

/* Takes a row into a set of rows that do not dominate each other; answers how many there are. */
static uint32_t take_in(double *rows, uint32_t count, uint32_t objectives, const double *row) {
    uint32_t kept = 0;
    for (uint32_t k = 0; k < count; k++)
        if (dominates(rows + (size_t)k * objectives, row, objectives))
            return count;
    for (uint32_t k = 0; k < count; k++) {
        const double *other = rows + (size_t)k * objectives;
        if (!dominates(row, other, objectives))
            memmove(rows + (size_t)kept++ * objectives, other, objectives * sizeof *rows);
    }
    memcpy(rows + (size_t)kept * objectives, row, objectives * sizeof *rows);
    return kept + 1;
}

static double volume(const double *rows, uint32_t objectives, uint32_t count,
                     const double *reference, struct hypervolume_scratch scratch);

/* How much the row's box adds to those of the rows of these numbers, in its first `objectives`:
 * its own volume less that of what it shares with them, which is what the corners of the common
 * parts dominate. A row is `width` numbers long. */
static double added(const double *row, const double *rows, uint32_t width, const uint32_t *numbers,
                    uint32_t count, uint32_t objectives, const double *reference,
                    struct hypervolume_scratch scratch) {
    double *corners = scratch.rows;
    uint32_t kept = 0;
    for (uint32_t k = 0; k < count; k++) {
        const double *other = rows + (size_t)numbers[k] * width;
        double corner[HYPERVOLUME_OBJECTIVES];
        for (uint32_t i = 0; i < objectives; i++)
            corner[i] = row[i] > other[i] ? row[i] : other[i];
        kept = take_in(corners, kept, objectives, corner);
    }
    scratch.rows += (size_t)kept * objectives;
    return box(row, reference, objectives) - volume(corners, objectives, kept, reference, scratch);
}

/* Slices along the last objective, from its worst row on: those before it in the order are as good
 * in it, so in the row's slice they differ in the other objectives alone. */
static double slices(const double *rows, uint32_t objectives, uint32_t count,
                     const double *reference, struct hypervolume_scratch scratch) {
    uint32_t last = objectives - 1;
    uint32_t *order = scratch.orders;
    double total = 0;
    scratch.orders += count;
    pareto_order(rows, objectives, last, order, count);
    for (uint32_t k = count; k > 0; k--) {
        const double *row = rows + (size_t)order[k - 1] * objectives;
        total += (reference[last] - row[last]) *
                 added(row, rows, objectives, order, k - 1, last, reference, scratch);
    }
    return total;
}

/* Of rows that are all inside. */
static double volume(const double *rows, uint32_t objectives, uint32_t count,
                     const double *reference, struct hypervolume_scratch scratch) {
    if (objectives > 2)
        return slices(rows, objectives, count, reference, scratch);
    if (objectives == 2)
        return sweep(rows, count, reference, scratch.orders);
    double best = reference[0];
    for (uint32_t k = 0; k < count; k++)
        best = rows[k] < best ? rows[k] : best;
    return reference[0] - best;
}

double hypervolume(const double *values, uint32_t objectives, uint32_t count,
                   const double *reference, struct hypervolume_scratch scratch) {
    double *inside = scratch.rows;
    uint32_t kept = 0;
    ensure(objectives >= 1 && objectives <= HYPERVOLUME_OBJECTIVES);
    for (uint32_t k = 0; k < count; k++) {
        const double *row = values + (size_t)k * objectives;
        if (is_inside(row, reference, objectives))
            kept = take_in(inside, kept, objectives, row);
    }
    scratch.rows += (size_t)kept * objectives;
    return volume(inside, objectives, kept, reference, scratch);
}

void hypervolume_shares(const double *values, uint32_t objectives, uint32_t count,
                        const double *reference, double *shares,
                        struct hypervolume_scratch scratch) {
    uint32_t *others = scratch.orders;
    ensure(objectives >= 1 && objectives <= HYPERVOLUME_OBJECTIVES);
    scratch.orders += count;
    for (uint32_t k = 0; k < count; k++) {
        const double *row = values + (size_t)k * objectives;
        uint32_t kept = 0;
        shares[k] = 0;
        if (!is_inside(row, reference, objectives))
            continue;
        for (uint32_t j = 0; j < count; j++)
            if (j != k && is_inside(values + (size_t)j * objectives, reference, objectives))
                others[kept++] = j;
        shares[k] = added(row, values, objectives, others, kept, objectives, reference, scratch);
    }
}

/* The lowest and the highest of one objective. */
static void range_of(const double *values, uint32_t objectives, uint32_t count, uint32_t i,
                     double *low, double *high) {
    *low = INFINITY;
    *high = -INFINITY;
    for (uint32_t k = 0; k < count; k++) {
        double value = values[(size_t)k * objectives + i];
        *low = value < *low ? value : *low;
        *high = value > *high ? value : *high;
    }
}

void hypervolume_reference(const double *front, uint32_t front_count, const double *values,
                           uint32_t objectives, uint32_t count, double share, double *reference) {
    for (uint32_t i = 0; i < objectives; i++) {
        double low, high, all_low, all_high;
        range_of(front, objectives, front_count, i, &low, &high);
        range_of(values, objectives, count, i, &all_low, &all_high);
        double beyond = (high > low ? high - low : all_high - all_low) * share;
        reference[i] = high + (beyond > 0 ? beyond : 1);
    }
}
