#include "actors/tuner/space/space.h"

#include "actors/tuner/num/portable.h"
#include "proto/base/check.h"

#include <string.h>

static double clamped(double value, double low, double high) {
    return value < low ? low : value > high ? high : value;
}

/* low * (high / low)^unit; in two halves, as the ratio of two doubles may be beyond a double. */
static double between_logs(double low, double high, double unit) {
    double half = portable_exp(unit * (portable_log(high) - portable_log(low)) / 2);
    return clamped(low * half * half, low, high);
}

/* low (1 - unit) + high unit: the difference of two doubles may be beyond a double. */
static double between(double low, double high, double unit) {
    return clamped(low * (1 - unit) + high * unit, low, high);
}

/* Which of `count` equal cells. */
static uint64_t cell_of(double unit, uint64_t count) {
    uint64_t cell = (uint64_t)(unit * (double)count);
    return cell < count ? cell : count - 1;
}

static double middle_of(uint64_t cell, uint64_t count) {
    return ((double)cell + 0.5) / (double)count;
}

static bool is_log_integer(const struct param *p) {
    return p->kind == PARAM_INT && p->step == 0 && p->scale == SCALE_LOG;
}

static int64_t integer_of(const struct param *p, double unit) {
    int64_t low = (int64_t)p->low;
    int64_t high = (int64_t)p->high;
    if (p->step > 0)
        return low + (int64_t)cell_of(unit, param_points(p)) * (int64_t)p->step;
    if (p->scale == SCALE_LINEAR)
        return low + (int64_t)cell_of(unit, (uint64_t)(high - low) + 1);
    int64_t nearest = (int64_t)(between_logs(p->low - 0.5, p->high + 0.5, unit) + 0.5);
    return nearest < low ? low : nearest > high ? high : nearest; /* near 2^53 halves are rounded */
}

static double real_of(const struct param *p, double unit) {
    double value = p->scale == SCALE_LOG ? between_logs(p->low, p->high, unit)
                                         : between(p->low, p->high, unit);
    return value + 0.0; /* -0.0 becomes 0.0: equal configurations have equal bytes */
}

void space_value(const struct param *p, double unit, struct value *out) {
    ensure(unit >= 0 && unit <= 1);
    if (p->kind == PARAM_CHOICE)
        *out = p->choices[cell_of(unit, p->choices_count)];
    else if (p->kind == PARAM_INT)
        *out = (struct value){.kind = VALUE_INT, .integer = integer_of(p, unit)};
    else if (p->step > 0)
        param_point(p, cell_of(unit, param_points(p)), out);
    else
        *out = (struct value){.kind = VALUE_FLOAT, .real = real_of(p, unit)};
}

static uint64_t choice_of(const struct param *p, const struct value *v) {
    uint64_t k = 0;
    while (!value_equal(&p->choices[k], v)) {
        k++;
        ensure(k < p->choices_count);
    }
    return k;
}

double space_unit(const struct space *s, uint32_t dim, const struct value *v) {
    const struct param *p = &s->job->params[dim];
    const struct dim *d = &s->dim[dim];
    if (d->kind == DIM_FIXED)
        return 0.5;
    if (p->kind == PARAM_CHOICE) /* as trials keep it: whether two are equal is asked to the bit */
        return (double)(float)middle_of(choice_of(p, v), d->cells);
    double number = value_number(v);
    if (d->log_spread > 0)
        return clamped((portable_log(number) - d->log_low) / d->log_spread, 0, 1);
    if (d->kind == DIM_REAL) /* halves: the difference may be beyond a double */
        return clamped((number / 2 - p->low / 2) / (p->high / 2 - p->low / 2), 0, 1);
    double step = p->step > 0 ? p->step : 1;
    return middle_of((uint64_t)((number - p->low) / step + 0.5), d->cells);
}

static struct dim dim_of(const struct param *p) {
    struct dim d = {.kind = DIM_STEPS};
    if (p->kind == PARAM_CHOICE) {
        d.kind = p->ordered ? DIM_STEPS : DIM_CHOICE;
        d.cells = p->choices_count;
    } else if (p->kind == PARAM_INT && p->step == 0) {
        d.cells = (uint64_t)((int64_t)p->high - (int64_t)p->low) + 1;
    } else if (p->kind == PARAM_INT || p->step > 0) {
        d.cells = param_points(p);
    } else {
        d.kind = p->low == p->high ? DIM_FIXED : DIM_REAL;
    }
    if (d.cells == 1)
        d.kind = DIM_FIXED;
    if (d.kind != DIM_FIXED && p->kind != PARAM_CHOICE && p->scale == SCALE_LOG) {
        double half = is_log_integer(p) ? 0.5 : 0;
        d.log_low = portable_log(p->low - half);
        d.log_spread = portable_log(p->high + half) - d.log_low;
    }
    return d;
}

void space_of(struct space *s, const struct job *job) {
    *s = (struct space){.job = job, .dims = job->params_count};
    for (uint32_t i = 0; i < s->dims; i++) {
        s->dim[i] = dim_of(&job->params[i]);
        s->conditional = s->conditional || job->params[i].when != NULL;
        s->free += s->dim[i].kind != DIM_FIXED;
    }
}

void space_values(const struct space *s, const double *point, struct value *values) {
    for (uint32_t i = 0; i < s->dims; i++)
        space_value(&s->job->params[i], point[i], &values[i]);
    job_deactivate(s->job, values);
}

void space_point(const struct space *s, const struct value *values, double *point) {
    for (uint32_t i = 0; i < s->dims; i++)
        point[i] = values[i].kind == VALUE_NONE ? SPACE_OFF : space_unit(s, i, &values[i]);
}

void space_settle(const struct space *s, double *point) {
    struct value values[LIMIT_PARAMS];
    space_values(s, point, values);
    for (uint32_t i = 0; i < s->dims; i++) {
        if (values[i].kind == VALUE_NONE)
            point[i] = SPACE_OFF;
        else if (s->dim[i].kind != DIM_REAL)
            point[i] = space_unit(s, i, &values[i]);
    }
}

/* The finalizer of MurmurHash3: every bit of x changes every bit of what comes out half the time. */
static uint64_t mixed(uint64_t x) {
    x = (x ^ x >> 33) * 0xff51afd7ed558ccdull;
    x = (x ^ x >> 33) * 0xc4ceb9fe1a85ec53ull;
    return x ^ x >> 33;
}

static uint64_t bits_of(const struct param *p, const struct value *v) {
    uint64_t bits;
    if (v->kind == VALUE_NONE)
        return 0x9e3779b97f4a7c15ull;
    if (p->kind == PARAM_CHOICE)
        return choice_of(p, v);
    if (v->kind == VALUE_INT)
        return (uint64_t)v->integer;
    memcpy(&bits, &v->real, sizeof bits);
    return bits;
}

uint64_t space_key(const struct space *s, const struct value *values) {
    uint64_t key = 1;
    for (uint32_t i = 0; i < s->dims; i++)
        key = mixed(key + mixed(bits_of(&s->job->params[i], &values[i]) + i));
    return key;
}

uint64_t space_cell(const struct space *s, uint32_t dim, double unit) {
    const struct param *p = &s->job->params[dim];
    if (is_log_integer(p))
        return (uint64_t)(integer_of(p, unit) - (int64_t)p->low);
    return cell_of(unit, s->dim[dim].cells);
}

double space_cell_unit(const struct space *s, uint32_t dim, uint64_t cell) {
    const struct param *p = &s->job->params[dim];
    if (!is_log_integer(p))
        return middle_of(cell, s->dim[dim].cells);
    return space_unit(
        s, dim, &(struct value){.kind = VALUE_INT, .integer = (int64_t)p->low + (int64_t)cell});
}

bool space_next(const struct space *s, double *point) {
    struct value values[LIMIT_PARAMS];
    space_values(s, point, values);
    for (uint32_t i = s->dims; i-- > 0;) {
        uint32_t dim = s->job->order[i];
        if (s->dim[dim].kind == DIM_FIXED ||
            (s->dim[dim].kind == DIM_REAL && values[dim].kind != VALUE_NONE))
            continue;
        if (values[dim].kind == VALUE_NONE) { /* it begins anew where it awakes */
            point[dim] = 0;
            continue;
        }
        uint64_t cell = space_cell(s, dim, point[dim]) + 1;
        bool more = cell < s->dim[dim].cells;
        point[dim] = space_cell_unit(s, dim, more ? cell : 0);
        if (more)
            return true;
    }
    return false;
}
