/* metrics - what one attempt reported: the last, least and greatest of each metric, and its curve.
 *
 * Memory   fixed. More than LIMIT_METRICS names are counted and dropped; more than LIMIT_POINTS points: every second point
 *          of all curves is dropped and only every second new one kept from then on, so a curve stays evenly spaced
 *          and the last point of each metric is always kept.
 * Bytes    metrics: msgpack [[name, last, least, greatest, count], ...] in order of first appearance.
 *          series:  msgpack [[metric number, step, value, after_ms], ...] in order of time.
 */
#ifndef ZYG_METRICS_H
#define ZYG_METRICS_H

#include "proto/base/bytes.h"
#include "proto/base/time.h"
#include "proto/limits.h"

struct metric {
    char name[LIMIT_NAME_BYTES + 1];
    double last, least, greatest;
    uint64_t count;
    uint32_t last_point; /* position of its newest point */
};

struct point {
    uint32_t metric;
    int64_t step;
    double value;
    dur_ms after;
};

struct metrics {
    struct metric items[LIMIT_METRICS];
    uint32_t count;
    struct point points[LIMIT_POINTS];
    uint32_t points_count;
    uint32_t stride; /* every stride-th point of a metric is kept */
    uint64_t dropped_names;
};

void metrics_init(struct metrics *m);
/* False: NaN or an infinity, a name that is none, or no room for one more. step -1: not said. */
bool metrics_add(struct metrics *m, struct span name, int64_t step, double value, dur_ms after);
const struct metric *metrics_find(const struct metrics *m, struct span name);
void metrics_encode(const struct metrics *m, struct buf *out);
void metrics_encode_series(const struct metrics *m, struct buf *out);

/* Reading what was encoded, one entry a call; false at the end or when the bytes are wrong. */
struct metrics_reader {
    struct span rest;
    uint32_t left;
    bool wrong;
};
struct metrics_reader metrics_read(struct span bytes);
bool metrics_next(struct metrics_reader *r, struct metric *out);
bool series_next(struct metrics_reader *r, struct point *out);

#endif
