#include "proto/status.h"

#include "proto/base/mp.h"

#include <string.h>

enum counter { COUNTER_NONE, COUNTER_CRASH, COUNTER_TRANSIENT };

static const struct {
    const char *name;
    enum counter counter;
    bool final;
} statuses[] = {
#define STATUS(NAME, name, counter, final) {name, COUNTER_##counter, final},
#include "proto/status.def"
#undef STATUS
};

static const char *const job_states[JOB_STATE_COUNT] = {
    [JOB_OPEN] = "open",
    [JOB_DONE] = "done",
    [JOB_FAILED] = "failed",
    [JOB_CANCELLED] = "cancelled",
};

const char *trial_status_name(enum trial_status status) {
    return statuses[status].name;
}

bool trial_status_of(uint64_t number, enum trial_status *out) {
    if (number >= TRIAL_STATUS_COUNT)
        return false;
    *out = (enum trial_status)number;
    return true;
}

bool trial_status_named(struct span name, enum trial_status *out) {
    for (uint64_t i = 0; i < TRIAL_STATUS_COUNT; i++) {
        if (span_is(name, statuses[i].name))
            return trial_status_of(i, out);
    }
    return false;
}

const char *job_state_name(enum job_state state) {
    return job_states[state];
}

bool attempts_count(struct attempts *a, const struct retry *allowed, enum trial_status status) {
    if (status == TRIAL_OPEN)
        return false; /* not an ending, whatever a peer says */
    a->made++;
    a->again += status == TRIAL_AGAIN;
    a->paused += status == TRIAL_PAUSED;
    a->crash += statuses[status].counter == COUNTER_CRASH;
    a->transient += statuses[status].counter == COUNTER_TRANSIENT;
    return trial_status_final(status) || attempts_spent(a, allowed);
}

bool trial_status_final(enum trial_status status) {
    return statuses[status].final;
}

bool trial_status_well(enum trial_status status) {
    return status == TRIAL_DONE || status == TRIAL_STOPPED || status == TRIAL_PAUSED;
}

bool trial_status_blames(enum trial_status status) {
    return status == TRIAL_INFEASIBLE || status == TRIAL_CRASHED || status == TRIAL_TIMED_OUT ||
           status == TRIAL_FLOODED || status == TRIAL_NO_METRIC;
}

void end_counts_encode(const uint64_t of[TRIAL_STATUS_COUNT], struct buf *out) {
    uint32_t kinds = 0;
    for (size_t i = 0; i < TRIAL_STATUS_COUNT; i++)
        kinds += of[i] > 0;
    mp_put_array(out, 2 * kinds);
    for (size_t i = 0; i < TRIAL_STATUS_COUNT; i++) {
        if (of[i] == 0)
            continue;
        mp_put_u64(out, i);
        mp_put_u64(out, of[i]);
    }
}

bool end_counts_decode(uint64_t of[TRIAL_STATUS_COUNT], struct span bytes) {
    struct mp in = mp_of(bytes);
    memset(of, 0, TRIAL_STATUS_COUNT * sizeof *of);
    uint32_t fields = mp_array(&in);
    if (fields % 2 != 0)
        return false;
    for (; fields > 0; fields -= 2) {
        enum trial_status status;
        bool known = trial_status_of(mp_u64(&in), &status);
        uint64_t count = mp_u64(&in);
        if (known)
            of[status] = count;
    }
    return mp_done(&in);
}

bool attempts_spent(const struct attempts *a, const struct retry *allowed) {
    return a->crash > allowed->crash || a->transient > allowed->transient ||
           a->again > ATTEMPTS_AGAIN_MAX;
}

dur_ms attempts_pause(const struct attempts *a, enum trial_status status) {
    enum { LEAST_MS = 100, MOST_MS = 60000, DOUBLINGS_MOST = 10 };
    uint32_t before = statuses[status].counter == COUNTER_TRANSIENT ? a->transient
                      : status == TRIAL_AGAIN                       ? a->again
                                                                    : 0;
    if (before == 0)
        return 0;
    dur_ms pause = (dur_ms)LEAST_MS << (before < DOUBLINGS_MOST ? before - 1 : DOUBLINGS_MOST);
    return pause < MOST_MS ? pause : MOST_MS;
}
