/* What the models of the search say has the same bits everywhere: beliefs, a fit, and all that a
 * whole search proposes. */
#include "tests/lib/bits.h"

#include "actors/tuner/model/futures.h"
#include "actors/tuner/model/warp.h"
#include "actors/tuner/study.h"
#include "proto/base/rng.h"

#include <stdalign.h>

enum { DIMS = 4, ROWS = 40, MANY = 30, TRIALS = 30, WORKERS = 4 };

static alignas(max_align_t) uint8_t memory[1 << 25];
static struct gp gp;

static void draw_point(struct rng *r, double *point) {
    for (int i = 0; i < DIMS; i++)
        point[i] = rng_unit(r);
    if (point[3] < 0.3)
        point[0] = SPACE_OFF;
    point[3] = point[3] < 0.5 ? 0.25 : 0.75;
}

static void fill(void) {
    struct rng r = rng_of(1, 0, 0);
    struct arena arena = arena_of(memory, sizeof memory);
    double point[DIMS];
    if (!gp_init(&gp, DIMS, 2 * ROWS, &arena))
        abort();
    gp.kernel.choice[3] = true;
    for (int i = 0; i < DIMS; i++)
        gp.kernel.w[i] = gp.kernel.v[i] = 2 + i;
    gp.kernel.joint = 0.8;
    gp.kernel.apart = 0.3;
    gp.kernel.noise = 1e-3;
    for (int j = 0; j < ROWS; j++) {
        draw_point(&r, point);
        gp_add(&gp, point, point[1] * point[1] + point[2] - point[3] - 0.5 * rng_unit(&r));
    }
}

static void beliefs(uint64_t *hash) {
    static double x[DIMS * MANY], work[ROWS * 2 * MANY];
    struct gp_belief many[MANY];
    static struct futures futures;
    double point[DIMS], shifts[FUTURES], toward[FUTURES_BELIEVED];
    struct gp_belief by;
    struct rng r = rng_of(2, 0, 0);
    fill();
    gp_factor(&gp);
    for (int j = 0; j < MANY; j++) {
        draw_point(&r, point);
        for (int i = 0; i < DIMS; i++)
            x[i * MANY + j] = point[i];
        double slope[DIMS] = {0};
        futures_draw(&futures, &gp, NULL, &r);
        struct gp_belief b = gp_predict(&gp, point);
        futures_shifts(&futures, &gp, gp.seen, 1, shifts);
        bits_double(hash, b.mean);
        bits_double(hash, b.deviation);
        bits_double(hash, futures_gain(&futures, &b, shifts, &by, toward));
        gp_slopes_add(&gp, point, &b, &by, toward, slope);
        bits_doubles(hash, slope, DIMS);
        if (j % 5 == 0)
            bits_u64(hash, gp_believe(&gp, point));
    }
    gp_predict_many(&gp, &(struct kernel_points){x, MANY, MANY}, many, work);
    for (int j = 0; j < MANY; j++) {
        bits_double(hash, many[j].mean);
        bits_double(hash, many[j].deviation);
    }
}

static void fits(uint64_t *hash) {
    fill();
    bits_double(hash, gp_fit(&gp, NULL, 25));
    bits_doubles(hash, gp.kernel.w, DIMS);
    bits_doubles(hash, gp.kernel.v, DIMS);
    bits_double(hash, gp.kernel.joint);
    bits_double(hash, gp.kernel.apart);
    bits_double(hash, gp.kernel.noise);
}

static void warps(uint64_t *hash) {
    double y[ROWS], scratch[ROWS], slope;
    struct rng r = rng_of(3, 0, 0);
    for (int j = 0; j < ROWS; j++)
        y[j] = 1 / (0.01 + rng_unit(&r));
    struct warp w = warp_of(y, ROWS, scratch);
    bits_doubles(hash, y, ROWS);
    bits_double(hash, w.power);
    for (int j = -20; j < 20; j++) {
        bits_double(hash, warp_back(&w, j * 0.2, &slope));
        bits_double(hash, slope);
    }
}

/* ---- a whole search ---- */

static struct param params[5];
static struct value choices[3];

static struct param range(const char *name, enum param_kind kind, double low, double high) {
    return (struct param){.name = span_text(name), .kind = kind, .low = low, .high = high};
}

static void make_job(struct job *job, enum method method, struct arena *arena) {
    static const char *const texts[] = {"a", "b", "c"};
    struct job_fault fault = {.at = 0};
    for (int i = 0; i < 3; i++)
        choices[i] = (struct value){.kind = VALUE_TEXT, .text = span_text(texts[i])};
    params[0] = range("rate", PARAM_FLOAT, 1e-4, 1);
    params[0].scale = SCALE_LOG;
    params[1] = range("layers", PARAM_INT, 1, 9);
    params[2] = (struct param){
        .name = span_text("kind"), .kind = PARAM_CHOICE, .choices = choices, .choices_count = 3};
    params[3] = range("decay", PARAM_FLOAT, 0, 1);
    params[3].when_text = span_text("kind in [a, b]");
    params[4] = range("width", PARAM_INT, 8, 512);
    params[4].scale = SCALE_LOG;
    *job = (struct job){
        .method = method, .trials = TRIALS, .seed = 7, .params = params, .params_count = 5};
    if (!job_check_space(job, arena, &fault))
        abort();
}

static double worth(const float *point) {
    double sum = 0;
    for (int i = 0; i < 5; i++) {
        double d = (double)point[i] - 0.15 * (i + 1);
        sum += d * d;
    }
    return sum;
}

static void tell(struct study *s, uint32_t trial) {
    double value = worth(trials_point(study_trials(s), trial));
    const struct study_result well = {.state = ENDED_WELL, .values = &value, .seconds = 1};
    const struct study_result badly = {.state = ENDED_BADLY, .seconds = 1};
    if (!study_tell(s, trial, trial % 7 == 5 ? &badly : &well))
        abort();
}

static struct job job;

static struct study *begin(enum method method, uint32_t steps) {
    static alignas(max_align_t) uint8_t texts[1 << 16];
    static const enum goal goal = GOAL_MINIMIZE;
    struct arena for_job = arena_of(texts, sizeof texts);
    struct arena arena = arena_of(memory, sizeof memory);
    make_job(&job, method, &for_job);
    const struct study_setup setup = {.job = &job,
                                      .goals = &goal,
                                      .objectives = 1,
                                      .workers = WORKERS,
                                      .steps = steps,
                                      .rungs = {.policy = RUNGS_AUTO}};
    if (study_bytes(&setup) > sizeof memory)
        abort();
    return study_init(&setup, &arena);
}

static void put_point(uint64_t *hash, const struct study *s, uint32_t trial) {
    const float *point = trials_point(study_trials(s), trial);
    for (int i = 0; i < 5; i++)
        bits_double(hash, (double)point[i]);
}

/* Every proposal's point, which is its configuration and where it lies. */
static void search(uint64_t *hash, enum method method) {
    struct study *s = begin(method, 1);
    struct study_proposal proposal;
    for (uint32_t started = 0; started < TRIALS; started++) {
        study_ask(s, &proposal);
        if (proposal.answer != STUDY_START)
            abort();
        put_point(hash, s, proposal.trial);
        if (started + 1 >= WORKERS)
            tell(s, started + 1 - WORKERS);
    }
}

/* Curves that fall to what a trial is worth, the slower the nearer the fourth coordinate is to 1. */
static double worth_at(const float *point, uint32_t step) {
    return worth(point) + (0.2 + (double)(point[3] < 0 ? 0 : point[3])) / step;
}

/* The same where trials are paused and go on: who did is in the hash, too. */
static void search_curves(uint64_t *hash) {
    enum { STEPS = 9, TURNS = 400 };
    struct study *s = begin(METHOD_AUTO, STEPS);
    struct study_proposal at[WORKERS];
    uint32_t steps[WORKERS] = {0};
    for (uint32_t turn = 0; turn < TURNS; turn++) {
        const uint32_t who = turn % WORKERS;
        if (steps[who] == 0) {
            study_ask(s, &at[who]);
            if (at[who].answer > STUDY_RESUME)
                continue;
            const bool resumed = at[who].answer == STUDY_RESUME;
            bits_u64(hash, at[who].trial * 2u + resumed);
            put_point(hash, s, at[who].trial);
            steps[who] = resumed ? study_trials(s)->reached[at[who].trial] == 1 ? 1 : 3 : 0;
        }
        const uint32_t trial = at[who].trial;
        const double value = worth_at(trials_point(study_trials(s), trial), ++steps[who]);
        const struct study_result well = {.state = ENDED_WELL, .values = &value, .seconds = 1};
        enum study_verdict verdict = STUDY_GO_ON;
        if (steps[who] < STEPS && !study_report(s, trial, steps[who], value, &verdict))
            abort();
        if (steps[who] == STEPS && !study_tell(s, trial, &well))
            abort();
        if (steps[who] == STEPS || verdict == STUDY_PAUSE)
            steps[who] = 0;
    }
}

static void search_gp(uint64_t *hash) {
    search(hash, METHOD_GP);
}

static void search_tpe(uint64_t *hash) {
    search(hash, METHOD_TPE);
}

int main(void) {
    const struct bits_case cases[] = {
        {"beliefs", beliefs, 0x862b2ccdf0bdd2a1u},
        {"fits", fits, 0x5cd2c5114e6d2b0eu},
        {"warps", warps, 0x5718f889ec7c6d6au},
        {"search by gp", search_gp, 0xe73bdd4928301dd1u},
        {"search by tpe", search_tpe, 0xb14d8d3e8c339322u},
        {"search with curves", search_curves, 0x058b4566913828edu},
    };
    return bits_compare(cases, sizeof cases / sizeof *cases);
}
