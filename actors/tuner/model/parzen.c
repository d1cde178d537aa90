#include "actors/tuner/model/parzen.h"

#include "actors/tuner/num/draw.h"
#include "actors/tuner/num/normal.h"
#include "actors/tuner/num/portable.h"
#include "proto/base/check.h"

#include <math.h>
#include <string.h>

#define SQRT_TWO_PI 2.5066282746310002

static double lesser(double a, double b) {
    return a < b ? a : b;
}

static double greater(double a, double b) {
    return a > b ? a : b;
}

static uint64_t bins_of(const struct dim *d) {
    return d->kind == DIM_CHOICE ? d->cells : d->kind == DIM_FIXED ? 0 : PARZEN_BINS;
}

enum { SLACK = 64 };

size_t parzen_bytes(const struct space *s, uint32_t capacity) {
    size_t bytes =
        3 * (sizeof(float) * s->dims * capacity + SLACK) + 3 * (sizeof(double) * capacity + SLACK);
    for (uint32_t j = 0; j < s->dims; j++)
        bytes += sizeof(double) * bins_of(&s->dim[j]) + SLACK;
    return bytes;
}

bool parzen_init(struct parzen *p, const struct space *s, uint32_t capacity, struct arena *arena) {
    size_t entries = (size_t)s->dims * capacity;
    ensure(capacity >= 1);
    *p = (struct parzen){.space = s, .capacity = capacity};
    p->weights = arena_take_unset(arena, capacity * sizeof *p->weights);
    p->logs = arena_take_unset(arena, capacity * sizeof *p->logs);
    p->work = arena_take_unset(arena, capacity * sizeof *p->work);
    p->at = arena_take_unset(arena, entries * sizeof *p->at);
    p->norm = arena_take_unset(arena, entries * sizeof *p->norm);
    p->keen = arena_take_unset(arena, entries * sizeof *p->keen);
    for (uint32_t j = 0; j < s->dims; j++)
        p->log_own[j] = arena_take_unset(arena, bins_of(&s->dim[j]) * sizeof *p->log_own[j]);
    return !arena->full;
}

void parzen_begin(struct parzen *p, double even_weight) {
    ensure(even_weight > 0);
    p->count = 1;
    p->weights[0] = even_weight;
    for (uint32_t j = 0; j < p->space->dims; j++)
        p->at[(size_t)j * p->capacity] = (float)SPACE_OFF;
}

void parzen_add(struct parzen *p, const float *point, double weight) {
    ensure(p->count < p->capacity);
    ensure(weight > 0);
    uint32_t k = p->count++;
    p->weights[k] = weight;
    for (uint32_t j = 0; j < p->space->dims; j++)
        p->at[(size_t)j * p->capacity + k] = point[j];
}

/* Scott's rule; `n` is how many kernels have the dimension. */
static double width_of(const struct parzen *p, uint32_t j, uint32_t *n) {
    const float *at = p->at + (size_t)j * p->capacity;
    /* The even kernel's own moments: 1/2 and 1/3. */
    double sum = p->weights[0];
    double first = p->weights[0] / 2;
    double second = p->weights[0] / 3;
    *n = 0;
    for (uint32_t k = 1; k < p->count; k++) {
        double x = (double)at[k];
        if (x < 0)
            continue;
        *n += 1;
        sum += p->weights[k];
        first += p->weights[k] * x;
        second += p->weights[k] * x * x;
    }
    double mean = first / sum;
    double deviation = sqrt(greater(second / sum - mean * mean, 0));
    double scott = deviation * portable_pow(greater(*n, 1), -1.0 / (p->space->free + 4));
    double least = greater(PARZEN_WIDTH_LEAST, 1 / lesser(100, *n + 2.0));
    return lesser(greater(scott, least), 1);
}

/* How wide the cell around `at` is. A value v of a log scale lies at (ln v - low) / spread. */
static double cell_width(const struct dim *d, double at) {
    if (d->kind == DIM_REAL)
        return 0;
    if (d->log_spread > 0)
        return lesser(portable_exp(-d->log_low - at * d->log_spread) / d->log_spread, 1);
    return 1 / (double)d->cells;
}

/* A number's kernels by the bins in which they lie. */
struct shapes {
    double norm[PARZEN_BINS], keen[PARZEN_BINS];
};

static double middle(uint32_t bin) {
    return (bin + 0.5) / PARZEN_BINS;
}

static uint32_t bin_of(double x) {
    uint32_t bin = (uint32_t)(x * PARZEN_BINS);
    return bin < PARZEN_BINS ? bin : PARZEN_BINS - 1;
}

static void shape_bins(const struct dim *d, double width, struct shapes *s) {
    for (uint32_t i = 0; i < PARZEN_BINS; i++) {
        double at = middle(i);
        double cell = cell_width(d, at);
        double own = greater(width, cell / 2);
        double variance = own * own + cell * cell / 12;
        double sigma = sqrt(variance);
        double mass = normal_cdf((1 - at) / sigma) - normal_cdf(-at / sigma);
        s->norm[i] = -portable_log(sigma * SQRT_TWO_PI * mass);
        s->keen[i] = 1 / (2 * variance);
    }
}

/* The mixture of one number alone, from how much weight lies in each bin and how much is even. */
static void own_of_number(const struct shapes *s, const double *weight, double even, double *own) {
    double kernel[PARZEN_BINS];
    for (uint32_t x = 0; x < PARZEN_BINS; x++)
        own[x] = even;
    for (uint32_t i = 0; i < PARZEN_BINS; i++) {
        if (weight[i] == 0)
            continue;
        for (uint32_t x = 0; x < PARZEN_BINS; x++) {
            double away = middle(x) - middle(i);
            kernel[x] = s->norm[i] - s->keen[i] * away * away;
        }
        portable_exp_all(kernel, PARZEN_BINS);
        for (uint32_t x = 0; x < PARZEN_BINS; x++)
            own[x] += weight[i] * kernel[x];
    }
    for (uint32_t x = 0; x < PARZEN_BINS; x++)
        own[x] = portable_log(own[x]);
}

static void fit_number(struct parzen *p, uint32_t j) {
    size_t row = (size_t)j * p->capacity;
    struct shapes shapes;
    double weight[PARZEN_BINS] = {0};
    double even = 0;
    uint32_t n;
    p->widths[j] = width_of(p, j, &n);
    shape_bins(&p->space->dim[j], p->widths[j], &shapes);
    for (uint32_t k = 0; k < p->count; k++) {
        double at = (double)p->at[row + k];
        uint32_t bin = at < 0 ? 0 : bin_of(at);
        p->norm[row + k] = at < 0 ? 0 : (float)shapes.norm[bin];
        p->keen[row + k] = at < 0 ? 0 : (float)shapes.keen[bin];
        if (at < 0)
            even += p->weights[k];
        else
            weight[bin] += p->weights[k];
    }
    own_of_number(&shapes, weight, even, p->log_own[j]);
}

static uint32_t cell_at(const struct dim *d, double x) {
    uint32_t cell = (uint32_t)(x * (double)d->cells);
    return cell < d->cells ? cell : (uint32_t)d->cells - 1;
}

static void fit_choice(struct parzen *p, uint32_t j) {
    const struct dim *d = &p->space->dim[j];
    size_t row = (size_t)j * p->capacity;
    double *own = p->log_own[j];
    double cells = (double)d->cells;
    double even = 0;
    uint32_t n = 0;
    for (uint32_t k = 1; k < p->count; k++)
        n += p->at[row + k] >= 0;
    double any = cells / (n + cells); /* as if each value had been seen once beside */
    float same = (float)portable_log(cells * (1 - any) + any);
    float differs = (float)portable_log(any);
    p->widths[j] = any;
    for (uint32_t c = 0; c < d->cells; c++)
        own[c] = 0;
    for (uint32_t k = 0; k < p->count; k++) {
        double at = (double)p->at[row + k];
        p->norm[row + k] = at < 0 ? 0 : same;
        p->keen[row + k] = at < 0 ? 0 : same - differs;
        even += (at < 0 ? 1 : any) * p->weights[k];
        if (at >= 0)
            own[cell_at(d, at)] += cells * (1 - any) * p->weights[k];
    }
    for (uint32_t c = 0; c < d->cells; c++)
        own[c] = portable_log(own[c] + even);
}

void parzen_fit(struct parzen *p) {
    double sum = 0;
    for (uint32_t k = 0; k < p->count; k++)
        sum += p->weights[k];
    for (uint32_t k = 0; k < p->count; k++)
        p->weights[k] /= sum;
    for (uint32_t j = 0; j < p->space->dims; j++) {
        if (p->space->dim[j].kind == DIM_CHOICE)
            fit_choice(p, j);
        else if (p->space->dim[j].kind != DIM_FIXED)
            fit_number(p, j);
    }
}

/* Adds to p->logs what each kernel makes of dimension j at x. */
static void add_logs(struct parzen *p, uint32_t j, double x) {
    double *logs = p->logs;
    const float *at = p->at + (size_t)j * p->capacity;
    const float *norm = p->norm + (size_t)j * p->capacity;
    const float *keen = p->keen + (size_t)j * p->capacity;
    float place = (float)x;
    if (p->space->dim[j].kind == DIM_FIXED)
        return;
    if (p->space->dim[j].kind == DIM_CHOICE) { /* half a cell apart is another cell */
        float half = 0.5f / (float)p->space->dim[j].cells;
        for (uint32_t k = 0; k < p->count; k++)
            logs[k] += (double)(norm[k] - (fabsf(place - at[k]) > half ? keen[k] : 0));
        return;
    }
    for (uint32_t k = 0; k < p->count; k++) {
        float away = place - at[k];
        logs[k] += (double)(norm[k] - keen[k] * away * away);
    }
}

/* p->work becomes weights e^(logs - most); `most` is returned. */
static double weigh(struct parzen *p) {
    double most = p->logs[0];
    for (uint32_t k = 1; k < p->count; k++)
        most = p->logs[k] > most ? p->logs[k] : most;
    for (uint32_t k = 0; k < p->count; k++)
        p->work[k] = p->logs[k] - most;
    portable_exp_all(p->work, p->count);
    for (uint32_t k = 0; k < p->count; k++)
        p->work[k] *= p->weights[k];
    return most;
}

static double log_mixture(struct parzen *p) {
    double most = weigh(p);
    double sum = 0;
    for (uint32_t k = 0; k < p->count; k++)
        sum += p->work[k];
    return most + portable_log(sum);
}

/* Between the middles of bins along the line, beyond the outermost ones level. */
static double own_at(const struct parzen *p, uint32_t j, double x) {
    const struct dim *d = &p->space->dim[j];
    const double *own = p->log_own[j];
    if (d->kind == DIM_FIXED)
        return 0;
    if (d->kind == DIM_CHOICE)
        return own[cell_at(d, x)];
    double place = lesser(greater(x * PARZEN_BINS - 0.5, 0), PARZEN_BINS - 1);
    uint32_t left = (uint32_t)place;
    uint32_t right = left + 1 < PARZEN_BINS ? left + 1 : left;
    return own[left] + (place - left) * (own[right] - own[left]);
}

double parzen_log_density(struct parzen *p, const double *point) {
    double apart = 0;
    memset(p->logs, 0, p->count * sizeof *p->logs);
    for (uint32_t j = 0; j < p->space->dims; j++) {
        if (point[j] < 0)
            continue;
        apart += own_at(p, j, point[j]);
        add_logs(p, j, point[j]);
    }
    return (apart + log_mixture(p)) / 2;
}

/* A kernel that has dimension j (the even one has all), by what is in `weights`, which is p->work
 * or p->weights. */
static uint32_t pick(struct parzen *p, struct rng *r, uint32_t j, const double *weights) {
    const float *at = p->at + (size_t)j * p->capacity;
    p->work[0] = weights[0];
    for (uint32_t k = 1; k < p->count; k++)
        p->work[k] = at[k] >= 0 ? weights[k] : 0;
    return (uint32_t)draw_weighted(r, p->work, p->count) % p->count;
}

/* A coordinate from kernel k, which has dimension j. */
static double draw_from(const struct parzen *p, struct rng *r, uint32_t j, uint32_t k) {
    size_t entry = (size_t)j * p->capacity + k;
    const struct dim *d = &p->space->dim[j];
    double at = (double)p->at[entry];
    double u = draw_open(r);
    if (k == 0 || d->kind == DIM_FIXED)
        return u;
    if (d->kind == DIM_CHOICE) /* what is left of u is even again */
        return u < p->widths[j] ? u / p->widths[j] : at;
    double width = greater(p->widths[j], cell_width(d, at) / 2);
    double low = normal_cdf(-at / width);
    double high = normal_cdf((1 - at) / width);
    return lesser(greater(at + width * normal_quantile(low + u * (high - low)), 0), 1);
}

void parzen_draw(struct parzen *p, struct rng *r, bool together, double *point,
                 struct value *values) {
    const struct job *job = p->space->job;
    uint32_t k = (uint32_t)draw_weighted(r, p->weights, p->count) % p->count;
    memset(p->logs, 0, p->count * sizeof *p->logs);
    for (uint32_t j = 0; j < job->params_count; j++)
        values[j] = (struct value){.kind = VALUE_NONE};
    for (uint32_t i = 0; i < job->params_count; i++) {
        uint32_t j = job->order[i];
        const struct param *param = &job->params[j];
        bool active = param->when == NULL || expr_true(param->when, values);
        bool has = k == 0 || p->at[(size_t)j * p->capacity + k] >= 0;
        if (!together) {
            k = pick(p, r, j, p->weights);
        } else if (active && !has) {
            weigh(p);
            k = pick(p, r, j, p->work);
        }
        has = k == 0 || p->at[(size_t)j * p->capacity + k] >= 0;
        point[j] = has ? draw_from(p, r, j, k) : draw_open(r);
        if (!active)
            continue;
        space_value(param, point[j], &values[j]);
        if (together && i + 1 < job->params_count)
            add_logs(p, j, space_unit(p->space, j, &values[j]));
    }
}
