#include "actors/executor/command.h"

#include "proto/base/rng.h"
#include "proto/job/template.h"

#include <string.h>

enum { SEED_PURPOSE = 0x73656564 /* "seed": a stream of its own beside those of the search */ };

uint32_t command_seed(const struct job *job, uint64_t slot) {
    struct rng rng = rng_of(job->seed, SEED_PURPOSE, slot);
    return (uint32_t)(rng_u64(&rng) >> 33);
}

/* ---- templates ---- */

/* The name of the placeholder that is all of the text, or nothing. */
static struct span lone_placeholder(struct span text) {
    struct template t = template_of(text);
    struct template_part part, end;
    if (template_next(&t, &part) == TEMPLATE_NAME && template_next(&t, &end) == TEMPLATE_END)
        return part.text;
    return (struct span){0};
}

static bool is_literal(struct span text) {
    struct template t = template_of(text);
    struct template_part part;
    enum template_kind kind;
    while ((kind = template_next(&t, &part)) == TEMPLATE_TEXT)
        ;
    return kind == TEMPLATE_END;
}

/* ---- what placeholders stand for ---- */

/* The position of the parameter, or params_count. */
static uint32_t find_param(const struct job *job, struct span name) {
    uint32_t i = 0;
    while (i < job->params_count && !span_equal(job->params[i].name, name))
        i++;
    return i;
}

static bool is_inactive(const struct command_context *c, struct span name) {
    uint32_t i = find_param(c->job, name);
    return i < c->job->params_count && c->values[i].kind == VALUE_NONE;
}

static bool mentions_inactive(const struct command_context *c, struct span text) {
    struct template t = template_of(text);
    struct template_part part;
    enum template_kind kind;
    while ((kind = template_next(&t, &part)) == TEMPLATE_TEXT || kind == TEMPLATE_NAME) {
        if (kind == TEMPLATE_NAME && is_inactive(c, part.text))
            return true;
    }
    return false;
}

static void put_path(struct buf *out, const struct command_context *c, const char *name) {
    buf_span(out, c->scratch);
    buf_byte(out, '/');
    buf_text(out, name);
}

/* --NAME VALUE of each active parameter, as arguments of their own. */
static void put_args(struct buf *out, const struct command_context *c) {
    for (uint32_t i = 0; i < c->job->params_count; i++) {
        if (c->values[i].kind == VALUE_NONE)
            continue;
        buf_text(out, "--");
        buf_span(out, c->job->params[i].name);
        buf_byte(out, '\0');
        value_print(out, &c->values[i]);
        buf_byte(out, '\0');
    }
}

static void put_json(struct buf *out, const struct command_context *c) {
    job_config_json(c->job, c->values, out);
}

static void put_params_file(struct buf *out, const struct command_context *c) {
    put_path(out, c, "params.json");
}

static void put_checkpoint(struct buf *out, const struct command_context *c) {
    put_path(out, c, "checkpoint");
}

static void put_output(struct buf *out, const struct command_context *c) {
    put_path(out, c, "output");
}

static void put_trial(struct buf *out, const struct command_context *c) {
    buf_u64(out, c->slot);
}

static void put_attempt(struct buf *out, const struct command_context *c) {
    buf_u64(out, c->attempt);
}

static void put_seed(struct buf *out, const struct command_context *c) {
    buf_u64(out, command_seed(c->job, c->slot));
}

static void put_job(struct buf *out, const struct command_context *c) {
    job_handle_print(out, c->job->name, &c->id);
}

static void put_cpus(struct buf *out, const struct command_context *c) {
    buf_u64(out, c->cpus);
}

/* {args} is several arguments, so it has no place inside of one. */
static void (*const word_puts[TEMPLATE_WORD_COUNT])(struct buf *,
                                                    const struct command_context *) = {
    [TEMPLATE_ARGS] = NULL,
    [TEMPLATE_ARGS_JSON] = put_json,
    [TEMPLATE_PARAMS_FILE] = put_params_file,
    [TEMPLATE_TRIAL] = put_trial,
    [TEMPLATE_ATTEMPT] = put_attempt,
    [TEMPLATE_CHECKPOINT] = put_checkpoint,
    [TEMPLATE_OUTPUT] = put_output,
    [TEMPLATE_SEED] = put_seed,
    [TEMPLATE_JOB] = put_job,
};

static bool put_name(struct buf *out, const struct command_context *c, struct span name,
                     struct err *err) {
    uint32_t param = find_param(c->job, name);
    enum template_word word;
    if (param < c->job->params_count) {
        value_print(out, &c->values[param]);
        return true;
    }
    if (!template_word_named(name, &word) || word_puts[word] == NULL)
        return err_set(err, ERR_BAD_JOB_FILE, "placeholder {%.*s} has no meaning here",
                       (int)(name.len < 100 ? name.len : 100), (const char *)name.data);
    word_puts[word](out, c);
    return true;
}

static bool put_filled(struct buf *out, const struct command_context *c, struct span text,
                       struct err *err) {
    struct template t = template_of(text);
    struct template_part part;
    enum template_kind kind;
    size_t begin = out->len;
    while ((kind = template_next(&t, &part)) != TEMPLATE_END) {
        if (kind == TEMPLATE_BAD)
            return err_set(err, ERR_BAD_JOB_FILE, "%s", part.what);
        if (kind == TEMPLATE_TEXT)
            buf_span(out, part.text);
        else if (!put_name(out, c, part.text, err))
            return false;
    }
    if (out->len > begin && memchr(out->data + begin, 0, out->len - begin) != NULL)
        return err_set(err, ERR_BAD_JOB_FILE,
                       "a zero byte cannot stand in an argument or variable");
    buf_byte(out, '\0');
    return true;
}

/* ---- arguments ---- */

static bool is_left_out(const struct command_context *c, uint32_t i) {
    struct span text = c->job->argv[i];
    if (mentions_inactive(c, text))
        return true;
    if (i == 0 || i + 1 == c->job->argv_count || !span_starts(text, "-") || !is_literal(text))
        return false;
    struct span next = lone_placeholder(c->job->argv[i + 1]);
    return next.len > 0 && is_inactive(c, next);
}

static bool fill_argv(struct buf *out, const struct command_context *c, struct err *err) {
    for (uint32_t i = 0; i < c->job->argv_count; i++) {
        struct span text = c->job->argv[i];
        if (is_left_out(c, i))
            continue;
        if (span_is(lone_placeholder(text), template_word_name(TEMPLATE_ARGS)))
            put_args(out, c);
        else if (!put_filled(out, c, text, err))
            return false;
    }
    if (out->len == 0)
        return err_set(err, ERR_BAD_JOB_FILE, "nothing is left of the command");
    return true;
}

/* ---- variables ---- */

struct word {
    const char *name;
    void (*put)(struct buf *out, const struct command_context *c);
};

static void put_variable(struct buf *out, const struct command_context *c,
                         const struct word *word) {
    buf_text(out, word->name);
    buf_byte(out, '=');
    word->put(out, c);
    buf_byte(out, '\0');
}

static bool job_sets(const struct job *job, const char *name) {
    for (uint32_t i = 0; i < job->env_count; i++) {
        if (span_is(job->env[i].name, name))
            return true;
    }
    return false;
}

static void put_param_variables(struct buf *out, const struct command_context *c) {
    for (uint32_t i = 0; i < c->job->params_count; i++) {
        struct span name = c->job->params[i].name;
        if (c->values[i].kind == VALUE_NONE)
            continue;
        buf_text(out, "ZYG_P_");
        for (size_t at = 0; at < name.len; at++) {
            uint8_t letter = name.data[at];
            buf_byte(out, letter >= 'a' && letter <= 'z' ? (uint8_t)(letter - 'a' + 'A') : letter);
        }
        buf_byte(out, '=');
        value_print(out, &c->values[i]);
        buf_byte(out, '\0');
    }
}

static void put_deadline(struct buf *out, const struct command_context *c) {
    buf_i64(out, (c->began + c->job->limits.wall) / 1000);
}

static void put_budget(struct buf *out, const struct command_context *c) {
    buf_u64(out, c->job->rungs.steps);
}

static void put_parent(struct buf *out, const struct command_context *c) {
    buf_u64(out, c->from - 1);
}

static bool fill_env(struct buf *out, const struct command_context *c, struct err *err) {
    static const struct word always[] = {
        {"ZYG_JOB", put_job},
        {"ZYG_TRIAL", put_trial},
        {"ZYG_ATTEMPT", put_attempt},
        {"ZYG_SEED", put_seed},
        {"ZYG_PARAMS", put_json},
        {"ZYG_PARAMS_FILE", put_params_file},
        {"ZYG_OUTPUT", put_output},
        {"ZYG_CPUS", put_cpus},
        {"ZYG_CHECKPOINT", put_checkpoint},
        {"OMP_NUM_THREADS", put_cpus},
        {"OPENBLAS_NUM_THREADS", put_cpus},
        {"MKL_NUM_THREADS", put_cpus},
        {"NUMEXPR_NUM_THREADS", put_cpus},
    };
    static const struct word deadline = {"ZYG_DEADLINE", put_deadline};
    static const struct word budget = {"ZYG_BUDGET", put_budget};
    static const struct word parent = {"ZYG_PARENT", put_parent};
    const struct job *job = c->job;
    for (size_t i = 0; i < sizeof always / sizeof always[0]; i++) {
        if (!job_sets(job, always[i].name))
            put_variable(out, c, &always[i]);
    }
    if (job->limits.wall > 0)
        put_variable(out, c, &deadline);
    if (job->rungs.steps > 0 && !job_sets(job, budget.name))
        put_variable(out, c, &budget);
    if (c->from > 0 && !job_sets(job, parent.name))
        put_variable(out, c, &parent);
    put_param_variables(out, c);
    for (uint32_t i = 0; i < job->env_count; i++) {
        if (mentions_inactive(c, job->env[i].value))
            continue;
        buf_span(out, job->env[i].name);
        buf_byte(out, '=');
        if (!put_filled(out, c, job->env[i].value, err))
            return false;
    }
    return true;
}

/* value_print writes what the value holds; a zero byte in it would end the argument early. */
static bool check_values(const struct command_context *c, struct err *err) {
    for (uint32_t i = 0; i < c->job->params_count; i++) {
        const struct value *v = &c->values[i];
        if (v->kind == VALUE_TEXT && v->text.len > 0 &&
            memchr(v->text.data, 0, v->text.len) != NULL)
            return err_set(err, ERR_BAD_JOB_FILE, "a value of '%.*s' holds a zero byte",
                           (int)c->job->params[i].name.len,
                           (const char *)c->job->params[i].name.data);
    }
    return true;
}

bool command_fill(struct command *out, const struct command_context *context, struct err *err) {
    out->params = buf_of(out->params_memory, sizeof out->params_memory);
    out->argv = buf_of(out->memory, sizeof out->memory);
    out->env = buf_of(NULL, 0);
    put_json(&out->params, context);
    if (!check_values(context, err) || !fill_argv(&out->argv, context, err))
        return false;
    if (!out->argv.overflow) {
        out->env = buf_of(out->memory + out->argv.len, sizeof out->memory - out->argv.len);
        if (!fill_env(&out->env, context, err))
            return false;
    }
    if (out->argv.overflow || out->env.overflow || out->params.overflow)
        return err_set(err, ERR_BAD_JOB_FILE,
                       "arguments and variables of the trial need more than %d bytes",
                       LIMIT_ARGV_BYTES);
    return true;
}
