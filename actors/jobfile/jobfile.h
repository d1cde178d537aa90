/* jobfile - the YAML that people write, read strictly into struct job.
 *
 * YAML 1.2 core types over libyaml's events: `no`, `on` and `1:30` stay text, 1e-5 is a number, 010
 * is ten. Aliases are refused, so no file grows when it is read. An unknown key, a wrong type, an
 * impossible range, a bad reference: one line,
 *   FILE:LINE:COLUMN: what is wrong, what was expected (did you mean 'trials'?)
 * Keys that belong to later versions of zyg are refused by name ("not yet"), never ignored.
 * Memory   everything the job points to is in the arena.
 * Errors   ERR_BAD_JOB_FILE with that line in err->what; line and column also in *at (1-based).
 */
#ifndef ZYG_JOBFILE_H
#define ZYG_JOBFILE_H

#include "proto/job/job.h"

struct jobfile_at {
    uint32_t line;
    uint32_t column;
};

/* What the caller finds wrong with a job that is right in itself. */
typedef bool jobfile_also(const struct job *job, struct job_fault *fault);

/* name: how messages call the file. dir: absolute folder of the file; run.dir is relative to it.
 * also: NULL for nothing. */
bool jobfile_read(struct job *job, struct span text, const char *name, const char *dir,
                  jobfile_also *also, struct arena *arena, struct jobfile_at *at, struct err *err);

#endif
