#include "actors/executor/metrics.h"

#include "proto/base/mp.h"

#include <math.h>
#include <string.h>

void metrics_init(struct metrics *m) {
    /* The arrays stay untouched, so a trial that reports little costs few pages. */
    m->count = 0;
    m->points_count = 0;
    m->stride = 1;
    m->dropped_names = 0;
}

static struct metric *find_item(struct metrics *m, struct span name) {
    for (uint32_t i = 0; i < m->count; i++) {
        if (span_is(name, m->items[i].name))
            return &m->items[i];
    }
    return NULL;
}

const struct metric *metrics_find(const struct metrics *m, struct span name) {
    return find_item((struct metrics *)m, name);
}

static struct metric *append_item(struct metrics *m, struct span name) {
    if (m->count == LIMIT_METRICS)
        return NULL;
    struct metric *item = &m->items[m->count++];
    memcpy(item->name, name.data, name.len);
    item->name[name.len] = '\0';
    item->count = 0;
    return item;
}

/* Takes out one point; the ones behind it move up. */
static void remove_point(struct metrics *m, uint32_t at) {
    m->points_count--;
    memmove(&m->points[at], &m->points[at + 1], (m->points_count - at) * sizeof m->points[0]);
    for (uint32_t i = 0; i < m->count; i++) {
        if (m->items[i].last_point > at)
            m->items[i].last_point--;
    }
}

/* Keeps every second point of each curve, and its newest. */
static void thin_out(struct metrics *m) {
    uint32_t seen[LIMIT_METRICS] = {0};
    uint32_t kept = 0;
    for (uint32_t i = 0; i < m->points_count; i++) {
        uint32_t number = m->points[i].metric;
        struct metric *item = &m->items[number];
        bool newest = item->last_point == i;
        if (seen[number]++ % 2 == 0 || newest) {
            if (newest)
                item->last_point = kept;
            m->points[kept++] = m->points[i];
        }
    }
    m->points_count = kept;
    m->stride *= 2;
}

static void add_point(struct metrics *m, struct metric *item, const struct point *point) {
    if (m->points_count == LIMIT_POINTS)
        thin_out(m);
    /* The newest point so far stays only when its turn is a multiple of the stride. */
    if (item->count > 0 && (item->count - 1) % m->stride != 0)
        remove_point(m, item->last_point);
    item->last_point = m->points_count;
    m->points[m->points_count++] = *point;
}

bool metrics_add(struct metrics *m, struct span name, int64_t step, double value, dur_ms after) {
    if (!isfinite(value) || name.len == 0 || name.len > LIMIT_NAME_BYTES)
        return false;
    struct metric *item = find_item(m, name);
    if (item == NULL && (item = append_item(m, name)) == NULL) {
        m->dropped_names++;
        return false;
    }
    struct point point = {
        .metric = (uint32_t)(item - m->items), .step = step, .value = value, .after = after};
    add_point(m, item, &point);
    item->last = value;
    item->least = item->count == 0 || value < item->least ? value : item->least;
    item->greatest = item->count == 0 || value > item->greatest ? value : item->greatest;
    item->count++;
    return true;
}

void metrics_encode(const struct metrics *m, struct buf *out) {
    mp_put_array(out, m->count);
    for (uint32_t i = 0; i < m->count; i++) {
        const struct metric *item = &m->items[i];
        mp_put_array(out, 5);
        mp_put_str(out, span_text(item->name));
        mp_put_f64(out, item->last);
        mp_put_f64(out, item->least);
        mp_put_f64(out, item->greatest);
        mp_put_u64(out, item->count);
    }
}

void metrics_encode_series(const struct metrics *m, struct buf *out) {
    mp_put_array(out, m->points_count);
    for (uint32_t i = 0; i < m->points_count; i++) {
        const struct point *point = &m->points[i];
        mp_put_array(out, 4);
        mp_put_u64(out, point->metric);
        mp_put_i64(out, point->step);
        mp_put_f64(out, point->value);
        mp_put_i64(out, point->after);
    }
}

struct metrics_reader metrics_read(struct span bytes) {
    struct metrics_reader r = {0};
    if (bytes.len == 0) /* an attempt that never ran has none */
        return r;
    struct mp mp = mp_of(bytes);
    r.left = mp_array(&mp);
    r.rest = mp.rest;
    r.wrong = mp.bad != NULL || (r.left == 0 && mp.rest.len > 0);
    return r;
}

/* Starts the next entry, of `width` fields; false at the end. */
static bool entry_begin(struct metrics_reader *r, struct mp *mp, uint32_t width) {
    if (r->wrong || r->left == 0)
        return false;
    *mp = mp_of(r->rest);
    r->wrong = mp_array(mp) != width;
    return !r->wrong;
}

static bool entry_end(struct metrics_reader *r, const struct mp *mp, bool right) {
    r->rest = mp->rest;
    r->left--;
    r->wrong = mp->bad != NULL || !right || (r->left == 0 && r->rest.len > 0);
    return !r->wrong;
}

bool metrics_next(struct metrics_reader *r, struct metric *out) {
    struct mp mp;
    if (!entry_begin(r, &mp, 5))
        return false;
    struct span name = mp_str(&mp);
    bool right = name.len > 0 && name.len <= LIMIT_NAME_BYTES;
    memset(out, 0, sizeof *out);
    if (right)
        memcpy(out->name, name.data, name.len);
    out->last = mp_f64(&mp);
    out->least = mp_f64(&mp);
    out->greatest = mp_f64(&mp);
    out->count = mp_u64(&mp);
    right = right && isfinite(out->last) && isfinite(out->least) && isfinite(out->greatest);
    return entry_end(r, &mp, right);
}

bool series_next(struct metrics_reader *r, struct point *out) {
    struct mp mp;
    if (!entry_begin(r, &mp, 4))
        return false;
    uint64_t number = mp_u64(&mp);
    out->metric = (uint32_t)number;
    out->step = mp_i64(&mp);
    out->value = mp_f64(&mp);
    out->after = mp_i64(&mp);
    return entry_end(r, &mp, number < LIMIT_METRICS && isfinite(out->value));
}
