/* What a proposal and a result cost with 16 trials at work and eight mixed parameters: milliseconds
 * of CPU. ask METHOD|all [FINISHED...] prints for each of the methods its name, the trials that are
 * finished, an ask, the slowest ask, the work ahead between a tell and an ask, a tell. */
#include "actors/tuner/talk/talk.h"
#include "tests/bench/mixed.h"

#include <stdlib.h>

enum { WORKERS = 16, ROUNDS_MOST = 40, ROUNDS_LEAST = 5 };
#define SECONDS_MOST 20.0 /* for one line */

static struct mixed mixed;

struct cost {
    double ask, prepare, tell, ask_worst;
    int rounds;
};

/* What an earlier search would have found: half at random, half near the best. */
static void load(uint32_t count, struct rng *r) {
    for (uint32_t i = 0; i < count; i++) {
        struct value values[MIXED_PARAMS];
        double point[MIXED_PARAMS];
        double value = 0.01 * rng_unit(r);
        for (uint32_t d = 0; d < MIXED_PARAMS; d++) {
            double best = 0.1 * (d + 1);
            point[d] = i % 2 == 0 ? rng_unit(r) : fmin(1, best + 0.2 * (rng_unit(r) - 0.5));
            point[d] = fmax(0, point[d]);
            value += (point[d] - best) * (point[d] - best);
        }
        space_values(&mixed.space, point, values);
        const struct study_result result = {.state = ENDED_WELL, .values = &value, .seconds = 1};
        ensure(study_load(mixed.study, values, &result));
    }
}

static uint32_t ask(struct cost *cost) {
    struct study_proposal p;
    double start = cpu_seconds();
    study_ask(mixed.study, &p);
    double spent = cpu_seconds() - start;
    ensure(p.answer == STUDY_START);
    cost->ask += spent;
    cost->ask_worst = fmax(cost->ask_worst, spent);
    return p.trial;
}

static struct cost measure(enum method method, uint32_t finished) {
    struct cost cost = {0}, ignored = {0};
    struct rng r = rng_of(1, 0, finished);
    uint32_t running[WORKERS];
    mixed_begin(&mixed, method, finished + 1000, finished);
    load(finished, &r);
    for (int i = 0; i < WORKERS; i++)
        running[i] = ask(&ignored);
    double end = cpu_seconds() + SECONDS_MOST;
    while (cost.rounds < ROUNDS_MOST && (cost.rounds < ROUNDS_LEAST || cpu_seconds() < end)) {
        uint32_t worker = (uint32_t)rng_below(&r, WORKERS);
        double start = cpu_seconds();
        mixed_tell(&mixed, running[worker], &r);
        double told = cpu_seconds();
        study_prepare(mixed.study);
        cost.prepare += cpu_seconds() - told;
        cost.tell += told - start;
        running[worker] = ask(&cost);
        cost.rounds++;
    }
    mixed_end(&mixed);
    return cost;
}

static void show(enum method method, uint32_t finished) {
    struct cost c = measure(method, finished);
    printf("%-10s %6u %9.4f %9.4f %9.4f %9.4f\n", algo_of(method)->name, finished,
           c.ask / c.rounds * 1e3, c.ask_worst * 1e3, c.prepare / c.rounds * 1e3,
           c.tell / c.rounds * 1e3);
    fflush(stdout);
}

int main(int argc, char **argv) {
    static const uint32_t usual[] = {100, 1000, 5000};
    struct foreign names = {.fault = ""};
    enum method only = METHOD_COUNT;
    if (argc > 1 && strcmp(argv[1], "all") != 0 &&
        !talk_method_named(&names, span_text(argv[1]), "ask", &only)) {
        fprintf(stderr, "%s\n", names.fault);
        return 2;
    }
    for (enum method method = 0; method < METHOD_COUNT; method++) {
        if (method == METHOD_GRID || method == METHOD_LIST ||
            (only != METHOD_COUNT && only != method))
            continue;
        for (int i = 0; i < (argc > 2 ? argc - 2 : 3); i++)
            show(method, argc > 2 ? (uint32_t)strtoul(argv[i + 2], NULL, 10) : usual[i]);
    }
    return 0;
}
