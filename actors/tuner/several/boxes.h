/* boxes - the part of the space of objectives that a front does not dominate, cut into boxes.
 *
 * What a new result adds to the hypervolume is the sum over disjoint boxes of what of each it
 * dominates, and that of one box is a product over the objectives. So its expectation under
 * independent normal beliefs is exact, for any number of objectives (several/ehvi.h).
 *
 * Boxes come from local upper bounds (Lacour, Klamroth, Fonseca, "A box decomposition algorithm to
 * compute the hypervolume indicator", Computers & Operations Research 79 (2017), section 3; the
 * update is that of Klamroth, Lacour, Vanderpooten, "On the representation of the search region in
 * multi-objective optimization", EJOR 245 (2015), algorithm 3). It wants rows whose values all
 * differ: here it works on ranks, of equals the lower number first, so it always has them; boxes
 * without volume are left out. Of 2 objectives n rows make n + 1 boxes, of 3 at most 2 n + 1, of
 * more about n^(objectives / 2).
 *
 * Memory   the caller's arena.
 * Errors   boxes_of answers false when there are more boxes than the capacity.
 */
#ifndef ZYG_BOXES_H
#define ZYG_BOXES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { BOXES_OBJECTIVES = 8 };

struct boxes {
    uint32_t objectives;
    uint32_t rows_most;
    uint32_t capacity;
    uint32_t count;
    /* Of each objective: the first is minus infinity, then the rows' values in rising order, the
     * last is the reference. */
    uint32_t edges;
    double *edge;   /* by objective, rows_most + 2 of them each */
    uint16_t *low;  /* objectives each: a box reaches from edge low .. */
    uint16_t *high; /* .. to edge high */
    /* While cutting. */
    struct boxes_bound *bounds;
    uint16_t *ranks; /* by row, objectives each */
    uint32_t *order;
    double *inside; /* the rows that count */
};

struct arena;
/* rows_most at most 60000. */
size_t boxes_bytes(uint32_t objectives, uint32_t rows_most, uint32_t capacity);
/* False: the arena is too small. */
bool boxes_init(struct boxes *b, uint32_t objectives, uint32_t rows_most, uint32_t capacity,
                struct arena *arena);

/* Cuts what is better than the reference and not dominated by any row. Rows that are not better
 * than the reference in every objective are left out; dominated and equal ones may be among them.
 * count at most rows_most. */
bool boxes_of(struct boxes *b, const double *values, uint32_t count, const double *reference);

static inline double boxes_edge(const struct boxes *b, uint32_t objective, uint32_t edge) {
    return b->edge[(size_t)objective * (b->rows_most + 2) + edge];
}

#endif
