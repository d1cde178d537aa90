#include "actors/facts/trial_row.h"

#include "proto/base/mp.h"

#include <string.h>

void trial_row_encode(const struct trial_row *row, struct buf *out) {
    mp_put_array(out, 15);
    mp_put_u64(out, row->status);
    mp_put_bool(out, row->finished);
    mp_put_u64(out, row->attempts.made);
    mp_put_u64(out, row->attempts.crash);
    mp_put_u64(out, row->attempts.transient);
    mp_put_u64(out, row->attempts.again);
    mp_put_bool(out, row->has_value);
    mp_put_f64(out, row->value);
    mp_put_i64(out, row->began);
    mp_put_i64(out, row->run_ms);
    mp_put_i64(out, row->cpu_ms);
    mp_put_u64(out, row->rss_kib);
    mp_put_bin(out, row->config);
    mp_put_bin(out, row->metrics);
    mp_put_str(out, row->cause);
}

static uint32_t read_count(struct mp *in) {
    uint64_t count = mp_u64(in);
    return count > UINT32_MAX ? UINT32_MAX : (uint32_t)count;
}

bool trial_row_decode(struct trial_row *row, struct span bytes) {
    struct mp in = mp_of(bytes);
    *row = (struct trial_row){0};
    if (mp_array(&in) != 15 || !trial_status_of(mp_u64(&in), &row->status))
        return false;
    row->finished = mp_bool(&in);
    row->attempts.made = read_count(&in);
    row->attempts.crash = read_count(&in);
    row->attempts.transient = read_count(&in);
    row->attempts.again = read_count(&in);
    row->has_value = mp_bool(&in);
    row->value = mp_f64(&in);
    row->began = mp_i64(&in);
    row->run_ms = mp_i64(&in);
    row->cpu_ms = mp_i64(&in);
    row->rss_kib = mp_u64(&in);
    row->config = mp_bin(&in);
    row->metrics = mp_bin(&in);
    row->cause = mp_str(&in);
    return mp_done(&in) && (!row->finished || row->attempts.made > 0);
}

void trial_row_fold(struct trial_row *row, const struct msg_result_fact *result,
                    const struct retry *allowed) {
    if (row->finished)
        return;
    row->status = (enum trial_status)result->status;
    row->finished = attempts_count(&row->attempts, allowed, row->status);
    row->has_value = row->finished && result->has_value;
    row->value = row->has_value ? result->value : 0;
    row->began = result->began;
    row->run_ms = result->run_ms;
    row->cpu_ms = result->cpu_ms;
    row->rss_kib = result->rss_kib;
    row->config = result->config;
    row->metrics = result->metrics;
    row->cause = result->cause;
}

void trial_row_key(struct buf *out, const struct job_id *job, uint64_t slot) {
    buf_put(out, job->bytes, sizeof job->bytes);
    buf_be64(out, slot);
}

void trial_row_attempt_key(struct buf *out, const struct job_id *job, uint64_t slot,
                           uint64_t attempt) {
    trial_row_key(out, job, slot);
    for (int shift = 24; shift >= 0; shift -= 8)
        buf_byte(out, (uint8_t)(attempt >> shift));
}

/* IEEE 754 doubles order like sign-and-magnitude integers: flipping the sign bit of positive ones and all bits of negative
 * ones makes them order like unsigned integers. */
static uint64_t sortable(double value) {
    if (value == 0)
        value = 0; /* both zeros are one value */
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return (bits >> 63) != 0 ? ~bits : bits | (uint64_t)1 << 63;
}

void trial_row_rank_key(struct buf *out, const struct job_id *job, bool maximize, double value,
                        uint64_t slot) {
    buf_put(out, job->bytes, sizeof job->bytes);
    buf_be64(out, maximize ? ~sortable(value) : sortable(value));
    buf_be64(out, slot);
}

uint64_t trial_row_key_slot(struct span key) {
    return key.len < JOB_ID_BYTES + 8 ? 0 : read_be64(key.data + JOB_ID_BYTES);
}

uint64_t trial_row_rank_key_slot(struct span key) {
    return key.len < JOB_ID_BYTES + 16 ? 0 : read_be64(key.data + JOB_ID_BYTES + 8);
}
