#include "cmd/cli/best_front.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "actors/tuner/several/hypervolume.h"
#include "actors/tuner/several/pareto.h"
#include "cmd/cli/pages.h"
#include "cmd/cli/trial_rows.h"
#include "proto/base/check.h"
#include "proto/base/num.h"

enum { DIGITS = 6, FIRST_ROOM = 1024 };
#define SHARE_BEYOND 0.1 /* hypervolume.h: for reports */

/* Trials that keep all constraints, as they come: by rank. */
struct points {
    const struct job *job;
    uint32_t objectives;
    uint32_t count, room;
    double *values; /* rows, less is better */
    uint64_t *slots;
    uint32_t front_count;
    uint32_t *front;       /* of the points */
    uint64_t *front_slots; /* sorted */
};

static void *more(void *memory, size_t size) {
    memory = realloc(memory, size);
    ensure(memory != NULL);
    return memory;
}

static bool point_take(void *context, const struct msg *answer) {
    struct points *p = context;
    const struct msg_trial_row *row = &answer->trial_row;
    struct measure m;
    if (answer->kind != MSG_trial_row || !measures_of(&m, p->job, row))
        return true;
    if (m.breach > 0)
        return false; /* and so do all that follow */
    if (p->count == p->room) {
        p->room = p->room == 0 ? FIRST_ROOM : 2 * p->room;
        p->values = more(p->values, (size_t)p->room * p->objectives * sizeof *p->values);
        p->slots = more(p->slots, p->room * sizeof *p->slots);
    }
    for (uint32_t i = 0; i < p->objectives; i++)
        p->values[(size_t)p->count * p->objectives + i] =
            goal_inward(p->job->objectives[i].goal, m.values[i]);
    p->slots[p->count++] = row->slot;
    return true;
}

static const double *values_of(const struct points *p, uint32_t point) {
    return p->values + (size_t)point * p->objectives;
}

/* One like it stands there already. */
static bool is_double(const struct points *p, uint32_t point) {
    size_t size = p->objectives * sizeof(double);
    for (uint32_t k = 0; k < p->front_count; k++)
        if (memcmp(values_of(p, p->front[k]), values_of(p, point), size) == 0)
            return true;
    return false;
}

static int compare_slots(const void *a, const void *b) {
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static void find_front(struct points *p) {
    uint32_t *ranks = more(NULL, (4 * (size_t)p->count + 1) * sizeof *ranks);
    p->front = more(NULL, ((size_t)p->count + 1) * sizeof *p->front);
    pareto_ranks(p->values, NULL, p->objectives, p->count, ranks, ranks + p->count);
    for (uint32_t i = 0; i < p->count; i++)
        if (ranks[i] == 0 && !is_double(p, i))
            p->front[p->front_count++] = i;
    free(ranks);
    p->front_slots = more(NULL, ((size_t)p->front_count + 1) * sizeof *p->front_slots);
    for (uint32_t k = 0; k < p->front_count; k++)
        p->front_slots[k] = p->slots[p->front[k]];
    qsort(p->front_slots, p->front_count, sizeof *p->front_slots, compare_slots);
}

/* ---- rows ---- */

struct front_listing {
    struct trial_rows rows;
    const struct points *points;
    uint64_t left;
};

static bool is_on_front(const struct points *p, uint64_t slot) {
    return bsearch(&slot, p->front_slots, p->front_count, sizeof slot, compare_slots) != NULL;
}

static bool row_take(void *context, const struct msg *answer) {
    struct front_listing *l = context;
    if (answer->kind != MSG_trial_row || !is_on_front(l->points, answer->trial_row.slot))
        return true;
    return trial_rows_put(&l->rows, &answer->trial_row) && --l->left > 0;
}

/* ---- the hypervolume ---- */

/* Milliseconds (hypervolume.h). */
static bool is_quick(const struct points *p) {
    return p->objectives == 2 || p->front_count <= (p->objectives == 3 ? 500 : 40);
}

static void volume_print(const struct points *p) {
    double reference[OBJECTIVES_MOST];
    char text[OBJECTIVES_MOST * (LIMIT_NAME_BYTES + 32) + 64];
    struct buf out = buf_of(text, sizeof text);
    double *front = more(NULL, (size_t)p->front_count * p->objectives * sizeof *front);
    for (uint32_t k = 0; k < p->front_count; k++)
        memcpy(front + (size_t)k * p->objectives, values_of(p, p->front[k]),
               p->objectives * sizeof *front);
    hypervolume_reference(front, p->front_count, p->values, p->objectives, p->count, SHARE_BEYOND,
                          reference);
    const struct hypervolume_scratch scratch = {
        .rows = more(NULL, hypervolume_rows(p->objectives, p->front_count) * sizeof(double)),
        .orders = more(NULL, hypervolume_orders(p->objectives, p->front_count) * sizeof(uint32_t))};
    buf_text(&out, "; hypervolume ");
    num_print_short(&out, hypervolume(front, p->objectives, p->front_count, reference, scratch),
                    DIGITS);
    buf_text(&out, " up to");
    for (uint32_t i = 0; i < p->objectives; i++) {
        buf_text(&out, i == 0 ? " " : ", ");
        buf_span(&out, p->job->objectives[i].metric);
        buf_byte(&out, ' ');
        num_print_short(&out, goal_inward(p->job->objectives[i].goal, reference[i]), DIGITS);
    }
    printf("%.*s", (int)out.len, text);
    free(scratch.rows);
    free(scratch.orders);
    free(front);
}

static void summary_print(const struct points *p) {
    const uint32_t repeat = job_runs_each(p->job);
    printf("\nfront of %u of %u %s%s", p->front_count, p->count,
           repeat > 1 ? "configurations" : "trials",
           p->job->constraints_count > 0 ? " that keep all constraints" : "");
    if (repeat > 1)
        printf(", by the means of %u runs each", repeat);
    if (is_quick(p))
        volume_print(p);
    printf("\n");
}

bool best_front_print(struct client *c, const struct args *args, const struct subject *s,
                      const struct job_spec *spec, uint64_t limit, struct err *err) {
    struct points points = {.job = &spec->job, .objectives = spec->job.objectives_count};
    struct front_listing l = {.points = &points, .left = limit == 0 ? UINT64_MAX : limit};
    const struct msg request = {.kind = MSG_list_trials,
                                .list_trials = {.job = s->job, .best_first = true}};
    struct pages_reader reader = {.row = point_take, .context = &points};
    struct msg first = request, second = request;
    bool ok = pages_read(c, &first, &reader, err);
    if (ok) {
        find_front(&points);
        trial_rows_begin(&l.rows, s, spec, args->format, false, false);
        reader = (struct pages_reader){.row = row_take, .context = &l};
        ok = pages_read(c, &second, &reader, err);
        ok = trial_rows_end(&l.rows, ok ? err : &(struct err){0}) && ok;
    }
    if (ok && points.front_count > 0 && args->format <= FORMAT_WIDE && !args->quiet)
        summary_print(&points);
    free(points.front);
    free(points.front_slots);
    free(points.values);
    free(points.slots);
    return ok;
}
