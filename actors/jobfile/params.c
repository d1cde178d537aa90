#include "actors/jobfile/reader.h"

/* ---- one parameter ---- */

static bool read_min(struct reader *r, const struct key *key, const struct tree_node *node) {
    return node_number(node, &r->param->low) || reader_expected(r, key, node);
}

static bool read_max(struct reader *r, const struct key *key, const struct tree_node *node) {
    return node_number(node, &r->param->high) || reader_expected(r, key, node);
}

static bool read_scale(struct reader *r, const struct key *key, const struct tree_node *node) {
    static const char *const words[] = {"linear", "log", "log2", "log10"};
    size_t scale;
    if (!node_word(r, key, node, words, 4, &scale))
        return false;
    r->param->scale =
        scale == 0 ? SCALE_LINEAR : SCALE_LOG; /* a base changes nothing about what is drawn */
    return true;
}

static bool read_type(struct reader *r, const struct key *key, const struct tree_node *node) {
    static const char *const words[] = {"int", "float"};
    size_t type;
    if (!node_word(r, key, node, words, 2, &type))
        return false;
    r->param->kind = type == 0 ? PARAM_INT : PARAM_FLOAT;
    return true;
}

static bool read_step(struct reader *r, const struct key *key, const struct tree_node *node) {
    if (!node_number(node, &r->param->step) || !(r->param->step > 0))
        return reader_expected(r, key, node);
    return true;
}

static bool read_points(struct reader *r, const struct key *key, const struct tree_node *node) {
    int64_t points;
    if (!node_integer(node, 2, POINTS_MAX, &points))
        return reader_expected(r, key, node);
    r->param->points = (uint32_t)points;
    return true;
}

static bool read_when(struct reader *r, const struct key *key, const struct tree_node *node) {
    if (!node_is_text(node) || node->text.len == 0)
        return reader_expected(r, key, node);
    r->param->when_text = node->text;
    return true;
}

static bool read_ordered(struct reader *r, const struct key *key, const struct tree_node *node) {
    struct value value;
    if (!node_value(node, &value) || value.kind != VALUE_BOOL)
        return reader_expected(r, key, node);
    r->param->ordered = value.boolean;
    return true;
}

static bool take_choices(struct reader *r, const struct tree_node *list) {
    static const struct key item = {"values", NULL, "text, numbers, true or false in its list"};
    size_t count = node_count(list);
    struct value *choices = arena_take(r->arena, count * sizeof *choices);
    if (choices == NULL)
        return reader_full(r);
    r->param->kind = PARAM_CHOICE;
    r->param->choices = choices;
    for (const struct tree_node *i = list->first; i != NULL; i = i->next) {
        if (!node_value(i, &choices[r->param->choices_count++]))
            return reader_expected(r, &item, i);
    }
    return true;
}

static bool read_values(struct reader *r, const struct key *key, const struct tree_node *node) {
    if (node->kind != NODE_LIST || node->first == NULL)
        return reader_expected(r, key, node);
    return take_choices(r, node);
}

static const struct key param_keys[] = {
    {"min", read_min, "a number"},
    {"max", read_max, "a number"},
    {"scale", read_scale, "linear or log"},
    {"type", read_type, "int or float (a choice has 'values' instead)"},
    {"step", read_step, "a number greater than 0"},
    {"points", read_points, "a whole number from 2 to 1000000"},
    {"values", read_values, "a list of values"},
    {"ordered", read_ordered, "true or false"},
    {"when", read_when, "a condition like \"learner == svm\""},
};

static bool read_range(struct reader *r, const struct tree_node *name,
                       const struct tree_node *map) {
    static const char *const ends[] = {"min", "max"};
    for (size_t i = 0; i < 2; i++) {
        if (node_get(map, span_text(ends[i])) == NULL)
            return reader_fail(r, map, "'%.*s' needs '%s' (or a list of 'values')",
                               SHOWN(name->text), ends[i]);
    }
    return true;
}

static bool read_param_map(struct reader *r, const struct tree_node *name,
                           const struct tree_node *map) {
    const struct tree_node *values = node_get(map, span_text("values"));
    if (!map_read(r, map, "a parameter", param_keys, KEYS_COUNT(param_keys)))
        return false;
    const struct tree_node *ordered = node_get(map, span_text("ordered"));
    if (values == NULL && ordered != NULL)
        return reader_fail(r, ordered, "'ordered' goes with 'values': a range has its order");
    if (values == NULL)
        return read_range(r, name, map);
    if (ordered == NULL)
        r->param->ordered = param_ascends(r->param);
    for (const struct tree_node *k = map->first; k != NULL; k = k->next) {
        if (k != values && k != ordered && !span_is(k->text, "when"))
            return reader_fail(r, k, "'%.*s' has 'values', so it cannot have '%.*s'",
                               SHOWN(name->text), SHOWN(k->text));
    }
    return true;
}

static bool read_param(struct reader *r, const struct tree_node *name) {
    const struct tree_node *node = name->value;
    struct value constant;
    if (node->kind == NODE_MAP)
        return read_param_map(r, name, node);
    if (node->kind == NODE_LIST && node->first != NULL) {
        bool taken = take_choices(r, node);
        r->param->ordered = taken && param_ascends(r->param);
        return taken;
    }
    if (node->kind == NODE_LIST || !node_value(node, &constant))
        return reader_fail(
            r, node, "'%.*s' expects a range like {min: 0, max: 1}, a list of values, or one value",
            SHOWN(name->text));
    struct value *choice = arena_take(r->arena, sizeof *choice);
    if (choice == NULL)
        return reader_full(r);
    *choice = constant;
    r->param->kind = PARAM_CHOICE;
    r->param->choices = choice;
    r->param->choices_count = 1;
    return true;
}

bool read_params(struct reader *r, const struct key *key, const struct tree_node *node) {
    if (node->kind != NODE_MAP)
        return reader_expected(r, key, node);
    size_t count = node_count(node);
    if (count > LIMIT_PARAMS)
        return reader_fail(r, node, "%zu parameters; a job has at most %d", count, LIMIT_PARAMS);
    struct param *params = arena_take(r->arena, count * sizeof *params);
    if (params == NULL)
        return reader_full(r);
    r->job->params = params;
    r->job->params_count = (uint32_t)count;
    r->param = params;
    for (const struct tree_node *name = node->first; name != NULL; name = name->next, r->param++) {
        r->param->name = name->text;
        if (!read_param(r, name))
            return false;
    }
    return true;
}

/* ---- rows of list and try_first ---- */

static bool unknown_param(struct reader *r, const struct tree_node *name) {
    char what[80];
    struct nearest nearest = nearest_of(name->text);
    struct buf text = buf_of(what, sizeof what - 1);
    for (uint32_t i = 0; i < r->job->params_count; i++)
        nearest_offer(&nearest, r->job->params[i].name);
    buf_text(&text, "there is no parameter '");
    buf_put(&text, name->text.data, name->text.len < 40 ? name->text.len : 40);
    buf_byte(&text, '\'');
    what[text.len] = '\0';
    return reader_fail_at(r, name, 0, nearest.best, what);
}

static bool read_row(struct reader *r, const struct key *key, const struct tree_node *map,
                     struct value *row) {
    if (map->kind != NODE_MAP)
        return reader_expected(r, key, map);
    for (const struct tree_node *name = map->first; name != NULL; name = name->next) {
        uint32_t i = 0;
        while (i < r->job->params_count && !span_equal(r->job->params[i].name, name->text))
            i++;
        if (i == r->job->params_count)
            return unknown_param(r, name);
        if (!node_value(name->value, &row[i]))
            return reader_fail(r, name->value, "'%.*s' expects one value", SHOWN(name->text));
        param_fit(&r->job->params[i],
                  &row[i]); /* what does not fit is said by job_check, with the reason */
    }
    job_complete(r->job, row);
    return true;
}

bool read_rows(struct reader *r) {
    static const struct key list_key = {"list", NULL,
                                        "a list of configurations like [{a: 1, b: 2}]"};
    static const struct key first_key = {"try_first", NULL,
                                         "a list of configurations like [{a: 1, b: 2}]"};
    bool listed = r->job->method == METHOD_LIST;
    const struct key *key = listed ? &list_key : &first_key;
    const struct tree_node *node = listed ? r->list : r->try_first;
    const struct tree_node *other = listed ? r->try_first : r->list;
    if (other != NULL)
        return reader_fail(
            r, other,
            listed ? "'try_first' does not go with 'method: list'; put it first in 'list'"
                   : "'list' goes with 'method: list' only");
    if (node == NULL)
        return true;
    if (node->kind != NODE_LIST)
        return reader_expected(r, key, node);
    size_t count = node_count(node);
    size_t most =
        r->job->params_count == 0 ? CONFIG_VALUES_MAX : CONFIG_VALUES_MAX / r->job->params_count;
    if (count > most)
        return reader_fail(r, node, "%zu configurations; of %u parameters a job has at most %zu",
                           count, r->job->params_count, most);
    struct value *rows = arena_take(r->arena, count * r->job->params_count * sizeof *rows);
    if (rows == NULL)
        return reader_full(r);
    r->job->configs = rows;
    r->job->configs_count = (uint32_t)count;
    for (const struct tree_node *row = node->first; row != NULL;
         row = row->next, rows += r->job->params_count) {
        if (!read_row(r, key, row, rows))
            return false;
    }
    return true;
}
