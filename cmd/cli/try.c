#include <inttypes.h>
#include <string.h>

#include "actors/executor/climb.h"
#include "actors/executor/contract.h"
#include "actors/tuner/space/space.h"
#include "cmd/cli/cli.h"
#include "cmd/cli/details.h"
#include "cmd/cli/measures.h"
#include "cmd/cli/one_trial.h"
#include "cmd/cli/out.h"
#include "cmd/cli/proposals.h"
#include "cmd/cli/spec_text.h"
#include "proto/base/num.h"
#include "proto/job/nearest.h"

const char cli_try_details[] =
    "JOB_FILE          a file, or - for standard input; nothing is kept\n"
    "--set NAME=VALUE  a parameter's value, as often as needed; the search gives the others\n"
    "--slot N          what the search would give to trial N instead of trial 0\n"
    "-o FORMAT         table (default); json: the verdict, and the rest on standard error\n"
    "                  Exit status 0 when the trial is done, 1 when it ends in another way.\n";

enum {
    FORMATS_TRY = FORMAT_BIT(FORMAT_TABLE) | FORMAT_BIT(FORMAT_JSON),
    DOMAIN_BYTES = 300,
    SIGNIFICANT = 6,
    CONFIG_TEXT_BYTES = LIMIT_JOB_SPEC_BYTES
};

static const struct column columns[] = {
    {"status", "STATUS", COLUMN_TEXT, SHOWN_ALWAYS},
    {"value", "VALUE", COLUMN_REAL, SHOWN_ALWAYS},
    {"cause", "CAUSE", COLUMN_TEXT, SHOWN_ALWAYS},
    {"run_seconds", "TIME", COLUMN_DURATION, SHOWN_ALWAYS},
    {"cpu_seconds", "CPU", COLUMN_DURATION, SHOWN_ALWAYS},
    {"memory_bytes", "MEMORY", COLUMN_SIZE, SHOWN_ALWAYS},
    {"folder", "LEFT IN", COLUMN_TEXT, SHOWN_ALWAYS},
    {"params", NULL, COLUMN_JSON, SHOWN_DATA},
};
enum { AT_VALUE = 1, COLUMNS = sizeof columns / sizeof *columns };

/* What the trial prints, line by line, with a mark under each that was understood. */
struct listener {
    FILE *to;
    const struct job *job;
    struct reading_rules rules;
    struct contract contract;
    struct climb climb; /* of a job with rungs */
    bool midline;       /* the cursor stands behind something the program printed */
};

static void mark_begin(struct listener *l) {
    if (l->midline)
        fputc('\n', l->to);
    l->midline = false;
    fputs("    -> ", l->to);
}

/* What early stopping makes of it. */
static void mark_rung(struct listener *l, const struct contract_news *news) {
    struct climb *c = &l->climb;
    uint32_t before = c->reached;
    if (news->kind == CONTRACT_FINAL && news->step == STEP_NONE)
        return;
    climb_tell(c, news->step, news->value);
    c->stands_count = 0;
    if (climb_has_rungs(c) && !c->says_steps)
        fprintf(l->to, ", counted as step %" PRIu32, c->lines);
    if (c->reached > before)
        fprintf(l->to, ", compared with others at rung %" PRIu32,
                ladder_step(&c->ladder, c->reached - 1));
}

/* What the search wants the metric for. */
static const char *use_of(const struct job *job, struct span name) {
    for (uint32_t i = 0; i < job->metrics_count; i++) {
        if (!span_equal(job->metrics[i], name))
            continue;
        return i >= job->objectives_count  ? ", for a constraint"
               : job->objectives_count > 1 ? ", an objective"
                                           : ", the objective";
    }
    return "";
}

static void mark_value(struct listener *l, const struct contract_news *news) {
    uint8_t memory[40];
    struct buf value = buf_of(memory, sizeof memory);
    num_print(&value, news->value);
    fprintf(l->to, "%.*s = %.*s", (int)news->name.len, (const char *)news->name.data,
            (int)value.len, (const char *)value.data);
    if (news->kind == CONTRACT_FINAL)
        fputs(" (final)", l->to);
    else if (news->step != STEP_NONE)
        fprintf(l->to, " (step %" PRId64 ")", news->step);
    fputs(use_of(l->job, news->name), l->to);
    if (span_equal(news->name, l->job->objectives[0].metric))
        mark_rung(l, news);
    fputc('\n', l->to);
}

static void mark_hear(void *context, const struct contract_news *news) {
    struct listener *l = context;
    mark_begin(l);
    switch (news->kind) {
    case CONTRACT_METRIC:
    case CONTRACT_FINAL: mark_value(l, news); return;
    case CONTRACT_CHECKPOINT:
        fprintf(l->to, "checkpoint %.*s\n", (int)news->text.len, (const char *)news->text.data);
        return;
    case CONTRACT_INFEASIBLE:
        fprintf(l->to, "infeasible: %.*s\n", (int)news->text.len, (const char *)news->text.data);
        return;
    case CONTRACT_NOT_FINITE:
        fprintf(l->to, "%.*s is not a finite number: not counted\n", (int)news->name.len,
                (const char *)news->name.data);
        return;
    case CONTRACT_BAD_LINE:
        fprintf(l->to, "not understood: expected %.*s\n", (int)news->text.len,
                (const char *)news->text.data);
        return;
    }
}

static void output_hear(void *context, struct span bytes) {
    struct listener *l = context;
    const struct contract_sink sink = {.context = l, .hear = mark_hear};
    while (bytes.len > 0) {
        const uint8_t *end = memchr(bytes.data, '\n', bytes.len);
        struct span line =
            span_of(bytes.data, end == NULL ? bytes.len : (size_t)(end - bytes.data) + 1);
        fwrite(line.data, 1, line.len, l->to);
        l->midline = end == NULL;
        contract_feed(&l->contract, &l->rules, line, &sink);
        bytes = span_from(bytes, line.len);
    }
    fflush(l->to);
}

static void output_end(struct listener *l) {
    const struct contract_sink sink = {.context = l, .hear = mark_hear};
    contract_end(&l->contract, &l->rules, &sink);
    if (l->midline)
        fputc('\n', l->to);
    l->midline = false;
}

static bool choice_parse(const struct param *p, struct span text, struct value *out) {
    for (uint32_t i = 0; i < p->choices_count; i++) {
        uint8_t memory[LIMIT_LINE_BYTES];
        struct buf printed = buf_of(memory, sizeof memory);
        value_print(&printed, &p->choices[i]);
        if (!printed.overflow && span_equal(buf_view(&printed), text)) {
            *out = p->choices[i];
            return true;
        }
    }
    return false;
}

static bool value_parse(const struct param *p, struct span text, struct value *out) {
    *out = (struct value){.kind = VALUE_NONE};
    switch (p->kind) {
    case PARAM_CHOICE: return choice_parse(p, text, out);
    case PARAM_INT: out->kind = VALUE_INT; return num_parse_i64(text, &out->integer);
    case PARAM_FLOAT: out->kind = VALUE_FLOAT; return num_parse(text, &out->real);
    }
    return false;
}

static bool value_refuse(const struct param *p, struct span text, struct err *err) {
    uint8_t memory[DOMAIN_BYTES];
    struct buf domain = buf_of(memory, sizeof memory);
    spec_print_domain(p, &domain);
    return err_set(err, ERR_USAGE, "--set %.*s=%.*s: expected %.*s", (int)p->name.len,
                   (const char *)p->name.data, (int)(text.len < 60 ? text.len : 60),
                   (const char *)text.data, (int)domain.len, (const char *)domain.data);
}

static bool param_find(const struct job *job, struct span name, uint32_t *at, struct err *err) {
    struct nearest nearest = nearest_of(name);
    for (uint32_t i = 0; i < job->params_count; i++) {
        nearest_offer(&nearest, job->params[i].name);
        if (span_equal(job->params[i].name, name)) {
            *at = i;
            return true;
        }
    }
    int len = (int)(name.len < LIMIT_NAME_BYTES ? name.len : LIMIT_NAME_BYTES);
    if (nearest.best.len == 0)
        return err_set(err, ERR_USAGE, "--set: the job has no parameter '%.*s'", len,
                       (const char *)name.data);
    return err_set(err, ERR_USAGE, "--set: the job has no parameter '%.*s' (did you mean '%.*s'?)",
                   len, (const char *)name.data, (int)nearest.best.len,
                   (const char *)nearest.best.data);
}

static bool value_set(const struct job *job, const char *setting, struct value *values, bool *given,
                      struct err *err) {
    const char *equals = strchr(setting, '=');
    uint32_t at = 0;
    if (equals == NULL || equals == setting)
        return err_set(err, ERR_USAGE, "--set %.80s: expected NAME=VALUE", setting);
    if (!param_find(job, span_of(setting, (size_t)(equals - setting)), &at, err))
        return false;
    if (given[at])
        return err_set(err, ERR_USAGE, "--set %.80s: set twice", setting);
    struct span text = span_text(equals + 1);
    given[at] = true;
    return value_parse(&job->params[at], text, &values[at]) ||
           value_refuse(&job->params[at], text, err);
}

/* A value that was given may wake parameters that the proposal had left out: they get the middle
 * of their range. */
static void values_complete(const struct job *job, struct value *values) {
    for (uint32_t i = 0; i < job->params_count; i++) {
        if (values[i].kind == VALUE_NONE)
            space_value(&job->params[i], 0.5, &values[i]);
    }
    job_deactivate(job, values);
}

static bool values_check(const struct job *job, const struct value *values, const bool *given,
                         struct err *err) {
    for (uint32_t i = 0; i < job->params_count; i++) {
        const struct param *p = &job->params[i];
        if (given[i] && values[i].kind == VALUE_NONE)
            return err_set(err, ERR_USAGE, "--set %.*s: it is only there when %.*s",
                           (int)p->name.len, (const char *)p->name.data, (int)p->when_text.len,
                           (const char *)p->when_text.data);
    }
    uint32_t wrong;
    if (job_config_valid(job, values, &wrong))
        return true;
    uint8_t memory[64];
    struct buf text = buf_of(memory, sizeof memory);
    value_print(&text, &values[wrong]);
    return value_refuse(&job->params[wrong], buf_view(&text), err);
}

/* settings: NAME=VALUE each; ends with NULL. Texts among the values point into `proposals` and the
 * settings. */
static bool values_choose(const struct job *job, struct proposals *proposals, uint64_t slot,
                          const char *const *settings, struct value *values, struct err *err) {
    bool given[LIMIT_PARAMS] = {false};
    if (slot >= job->trials)
        return err_set(err, ERR_USAGE, "--slot %llu: the job's trials are numbered 0 to %llu",
                       (unsigned long long)slot, (unsigned long long)job->trials - 1);
    if (!proposals_get(proposals, slot, values))
        return err_set(err, ERR_INTERNAL, "the search has nothing for trial %llu",
                       (unsigned long long)slot);
    for (; *settings != NULL; settings++) {
        if (!value_set(job, *settings, values, given, err))
            return false;
    }
    values_complete(job, values);
    return values_check(job, values, given, err);
}

static bool verdict_print(const struct verdict *v, const struct job *job, struct span params,
                          enum format format, struct err *err) {
    const struct job *measured = job_has_frontier(job) ? job : NULL;
    struct column own[COLUMNS + MEASURE_COLUMNS];
    char keys[MEASURE_COLUMNS][MEASURE_KEY_BYTES];
    char metric[LIMIT_NAME_BYTES + 1];
    const size_t count = measures_beside(measured, columns, COLUMNS, AT_VALUE, own, keys);
    if (job->objectives[0].metric.len > 0) {
        snprintf(metric, sizeof metric, "%.*s", (int)job->objectives[0].metric.len,
                 (const char *)job->objectives[0].metric.data);
        own[AT_VALUE].heading = metric;
    }
    struct out *o = out_new_stdout(format, true, "trial", own, count);
    bool ran = v->status != TRIAL_NO_START;
    out_text(o, span_text(trial_status_name(v->status)));
    v->has_value ? out_real(o, v->value) : out_none(o);
    measures_put(o, measured,
                 &(struct msg_trial_row){.has_value = v->has_value,
                                         .value = v->value,
                                         .others = span_of(v->others, v->others_len)});
    v->cause[0] != '\0' ? out_text(o, span_text(v->cause)) : out_none(o);
    ran ? out_duration(o, v->run_ms) : out_none(o);
    ran ? out_duration(o, v->cpu_ms) : out_none(o);
    ran ? out_count(o, v->rss_kib * 1024) : out_none(o);
    v->left[0] != '\0' ? out_text(o, span_text(v->left)) : out_none(o);
    out_json(o, params);
    out_row(o);
    return out_close(&o, err);
}

/* Where it would be compared with others, which nobody does here. */
static void rungs_say(const struct job *job, FILE *to) {
    uint8_t memory[SPEC_TEXT_BYTES];
    struct buf text = buf_of(memory, sizeof memory);
    spec_print_rungs(job, &text);
    if (text.len > 0)
        fprintf(to, "rungs %.*s: it runs to the end here\n", (int)text.len,
                (const char *)text.data);
    fputc('\n', to);
}

static bool trial_run(const struct job_file *file, const struct value *values, uint64_t slot,
                      const struct args *args, bool *done, struct err *err) {
    static struct listener l;
    static uint8_t memory[CONFIG_TEXT_BYTES];
    const struct job *job = &file->job;
    struct buf config = buf_of(memory, sizeof memory);
    l = (struct listener){.to = args->format == FORMAT_TABLE ? stdout : stderr, .job = job};
    if (!args->quiet) {
        job_config_print(job, values, SIGNIFICANT, &config);
        fprintf(l.to, "trial %llu with %.*s\n", (unsigned long long)slot, (int)config.len,
                (const char *)config.data);
        buf_clear(&config);
        rungs_say(job, l.to);
        fflush(l.to);
    }
    if (!reading_rules_init(&l.rules, job, err))
        return false;
    contract_init(&l.contract);
    climb_begin(&l.climb, job, (struct span){0});
    struct one_trial trial = {
        .file = file, .values = values, .slot = slot, .context = &l, .heard = output_hear};
    struct verdict verdict;
    bool ok = one_trial_run(&trial, &verdict, err);
    output_end(&l);
    reading_rules_release(&l.rules);
    if (!ok)
        return false;
    *done = verdict.status == TRIAL_DONE;
    job_config_json(job, values, &config);
    if (args->format == FORMAT_TABLE && l.contract.lines > 0)
        printf("\n");
    return verdict_print(&verdict, job, buf_view(&config), args->format, err);
}

int cli_try(int argc, char **argv) {
    uint64_t slot = 0;
    bool set = false; /* NAME=VALUE is an operand, so that one --set may be followed by several */
    const struct args_option options[] = {
        {"set", 0, ARGS_FLAG, &set}, {"slot", 0, ARGS_NUMBER, &slot}, {0}};
    const struct args_rules rules = {.options = options,
                                     .formats = FORMATS_TRY,
                                     .least = 1,
                                     .most = ARGS_OPERANDS_MAX,
                                     .operand = "JOB_FILE"};
    struct args args;
    int status;
    if (!cli_args(&args, argc, argv, &rules, &status))
        return status;
    if (args.operands_count > 1 && !set)
        return cli_usage("try", "'%.80s': values of parameters come after --set", args.operands[1]);
    if (args.operands_count == 1 && set)
        return cli_usage("try", "--set: NAME=VALUE is missing");
    struct err err = {0};
    struct job_file *file = job_load(args.operands[0], &err);
    if (file == NULL)
        return cli_fail(&err);
    const char *settings[ARGS_OPERANDS_MAX + 1] = {NULL};
    for (int i = 1; i < args.operands_count; i++)
        settings[i - 1] = args.operands[i];
    struct value values[LIMIT_PARAMS];
    struct proposals *proposals = proposals_new(file);
    bool done = false;
    bool ok = values_choose(&file->job, proposals, slot, settings, values, &err) &&
              trial_run(file, values, slot, &args, &done, &err);
    proposals_destroy(&proposals);
    job_file_destroy(&file);
    return ok ? !done : cli_fail(&err);
}
