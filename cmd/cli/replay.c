/* zyg replay: is what was proposed, and recommended in the end, what follows from the facts? */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "actors/tuner/replay.h"
#include "cmd/cli/cli.h"
#include "cmd/cli/details.h"
#include "cmd/cli/job_spec.h"
#include "cmd/cli/out.h"
#include "cmd/cli/pages.h"
#include "cmd/cli/proposals.h"
#include "proto/base/check.h"

const char cli_replay_details[] =
    "JOB               last (default), a name, a handle or the start of an id\n"
    "-o FORMAT         table (default), json\n"
    "\n"
    "Exit status 0 when all proposals are the same, and with 'repeat: auto' what is recommended,\n"
    "else 1. Another version of zyg may propose otherwise: what it proposed, that version\n"
    "derives again.\n";

/* What grows: bytes that stay where they are, and things that point to them by their offset. */
struct pile {
    uint8_t *bytes;
    size_t len, cap;
};

static size_t pile_put(struct pile *p, const void *data, size_t len) {
    size_t at = p->len;
    if (p->cap - p->len < len) {
        p->cap = 2 * p->cap + len + 4096;
        p->bytes = realloc(p->bytes, p->cap);
        ensure(p->bytes != NULL);
    }
    if (len > 0)
        memcpy(p->bytes + at, data, len);
    p->len += len;
    return at;
}

struct proposal {
    struct node_id author;
    uint64_t generation;
    uint64_t asked;
    uint32_t slot;
    uint32_t config_len, known_len;
    size_t at; /* configuration, then what was known */
};

struct result {
    struct chain_news news; /* without what it points to: */
    size_t at, config_len, others_len;
};

struct stand {
    uint32_t slot, rung;
    struct known_stand stand;
};

struct replaying {
    const struct job *job;
    uint64_t described;      /* trials that its description gives it */
    struct proposals *alone; /* of a method that does not learn */
    struct pile text;
    struct pile proposals, results; /* of struct proposal, of struct result by slot */
    struct pile stands;             /* of struct stand by slot */
    struct replay *replay;
    struct chain chain;
    void *memory; /* of the chain */
    uint64_t count, same, unknown;
    uint64_t resumed; /* proposals to go on with what was */
    bool differs;
    uint64_t first; /* slot of the first that is not the same */
    /* Of a job that recommends: what follows from what its trials came to; whether it has been said. */
    bool recommends, as_recommended;
    struct recommended best;
    uint8_t said[2][LIMIT_JOB_SPEC_BYTES]; /* its configuration: derived, in the fact; JSON */
    size_t said_len[2];
};

static void say(struct replaying *r, int which, struct span config) {
    struct value values[LIMIT_PARAMS];
    struct buf out = buf_of(r->said[which], sizeof r->said[which]);
    if (job_config_decode(r->job, config, values, NULL))
        job_config_json(r->job, values, &out);
    r->said_len[which] = out.overflow ? 0 : out.len;
}

static void judge(struct replaying *r, uint64_t slot, enum replay_verdict verdict,
                  struct span derived, struct span config) {
    bool first = r->same == r->count;
    r->count++;
    r->same += verdict == REPLAY_SAME;
    r->unknown += verdict == REPLAY_UNKNOWN;
    if (first && verdict != REPLAY_SAME)
        r->first = slot;
    if (verdict != REPLAY_DIFFERS || r->differs)
        return;
    r->differs = true;
    r->first = slot;
    say(r, 0, derived);
    say(r, 1, config);
}

/* ---- a method that does not learn ---- */

static bool alone_take(void *context, const struct msg *answer) {
    struct replaying *r = context;
    const struct msg_trial_row *row = &answer->trial_row;
    uint8_t memory[LIMIT_JOB_SPEC_BYTES];
    struct buf derived = buf_of(memory, sizeof memory);
    struct value values[LIMIT_PARAMS];
    if (answer->kind != MSG_trial_row || row->config.len == 0)
        return true;
    if (proposals_get(r->alone, row->slot, values))
        config_encode(&derived, values, r->job->params_count);
    judge(r, row->slot, span_equal(buf_view(&derived), row->config) ? REPLAY_SAME : REPLAY_DIFFERS,
          buf_view(&derived), row->config);
    return true;
}

static bool replay_alone(struct replaying *r, struct client *c, const struct subject *s,
                         const struct job_spec *spec, struct err *err) {
    const struct job_file file = {.name = s->handle, .job = spec->job, .spec = spec->bytes};
    struct msg request = {.kind = MSG_list_trials, .list_trials = {.job = s->job, .configs = true}};
    struct pages_reader reader = {.row = alone_take, .context = r};
    r->alone = proposals_new(&file);
    return pages_read(c, &request, &reader, err);
}

/* ---- one that does ---- */

static bool proposal_take(void *context, const struct msg *answer) {
    struct replaying *r = context;
    const struct msg_proposal_row *row = &answer->proposal_row;
    if (answer->kind != MSG_proposal_row || row->slot >= r->job->trials)
        return true;
    struct proposal p = {.author = row->author,
                         .generation = row->generation,
                         .asked = row->asked,
                         .slot = (uint32_t)row->slot,
                         .config_len = (uint32_t)row->config.len,
                         .known_len = (uint32_t)row->known.len};
    p.at = pile_put(&r->text, row->config.data, row->config.len);
    (void)pile_put(&r->text, row->known.data, row->known.len);
    (void)pile_put(&r->proposals, &p, sizeof p);
    return true;
}

static bool result_take(void *context, const struct msg *answer) {
    struct replaying *r = context;
    const struct msg_trial_row *row = &answer->trial_row;
    struct result result = {.config_len = row->config.len, .others_len = row->others.len};
    if (answer->kind != MSG_trial_row || row->slot >= r->job->trials ||
        !trial_status_of(row->status, &result.news.status))
        return true;
    result.news.slot = (uint32_t)row->slot;
    result.news.has_value = row->has_value;
    result.news.value = row->value;
    result.news.run_ms = row->run_ms;
    chain_news_curve(&result.news, row->curve);
    result.at = pile_put(&r->text, row->config.data, row->config.len);
    (void)pile_put(&r->text, row->others.data, row->others.len);
    (void)pile_put(&r->results, &result, sizeof result);
    return true;
}

static struct chain_news result_of(void *context, uint32_t slot) {
    const struct replaying *r = context;
    const struct result *results = (const void *)r->results.bytes;
    size_t low = 0, high = r->results.len / sizeof *results;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (results[middle].news.slot < slot)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == r->results.len / sizeof *results || results[low].news.slot != slot)
        return (struct chain_news){.slot = slot};
    struct chain_news news = results[low].news;
    news.config = span_of(r->text.bytes + results[low].at, results[low].config_len);
    news.others = span_of(news.config.data + news.config.len, results[low].others_len);
    return news;
}

static bool stand_take(void *context, const struct msg *answer) {
    struct replaying *r = context;
    const struct msg_stand_row *row = &answer->stand_row;
    const struct ladder ladder = ladder_of_job(&r->job->rungs);
    struct stand s = {.slot = (uint32_t)row->slot,
                      .stand = {.attempt = (uint32_t)row->attempt, .saved = row->saved}};
    if (answer->kind != MSG_stand_row || row->slot >= r->job->trials ||
        !curve_decode(&s.stand.curve, row->curve))
        return true;
    uint32_t reached = ladder_reached(&ladder, s.stand.curve.step);
    if (reached == 0)
        return true;
    s.rung = reached - 1;
    (void)pile_put(&r->stands, &s, sizeof s);
    return true;
}

static struct known_stand stand_of(void *context, uint32_t slot, uint32_t rung) {
    const struct replaying *r = context;
    const struct stand *stands = (const void *)r->stands.bytes;
    size_t low = 0, count = r->stands.len / sizeof *stands, high = count;
    struct known_stand found = {.attempt = 0};
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (stands[middle].slot < slot)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < count && stands[low].slot == slot; low++) {
        if (stands[low].rung == rung && known_stand_counts(&stands[low].stand, &found))
            found = stands[low].stand;
    }
    return found;
}

static void derive(struct replaying *r) {
    uint32_t capacity = chain_wants(r->job);
    size_t size = chain_bytes(r->job, NULL, capacity);
    const struct proposal *all = (const void *)r->proposals.bytes;
    const struct replay_slots slots = {.slot = result_of, .stand = stand_of, .context = r};
    r->memory = malloc(size);
    r->replay = malloc(sizeof *r->replay);
    ensure(r->memory != NULL && r->replay != NULL);
    struct arena arena = arena_of(r->memory, size);
    struct job described = *r->job;
    described.trials = r->described;
    ensure(chain_init(&r->chain, &described, NULL, capacity, &arena));
    replay_init(r->replay, &r->chain, &slots);
    for (size_t i = 0; i < r->proposals.len / sizeof *all; i++) {
        r->resumed +=
            all[i].asked > 0; /* a slot that a new leader proposes again is none of them */
        const uint8_t *text = r->text.bytes + all[i].at;
        const struct replay_proposal p = {.author = all[i].author,
                                          .generation = all[i].generation,
                                          .slot = all[i].slot,
                                          .asked = all[i].asked,
                                          .config = span_of(text, all[i].config_len),
                                          .known =
                                              span_of(text + all[i].config_len, all[i].known_len)};
        size_t derived;
        enum replay_verdict verdict = replay_next(r->replay, &p, &derived);
        judge(r, p.slot, verdict, span_of(r->replay->config, derived), p.config);
    }
}

/* The same to the last bit: who recommended it had all of what is known now. */
static void derive_best(struct replaying *r, const struct msg_job_row *row) {
    struct recommended *best = &r->best;
    r->recommends = row->recommended;
    r->as_recommended = r->recommends && replay_recommend(r->replay, r->job->trials, best) &&
                        best->slot == row->best_slot && best->runs == row->best_runs &&
                        best->value == row->best_value && best->error == row->best_error &&
                        best->expected == row->best_expected;
}

/* What a proposal knew is in the trials that are read after it. */
static bool replay_learned(struct replaying *r, struct client *c, const struct subject *s,
                           struct err *err) {
    struct msg proposals = {.kind = MSG_list_proposals, .list_proposals = {.job = s->job}};
    struct msg trials = {.kind = MSG_list_trials, .list_trials = {.job = s->job, .configs = true}};
    struct pages_reader reader = {.row = proposal_take, .context = r};
    if (!pages_read(c, &proposals, &reader, err))
        return false;
    reader.row = result_take;
    if (!pages_read(c, &trials, &reader, err))
        return false;
    struct msg stands = {.kind = MSG_list_stands, .list_stands = {.job = s->job}};
    reader.row = stand_take;
    if (job_has_rungs(r->job) && !pages_read(c, &stands, &reader, err))
        return false;
    derive(r);
    derive_best(r, &s->row);
    return true;
}

/* ---- saying it ---- */

static const struct column columns[] = {
    {"id", NULL, COLUMN_TEXT, SHOWN_DATA},
    {"job", "JOB", COLUMN_TEXT, SHOWN_ALWAYS},
    {"proposals", "PROPOSALS", COLUMN_COUNT, SHOWN_ALWAYS},
    {"same", "SAME", COLUMN_COUNT, SHOWN_ALWAYS},
    {"not_derivable", "NOT DERIVABLE", COLUMN_COUNT, SHOWN_ALWAYS},
    {"first", "FIRST", COLUMN_COUNT, SHOWN_ALWAYS},
    {"derived", "DERIVED", COLUMN_JSON, SHOWN_ALWAYS},
    {"proposed", "PROPOSED", COLUMN_JSON, SHOWN_ALWAYS},
    {"resumed", "RESUMED", COLUMN_COUNT, SHOWN_ALWAYS}, /* of the proposals: to go on */
    {"recommended", "RECOMMENDED", COLUMN_TEXT, SHOWN_ALWAYS},
};

static bool data_print(const struct replaying *r, const struct args *args, const struct subject *s,
                       struct err *err) {
    struct out *o =
        out_new_stdout(args->format, true, "replay", columns, sizeof columns / sizeof *columns);
    out_text(o, span_text(s->id));
    out_text(o, span_text(s->handle));
    out_count(o, r->count);
    out_count(o, r->same);
    out_count(o, r->unknown);
    r->same < r->count ? out_count(o, r->first) : out_none(o);
    for (int i = 0; i < 2; i++)
        r->said_len[i] > 0 ? out_json(o, span_of(r->said[i], r->said_len[i])) : out_none(o);
    out_count(o, r->resumed);
    r->recommends ? out_text(o, span_text(r->as_recommended ? "same" : "differs")) : out_none(o);
    out_row(o);
    return out_close(&o, err);
}

static void text_print(const struct replaying *r) {
    printf("%llu of %llu proposals are the same", (unsigned long long)r->same,
           (unsigned long long)r->count);
    if (r->resumed > 0)
        printf("; %llu of them let a trial go on that had paused", (unsigned long long)r->resumed);
    if (r->job->repeat > 1)
        printf("; each was for %u trials", r->job->repeat);
    printf("%s\n", r->as_recommended ? ", and so is what is recommended" : "");
    if (r->differs)
        printf("#%llu differs: from the facts follows %.*s, proposed was %.*s; was it another "
               "version of zyg that proposed it?\n",
               (unsigned long long)r->first, (int)r->said_len[0], (const char *)r->said[0],
               (int)r->said_len[1], (const char *)r->said[1]);
    else if (r->unknown > 0)
        printf("%llu cannot be derived, the first is #%llu: a fact is missing, or a better result "
               "stands by now for a trial it knew\n",
               (unsigned long long)r->unknown, (unsigned long long)r->first);
    if (r->recommends && !r->as_recommended)
        printf(
            "from the trials as they stand follows another recommendation, #%llu, expected to be "
            "worth %.6g: a result came later, or who recommended had forgotten some\n",
            (unsigned long long)r->best.slot, r->best.expected);
}

static bool job_replay(struct client *c, const struct args *args, const struct subject *s,
                       bool *same, struct err *err) {
    struct job_spec *spec = subject_is_job(s, err) ? job_spec_read(c, s, err) : NULL;
    if (spec == NULL)
        return false;
    struct replaying *r = calloc(1, sizeof *r);
    ensure(r != NULL);
    r->job = &spec->job;
    r->described = spec->described;
    bool ok = job_learns(r->job) ? replay_learned(r, c, s, err) : replay_alone(r, c, s, spec, err);
    if (ok && args->format == FORMAT_TABLE)
        text_print(r);
    else if (ok)
        ok = data_print(r, args, s, err);
    *same = r->same == r->count && r->as_recommended == r->recommends;
    proposals_destroy(&r->alone);
    free(r->text.bytes);
    free(r->proposals.bytes);
    free(r->results.bytes);
    free(r->stands.bytes);
    free(r->replay);
    free(r->memory);
    free(r);
    job_spec_free(&spec);
    return ok;
}

int cli_replay(int argc, char **argv) {
    const struct args_rules rules = {
        .formats = FORMAT_BIT(FORMAT_TABLE) | FORMAT_BIT(FORMAT_JSON), .most = 1, .operand = "JOB"};
    struct args args;
    int status;
    if (!cli_args(&args, argc, argv, &rules, &status))
        return status;
    struct err err = {0};
    struct subject subject;
    bool same = false;
    struct client *c = look_open(&args, &subject, &err);
    bool ok = c != NULL && job_replay(c, &args, &subject, &same, &err);
    status = look_end(&c, ok, &err);
    return status == 0 && !same ? 1 : status;
}
