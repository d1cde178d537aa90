#include "actors/facts/trial_row.h"

#include "proto/base/mp.h"

#include <string.h>

enum { ROW_PARTS = 26, ROW_PARTS_THIRD = 24, ROW_PARTS_SECOND = 22, ROW_PARTS_FIRST = 19 };

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
    unable_encode(&row->unable, out);
    mp_put_i64(out, row->last_end);
    mp_put_bin(out, row->others);
    mp_put_u64(out, row->attempts.paused);
    mp_put_u64(out, row->end);
    mp_put_bin(out, row->curve);
}

static uint32_t read_count(struct mp *in) {
    uint64_t count = mp_u64(in);
    return count > UINT32_MAX ? UINT32_MAX : (uint32_t)count;
}

wall_ms trial_ended_at(wall_ms began, dur_ms run_ms) {
    bool sane = began > 0 && run_ms >= 0 && began <= INT64_MAX / 2 && run_ms <= INT64_MAX / 2;
    return sane ? began + run_ms : 0;
}

static enum trial_end end_of(enum trial_status status) {
    bool ends = trial_status_final(status) && status != TRIAL_PAUSED;
    return status == TRIAL_DONE ? TRIAL_END_DONE : ends ? TRIAL_END_FINAL : TRIAL_END_NONE;
}

bool trial_row_decode(struct trial_row *row, struct span bytes) {
    struct mp in = mp_of(bytes);
    *row = (struct trial_row){0};
    uint32_t parts = mp_array(&in);
    if ((parts != ROW_PARTS && parts != ROW_PARTS_THIRD && parts != ROW_PARTS_SECOND &&
         parts != ROW_PARTS_FIRST) ||
        !trial_status_of(mp_u64(&in), &row->status))
        return false;
    row->end = end_of(row->status); /* earlier versions knew no more */
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
    row->last_end = trial_ended_at(row->began, row->run_ms);
    if (parts != ROW_PARTS_FIRST) {
        if (!unable_decode(&row->unable, &in))
            return false;
        row->last_end = mp_i64(&in);
    }
    if (parts >= ROW_PARTS_THIRD) {
        row->others = mp_bin(&in);
        row->attempts.paused = read_count(&in);
    }
    uint64_t end = parts == ROW_PARTS ? mp_u64(&in) : row->end;
    row->end = (enum trial_end)end;
    if (parts == ROW_PARTS)
        row->curve = mp_bin(&in);
    if (end > TRIAL_END_DONE || !mp_done(&in) || author.len != sizeof row->from.author.bytes ||
        row->attempts.paused > row->attempts.made)
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

/* From the lowest. */
enum grade { GRADE_REPEATED, GRADE_FINAL, GRADE_DONE, GRADE_VALUED };

static enum grade grade_of(enum trial_status status, bool has_value) {
    if (has_value && trial_status_well(status))
        return GRADE_VALUED;
    if (status == TRIAL_DONE)
        return GRADE_DONE;
    return trial_status_final(status) ? GRADE_FINAL : GRADE_REPEATED;
}

struct measure trial_row_measure(const struct trial_row *row, const struct job *job) {
    struct measure m;
    (void)measure_of(&m, job, row->value, row->others); /* as it was when it was folded */
    return m;
}

/* Of two equal measures. */
static int weight_of(enum trial_status status) {
    return status == TRIAL_DONE ? 2 : status == TRIAL_STOPPED ? 1 : 0;
}

/* Does this result stand for the slot instead of the one that did? m: of the result, when it is valued. */
static bool goes_before(const struct trial_row *row, const struct msg_result_fact *result,
                        const struct measure *m, const struct fact_key *key,
                        const struct job *job) {
    const enum trial_status status = (enum trial_status)result->status;
    enum grade stood = grade_of(row->status, row->has_value);
    enum grade came = grade_of(status, m != NULL);
    if (row->attempts.made == 0 || came != stood)
        return row->attempts.made == 0 || came > stood;
    if (came == GRADE_VALUED) {
        const struct measure standing = trial_row_measure(row, job);
        int better = measure_compare(job, m, &standing);
        if (better == 0)
            better = weight_of(row->status) - weight_of(status);
        if (better != 0)
            return better < 0;
    }
    int order = fact_key_compare(key, &row->from);
    bool latest = came == GRADE_REPEATED || (came == GRADE_VALUED && status == TRIAL_PAUSED);
    return latest ? order > 0 : order < 0;
}

/* What is summed up, whichever result stands for the slot. */
static void count(struct trial_row *row, const struct msg_result_fact *result,
                  const struct fact_key *key, const struct retry *allowed) {
    enum trial_status status = (enum trial_status)result->status;
    wall_ms ended = trial_ended_at(result->began, result->run_ms);
    bool finished = attempts_count(&row->attempts, allowed, status);
    row->end = end_of(status) > row->end ? end_of(status) : row->end;
    if (status == TRIAL_NO_START)
        unable_add(&row->unable, &key->author, result->nodes);
    row->finished = row->finished || finished || unable_gives_up(&row->unable, UNABLE_SLOT);
    row->last_end = ended > row->last_end ? ended : row->last_end;
}

bool trial_row_fold(struct trial_row *row, const struct msg_result_fact *result,
                    const struct fact_key *key, const struct job *job) {
    struct measure m;
    bool valued = result->has_value && measure_of(&m, job, result->value, result->others);
    bool stands = goes_before(row, result, valued ? &m : NULL, key, job);
    count(row, result, key, &job->retry);
    if (!stands)
        return false;
    row->status = (enum trial_status)result->status;
    row->from = *key;
    row->has_value = valued && trial_status_well(row->status);
    row->value = row->has_value ? result->value : 0;
    row->others = row->has_value ? result->others : (struct span){0};
    row->curve = row->has_value ? result->curve : (struct span){0};
    row->began = result->began;
    row->run_ms = result->run_ms;
    row->cpu_ms = result->cpu_ms;
    row->rss_kib = result->rss_kib;
    row->config = result->config;
    row->metrics = result->metrics;
    row->cause = result->cause;
    return true;
}

enum trial_status trial_row_ended_as(const struct trial_row *row, const struct job *job) {
    bool rests = row->end == TRIAL_END_NONE && !attempts_spent(&row->attempts, &job->retry);
    if (row->end == TRIAL_END_DONE)
        return TRIAL_DONE;
    return row->status == TRIAL_PAUSED && !rests ? TRIAL_STOPPED : row->status;
}

struct msg_learned trial_row_learned(const struct job_id *id, const struct job *job, uint64_t slot,
                                     const struct trial_row *row) {
    return (struct msg_learned){.job = *id,
                                .slot = slot,
                                .config = row->config,
                                .status = row->finished ? trial_row_ended_as(row, job) : TRIAL_OPEN,
                                .has_value = row->has_value,
                                .value = row->value,
                                .run_ms = row->run_ms,
                                .attempts = row->attempts.made,
                                .author = row->from.author,
                                .others = row->others,
                                .curve = row->curve};
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

/* Behind those of all finite values, of either goal, there are 2^52 numbers: breaches in their order, but for their last
 * bits. */
static uint64_t behind_all(double breach) {
    return (uint64_t)0xfff << 52 | (sortable(breach) & ~((uint64_t)1 << 63)) >> 12;
}

static uint64_t place_of(const struct job *job, uint32_t objective, double value) {
    uint64_t place = sortable(value);
    return job->objectives[objective].goal == GOAL_MAXIMIZE ? ~place : place;
}

void trial_row_rank_key(struct buf *out, const struct job_id *id, const struct job *job,
                        const struct measure *m, uint64_t slot) {
    buf_put(out, id->bytes, sizeof id->bytes);
    buf_be64(out, m->breach > 0 ? behind_all(m->breach) : place_of(job, 0, m->values[0]));
    for (uint32_t i = 1; i < job->objectives_count; i++)
        buf_be64(out, place_of(job, i, m->values[i]));
    buf_be64(out, slot);
}

uint64_t trial_row_key_slot(struct span key) {
    return key.len < JOB_ID_BYTES + 8 ? 0 : read_be64(key.data + JOB_ID_BYTES);
}

uint64_t trial_row_key_attempt(struct span key) {
    return key.len < JOB_ID_BYTES + 12 ? 0 : read_be64(key.data + JOB_ID_BYTES + 4) & UINT32_MAX;
}

void trial_row_end_key(struct buf *out, const struct job_id *job, enum trial_status status,
                       uint64_t slot) {
    buf_put(out, job->bytes, sizeof job->bytes);
    buf_be64(out, status);
    buf_be64(out, slot);
}

uint64_t trial_row_rank_key_slot(struct span key) {
    return key.len < JOB_ID_BYTES + 16 ? 0 : read_be64(key.data + key.len - 8);
}

void trial_row_rank_put(struct buf *out, const struct job *job, uint32_t runs,
                        const struct measure *m) {
    if (runs == 1)
        return;
    mp_put_array(out, 2 + job->objectives_count);
    mp_put_u64(out, runs);
    mp_put_f64(out, m->breach);
    for (uint32_t i = 0; i < job->objectives_count; i++)
        mp_put_f64(out, m->values[i]);
}

bool trial_row_rank_read(struct span bytes, const struct job *job, uint64_t *runs,
                         struct measure *m) {
    struct mp in = mp_of(bytes);
    if (mp_peek(&in) == MP_END || mp_array(&in) != 2 + job->objectives_count)
        return false;
    *runs = mp_u64(&in);
    *m = (struct measure){.breach = mp_f64(&in)};
    for (uint32_t i = 0; i < job->objectives_count; i++)
        m->values[i] = mp_f64(&in);
    m->told = m->breach;
    return mp_done(&in);
}
