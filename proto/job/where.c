#include "proto/job/job.h"

bool job_allows(const struct job *job, const struct value *values) {
    for (uint32_t i = 0; i < job->where_count; i++) {
        if (expr_truth(job->where[i].test, values) == EXPR_NO)
            return false;
    }
    return true;
}

double job_miss(const struct job *job, const struct value *values) {
    double miss = 0;
    for (uint32_t i = 0; i < job->where_count; i++)
        miss += expr_miss(job->where[i].test, values);
    return miss;
}

static double breach_of(const struct job *job, const struct value *metrics, double unknown_is) {
    double breach = 0;
    for (uint32_t i = 0; i < job->constraints_count; i++) {
        const struct expr *test = job->constraints[i].test;
        bool unknown = expr_truth(test, metrics) == EXPR_UNKNOWN;
        breach += unknown ? unknown_is : expr_miss(test, metrics);
    }
    return breach;
}

double job_breach(const struct job *job, const struct value *metrics) {
    return breach_of(job, metrics, BREACH_UNKNOWN);
}

double job_breach_told(const struct job *job, const struct value *metrics) {
    return breach_of(job, metrics, 0);
}
