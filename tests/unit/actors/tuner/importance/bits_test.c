/* The shares of a function have the same bits everywhere. */
#include "tests/lib/bits.h"

#include "actors/tuner/importance/anova.h"

#include <stdalign.h>

enum { SAMPLES = 64 };

static alignas(max_align_t) uint8_t memory[1 << 20];
static struct param params[3];
static struct value choices[2];

static void make_job(struct job *job, struct arena *arena) {
    struct job_fault fault = {.at = 0};
    choices[0] = (struct value){.kind = VALUE_TEXT, .text = span_text("a")};
    choices[1] = (struct value){.kind = VALUE_TEXT, .text = span_text("b")};
    params[0] = (struct param){.name = span_text("rate"), .low = 1e-4, .high = 1};
    params[0].scale = SCALE_LOG;
    params[1] = (struct param){
        .name = span_text("kind"), .kind = PARAM_CHOICE, .choices = choices, .choices_count = 2};
    params[2] = (struct param){.name = span_text("width"), .kind = PARAM_INT, .low = 1, .high = 9};
    params[2].when_text = span_text("kind == a");
    *job = (struct job){.trials = 1, .params = params, .params_count = 3};
    if (!job_check_space(job, arena, &fault))
        abort();
}

static double curved(void *context, const double *x) {
    (void)context;
    return x[0] * x[0] + x[0] * x[2] - x[1];
}

static void shares(uint64_t *hash) {
    struct arena arena = arena_of(memory, sizeof memory);
    const struct anova_function f = {curved, NULL};
    static struct space space;
    static struct job job;
    struct anova anova;
    make_job(&job, &arena);
    space_of(&space, &job);
    if (!anova_init(&anova, &space, f, SAMPLES, &arena))
        abort();
    for (uint32_t i = 0; i < 3; i++) {
        struct anova_part part = anova_of(&anova, i);
        bits_double(hash, part.alone);
        bits_double(hash, part.total);
        bits_double(hash, part.active);
        bits_double(hash, part.where_active);
    }
    bits_double(hash, anova_pair(&anova, 0, 2));
}

int main(void) {
    const struct bits_case cases[] = {
        {"shares", shares, 0xc2e8f597ed6e1244u},
    };
    return bits_compare(cases, sizeof cases / sizeof *cases);
}
