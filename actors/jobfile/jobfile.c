#include "actors/jobfile/jobfile.h"

#include "actors/jobfile/reader.h"

/* ---- the file's own keys ---- */

static bool read_version(struct reader *r, const struct key *key, const struct tree_node *node) {
    int64_t version;
    if (!node_integer(node, 1, INT64_MAX, &version))
        return reader_expected(r, key, node);
    return version == 1 ||
           reader_fail(r, node, "version %lld of job files; this zyg reads version 1",
                       (long long)version);
}

static bool read_name(struct reader *r, const struct key *key, const struct tree_node *node) {
    if (!node_is_text(node) || node->text.len == 0)
        return reader_expected(r, key, node);
    r->job->name = node->text;
    return true;
}

static bool read_copies(struct reader *r, const struct key *key, const struct tree_node *node) {
    int64_t copies;
    if (!node_integer(node, 1, COPIES_MAX, &copies))
        return reader_expected(r, key, node);
    r->job->copies = (uint32_t)copies;
    return true;
}

static bool read_where(struct reader *r, const struct key *key, const struct tree_node *node) {
    return read_conditions(r, key, node, WHERE_MAX, &r->job->where, &r->job->where_count);
}

static bool keep_try_first(struct reader *r, const struct key *key, const struct tree_node *node) {
    (void)key;
    r->try_first = node;
    return true;
}

static bool keep_list(struct reader *r, const struct key *key, const struct tree_node *node) {
    (void)key;
    r->list = node;
    return true;
}

static const struct key file_keys[] = {
    {"zyg", read_version, "1, the version of job files"},
    {"name", read_name, "text"},
    {"search", read_search, "a mapping like {method: random, trials: 20}"},
    {"params", read_params, "a mapping from parameters to their ranges"},
    {"where", read_where, "a condition like \"a + b <= 1\", or a list of them"},
    {"try_first", keep_try_first, NULL},
    {"list", keep_list, NULL},
    {"run", read_run, "a mapping with 'command'"},
    {"copies", read_copies, "a whole number from 1 to 5"},
    {"needs", NULL, NULL},
    {"place", NULL, NULL},
    {"money", NULL, NULL},
    {"triggers", NULL, NULL},
    {"notify", NULL, NULL},
};

static const struct {
    const char *name;
    const char *what;
} required[] = {
    {"zyg", "'zyg: 1' is missing: the version of job files comes first"},
    {"name", "'name' is missing: what the job is called"},
    {"search", "'search' is missing: the least is {method: random, trials: 20}"},
    {"run", "'run' is missing: the least is {command: [./train]}"},
};

static bool read_file(struct reader *r) {
    if (r->root->kind != NODE_MAP)
        return reader_fail(r, r->root, "a job file is a mapping that begins with 'zyg: 1'");
    if (!map_read(r, r->root, "a job file", file_keys, KEYS_COUNT(file_keys)))
        return false;
    for (size_t i = 0; i < sizeof required / sizeof required[0]; i++) {
        if (node_get(r->root, span_text(required[i].name)) == NULL)
            return reader_fail(r, r->root, "%s", required[i].what);
    }
    return true;
}

/* ---- where in the file a fault of job_check stands ---- */

/* One step of a path: a key, or a number in brackets. The last key may hold dots. */
static struct span next_step(struct span *path, const struct tree_node *at) {
    struct span step = *path;
    if (at->kind == NODE_MAP && node_get(at, step) != NULL) {
        *path = (struct span){0};
        return step;
    }
    size_t len = 0;
    while (len < step.len && step.data[len] != '.' && (len == 0 || step.data[len] != '['))
        len++;
    *path = span_from(step, len < step.len && step.data[len] == '.' ? len + 1 : len);
    step.len = len;
    return step;
}

static const struct tree_node *list_item(const struct tree_node *list, struct span step) {
    size_t number = 0;
    for (size_t i = 1; i + 1 < step.len; i++)
        number = number * 10 + (size_t)(step.data[i] - '0');
    const struct tree_node *item = list->first;
    while (item != NULL && number-- > 0)
        item = item->next;
    return item;
}

/* The short forms: `objective` for `objectives` of one, a list or a constant for `values`, a text for
 * a list of one. */
static const struct tree_node *long_form(const struct tree_node *at, struct span step) {
    if (at->kind == NODE_MAP && span_is(step, "objective")) {
        const struct tree_node *objectives = node_get(at, span_text("objectives"));
        return objectives == NULL ? NULL : objectives->value->first;
    }
    return at->kind == NODE_LIST && span_is(step, "values") ? at : NULL;
}

static const struct tree_node *step_into(const struct tree_node *at, struct span step,
                                         const struct tree_node **name) {
    if (span_is(step, "[0]") && at->kind == NODE_SCALAR)
        return at;
    if (step.len > 0 && step.data[0] == '[')
        return at->kind == NODE_LIST ? list_item(at, step) : NULL;
    *name = at->kind == NODE_MAP ? node_get(at, step) : NULL;
    return *name != NULL ? (*name)->value : long_form(at, step);
}

static bool fail_fault(struct reader *r, const struct job_fault *fault) {
    const struct tree_node *at = r->root;
    const struct tree_node *name = NULL;
    size_t offset = fault->at == FAULT_AT_NAME ? 0 : fault->at;
    for (struct span path = span_text(fault->where); path.len > 0;) {
        struct span step = next_step(&path, at);
        const struct tree_node *next = step_into(at, step, &name);
        if (next == NULL) {
            offset = 0; /* the part is not in the file: what it should be in stands for it */
            break;
        }
        at = next;
    }
    if (fault->at == FAULT_AT_NAME && name != NULL)
        at = name;
    return reader_fail_at(r, at, offset, span_text(fault->nearest), fault->what);
}

/* A command written as one text is checked as it stands, so that columns are those of the file. */
static bool check_command_text(const struct reader *r, struct job_fault *fault) {
    return r->command == NULL || job_check_template(r->job, r->command->text, "run.command", fault);
}

static void set_defaults(struct job *job) {
    *job = (struct job){
        .method = METHOD_AUTO,
        .limits = {.grace = LIMITS_GRACE_DEFAULT, .output = LIMITS_OUTPUT_DEFAULT},
        .retry = {.crash = 0, .transient = RETRY_TRANSIENT_DEFAULT},
        .copies = COPIES_DEFAULT,
    };
}

bool jobfile_read(struct job *job, struct span text, const char *name, const char *dir,
                  jobfile_also *also, struct arena *arena, struct jobfile_at *at, struct err *err) {
    struct reader r = {
        .text = text, .name = name, .dir = dir, .arena = arena, .at = at, .err = err, .job = job};
    struct tree_fault wrong;
    struct job_fault fault;
    *at = (struct jobfile_at){.line = 1, .column = 1};
    set_defaults(job);
    if (text.len > LIMIT_JOB_FILE_BYTES)
        return err_set(err, ERR_BAD_JOB_FILE, "%s:1:1: longer than %d bytes, which no job file is",
                       name, LIMIT_JOB_FILE_BYTES);
    if (span_starts(text, "\xef\xbb\xbf"))
        r.text = span_from(text, 3); /* a byte order mark; columns do not count it */
    r.root = tree_read(r.text, arena, &wrong);
    if (r.root == NULL) {
        *at = (struct jobfile_at){.line = wrong.line, .column = wrong.column};
        return err_set(err, ERR_BAD_JOB_FILE, "%s:%u:%u: %s", name, at->line, at->column,
                       wrong.what);
    }
    if (!read_file(&r))
        return false;
    if (!check_command_text(&r, &fault) || !job_check_params(job, arena, &fault))
        return fail_fault(&r, &fault);
    if (!read_rows(&r))
        return false;
    if (!job_check(job, arena, &fault) || (also != NULL && !also(job, &fault)))
        return fail_fault(&r, &fault);
    return true;
}
