/* Any lines to the ask-tell protocol: each gets one line of JSON, a study that is searched stays
 * whole, and all memory comes back. Inputs of odd
 * length let the study work ahead between lines. */
#include "actors/tuner/talk/talk.h"
#include "proto/base/check.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
    BYTES_MOST = 64 << 20, /* of one block: more there is not */
    LINES_MOST = 100
};

static struct talk talk;
static uint8_t reply_memory[TALK_REPLY_BYTES];
static uint8_t scratch[65536];
static size_t taken;

static void *take(void *context, size_t bytes) {
    (void)context;
    void *memory = bytes <= BYTES_MOST ? malloc(bytes) : NULL;
    taken += memory != NULL ? bytes : 0;
    return memory;
}

static void give(void *context, void *memory, size_t bytes) {
    (void)context;
    taken -= bytes;
    free(memory);
}

static void check_reply(struct span reply) {
    struct json j;
    ensure(reply.len > 0 && memchr(reply.data, '\n', reply.len) == reply.data + reply.len - 1);
    json_start(&j, reply, scratch, sizeof scratch);
    ensure(json_next(&j) == JSON_OBJECT);
    ensure(json_skip(&j, JSON_OBJECT));
    ensure(json_next(&j) == JSON_END);
}

static void check_trials(const struct study *study) {
    if (study == NULL)
        return;
    const struct trials *t = study_trials(study);
    ensure(t->count <= t->capacity);
    ensure(t->finished_count == t->ended_count + t->failed_count);
    ensure(t->finished_count + t->active_count <= t->count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const struct talk_setup setup = {
        .take = take, .give = give, .method = METHOD_RANDOM, .beyond = 100};
    struct span rest = span_of(data, size);
    bool prepares = size % 2 == 1;
    talk_init(&talk, &setup);
    for (int lines = 0; rest.len > 0 && !talk.over && lines < LINES_MOST; lines++) {
        struct buf reply = buf_of(reply_memory, sizeof reply_memory);
        const uint8_t *feed = memchr(rest.data, '\n', rest.len);
        size_t len = feed == NULL ? rest.len : (size_t)(feed - rest.data);
        talk_line(&talk, span_of(rest.data, len), &reply);
        ensure(!reply.overflow);
        if (!talk.over)
            check_reply(buf_view(&reply));
        check_trials(talk.study);
        if (prepares)
            talk_prepare(&talk);
        rest = span_from(rest, feed == NULL ? len : len + 1);
    }
    talk_release(&talk);
    ensure(taken == 0);
    return 0;
}
