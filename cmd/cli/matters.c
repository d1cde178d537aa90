#include "cmd/cli/matters.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "actors/tuner/model/rows.h"
#include "cmd/cli/measures.h"
#include "cmd/cli/pages.h"
#include "proto/base/check.h"
#include "proto/base/json.h"
#include "proto/job/measure.h"

enum {
    READ_MOST = 1000, /* of a job with more trials only the best and the newest are read */
    BAR = 20,
    SHOWN_PARAMS = 10,
    SHOWN_PAIRS = 5,
};

#define SHOWN_SHARE 0.01 /* of a parameter */
#define SHOWN_PAIR 0.03

/* ---- reading trials ---- */

struct reading {
    const struct job *job;
    struct space space;
    struct trials trials;
    uint64_t slots[READ_MOST]; /* of the trials, by place */
    /* Of a job with `repeat`: the configuration whose runs are being read, which are one trial. */
    struct {
        uint64_t first;
        uint32_t count; /* of runs */
        double sums[OBJECTIVES_MOST], breach;
        bool badly;
    } runs;
    void *memory;
};

static bool has_slot(const struct reading *r, uint64_t slot) {
    for (uint32_t place = 0; place < r->trials.count; place++)
        if (r->slots[place] == slot)
            return true;
    return false;
}

/* Values inside are minimised. False: nothing is to be learned from it. */
static bool outcome_of(const struct reading *r, const struct msg_trial_row *row, double *values,
                       enum trial_state *state, double *breach) {
    struct measure m = {.breach = 0};
    enum trial_status status;
    if (!trial_status_of(row->status, &status))
        return false;
    *state = ENDED_BADLY;
    *breach = 0;
    if (trial_status_blames(status))
        return true;
    if (status == TRIAL_OPEN || !measures_of(&m, r->job, row))
        return false;
    *state = status == TRIAL_DONE ? ENDED_WELL : ENDED_SOON;
    *breach = m.breach;
    for (uint32_t i = 0; i < r->job->objectives_count; i++)
        values[i] = goal_inward(r->job->objectives[i].goal, m.values[i]);
    return true;
}

/* One more run of a configuration; runs come by slot. True when it was the last: its mean is what the configuration is
 * worth, when all of them ended well (actors/tuner/runs.h). */
static bool run_take(struct reading *r, uint64_t slot, double *values, double *breach,
                     enum trial_state *state) {
    const uint32_t repeat = job_runs_each(r->job);
    const uint64_t first = slot / repeat * repeat;
    if (r->runs.count == 0 || r->runs.first != first) {
        memset(&r->runs, 0, sizeof r->runs);
        r->runs.first = first;
    }
    r->runs.badly = r->runs.badly || *state == ENDED_BADLY;
    r->runs.breach += *breach;
    for (uint32_t i = 0; i < r->job->objectives_count && !r->runs.badly; i++)
        r->runs.sums[i] += values[i];
    if (++r->runs.count < repeat)
        return false;
    *breach = r->runs.badly ? 0 : r->runs.breach / repeat;
    for (uint32_t i = 0; i < r->job->objectives_count; i++)
        values[i] = r->runs.sums[i] / repeat;
    *state = r->runs.badly ? ENDED_BADLY : ENDED_WELL;
    return true;
}

/* means: the row has its configuration's, else what its own run came to. */
static bool row_take(struct reading *r, const struct msg *answer, bool means) {
    const struct msg_trial_row *row = &answer->trial_row;
    struct value config[LIMIT_PARAMS];
    double values[OBJECTIVES_MOST], breach;
    enum trial_state state;
    uint64_t slot = row->slot - row->slot % job_runs_each(r->job);
    if (answer->kind != MSG_trial_row)
        return true;
    if (!outcome_of(r, row, values, &state, &breach) ||
        !job_config_read(r->job, row->config, config))
        return true;
    if (!means && job_runs_each(r->job) > 1 && !run_take(r, row->slot, values, &breach, &state))
        return true;
    if (has_slot(r, slot))
        return true;
    uint32_t place = trials_add(&r->trials, config);
    r->slots[place] = slot;
    trials_end(&r->trials, place, state, state == ENDED_BADLY ? NULL : values, breach, 0);
    return r->trials.count < r->trials.capacity;
}

static bool any_take(void *context, const struct msg *answer) {
    return row_take(context, answer, false);
}

/* The best first: no more of them than are learned from. */
static bool best_take(void *context, const struct msg *answer) {
    struct reading *r = context;
    return row_take(r, answer, true) && r->trials.count < ROWS_MOST / 2;
}

static bool reading_fill(struct reading *r, struct client *c, const struct subject *s,
                         struct err *err) {
    uint64_t finished = job_row_finished(&s->row);
    uint8_t before[TRIAL_CURSOR_BYTES];
    struct msg request = {.kind = MSG_list_trials, .list_trials = {.job = s->job, .configs = true}};
    struct pages_reader reader = {.row = any_take, .context = r};
    if (finished <= READ_MOST)
        return pages_read(c, &request, &reader, err);
    reader.row = best_take;
    request.list_trials.best_first = true;
    if (!pages_read(c, &request, &reader, err))
        return false;
    reader.row = any_take;
    request.list_trials.best_first = false;
    request.list_trials.after = trial_cursor(s, finished - ROWS_MOST, before);
    return pages_read(c, &request, &reader, err);
}

static struct reading *reading_new(const struct job *job) {
    struct reading *r = calloc(1, sizeof *r);
    ensure(r != NULL);
    r->job = job;
    space_of(&r->space, job);
    size_t size = trials_bytes(&r->space, job->objectives_count, 1, READ_MOST) + 1024;
    r->memory = malloc(size);
    ensure(r->memory != NULL);
    struct arena arena = arena_of(r->memory, size);
    ensure(trials_init(&r->trials, &r->space, job->objectives_count, 1, READ_MOST, &arena));
    return r;
}

static void reading_free(struct reading **r) {
    free((*r)->memory);
    free(*r);
    *r = NULL;
}

/* ---- reckoning ---- */

static bool reckon(struct matters *m, const struct reading *r, struct err *err) {
    const struct brief brief = {.job = r->job,
                                .space = &r->space,
                                .trials = &r->trials,
                                .workers = 1,
                                .budget = r->job->trials};
    size_t size = importance_bytes(&r->space);
    void *memory = malloc(size);
    ensure(memory != NULL);
    bool good = true;
    for (; good && m->count < r->job->objectives_count; m->count++) {
        struct arena arena = arena_of(memory, size);
        good = importance_of(&brief, m->count, &arena, &m->of[m->count]);
    }
    free(memory);
    return good || err_set(err, ERR_INTERNAL, "no configuration that 'where' allows was found");
}

struct matters *matters_read(struct client *c, const struct subject *s, struct err *err) {
    struct matters *m = calloc(1, sizeof *m);
    ensure(m != NULL);
    m->spec = job_spec_read(c, s, err);
    bool good = m->spec != NULL;
    if (good && m->spec->job.objectives_count == 0)
        good = err_set(err, ERR_USAGE, "%s has no objective that parameters could matter for",
                       s->handle);
    if (good) {
        struct reading *r = reading_new(&m->spec->job);
        good = reading_fill(r, c, s, err) && reckon(m, r, err);
        reading_free(&r);
    }
    for (uint32_t i = 0; good && i < m->count; i++)
        m->of[i].trials = (uint32_t)(job_row_finished(&s->row) / job_runs_each(&m->spec->job));
    if (!good)
        matters_free(&m);
    return m;
}

void matters_free(struct matters **m) {
    if ((*m)->spec != NULL)
        job_spec_free(&(*m)->spec);
    free(*m);
    *m = NULL;
}

/* ---- saying it ---- */

static int percent(double share) {
    return (int)(100 * share + 0.5);
}

static void param_print(const struct matters *m, const struct importance_param *p, int width) {
    const struct span name = m->spec->job.params[p->param].name;
    char bar[BAR + 1] = {0};
    for (int i = 0; i < BAR; i++)
        bar[i] = i < (int)(BAR * p->part.total + 0.5) ? '#' : '-';
    printf("  %-*.*s  [%s] %3d %%", width, (int)name.len, (const char *)name.data, bar,
           percent(p->part.total));
    if (percent(p->part.total) > percent(p->part.alone))
        printf("  alone %d %%", percent(p->part.alone));
    if (p->part.active < 1)
        printf("  where it is active, %d %% of the space: %d %%", percent(p->part.active),
               percent(p->part.where_active));
    printf("\n");
}

static void shares_print(const struct matters *m, const struct importance *all) {
    const struct param *params = m->spec->job.params;
    uint32_t shown = 0;
    int width = 0;
    while (shown < all->params_count && shown < SHOWN_PARAMS &&
           all->params[shown].part.total >= SHOWN_SHARE) {
        int len = (int)params[all->params[shown++].param].name.len;
        width = len > width ? len : width;
    }
    for (uint32_t k = 0; k < shown; k++)
        param_print(m, &all->params[k], width);
    if (shown < all->params_count)
        printf("  %u more, each less\n", all->params_count - shown);
    for (uint32_t k = 0; k < all->pairs_count && k < SHOWN_PAIRS; k++) {
        const struct span a = params[all->pairs[k].a].name;
        const struct span b = params[all->pairs[k].b].name;
        if (all->pairs[k].share >= SHOWN_PAIR)
            printf("  %.*s and %.*s together: %d %%\n", (int)a.len, (const char *)a.data,
                   (int)b.len, (const char *)b.data, percent(all->pairs[k].share));
    }
}

/* How well their order was foreseen. */
static void tau_print(const struct importance *all) {
    printf(" (each foreseen from the others: Kendall's tau %.2f of 1)\n", all->tau);
}

static void one_print(const struct matters *m, const struct importance *all, struct span metric) {
    printf("\nwhat matters for %.*s", (int)metric.len, (const char *)metric.data);
    switch (all->verdict) {
    case IMPORTANCE_FEW:
        printf(": %d trials with a value are needed to say\n", IMPORTANCE_TRIALS_LEAST);
        return;
    case IMPORTANCE_EQUAL: printf(": nothing, all trials came to the same\n"); return;
    case IMPORTANCE_VAGUE:
        printf(": not known; a model of %u trials cannot foresee the others", all->used);
        tau_print(all);
        return;
    case IMPORTANCE_KNOWN: break;
    }
    printf(", by a model of %u", all->used);
    if (all->used < all->trials)
        printf(" of %u trials, the best and the newest,", all->trials);
    else
        printf(" trials");
    tau_print(all);
    shares_print(m, all);
}

void matters_print(const struct matters *m, bool all) {
    for (uint32_t i = 0; i < m->count; i++)
        if (all || m->of[i].verdict == IMPORTANCE_KNOWN)
            one_print(m, &m->of[i], m->spec->job.objectives[i].metric);
}

void matters_json(const struct matters *m, struct buf *out) {
    struct json_out json = json_out_of(out);
    json_open(&json, '[');
    for (uint32_t i = 0; i < m->count; i++) {
        json_open(&json, '{');
        json_put_key(&json, "metric");
        json_put_string(&json, m->spec->job.objectives[i].metric);
        importance_json(&m->of[i], &m->spec->job, &json);
        json_close(&json, '}');
    }
    json_close(&json, ']');
}
