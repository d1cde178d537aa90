#include "proto/job/job.h"

#include "proto/base/mp.h"

/* Canonical bytes: an array in the order of job_encode below. The first part is the version of this
 * form. Parts are appended, never taken away, and what is not there says what jobs did before there
 * was such a part: at least SPEC_PARTS_LEAST parts, without copies (from before there were several
 * nodes); the last, what a search has beside its method (write_search), is written only by a job that
 * says something there, so that other jobs keep the bytes they always had. Likewise the history after
 * it, and a parameter's last part, ordered. */
enum {
    SPEC_VERSION = 1,
    SPEC_PARTS_LEAST = 14,
    SPEC_PARTS = 17,
    SPEC_PARTS_ALWAYS = 15,
    PARAM_PARTS_LEAST = 9,
    PARAM_PARTS = 10,
    SEARCH_PARTS = 7,
    RUNGS_PARTS = 6,
    HISTORY_PARTS = 5, /* the last only where it is not 0 */
};

/* ---- writing ---- */

/* -0.0 becomes 0.0, its equal, so that equal jobs have equal bytes. */
static void write_real(double value, struct buf *out) {
    mp_put_f64(out, value + 0.0);
}

static void write_objective(const struct objective *o, struct buf *out) {
    mp_put_array(out, 4);
    mp_put_str(out, o->metric);
    mp_put_u64(out, o->goal);
    mp_put_bool(out, o->has_target);
    write_real(o->target, out);
}

static void write_params(const struct job *job, struct buf *out) {
    mp_put_array(out, job->params_count);
    for (uint32_t i = 0; i < job->params_count; i++) {
        const struct param *p = &job->params[i];
        mp_put_array(out, p->ordered ? PARAM_PARTS : PARAM_PARTS_LEAST);
        mp_put_str(out, p->name);
        mp_put_u64(out, p->kind);
        write_real(p->low, out);
        write_real(p->high, out);
        write_real(p->step, out);
        mp_put_u64(out, p->scale);
        mp_put_u64(out, p->points);
        config_encode(out, p->choices, p->choices_count);
        mp_put_str(out, p->when_text);
        if (p->ordered)
            mp_put_bool(out, true);
    }
}

static void write_configs(const struct job *job, struct buf *out) {
    mp_put_array(out, job->configs_count);
    for (uint32_t i = 0; i < job->configs_count; i++)
        config_encode(out, job->configs + (size_t)i * job->params_count, job->params_count);
}

static void write_pair(struct span a, struct span b, struct buf *out) {
    mp_put_array(out, 2);
    mp_put_str(out, a);
    mp_put_str(out, b);
}

static void write_run(const struct job *job, struct buf *out) {
    mp_put_array(out, job->argv_count);
    for (uint32_t i = 0; i < job->argv_count; i++)
        mp_put_str(out, job->argv[i]);
    mp_put_array(out, job->env_count);
    for (uint32_t i = 0; i < job->env_count; i++)
        write_pair(job->env[i].name, job->env[i].value, out);
    mp_put_array(out, job->patterns_count);
    for (uint32_t i = 0; i < job->patterns_count; i++)
        write_pair(job->patterns[i].name, job->patterns[i].pattern, out);
    mp_put_array(out, 3);
    mp_put_i64(out, job->limits.wall);
    mp_put_i64(out, job->limits.grace);
    mp_put_u64(out, job->limits.output);
    mp_put_array(out, 2);
    mp_put_u64(out, job->retry.crash);
    mp_put_u64(out, job->retry.transient);
}

static void write_conditions(const struct condition *list, uint32_t count, struct buf *out) {
    mp_put_array(out, count);
    for (uint32_t i = 0; i < count; i++)
        mp_put_str(out, list[i].text);
}

static void write_search(const struct job *job, struct buf *out) {
    const struct job_rungs *r = &job->rungs;
    mp_put_array(out, SEARCH_PARTS);
    write_conditions(job->where, job->where_count, out);
    mp_put_array(out, job->objectives_count > 1 ? job->objectives_count - 1 : 0);
    for (uint32_t i = 1; i < job->objectives_count; i++)
        write_objective(&job->objectives[i], out);
    write_conditions(job->constraints, job->constraints_count, out);
    mp_put_array(out, RUNGS_PARTS);
    mp_put_u64(out, r->steps);
    mp_put_u64(out, r->policy);
    mp_put_u64(out, r->first);
    mp_put_u64(out, r->eta);
    mp_put_u64(out, r->patience);
    mp_put_str(out, r->budget);
    mp_put_u64(out, job->repeat_auto ? REPEAT_AUTO : job->repeat);
    mp_put_u64(out, job->until_hopeless ? PATIENCE_AUTO : job->patience);
    mp_put_bool(out, job->cost_aware);
}

static void write_history(const struct job *job, struct buf *out) {
    mp_put_array(out, job->history_count);
    for (uint32_t i = 0; i < job->history_count; i++) {
        const struct known_trial *t = &job->history[i];
        mp_put_array(out, HISTORY_PARTS - (t->breach == 0));
        config_encode(out, t->values, job->params_count);
        mp_put_bool(out, t->failed);
        write_real(t->value, out);
        mp_put_i64(out, t->run_ms);
        if (t->breach != 0)
            mp_put_f64(out, t->breach);
    }
}

static bool says_more(const struct job *job) {
    return job->where_count > 0 || job->objectives_count > 1 || job->constraints_count > 0 ||
           job->rungs.steps > 0 || job->repeat > 1 || job->repeat_auto || job_has_patience(job) ||
           job->cost_aware || job->history_count > 0;
}

bool job_encode(const struct job *job, struct buf *out) {
    size_t before = out->len;
    bool more = says_more(job);
    mp_put_array(out, job->history_count > 0 ? SPEC_PARTS : SPEC_PARTS_ALWAYS + (more ? 1u : 0u));
    mp_put_u64(out, SPEC_VERSION);
    mp_put_str(out, job->name);
    mp_put_str(out, job->dir);
    mp_put_u64(out, job->method);
    mp_put_u64(out, job->trials);
    mp_put_u64(out, job->parallel);
    mp_put_u64(out, job->seed);
    write_objective(&job->objectives[0], out);
    write_params(job, out);
    write_configs(job, out);
    write_run(job, out);
    mp_put_u64(out, job->copies);
    if (more)
        write_search(job, out);
    if (job->history_count > 0)
        write_history(job, out);
    return !out->overflow && out->len - before <= LIMIT_JOB_SPEC_BYTES;
}

/* ---- reading ---- */

struct decoder {
    struct mp mp;
    struct arena *arena;
    const char *bad; /* what was wrong first, when it was not the msgpack */
};

/* What was wrong first is said; after bad msgpack everything looks wrong. */
static void fail(struct decoder *d, const char *what) {
    if (d->bad == NULL && d->mp.bad == NULL)
        d->bad = what;
}

static bool going(const struct decoder *d) {
    return d->bad == NULL && d->mp.bad == NULL;
}

static uint32_t read_parts_between(struct decoder *d, uint32_t least, uint32_t most) {
    uint32_t parts = mp_array(&d->mp);
    if (parts < least || parts > most)
        fail(d, "a part has another number of fields");
    return parts;
}

static void read_parts(struct decoder *d, uint32_t parts) {
    read_parts_between(d, parts, parts);
}

static uint32_t read_below(struct decoder *d, uint64_t bound) {
    uint64_t number = mp_u64(&d->mp);
    if (number < bound)
        return (uint32_t)number;
    fail(d, "a number is out of range");
    return 0;
}

/* An array of `count` things, which are then read into it; NULL ends the reading unless the count
 * is 0. */
static void *read_list(struct decoder *d, uint32_t limit, size_t size, uint32_t *count) {
    *count = mp_array(&d->mp);
    if (!going(d) || *count == 0)
        return NULL;
    void *items = *count > limit ? NULL : arena_take(d->arena, *count * size);
    if (items == NULL) {
        fail(d, *count > limit ? "a list is too long" : "the job needs more memory than there is");
        *count = 0;
    }
    return items;
}

/* The values of a list whose length is already known, with config_decode, which wants its bytes
 * alone. */
static bool read_values(struct decoder *d, struct value *values, uint32_t count) {
    struct span from = d->mp.rest;
    mp_skip(&d->mp);
    if (going(d) && !config_decode(span_of(from.data, from.len - d->mp.rest.len), values, count))
        fail(d, "values are not in their canonical form");
    return going(d);
}

static void read_choices(struct decoder *d, struct param *p) {
    struct mp ahead = d->mp;
    uint32_t count = mp_array(&ahead);
    if (count > LIMIT_CHOICES) {
        fail(d, "a list is too long");
        return;
    }
    struct value *choices = arena_take(d->arena, count * sizeof *choices);
    if (choices == NULL) {
        fail(d, "the job needs more memory than there is");
        return;
    }
    if (read_values(d, choices, count)) {
        p->choices = choices;
        p->choices_count = count;
    }
}

static void read_params(struct decoder *d, struct job *job) {
    struct param *params = read_list(d, LIMIT_PARAMS, sizeof *params, &job->params_count);
    job->params = params;
    for (uint32_t i = 0; i < job->params_count && going(d); i++) {
        struct param *p = &params[i];
        uint32_t parts = read_parts_between(d, PARAM_PARTS_LEAST, PARAM_PARTS);
        p->name = mp_str(&d->mp);
        p->kind = (enum param_kind)read_below(d, PARAM_CHOICE + 1);
        p->low = mp_f64(&d->mp);
        p->high = mp_f64(&d->mp);
        p->step = mp_f64(&d->mp);
        p->scale = (enum scale)read_below(d, SCALE_LOG + 1);
        p->points = read_below(d, POINTS_MAX + 1);
        read_choices(d, p);
        p->when_text = mp_str(&d->mp);
        p->ordered = parts == PARAM_PARTS && mp_bool(&d->mp);
    }
}

static void read_configs(struct decoder *d, struct job *job) {
    size_t row = job->params_count;
    uint32_t limit = row == 0 ? 0 : (uint32_t)(CONFIG_VALUES_MAX / row);
    struct value *values = read_list(d, limit, row * sizeof *values, &job->configs_count);
    job->configs = values;
    for (uint32_t i = 0; i < job->configs_count && going(d); i++)
        read_values(d, values + i * row, job->params_count);
}

static void read_run(struct decoder *d, struct job *job) {
    struct span *argv = read_list(d, ARGV_MAX, sizeof *argv, &job->argv_count);
    job->argv = argv;
    for (uint32_t i = 0; i < job->argv_count && going(d); i++)
        argv[i] = mp_str(&d->mp);
    struct variable *env = read_list(d, ENV_MAX, sizeof *env, &job->env_count);
    job->env = env;
    for (uint32_t i = 0; i < job->env_count && going(d); i++) {
        read_parts(d, 2);
        env[i].name = mp_str(&d->mp);
        env[i].value = mp_str(&d->mp);
    }
    struct metric_pattern *patterns =
        read_list(d, LIMIT_METRICS, sizeof *patterns, &job->patterns_count);
    job->patterns = patterns;
    for (uint32_t i = 0; i < job->patterns_count && going(d); i++) {
        read_parts(d, 2);
        patterns[i].name = mp_str(&d->mp);
        patterns[i].pattern = mp_str(&d->mp);
    }
    read_parts(d, 3);
    job->limits.wall = mp_i64(&d->mp);
    job->limits.grace = mp_i64(&d->mp);
    job->limits.output = mp_u64(&d->mp);
    read_parts(d, 2);
    job->retry.crash = read_below(d, REPEATS_MAX + 1);
    job->retry.transient = read_below(d, REPEATS_MAX + 1);
}

static void read_objective(struct decoder *d, struct objective *o) {
    read_parts(d, 4);
    o->metric = mp_str(&d->mp);
    o->goal = (enum goal)read_below(d, GOAL_MAXIMIZE + 1);
    o->has_target = mp_bool(&d->mp);
    o->target = mp_f64(&d->mp);
}

static const struct condition *read_conditions(struct decoder *d, uint32_t limit, uint32_t *count) {
    struct condition *list = read_list(d, limit, sizeof *list, count);
    for (uint32_t i = 0; i < *count && going(d); i++)
        list[i].text = mp_str(&d->mp);
    return list;
}

static void read_rungs(struct decoder *d, struct job_rungs *r) {
    read_parts(d, RUNGS_PARTS);
    r->steps = read_below(d, STEPS_MAX + 1);
    r->policy = (enum rungs_policy)read_below(d, RUNGS_POLICIES);
    r->first = read_below(d, STEPS_MAX + 1);
    r->eta = read_below(d, RUNGS_ETA_MOST + 1);
    r->patience = read_below(d, STEPS_MAX + 1);
    r->budget = mp_str(&d->mp);
}

static void read_search(struct decoder *d, struct job *job) {
    read_parts(d, SEARCH_PARTS);
    job->where = read_conditions(d, WHERE_MAX, &job->where_count);
    uint32_t others = mp_array(&d->mp);
    if (others >= OBJECTIVES_MOST || (others > 0 && job->objectives_count == 0))
        fail(d, "a list is too long");
    for (uint32_t i = 0; i < others && going(d); i++)
        read_objective(d, &job->objectives[job->objectives_count++]);
    job->constraints = read_conditions(d, CONSTRAINTS_MAX, &job->constraints_count);
    read_rungs(d, &job->rungs);
    job->repeat = read_below(d, REPEAT_AUTO + 1);
    job->repeat_auto = job->repeat == REPEAT_AUTO;
    job->repeat = job->repeat_auto ? 1 : job->repeat;
    job->patience = read_below(d, PATIENCE_AUTO + 1);
    job->until_hopeless = job->patience == PATIENCE_AUTO;
    job->patience = job->until_hopeless ? 0 : job->patience;
    job->cost_aware = mp_bool(&d->mp);
}

static void read_history(struct decoder *d, struct job *job) {
    size_t row = job->params_count;
    struct known_trial *list = read_list(d, HISTORY_MAX, sizeof *list, &job->history_count);
    struct value *values = arena_take(d->arena, job->history_count * row * sizeof *values);
    if (values == NULL)
        fail(d, "the job needs more memory than there is");
    job->history = list;
    for (uint32_t i = 0; i < job->history_count && going(d); i++) {
        uint32_t parts = read_parts_between(d, HISTORY_PARTS - 1, HISTORY_PARTS);
        list[i].values = values + i * row;
        read_values(d, values + i * row, job->params_count);
        list[i].failed = mp_bool(&d->mp);
        list[i].value = mp_f64(&d->mp);
        list[i].run_ms = mp_i64(&d->mp);
        list[i].breach = parts == HISTORY_PARTS ? mp_f64(&d->mp) : 0;
        if (parts == HISTORY_PARTS && list[i].breach == 0)
            fail(d, "an earlier trial breaks nothing");
    }
}

static void read_job(struct decoder *d, struct job *job) {
    uint32_t parts = read_parts_between(d, SPEC_PARTS_LEAST, SPEC_PARTS);
    if (mp_u64(&d->mp) != SPEC_VERSION)
        fail(d, "the job was written by another version");
    job->name = mp_str(&d->mp);
    job->dir = mp_str(&d->mp);
    job->method = (enum method)read_below(d, METHOD_COUNT);
    job->trials = mp_u64(&d->mp);
    job->parallel = read_below(d, PARALLEL_MAX + 1);
    job->seed = mp_u64(&d->mp);
    read_objective(d, &job->objectives[0]);
    job->objectives_count = job->objectives[0].metric.len > 0 ? 1 : 0;
    read_params(d, job);
    read_configs(d, job);
    read_run(d, job);
    if (parts > SPEC_PARTS_LEAST)
        job->copies = read_below(d, COPIES_MAX + 1);
    if (parts > SPEC_PARTS_ALWAYS)
        read_search(d, job);
    if (parts == SPEC_PARTS)
        read_history(d, job);
}

bool job_decode(struct job *job, struct span bytes, struct arena *arena, struct err *err) {
    struct decoder d = {.mp = mp_of(bytes), .arena = arena};
    struct job_fault fault;
    *job = (struct job){0};
    if (bytes.len > LIMIT_JOB_SPEC_BYTES)
        return err_set(err, ERR_BAD_MESSAGE, "a job of %zu bytes; the limit is %d", bytes.len,
                       LIMIT_JOB_SPEC_BYTES);
    read_job(&d, job);
    if (!going(&d))
        return err_set(err, ERR_BAD_MESSAGE, "not a job: %s", d.bad != NULL ? d.bad : d.mp.bad);
    if (!mp_done(&d.mp))
        return err_set(err, ERR_BAD_MESSAGE, "not a job: bytes are left over");
    if (!job_check(job, arena, &fault))
        return err_set(err, ERR_BAD_JOB_FILE, "%s: %s", fault.where, fault.what);
    return true;
}
