/* talk_stage - a talk whose memory is counted: what is said, what is answered. */
#ifndef ZYG_TEST_TALK_STAGE_H
#define ZYG_TEST_TALK_STAGE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "actors/tuner/talk/talk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct talk talk;
static char reply_memory[TALK_REPLY_BYTES];
static int blocks;

static inline void *take(void *context, size_t bytes) {
    (void)context;
    if (bytes > 1u << 30)
        return NULL;
    blocks++;
    return malloc(bytes);
}

static inline void give(void *context, void *memory, size_t bytes) {
    (void)context;
    (void)bytes;
    blocks--;
    free(memory);
}

static inline int begin_test(void **state) {
    const struct talk_setup setup = {
        .take = take, .give = give, .method = METHOD_RANDOM, .beyond = 100};
    (void)state;
    talk_init(&talk, &setup);
    return 0;
}

static inline int end_test(void **state) {
    (void)state;
    talk_release(&talk);
    assert_int_equal(blocks, 0);
    return 0;
}

/* Without its line feed. */
static inline const char *say(const char *line) {
    struct buf reply = buf_of(reply_memory, sizeof reply_memory);
    talk_line(&talk, span_text(line), &reply);
    assert_false(reply.overflow);
    if (reply.len > 0)
        assert_int_equal(reply_memory[--reply.len], '\n');
    reply_memory[reply.len] = '\0';
    return reply_memory;
}

static inline void expect(const char *line, const char *reply) {
    assert_string_equal(say(line), reply);
}

static inline void expect_error(const char *line, const char *what) {
    char wanted[512];
    snprintf(wanted, sizeof wanted, "{\"error\":\"%s\"}", what);
    expect(line, wanted);
}

#define ASK "{\"op\":\"ask\"}"
#define RATE "{\"name\":\"rate\",\"type\":\"float\",\"low\":0,\"high\":1}"

#endif
