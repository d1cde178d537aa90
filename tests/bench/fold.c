/* A million trials, asked for and told with 16 at work. Prints seconds of CPU, MiB, and microseconds
 * a tell took among the first and among the last. */
#include "tests/bench/mixed.h"

#include <sys/resource.h>

enum { TRIALS = 1000000, WORKERS = 16, WINDOW = 10000 };

static struct mixed mixed;

static double tells_microseconds(uint32_t *running, struct rng *r) {
    double spent = 0;
    for (int i = 0; i < WINDOW; i++) {
        struct study_proposal p;
        uint32_t worker = (uint32_t)rng_below(r, WORKERS);
        double value = mixed_value(&mixed, running[worker], r);
        const struct study_result result = {.state = ENDED_WELL, .values = &value};
        double start = cpu_seconds();
        ensure(study_tell(mixed.study, running[worker], &result));
        spent += cpu_seconds() - start;
        study_ask(mixed.study, &p);
        ensure(p.answer == STUDY_START);
        running[worker] = p.trial;
    }
    return spent / WINDOW * 1e6;
}

int main(void) {
    struct rng r = rng_of(1, 0, 0);
    uint32_t running[WORKERS];
    struct study_proposal p;
    struct rusage usage;
    double start = cpu_seconds();
    mixed_begin(&mixed, METHOD_RANDOM, TRIALS, 0);
    for (int i = 0; i < WORKERS; i++) {
        study_ask(mixed.study, &p);
        running[i] = p.trial;
    }
    double first = tells_microseconds(running, &r);
    while (study_trials(mixed.study)->count < TRIALS - WINDOW) {
        uint32_t worker = (uint32_t)rng_below(&r, WORKERS);
        mixed_tell(&mixed, running[worker], &r);
        study_ask(mixed.study, &p);
        ensure(p.answer == STUDY_START);
        running[worker] = p.trial;
    }
    double last = tells_microseconds(running, &r);
    getrusage(RUSAGE_SELF, &usage);
    printf("%.2f %ld %.2f %.2f\n", cpu_seconds() - start, usage.ru_maxrss / 1024, first, last);
    mixed_end(&mixed);
    return 0;
}
