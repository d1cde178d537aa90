#include "actors/facts/trial_row.h"

#include "proto/base/mp.h"

#include <string.h>

enum { ROW_PARTS = 19 };

void trial_row_encode(const struct trial_row *row, struct buf *out) {
    mp_put_array(out, ROW_PARTS);
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
    mp_put_u64(out, row->from.attempt);
    mp_put_bin(out, span_of(row->from.author.bytes, sizeof row->from.author.bytes));
    mp_put_u64(out, row->from.generation);
    mp_put_u64(out, row->from.number);
}

static uint32_t read_count(struct mp *in) {
    uint64_t count = mp_u64(in);
    return count > UINT32_MAX ? UINT32_MAX : (uint32_t)count;
}

bool trial_row_decode(struct trial_row *row, struct span bytes) {
    struct mp in = mp_of(bytes);
    *row = (struct trial_row){0};
    if (mp_array(&in) != ROW_PARTS || !trial_status_of(mp_u64(&in), &row->status))
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
    row->from.attempt = mp_u64(&in);
    struct span author = mp_bin(&in);
    row->from.generation = mp_u64(&in);
    row->from.number = mp_u64(&in);
    if (!mp_done(&in) || author.len != sizeof row->from.author.bytes)
        return false;
    memcpy(row->from.author.bytes, author.data, author.len);
    return !row->finished || row->attempts.made > 0;
}

static int compare(uint64_t a, uint64_t b) {
    return (a > b) - (a < b);
}

int fact_key_compare(const struct fact_key *a, const struct fact_key *b) {
    int order = compare(a->attempt, b->attempt);
    if (order == 0)
        order = memcmp(a->author.bytes, b->author.bytes, sizeof a->author.bytes);
    if (order == 0)
        order = compare(a->generation, b->generation);
    return order != 0 ? order : compare(a->number, b->number);
}

bool trial_row_replaces(const struct attempts *attempts, const struct fact_key *from,
                        enum trial_status status, const struct fact_key *key) {
    return attempts->made == 0 || trial_status_final(status) || fact_key_compare(key, from) > 0;
}

bool trial_row_fold(struct trial_row *row, const struct msg_result_fact *result,
                    const struct fact_key *key, const struct retry *allowed) {
    const struct attempts before = row->attempts;
    enum trial_status status = (enum trial_status)result->status;
    bool was_final = before.made > 0 && trial_status_final(row->status);
    bool stands = was_final ? trial_status_final(status) && fact_key_compare(key, &row->from) < 0
                            : trial_row_replaces(&before, &row->from, status, key);
    bool finished = attempts_count(&row->attempts, allowed, status);
    row->finished = finished || was_final || attempts_spent(&row->attempts, allowed);
    if (!stands)
        return false;
    row->status = status;
    row->from = *key;
    row->has_value = trial_status_final(status) && result->has_value;
    row->value = row->has_value ? result->value : 0;
    row->began = result->began;
    row->run_ms = result->run_ms;
    row->cpu_ms = result->cpu_ms;
    row->rss_kib = result->rss_kib;
    row->config = result->config;
    row->metrics = result->metrics;
    row->cause = result->cause;
    return true;
}

wall_ms trial_row_ended(const struct trial_row *row) {
    bool sane = row->began > 0 && row->run_ms >= 0 && row->began <= INT64_MAX / 2 &&
                row->run_ms <= INT64_MAX / 2;
    return sane ? row->began + row->run_ms : 0;
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

void trial_row_output_key(struct buf *out, const struct job_id *job, uint64_t slot,
                          const struct fact_key *key) {
    trial_row_attempt_key(out, job, slot, key->attempt);
    buf_put(out, key->author.bytes, sizeof key->author.bytes);
    buf_be64(out, key->generation);
    buf_be64(out, key->number);
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

void trial_row_end_key(struct buf *out, const struct job_id *job, enum trial_status status,
                       uint64_t slot) {
    buf_put(out, job->bytes, sizeof job->bytes);
    buf_be64(out, status);
    buf_be64(out, slot);
}

uint64_t trial_row_rank_key_slot(struct span key) {
    return key.len < JOB_ID_BYTES + 16 ? 0 : read_be64(key.data + JOB_ID_BYTES + 8);
}
