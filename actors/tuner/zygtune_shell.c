/* The search as a library: the ask-tell protocol's parts with calls in place of lines. */
#include "actors/tuner/zygtune.h"

#include "actors/tuner/talk/space_json.h"
#include "actors/tuner/talk/talk.h"
#include "proto/base/num.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TRIALS_BEYOND = 65536, LINE_BYTES = 1024, SPACE_BYTES = 4096 };

#define WHOLE_MOST 9007199254740992 /* 2^53: doubles tell whole numbers apart until there */

struct zygtune {
    struct talk talk;
    struct zygtune_setup setup;
    struct buf space;                  /* its parameters as JSON, with commas between them */
    struct value values[LIMIT_PARAMS]; /* of the trial that was last started */
    char text[SPACE_TEXT_MAX + 1];
    struct buf params;
    struct buf reply; /* of the protocol; TALK_REPLY_BYTES and its end */
};

static void *take_heap(void *context, size_t bytes) {
    (void)context;
    return malloc(bytes);
}

static void give_heap(void *context, void *memory, size_t bytes) {
    (void)context;
    (void)bytes;
    free(memory);
}

static void *take(struct zygtune *z, size_t bytes) {
    return z->talk.setup.take(z->talk.setup.context, bytes);
}

static void give(struct zygtune *z, void *memory, size_t bytes) {
    if (memory != NULL)
        z->talk.setup.give(z->talk.setup.context, memory, bytes);
}

static bool refuse(struct zygtune *z, const char *where, const char *what) {
    z->talk.foreign.fault[0] = '\0';
    return foreign_refuse(&z->talk.foreign, where, "%s", what);
}

const char *zygtune_error(const struct zygtune *z) {
    return z->talk.foreign.fault;
}

/* ---- beginning and end ---- */

static bool read_names(const struct zygtune_setup *setup, struct talk_setup *talk, char *error) {
    struct foreign f = {.fault = ""};
    bool ok = (setup->method == NULL ||
               talk_method_named(&f, span_text(setup->method), "setup, method", &talk->method)) &&
              (setup->scheduler == NULL || talk_policy_named(&f, span_text(setup->scheduler),
                                                             "setup, scheduler", &talk->policy));
    if (!ok && error != NULL)
        snprintf(error, ZYGTUNE_ERROR_BYTES, "%.*s", ZYGTUNE_ERROR_BYTES - 1, f.fault);
    return ok;
}

struct zygtune *zygtune_new(const struct zygtune_setup *setup, char *error) {
    bool heap = setup->take == NULL || setup->give == NULL;
    struct talk_setup talk = {.take = heap ? take_heap : setup->take,
                              .give = heap ? give_heap : setup->give,
                              .context = setup->context,
                              .method = METHOD_AUTO,
                              .beyond = TRIALS_BEYOND};
    if (!read_names(setup, &talk, error))
        return NULL;
    struct zygtune *z = talk.take(talk.context, sizeof *z);
    if (z == NULL) {
        if (error != NULL)
            snprintf(error, ZYGTUNE_ERROR_BYTES, "setup: there is no memory left");
        return NULL;
    }
    memset(z, 0, sizeof *z);
    z->setup = *setup;
    z->setup.method = z->setup.scheduler = NULL; /* the caller's, and read */
    talk_init(&z->talk, &talk);
    return z;
}

void zygtune_destroy(struct zygtune **z) {
    struct zygtune *gone = *z;
    *z = NULL;
    if (gone == NULL)
        return;
    talk_release(&gone->talk);
    give(gone, gone->space.data, gone->space.cap);
    give(gone, gone->params.data, gone->params.cap);
    give(gone, gone->reply.data, gone->reply.cap);
    give(gone, gone, sizeof *gone);
}

/* ---- the space ---- */

/* Room for so many more bytes. */
static bool space_reserve(struct zygtune *z, size_t more) {
    size_t cap = z->space.cap > 0 ? z->space.cap : SPACE_BYTES;
    while (cap - z->space.len < more)
        cap *= 2;
    if (cap == z->space.cap)
        return true;
    struct buf larger = buf_of(take(z, cap), cap);
    if (larger.data == NULL)
        return refuse(z, "space", "there is no memory left");
    buf_span(&larger, buf_view(&z->space));
    give(z, z->space.data, z->space.cap);
    z->space = larger;
    return true;
}

static bool space_open(struct zygtune *z, size_t bytes) {
    if (z->talk.study != NULL)
        return refuse(z, "space", "parameters come before the first ask");
    if (bytes > TALK_LINE_BYTES / 2 || z->space.len > TALK_LINE_BYTES / 2)
        return refuse(z, "space", "too long a text");
    if (!space_reserve(z, bytes + 1))
        return false;
    if (z->space.len > 0)
        buf_byte(&z->space, ',');
    return true;
}

bool zygtune_json(struct zygtune *z, const char *json) {
    struct span text = span_text(json);
    if (!space_open(z, text.len))
        return false;
    buf_span(&z->space, text);
    return true;
}

/* {"name":NAME,"type":TYPE; the rest is the caller's. */
static struct json_out param_open(struct zygtune *z, const char *name, const char *type) {
    struct json_out out = json_out_of(&z->space);
    json_open(&out, '{');
    json_put_key(&out, "name");
    json_put_string(&out, span_text(name));
    json_put_key(&out, "type");
    json_put_string(&out, span_text(type));
    return out;
}

static bool put_range(struct zygtune *z, const char *name, const char *type, double low,
                      double high, enum zygtune_scale scale) {
    if (!isfinite(low) || !isfinite(high))
        return refuse(z, "space", "a range has two finite ends");
    if (!space_open(z, 6 * strlen(name) + LINE_BYTES))
        return false;
    struct json_out out = param_open(z, name, type);
    json_put_key(&out, "low");
    json_put_number(&out, low);
    json_put_key(&out, "high");
    json_put_number(&out, high);
    json_put_key(&out, "log");
    json_put_bool(&out, scale == ZYGTUNE_LOG);
    json_close(&out, '}');
    return true;
}

bool zygtune_float(struct zygtune *z, const char *name, double low, double high,
                   enum zygtune_scale scale) {
    return put_range(z, name, "float", low, high, scale);
}

bool zygtune_int(struct zygtune *z, const char *name, int64_t low, int64_t high,
                 enum zygtune_scale scale) {
    if (low < -WHOLE_MOST || high > WHOLE_MOST)
        return refuse(z, "space", "whole numbers go from -2^53 to 2^53");
    return put_range(z, name, "int", (double)low, (double)high, scale);
}

static bool put_choices(struct zygtune *z, const char *name, const char *const *choices,
                        size_t count, bool ordered) {
    size_t bytes = 6 * strlen(name) + LINE_BYTES;
    for (size_t i = 0; i < count; i++)
        bytes += 6 * strlen(choices[i]) + 3;
    if (!space_open(z, bytes))
        return false;
    struct json_out out = param_open(z, name, "cat");
    json_put_key(&out, "choices");
    json_open(&out, '[');
    for (size_t i = 0; i < count; i++)
        json_put_string(&out, span_text(choices[i]));
    json_close(&out, ']');
    json_put_key(&out, "ordered");
    json_put_bool(&out, ordered);
    json_close(&out, '}');
    return true;
}

bool zygtune_choice(struct zygtune *z, const char *name, const char *const *choices, size_t count) {
    return put_choices(z, name, choices, count, false);
}

bool zygtune_ordered(struct zygtune *z, const char *name, const char *const *choices,
                     size_t count) {
    return put_choices(z, name, choices, count, true);
}

/* ---- the search ---- */

static void put_init(const struct zygtune *z, struct buf *line) {
    const struct zygtune_setup *setup = &z->setup;
    struct json_out out = json_out_of(line);
    json_open(&out, '{');
    json_put_key(&out, "op");
    json_put_string(&out, span_text("init"));
    json_put_key(&out, "seed");
    json_put_i64(&out, (int64_t)setup->seed);
    json_put_key(&out, "budget");
    setup->budget > 0 ? json_put_u64(&out, setup->budget) : json_put_null(&out);
    json_put_key(&out, "workers");
    setup->workers > 0 ? json_put_u64(&out, setup->workers) : json_put_null(&out);
    json_put_key(&out, "steps");
    json_put_u64(&out, setup->steps > 0 ? setup->steps : 1);
    json_put_key(&out, "from");
    json_put_bool(&out, setup->copies);
    if (setup->noisy) {
        json_put_key(&out, "repeat");
        json_put_string(&out, span_text("auto"));
    }
    json_put_key(&out, "objectives");
    json_open(&out, '[');
    for (uint32_t i = 0; i == 0 || (i < setup->objectives && i <= OBJECTIVES_MOST); i++)
        json_put_string(&out, span_text(i < 32 && (setup->maximize >> i & 1) ? "max" : "min"));
    json_close(&out, ']');
    json_put_key(&out, "space");
    json_open(&out, '[');
    if (z->space.len > 0)
        json_put_raw(&out, buf_view(&z->space));
    json_close(&out, ']');
    json_close(&out, '}');
}

/* The study is made when it is first wanted. */
static bool begin(struct zygtune *z) {
    if (z->talk.study != NULL)
        return true;
    uint8_t answer[LINE_BYTES * 4];
    struct buf reply = buf_of(answer, sizeof answer);
    size_t size = z->space.len + LINE_BYTES;
    struct buf line = buf_of(take(z, size), size);
    if (z->params.data == NULL)
        z->params = buf_of(take(z, SPACE_JSON_MAX), SPACE_JSON_MAX);
    bool ok = line.data != NULL && z->params.data != NULL;
    if (ok) {
        put_init(z, &line);
        talk_line(&z->talk, buf_view(&line), &reply);
    } else {
        refuse(z, "ask", "there is no memory left");
    }
    give(z, line.data, size);
    return ok && z->talk.study != NULL;
}

bool zygtune_ask(struct zygtune *z, struct zygtune_trial *trial) {
    struct study_proposal p;
    if (!begin(z))
        return false;
    study_ask(z->talk.study, &p);
    *trial = (struct zygtune_trial){.answer = ZYGTUNE_WAIT, .id = ZYGTUNE_NO_TRIAL};
    trial->from = ZYGTUNE_NO_TRIAL;
    if (p.answer == STUDY_START) {
        *trial = (struct zygtune_trial){.answer = ZYGTUNE_START, .id = p.trial, .from = p.parent};
        memcpy(z->values, p.values, z->talk.job.params_count * sizeof *p.values);
    } else if (p.answer == STUDY_RESUME) {
        trial->answer = ZYGTUNE_RESUME;
        trial->id = p.trial;
    }
    return true;
}

static const struct value *value_named(const struct zygtune *z, const char *name) {
    const struct job *job = &z->talk.job;
    for (uint32_t i = 0; i < job->params_count; i++) {
        if (span_is(job->params[i].name, name) && z->values[i].kind != VALUE_NONE)
            return &z->values[i];
    }
    return NULL;
}

bool zygtune_has(const struct zygtune *z, const char *name) {
    return value_named(z, name) != NULL;
}

double zygtune_number(const struct zygtune *z, const char *name) {
    const struct value *v = value_named(z, name);
    return v != NULL && value_is_number(v) ? value_number(v) : NAN;
}

const char *zygtune_text(struct zygtune *z, const char *name) {
    const struct value *v = value_named(z, name);
    struct buf text = buf_of(z->text, sizeof z->text);
    if (v == NULL)
        return NULL;
    value_print(&text, v);
    buf_zero(&text);
    return z->text;
}

const char *zygtune_params(struct zygtune *z) {
    if (z->params.data == NULL)
        return "{}";
    struct json_out out = json_out_of(&z->params);
    buf_clear(&z->params);
    config_json_write(&z->talk.job, z->values, &out);
    buf_zero(&z->params);
    return (const char *)z->params.data;
}

bool zygtune_report(struct zygtune *z, uint32_t id, uint32_t step, double value,
                    enum zygtune_action *action) {
    enum study_verdict verdict;
    if (z->talk.study == NULL || !study_report(z->talk.study, id, step, value, &verdict))
        return refuse(z, "report",
                      "the trial is not at work, has no such step, or the value is not finite");
    *action = verdict == STUDY_STOP    ? ZYGTUNE_STOP
              : verdict == STUDY_PAUSE ? ZYGTUNE_PAUSE
                                       : ZYGTUNE_CONTINUE;
    return true;
}

static struct study_result result_of(enum zygtune_end end, const double *values, double seconds) {
    return (struct study_result){
        .state = end == ZYGTUNE_OK        ? ENDED_WELL
                 : end == ZYGTUNE_STOPPED ? ENDED_SOON
                                          : ENDED_BADLY,
        .values = end == ZYGTUNE_FAILED ? NULL : values,
        .seconds = seconds > 0 && isfinite(seconds) ? seconds : 0,
    };
}

bool zygtune_tell(struct zygtune *z, uint32_t id, enum zygtune_end end, const double *values,
                  double seconds) {
    struct study_result result = result_of(end, values, seconds);
    return (z->talk.study != NULL && study_tell(z->talk.study, id, &result)) ||
           refuse(z, "tell", "the trial is not at work, or a value is not finite");
}

bool zygtune_load(struct zygtune *z, const char *params, enum zygtune_end end, const double *values,
                  double seconds) {
    struct value config[LIMIT_PARAMS];
    struct study_result result = result_of(end, values, seconds);
    if (!begin(z))
        return false;
    z->talk.foreign.fault[0] = '\0';
    return config_json_read(&z->talk.foreign, span_text(params), "load", &z->talk.job, config) &&
           (study_load(z->talk.study, config, &result) ||
            refuse(z, "load", "a value is not finite, or no more trials can be remembered"));
}

void zygtune_prepare(struct zygtune *z) {
    talk_prepare(&z->talk);
}

uint32_t zygtune_best(const struct zygtune *z, double *value) {
    struct study_best best;
    if (z->talk.study == NULL || !study_best(z->talk.study, &best))
        return ZYGTUNE_NO_TRIAL;
    *value = best.value;
    return best.trial;
}

const char *zygtune_line(struct zygtune *z, const char *line) {
    const size_t room = TALK_REPLY_BYTES + 1;
    if (z->reply.data == NULL)
        z->reply = buf_of(take(z, room), room);
    if (z->reply.data == NULL) {
        refuse(z, "line", "there is no memory left");
        return NULL;
    }
    const struct span said = span_text(line);
    struct buf reply = buf_of(z->reply.data, TALK_REPLY_BYTES);
    z->talk.foreign.fault[0] = '\0';
    if (said.len > TALK_LINE_BYTES)
        talk_refuse_long(&z->talk, &reply);
    else
        talk_line(&z->talk, said, &reply);
    reply.data[reply.len > 0 ? reply.len - 1 : 0] = '\0'; /* in place of the line feed */
    return (const char *)reply.data;
}

const char *zygtune_importance(struct zygtune *z) {
    static const char before[] = "{\"importance\":";
    const char *reply = begin(z) ? zygtune_line(z, "{\"op\":\"importance\"}") : NULL;
    if (reply == NULL || z->talk.foreign.fault[0] != '\0')
        return NULL;
    z->reply.data[strlen(reply) - 1] = '\0'; /* what closes the reply */
    return reply + (sizeof before - 1);
}
