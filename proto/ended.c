#include "proto/ended.h"

#include "proto/status.h"

bool ended_of(struct msg_ended *ended, const struct msg_outcome *outcome) {
    struct msg fact;
    struct err err;
    if (!msg_decode(&fact, outcome->result, &err) || fact.kind != MSG_result_fact)
        return false;
    const struct msg_result_fact *result = &fact.result_fact;
    bool cancelled = result->status == TRIAL_CANCELLED;
    *ended = (struct msg_ended){.job = result->job,
                                .slot = result->slot,
                                .attempt = result->attempt,
                                .lost = cancelled || result->status == TRIAL_LOST,
                                .unable = result->status == TRIAL_NO_START,
                                .shut = cancelled,
                                .again = result->status == TRIAL_AGAIN,
                                .trials = cancelled ? outcome->trials : 0};
    return true;
}
