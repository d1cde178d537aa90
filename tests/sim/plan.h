/* plan - what the seed makes of this run: the size of the workload and the mix of faults.
 *
 * Mild fixed faults find little: each seed draws its own rates over orders of magnitude, many of
 * them zero, so that some runs are quiet but for one fault and others have everything at once.
 */
#ifndef ZYG_SIM_PLAN_H
#define ZYG_SIM_PLAN_H

#include "proto/base/time.h"
#include "proto/msg.h"
#include "tests/sim/disk.h"

#include <stdbool.h>

enum { PLAN_JOBS_MAX = 6, PLAN_PEOPLE_MAX = 3, PLAN_FULL_MAX = 3 };

struct plan {
    /* the workload */
    uint32_t slots;
    bool autorun;
    uint32_t jobs, people;
    int64_t trials_max;
    dur_ms calm_after; /* from then on nothing new breaks */
    dur_ms person_pause;
    double vanish;

    /* the node */
    uint64_t crash_every;     /* messages between two crashes, about; 0: none */
    enum msg_kind crash_kind; /* a crash right after such a message ... */
    double crash_kind_chance; /* ... with this chance */
    uint32_t crashes_max;
    dur_ms down_most;
    double stop_chance; /* a restart is an orderly stop instead of a crash */
    bool same_nonce;    /* every life of the node draws the same nonce, as a cloned machine may */

    /* the disk */
    struct disk_faults disk;
    uint32_t full_count;
    struct {
        dur_ms from, to;
    } full[PLAN_FULL_MAX];

    /* programs, and the launcher that starts them */
    dur_ms run_most;
    double crash, transient, again, infeasible, hang, deaf, lie, flood, no_start, silent;
    dur_ms launcher_every; /* between two deaths of the launcher, about; 0: none */
};

void plan_draw(struct plan *p, uint64_t seed);

#endif
