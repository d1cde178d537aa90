#include "cmd/cli/proposals.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "actors/kit/board.h"
#include "actors/tuner/tuner.h"
#include "proto/base/check.h"
#include "proto/base/ranges.h"

struct proposals {
    const struct job *job;
    struct board *board;
    struct tuner tuner;
    void *memory;
    bool proposed;
    size_t config_len;
    uint8_t config[LIMIT_FRAME_BYTES];
};

/* Sits where sched would. */
static void proposals_hear(void *self, const struct event *event) {
    struct proposals *p = self;
    if (event->msg.kind != MSG_proposed)
        return;
    struct span config = event->msg.proposed.config;
    memcpy(p->config, config.data, config.len);
    p->config_len = config.len;
    p->proposed = true;
}

static void post(struct proposals *p, const struct msg *m) {
    board_post_to(p->board, ROOM_TUNER, ROOM_SCHED, 0, m);
    board_run(p->board, (struct moment){0});
}

struct proposals *proposals_new(const struct job_file *file) {
    struct proposals *p = calloc(1, sizeof *p);
    ensure(p != NULL);
    p->job = &file->job;
    p->board = board_new();
    p->memory = mmap(NULL, tuner_memory(TUNER_POOL_LEAST), PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    ensure(p->memory != MAP_FAILED);
    tuner_init(&p->tuner, p->memory, tuner_memory(TUNER_POOL_LEAST));
    struct core core = tuner_core(&p->tuner);
    struct port port = {.room = ROOM_SCHED, .self = p, .perform = proposals_hear};
    board_seat_core(p->board, &core);
    board_seat_port(p->board, &port);

    uint8_t none[16];
    struct buf finished = buf_of(none, sizeof none);
    ranges_encode(&(struct ranges){0}, &finished);
    struct msg open = {.kind = MSG_job_open,
                       .job_open = {.spec = file->spec,
                                    .finished = buf_view(&finished),
                                    .trials = file->job.trials}};
    post(p, &open);
    return p;
}

void proposals_destroy(struct proposals **p) {
    if (*p == NULL)
        return;
    board_destroy(&(*p)->board);
    munmap((*p)->memory, tuner_memory(TUNER_POOL_LEAST));
    free(*p);
    *p = NULL;
}

bool proposals_get(struct proposals *p, uint64_t slot, struct value *values) {
    struct msg propose = {.kind = MSG_propose, .propose = {.slot = slot}};
    p->proposed = false;
    post(p, &propose);
    return p->proposed &&
           config_decode(span_of(p->config, p->config_len), values, p->job->params_count);
}
