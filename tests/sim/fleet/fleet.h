/* fleet - one run of a whole cluster: hosts of real cores in virtual time, wires between them, people around them.
 *
 * First anything may break, after every step the rules are checked; then nothing new breaks, and the cluster has to become one
 * again and to finish its jobs within given times.
 *
 *   draft.c   what the seed makes of the run        wires.c wires_faults.c strays.c   connections between hosts
 *   host.c    lives of a node                       runs.c    what its launcher starts
 *   crowd.c   people and their jobs                 goals.c   what must be reached, by when
 *   rules_member.c  records    rules_epoch.c  who leads    rules_facts.c  what is kept    rules_trials.c  what is run
 */
#ifndef ZYG_SIM_FLEET_H
#define ZYG_SIM_FLEET_H

#include "actors/member/member.h"
#include "proto/trust/certificate.h"
#include "tests/sim/draw.h"
#include "tests/sim/fleet/crowd.h"
#include "tests/sim/fleet/draft.h"
#include "tests/sim/fleet/goals.h"
#include "tests/sim/fleet/host.h"
#include "tests/sim/fleet/rules.h"
#include "tests/sim/fleet/wires.h"
#include "tests/sim/timeline.h"
#include "tests/sim/trace.h"

/* Who takes part, the same in every run: making keys is dear. */
struct fleet_cast {
    uint8_t cluster[32]; /* the public key */
    struct cast_host {
        struct signer signer;
        uint8_t curve[32];
        uint8_t certificate[CERTIFICATE_BYTES_MAX];
        size_t certificate_len;
    } hosts[HOSTS_MAX];
    struct signer people[FLEET_PEOPLE_MAX];
};

struct fleet {
    uint64_t seed;
    const struct fleet_cast *cast;
    struct draft draft;
    bool calm, over;
    bool clocks_stand; /* no wall clock jumps: everything else must go as if they did */
    when_ms now;
    when_ms calm_since; /* the last change of what runs, once nothing breaks any more */
    struct timeline timeline;
    struct host *hosts;
    struct wires wires;
    struct crowd crowd;
    struct rules *rules;
    struct goals goals;
    uint32_t crashes;
    struct trace *trace; /* NULL: not kept */
    uint64_t hash;
    uint64_t delivered;
    uint64_t idle_turns;
};

void fleet_cast_make(struct fleet_cast *cast);

/* Runs the seed to its end; answers the hash of the run. Ends the program when a rule is broken. left_out: faults of the
 * draft, as bits, that do not happen. */
uint64_t fleet_run(uint64_t seed, const struct fleet_cast *cast, struct trace *trace,
                   uint64_t left_out, uint64_t *delivered);

void fleet_plan(struct fleet *f, dur_ms in, const struct timed *timed);
void fleet_note(struct fleet *f, const struct host *h, const char *text);
int32_t fleet_host_of(const struct fleet *f, const struct node_id *id); /* -1: none */

_Noreturn void fleet_fail(const struct fleet *f, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
#define fleet_ensure(f, condition, ...) ((condition) ? (void)0 : fleet_fail(f, __VA_ARGS__))

#endif
