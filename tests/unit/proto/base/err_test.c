#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "proto/base/err.h"

#include <string.h>

static void keeps_cause_and_trail(void **state) {
    (void)state;
    struct err err = {0};
    assert_false(err_set(&err, ERR_STORE_FULL, "map is full at %u MiB", 64u));
    assert_int_equal(err.code, ERR_STORE_FULL);
    assert_string_equal(err.what, "map is full at 64 MiB");
    assert_string_equal(err.context, "");
    assert_false(err_context(&err, "saving slot %d", 7));
    assert_string_equal(err.context, "saving slot 7");
    assert_false(err_context(&err, "finishing job %s", "digits"));
    assert_string_equal(err.context, "finishing job digits: saving slot 7");
    assert_false(err_set(&err, ERR_BUSY, "no seat"));
    assert_string_equal(err.context, ""); /* a new error has no old trail */
    assert_int_equal(err.code, ERR_BUSY);
}

static void cuts_what_is_too_long(void **state) {
    (void)state;
    char text[1000];
    memset(text, 'a', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    struct err err = {0};
    err_set(&err, ERR_SYSTEM, "%s", text);
    assert_int_equal(strlen(err.what), sizeof err.what - 1);
    err_context(&err, "%s", text);
    assert_int_equal(strlen(err.context), sizeof err.context - 1);
    err_context(&err, "outer");
    assert_int_equal(strlen(err.context), sizeof err.context - 1);
    assert_memory_equal(err.context, "outer: aaa", 10);
    err_context(&err, "%s", text); /* no room for any trail behind it */
    assert_int_equal(err.context[0], 'a');
}

/* Numbers and exit statuses are a contract with scripts and other versions. */
static void table_stands(void **state) {
    (void)state;
    const struct {
        enum err_code code;
        int number;
        int exit_status;
        bool retry;
    } table[] = {
        {ERR_NONE, 0, 0, false},        {ERR_USAGE, 1, 2, false},
        {ERR_UNREACHABLE, 2, 3, true},  {ERR_NOT_FOUND, 3, 4, false},
        {ERR_NOT_ALLOWED, 4, 5, false}, {ERR_BAD_JOB_FILE, 5, 6, false},
        {ERR_JOB_FAILED, 6, 1, false},  {ERR_CANCELLED, 7, 8, false},
        {ERR_TIMED_OUT, 8, 124, true},  {ERR_INTERRUPTED, 9, 130, true},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        assert_int_equal(table[i].code, table[i].number);
        assert_int_equal(err_exit_status(table[i].code), table[i].exit_status);
        assert_int_equal(err_can_retry(table[i].code), table[i].retry);
    }
    for (int code = 0; code < ERR_COUNT; code++) {
        assert_true(strlen(err_sentence((enum err_code)code)) > 0);
        assert_int_equal(err_code_of((uint64_t)code), code);
    }
    assert_string_equal(err_sentence(ERR_BAD_JOB_FILE), "the job file is not right");
    assert_int_equal(err_code_of(ERR_COUNT), ERR_INTERNAL);
    assert_int_equal(err_code_of(UINT64_MAX), ERR_INTERNAL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_cause_and_trail),
        cmocka_unit_test(cuts_what_is_too_long),
        cmocka_unit_test(table_stands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
