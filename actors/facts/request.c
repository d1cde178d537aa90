#include "actors/facts/request.h"

#include "actors/facts/errand.h"

static bool knows_order(const struct msg_control_fact *order, struct span bundle, struct err *err) {
    if (order->verb != CONTROL_CANCEL && order->verb != CONTROL_EXTEND)
        return err_set(err, ERR_BAD_FACT, "an order that this version does not know");
    if (order->verb == CONTROL_EXTEND && bundle.len > SEAT_EXTENSION_BYTES)
        return err_set(err, ERR_BAD_FACT, "an order of %zu bytes, expected at most %d", bundle.len,
                       SEAT_EXTENSION_BYTES);
    return true;
}

bool request_read(struct span bytes, struct bundle *bundle, struct msg *fact, struct job_id *job,
                  struct err *err) {
    if (bytes.len > ERRAND_BUNDLE_BYTES)
        return err_set(err, ERR_BAD_FACT, "a bundle of %zu bytes, expected at most %d", bytes.len,
                       ERRAND_BUNDLE_BYTES);
    if (!bundle_open(bundle, bytes, err))
        return false;
    if (bundle->count != 1)
        return err_set(err, ERR_BAD_FACT, "%u facts in one request, expected one", bundle->count);
    if (!bundle_next(bundle, fact, err))
        return false;
    if (fact->kind == MSG_control_fact) {
        *job = fact->control_fact.job;
        return knows_order(&fact->control_fact, bytes, err);
    }
    if (fact->kind != MSG_job_fact)
        return err_set(err, ERR_NOT_ALLOWED, "a client may not say '%s'", msg_name(fact->kind));
    if (!node_id_equal(&fact->job_fact.owner, &bundle->author))
        return err_set(err, ERR_NOT_ALLOWED, "the job's owner is not the one who signed it");
    if (fact->job_fact.spec.len > LIMIT_JOB_SPEC_BYTES || fact->job_fact.created < 0)
        return err_set(err, ERR_BAD_FACT, "a job that is too large or dated before 1970");
    *job = job_id_of(&fact->job_fact);
    return true;
}
