#include "actors/tuner/model/surrogate.h"

#include <math.h>

/* From each start a few, which tells where they lead; from the most likely place the rest. */
enum { DESCENTS_FIRST = 8, DESCENTS = 30 };

/* Where the search of the kernel starts: smooth in all together, or rough in each alone. */
static const struct start {
    double w_all; /* shared by the dimensions */
    double v, joint, apart;
} starts[] = {{4.0, 6, 0.7, 0.5}, {1.0, 40, 0.3, 1}, {1.0, 3, 0.3, 1}};

#define NOISE_START 1e-3

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
    return true;
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
    s->gp.points.count = 0;
}

void surrogate_see(struct surrogate *s, const double *view, double target) {
    gp_add(&s->gp, view, target);
}

static void begin_at(struct kernel *k, const struct start *at) {
    for (uint32_t i = 0; i < k->dims; i++) {
        k->w[i] = at->w_all / k->dims;
        k->v[i] = at->v;
    }
    k->joint = at->joint;
    k->apart = at->apart;
    k->noise = NOISE_START;
}

void surrogate_fit(struct surrogate *s) {
    double likely = -INFINITY;
    s->kernel = s->gp.kernel;
    begin_at(&s->kernel, &starts[0]);
    for (uint32_t i = 0; i < sizeof starts / sizeof *starts; i++) {
        begin_at(&s->gp.kernel, &starts[i]);
        double found = gp_fit(&s->gp, DESCENTS_FIRST);
        if (found > likely) { /* not a NaN: a start under which doubles cannot factor */
            likely = found;
            s->kernel = s->gp.kernel;
        }
    }
    s->gp.kernel = s->kernel;
    gp_fit(&s->gp, DESCENTS);
    s->kernel = s->gp.kernel;
}

void surrogate_learn(struct surrogate *s) {
    s->gp.kernel = s->kernel;
    gp_factor(&s->gp);
}

void surrogate_believe(struct surrogate *s, const double *view) {
    gp_believe(&s->gp, view);
}
