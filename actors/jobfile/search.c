#include "actors/jobfile/reader.h"

/* ---- search.objectives ---- */

static struct objective *objective_now(struct reader *r) {
    return &r->job->objectives[r->job->objectives_count];
}

static bool read_metric(struct reader *r, const struct key *key, const struct tree_node *node) {
    if (!node_is_text(node) || node->text.len == 0)
        return reader_expected(r, key, node);
    objective_now(r)->metric = node->text;
    return true;
}

static bool read_goal(struct reader *r, const struct key *key, const struct tree_node *node) {
    static const char *const words[] = {"minimize", "maximize"};
    size_t goal;
    if (!node_word(r, key, node, words, 2, &goal))
        return false;
    objective_now(r)->goal = goal == 0 ? GOAL_MINIMIZE : GOAL_MAXIMIZE;
    return true;
}

static bool read_target(struct reader *r, const struct key *key, const struct tree_node *node) {
    if (!node_number(node, &objective_now(r)->target))
        return reader_expected(r, key, node);
    objective_now(r)->has_target = true;
    return true;
}

static const struct key objective_keys[] = {
    {"metric", read_metric, "the name of a metric"},
    {"goal", read_goal, "minimize or maximize"},
    {"target", read_target, "a number"},
};

static bool take_objective(struct reader *r, const struct key *key, const struct tree_node *node) {
    if (node->kind != NODE_MAP)
        return reader_expected(r, key, node);
    if (!map_read(r, node, "'objective'", objective_keys, KEYS_COUNT(objective_keys)))
        return false;
    if (objective_now(r)->metric.len == 0)
        return reader_fail(r, node, "'objective' needs a 'metric'");
    if (node_get(node, span_text("goal")) == NULL)
        return reader_fail(r, node, "'objective' needs 'goal: minimize' or 'goal: maximize'");
    r->job->objectives_count++;
    return true;
}

static bool begin_objectives(struct reader *r, const struct tree_node *node) {
    if (r->objective != NULL)
        return reader_fail(r, node, "either 'objective' or 'objectives', not both");
    r->objective = node;
    return true;
}

static bool read_objective(struct reader *r, const struct key *key, const struct tree_node *node) {
    return begin_objectives(r, node) && take_objective(r, key, node);
}

static bool read_objectives(struct reader *r, const struct key *key, const struct tree_node *node) {
    if (!begin_objectives(r, node))
        return false;
    if (node->kind != NODE_LIST || node->first == NULL)
        return reader_expected(r, key, node);
    for (const struct tree_node *item = node->first; item != NULL; item = item->next) {
        if (r->job->objectives_count == OBJECTIVES_MOST)
            return reader_fail(r, item, "more than %d objectives", OBJECTIVES_MOST);
        if (!take_objective(r, key, item))
            return false;
    }
    return true;
}

/* ---- conditions ---- */

static bool take_condition(struct reader *r, const struct key *key, const struct tree_node *node,
                           struct condition *out) {
    if (!node_is_text(node) || node->text.len == 0)
        return reader_expected(r, key, node);
    out->text = node->text;
    return true;
}

bool read_conditions(struct reader *r, const struct key *key, const struct tree_node *node,
                     uint32_t most, const struct condition **list, uint32_t *count) {
    bool listed = node->kind == NODE_LIST && node->first != NULL;
    size_t items = listed ? node_count(node) : 1;
    if (items > most)
        return reader_fail(r, node, "'%s' has %zu conditions, at most %u are possible", key->name,
                           items, most);
    struct condition *conditions = arena_take(r->arena, items * sizeof *conditions);
    if (conditions == NULL)
        return reader_full(r);
    *list = conditions;
    *count = (uint32_t)items;
    if (!listed)
        return take_condition(r, key, node, conditions);
    for (const struct tree_node *item = node->first; item != NULL; item = item->next) {
        if (!take_condition(r, key, item, conditions++))
            return false;
    }
    return true;
}

static bool read_constraints(struct reader *r, const struct key *key,
                             const struct tree_node *node) {
    return read_conditions(r, key, node, CONSTRAINTS_MAX, &r->job->constraints,
                           &r->job->constraints_count);
}

/* ---- search.rungs ---- */

static bool read_count(struct reader *r, const struct key *key, const struct tree_node *node,
                       int64_t least, int64_t most, uint32_t *out) {
    int64_t number;
    if (!node_integer(node, least, most, &number))
        return reader_expected(r, key, node);
    *out = (uint32_t)number;
    return true;
}

static bool read_scheduler(struct reader *r, const struct key *key, const struct tree_node *node) {
    const char *words[RUNGS_POLICIES];
    size_t policy;
    for (size_t i = 0; i < RUNGS_POLICIES; i++)
        words[i] = job_policy_name((enum rungs_policy)i);
    if (!node_word(r, key, node, words, RUNGS_POLICIES, &policy))
        return false;
    r->job->rungs.policy = (enum rungs_policy)policy;
    return true;
}

static bool read_budget(struct reader *r, const struct key *key, const struct tree_node *node) {
    if (!node_is_text(node) || node->text.len == 0)
        return reader_expected(r, key, node);
    r->job->rungs.budget = node->text;
    return true;
}

static bool read_first(struct reader *r, const struct key *key, const struct tree_node *node) {
    return read_count(r, key, node, 1, STEPS_MAX, &r->job->rungs.first);
}

static bool read_steps(struct reader *r, const struct key *key, const struct tree_node *node) {
    return read_count(r, key, node, 1, STEPS_MAX, &r->job->rungs.steps);
}

static bool read_eta(struct reader *r, const struct key *key, const struct tree_node *node) {
    return read_count(r, key, node, 2, RUNGS_ETA_MOST, &r->job->rungs.eta);
}

static bool read_steps_patience(struct reader *r, const struct key *key,
                                const struct tree_node *node) {
    return read_count(r, key, node, 1, STEPS_MAX, &r->job->rungs.patience);
}

static const struct key rungs_keys[] = {
    {"scheduler", read_scheduler, "one of:"
#define POLICY(NAME, name) " " #name
#include "proto/job/policies.def"
#undef POLICY
    },
    {"budget", read_budget, "what a step is called, like epochs"},
    {"min", read_first, "a whole number of steps from 1"},
    {"max", read_steps, "a whole number of steps from 1"},
    {"eta", read_eta, "a whole number from 2 to 16"},
    {"patience", read_steps_patience, "a whole number of steps from 1"},
};

static bool read_rungs(struct reader *r, const struct key *key, const struct tree_node *node) {
    if (node->kind != NODE_MAP)
        return reader_expected(r, key, node);
    if (!map_read(r, node, "'rungs'", rungs_keys, KEYS_COUNT(rungs_keys)))
        return false;
    return r->job->rungs.steps > 0 ||
           reader_fail(r, node, "'rungs' needs 'max', how many steps a whole trial has");
}

/* ---- search ---- */

/* Methods that a later version will have. */
static const char *const later[] = {"cmaes"};
enum { LATER = sizeof later / sizeof later[0] };

static bool read_method(struct reader *r, const struct key *key, const struct tree_node *node) {
    const char *words[METHOD_COUNT + LATER];
    size_t method;
    for (size_t i = 0; i < METHOD_COUNT; i++)
        words[i] = job_method_name((enum method)i);
    for (size_t i = 0; i < LATER; i++)
        words[METHOD_COUNT + i] = later[i];
    if (!node_word(r, key, node, words, METHOD_COUNT + LATER, &method))
        return false;
    if (method >= METHOD_COUNT)
        return reader_fail(r, node, "the method '%s' is not in this version yet", words[method]);
    r->job->method = (enum method)method;
    return true;
}

static bool read_trials(struct reader *r, const struct key *key, const struct tree_node *node) {
    int64_t trials;
    if (!node_integer(node, 1, LIMIT_SLOTS_JOB, &trials))
        return reader_expected(r, key, node);
    r->job->trials = (uint64_t)trials;
    r->has_trials = true;
    return true;
}

static bool read_parallel(struct reader *r, const struct key *key, const struct tree_node *node) {
    return read_count(r, key, node, 0, PARALLEL_MAX, &r->job->parallel);
}

static bool read_seed(struct reader *r, const struct key *key, const struct tree_node *node) {
    int64_t seed;
    if (!node_integer(node, 0, INT64_MAX, &seed))
        return reader_expected(r, key, node);
    r->job->seed = (uint64_t)seed;
    return true;
}

static bool read_repeat(struct reader *r, const struct key *key, const struct tree_node *node) {
    r->job->repeat_auto = node_is_text(node) && span_is(node->text, "auto");
    return r->job->repeat_auto || read_count(r, key, node, 1, REPEAT_MAX, &r->job->repeat);
}

static bool read_patience(struct reader *r, const struct key *key, const struct tree_node *node) {
    r->job->until_hopeless = node_is_text(node) && span_is(node->text, "auto");
    return r->job->until_hopeless || read_count(r, key, node, 1, PATIENCE_MAX, &r->job->patience);
}

static bool read_cost_aware(struct reader *r, const struct key *key, const struct tree_node *node) {
    struct value value;
    if (!node_value(node, &value) || value.kind != VALUE_BOOL)
        return reader_expected(r, key, node);
    r->job->cost_aware = value.boolean;
    return true;
}

static bool read_learn_from(struct reader *r, const struct key *key, const struct tree_node *node) {
    bool listed = node->kind == NODE_LIST && node->first != NULL;
    size_t count = listed ? node_count(node) : 1;
    if (count > LEARN_FROM_MAX)
        return reader_fail(r, node, "'learn_from' names %zu jobs, at most %d are possible", count,
                           LEARN_FROM_MAX);
    struct span *jobs = arena_take(r->arena, count * sizeof *jobs);
    if (jobs == NULL)
        return reader_full(r);
    const struct tree_node *item = listed ? node->first : node;
    for (size_t i = 0; i < count; i++, item = item->next) {
        if (item->kind != NODE_SCALAR || item->text.len == 0)
            return reader_expected(r, key, item);
        jobs[i] = item->text;
    }
    r->job->learn_from = jobs;
    r->job->learn_from_count = (uint32_t)count;
    return true;
}

static const struct key search_keys[] = {
    {"method", read_method, "auto, gp, tpe, evolution, pareto, nsga2, sobol, random, grid or list"},
    {"trials", read_trials, "a whole number from 1 to 1000000000"},
    {"parallel", read_parallel, "a whole number from 0 (as many as there are slots) to 1000000"},
    {"seed", read_seed, "a whole number from 0 to 9223372036854775807"},
    {"objective", read_objective, "a mapping like {metric: loss, goal: minimize}"},
    {"objectives", read_objectives, "a list of mappings like {metric: loss, goal: minimize}"},
    {"constraints", read_constraints, "a condition like \"model_mb <= 20\", or a list of them"},
    {"rungs", read_rungs, "a mapping like {scheduler: asha, max: 27}"},
    {"repeat", read_repeat, "a whole number from 1 to 64, or auto"},
    {"patience", read_patience, "a whole number of trials from 1, or auto"},
    {"cost_aware", read_cost_aware, "true or false"},
    {"learn_from", read_learn_from,
     "an earlier job, or a list of them: last, a name, a handle, an id"},
};

bool read_search(struct reader *r, const struct key *key, const struct tree_node *node) {
    if (node->kind != NODE_MAP)
        return reader_expected(r, key, node);
    const struct tree_node *where = node_get(node, span_text("where"));
    if (where != NULL)
        return reader_fail(r, where, "'where' stands beside 'params', not in 'search'");
    if (!map_read(r, node, "'search'", search_keys, KEYS_COUNT(search_keys)))
        return false;
    const struct tree_node *method = node_get(node, span_text("method"));
    if (method != NULL && job_learns(r->job) && r->job->objectives_count == 0 &&
        r->job->method != METHOD_AUTO)
        return reader_fail(r, method->value,
                           "the method '%s' learns from results: it needs an 'objective'",
                           job_method_name(r->job->method));
    const struct tree_node *learn_from = node_get(node, span_text("learn_from"));
    if (learn_from != NULL && (!job_learns(r->job) || r->job->objectives_count != 1))
        return reader_fail(r, learn_from,
                           job_learns(r->job)
                               ? "'learn_from' needs one 'objective': what is a better trial?"
                               : "'learn_from' needs a method that learns; '%s' does not",
                           job_method_name(r->job->method));
    bool ends = r->job->method == METHOD_GRID || r->job->method == METHOD_LIST;
    if (!ends && !r->has_trials)
        return reader_fail(r, node, "'search' needs 'trials': a %s search has no end of its own",
                           job_method_name(r->job->method));
    return true;
}
