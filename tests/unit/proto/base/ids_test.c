#include "tests/unit/proto/base/text_assert.h"

#include "proto/base/ids.h"

static void every_byte_counts(void **state) {
    (void)state;
    for (size_t i = 0; i < NODE_ID_BYTES; i++) {
        struct node_id a = {{0}}, b = {{0}};
        assert_true(node_id_equal(&a, &b));
        b.bytes[i] = 1;
        assert_false(node_id_equal(&a, &b));
    }
    for (size_t i = 0; i < JOB_ID_BYTES; i++) {
        struct job_id a = {{0}}, b = {{0}};
        assert_true(job_id_equal(&a, &b));
        b.bytes[i] = 0x80;
        assert_false(job_id_equal(&a, &b));
    }
}

static void prints_as_hex(void **state) {
    (void)state;
    const struct node_id node = {{0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0x99}};
    assert_written("0123456789abcdef", node_id_print(&out, &node));
    const struct job_id job = {{0x3f, 0x2a, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0xfd}};
    assert_written("3f2a000102030405060708090a0b0cfd", job_id_print(&out, &job));
    assert_written("digits-3f2a", job_handle_print(&out, span_text("digits"), &job));
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_byte_counts),
                                       cmocka_unit_test(prints_as_hex)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
