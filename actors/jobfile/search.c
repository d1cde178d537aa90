#include "actors/jobfile/reader.h"

/* ---- search.objective ---- */

static bool read_metric(struct reader *r, const struct key *key, const struct tree_node *node) {
    if (!node_is_text(node) || node->text.len == 0)
        return reader_expected(r, key, node);
    r->job->objectives[0].metric = node->text;
    return true;
}

static bool read_goal(struct reader *r, const struct key *key, const struct tree_node *node) {
    static const char *const words[] = {"minimize", "maximize"};
    size_t goal;
    if (!node_word(r, key, node, words, 2, &goal))
        return false;
    r->job->objectives[0].goal = goal == 0 ? GOAL_MINIMIZE : GOAL_MAXIMIZE;
    return true;
}

static bool read_target(struct reader *r, const struct key *key, const struct tree_node *node) {
    if (!node_number(node, &r->job->objectives[0].target))
        return reader_expected(r, key, node);
    r->job->objectives[0].has_target = true;
    return true;
}

static const struct key objective_keys[] = {
    {"metric", read_metric, "the name of a metric"},
    {"goal", read_goal, "minimize or maximize"},
    {"target", read_target, "a number"},
};

static bool read_objective(struct reader *r, const struct key *key, const struct tree_node *node) {
    if (r->objective != NULL)
        return reader_fail(r, node, "either 'objective' or 'objectives', not both");
    if (node->kind != NODE_MAP)
        return reader_expected(r, key, node);
    r->objective = node;
    r->job->objectives_count = 1;
    if (!map_read(r, node, "'objective'", objective_keys, KEYS_COUNT(objective_keys)))
        return false;
    if (r->job->objectives[0].metric.len == 0)
        return reader_fail(r, node, "'objective' needs a 'metric'");
    if (node_get(node, span_text("goal")) == NULL)
        return reader_fail(r, node, "'objective' needs 'goal: minimize' or 'goal: maximize'");
    return true;
}

static bool read_objectives(struct reader *r, const struct key *key, const struct tree_node *node) {
    if (node->kind != NODE_LIST || node->first == NULL)
        return reader_expected(r, key, node);
    if (node->first->next != NULL)
        return reader_fail(r, node->first->next,
                           "more than one objective is not in this version yet");
    return read_objective(r, key, node->first);
}

/* ---- search ---- */

static bool read_method(struct reader *r, const struct key *key, const struct tree_node *node) {
    static const char *const words[] = {"random", "grid",  "list",      "auto",  "tpe",
                                        "gp",     "cmaes", "evolution", "nsga2", "sobol"};
    size_t method;
    if (!node_word(r, key, node, words, sizeof words / sizeof words[0], &method))
        return false;
    if (method > METHOD_LIST)
        return reader_fail(
            r, node, "the method '%s' is not in this version yet; there are random, grid and list",
            words[method]);
    r->job->method = (enum method)method; /* the first words stand in the order of the enum */
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
    int64_t parallel;
    if (!node_integer(node, 0, PARALLEL_MAX, &parallel))
        return reader_expected(r, key, node);
    r->job->parallel = (uint32_t)parallel;
    return true;
}

static bool read_seed(struct reader *r, const struct key *key, const struct tree_node *node) {
    int64_t seed;
    if (!node_integer(node, 0, INT64_MAX, &seed))
        return reader_expected(r, key, node);
    r->job->seed = (uint64_t)seed;
    return true;
}

static const struct key search_keys[] = {
    {"method", read_method, "random, grid or list"},
    {"trials", read_trials, "a whole number from 1 to 1000000000"},
    {"parallel", read_parallel, "a whole number from 0 (as many as there are slots) to 1000000"},
    {"seed", read_seed, "a whole number from 0 to 9223372036854775807"},
    {"objective", read_objective, "a mapping like {metric: loss, goal: minimize}"},
    {"objectives", read_objectives, "a list of mappings like {metric: loss, goal: minimize}"},
    {"constraints", NULL, NULL},
    {"rungs", NULL, NULL},
    {"repeat", NULL, NULL},
};

bool read_search(struct reader *r, const struct key *key, const struct tree_node *node) {
    if (node->kind != NODE_MAP)
        return reader_expected(r, key, node);
    if (!map_read(r, node, "'search'", search_keys, KEYS_COUNT(search_keys)))
        return false;
    if (r->job->method == METHOD_RANDOM && !r->has_trials)
        return reader_fail(r, node,
                           "'search' needs 'trials': a random search has no end of its own");
    return true;
}
