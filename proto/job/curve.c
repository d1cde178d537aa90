#include "proto/job/curve.h"

#include "proto/base/mp.h"

enum { MEMORY = 6, CURVE_PARTS = 8 /* and a breach, if there is one */ };
#define LEVEL_MOST 1e150

static void tell_bend(struct curve *c, double value) {
    double bend = value - 2 * c->last + c->before;
    uint32_t later = c->told / 2; /* of as many as there are with this one, less one */
    c->bends += (bend * bend / 6 - c->bends) / (later < MEMORY ? later : MEMORY);
}

/* What has diverged is as far as LEVEL_MOST for sums and squares, so that these stay numbers. */
static double level(double value) {
    return value > LEVEL_MOST ? LEVEL_MOST : value < -LEVEL_MOST ? -LEVEL_MOST : value;
}

bool curve_tell(struct curve *c, uint32_t step, double value) {
    if (step <= c->step)
        return false;
    if (c->told >= 2)
        tell_bend(c, level(value));
    if (c->improved == 0 || value < c->best) {
        c->best = value;
        c->improved = step;
    }
    c->step = step;
    c->told++;
    c->sum += level(value);
    c->before = c->last;
    c->last = level(value);
    return true;
}

void curve_encode(const struct curve *c, struct buf *out) {
    mp_put_array(out, CURVE_PARTS + (c->breach > 0));
    mp_put_u64(out, c->step);
    mp_put_u64(out, c->told);
    mp_put_u64(out, c->improved);
    mp_put_f64(out, c->best);
    mp_put_f64(out, c->sum);
    mp_put_f64(out, c->last);
    mp_put_f64(out, c->before);
    mp_put_f64(out, c->bends);
    if (c->breach > 0)
        mp_put_f64(out, c->breach);
}

static uint32_t read_u32(struct mp *in) {
    uint64_t value = mp_u64(in);
    return value > UINT32_MAX ? 0 : (uint32_t)value; /* 0 is refused below */
}

static bool is_finite(double value) {
    return value - value == 0;
}

bool curve_decode(struct curve *c, struct span bytes) {
    struct mp in = mp_of(bytes);
    uint32_t parts = mp_array(&in);
    if (parts != CURVE_PARTS && parts != CURVE_PARTS + 1)
        return false;
    c->step = read_u32(&in);
    c->told = read_u32(&in);
    c->improved = read_u32(&in);
    c->best = mp_f64(&in);
    c->sum = mp_f64(&in);
    c->last = mp_f64(&in);
    c->before = mp_f64(&in);
    c->bends = mp_f64(&in);
    c->breach = parts > CURVE_PARTS ? mp_f64(&in) : 0;
    return mp_done(&in) && c->told > 0 && c->told <= c->step && c->improved > 0 &&
           c->improved <= c->step && is_finite(c->best) && is_finite(c->sum) &&
           is_finite(c->last) && is_finite(c->before) && is_finite(c->bends) && c->bends >= 0 &&
           is_finite(c->breach) && (parts > CURVE_PARTS ? c->breach > 0 : true);
}
