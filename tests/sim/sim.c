/* sim - runs the simulator over many seeds, or one of them with all that it says.
 *
 *   sim [N | --seeds FROM-TO]     seeds 1..N (default 200) or FROM..TO
 *       [--seconds S]             stops after so many seconds, whatever is left
 *   sim --seed S [--verbose]      one seed; --verbose prints every message
 *
 * A broken rule ends the program with status 1, after the seed was run once more for its last
 * messages.
 */
#include "tests/sim/world.h"

#include "proto/base/check.h"
#include "proto/base/num.h"

#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { SEEDS_DEFAULT = 200, TWICE_EVERY = 50, STATUS_BROKEN = 1, STATUS_USAGE = 2 };

static struct {
    uint64_t from, to;
    double seconds;
    bool alone; /* one seed, its messages kept */
    bool verbose;
} options = {.from = 1, .to = SEEDS_DEFAULT};

static struct trace trace;
static char running[24]; /* the seed, as text: what a signal handler can pass on */

/* A rule was broken or a core stopped itself: the same run again, this time remembering what is
 * said. */
static void on_abort(int signal_number) {
    (void)signal_number;
    if (!options.alone) {
        execl("/proc/self/exe", "sim", "--seed", running, (char *)NULL);
        _exit(STATUS_BROKEN);
    }
    trace_print(&trace);
    printf("seed %s broke a rule; see it again: ./build.sh sim --seed %s\n", running, running);
    fflush(stdout);
    _exit(STATUS_BROKEN);
}

static int usage(void) {
    fputs("usage: sim [N | --seeds FROM-TO | --seed S [--verbose]] [--seconds S]\n", stderr);
    return STATUS_USAGE;
}

static bool read_number(const char *text, uint64_t *number) {
    char *rest;
    if (text == NULL || *text < '0' || *text > '9')
        return false;
    *number = strtoull(text, &rest, 10);
    return *rest == '\0';
}

static bool read_range(char *text) {
    char *dash = text == NULL ? NULL : strchr(text, '-');
    if (dash == NULL)
        return false;
    *dash = '\0';
    return read_number(text, &options.from) && read_number(dash + 1, &options.to);
}

static bool read_options(char **argv) {
    for (char **arg = argv + 1; *arg != NULL; arg++) {
        uint64_t number;
        if (strcmp(*arg, "--verbose") == 0) {
            trace.verbose = true;
        } else if (strcmp(*arg, "--seed") == 0) {
            if (!read_number(arg[1], &options.from))
                return false;
            options.to = options.from;
            options.alone = true;
            arg++;
        } else if (strcmp(*arg, "--seeds") == 0) {
            if (!read_range(arg[1]))
                return false;
            arg++;
        } else if (strcmp(*arg, "--seconds") == 0) {
            if (!read_number(arg[1], &number))
                return false;
            options.seconds = (double)number;
            arg++;
        } else if (!read_number(*arg, &options.to)) {
            return false;
        }
    }
    return options.from <= options.to;
}

static void make_signer(struct signer *signer, uint8_t number) {
    uint8_t seed[crypto_sign_SEEDBYTES] = {number};
    crypto_sign_seed_keypair(signer->id.bytes, signer->secret, seed);
}

static double seconds_now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int main(int argc, char **argv) {
    struct cast cast;
    (void)argc;
    if (!read_options(argv))
        return usage();
    ensure(sodium_init() >= 0);
    make_signer(&cast.node, 1);
    for (uint8_t i = 0; i < PLAN_PEOPLE_MAX; i++)
        make_signer(&cast.people[i], (uint8_t)(10 + i));
    signal(SIGABRT, on_abort);
    double began = seconds_now();
    uint64_t delivered = 0, runs = 0;
    for (uint64_t seed = options.from; seed <= options.to; seed++, runs++) {
        snprintf(running, sizeof running, "%llu", (unsigned long long)seed);
        if (options.seconds > 0 && seconds_now() - began >= options.seconds)
            break;
        uint64_t hash = world_run(seed, &cast, options.alone ? &trace : NULL, &delivered);
        if (seed % TWICE_EVERY == 0 && world_run(seed, &cast, NULL, &delivered) != hash) {
            printf("seed %s ran differently the second time: something outside the seed decides\n",
                   running);
            return STATUS_BROKEN;
        }
    }
    printf("%llu seeds kept every rule; %llu messages in %.1f s\n", (unsigned long long)runs,
           (unsigned long long)delivered, seconds_now() - began);
    return 0;
}
