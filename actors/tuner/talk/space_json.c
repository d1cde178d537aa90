#include "actors/tuner/talk/space_json.h"

#include "proto/base/num.h"
#include "proto/job/nearest.h"
#include "proto/job/shown.h"

#include <string.h>

enum part {
    PART_NAME,
    PART_TYPE,
    PART_LOW,
    PART_HIGH,
    PART_LOG,
    PART_STEP,
    PART_CHOICES,
    PART_ORDERED,
    PART_WHEN,
    PARTS
};
static const char *const part_names[PARTS] = {"name", "type",    "low",     "high", "log",
                                              "step", "choices", "ordered", "when"};

/* What is being read. */
struct space_reader {
    struct foreign *f;
    struct job *job;
    struct arena *arena;
    struct param *params;
    struct span when[LIMIT_PARAMS]; /* not read before all names are known */
};

static bool no_memory(struct space_reader *r) {
    return foreign_refuse(r->f, "space", "it is larger than there is memory for");
}

/* ---- one parameter ---- */

static bool read_name(struct space_reader *r, struct span json, const char *where,
                      struct param *p) {
    struct span name;
    if (json.len == 0)
        return foreign_refuse(r->f, where, "there is no \"name\"");
    if (!foreign_text(r->f, json, where, &name))
        return false;
    if (name.len == 0 || name.len > SPACE_NAME_MAX)
        return foreign_refuse(r->f, where, "a \"name\" of %zu bytes, expected 1 to %d", name.len,
                              SPACE_NAME_MAX);
    for (uint32_t i = 0; i < r->job->params_count; i++) {
        if (span_equal(r->params[i].name, name))
            return foreign_refuse(r->f, where, "the \"name\" \"%.*s\" is that of space[%u] already",
                                  SHOWN(name), i);
    }
    p->name = arena_copy(r->arena, name);
    return !r->arena->full || no_memory(r);
}

static bool refuse_part(struct space_reader *r, const struct span *parts, enum part part,
                        const char *where, const char *type) {
    return parts[part].len == 0 ||
           foreign_refuse(r->f, where, "\"%s\" does not go with \"type\":\"%s\"", part_names[part],
                          type);
}

static bool read_choices(struct space_reader *r, const struct span *parts, const char *where,
                         struct param *p) {
    struct foreign_items items;
    if (!refuse_part(r, parts, PART_LOW, where, "cat") ||
        !refuse_part(r, parts, PART_HIGH, where, "cat") ||
        !refuse_part(r, parts, PART_LOG, where, "cat") ||
        !refuse_part(r, parts, PART_STEP, where, "cat"))
        return false;
    if (parts[PART_CHOICES].len == 0)
        return foreign_refuse(r->f, where, "\"type\":\"cat\" needs \"choices\":[...]");
    struct foreign_where ordered_at = foreign_at("%s, \"ordered\"", where);
    if (parts[PART_ORDERED].len > 0 &&
        !foreign_bool(r->f, parts[PART_ORDERED], ordered_at.text, &p->ordered))
        return false;
    struct foreign_where list_at = foreign_at("%s, \"choices\"", where);
    uint32_t count = foreign_count(r->f, parts[PART_CHOICES], list_at.text, '[');
    struct value *choices = arena_take(r->arena, count * sizeof *choices);
    if (choices == NULL)
        return no_memory(r);
    p->kind = PARAM_CHOICE;
    p->choices = choices;
    if (!foreign_items(r->f, parts[PART_CHOICES], list_at.text, '[', &items))
        return false;
    while (foreign_next(r->f, list_at.text, &items)) {
        struct value *v = &choices[p->choices_count];
        struct foreign_where at = foreign_at("%s, choices[%u]", where, p->choices_count++);
        if (!foreign_value(r->f, items.value, at.text, v))
            return false;
        if (v->kind == VALUE_TEXT && v->text.len > SPACE_TEXT_MAX)
            return foreign_refuse(r->f, at.text, "text of %zu bytes, expected at most %d",
                                  v->text.len, SPACE_TEXT_MAX);
        if (v->kind == VALUE_TEXT)
            v->text = arena_copy(r->arena, v->text);
        if (r->arena->full)
            return no_memory(r);
    }
    return !items.bad;
}

static bool read_ends(struct space_reader *r, const struct span *parts, const char *where,
                      struct param *p) {
    for (enum part part = PART_LOW; part <= PART_HIGH; part++) {
        struct foreign_where at = foreign_at("%s, \"%s\"", where, part_names[part]);
        if (parts[part].len == 0)
            return foreign_refuse(r->f, where, "a range needs \"low\" and \"high\"");
        if (!foreign_number(r->f, parts[part], at.text, part == PART_LOW ? &p->low : &p->high))
            return false;
    }
    return p->low <= p->high ||
           foreign_refuse(r->f, where, "\"low\" %.*s is greater than \"high\" %.*s",
                          SHOWN(parts[PART_LOW]), SHOWN(parts[PART_HIGH]));
}

static bool read_range(struct space_reader *r, const struct span *parts, const char *where,
                       struct param *p) {
    struct foreign_where log_at = foreign_at("%s, \"log\"", where);
    struct foreign_where step_at = foreign_at("%s, \"step\"", where);
    const char *type = p->kind == PARAM_INT ? "int" : "float";
    bool log = false;
    if (!refuse_part(r, parts, PART_CHOICES, where, type) ||
        !refuse_part(r, parts, PART_ORDERED, where, type) || !read_ends(r, parts, where, p))
        return false;
    if (parts[PART_LOG].len > 0 && !foreign_bool(r->f, parts[PART_LOG], log_at.text, &log))
        return false;
    if (parts[PART_STEP].len > 0 && !foreign_is_null(parts[PART_STEP]) &&
        !foreign_number(r->f, parts[PART_STEP], step_at.text, &p->step))
        return false;
    if (log && p->low <= 0)
        return foreign_refuse(r->f, where,
                              "with \"log\":true \"low\" must be greater than 0, not %.*s",
                              SHOWN(parts[PART_LOW]));
    if (log && p->step != 0)
        return foreign_refuse(r->f, where, "\"step\" does not go with \"log\":true");
    p->scale = log ? SCALE_LOG : SCALE_LINEAR;
    if (p->kind == PARAM_INT && p->step == 1)
        p->step = 0; /* what an int does anyhow */
    return true;
}

static bool read_param(struct space_reader *r, struct span json, uint32_t place) {
    static const char *const types[] = {"float", "int", "cat"};
    struct foreign_where where = foreign_at("space[%u]", place);
    struct span parts[PARTS];
    struct param *p = &r->params[place];
    size_t type;
    if (!foreign_object(r->f, json, where.text, part_names, PARTS, parts) ||
        !read_name(r, parts[PART_NAME], where.text, p))
        return false;
    where = foreign_at("space[%u] \"%.*s\"", place, SHOWN(p->name));
    for (size_t i = 0; i < PARTS; i++) { /* null: not said */
        if (parts[i].len > 0 && foreign_is_null(parts[i]))
            parts[i] = (struct span){0};
    }
    if (parts[PART_TYPE].len == 0)
        return foreign_refuse(r->f, where.text, "there is no \"type\", expected float, int or cat");
    struct foreign_where type_at = foreign_at("%s, \"type\"", where.text);
    if (!foreign_word(r->f, parts[PART_TYPE], type_at.text, types, 3, &type))
        return false;
    p->kind = type == 0 ? PARAM_FLOAT : PARAM_INT;
    if (parts[PART_WHEN].len > 0)
        r->when[place] = parts[PART_WHEN];
    return type == 2 ? read_choices(r, parts, where.text, p) : read_range(r, parts, where.text, p);
}

/* ---- conditions ---- */

static bool find_param(struct foreign *f, const struct param *params, uint32_t count,
                       struct span name, const char *where, uint32_t *out) {
    struct nearest nearest = nearest_of(name);
    for (uint32_t i = 0; i < count; i++) {
        if (span_equal(params[i].name, name)) {
            *out = i;
            return true;
        }
        nearest_offer(&nearest, params[i].name);
    }
    if (nearest.best.len > 0)
        return foreign_refuse(f, where, "there is no parameter \"%.*s\", did you mean \"%.*s\"?",
                              SHOWN(name), SHOWN(nearest.best));
    return foreign_refuse(f, where, "there is no parameter \"%.*s\"", SHOWN(name));
}

/* {"param":"kernel","in":["poly"]} */
static bool read_membership(struct space_reader *r, struct span json, const char *where,
                            struct param *p) {
    static const char *const names[] = {"param", "in"};
    struct span parts[2];
    struct span parent_name;
    struct foreign_items items;
    uint32_t parent = 0;
    if (!foreign_object(r->f, json, where, names, 2, parts))
        return false;
    if (parts[0].len == 0 || parts[1].len == 0)
        return foreign_refuse(r->f, where, "expected {\"param\":NAME,\"in\":[VALUE,...]}");
    if (!foreign_text(r->f, parts[0], where, &parent_name) ||
        !find_param(r->f, r->params, r->job->params_count, parent_name, where, &parent) ||
        !foreign_items(r->f, parts[1], where, '[', &items))
        return false;
    uint32_t count = foreign_count(r->f, parts[1], where, '[');
    struct value *values = arena_take(r->arena, count * sizeof *values);
    if (values == NULL)
        return no_memory(r);
    while (foreign_next(r->f, where, &items)) {
        struct value *v = &values[items.count - 1];
        if (!foreign_value(r->f, items.value, where, v))
            return false;
        if (!param_fit(&r->params[parent], v))
            return foreign_refuse(r->f, where, "%.*s is no value of \"%.*s\"", SHOWN(items.value),
                                  SHOWN(r->params[parent].name));
    }
    if (items.count == 0 && !items.bad)
        return foreign_refuse(r->f, where, "\"in\" is empty, expected values of \"%.*s\"",
                              SHOWN(r->params[parent].name));
    p->when = expr_membership(parent, values, items.count, r->arena);
    return !items.bad && (p->when != NULL || no_memory(r));
}

static bool read_when(struct space_reader *r, uint32_t place) {
    struct param *p = &r->params[place];
    struct span json = r->when[place];
    struct foreign_where where = foreign_at("space[%u] \"%.*s\", \"when\"", place, SHOWN(p->name));
    struct span text;
    if (json.len == 0)
        return true;
    if (json.data[0] == '{')
        return read_membership(r, json, where.text, p);
    if (json.data[0] != '"')
        return foreign_refuse(
            r->f, where.text,
            "expected {\"param\":NAME,\"in\":[VALUE,...]} or a condition as text");
    if (!foreign_text(r->f, json, where.text, &text))
        return false;
    if (span_trim(text).len == 0)
        return foreign_refuse(r->f, where.text, "the condition is empty");
    p->when_text = arena_copy(r->arena, text);
    return !r->arena->full || no_memory(r);
}

/* Of a path in a job file, whose words for some parts are others. */
static struct foreign_where where_of(struct span path) {
    static const struct {
        const char *theirs, *ours;
    } words[] = {{"min", "low"}, {"max", "high"}, {"values", "choices"}};
    const size_t room = span_text("params.").len;
    size_t dot = path.len;
    if (span_starts(path, "search."))
        return foreign_at("%.*s", SHOWN_UP_TO(span_from(path, room), path.len));
    if (!span_starts(path, "params."))
        return foreign_at("%.*s", SHOWN_UP_TO(path, path.len));
    while (dot > room && path.data[dot - 1] != '.')
        dot--;
    struct span part = span_from(path, dot);
    struct span owner = span_from(span_of(path.data, dot), room);
    for (size_t i = 0; owner.len > 0 && i < sizeof words / sizeof *words; i++) {
        struct span rest = span_from(part, span_text(words[i].theirs).len);
        if (span_starts(part, words[i].theirs))
            return foreign_at("space, \"%.*s%s%.*s\"", SHOWN_UP_TO(owner, owner.len), words[i].ours,
                              SHOWN_UP_TO(rest, rest.len));
    }
    return foreign_at("space, \"%.*s\"", SHOWN_UP_TO(span_from(path, room), path.len));
}

static bool refuse_fault(struct foreign *f, const struct job_fault *fault) {
    bool near = fault->nearest[0] != '\0';
    return foreign_refuse(f, where_of(span_text(fault->where)).text, "%s%s%s%s", fault->what,
                          near ? ", did you mean '" : "", fault->nearest, near ? "'?" : "");
}

/* The parameters twice (job_check_space makes its own of them), and what a byte of text becomes at
 * most: in the list of a condition a digit and a comma are a value and an operand. */
size_t space_json_bytes(size_t len) {
    return 2 * LIMIT_PARAMS * (sizeof(struct param) + sizeof(uint32_t)) + 64 * len + 4096;
}

bool space_json_read(struct foreign *f, struct span json, struct job *job, struct arena *arena) {
    struct space_reader r = {.f = f, .job = job, .arena = arena};
    struct foreign_items items;
    r.params = arena_take(arena, LIMIT_PARAMS * sizeof *r.params);
    if (r.params == NULL)
        return no_memory(&r);
    job->params = r.params;
    job->params_count = 0;
    if (!foreign_items(f, json, "space", '[', &items))
        return false;
    while (foreign_next(f, "space", &items)) {
        if (items.count > LIMIT_PARAMS)
            return foreign_refuse(f, "space", "more than %d parameters", LIMIT_PARAMS);
        if (!read_param(&r, items.value, items.count - 1))
            return false;
        job->params_count++;
    }
    if (items.bad)
        return false;
    if (job->params_count == 0)
        return foreign_refuse(f, "space", "the list is empty, expected parameters");
    for (uint32_t i = 0; i < job->params_count; i++) {
        if (!read_when(&r, i))
            return false;
    }
    struct job_fault fault;
    return (job_check_space(job, arena, &fault) && job_check_meant(job, &fault)) ||
           refuse_fault(f, &fault);
}

/* ---- configurations ---- */

bool config_json_read(struct foreign *f, struct span json, const char *where, const struct job *job,
                      struct value *values) {
    struct foreign_items items;
    uint32_t wrong;
    for (uint32_t i = 0; i < job->params_count; i++)
        values[i] = (struct value){.kind = VALUE_NONE};
    if (!foreign_items(f, json, where, '{', &items))
        return false;
    while (foreign_next(f, where, &items)) {
        uint32_t i = 0;
        if (!find_param(f, job->params, job->params_count, items.key, where, &i))
            return false;
        struct foreign_where at = foreign_at("%s, \"%.*s\"", where, SHOWN(job->params[i].name));
        if (values[i].kind != VALUE_NONE)
            return foreign_refuse(f, at.text, "it comes twice");
        if (!foreign_value(f, items.value, at.text, &values[i]))
            return false;
        if (!param_fit(&job->params[i], &values[i]))
            return foreign_refuse(f, at.text, "%.*s is not one of its values", SHOWN(items.value));
    }
    if (items.bad)
        return false;
    job_complete(job, values);
    if (job_config_valid(job, values, &wrong))
        return true;
    struct foreign_where at = foreign_at("%s, \"%.*s\"", where, SHOWN(job->params[wrong].name));
    return foreign_refuse(f, at.text,
                          values[wrong].kind == VALUE_NONE
                              ? "it is missing, and active in this configuration"
                              : "it is not active in this configuration");
}

static void put_real(struct json_out *out, double real) {
    uint8_t memory[40];
    struct buf text = buf_of(memory, sizeof memory - 2);
    num_print(&text, real);
    if (memchr(memory, '.', text.len) == NULL && memchr(memory, 'e', text.len) == NULL) {
        text.cap = sizeof memory;
        buf_text(&text, ".0");
    }
    json_put_raw(out, buf_view(&text));
}

void config_json_write(const struct job *job, const struct value *values, struct json_out *out) {
    json_open(out, '{');
    for (uint32_t i = 0; i < job->params_count; i++) {
        if (values[i].kind == VALUE_NONE)
            continue;
        json_put_key_span(out, job->params[i].name);
        if (values[i].kind == VALUE_FLOAT)
            put_real(out, values[i].real);
        else
            value_json(out, &values[i]);
    }
    json_close(out, '}');
}
