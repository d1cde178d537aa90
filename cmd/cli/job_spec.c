#include "cmd/cli/job_spec.h"

#include <stdlib.h>
#include <string.h>

#include "cmd/cli/pages.h"
#include "proto/base/check.h"

enum { ARENA_BYTES = 8 << 20 };

static bool spec_take(void *context, const struct msg *answer) {
    struct job_spec *spec = context;
    if (answer->kind == MSG_job_row)
        spec->described = answer->job_row.trials; /* until its description is read */
    if (answer->kind != MSG_job_spec || answer->job_spec.spec.len > LIMIT_JOB_SPEC_BYTES)
        return true;
    spec->bytes = span_of(spec->memory, answer->job_spec.spec.len);
    memcpy(spec->memory, answer->job_spec.spec.data, spec->bytes.len);
    return true;
}

struct job_spec *job_spec_read(struct client *c, const struct subject *s, struct err *err) {
    struct job_spec *spec = calloc(1, sizeof *spec);
    ensure(spec != NULL);
    spec->memory = malloc(LIMIT_JOB_SPEC_BYTES + ARENA_BYTES);
    ensure(spec->memory != NULL);
    struct msg request = {.kind = MSG_show_job, .show_job = {.job = s->job}};
    struct pages_reader reader = {.row = spec_take, .context = spec};
    struct arena arena = arena_of(spec->memory + LIMIT_JOB_SPEC_BYTES, ARENA_BYTES);
    bool ok = pages_read(c, &request, &reader, err);
    const uint64_t trials = spec->described;
    if (ok && !job_decode(&spec->job, spec->bytes, &arena, err))
        ok = err_context(err, "reading the job of %s", s->handle);
    if (!ok) {
        job_spec_free(&spec);
        return NULL;
    }
    spec->described = spec->job.trials;
    if (trials > spec->described)
        spec->job.trials = trials;
    return spec;
}

struct job_spec *job_spec_measured(struct client *c, const struct subject *s, bool *ok,
                                   struct err *err) {
    struct job_spec *spec = s->row.frontier.len > 0 ? job_spec_read(c, s, err) : NULL;
    *ok = spec != NULL || s->row.frontier.len == 0;
    return spec;
}

void job_spec_free(struct job_spec **spec) {
    if (*spec == NULL)
        return;
    free((*spec)->memory);
    free(*spec);
    *spec = NULL;
}
