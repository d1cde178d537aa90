/* text_assert - cmocka's string assertion for spans and bufs. */
#ifndef ZYG_TEXT_ASSERT_H
#define ZYG_TEXT_ASSERT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "proto/base/bytes.h"

#include <string.h>

static inline void assert_text(struct span got, const char *expected) {
    char copy[4096];
    assert_true(got.len < sizeof copy);
    if (got.len > 0)
        memcpy(copy, got.data, got.len);
    copy[got.len] = '\0';
    assert_string_equal(copy, expected);
    assert_int_equal(got.len, strlen(expected)); /* no zero byte inside */
}

/* What `write` leaves in a buf. */
#define assert_written(expected, write)                                                            \
    do {                                                                                           \
        uint8_t written_memory[4096];                                                              \
        struct buf out = buf_of(written_memory, sizeof written_memory);                            \
        write;                                                                                     \
        assert_false(out.overflow);                                                                \
        assert_text(buf_view(&out), (expected));                                                   \
    } while (0)

#endif
