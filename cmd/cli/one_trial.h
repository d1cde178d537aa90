/* one_trial - runs one trial in the foreground: the executor's core and the launcher's port on a
 * board of their own, no store, no search, no other room.
 *
 * The trial gets a temporary folder; it is removed afterwards unless the trial left something in
 * it. SIGINT, SIGTERM or SIGHUP stop the trial (TERM, its grace, KILL); a second one, or SIGQUIT,
 * kills it at once.
 * Memory   what `heard` gets is borrowed for the call; the verdict is the caller's struct.
 * Errors   ERR_LAUNCHER, ERR_SYSTEM; ERR_INTERRUPTED after a signal.
 */
#ifndef ZYG_ONE_TRIAL_H
#define ZYG_ONE_TRIAL_H

#include "cmd/cli/job_load.h"
#include "cmd/cli/try_folder.h"
#include "proto/base/time.h"

struct one_trial {
    const struct job_file *file;
    const struct value *values; /* its configuration, inactive parameters absent */
    uint64_t slot;
    void *context;
    void (*heard)(void *context, struct span bytes); /* what it prints, as it comes */
};

enum { VERDICT_CAUSE_BYTES = 1024 };

struct verdict {
    enum trial_status status;
    bool has_value;
    double value;
    uint8_t others[16 * JOB_METRICS_MAX]; /* beside it: proto/job/measure.h */
    size_t others_len;
    dur_ms run_ms;
    dur_ms cpu_ms;
    uint64_t rss_kib;
    char cause[VERDICT_CAUSE_BYTES];
    char left[TRY_FOLDER_BYTES]; /* the folder, when the trial left something in it; else empty */
};

bool one_trial_run(const struct one_trial *t, struct verdict *verdict, struct err *err);

#endif
