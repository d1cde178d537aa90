/* outcome - how the executor tells that an attempt has ended. */
#ifndef ZYG_TEST_OUTCOME_H
#define ZYG_TEST_OUTCOME_H

#include "proto/base/check.h"
#include "proto/msg.h"
#include "proto/status.h"

enum { OUTCOME_BYTES = 256 };

/* The answer borrows from `memory`, of OUTCOME_BYTES. */
static inline struct msg outcome_of(uint8_t *memory, const struct job_id *job, uint64_t slot,
                                    uint64_t attempt, enum trial_status status) {
    struct buf result = buf_of(memory, OUTCOME_BYTES);
    const struct msg fact = {
        .kind = MSG_result_fact,
        .result_fact = {.job = *job, .slot = slot, .attempt = attempt, .status = status}};
    ensure(msg_encode(&fact, &result));
    return (struct msg){.kind = MSG_outcome, .outcome.result = buf_view(&result)};
}

#endif
