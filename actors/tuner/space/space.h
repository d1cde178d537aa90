/* space - the configurations of a job as points of a cube.
 *
 * Every method that draws or models works on coordinates in [0, 1], one a parameter in the job's
 * order, and leaves scales, steps, whole numbers, choices and conditions to this file. Equal
 * lengths of the interval are equally likely values: of a float on its scale; of an int, a stepped
 * float or a choice each value has a cell of its own. On a log scale an int's cell reaches half a
 * step to both sides, so the ends are as likely as the law of the scale says, not half as likely.
 *
 * A point is full when every coordinate is in [0, 1], whether or not its parameter is active; it is
 * settled when active coordinates lie where their value does (the middle of its cell; a real where
 * it is) and inactive ones are SPACE_OFF; a choice's is a float, to the bit what trials keep of it.
 * Whoever moves a point keeps it full and settles a copy: a choice that awakens other parameters
 * then finds their coordinates there.
 */
#ifndef ZYG_SPACE_H
#define ZYG_SPACE_H

#include "proto/job/job.h"

#define SPACE_OFF (-1.0)

enum dim_kind {
    DIM_FIXED,  /* one value only */
    DIM_REAL,   /* a float without step */
    DIM_STEPS,  /* ordered cells: an int, a stepped float, an ordinal */
    DIM_CHOICE, /* cells without order */
};

struct dim {
    enum dim_kind kind;
    uint64_t cells; /* 0 of DIM_REAL */
    /* Of a log scale: the logarithm of its lower end, a cell's half included, and how far it is
     * from there to the upper. */
    double log_low, log_spread;
};

/* Borrows the job. */
struct space {
    const struct job *job;
    uint32_t dims; /* the job's params_count */
    struct dim dim[LIMIT_PARAMS];
    bool conditional; /* some parameter has a `when` */
    uint32_t free;    /* dims that are not fixed */
};

void space_of(struct space *s, const struct job *job);

/* The value of one parameter at `unit` in [0, 1]; it is one that param_allows. */
void space_value(const struct param *p, double unit, struct value *out);
/* Where a value that param_allows lies: the middle of its cell, or a real's own place. */
double space_unit(const struct space *s, uint32_t dim, const struct value *v);

/* Of a parameter with cells: which one `unit` is in, and where in [0, 1] a value has that cell. Not
 * all are equally wide: those of an int on a log scale are not. */
uint64_t space_cell(const struct space *s, uint32_t dim, double unit);
double space_cell_unit(const struct space *s, uint32_t dim, uint64_t cell);

/* The configuration at a full point: valid, but `where` may forbid it (allowed.h). */
void space_values(const struct space *s, const double *point, struct value *values);
/* The settled point of a valid configuration. */
void space_point(const struct space *s, const struct value *values, double *point);
/* A full point becomes settled. */
void space_settle(const struct space *s, double *point);
/* Equal configurations have equal keys; others' are equal by a chance of 2^-64. */
uint64_t space_key(const struct space *s, const struct value *values);

/* From the configuration at a full point to the next one, in an order that has each once but for
 * values of reals, which stay. False: that was the last, and the first is there. */
bool space_next(const struct space *s, double *point);

#endif
