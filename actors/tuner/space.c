#include "actors/tuner/space.h"

#include "actors/tuner/portable.h"
#include "proto/base/check.h"

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
    return cell < count ? cell : count - 1; /* the product may have been rounded up to count */
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
    ensure(unit >= 0 && unit < 1);
    if (p->kind == PARAM_CHOICE)
        *out = p->choices[cell_of(unit, p->choices_count)];
    else if (p->kind == PARAM_INT)
        *out = (struct value){.kind = VALUE_INT, .integer = integer_of(p, unit)};
    else if (p->step > 0)
        param_point(p, cell_of(unit, param_points(p)), out);
    else
        *out = (struct value){.kind = VALUE_FLOAT, .real = real_of(p, unit)};
}
