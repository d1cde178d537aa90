#include "store/ops.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void what_was_put_is_read_back_in_order(void **state) {
    (void)state;
    uint8_t memory[256];
    struct buf out = buf_of(memory, sizeof memory);
    ops_put(&out, TABLE_jobs, span_text("k1"), span_text("value"));
    ops_delete(&out, TABLE_trials, span_text("k2"));
    ops_put(&out, TABLE_rank, span_text("k3"), (struct span){0});
    struct ops ops = ops_of(buf_view(&out));
    struct op op;
    bool wrong;
    assert_true(ops_next(&ops, &op, &wrong));
    assert_int_equal(op.table, TABLE_jobs);
    assert_true(op.put);
    assert_true(span_is(op.key, "k1"));
    assert_true(span_is(op.value, "value"));
    assert_true(ops_next(&ops, &op, &wrong));
    assert_int_equal(op.table, TABLE_trials);
    assert_false(op.put);
    assert_true(span_is(op.key, "k2"));
    assert_true(ops_next(&ops, &op, &wrong));
    assert_true(op.put);
    assert_int_equal(op.value.len, 0);
    assert_false(ops_next(&ops, &op, &wrong));
    assert_false(wrong);
}

static void an_empty_run_has_no_operations(void **state) {
    (void)state;
    struct ops ops = ops_of((struct span){0});
    struct op op;
    bool wrong = true;
    assert_false(ops_next(&ops, &op, &wrong));
    assert_false(wrong);
}

static void expect_wrong(const void *bytes, size_t len) {
    struct ops ops = ops_of(span_of(bytes, len));
    struct op op;
    bool wrong = false;
    assert_false(ops_next(&ops, &op, &wrong));
    assert_true(wrong);
    assert_false(ops_next(&ops, &op, &wrong));
    assert_true(wrong); /* and stays so */
}

static void bytes_that_are_not_operations_are_told(void **state) {
    (void)state;
    expect_wrong("\xc0", 1);                           /* not an array */
    expect_wrong("\x91\x01", 2);                       /* one element */
    expect_wrong("\x94\x01\xc4\x01k\xc4\x01v\x01", 9); /* four elements */
    expect_wrong("\x93\x00\xc4\x01k\xc4\x01v", 8);     /* table 0 */
    expect_wrong("\x93\x63\xc4\x01k\xc4\x01v", 8);     /* table 99 */
    expect_wrong("\x93\xcf\xff\xff\xff\xff\x00\x00\x00\x01\xc4\x01k\xc4\x01v", 16);
    expect_wrong("\x92\x01\xc4\x00", 4);           /* empty key */
    expect_wrong("\x93\x01\xc4\x01k\xc4\x09v", 8); /* value longer than what follows */
    expect_wrong("\x93\x01\xc4\x01k", 5);          /* cut short */
    uint8_t long_key[5 + 512] = {0x92, 0x01, 0xc5, 0x02, 0x00};
    expect_wrong(long_key, sizeof long_key);
}

static void every_cut_is_wrong_or_whole(void **state) {
    (void)state;
    uint8_t memory[64];
    struct buf out = buf_of(memory, sizeof memory);
    ops_put(&out, TABLE_meta, span_text("key"), span_text("value"));
    for (size_t len = 1; len < out.len; len++)
        expect_wrong(memory, len);
}

static void a_full_buffer_is_marked(void **state) {
    (void)state;
    uint8_t memory[8];
    struct buf out = buf_of(memory, sizeof memory);
    ops_put(&out, TABLE_meta, span_text("key"), span_text("value"));
    assert_true(out.overflow);
}

static void tables_have_names(void **state) {
    (void)state;
    assert_string_equal(table_name(TABLE_meta), "meta");
    assert_string_equal(table_name(TABLE_events), "events");
    assert_null(table_name(TABLE_NONE));
    assert_null(table_name(TABLE_COUNT));
    assert_null(table_name((enum table)1000));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_put_is_read_back_in_order),
        cmocka_unit_test(an_empty_run_has_no_operations),
        cmocka_unit_test(bytes_that_are_not_operations_are_told),
        cmocka_unit_test(every_cut_is_wrong_or_whole),
        cmocka_unit_test(a_full_buffer_is_marked),
        cmocka_unit_test(tables_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
