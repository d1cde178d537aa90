#include "cmd/cli/job_load.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "actors/jobfile/jobfile.h"
#include "actors/tuner/space/allowed.h"
#include "proto/job/yet.h"

/* One block: the text first, then the canonical bytes, then the arena. Pages nobody touches cost
 * nothing, so the arena may be as long as the longest list of configurations needs. */
enum {
    TEXT_BYTES = LIMIT_JOB_FILE_BYTES + 1, /* one more, to see that a file is too long */
    SPEC_AT = (TEXT_BYTES + 15) / 16 * 16,
    ARENA_AT = SPEC_AT + LIMIT_JOB_SPEC_BYTES,
    ARENA_BYTES = 32 << 20
};

static bool text_read(const char *path, const char *name, struct buf *text, struct err *err) {
    FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "rb");
    if (file == NULL) {
        if (errno == ENOENT)
            return err_set(err, ERR_BAD_JOB_FILE, "%s: there is no such file", path);
        return err_set(err, ERR_BAD_JOB_FILE, "%s: cannot be read: %s", path, strerror(errno));
    }
    errno = 0;
    text->len = fread(text->data, 1, text->cap, file);
    int error = ferror(file) ? errno : 0;
    if (file != stdin)
        fclose(file);
    if (error != 0)
        return err_set(err, ERR_BAD_JOB_FILE, "%s: cannot be read: %s", name, strerror(error));
    if (text->len == text->cap)
        return err_set(err, ERR_BAD_JOB_FILE,
                       "%s: longer than %d bytes; a job file is at most that long", name,
                       LIMIT_JOB_FILE_BYTES);
    return true;
}

/* The absolute folder of the file, without symbolic links in it: a job keeps it, and links may
 * change. */
static bool folder_of(const char *path, char out[PATH_MAX], struct err *err) {
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    size_t len = slash == NULL ? 0 : (size_t)(slash - path);
    if (len >= sizeof folder)
        return err_set(err, ERR_BAD_JOB_FILE, "%.200s...: the path is too long", path);
    memcpy(folder, path, len);
    folder[len] = '\0';
    const char *start = slash == NULL ? "." : len == 0 ? "/" : folder;
    if (realpath(start, out) == NULL)
        return err_set(err, ERR_BAD_JOB_FILE, "%s: cannot find its folder: %s", path,
                       strerror(errno));
    return true;
}

/* What is said about a job before it is handed in anywhere: this cluster runs it, and there is
 * something to try. */
static bool can_begin(const struct job *job, struct job_fault *fault) {
    struct space space;
    double point[LIMIT_PARAMS];
    struct value values[LIMIT_PARAMS];
    if (!job_runs(job, fault) || !job_check_meant(job, fault))
        return false;
    space_of(&space, job);
    bool drawn = job->method != METHOD_GRID && job->method != METHOD_LIST;
    return !drawn || allowed_some(&space, point, values) ||
           job_fault_set(fault, "where", FAULT_AT_NAME,
                         "'where' leaves none of %d random configurations, nor any that was found "
                         "from there",
                         ALLOWED_LOOKS);
}

static bool job_file_read(struct job_file *f, const char *path, struct err *err) {
    const char *name = f->name;
    uint8_t *memory = f->memory;
    struct buf text = buf_of(memory, TEXT_BYTES);
    if (!text_read(path, name, &text, err))
        return false;

    char dir[PATH_MAX];
    if (!folder_of(path, dir, err))
        return false;
    struct arena arena = arena_of(memory + ARENA_AT, ARENA_BYTES);
    struct jobfile_at at;
    if (!jobfile_read(&f->job, buf_view(&text), name, dir, can_begin, &arena, &at, err))
        return false;

    if (!job_file_encode(f))
        return err_set(
            err, ERR_BAD_JOB_FILE,
            "%s: the job takes more than %d bytes when it is sent; make its lists shorter", name,
            LIMIT_JOB_SPEC_BYTES);
    return true;
}

bool job_file_encode(struct job_file *f) {
    struct buf spec = buf_of((uint8_t *)f->memory + SPEC_AT, LIMIT_JOB_SPEC_BYTES);
    bool fits = job_encode(&f->job, &spec);
    f->spec = buf_view(&spec);
    return fits;
}

struct job_file *job_load(const char *path, struct err *err) {
    struct job_file *f = calloc(1, sizeof *f);
    if (f != NULL)
        f->memory = malloc(ARENA_AT + ARENA_BYTES);
    if (f == NULL || f->memory == NULL) {
        err_set(err, ERR_SYSTEM, "there is no memory left");
        job_file_destroy(&f);
        return NULL;
    }
    f->name = strcmp(path, "-") == 0 ? "standard input" : path;
    if (!job_file_read(f, path, err))
        job_file_destroy(&f);
    return f;
}

void job_file_destroy(struct job_file **f) {
    if (*f == NULL)
        return;
    free((*f)->memory);
    free((*f)->learned);
    free(*f);
    *f = NULL;
}
