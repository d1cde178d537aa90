/* submit_one - how long one trial takes, from the moment a client submits its job to the moment it hears that its result is
 * durable.
 *
 *   submit_one JOB_FILE COUNT REST_MS     the median of COUNT of them, in us; the node is the one of $ZYG_STATE
 *
 * Between two of them the nodes rest, for what is measured is a quiet cluster's answer: behind the answer the end of the job is
 * still kept, spread and acknowledged, which takes a few syncs and round trips. No client is told when that is over, so
 * there is nothing but time to wait for.
 */
#include "cmd/cli/cli.h"
#include "cmd/cli/job_load.h"
#include "proto/base/check.h"
#include "proto/trust/bundle.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

const struct verb verbs[] = {{0}}; /* none: the library asks for them */

enum { PATIENCE_MS = 10000, BUNDLE_BYTES = LIMIT_JOB_SPEC_BYTES + 1024 };

static int64_t now_us(void) {
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (int64_t)at.tv_sec * 1000000 + at.tv_nsec / 1000;
}

static void must(bool good, const struct err *err) {
    if (good)
        return;
    fprintf(stderr, "submit_one: %s\n", err->what);
    exit(1);
}

static struct span sign(const struct signer *signer, struct span spec, void *memory,
                        struct job_id *id) {
    struct bundle_writer w;
    struct msg fact = {.kind = MSG_job_fact,
                       .job_fact = {.owner = signer->id,
                                    .nonce = (uint64_t)now_us(),
                                    .created = (wall_ms)time(NULL) * 1000,
                                    .spec = spec}};
    *id = job_id_of(&fact.job_fact);
    bundle_begin(&w, signer, (uint64_t)now_us(), 0, memory, BUNDLE_BYTES);
    ensure(bundle_add(&w, &fact));
    return bundle_seal(&w);
}

static int64_t one(struct client *c, struct span spec) {
    static uint8_t memory[BUNDLE_BYTES];
    struct err err = {.what = "no answer in time"};
    struct job_id id;
    struct msg answer = {.kind = MSG_NONE};
    struct msg submit = {.kind = MSG_submit,
                         .submit = {.bundle = sign(client_signer(c), spec, memory, &id),
                                    .run = true,
                                    .watch = true}};
    int64_t began = now_us();
    must(client_call(c, &submit, MSG_accepted, &answer, &err), &err);
    do
        must(client_next(c, &answer, PATIENCE_MS, &err) == CLIENT_ANSWER, &err);
    while (answer.kind != MSG_job_row || answer.job_row.state == JOB_OPEN);
    int64_t took = now_us() - began;
    if (answer.job_row.state != JOB_DONE)
        must(false, err_set(&err, ERR_JOB_FAILED, "the job has failed") ? NULL : &err);
    return took;
}

static int by_size(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

int main(int argc, char **argv) {
    struct err err = {.what = "usage: submit_one JOB_FILE COUNT REST_MS"};
    process_prepare();
    must(argc == 4, &err);
    struct job_file *file = job_load(argv[1], &err);
    must(file != NULL, &err);
    struct client *c = client_open(NULL, &err);
    must(c != NULL, &err);
    size_t count = strtoull(argv[2], NULL, 10);
    const long rest_ms = strtol(argv[3], NULL, 10);
    int64_t *took = calloc(count + 1, sizeof *took);
    ensure(took != NULL);
    for (size_t i = 0; i < count; i++) {
        took[i] = one(c, file->spec);
        nanosleep(&(struct timespec){.tv_nsec = rest_ms * 1000000}, NULL);
    }
    qsort(took, count, sizeof *took, by_size);
    printf("%jd\n", (intmax_t)took[count / 2]);
    free(took);
    client_close(&c);
    job_file_destroy(&file);
    process_end(0);
}
