#include "actors/executor/printout.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { HEAD = LIMIT_LOG_HEAD_BYTES, TAIL = LIMIT_LOG_TAIL_BYTES };

static struct printout printout;

/* The byte printed at this offset. */
static uint8_t byte_at(uint64_t offset) {
    return (uint8_t)(offset * 31 + offset / 251);
}

static void print_until(uint64_t end, size_t piece) {
    static uint8_t bytes[200000];
    while (printout.bytes < end) {
        size_t len = end - printout.bytes < piece ? (size_t)(end - printout.bytes) : piece;
        for (size_t i = 0; i < len; i++)
            bytes[i] = byte_at(printout.bytes + i);
        printout_add(&printout, span_of(bytes, len));
    }
}

static void assert_kept(uint64_t bytes) {
    static uint8_t memory[TAIL];
    struct buf tail = buf_of(memory, sizeof memory);
    struct span head = printout_head(&printout);
    printout_tail(&printout, &tail);
    size_t expected_head = bytes < HEAD ? (size_t)bytes : HEAD;
    size_t expected_tail = bytes - expected_head < TAIL ? (size_t)(bytes - expected_head) : TAIL;
    assert_int_equal(printout.bytes, bytes);
    assert_int_equal(head.len, expected_head);
    assert_int_equal(tail.len, expected_tail);
    assert_int_equal(printout_tail_len(&printout), expected_tail);
    assert_false(tail.overflow);
    for (size_t i = 0; i < head.len; i++)
        assert_int_equal(head.data[i], byte_at(i));
    for (size_t i = 0; i < tail.len; i++)
        assert_int_equal(tail.data[i], byte_at(bytes - tail.len + i));
}

static void first_and_last_bytes_are_kept(void **state) {
    (void)state;
    static const uint64_t ends[] = {0,
                                    1,
                                    HEAD - 1,
                                    HEAD,
                                    HEAD + 1,
                                    HEAD + TAIL - 1,
                                    HEAD + TAIL,
                                    HEAD + TAIL + 1,
                                    HEAD + 2 * TAIL,
                                    HEAD + 2 * TAIL + 77,
                                    1000000};
    static const size_t pieces[] = {1, 1000, 16384, 200000};
    for (size_t p = 0; p < sizeof pieces / sizeof pieces[0]; p++) {
        printout_init(&printout);
        for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
            print_until(ends[i], pieces[p]);
            assert_kept(ends[i]);
        }
    }
}

static void nothing_adds_nothing(void **state) {
    (void)state;
    printout_init(&printout);
    printout_add(&printout, (struct span){0});
    assert_kept(0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_and_last_bytes_are_kept),
        cmocka_unit_test(nothing_adds_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
