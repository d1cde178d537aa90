/* hypervolume - how much of the space of objectives results dominate, up to a reference point.
 *
 * All objectives are minimised; rows as in pareto.h. Exact: of two objectives a sweep, of more
 * slices along the last one, each of which counts what a point adds to those that are better in it
 * (While, Bradstreet, Barone, "A fast way of calculating exact hypervolumes", IEEE Trans. Evol.
 * Comp. 16 (2012), section III: exclusive volume as inclusive volume less that of the limited set,
 * in sorted order one objective falls away). About count^(objectives - 1) at worst: thousands of
 * points of two objectives, hundreds of three, some dozens of five take milliseconds.
 *
 * The reference point, when nobody gave one: of each objective the worst value on the front and a
 * share of the front's range beyond it, a tenth for reports, so that the ends of the front count,
 * but not more than the middle (Ishibuchi, Imada, Setoguchi, Nojima, "How to specify a reference
 * point in hypervolume calculation for fair performance comparison", Evol. Comp. 26 (2018)). Where
 * the front has no range, that share of the range of all results; where that is none either, one.
 *
 * Memory   the caller's.
 * Errors   none.
 */
#ifndef ZYG_HYPERVOLUME_H
#define ZYG_HYPERVOLUME_H

#include <stddef.h>
#include <stdint.h>

enum { HYPERVOLUME_OBJECTIVES = 8 }; /* at most */

/* What the functions write to: hypervolume_rows() doubles, hypervolume_orders() numbers. */
struct hypervolume_scratch {
    double *rows;
    uint32_t *orders;
};

static inline size_t hypervolume_rows(uint32_t objectives, uint32_t count) {
    return (size_t)count * (objectives + 1) * (objectives + 2) / 2;
}

static inline size_t hypervolume_orders(uint32_t objectives, uint32_t count) {
    return (size_t)count * objectives;
}

/* Points that are not better than the reference in every objective count nothing; dominated and
 * equal ones may be among them. */
double hypervolume(const double *values, uint32_t objectives, uint32_t count,
                   const double *reference, struct hypervolume_scratch scratch);

/* shares[k]: by how much the volume would shrink without row k; 0 of dominated and equal ones. */
void hypervolume_shares(const double *values, uint32_t objectives, uint32_t count,
                        const double *reference, double *shares,
                        struct hypervolume_scratch scratch);

/* The reference point of a front (rows that do not dominate each other, 1 at least) among all
 * results. */
void hypervolume_reference(const double *front, uint32_t front_count, const double *values,
                           uint32_t objectives, uint32_t count, double share, double *reference);

#endif
