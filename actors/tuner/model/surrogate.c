#include "actors/tuner/model/surrogate.h"

#include "actors/tuner/model/bend.h"
#include "proto/base/check.h"

#include <math.h>

/* From each start a few, which tells where they lead; from the most likely place the rest. */
enum { DESCENTS_FIRST = 8, DESCENTS = 30, STARTS = 4 };

/* Where the search of the kernel starts: smooth in all together, or rough in each alone; of the
 * values as they are, or as they look most like normal draws. */
static const struct start {
    double w_all; /* shared by the dimensions */
    double v, joint, apart;
    bool as_they_are;
} starts[STARTS] = {{4.0, 6, 0.7, 0.5, false},
                    {1.0, 40, 0.3, 1, true},
                    {1.0, 3, 0.3, 1, false},
                    {4.0, 6, 0.7, 0.5, true}};

#define NOISE_START 1e-3
#define NOISE_NONE 1.02e-6 /* the least that a fit finds, and a little */

static void begin_at(struct kernel *k, bool staged, const struct start *at) {
    for (uint32_t i = 0; i < k->dims; i++) {
        k->w[i] = at->w_all / k->dims;
        k->v[i] = at->v;
    }
    k->joint = at->joint;
    k->apart = at->apart;
    k->noise = NOISE_START;
    k->own = staged ? NOISE_START : 0;
}

size_t surrogate_bytes(const struct space *space, uint32_t rows) {
    return gp_bytes(space->free + 1, rows);
}

bool surrogate_init(struct surrogate *s, const struct space *space, bool staged, uint32_t rows,
                    struct arena *arena) {
    *s = (struct surrogate){.space = space, .staged = staged};
    for (uint32_t i = 0; i < space->dims; i++)
        if (space->dim[i].kind != DIM_FIXED)
            s->seen[s->dims++] = i;
    if (!gp_init(&s->gp, s->dims + staged, rows, arena))
        return false;
    for (uint32_t i = 0; i < s->dims; i++)
        s->gp.kernel.choice[i] = space->dim[s->seen[i]].kind == DIM_CHOICE;
    surrogate_plain(s);
    return true;
}

void surrogate_plain(struct surrogate *s) {
    s->factored = 0;
    s->kernel = s->gp.kernel;
    begin_at(&s->kernel, s->staged, &starts[0]);
}

void surrogate_view(const struct surrogate *s, const double *settled, double stage, double *view) {
    for (uint32_t i = 0; i < s->dims; i++)
        view[i] = settled[s->seen[i]];
    if (s->staged)
        view[s->dims] = stage;
}

void surrogate_view_of_row(const struct surrogate *s, const float *settled, double stage,
                           double *view) {
    for (uint32_t i = 0; i < s->dims; i++)
        view[i] = (double)settled[s->seen[i]];
    if (s->staged)
        view[s->dims] = stage;
}

void surrogate_clear(struct surrogate *s) {
    surrogate_keep(s, 0);
}

void surrogate_keep(struct surrogate *s, uint32_t count) {
    ensure(count <= s->gp.points.count);
    s->gp.points.count = count;
    s->factored = s->factored < count ? s->factored : count;
}

void surrogate_aim(struct surrogate *s, uint32_t row, double target) {
    ensure(row < s->gp.points.count);
    s->gp.y[row] = target;
}

void surrogate_see(struct surrogate *s, const float *settled, double stage, double target) {
    double view[KERNEL_DIMS];
    surrogate_view_of_row(s, settled, stage, view);
    gp_add(&s->gp, view, target);
}

void surrogate_fit(struct surrogate *s, struct bend *bend) {
    double likely = -INFINITY;
    double first = bend != NULL ? bend->power : 1;
    double power = first;
    surrogate_plain(s);
    uint32_t count = STARTS - (bend == NULL); /* the last differs by its power alone */
    for (uint32_t i = 0; i < count; i++) {
        begin_at(&s->gp.kernel, s->staged, &starts[i]);
        if (bend != NULL)
            bend->power = starts[i].as_they_are ? 1 : first;
        double found = gp_fit(&s->gp, bend, DESCENTS_FIRST);
        if (found > likely) { /* not a NaN: a start under which doubles cannot factor */
            likely = found;
            power = bend != NULL ? bend->power : 1;
            s->kernel = s->gp.kernel;
        }
    }
    s->gp.kernel = s->kernel;
    if (bend != NULL)
        bend->power = power;
    gp_fit(&s->gp, bend, DESCENTS);
    s->kernel = s->gp.kernel;
}

double surrogate_noise_odds(struct surrogate *s, const struct bend *bend) {
    struct gp *g = &s->gp;
    struct bend bent = *bend;
    double none = -INFINITY;
    g->kernel = s->kernel;
    const double some = gp_fit(g, &bent, 1);
    g->noise_most = NOISE_NONE;
    for (int i = 0; i < 2; i++) {
        g->kernel = s->kernel;
        if (i > 0)
            begin_at(&g->kernel, s->staged, &starts[1]);
        g->kernel.noise = NOISE_NONE;
        bent.power = bend->power;
        const double found = gp_fit(g, &bent, DESCENTS);
        none = found > none ? found : none; /* not a NaN */
    }
    g->noise_most = 1;
    g->kernel = s->kernel;
    return some - none;
}

void surrogate_learn(struct surrogate *s) {
    s->gp.kernel = s->kernel;
    bool all = gp_factor_more(&s->gp, s->factored);
    if (!all)
        gp_factor(&s->gp);
    /* More noise than the kernel has was needed for these rows alone. */
    s->factored = all ? s->gp.points.count : 0;
}

void surrogate_believe(struct surrogate *s, const double *view) {
    gp_believe(&s->gp, view);
}
