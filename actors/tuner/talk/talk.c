#include "actors/tuner/talk/talk.h"

#include "actors/tuner/talk/space_json.h"
#include "actors/tuner/talk/talk_parts.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

static_assert(SPACE_JSON_MAX + 64 <= TALK_REPLY_BYTES, "every configuration is a reply");

static const char *const ops[] = {"init",   "ask",        "report", "tell", "load",
                                  "extend", "importance", "best",   "quit"};
enum {
    OP_INIT,
    OP_ASK,
    OP_REPORT,
    OP_TELL,
    OP_LOAD,
    OP_EXTEND,
    OP_IMPORTANCE,
    OP_BEST,
    OP_QUIT,
    OPS
};

void talk_init(struct talk *t, const struct talk_setup *setup) {
    memset(t, 0, sizeof *t);
    t->setup = *setup;
}

/* ---- ask and tell ---- */

static bool has_study(struct talk *t, const char *op) {
    return t->study != NULL ||
           foreign_refuse(&t->foreign, op, "there is no study, expected an init");
}

/* No more than its op. */
static bool is_bare(struct talk *t, struct span line, const char *op) {
    static const char *const keys[] = {"op"};
    struct span given[1];
    return foreign_object(&t->foreign, line, op, keys, 1, given);
}

static void put_over(const struct talk *t, enum study_end end, struct json_out *out) {
    char text[96];
    struct buf why = buf_of(text, sizeof text);
    if (t->reached) {
        buf_text(&why, "target reached");
    } else if (end == STUDY_NO_BETTER) {
        job_stalled_print(&t->job, t->job.patience, &why);
    } else {
        buf_text(&why, end == STUDY_NO_HOPE   ? JOB_HOPELESS
                       : end == STUDY_USED_UP ? "no configuration is left"
                                              : "no room for more trials");
    }
    json_put_key(out, "over");
    json_put_string(out, buf_view(&why));
}

/* While trials run what they come to may bring more, where a search is only at the end of its means. */
static bool is_over(const struct talk *t, const struct study_proposal *p) {
    const bool spent = p->why == STUDY_SPENT || p->why == STUDY_USED_UP;
    return t->reached ||
           (p->answer == STUDY_OVER && (!spent || study_trials(t->study)->active_count == 0));
}

static bool answer_ask(struct talk *t, struct span line, struct json_out *out) {
    struct study_proposal p;
    if (!has_study(t, "ask") || !is_bare(t, line, "ask"))
        return false;
    if (t->reached)
        p = (struct study_proposal){.answer = STUDY_OVER};
    else
        study_ask(t->study, &p);
    json_open(out, '{');
    if (p.answer == STUDY_START || p.answer == STUDY_RESUME) {
        json_put_key(out, "id");
        json_put_u64(out, (uint64_t)p.trial * t->job.repeat + p.run);
    }
    if (p.answer == STUDY_START) {
        json_put_key(out, "params");
        config_json_write(&t->job, p.values, out);
        if (p.parent != STUDY_NO_PARENT) {
            json_put_key(out, "from");
            json_put_u64(out, p.parent);
        }
        if (t->explains) {
            json_put_key(out, "by");
            json_put_string(out, span_text(p.by));
        }
    } else {
        json_put_key(out, p.answer == STUDY_RESUME ? "resume" : "wait");
        json_put_bool(out, true);
    }
    if (is_over(t, &p))
        put_over(t, p.why, out);
    json_close(out, '}');
    return true;
}

/* The trial, and which of its runs. */
static bool read_id(struct talk *t, struct span json, const char *op, uint32_t *trial,
                    uint32_t *run) {
    const struct trials *trials = study_trials(t->study);
    struct foreign_where where = foreign_at("%s, \"id\"", op);
    int64_t number;
    if (json.len == 0)
        return foreign_refuse(&t->foreign, op, "there is no \"id\"");
    if (!foreign_whole(&t->foreign, json, where.text, 0, INT64_MAX, &number))
        return false;
    if (number >= (int64_t)trials->count * t->job.repeat)
        return foreign_refuse(&t->foreign, where.text, "there is no trial %lld", (long long)number);
    *trial = (uint32_t)(number / t->job.repeat);
    *run = (uint32_t)(number % t->job.repeat);
    return study_awaits(t->study, *trial, *run) ||
           foreign_refuse(&t->foreign, where.text, "trial %lld is over already", (long long)number);
}

static bool answer_report(struct talk *t, struct span line, struct json_out *out) {
    static const char *const keys[] = {"op", "id", "step", "value", "metrics"};
    static const char *const actions[] = {"continue", "stop", "pause"};
    struct span given[5];
    enum study_verdict verdict;
    uint32_t id, run;
    int64_t step;
    double value, breach = -1;
    if (!has_study(t, "report") || !foreign_object(&t->foreign, line, "report", keys, 5, given) ||
        !read_id(t, given[1], "report", &id, &run))
        return false;
    if (given[2].len == 0 || given[3].len == 0)
        return foreign_refuse(&t->foreign, "report", "expected \"id\", \"step\" and \"value\"");
    if (t->steps == 1)
        return foreign_refuse(
            &t->foreign, "report",
            "this search has no learning curves: init did not say their \"steps\"");
    if (!foreign_whole(&t->foreign, given[2], "report, \"step\"", 1, t->steps, &step) ||
        !foreign_number(&t->foreign, given[3], "report, \"value\"", &value) ||
        !talk_breach_read(t, given[4], "report", value, &breach))
        return false;
    if (breach >= 0)
        (void)study_break(t->study, id, breach); /* who cannot report is told so below */
    if (!study_report(t->study, id, (uint32_t)step, value, &verdict))
        return foreign_refuse(&t->foreign, "report, \"id\"",
                              "trial %u is paused until an ask resumes it", id);
    json_open(out, '{');
    json_put_key(out, "action");
    json_put_string(out, span_text(actions[verdict]));
    json_close(out, '}');
    return true;
}

static bool answer_tell(struct talk *t, struct span line, struct json_out *out) {
    static const char *const keys[] = {OUTCOME_KEYS_NAMED, "op", "id", "step"};
    enum { ID = OUTCOME_KEYS + 1, STEP, KEYS };
    struct span given[KEYS];
    struct talk_outcome o;
    uint32_t id, run;
    int64_t step = 1;
    if (!has_study(t, "tell") || !foreign_object(&t->foreign, line, "tell", keys, KEYS, given) ||
        !read_id(t, given[ID], "tell", &id, &run))
        return false;
    if (given[OUTCOME_STATE].len == 0)
        return foreign_refuse(&t->foreign, "tell",
                              "there is no \"state\", expected ok, stopped or failed");
    if (!talk_optional(t, given[STEP], "tell, \"step\"", 0, t->steps, &step) ||
        !talk_outcome_read(t, given, "tell", &o))
        return false;
    if (t->job.cost_aware && o.result.state == ENDED_WELL && given[OUTCOME_SECONDS].len == 0)
        return foreign_refuse(&t->foreign, "tell",
                              "there is no \"seconds\":NUMBER, which \"cost_aware\" looks at");
    o.result.run = run;
    if (!study_tell(t->study, id, &o.result))
        return foreign_refuse(&t->foreign, "tell", "trial %u cannot end like this", id);
    t->reached = t->reached || talk_reaches(t, id);
    json_open(out, '{');
    json_close(out, '}');
    return true;
}

/* ---- load ---- */

static bool load_trial(struct talk *t, struct span json, uint32_t place, bool check_only) {
    static const char *const keys[] = {OUTCOME_KEYS_NAMED, "params"};
    enum { PARAMS = OUTCOME_KEYS, KEYS };
    struct foreign_where where = foreign_at("load, trials[%u]", place);
    struct value values[LIMIT_PARAMS];
    struct span given[KEYS];
    struct talk_outcome o;
    if (!foreign_object(&t->foreign, json, where.text, keys, KEYS, given))
        return false;
    if (given[PARAMS].len == 0)
        return foreign_refuse(&t->foreign, where.text, "there is no \"params\":{...}");
    if (given[OUTCOME_STATE].len == 0 && foreign_is_null(given[OUTCOME_VALUE]))
        given[OUTCOME_STATE] = span_text("\"failed\"");
    if (!config_json_read(&t->foreign, given[PARAMS], where.text, &t->job, values) ||
        !talk_outcome_read(t, given, where.text, &o))
        return false;
    if (check_only)
        return true;
    if (!study_load(t->study, values, &o.result))
        return foreign_refuse(&t->foreign, where.text, "no more trials can be remembered");
    t->reached = t->reached || talk_reaches(t, study_trials(t->study)->count - 1);
    return true;
}

/* All of them are looked at before the first is taken: what is refused changes nothing. */
static bool answer_load(struct talk *t, struct span line, struct json_out *out) {
    static const char *const keys[] = {"op", "trials"};
    struct span given[2];
    struct foreign_items items;
    if (!has_study(t, "load") || !foreign_object(&t->foreign, line, "load", keys, 2, given))
        return false;
    if (given[1].len == 0)
        return foreign_refuse(&t->foreign, "load", "there is no \"trials\":[...]");
    for (int pass = 0; pass < 2; pass++) {
        if (!foreign_items(&t->foreign, given[1], "load, \"trials\"", '[', &items))
            return false;
        while (foreign_next(&t->foreign, "load, \"trials\"", &items)) {
            if (!load_trial(t, items.value, items.count - 1, pass == 0))
                return false;
        }
        if (items.bad)
            return false;
        const struct trials *trials = study_trials(t->study);
        if (pass == 0 && items.count > trials->capacity - trials->count)
            return foreign_refuse(&t->foreign, "load",
                                  "%u trials, but only %u more can be remembered", items.count,
                                  trials->capacity - trials->count);
    }
    json_open(out, '{');
    json_close(out, '}');
    return true;
}

/* ---- extend ---- */

static bool answer_extend(struct talk *t, struct span line, struct json_out *out) {
    static const char *const keys[] = {"op", "budget"};
    static const char where[] = "extend, \"budget\"";
    struct span given[2];
    int64_t budget;
    if (!has_study(t, "extend") || !foreign_object(&t->foreign, line, "extend", keys, 2, given))
        return false;
    if (given[1].len == 0)
        return foreign_refuse(
            &t->foreign, "extend",
            "there is no \"budget\":NUMBER, how many trials there will be in all");
    /* What is remembered was set aside at init. */
    const uint64_t room = (uint64_t)study_trials(t->study)->capacity * t->job.repeat;
    const int64_t most = room < LIMIT_SLOTS_JOB ? (int64_t)room : LIMIT_SLOTS_JOB;
    const int64_t least = (int64_t)t->job.trials + 1;
    if (least > most)
        return foreign_refuse(&t->foreign, "extend", "no more trials can be remembered");
    if (!foreign_whole(&t->foreign, given[1], where, least, most, &budget))
        return false;
    t->job.trials = (uint64_t)budget;
    study_extend(t->study);
    json_open(out, '{');
    json_close(out, '}');
    return true;
}

/* ---- best ---- */

static bool answer_best(struct talk *t, struct span line, struct json_out *out) {
    struct study_best best;
    if (!has_study(t, "best") || !is_bare(t, line, "best"))
        return false;
    if (t->objectives > 1)
        return foreign_refuse(&t->foreign, "best",
                              "it goes with one objective: of several there is no best");
    json_open(out, '{');
    if (study_best(t->study, &best)) {
        json_put_key(out, "id");
        json_put_u64(out, (uint64_t)best.trial * t->job.repeat);
        json_put_key(out, "value");
        json_put_number(out, best.value);
        json_put_key(out, "runs");
        json_put_u64(out, best.runs);
        json_put_key(out, "expected");
        json_put_number(out, best.expected);
    }
    json_close(out, '}');
    return true;
}

/* ---- the line ---- */

static bool read_op(struct talk *t, struct span line, size_t *op) {
    struct foreign_items items;
    if (!foreign_items(&t->foreign, line, "request", '{', &items))
        return false;
    while (foreign_next(&t->foreign, "request", &items)) {
        if (span_is(items.key, "op"))
            return foreign_word(&t->foreign, items.value, "request, \"op\"", ops, OPS, op);
    }
    return foreign_refuse(&t->foreign, "request",
                          "there is no \"op\", expected init, ask, report, tell, load, extend, "
                          "importance, best or quit");
}

/* False: it is as was asked for. */
static bool note_begun(const struct talk *t, char *text, size_t size) {
    const char *method = job_method_name(t->job.method);
    if (t->wanted != t->job.method)
        snprintf(text, size, "memory is short: %s proposes in place of %s%s%s", method,
                 job_method_name(t->wanted),
                 t->hopes_on ? ", and \"patience\":\"auto\" does not hold" : "",
                 t->trusts ? ", and \"repeat\":\"auto\" does not hold" : "");
    else if (t->objectives > 1 && !job_method_weighs_all(t->job.method))
        snprintf(text, size,
                 "%s looks at the first objective alone; auto, pareto and nsga2 look at all %u",
                 method, t->objectives);
    else
        return false;
    return true;
}

static void put_begun(const struct talk *t, struct json_out *out) {
    char text[160];
    json_open(out, '{');
    if (note_begun(t, text, sizeof text)) {
        json_put_key(out, "note");
        json_put_string(out, span_text(text));
    }
    json_close(out, '}');
}

static bool answer(struct talk *t, struct span line, struct json_out *out) {
    size_t op;
    if (!read_op(t, line, &op))
        return false;
    switch (op) {
    case OP_INIT:
        if (!talk_begin(t, line))
            return false;
        put_begun(t, out);
        return true;
    case OP_ASK: return answer_ask(t, line, out);
    case OP_REPORT: return answer_report(t, line, out);
    case OP_TELL: return answer_tell(t, line, out);
    case OP_LOAD: return answer_load(t, line, out);
    case OP_EXTEND: return answer_extend(t, line, out);
    case OP_BEST: return answer_best(t, line, out);
    case OP_IMPORTANCE:
        return has_study(t, "importance") && is_bare(t, line, "importance") &&
               talk_importance(t, out);
    default: t->over = is_bare(t, line, "quit"); return t->over;
    }
}

static void put_fault(struct talk *t, struct buf *out) {
    struct json_out json = json_out_of(out);
    json_open(&json, '{');
    json_put_key(&json, "error");
    json_put_string(&json, span_text(t->foreign.fault));
    json_close(&json, '}');
    buf_byte(out, '\n');
}

void talk_line(struct talk *t, struct span line, struct buf *out) {
    struct json_out json = json_out_of(out);
    t->foreign.fault[0] = '\0';
    if (!answer(t, line, &json)) {
        buf_clear(out);
        put_fault(t, out);
    } else if (!t->over) {
        buf_byte(out, '\n');
    }
}

void talk_refuse_long(struct talk *t, struct buf *out) {
    t->foreign.fault[0] = '\0';
    foreign_refuse(&t->foreign, "request", "a line of more than %d bytes, expected shorter ones",
                   TALK_LINE_BYTES);
    put_fault(t, out);
}

void talk_prepare(struct talk *t) {
    if (t->study != NULL)
        study_prepare(t->study);
}
