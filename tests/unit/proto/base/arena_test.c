#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "proto/base/arena.h"

#include <stdalign.h>
#include <string.h>

static void gives_zeroed_aligned_memory(void **state) {
    (void)state;
    alignas(max_align_t) uint8_t memory[256];
    memset(memory, 0xff, sizeof memory);
    struct arena a = arena_of(memory, sizeof memory);
    const uint8_t zeros[40] = {0};
    uint8_t *first = arena_take(&a, 3);
    uint8_t *second = arena_take(&a, 40);
    assert_ptr_equal(first, memory);
    assert_ptr_equal(second, memory + alignof(max_align_t));
    assert_memory_equal(first, zeros, 3);
    assert_memory_equal(second, zeros, 40);
    assert_int_equal(memory[3], 0xff); /* what was not asked for is not touched */
    assert_false(a.full);
}

static void aligns_in_memory_that_is_not(void **state) {
    (void)state;
    alignas(max_align_t) uint8_t memory[128];
    struct arena a = arena_of(memory + 1, 100);
    uint8_t *taken = arena_take(&a, 1);
    assert_ptr_equal(taken, memory + alignof(max_align_t));
}

static void says_when_it_is_full(void **state) {
    (void)state;
    alignas(max_align_t) uint8_t memory[64];
    struct arena a = arena_of(memory, sizeof memory);
    assert_non_null(arena_take(&a, 48));
    assert_null(arena_take(&a, 17));
    assert_true(a.full);
    assert_null(arena_take(&a, 1)); /* it stays full: a set of objects is whole or not there */
    a = arena_of(memory, sizeof memory);
    assert_null(arena_take(&a, SIZE_MAX));
    a = arena_of(memory, sizeof memory);
    assert_non_null(arena_take(&a, sizeof memory));
    assert_false(a.full);
    assert_null(arena_take(&a, 1));
    a = arena_of(NULL, 0);
    assert_null(arena_take(&a, 1));
}

static void copies_spans(void **state) {
    (void)state;
    alignas(max_align_t) uint8_t memory[64];
    struct arena a = arena_of(memory, sizeof memory);
    char text[] = "abc";
    struct span copy = arena_copy(&a, span_text(text));
    text[0] = 'x';
    assert_int_equal(copy.len, 3);
    assert_memory_equal(copy.data, "abc", 3);
    assert_int_equal(arena_copy(&a, (struct span){0}).len, 0);
    assert_false(a.full);
    uint8_t large[65] = {0};
    assert_int_equal(arena_copy(&a, span_of(large, sizeof large)).len, 0);
    assert_true(a.full);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_zeroed_aligned_memory),
        cmocka_unit_test(aligns_in_memory_that_is_not),
        cmocka_unit_test(says_when_it_is_full),
        cmocka_unit_test(copies_spans),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
