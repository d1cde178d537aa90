#include "cmd/cli/learn_from.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cli/job_spec.h"
#include "cmd/cli/object.h"
#include "cmd/cli/pages.h"
#include "proto/base/check.h"
#include "proto/job/carry.h"
#include "proto/job/measure.h"
#include "proto/job/shown.h"

struct learned {
    struct value values[LIMIT_PARAMS];
    bool failed;
    double value;
    double breach;  /* of the new job's constraints */
    dur_ms run_ms;  /* 0: not known */
    uint32_t runs;  /* whose mean it is */
    uint32_t timed; /* ... and of which of them it is known how long they took */
    uint64_t number;
};

/* The best, best first, and the newest, in a ring. */
struct shelf {
    struct learned best[LEARN_BEST], newest[LEARN_NEWEST];
    uint32_t best_count;
    uint64_t newest_count; /* that were ever put */
};

enum reason { NO_RESULT, ANOTHER_GOAL, MISSING, OUTSIDE, FORBIDDEN, REASONS };

struct tally {
    uint64_t all, whole, part;
    uint64_t not_taken[REASONS];
    uint32_t param[REASONS]; /* the first that was the reason */
};

struct learning {
    struct job *job; /* the new one */
    const struct job *from;
    bool comparable; /* its values are values of this job */
    bool related;    /* better is the same */
    bool in_part;    /* of the pending one */
    bool has_pending;
    struct learned pending;
    struct shelf whole, part;
    struct tally tally;
    uint64_t number;
};

/* ---- choosing ---- */

static bool is_better(const struct learning *l, const struct learned *a, const struct learned *b) {
    if (a->failed != b->failed)
        return b->failed;
    if (a->breach != b->breach)
        return a->breach < b->breach;
    return !a->failed && job_better(l->job, a->value, b->value);
}

static void shelve(const struct learning *l, struct shelf *s, const struct learned *t) {
    uint32_t at = s->best_count;
    while (at > 0 && is_better(l, t, &s->best[at - 1]))
        at--;
    if (at < LEARN_BEST) {
        uint32_t behind = s->best_count - at - (s->best_count == LEARN_BEST);
        memmove(&s->best[at + 1], &s->best[at], behind * sizeof *s->best);
        s->best[at] = *t;
        s->best_count += s->best_count < LEARN_BEST;
    }
    s->newest[s->newest_count++ % LEARN_NEWEST] = *t;
}

static void put_pending(struct learning *l) {
    if (l->has_pending)
        shelve(l, l->in_part ? &l->part : &l->whole, &l->pending);
    l->has_pending = false;
}

/* A further run of the configuration before it: the mean counts. */
static bool joins_pending(struct learning *l, const struct learned *t, bool in_part) {
    struct learned *p = &l->pending;
    if (!l->has_pending || l->in_part != in_part || p->failed || t->failed ||
        !job_config_equal(l->job, p->values, t->values))
        return false;
    p->runs++;
    p->value += (t->value - p->value) / p->runs;
    p->breach += (t->breach - p->breach) / p->runs;
    p->timed += t->timed;
    if (t->timed > 0)
        p->run_ms += (t->run_ms - p->run_ms) / (dur_ms)p->timed;
    return true;
}

/* ---- reading ---- */

static void leave(struct learning *l, enum reason reason, uint32_t param) {
    if (l->tally.not_taken[reason]++ == 0)
        l->tally.param[reason] = param;
}

/* What it printed last of a metric that its own job did not ask for: {"mb":{"last":12,...},...} */
static bool printed(struct span metrics, struct span name, double *value) {
    struct object object;
    struct object_item item;
    bool found = false;
    object_start(&object, metrics);
    while (!found && object_next(&object, &item))
        found = span_equal(item.name, name);
    if (!found)
        return false;
    struct object parts;
    struct object_item part;
    object_start(&parts, item.json);
    while (object_next(&parts, &part)) {
        *value = part.number;
        if (span_is(part.name, "last") && part.token == JSON_NUMBER)
            return true;
    }
    return false;
}

/* How far it breaks this job's constraints; false: that is not known. */
static bool breaks(const struct learning *l, const struct msg_trial_row *row, double *breach) {
    struct value now[JOB_METRICS_MAX], then[JOB_METRICS_MAX];
    const struct job *job = l->job, *from = l->from;
    const bool told = measure_metrics(from, row->value, row->others, then);
    for (uint32_t i = 0; i < job->metrics_count; i++) {
        double value = 0;
        now[i] = (struct value){.kind = VALUE_NONE};
        for (uint32_t k = 0; k < from->metrics_count && told; k++)
            if (span_equal(from->metrics[k], job->metrics[i]))
                now[i] = then[k];
        if (now[i].kind == VALUE_NONE && printed(row->metrics, job->metrics[i], &value))
            now[i] = (struct value){.kind = VALUE_FLOAT, .real = value};
    }
    *breach = job_breach_told(job, now);
    if (!(*breach > 0) && job_breach(job, now) > 0)
        return false;
    *breach = job_breach(job, now);
    return true;
}

/* Of a trial in one piece: a row has the time of the attempt that stands for it, and of a copy its
 * parent's part is missing. */
static dur_ms time_of(const struct learning *l, const struct msg_trial_row *row) {
    const bool whole = row->parent == 0 && (l->from->rungs.steps == 0 || row->attempts < 2);
    return whole && row->run_ms > 0 ? row->run_ms : 0;
}

static void take(struct learning *l, const struct msg_trial_row *row, bool failed) {
    static const enum reason reasons[] = {
        [CARRY_MISSING] = MISSING, [CARRY_OUTSIDE] = OUTSIDE, [CARRY_FORBIDDEN] = FORBIDDEN};
    struct value old[LIMIT_PARAMS];
    struct carry_why why;
    struct learned t = {.failed = failed,
                        .value = failed ? 0 : row->value,
                        .run_ms = time_of(l, row),
                        .runs = 1,
                        .timed = time_of(l, row) > 0,
                        .number = l->number++};
    if (!job_config_read(l->from, row->config, old) || t.value - t.value != 0) {
        leave(l, NO_RESULT, 0);
        return;
    }
    enum carried carried = job_carry(l->from, old, l->job, t.values, &why);
    bool is_known = failed || breaks(l, row, &t.breach);
    bool in_part = carried == CARRIED_IN_PART || !l->comparable || !is_known;
    if (carried == CARRIED_NOT) {
        leave(l, reasons[why.what], why.param);
        return;
    }
    l->tally.whole += !in_part;
    l->tally.part += in_part;
    if (joins_pending(l, &t, in_part))
        return;
    put_pending(l);
    l->pending = t;
    l->in_part = in_part;
    l->has_pending = true;
}

static bool trial_take(void *context, const struct msg *answer) {
    struct learning *l = context;
    const struct msg_trial_row *row = &answer->trial_row;
    enum trial_status status;
    if (answer->kind != MSG_trial_row || !trial_status_of(row->status, &status))
        return true;
    l->tally.all++;
    bool done = status == TRIAL_DONE && row->has_value;
    if (!done && status != TRIAL_INFEASIBLE)
        leave(l, NO_RESULT, 0);
    else if (!l->related)
        leave(l, ANOTHER_GOAL, 0);
    else
        take(l, row, !done);
    return true;
}

static bool has_same_goal(const struct job *a, const struct job *b) {
    return a->objectives_count == 1 && b->objectives_count == 1 &&
           span_equal(a->objectives[0].metric, b->objectives[0].metric) &&
           a->objectives[0].goal == b->objectives[0].goal;
}

/* ---- saying it ---- */

static void put_reason(const struct learning *l, enum reason reason, bool *first) {
    uint64_t count = l->tally.not_taken[reason];
    struct span name = {0};
    if (count == 0)
        return;
    if (reason == MISSING || reason == OUTSIDE)
        name = l->job->params[l->tally.param[reason]].name;
    fprintf(stderr, "%s%llu ", *first ? ", not the others: " : ", ", (unsigned long long)count);
    *first = false;
    switch (reason) {
    case NO_RESULT: fprintf(stderr, "without a result"); break;
    case ANOTHER_GOAL: fprintf(stderr, "of another objective"); break;
    case MISSING: fprintf(stderr, "without a value for '%.*s'", SHOWN(name)); break;
    case OUTSIDE:
        fprintf(stderr,
                l->job->params[l->tally.param[reason]].kind == PARAM_CHOICE
                    ? "with another value of '%.*s' than there are here"
                    : "with a value of '%.*s' that its range here does not have",
                SHOWN(name));
        break;
    default: fprintf(stderr, "that 'where' keeps out"); break;
    }
}

static void tell(const struct learning *l, const char *handle) {
    const struct tally *t = &l->tally;
    bool first = true;
    fprintf(stderr, "learns from %s: %llu of %llu trials count", handle,
            (unsigned long long)t->whole, (unsigned long long)t->all);
    if (t->part > 0)
        fprintf(stderr, ", the best of %llu that are alike are tried first",
                (unsigned long long)t->part);
    for (enum reason reason = 0; reason < REASONS; reason++)
        put_reason(l, reason, &first);
    fprintf(stderr, "\n");
}

static bool learn_one(struct client *c, struct learning *l, const struct subject *s, bool quiet,
                      struct err *err) {
    struct job_spec *spec = job_spec_read(c, s, err);
    if (spec == NULL)
        return err_context(err, "learning from %s", s->handle);
    l->from = &spec->job;
    l->tally = (struct tally){0};
    l->related = has_same_goal(l->job, l->from);
    /* Where runs of one configuration are not one after the other its best one is not its worth. */
    l->comparable =
        l->related && l->job->rungs.steps == l->from->rungs.steps && !l->from->repeat_auto;
    struct msg request = {.kind = MSG_list_trials, .list_trials = {.job = s->job, .configs = true}};
    struct pages_reader reader = {.row = trial_take, .context = l};
    bool ok = pages_read(c, &request, &reader, err);
    put_pending(l);
    if (ok && !quiet)
        tell(l, s->handle);
    job_spec_free(&spec);
    return ok;
}

/* ---- into the job ---- */

struct brought { /* what the job points to from then on */
    struct known_trial history[LEARN_BEST + LEARN_NEWEST];
    struct value rows[LEARN_BEST + LEARN_NEWEST][LIMIT_PARAMS];
    struct value configs[CONFIG_VALUES_MAX];
};

static void add_history(struct job *job, struct brought *b, const struct learned *t) {
    for (uint32_t i = 0; i < job->history_count; i++) {
        if (job_config_equal(job, job->history[i].values, t->values))
            return;
    }
    if (job->history_count >= CONFIG_VALUES_MAX / job->params_count)
        return;
    uint32_t at = job->history_count++;
    memcpy(b->rows[at], t->values, sizeof b->rows[at]);
    b->history[at] = (struct known_trial){.values = b->rows[at],
                                          .failed = t->failed,
                                          .value = t->value,
                                          .run_ms = t->run_ms,
                                          .breach = t->breach};
}

/* In turn, so that what does not fit is of either kind. */
static void set_history(struct learning *l, struct brought *b) {
    const struct shelf *s = &l->whole;
    l->job->history = b->history;
    for (uint32_t i = 0; i < LEARN_BEST || i < LEARN_NEWEST; i++) {
        if (i < s->best_count)
            add_history(l->job, b, &s->best[i]);
        if (i < LEARN_NEWEST && i < s->newest_count)
            add_history(l->job, b, &s->newest[(s->newest_count - 1 - i) % LEARN_NEWEST]);
    }
}

static bool is_known(const struct job *job, const struct value *values) {
    for (uint32_t i = 0; i < job->history_count; i++)
        if (job_config_equal(job, job->history[i].values, values))
            return true;
    for (uint32_t i = 0; i < job->configs_count; i++)
        if (job_config_equal(job, job->configs + (size_t)i * job->params_count, values))
            return true;
    return false;
}

/* Behind those that the file names. */
static void set_first(struct learning *l, struct brought *b) {
    struct job *job = l->job;
    size_t row = job->params_count;
    uint32_t most = (uint32_t)(CONFIG_VALUES_MAX / row);
    most = job->trials / job->repeat < most ? (uint32_t)(job->trials / job->repeat) : most;
    if (job->configs_count > 0)
        memcpy(b->configs, job->configs, job->configs_count * row * sizeof *b->configs);
    job->configs = b->configs;
    for (uint32_t i = 0, taken = 0; i < l->part.best_count && taken < LEARN_FIRST; i++) {
        const struct learned *t = &l->part.best[i];
        if (t->failed || t->breach > 0 || job->configs_count >= most || is_known(job, t->values))
            continue;
        memcpy(b->configs + job->configs_count++ * row, t->values, row * sizeof *b->configs);
        taken++;
    }
}

static bool set_all(struct learning *l, struct job_file *file, struct err *err) {
    struct brought *b = calloc(1, sizeof *b);
    ensure(b != NULL);
    file->learned = b;
    set_history(l, b);
    set_first(l, b);
    while (!job_file_encode(file)) {
        if (l->job->history_count == 0)
            return err_set(err, ERR_BAD_JOB_FILE,
                           "%s: with what it learns from the job is too long", file->name);
        l->job->history_count -= l->job->history_count < 8 ? l->job->history_count : 8;
    }
    return true;
}

/* All of them before anything is learned: one that is misspelled is said first. */
static bool find_all(struct client *c, const struct job_file *file, const struct args_texts *more,
                     struct subject *found, struct err *err) {
    const uint32_t own = file->job.learn_from_count;
    for (uint32_t i = 0; i < own + (uint32_t)more->count; i++) {
        char name[JOB_TEXT_BYTES + LIMIT_NAME_BYTES];
        if (i < own)
            snprintf(name, sizeof name, "%.*s",
                     SHOWN_UP_TO(file->job.learn_from[i], sizeof name - 1));
        const char *selector = i < own ? name : more->items[i - own];
        if (subject_find(c, selector, &found[i], err) && subject_is_job(&found[i], err))
            continue;
        return i < own ? err_context(err, "'learn_from' of %s", file->name)
                       : err_context(err, "--learn-from");
    }
    return true;
}

bool learn_from_jobs(struct client *c, struct job_file *file, const struct args_texts *more,
                     bool quiet, struct err *err) {
    struct job *job = &file->job;
    if (job->learn_from_count + (uint32_t)more->count == 0)
        return true;
    if (!job_learns(job) || job->objectives_count != 1 || job->params_count == 0)
        return err_set(
            err, ERR_BAD_JOB_FILE,
            "%s: to learn from other jobs it needs one objective, parameters and a method "
            "that learns; '%s' %s",
            file->name, job_method_name(job->method), job_learns(job) ? "does" : "does not");
    struct learning *l = calloc(1, sizeof *l);
    ensure(l != NULL);
    l->job = job;
    const uint32_t count = job->learn_from_count + (uint32_t)more->count;
    struct subject *found = calloc(count, sizeof *found);
    ensure(found != NULL);
    bool ok = find_all(c, file, more, found, err);
    for (uint32_t i = 0; ok && i < count; i++)
        ok = learn_one(c, l, &found[i], quiet, err);
    ok = ok && set_all(l, file, err);
    free(found);
    free(l);
    return ok;
}
