#include <regex.h>
#include <string.h>

#include "actors/jobfile/reader.h"
#include "actors/jobfile/words.h"
#include "proto/base/num.h"

/* ---- run.command and run.dir ---- */

static bool split_command(struct reader *r, const struct tree_node *node) {
    struct words words = words_split(node->text, ARGV_MAX, r->arena);
    if (words.bad != NULL)
        return reader_fail_at(r, node, words.at, (struct span){0}, words.bad);
    r->command = node;
    r->job->argv = words.items;
    r->job->argv_count = words.count;
    return true;
}

static bool read_command(struct reader *r, const struct key *key, const struct tree_node *node) {
    static const struct key item = {"command", NULL, "text in its list"};
    if (node_is_text(node))
        return split_command(r, node);
    if (node->kind != NODE_LIST || node->first == NULL)
        return reader_expected(r, key, node);
    struct span *argv = arena_take(r->arena, node_count(node) * sizeof *argv);
    if (argv == NULL)
        return reader_full(r);
    r->job->argv = argv;
    for (const struct tree_node *i = node->first; i != NULL; i = i->next) {
        if (node_is_placeholder(i))
            return reader_fail(r, i, "placeholders inside [...] need quotes: \"{%.*s}\"",
                               SHOWN(i->first->text));
        if (i->kind != NODE_SCALAR || node_is_null(i))
            return reader_expected(r, &item, i);
        argv[r->job->argv_count++] = i->text; /* numbers as they are written */
    }
    return true;
}

/* DIR/path without "." and empty steps; ".." stays, because a symbolic link may come before it. */
static bool join(struct reader *r, struct span path) {
    struct span base = span_text(r->dir);
    struct buf out = {0};
    out.cap = base.len + path.len + 2;
    out.data = arena_take(r->arena, out.cap);
    if (out.data == NULL)
        return reader_full(r);
    if (path.len == 0 || path.data[0] != '/')
        buf_span(&out, base);
    for (size_t from = 0; from < path.len;) {
        size_t to = from;
        while (to < path.len && path.data[to] != '/')
            to++;
        struct span step = span_of(path.data + from, to - from);
        if (step.len > 0 && !span_is(step, ".")) {
            if (out.len == 0 || out.data[out.len - 1] != '/')
                buf_byte(&out, '/');
            buf_span(&out, step);
        }
        from = to + 1;
    }
    if (out.len == 0)
        buf_byte(&out, '/');
    r->job->dir = buf_view(&out);
    return true;
}

static bool read_dir(struct reader *r, const struct key *key, const struct tree_node *node) {
    if (!node_is_text(node) || node->text.len == 0)
        return reader_expected(r, key, node);
    return join(r, node->text);
}

static bool read_env(struct reader *r, const struct key *key, const struct tree_node *node) {
    if (node->kind != NODE_MAP)
        return reader_expected(r, key, node);
    struct variable *env = arena_take(r->arena, node_count(node) * sizeof *env);
    if (env == NULL)
        return reader_full(r);
    r->job->env = env;
    for (const struct tree_node *k = node->first; k != NULL; k = k->next) {
        static const struct key item = {"env", NULL, "text for each variable"};
        if (k->value->kind != NODE_SCALAR)
            return reader_expected(r, &item, k->value);
        struct variable *v = &env[r->job->env_count++];
        v->name = k->text;
        if (!node_is_null(k->value))
            v->value = k->value->text;
    }
    return true;
}

/* ---- run.metrics ---- */

/* Compiled only after job_check_pattern: there are short patterns that take minutes. */
static bool check_pattern(struct reader *r, const struct tree_node *node) {
    char pattern[PATTERN_BYTES_MAX + 1];
    char reason[100];
    struct job_fault fault;
    regex_t compiled;
    if (!job_check_pattern(node->text, "", &fault))
        return reader_fail_at(r, node, fault.at, (struct span){0}, fault.what);
    memcpy(pattern, node->text.data, node->text.len);
    pattern[node->text.len] = '\0';
    int code = regcomp(&compiled, pattern, REG_EXTENDED);
    if (code != 0) {
        regerror(code, NULL, reason, sizeof reason);
        return reader_fail(r, node, "not a POSIX extended regular expression: %s", reason);
    }
    size_t groups = compiled.re_nsub;
    regfree(&compiled);
    return groups == 1 || reader_fail(r, node, "a pattern with %zu groups, not one", groups);
}

static bool read_regex(struct reader *r, const struct key *key, const struct tree_node *node) {
    static const struct key item = {"regex", NULL, "a pattern in quotes for each metric"};
    if (node->kind != NODE_MAP || node->first == NULL)
        return reader_expected(r, key, node);
    struct metric_pattern *patterns = arena_take(r->arena, node_count(node) * sizeof *patterns);
    if (patterns == NULL)
        return reader_full(r);
    r->job->patterns = patterns;
    for (const struct tree_node *k = node->first; k != NULL; k = k->next) {
        if (!node_is_text(k->value))
            return reader_expected(r, &item, k->value);
        if (!check_pattern(r, k->value))
            return false;
        patterns[r->job->patterns_count++] =
            (struct metric_pattern){.name = k->text, .pattern = k->value->text};
    }
    return true;
}

static const struct key metrics_keys[] = {
    {"regex", read_regex, "a mapping from metrics to patterns"},
    {"file", NULL, NULL},
    {"prometheus", NULL, NULL},
};

static bool read_metrics(struct reader *r, const struct key *key, const struct tree_node *node) {
    static const char *const words[] = {"auto"};
    size_t ignored;
    if (node->kind == NODE_MAP && node->first != NULL)
        return map_read(r, node, "'metrics'", metrics_keys, KEYS_COUNT(metrics_keys));
    return node_word(r, key, node, words, 1, &ignored);
}

/* ---- run.limits and run.retry ---- */

static bool read_duration(struct reader *r, const struct key *key, const struct tree_node *node,
                          dur_ms least, dur_ms most, dur_ms *out) {
    if (node->kind != NODE_SCALAR || !num_parse_duration(node->text, out) || *out < least ||
        *out > most)
        return reader_expected(r, key, node);
    return true;
}

static bool read_wall(struct reader *r, const struct key *key, const struct tree_node *node) {
    return read_duration(r, key, node, 1, LIMITS_WALL_MAX, &r->job->limits.wall);
}

static bool read_grace(struct reader *r, const struct key *key, const struct tree_node *node) {
    return read_duration(r, key, node, 0, LIMITS_GRACE_MAX, &r->job->limits.grace);
}

/* Every unit of a size ends in B. Without one 20 would be bytes, and meant as MiB. */
static bool has_size_unit(struct span text) {
    struct span trimmed = span_trim(text);
    return trimmed.len > 0 && trimmed.data[trimmed.len - 1] == 'B';
}

static bool read_output(struct reader *r, const struct key *key, const struct tree_node *node) {
    uint64_t *out = &r->job->limits.output;
    if (node->kind != NODE_SCALAR || !has_size_unit(node->text) ||
        !num_parse_size(node->text, out) || *out == 0 || *out > INT64_MAX)
        return reader_expected(r, key, node);
    return true;
}

static const struct key limits_keys[] = {
    {"wall", read_wall, "a duration with its unit, like 30s, 5m or 2h"},
    {"output", read_output, "a size with its unit, like 500KiB or 20MiB"},
    {"grace", read_grace, "a duration with its unit, like 10s, at most 1h"},
    {"stall", NULL, NULL},
    {"memory", NULL, NULL},
};

static bool read_limits(struct reader *r, const struct key *key, const struct tree_node *node) {
    if (node->kind != NODE_MAP)
        return reader_expected(r, key, node);
    return map_read(r, node, "'limits'", limits_keys, KEYS_COUNT(limits_keys));
}

static bool read_crash(struct reader *r, const struct key *key, const struct tree_node *node) {
    int64_t times;
    if (!node_integer(node, 0, REPEATS_MAX, &times))
        return reader_expected(r, key, node);
    r->job->retry.crash = (uint32_t)times;
    return true;
}

static bool read_transient(struct reader *r, const struct key *key, const struct tree_node *node) {
    int64_t times;
    if (!node_integer(node, 0, REPEATS_MAX, &times))
        return reader_expected(r, key, node);
    r->job->retry.transient = (uint32_t)times;
    return true;
}

/* There is no other allowance: a machine that is lost is no fault of the trial. */
static bool read_lost(struct reader *r, const struct key *key, const struct tree_node *node) {
    static const char *const words[] = {"unlimited"};
    size_t ignored;
    return node_word(r, key, node, words, 1, &ignored);
}

static const struct key retry_keys[] = {
    {"crash", read_crash, "a whole number from 0 to 1000"},
    {"transient", read_transient, "a whole number from 0 to 1000"},
    {"lost", read_lost, "unlimited"},
};

static bool read_retry(struct reader *r, const struct key *key, const struct tree_node *node) {
    if (node->kind != NODE_MAP)
        return reader_expected(r, key, node);
    return map_read(r, node, "'retry'", retry_keys, KEYS_COUNT(retry_keys));
}

static bool read_worker(struct reader *r, const struct key *key, const struct tree_node *node) {
    static const char *const words[] = {"process", "warm"};
    size_t worker;
    if (!node_word(r, key, node, words, 2, &worker))
        return false;
    return worker == 0 || reader_fail(r, node, "'worker: warm' is not in this version yet");
}

static const struct key run_keys[] = {
    {"command", read_command, "a list like [./train, \"--lr={lr}\"], or the same as one text"},
    {"dir", read_dir, "the path of a folder"},
    {"env", read_env, "a mapping from variables to values"},
    {"metrics", read_metrics, "auto, or a mapping with 'regex'"},
    {"limits", read_limits, "a mapping like {wall: 30m}"},
    {"retry", read_retry, "a mapping like {crash: 1}"},
    {"worker", read_worker, "process"},
    {"files", NULL, NULL},
    {"data", NULL, NULL},
    {"setup", NULL, NULL},
    {"checkpoint", NULL, NULL},
};

bool read_run(struct reader *r, const struct key *key, const struct tree_node *node) {
    if (node->kind != NODE_MAP)
        return reader_expected(r, key, node);
    if (!join(r, (struct span){0}) || !map_read(r, node, "'run'", run_keys, KEYS_COUNT(run_keys)))
        return false;
    if (node_get(node, span_text("command")) == NULL)
        return reader_fail(r, node, "'run' needs a 'command'");
    return true;
}
