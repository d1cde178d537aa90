#include "proto/base/num.h"
#include "proto/job/job.h"

#include <string.h>

/* Words that YAML reads as something else than text when they stand without quotes. */
static const char *const not_text[] = {"true",  "True", "TRUE", "false", "False",
                                       "FALSE", "null", "Null", "NULL"};

static bool is_plain(struct span text) {
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.data[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '/';
        bool inside = (c >= '0' && c <= '9') || c == '.' || c == '-';
        if (!letter && !(inside && i > 0))
            return false;
    }
    for (size_t i = 0; i < sizeof not_text / sizeof not_text[0]; i++) {
        if (span_is(text, not_text[i]))
            return false;
    }
    return text.len > 0;
}

/* One well-formed UTF-8 sequence at p. */
static uint32_t code_point(const uint8_t *p, size_t *len) {
    *len = p[0] < 0x80 ? 1 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
    uint32_t code = *len == 1 ? p[0] : p[0] & (0x7fu >> *len);
    for (size_t i = 1; i < *len; i++)
        code = code << 6 | (p[i] & 0x3fu);
    return code;
}

/* Characters that YAML does not take as they are, or takes for a line's end. */
static bool is_special(uint32_t code) {
    return code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0x2028 || code == 0x2029 ||
           code == 0xfeff || code == 0xfffe || code == 0xffff;
}

static void put_quoted(struct span text, struct buf *out) {
    size_t len;
    buf_byte(out, '"');
    for (size_t i = 0; i < text.len; i += len) {
        uint32_t code = code_point(text.data + i, &len);
        if (code == '"' || code == '\\') {
            buf_byte(out, '\\');
            buf_byte(out, (uint8_t)code);
        } else if (code == '\n' || code == '\t') {
            buf_text(out, code == '\n' ? "\\n" : "\\t");
        } else if (is_special(code)) {
            uint8_t bytes[2] = {(uint8_t)(code >> 8), (uint8_t)code};
            buf_text(out, "\\u");
            buf_hex(out, bytes, 2);
        } else {
            buf_put(out, text.data + i, len);
        }
    }
    buf_byte(out, '"');
}

static void put_text(struct span text, struct buf *out) {
    if (is_plain(text))
        buf_span(out, text);
    else
        put_quoted(text, out);
}

/* A float that is a whole number keeps a point, or it would be read back as an integer. */
static void put_value(const struct value *v, struct buf *out) {
    if (v->kind == VALUE_TEXT) {
        put_text(v->text, out);
        return;
    }
    size_t before = out->len;
    int64_t whole;
    value_print(out, v);
    if (v->kind == VALUE_FLOAT &&
        num_parse_i64(span_of(out->data + before, out->len - before), &whole))
        buf_text(out, ".0");
}

static void put_key(const char *key, struct buf *out) {
    buf_text(out, key);
    buf_text(out, ": ");
}

static void put_comma(bool *first, struct buf *out) {
    if (!*first)
        buf_text(out, ", ");
    *first = false;
}

static void put_number_line(const char *key, uint64_t number, struct buf *out) {
    put_key(key, out);
    buf_u64(out, number);
    buf_byte(out, '\n');
}

/* Milliseconds as the file takes them; what num_print_duration says to people is not exact. */
static void put_duration(dur_ms value, struct buf *out) {
    buf_i64(out, value % 1000 == 0 ? value / 1000 : value);
    buf_text(out, value % 1000 == 0 ? "s" : "ms");
}

/* In the largest unit that says it exactly. */
static void put_size(uint64_t value, struct buf *out) {
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    size_t unit = 0;
    while (unit + 1 < sizeof units / sizeof units[0] && value % 1024 == 0) {
        value /= 1024;
        unit++;
    }
    buf_u64(out, value);
    buf_text(out, units[unit]);
}

static void put_objective(const struct objective *o, struct buf *out) {
    buf_text(out, "    - {metric: ");
    put_text(o->metric, out);
    buf_text(out, o->goal == GOAL_MAXIMIZE ? ", goal: maximize" : ", goal: minimize");
    if (o->has_target) {
        buf_text(out, ", target: ");
        num_print(out, o->target);
    }
    buf_text(out, "}\n");
}

static void put_conditions(const char *key, const struct condition *list, uint32_t count,
                           struct buf *out) {
    bool first = true;
    if (count == 0)
        return;
    put_key(key, out);
    buf_byte(out, '[');
    for (uint32_t i = 0; i < count; i++) {
        put_comma(&first, out);
        put_quoted(list[i].text, out);
    }
    buf_text(out, "]\n");
}

static void put_given(const char *key, uint64_t number, struct buf *out) {
    if (number == 0)
        return;
    buf_text(out, ", ");
    put_key(key, out);
    buf_u64(out, number);
}

static void put_rungs(const struct job_rungs *r, struct buf *out) {
    if (r->steps == 0)
        return;
    buf_text(out, "  rungs: {scheduler: ");
    buf_text(out, job_policy_name(r->policy));
    if (r->budget.len > 0) {
        buf_text(out, ", budget: ");
        put_text(r->budget, out);
    }
    put_given("min", r->first, out);
    put_given("max", r->steps, out);
    put_given("eta", r->eta, out);
    put_given("patience", r->patience, out);
    buf_text(out, "}\n");
}

static void put_search(const struct job *job, struct buf *out) {
    buf_text(out, "search:\n  method: ");
    buf_text(out, job_method_name(job->method));
    buf_byte(out, '\n');
    put_number_line("  trials", job->trials, out);
    put_number_line("  parallel", job->parallel, out);
    put_number_line("  seed", job->seed, out);
    if (job->objectives_count > 0)
        buf_text(out, "  objectives:\n");
    for (uint32_t i = 0; i < job->objectives_count; i++)
        put_objective(&job->objectives[i], out);
    put_conditions("  constraints", job->constraints, job->constraints_count, out);
    put_rungs(&job->rungs, out);
    if (job->repeat > 1)
        put_number_line("  repeat", job->repeat, out);
    if (job->repeat_auto)
        buf_text(out, "  repeat: auto\n");
    if (job->patience > 0)
        put_number_line("  patience", job->patience, out);
    if (job->until_hopeless)
        buf_text(out, "  patience: auto\n");
    if (job->cost_aware)
        buf_text(out, "  cost_aware: true\n");
    if (job->history_count > 0) {
        buf_text(out, "  # knows from the start ");
        buf_u64(out, job->history_count);
        buf_text(out, job->history_count == 1 ? " trial of earlier jobs\n"
                                              : " trials of earlier jobs\n");
    }
}

static void put_range(const struct param *p, struct buf *out) {
    buf_text(out, p->kind == PARAM_INT ? "{type: int, min: " : "{type: float, min: ");
    num_print(out, p->low);
    buf_text(out, ", max: ");
    num_print(out, p->high);
    buf_text(out, p->scale == SCALE_LOG ? ", scale: log" : ", scale: linear");
    if (p->step > 0) {
        buf_text(out, ", step: ");
        num_print(out, p->step);
    }
    if (p->points > 0) {
        buf_text(out, ", points: ");
        buf_u64(out, p->points);
    }
}

static void put_choices(const struct param *p, struct buf *out) {
    bool first = true;
    buf_text(out, "{values: [");
    for (uint32_t i = 0; i < p->choices_count; i++) {
        put_comma(&first, out);
        put_value(&p->choices[i], out);
    }
    buf_byte(out, ']');
    if (p->ordered != param_ascends(p) || p->ordered)
        buf_text(out, p->ordered ? ", ordered: true" : ", ordered: false");
}

static void put_params(const struct job *job, struct buf *out) {
    if (job->params_count > 0)
        buf_text(out, "params:\n");
    for (uint32_t i = 0; i < job->params_count; i++) {
        const struct param *p = &job->params[i];
        buf_text(out, "  ");
        put_text(p->name, out);
        buf_text(out, ": ");
        if (p->kind == PARAM_CHOICE)
            put_choices(p, out);
        else
            put_range(p, out);
        if (p->when_text.len > 0) {
            buf_text(out, ", when: ");
            put_quoted(p->when_text, out);
        }
        buf_text(out, "}\n");
    }
}

static void put_configs(const struct job *job, struct buf *out) {
    if (job->configs_count > 0)
        buf_text(out, job->method == METHOD_LIST ? "list:\n" : "try_first:\n");
    for (uint32_t i = 0; i < job->configs_count; i++) {
        const struct value *row = job->configs + (size_t)i * job->params_count;
        bool first = true;
        buf_text(out, "  - {");
        for (uint32_t j = 0; j < job->params_count; j++) {
            if (row[j].kind == VALUE_NONE)
                continue;
            put_comma(&first, out);
            put_text(job->params[j].name, out);
            buf_text(out, ": ");
            put_value(&row[j], out);
        }
        buf_text(out, "}\n");
    }
}

static void put_metrics(const struct job *job, struct buf *out) {
    if (job->patterns_count == 0) {
        buf_text(out, "  metrics: auto\n");
        return;
    }
    buf_text(out, "  metrics:\n    regex:\n");
    for (uint32_t i = 0; i < job->patterns_count; i++) {
        buf_text(out, "      ");
        put_text(job->patterns[i].name, out);
        buf_text(out, ": ");
        put_quoted(job->patterns[i].pattern, out);
        buf_byte(out, '\n');
    }
}

static void put_run(const struct job *job, struct buf *out) {
    bool first = true;
    buf_text(out, "run:\n  command: [");
    for (uint32_t i = 0; i < job->argv_count; i++) {
        put_comma(&first, out);
        put_text(job->argv[i], out);
    }
    buf_text(out, "]\n  dir: ");
    put_text(job->dir, out);
    buf_text(out, job->env_count > 0 ? "\n  env:\n" : "\n");
    for (uint32_t i = 0; i < job->env_count; i++) {
        buf_text(out, "    ");
        put_text(job->env[i].name, out);
        buf_text(out, ": ");
        put_quoted(job->env[i].value, out);
        buf_byte(out, '\n');
    }
    put_metrics(job, out);
    buf_text(out, "  limits: {");
    if (job->limits.wall > 0) {
        buf_text(out, "wall: ");
        put_duration(job->limits.wall, out);
        buf_text(out, ", ");
    }
    buf_text(out, "grace: ");
    put_duration(job->limits.grace, out);
    buf_text(out, ", output: ");
    put_size(job->limits.output, out);
    buf_text(out, "}\n  retry: {crash: ");
    buf_u64(out, job->retry.crash);
    buf_text(out, ", transient: ");
    buf_u64(out, job->retry.transient);
    buf_text(out, ", lost: unlimited}\n");
}

void job_print(const struct job *job, struct buf *out) {
    buf_text(out, "zyg: 1\nname: ");
    put_text(job->name, out);
    buf_byte(out, '\n');
    put_search(job, out);
    put_params(job, out);
    put_conditions("where", job->where, job->where_count, out);
    put_configs(job, out);
    put_run(job, out);
    put_number_line("copies", job->copies, out);
}

void job_stalled_print(const struct job *job, uint64_t trials, struct buf *out) {
    const uint64_t repeat = job_runs_each(job);
    const uint64_t configurations = (trials + repeat - 1) / repeat;
    buf_text(out, "no better in ");
    buf_u64(out, configurations);
    if (repeat == 1) {
        buf_text(out, configurations == 1 ? " trial" : " trials");
        return;
    }
    buf_text(out, configurations == 1 ? " configuration of " : " configurations of ");
    buf_u64(out, repeat);
    buf_text(out, " trials");
    buf_text(out, configurations == 1 ? "" : " each");
}
