/* grid - the points of a job's grid, counted and numbered without ever being listed.
 *
 * Parameters that some `when` mentions are parents; the valid assignments of the parents are the
 * blocks, and inside a block the active other parameters form a plain product, the last of them
 * varying fastest. So every distinct active configuration has exactly one number, inactive
 * parameters never multiply points, and point i is found by a binary search over blocks. Where a job
 * has a `where` all points are gone through once, and those that it allows are marked: they alone
 * are points then.
 * Memory   the blocks live in the arena: at most GRID_BLOCKS_MAX, each as large as there are
 *          parents; with `where` 12 bytes more for 64 points.
 * Errors   grid_make says which parameter has endlessly many points, or that there are more than
 *          GRID_POINTS_MAX, or that `where` leaves none. How many of them a job tries is not the
 *          grid's concern.
 */
#ifndef ZYG_GRID_H
#define ZYG_GRID_H

#include "proto/job/job.h"

/* WORK: points to go through because of `where`, times the parameters and nodes that each costs: a
 * tenth of a second. */
enum { GRID_BLOCKS_MAX = 4096, GRID_WORK_MOST = 1 << 20 };
#define GRID_POINTS_MAX (UINT64_C(1) << 62) /* sums of two such numbers do not overflow */

struct grid;

/* For a job whose `when` and `where` are compiled and whose parameters are ordered. NULL with `why` set when a parameter has
 * endlessly many points (a float without step or points), when parents span more than
 * GRID_BLOCKS_MAX blocks, when there are more than GRID_POINTS_MAX points, or when the arena is
 * full. */
const struct grid *grid_make(const struct job *job, struct arena *arena, struct job_fault *why);
uint64_t grid_points(const struct grid *g);
/* values: params_count of them; i < grid_points. */
void grid_point(const struct grid *g, const struct job *job, uint64_t i, struct value *values);

#endif
