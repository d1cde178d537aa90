#include "proto/job/job.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* How far from its step a number may lie and still be taken for it: a part of the step, because
 * sums of decimals are not exact, and a part of the largest value, because of rounding to
 * DIGITS_STEP. With PARAM_STEP_FINEST both together are less than a quarter of a step. */
#define SLACK_STEP 1e-9
#define SLACK_VALUE 1e-14

enum { DIGITS_STEP = 15, DIGITS_LOG = 12, HALVINGS = 60 };

/* The nearest number with so many decimal digits: 0.1 + 2 * 0.1 becomes the 0.3 that people expect
 * to see. */
static double rounded(double value, int digits) {
    char text[40];
    snprintf(text, sizeof text, "%.*e", digits - 1, value);
    return strtod(text, NULL); /* in whatever locale: both go by the same */
}

static double clamped(double value, double low, double high) {
    return value < low ? low : value > high ? high : value;
}

/* In steps. */
static double slack(const struct param *p) {
    double low = fabs(p->low);
    double high = fabs(p->high);
    return SLACK_STEP + SLACK_VALUE * ((low > high ? low : high) / p->step);
}

/* The number of a float's step nearest to v, when v is near enough to it. */
static bool step_of(const struct param *p, double v, uint64_t *k) {
    double steps = (v - p->low) / p->step;
    if (!(steps > -0.5 && steps < 9e15))
        return false;
    *k = (uint64_t)(steps + 0.5);
    return fabs(steps - (double)*k) <= slack(p);
}

/* Of an int; the difference of its ends as doubles would be rounded. */
static uint64_t whole_range(const struct param *p) {
    return (uint64_t)((int64_t)p->high - (int64_t)p->low);
}

/* The end counts when step_of takes it for a step, by the very same arithmetic. */
static uint64_t steps_count(const struct param *p) {
    uint64_t last;
    if (p->kind == PARAM_INT)
        return whole_range(p) / (uint64_t)p->step + 1;
    double steps = (p->high - p->low) / p->step;
    if (!(steps < 9e15))
        return UINT64_MAX;
    return (step_of(p, p->high, &last) ? last : (uint64_t)steps) + 1;
}

static double step_value(const struct param *p, uint64_t k) {
    if (k == 0)
        return p->low;
    double value = rounded(p->low + (double)k * p->step, DIGITS_STEP);
    if (fabs(value) < p->step * slack(p))
        value = 0; /* what is left of a difference of equals */
    return clamped(value, p->low, p->high);
}

/* low * (high / low) ^ (k / parts), found by halving the range in the logarithm as the binary
 * digits of k / parts tell: libm's pow and log differ between machines in the last bits, a square
 * root does not. */
static double log_value(double low, double high, uint64_t k, uint64_t parts) {
    double a = low;
    double b = high;
    double part = (double)k / (double)parts;
    for (int i = 0; i < HALVINGS && part > 0; i++) {
        double middle = sqrt(a) * sqrt(b);
        part *= 2;
        if (part >= 1) {
            part -= 1;
            a = middle;
        } else {
            b = middle;
        }
    }
    return clamped(rounded(a, DIGITS_LOG), low, high);
}

static double spread_value(const struct param *p, uint64_t k, uint64_t count) {
    if (k == 0)
        return p->low;
    if (k == count - 1)
        return p->high;
    if (p->scale == SCALE_LOG)
        return log_value(p->low, p->high, k, count - 1);
    double part = (double)k / (double)(count - 1);
    return clamped(rounded(p->low + (p->high - p->low) * part, DIGITS_STEP), p->low, p->high);
}

/* Rounding may make the first numbers of a logarithmic spread equal; low + k keeps them apart, and
 * the spread, which bends upwards, has left that line behind for good once it crosses it. */
static int64_t spread_integer(const struct param *p, uint64_t k, uint64_t count) {
    double value = spread_value(p, k, count);
    int64_t nearest = (int64_t)value;
    double rest = value - (double)nearest; /* exact, which value + 0.5 near 2^53 is not */
    nearest += rest >= 0.5 ? 1 : rest <= -0.5 ? -1 : 0;
    int64_t apart = (int64_t)p->low + (int64_t)k;
    return p->scale == SCALE_LOG && nearest < apart ? apart : nearest;
}

uint64_t param_points(const struct param *p) {
    if (p->kind == PARAM_CHOICE)
        return p->choices_count;
    if (p->low == p->high)
        return 1;
    if (p->step > 0)
        return steps_count(p);
    if (p->kind == PARAM_FLOAT)
        return p->points;
    uint64_t all = whole_range(p) + 1;
    return p->points > 0 && p->points < all ? p->points : all;
}

void param_point(const struct param *p, uint64_t k, struct value *out) {
    if (p->kind == PARAM_CHOICE) {
        *out = p->choices[k];
        return;
    }
    uint64_t count = param_points(p);
    if (p->kind == PARAM_FLOAT) {
        double value = p->step > 0 ? step_value(p, k) : spread_value(p, k, count);
        *out = (struct value){.kind = VALUE_FLOAT, .real = value + 0.0}; /* no -0.0 */
        return;
    }
    *out = (struct value){.kind = VALUE_INT};
    if (p->step > 0)
        out->integer = (int64_t)p->low + (int64_t)k * (int64_t)p->step;
    else if (p->points > 0 && count == p->points)
        out->integer = spread_integer(p, k, count);
    else
        out->integer = (int64_t)p->low + (int64_t)k;
}

static bool choice_fit(const struct param *p, struct value *v) {
    for (uint32_t i = 0; i < p->choices_count; i++) {
        if (value_equal(&p->choices[i], v)) {
            *v = p->choices[i];
            return true;
        }
    }
    return false;
}

static bool integer_fit(const struct param *p, double number, struct value *v) {
    if (!(number >= p->low && number <= p->high) || (double)(int64_t)number != number)
        return false;
    if (p->step > 0 && ((int64_t)number - (int64_t)p->low) % (int64_t)p->step != 0)
        return false;
    *v = (struct value){.kind = VALUE_INT, .integer = (int64_t)number};
    return true;
}

static bool float_fit(const struct param *p, double number, struct value *v) {
    uint64_t k;
    if (p->step > 0) {
        if (!step_of(p, number, &k) || k >= steps_count(p))
            return false;
        number = step_value(p, k);
    }
    if (!(number >= p->low && number <= p->high))
        return false;
    *v = (struct value){.kind = VALUE_FLOAT, .real = number + 0.0}; /* -0.0 becomes 0.0 */
    return true;
}

bool param_fit(const struct param *p, struct value *v) {
    if (p->kind == PARAM_CHOICE)
        return choice_fit(p, v);
    if (!value_is_number(v))
        return false;
    double number = value_number(v);
    return p->kind == PARAM_INT ? integer_fit(p, number, v) : float_fit(p, number, v);
}

bool param_allows(const struct param *p, const struct value *v) {
    struct value fitted = *v;
    return param_fit(p, &fitted) && fitted.kind == v->kind && value_equal(&fitted, v);
}

bool param_only(const struct param *p, struct value *out) {
    if (p->kind == PARAM_CHOICE ? p->choices_count != 1 : p->low != p->high)
        return false;
    *out = p->kind == PARAM_CHOICE ? p->choices[0]
                                   : (struct value){.kind = VALUE_FLOAT, .real = p->low};
    return param_fit(p, out);
}

void param_middle(const struct param *p, struct value *out) {
    struct param of_three = *p;
    if (p->kind == PARAM_CHOICE) {
        *out = p->choices[p->ordered ? (p->choices_count - 1) / 2 : 0];
        return;
    }
    if (p->step <= 0)
        of_three.points = 3;
    param_point(&of_three, (param_points(&of_three) - 1) / 2, out);
}

bool param_ascends(const struct param *p) {
    for (uint32_t i = 0; i < p->choices_count; i++) {
        const struct value *v = &p->choices[i];
        if (!value_is_number(v) || (i > 0 && !(value_number(v - 1) < value_number(v))))
            return false;
    }
    return p->choices_count > 1;
}
