#include "actors/jobfile/elsewhere.h"

#include <string.h>

#define FILE_MAP "a job file", "the file, beside 'search'"
#define SEARCH "'search'", "'search'"
#define OBJECTIVE "'objective'", "'search: {objective: ...}'"
#define RUNGS "'rungs'", "'search: {rungs: ...}'"
#define PARAM "a parameter", "a parameter"
#define RUN "'run'", "'run'"
#define METRICS "'metrics'", "'run: {metrics: ...}'"
#define LIMITS "'limits'", "'run: {limits: ...}'"
#define RETRY "'retry'", "'run: {retry: ...}'"

static const struct {
    const char *word;
    struct elsewhere at;
} words[] = {
    {"name", {"name", FILE_MAP}},
    {"params", {"params", FILE_MAP}},
    {"parameters", {"params", FILE_MAP}},
    {"space", {"params", FILE_MAP}},
    {"search_space", {"params", FILE_MAP}},
    {"where", {"where", FILE_MAP}},
    {"try_first", {"try_first", FILE_MAP}},
    {"list", {"list", FILE_MAP}},
    {"copies", {"copies", FILE_MAP}},
    {"default", {"try_first", FILE_MAP}},
    {"initial", {"try_first", FILE_MAP}},

    {"method", {"method", SEARCH}},
    {"algorithm", {"method", SEARCH}},
    {"sampler", {"method", SEARCH}},
    {"searcher", {"method", SEARCH}},
    {"strategy", {"method", SEARCH}},
    {"trials", {"trials", SEARCH}},
    {"n_trials", {"trials", SEARCH}},
    {"max_trials", {"trials", SEARCH}},
    {"num_samples", {"trials", SEARCH}},
    {"iterations", {"trials", SEARCH}},
    {"parallel", {"parallel", SEARCH}},
    {"workers", {"parallel", SEARCH}},
    {"n_jobs", {"parallel", SEARCH}},
    {"concurrency", {"parallel", SEARCH}},
    {"max_concurrent", {"parallel", SEARCH}},
    {"seed", {"seed", SEARCH}},
    {"random_state", {"seed", SEARCH}},
    {"objective", {"objective", SEARCH}},
    {"objectives", {"objectives", SEARCH}},
    {"constraints", {"constraints", SEARCH}},
    {"constraint", {"constraints", SEARCH}},
    {"rungs", {"rungs", SEARCH}},
    {"pruner", {"rungs", SEARCH}},
    {"early_stopping", {"rungs", SEARCH}},
    {"early_terminate", {"rungs", SEARCH}},
    {"repeat", {"repeat", SEARCH}},
    {"patience", {"patience", SEARCH}},
    {"cost_aware", {"cost_aware", SEARCH}},
    {"learn_from", {"learn_from", SEARCH}},

    {"metric", {"metric", OBJECTIVE}},
    {"goal", {"goal", OBJECTIVE}},
    {"direction", {"goal", OBJECTIVE}},
    {"mode", {"goal", OBJECTIVE}},
    {"target", {"target", OBJECTIVE}},
    {"threshold", {"target", OBJECTIVE}},

    {"scheduler", {"scheduler", RUNGS}},
    {"budget", {"budget", RUNGS}},
    {"eta", {"eta", RUNGS}},
    {"reduction_factor", {"eta", RUNGS}},
    {"grace_period", {"min", RUNGS}},
    {"min_resource", {"min", RUNGS}},
    {"max_resource", {"max", RUNGS}},
    {"max_t", {"max", RUNGS}},
    {"epochs", {"max", RUNGS}},
    {"steps", {"max", RUNGS}},

    {"low", {"min", PARAM}},
    {"lower", {"min", PARAM}},
    {"high", {"max", PARAM}},
    {"upper", {"max", PARAM}},
    {"log", {"scale", PARAM}},
    {"distribution", {"scale", PARAM}},
    {"choices", {"values", PARAM}},
    {"options", {"values", PARAM}},
    {"value", {"values", PARAM}},
    {"condition", {"when", PARAM}},
    {"conditions", {"when", PARAM}},
    {"if", {"when", PARAM}},
    {"q", {"step", PARAM}},
    {"ordinal", {"ordered", PARAM}},
    {"ordered", {"ordered", PARAM}},
    {"when", {"when", PARAM}},
    {"scale", {"scale", PARAM}},

    {"command", {"command", RUN}},
    {"cmd", {"command", RUN}},
    {"program", {"command", RUN}},
    {"script", {"command", RUN}},
    {"dir", {"dir", RUN}},
    {"workdir", {"dir", RUN}},
    {"cwd", {"dir", RUN}},
    {"env", {"env", RUN}},
    {"environment", {"env", RUN}},
    {"metrics", {"metrics", RUN}},
    {"limits", {"limits", RUN}},
    {"retry", {"retry", RUN}},
    {"retries", {"retry", RUN}},

    {"regex", {"regex", METRICS}},
    {"wall", {"wall", LIMITS}},
    {"timeout", {"wall", LIMITS}},
    {"time_limit", {"wall", LIMITS}},
    {"output", {"output", LIMITS}},
    {"grace", {"grace", LIMITS}},
    {"crash", {"crash", RETRY}},
    {"transient", {"transient", RETRY}},
    {"lost", {"lost", RETRY}},
};

/* A word may have several places: the mapping it stands in comes first. */
const struct elsewhere *elsewhere_of(struct span word, const char *what) {
    const struct elsewhere *found = NULL;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (!span_is(word, words[i].word))
            continue;
        if (strcmp(words[i].at.where, what) == 0)
            return &words[i].at;
        found = found == NULL ? &words[i].at : found;
    }
    return found;
}
