/* sim - runs the simulator over many seeds, or one of them with all that it says.
 *
 *   sim [N | --seeds FROM-TO]     seeds 1..N (default 200) or FROM..TO of a single node
 *       [--cluster]               ... of whole clusters
 *       [--clusters M]            and then seeds 1..M of whole clusters
 *       [--seconds S]             stops after so many seconds, whatever is left
 *   sim --seed S [--cluster [--without F]...] [--verbose]
 *                                 one seed; without fault number F of its list; --verbose prints every message
 *
 * A broken rule ends the program with status 1, after the seed was run once more for its last
 * messages.
 */
#include "tests/sim/fleet/fleet.h"
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
    uint64_t clusters; /* after these */
    uint64_t left_out; /* faults, as bits */
    double seconds;
    bool cluster;
    bool alone; /* one seed, its messages kept */
} options = {.from = 1, .to = SEEDS_DEFAULT};

/* The two kinds of runs. */
static struct {
    struct cast single;
    struct fleet_cast cluster;
} casts;

static struct trace trace;
static char running[24]; /* the seed, as text: what a signal handler can pass on */
static bool running_cluster;

/* A rule was broken or a core stopped itself: the same run again, this time remembering what is
 * said. */
static void on_abort(int signal_number) {
    (void)signal_number;
    const char *kind = running_cluster ? "--cluster" : NULL;
    if (!options.alone) {
        execl("/proc/self/exe", "sim", "--seed", running, kind, (char *)NULL);
        _exit(STATUS_BROKEN);
    }
    trace_print(&trace);
    printf("seed %s broke a rule; see it again: ./build.sh sim --seed %s%s\n", running, running,
           running_cluster ? " --cluster" : "");
    fflush(stdout);
    _exit(STATUS_BROKEN);
}

static int usage(void) {
    fputs("usage: sim [N | --seeds FROM-TO | --seed S [--without FAULT]... [--verbose]]\n"
          "           [--cluster | --clusters M] [--seconds S]\n",
          stderr);
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

/* An option and what follows it; false: that is no number. */
static bool read_valued(const char *name, char *value) {
    uint64_t number;
    if (strcmp(name, "--seeds") == 0)
        return read_range(value);
    if (!read_number(value, &number))
        return false;
    if (strcmp(name, "--seed") == 0) {
        options.from = options.to = number;
        options.alone = true;
    } else if (strcmp(name, "--clusters") == 0) {
        options.clusters = number;
    } else if (strcmp(name, "--without") == 0 && number < FAULTS_MAX) {
        options.left_out |= (uint64_t)1 << number;
    } else if (strcmp(name, "--seconds") == 0) {
        options.seconds = (double)number;
    } else {
        return false;
    }
    return true;
}

static bool read_options(char **argv) {
    for (char **arg = argv + 1; *arg != NULL; arg++) {
        if (strcmp(*arg, "--verbose") == 0) {
            trace.verbose = true;
        } else if (strcmp(*arg, "--cluster") == 0) {
            options.cluster = true;
        } else if (strncmp(*arg, "--", 2) == 0) {
            if (!read_valued(*arg, arg[1]))
                return false;
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

static void make_casts(void) {
    make_signer(&casts.single.node, 1);
    for (uint8_t i = 0; i < PLAN_PEOPLE_MAX; i++)
        make_signer(&casts.single.people[i], (uint8_t)(10 + i));
    fleet_cast_make(&casts.cluster);
}

static double seconds_now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static uint64_t run_once(uint64_t seed, bool cluster, uint64_t *delivered) {
    struct trace *kept = options.alone ? &trace : NULL;
    return cluster ? fleet_run(seed, &casts.cluster, kept, options.left_out, delivered)
                   : world_run(seed, &casts.single, kept, delivered);
}

/* False: a seed ran differently the second time. */
static bool run_all(uint64_t from, uint64_t to, bool cluster, double until) {
    double began = seconds_now();
    uint64_t delivered = 0, runs = 0;
    running_cluster = cluster;
    for (uint64_t seed = from; seed <= to && (until <= 0 || seconds_now() < until);
         seed++, runs++) {
        snprintf(running, sizeof running, "%llu", (unsigned long long)seed);
        uint64_t hash = run_once(seed, cluster, &delivered);
        if (seed % TWICE_EVERY == 0 && run_once(seed, cluster, &delivered) != hash) {
            printf("seed %s ran differently the second time: something outside the seed decides\n",
                   running);
            return false;
        }
    }
    printf("%llu %sseeds kept every rule; %llu messages in %.1f s\n", (unsigned long long)runs,
           cluster ? "cluster " : "", (unsigned long long)delivered, seconds_now() - began);
    return true;
}

int main(int argc, char **argv) {
    (void)argc;
    if (!read_options(argv))
        return usage();
    ensure(sodium_init() >= 0);
    make_casts();
    signal(SIGABRT, on_abort);
    signal(SIGSEGV, on_abort);
    double until = options.seconds > 0 ? seconds_now() + options.seconds : 0;
    if (!run_all(options.from, options.to, options.cluster, until) ||
        (options.clusters > 0 && !run_all(1, options.clusters, true, until)))
        return STATUS_BROKEN;
    return 0;
}
