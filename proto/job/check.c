#include "proto/job/check.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "proto/base/num.h"
#include "proto/job/grid.h"

/* What was cut to `size` loses the half character that may be at its end. */
static void keep_whole(char *text, size_t size, int wanted) {
    size_t end = size - 1;
    if (wanted < 0 || (size_t)wanted < size)
        return;
    while (end > 0 && ((uint8_t)text[end - 1] & 0xc0) == 0x80)
        end--;
    if (end > 0 && utf8_length((const uint8_t *)text + end - 1, size - end) == 0)
        text[end - 1] = '\0';
}

bool job_fault_set(struct job_fault *fault, const char *where, size_t at, const char *format, ...) {
    va_list args;
    int wanted = snprintf(fault->where, sizeof fault->where, "%s", where);
    keep_whole(fault->where, sizeof fault->where, wanted);
    fault->at = at;
    fault->nearest[0] = '\0';
    va_start(args, format);
    wanted = vsnprintf(fault->what, sizeof fault->what, format, args);
    keep_whole(fault->what, sizeof fault->what, wanted);
    va_end(args);
    return false;
}

bool fault_nearest(struct job_fault *fault, struct span nearest) {
    if (nearest.len > 0 && nearest.len < sizeof fault->nearest)
        snprintf(fault->nearest, sizeof fault->nearest, "%.*s", (int)nearest.len,
                 (const char *)nearest.data);
    return false;
}

struct number_text number_text_of(double value) {
    struct number_text out = {{0}};
    struct buf text = buf_of(out.text, sizeof out.text - 1);
    num_print(&text, value);
    return out;
}

bool is_identifier(struct span name) {
    if (name.len == 0 || name.len > LIMIT_NAME_BYTES)
        return false;
    for (size_t i = 0; i < name.len; i++) {
        uint8_t c = name.data[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        if (!letter && (i == 0 || c < '0' || c > '9'))
            return false;
    }
    return true;
}

static bool check_name(const struct job *job, struct job_fault *fault) {
    struct span name = job->name;
    if (name.len == 0)
        return job_fault_set(fault, "name", 0, "a job needs a name");
    if (name.len > LIMIT_NAME_BYTES)
        return job_fault_set(fault, "name", 0, "a job's name has at most %d characters",
                             LIMIT_NAME_BYTES);
    if (span_is(name, "last"))
        return job_fault_set(fault, "name", 0,
                             "'last' always means the newest job; give this one another name");
    for (size_t i = 0; i < name.len; i++) {
        uint8_t c = name.data[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        if (!plain && (i == 0 || (c != '.' && c != '_' && c != '-')))
            return job_fault_set(fault, "name", i,
                                 "a job's name has lower-case letters, digits and after the first "
                                 "of them . _ -, not '%.*s'",
                                 SHOWN(name));
    }
    return true;
}

static bool check_dir(const struct job *job, struct job_fault *fault) {
    if (job->dir.len == 0 || job->dir.data[0] != '/' || job->dir.len > DIR_BYTES_MAX)
        return job_fault_set(fault, "run.dir", 0,
                             "the folder of a job must be an absolute path of at most %d bytes",
                             DIR_BYTES_MAX);
    return true;
}

static bool check_patterns(const struct job *job, struct job_fault *fault) {
    if (job->patterns_count > LIMIT_METRICS)
        return job_fault_set(fault, "run.metrics.regex", 0, "more than %d metrics", LIMIT_METRICS);
    for (uint32_t i = 0; i < job->patterns_count; i++) {
        const struct metric_pattern *p = &job->patterns[i];
        char where[sizeof fault->where];
        snprintf(where, sizeof where, "run.metrics.regex.%.*s", SHOWN_NAME(p->name));
        if (!is_metric_name(p->name))
            return job_fault_set(
                fault, where, FAULT_AT_NAME,
                "'%.*s' cannot be a metric: at most %d characters, no spaces, quotes, '=' or ','",
                SHOWN(p->name), LIMIT_NAME_BYTES);
        if (!job_check_pattern(p->pattern, where, fault))
            return false;
        for (uint32_t j = 0; j < i; j++) {
            if (span_equal(job->patterns[j].name, p->name))
                return job_fault_set(fault, where, FAULT_AT_NAME, "the metric '%.*s' twice",
                                     SHOWN(p->name));
        }
    }
    return true;
}

/* How many trials there can be; 0 when there is no end to them. */
static bool count_points(struct job *job, struct arena *arena, uint64_t *points,
                         struct job_fault *fault) {
    *points = 0;
    if (job->method == METHOD_LIST)
        *points = (uint64_t)job->configs_count * job->repeat;
    if (job->method != METHOD_GRID)
        return true;
    size_t used = arena->used;
    const struct grid *grid = grid_make(job, arena, fault);
    uint64_t count = grid == NULL ? 0 : grid_points(grid);
    *points = count > UINT64_MAX / job->repeat ? UINT64_MAX : count * job->repeat;
    arena->used = used; /* whoever needs the grid itself makes it where it is to live */
    return grid != NULL;
}

/* Nothing asked for is left out silently: neither trials there are no configurations for, nor
 * points of a grid there are no trials for. */
static bool fit_trials(struct job *job, uint64_t points, struct job_fault *fault) {
    if (job->trials > points)
        return job_fault_set(fault, "search.trials", 0,
                             "search.trials is %llu, but there %s only %llu configuration%s",
                             (unsigned long long)job->trials, points == 1 ? "is" : "are",
                             (unsigned long long)points, points == 1 ? "" : "s");
    if (job->trials == 0 && points > LIMIT_SLOTS_JOB)
        return job_fault_set(fault, "search.trials", 0,
                             "the grid has %llu points, and a job at most %d trials: give "
                             "search.trials, how many of the points to try",
                             (unsigned long long)points, LIMIT_SLOTS_JOB);
    if (job->trials == 0)
        job->trials = points;
    return true;
}

static bool check_trials(struct job *job, struct arena *arena, struct job_fault *fault) {
    uint64_t points;
    if (!count_points(job, arena, &points, fault) ||
        (points > 0 && !fit_trials(job, points, fault)))
        return false;
    if (job->trials == 0 || job->trials > LIMIT_SLOTS_JOB)
        return job_fault_set(fault, "search.trials", 0, "a job has 1 to %d trials",
                             LIMIT_SLOTS_JOB);
    const uint32_t width = job_repeat_width(job) > 2 ? job_repeat_width(job) : 2;
    if (job->repeat > 1 && job->trials > REPEAT_VALUES_MAX / width)
        return job_fault_set(fault, "search.trials", 0,
                             "a job with 'repeat' has at most %u trials%s",
                             REPEAT_VALUES_MAX / width,
                             width > 2 ? ", with so many objectives and constraints" : "");
    if (job->trials % job->repeat != 0)
        return job_fault_set(fault, "search.trials", 0,
                             "%llu trials are no multiple of 'repeat', %u, the trials of one "
                             "configuration",
                             (unsigned long long)job->trials, job->repeat);
    if (job->method != METHOD_LIST && job->configs_count > job->trials / job->repeat)
        return job_fault_set(fault, "try_first", 0,
                             "%u configurations to try first are more than %s, %llu",
                             job->configs_count,
                             job->repeat > 1 ? "search.trials by search.repeat" : "search.trials",
                             (unsigned long long)(job->trials / job->repeat));
    return true;
}

bool job_may_have(const struct job *job, uint64_t trials, struct arena *arena,
                  struct job_fault *fault) {
    struct job extended = *job;
    extended.trials = trials;
    return check_trials(&extended, arena, fault);
}

bool job_check(struct job *job, struct arena *arena, struct job_fault *fault) {
    if (job->method >= METHOD_COUNT)
        return job_fault_set(fault, "search.method", 0, "there is no such method");
    if (job->parallel > PARALLEL_MAX)
        return job_fault_set(fault, "search.parallel", 0, "at most %d trials run at once",
                             PARALLEL_MAX);
    if (job->copies > COPIES_MAX)
        return job_fault_set(fault, "copies", 0, "a result is kept on 1 to %d nodes", COPIES_MAX);
    if (job->copies == 0)
        job->copies = COPIES_DEFAULT;
    if (job->repeat > REPEAT_MAX)
        return job_fault_set(fault, "search.repeat", 0, "a configuration gets at most %d trials",
                             REPEAT_MAX);
    if (job->repeat == 0)
        job->repeat = 1;
    if (job->seed > INT64_MAX)
        return job_fault_set(fault, "search.seed", 0, "a seed is at most %lld",
                             (long long)INT64_MAX);
    return check_name(job, fault) && check_dir(job, fault) && job_check_params(job, arena, fault) &&
           check_configs(job, fault) && check_trials(job, arena, fault) &&
           check_patterns(job, fault) && check_search(job, arena, fault) && check_run(job, fault);
}
