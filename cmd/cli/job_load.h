/* job_load - a job file from the disk, read and checked: what submit, validate, plan and try begin
 * with.
 *
 * Memory   the job, its text and its canonical bytes belong to the struct and live until
 *          job_file_destroy.
 * Errors   ERR_BAD_JOB_FILE: it cannot be read ("FILE: why"), or it is not right (the line
 *          FILE:LINE:COLUMN: ... that jobfile.h promises).
 */
#ifndef ZYG_JOB_LOAD_H
#define ZYG_JOB_LOAD_H

#include "proto/job/job.h"

struct job_file {
    const char *name; /* how messages call the file; points into the path or is a literal */
    struct job job;
    struct span spec; /* canonical bytes, as they are signed and sent */
    void *memory;
    void *learned; /* what learn_from.h put into the job; or NULL */
};

/* path "-" is standard input; run.dir is then relative to the present folder. */
struct job_file *job_load(const char *path, struct err *err);
/* The canonical bytes anew, after the job has been changed. False: they are too many. */
bool job_file_encode(struct job_file *f);
void job_file_destroy(struct job_file **f);

#endif
