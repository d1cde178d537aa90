#include "proto/job/yet.h"

bool job_runs(const struct job *job, struct job_fault *fault) {
    /* Who is stopped by one objective may be good in another. */
    if (job->rungs.steps > 0 && job->objectives_count > 1)
        return job_fault_set(fault, "search.rungs", FAULT_AT_NAME,
                             "'rungs' with more than one objective is not in this version yet");
    if (job->repeat > 1 && job->rungs.steps > 0)
        return job_fault_set(fault, "search.repeat", FAULT_AT_NAME,
                             "'repeat' of learning curves is not in this version yet");
    if (job->cost_aware && !job_method_heeds_cost(job->method, job->objectives_count))
        return job_fault_set(fault, "search.cost_aware", FAULT_AT_NAME,
                             "'cost_aware' goes with the methods auto, gp and tpe, with two to %d "
                             "objectives auto and pareto",
                             OBJECTIVES_MODELLED);
    return true;
}
