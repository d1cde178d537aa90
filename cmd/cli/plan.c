#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "actors/executor/command.h"
#include "actors/tuner/algo/algo.h"
#include "cmd/cli/cli.h"
#include "cmd/cli/details.h"
#include "cmd/cli/few.h"
#include "cmd/cli/job_load.h"
#include "cmd/cli/out.h"
#include "cmd/cli/program_path.h"
#include "cmd/cli/proposals.h"
#include "cmd/cli/shell_text.h"
#include "cmd/cli/spec_text.h"
#include "proto/job/grid.h"
#include "proto/job/ladder.h"

const char cli_plan_details[] =
    "JOB_FILE          a file, or - for standard input; nothing is run or kept, nobody is\n"
    "                  asked: HERE is this machine alone; of the nodes of a cluster tells\n"
    "                  zyg nodes\n"
    "-o FORMAT         table (default), json\n";

enum {
    FORMATS_PLAN = FORMAT_BIT(FORMAT_TABLE) | FORMAT_BIT(FORMAT_JSON),
    FIRST_TRIALS = 5,
    GRID_BYTES = 4 << 20,
    COMMAND_BYTES = 4 * LIMIT_ARGV_BYTES,
    JSON_BYTES = 1 << 20,
    DOMAIN_BYTES = 400,
    PATH_BYTES = 4096
};

static const struct column columns[] = {
    {"name", "JOB", COLUMN_TEXT, SHOWN_ALWAYS},
    {NULL, "SEARCH", COLUMN_TEXT, SHOWN_TABLE},
    {"method", NULL, COLUMN_TEXT, SHOWN_DATA},
    {"trials", NULL, COLUMN_COUNT, SHOWN_DATA},
    {"points", NULL, COLUMN_COUNT, SHOWN_DATA},
    {"seed", NULL, COLUMN_COUNT, SHOWN_DATA},
    {NULL, "OBJECTIVE", COLUMN_TEXT, SHOWN_TABLE},
    {"metric", NULL, COLUMN_TEXT, SHOWN_DATA},
    {"maximize", NULL, COLUMN_FLAG, SHOWN_DATA},
    {"target", NULL, COLUMN_REAL, SHOWN_DATA},
    {NULL, "HERE", COLUMN_TEXT, SHOWN_TABLE},
    {"slots", NULL, COLUMN_COUNT, SHOWN_DATA},
    {"parallel", NULL, COLUMN_COUNT, SHOWN_DATA},
    {NULL, "LIMITS", COLUMN_TEXT, SHOWN_TABLE},
    {"wall_seconds", NULL, COLUMN_DURATION, SHOWN_DATA},
    {"grace_seconds", NULL, COLUMN_DURATION, SHOWN_DATA},
    {"output_bytes", NULL, COLUMN_SIZE, SHOWN_DATA},
    {NULL, "REPEATS", COLUMN_TEXT, SHOWN_TABLE},
    {"retry_crash", NULL, COLUMN_COUNT, SHOWN_DATA},
    {"retry_transient", NULL, COLUMN_COUNT, SHOWN_DATA},
    {NULL, "METRICS", COLUMN_TEXT, SHOWN_TABLE},
    {"dir", "FOLDER", COLUMN_TEXT, SHOWN_ALWAYS},
    {NULL, "COMMAND", COLUMN_TEXT, SHOWN_TABLE},
    {"program", "PROGRAM", COLUMN_TEXT, SHOWN_ALWAYS},
    {"command", NULL, COLUMN_JSON, SHOWN_DATA},
    {"params", NULL, COLUMN_JSON, SHOWN_DATA},
    {"where", NULL, COLUMN_JSON, SHOWN_DATA},
    {"objectives", NULL, COLUMN_JSON, SHOWN_DATA},
    {"constraints", NULL, COLUMN_JSON, SHOWN_DATA},
    {"rungs", NULL, COLUMN_JSON, SHOWN_DATA},
    {"repeat", NULL, COLUMN_JSON, SHOWN_DATA},
    {"patience", NULL, COLUMN_JSON, SHOWN_DATA},
    {"cost_aware", NULL, COLUMN_FLAG, SHOWN_DATA},
    {"first", NULL, COLUMN_JSON, SHOWN_DATA},
};

static const struct column param_columns[] = {
    {"name", "PARAMETER", COLUMN_TEXT, SHOWN_ALWAYS},
    {"values", "VALUES", COLUMN_TEXT, SHOWN_ALWAYS},
    {"when", "WHEN", COLUMN_TEXT, SHOWN_ALWAYS},
};

static const struct column first_columns[] = {
    {"trial", "TRIAL", COLUMN_COUNT, SHOWN_ALWAYS},
    {"params", "PARAMETERS OF THE FIRST TRIALS", COLUMN_TEXT, SHOWN_ALWAYS},
};

struct preview {
    const struct job *job;
    uint64_t points; /* of a grid */
    uint32_t slots;
    uint64_t at_once;
    uint64_t first_count;
    struct buf argv;    /* zero-terminated texts: the first trial's arguments */
    struct buf configs; /* what the first trials get, one line each */
    struct buf first;   /* the same as a JSON array */
};

/* What a node on this machine takes when it is told nothing else. */
static uint32_t slots_here(void) {
    long count = sysconf(_SC_NPROCESSORS_ONLN);
    if (count < 1)
        return 1;
    return count < LIMIT_SLOTS_NODE ? (uint32_t)count : LIMIT_SLOTS_NODE;
}

static struct buf buf_new(size_t bytes) {
    return buf_of(malloc(bytes), bytes);
}

static bool command_take(struct preview *plan, const struct value *values, struct err *err) {
    struct command *command = malloc(sizeof *command);
    if (command == NULL)
        return err_set(err, ERR_SYSTEM, "there is no memory left");
    struct command_context context = {
        .job = plan->job,
        .values = values,
        .attempt = 1,
        .scratch = span_text("STATE/runs/JOB/0"), /* the job has no folder before it is handed in */
        .cpus = 1,
    };
    bool ok = command_fill(command, &context, err);
    if (ok)
        buf_span(&plan->argv, buf_view(&command->argv));
    free(command);
    return ok;
}

static bool proposals_read(struct preview *plan, struct proposals *proposals, struct err *err) {
    struct value values[LIMIT_PARAMS];
    struct json_out json = json_out_of(&plan->first);
    json_open(&json, '[');
    for (uint64_t slot = 0; slot < FIRST_TRIALS && slot < plan->job->trials; slot++) {
        if (!proposals_get(proposals, slot, values))
            return err_set(err, ERR_INTERNAL, "the search has nothing for trial %d", (int)slot);
        if (slot == 0 && !command_take(plan, values, err))
            return false;
        uint8_t memory[LIMIT_JOB_SPEC_BYTES];
        struct buf config = buf_of(memory, sizeof memory);
        job_config_json(plan->job, values, &config);
        json_put_raw(&json, buf_view(&config));
        job_config_print(plan->job, values, 4, &plan->configs);
        buf_byte(&plan->configs, '\n');
        plan->first_count++;
    }
    json_close(&json, ']');
    return true;
}

static bool plan_make(struct preview *plan, const struct job_file *file, struct err *err) {
    plan->job = &file->job;
    plan->slots = slots_here();
    plan->at_once = file->job.parallel > 0 && file->job.parallel < plan->slots ? file->job.parallel
                                                                               : plan->slots;
    if (plan->at_once > file->job.trials)
        plan->at_once = file->job.trials;
    if (file->job.method == METHOD_GRID) {
        struct arena arena = arena_of(malloc(GRID_BYTES), GRID_BYTES);
        struct job_fault fault;
        const struct grid *grid = grid_make(&file->job, &arena, &fault);
        plan->points = grid == NULL ? 0 : grid_points(grid);
        free(arena.data);
    }
    struct proposals *proposals = proposals_new(file);
    bool ok = proposals_read(plan, proposals, err);
    proposals_destroy(&proposals);
    return ok;
}

/* ", repeat 3" as the job file says it; nothing where it says nothing. */
static void times_print(const char *key, bool itself, uint64_t times, struct buf *out) {
    if (!itself && times == 0)
        return;
    buf_text(out, key);
    itself ? buf_text(out, "auto") : buf_u64(out, times);
}

static void search_print(const struct preview *plan, struct buf *out) {
    const struct job *job = plan->job;
    buf_text(out, algo_of(job->method)->name);
    buf_text(out, ", ");
    buf_u64(out, job->trials);
    if (plan->points > 0) {
        buf_text(out, " of ");
        buf_u64(out, plan->points);
        buf_text(out, " points");
    } else {
        buf_text(out, job->trials == 1 ? " trial" : " trials");
    }
    buf_text(out, ", ");
    spec_print_params(job, out);
    if (job->method != METHOD_GRID && job->method != METHOD_LIST) {
        buf_text(out, ", seed ");
        buf_u64(out, job->seed);
    }
    if (job->rungs.steps > 0) {
        buf_text(out, ", rungs ");
        spec_print_rungs(job, out);
    }
    if (job_copies(job)) {
        buf_text(out, ", a population of ");
        if (job->parallel > 0)
            buf_u64(out, job->parallel);
        else
            buf_text(out, "as many as there are slots");
    }
    times_print(", repeat ", job->repeat_auto, job->repeat > 1 ? job->repeat : 0, out);
    times_print(", patience ", job->until_hopeless, job->patience, out);
    if (job->cost_aware)
        buf_text(out, ", cost_aware");
    spec_print_learns(job, out);
}

static void here_print(const struct preview *plan, struct buf *out) {
    buf_u64(out, plan->at_once);
    buf_text(out, plan->at_once == 1 ? " trial at a time, " : " trials at once, ");
    buf_u64(out, plan->slots);
    buf_text(out, plan->slots == 1 ? " slot on this machine" : " slots on this machine");
    if (plan->job->parallel > plan->slots) {
        buf_text(out, ", fewer than 'parallel: ");
        buf_u64(out, plan->job->parallel);
        buf_byte(out, '\'');
    }
}

static void metrics_print(const struct job *job, struct buf *out) {
    if (job->patterns_count == 0) {
        buf_text(out, "auto: name=value, JSON lines and ::zyg lines that trials print");
        return;
    }
    buf_text(out, "by regular expression:");
    for (uint32_t i = 0; i < job->patterns_count && out->cap - out->len > LIMIT_NAME_BYTES + 2;
         i++) {
        buf_text(out, i > 0 ? ", " : " ");
        buf_span(out, job->patterns[i].name);
    }
}

/* The next of the zero-terminated texts. */
static bool word_next(struct span *rest, struct span *word) {
    const uint8_t *end = rest->len == 0 ? NULL : memchr(rest->data, 0, rest->len);
    if (end == NULL)
        return false;
    *word = span_of(rest->data, (size_t)(end - rest->data));
    *rest = span_from(*rest, word->len + 1);
    return true;
}

static void program_print(const struct preview *plan, struct buf *out) {
    struct span argv = buf_view(&plan->argv);
    struct span name;
    if (!word_next(&argv, &name))
        return;
    uint8_t memory[PATH_BYTES];
    struct buf path = buf_of(memory, sizeof memory);
    bool found = program_path(name, plan->job->dir, &path);
    if (!found) {
        buf_span(out, name);
        buf_text(out, ": ");
    }
    buf_span(out, buf_view(&path));
}

static void command_print(struct span argv, struct buf *out) {
    struct span word;
    for (const char *gap = ""; word_next(&argv, &word); gap = " ") {
        buf_text(out, gap);
        shell_print_word(out, word);
    }
}

static void command_json(struct span argv, struct buf *out) {
    struct json_out json = json_out_of(out);
    struct span word;
    json_open(&json, '[');
    while (word_next(&argv, &word))
        json_put_string(&json, word);
    json_close(&json, ']');
}

static void param_json(struct json_out *json, const struct param *p) {
    static const char *const kinds[] = {
        [PARAM_FLOAT] = "float", [PARAM_INT] = "int", [PARAM_CHOICE] = "choice"};
    json_open(json, '{');
    json_put_key(json, "name");
    json_put_string(json, p->name);
    json_put_key(json, "type");
    json_put_string(json, span_text(kinds[p->kind]));
    if (p->kind == PARAM_CHOICE) {
        json_put_key(json, "choices");
        json_open(json, '[');
        for (uint32_t i = 0; i < p->choices_count; i++)
            value_json(json, &p->choices[i]);
        json_close(json, ']');
    } else {
        json_put_key(json, "min");
        json_put_number(json, p->low);
        json_put_key(json, "max");
        json_put_number(json, p->high);
        json_put_key(json, "scale");
        json_put_string(json, span_text(p->scale == SCALE_LOG ? "log" : "linear"));
        json_put_key(json, "step");
        p->step > 0 ? json_put_number(json, p->step) : json_put_null(json);
    }
    if (p->kind == PARAM_CHOICE) {
        json_put_key(json, "ordered");
        json_put_bool(json, p->ordered);
    }
    json_put_key(json, "when");
    p->when_text.len > 0 ? json_put_string(json, p->when_text) : json_put_null(json);
    json_close(json, '}');
}

static void params_json(const struct job *job, struct buf *out) {
    struct json_out json = json_out_of(out);
    json_open(&json, '[');
    for (uint32_t i = 0; i < job->params_count; i++)
        param_json(&json, &job->params[i]);
    json_close(&json, ']');
}

static void objectives_json(const struct job *job, struct buf *out) {
    struct json_out json = json_out_of(out);
    json_open(&json, '[');
    for (uint32_t i = 0; i < job->objectives_count; i++) {
        const struct objective *o = &job->objectives[i];
        json_open(&json, '{');
        json_put_key(&json, "metric");
        json_put_string(&json, o->metric);
        json_put_key(&json, "maximize");
        json_put_bool(&json, o->goal == GOAL_MAXIMIZE);
        json_put_key(&json, "target");
        o->has_target ? json_put_number(&json, o->target) : json_put_null(&json);
        json_close(&json, '}');
    }
    json_close(&json, ']');
}

static void conditions_json(const struct condition *list, uint32_t count, struct buf *out) {
    struct json_out json = json_out_of(out);
    json_open(&json, '[');
    for (uint32_t i = 0; i < count; i++)
        json_put_string(&json, list[i].text);
    json_close(&json, ']');
}

/* The steps at which trials are compared; null without rungs. */
static void rungs_json(const struct job *job, struct buf *out) {
    const struct ladder ladder = ladder_of_job(&job->rungs);
    struct json_out json = json_out_of(out);
    if (job->rungs.steps == 0) {
        json_put_null(&json);
        return;
    }
    json_open(&json, '{');
    json_put_key(&json, "scheduler");
    json_put_string(&json, span_text(job_policy_name(job->rungs.policy)));
    json_put_key(&json, "steps");
    json_open(&json, '[');
    for (uint32_t i = 0; i + 1 < ladder.count; i++)
        json_put_number(&json, ladder_step(&ladder, i));
    json_close(&json, ']');
    json_put_key(&json, "max");
    json_put_number(&json, job->rungs.steps);
    json_put_key(&json, "budget");
    job->rungs.budget.len > 0 ? json_put_string(&json, job->rungs.budget) : json_put_null(&json);
    json_close(&json, '}');
}

static void text_put(struct out *o, struct buf *text) {
    out_text(o, buf_view(text));
    buf_clear(text);
}

static void json_put(struct out *o, struct buf *json) {
    out_json(o, buf_view(json));
    buf_clear(json);
}

/* A number, 0 for none, or that the search finds out by itself. */
static void times_put(struct out *o, bool itself, uint64_t times) {
    uint8_t memory[24];
    struct buf json = buf_of(memory, sizeof memory);
    if (!itself && times == 0) {
        out_none(o);
        return;
    }
    itself ? buf_text(&json, "\"auto\"") : buf_u64(&json, times);
    out_json(o, buf_view(&json));
}

static void record_put(const struct preview *plan, struct out *o, struct buf *text) {
    const struct job *job = plan->job;
    bool has_metric = job->objectives[0].metric.len > 0;
    out_text(o, job->name);
    search_print(plan, text);
    text_put(o, text);
    out_text(o, span_text(algo_of(job->method)->name));
    out_count(o, job->trials);
    plan->points > 0 ? out_count(o, plan->points) : out_none(o);
    out_count(o, job->seed);
    spec_print_objective(job, text);
    text_put(o, text);
    has_metric ? out_text(o, job->objectives[0].metric) : out_none(o);
    has_metric ? out_flag(o, job->objectives[0].goal == GOAL_MAXIMIZE) : out_none(o);
    job->objectives[0].has_target ? out_real(o, job->objectives[0].target) : out_none(o);
    here_print(plan, text);
    text_put(o, text);
    out_count(o, plan->slots);
    out_count(o, plan->at_once);
    spec_print_limits(job, text);
    text_put(o, text);
    job->limits.wall > 0 ? out_duration(o, job->limits.wall) : out_none(o);
    out_duration(o, job->limits.grace);
    out_count(o, job->limits.output);
    spec_print_retry(job, text);
    text_put(o, text);
    out_count(o, job->retry.crash);
    out_count(o, job->retry.transient);
    metrics_print(job, text);
    text_put(o, text);
    out_text(o, job->dir);
    command_print(buf_view(&plan->argv), text);
    text_put(o, text);
    program_print(plan, text);
    text_put(o, text);
    command_json(buf_view(&plan->argv), text);
    json_put(o, text);
    params_json(job, text);
    json_put(o, text);
    conditions_json(job->where, job->where_count, text);
    json_put(o, text);
    objectives_json(job, text);
    json_put(o, text);
    conditions_json(job->constraints, job->constraints_count, text);
    json_put(o, text);
    rungs_json(job, text);
    json_put(o, text);
    times_put(o, job->repeat_auto, job->repeat);
    times_put(o, job->until_hopeless, job->patience);
    out_flag(o, job->cost_aware);
    out_json(o, buf_view(&plan->first));
    out_row(o);
}

static bool params_show(const struct job *job, struct err *err) {
    if (job->params_count == 0)
        return true;
    struct out *o = out_new_stdout(FORMAT_TABLE, false, "params", param_columns, 3);
    for (uint32_t i = 0; i < job->params_count; i++) {
        uint8_t memory[DOMAIN_BYTES];
        struct buf domain = buf_of(memory, sizeof memory);
        spec_print_domain(&job->params[i], &domain);
        out_text(o, job->params[i].name);
        out_text(o, buf_view(&domain));
        out_text(o, job->params[i].when_text);
        out_row(o);
    }
    if (!out_close(&o, err))
        return false;
    for (uint32_t i = 0; i < job->where_count; i++) {
        struct span text = job->where[i].text;
        printf("where %.*s\n", (int)text.len, (const char *)text.data);
    }
    return true;
}

static bool first_show(const struct preview *plan, struct err *err) {
    struct out *o = out_new_stdout(FORMAT_TABLE, false, "first", first_columns, 2);
    struct span rest = buf_view(&plan->configs);
    for (uint64_t slot = 0; slot < plan->first_count; slot++) {
        const uint8_t *end = memchr(rest.data, '\n', rest.len);
        size_t len = end == NULL ? rest.len : (size_t)(end - rest.data);
        out_count(o, slot);
        out_text(o, span_of(rest.data, len));
        out_row(o);
        rest = span_from(rest, len + 1);
    }
    return out_close(&o, err);
}

static bool plan_show(const struct preview *plan, enum format format, struct err *err) {
    struct out *o = out_new_stdout(format, true, "plan", columns, sizeof columns / sizeof *columns);
    struct buf text = buf_new(JSON_BYTES);
    record_put(plan, o, &text);
    free(text.data);
    if (!out_close(&o, err))
        return false;
    if (format != FORMAT_TABLE)
        return true;
    printf("\n");
    if (!params_show(plan->job, err))
        return false;
    printf("\n");
    return first_show(plan, err);
}

int cli_plan(int argc, char **argv) {
    const struct args_rules rules = {
        .formats = FORMATS_PLAN, .least = 1, .most = 1, .operand = "JOB_FILE"};
    struct args args;
    int status;
    if (!cli_args(&args, argc, argv, &rules, &status))
        return status;
    struct err err = {0};
    struct job_file *file = job_load(args.operands[0], &err);
    if (file == NULL)
        return cli_fail(&err);
    struct preview plan = {.argv = buf_new(COMMAND_BYTES),
                           .configs = buf_new(JSON_BYTES),
                           .first = buf_new(JSON_BYTES)};
    bool ok = plan_make(&plan, file, &err) && plan_show(&plan, args.format, &err);
    if (ok && !args.quiet)
        few_say(&file->job);
    free(plan.argv.data);
    free(plan.configs.data);
    free(plan.first.data);
    job_file_destroy(&file);
    return ok ? 0 : cli_fail(&err);
}
