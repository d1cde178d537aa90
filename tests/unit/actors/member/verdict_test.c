#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "actors/member/verdict.h"

static void the_quorum_is_three_fifths_and_two(void **state) {
    (void)state;
    static const uint32_t quorums[] = {2, 2, 2, 2, 3, 3, 4, 5, 5, 6, 6, 7, 8, 8, 9, 9, 10};
    for (uint32_t live = 0; live < sizeof quorums / sizeof quorums[0]; live++)
        assert_int_equal(verdict_quorum(live), quorums[live]);
    assert_int_equal(verdict_quorum(24), 15);
}

/* 20 s - 18.5 s x log(A) / log(H), by hand. */
static void patience_falls_with_every_accuser(void **state) {
    (void)state;
    assert_int_equal(verdict_patience(1, 2), 20000);
    assert_int_equal(verdict_patience(2, 2), 1500);
    assert_int_equal(verdict_patience(1, 10), 20000);
    assert_int_equal(verdict_patience(2, 10), 14432); /* 0.30103 */
    assert_int_equal(verdict_patience(5, 10), 7070);  /* 0.69897 */
    assert_int_equal(verdict_patience(9, 10), 2347);  /* 0.95424 */
    assert_int_equal(verdict_patience(10, 10), 1500);
    assert_int_equal(verdict_patience(99, 99), 1500);
    for (uint32_t quorum = 2; quorum <= NEIGHBOURS_MAX; quorum++) {
        for (uint32_t accusers = 1; accusers < quorum; accusers++)
            assert_true(verdict_patience(accusers, quorum) >
                        verdict_patience(accusers + 1, quorum));
    }
}

static void judged_by_the_table(void **state) {
    (void)state;
    static const struct {
        struct tally tally;
        enum member_state verdict;
        dur_ms wait;
    } table[] = {
        /* observers, accusers, refused, vouchers, age, alone */
        {{2, 0, 0, 0, 90000, false}, MEMBER_NONE, WHEN_NEVER},
        {{1, 1, 0, 0, 0, false}, MEMBER_NONE, 20000},
        {{1, 1, 0, 0, 19999, false}, MEMBER_NONE, 20000},
        {{1, 1, 0, 0, 20000, false}, MEMBER_UNREACHABLE, 20000},
        {{1, 1, 0, 0, 1499, true}, MEMBER_NONE, 1500}, /* two are left: nobody to wait for */
        {{1, 1, 0, 0, 1500, true}, MEMBER_UNREACHABLE, 1500},
        {{1, 1, 1, 0, 0, true}, MEMBER_DEAD, WHEN_NEVER},
        {{1, 1, 1, 0, 0, false}, MEMBER_DEAD, WHEN_NEVER}, /* all that could look were refused */
        {{2, 1, 1, 0, 0, false}, MEMBER_UNREACHABLE, WHEN_NEVER}, /* the refusal is one more */
        {{2, 2, 0, 0, 0, false}, MEMBER_UNREACHABLE, WHEN_NEVER},
        {{2, 2, 2, 0, 0, false}, MEMBER_DEAD, WHEN_NEVER},
        {{2, 2, 1, 0, 0, false}, MEMBER_UNREACHABLE, WHEN_NEVER},
        {{2, 1, 0, 1, 90000, false}, MEMBER_NONE, WHEN_NEVER}, /* somebody hears it: no verdict */
        {{16, 9, 0, 0, 0, false}, MEMBER_NONE, 2347},
        {{16, 9, 0, 0, 2347, false}, MEMBER_UNREACHABLE, 2347},
        {{16, 9, 0, 1, 90000, false}, MEMBER_NONE, WHEN_NEVER},
        {{16, 9, 1, 1, 0, false}, MEMBER_UNREACHABLE, WHEN_NEVER},
        {{16, 10, 0, 6, 0, false},
         MEMBER_UNREACHABLE,
         WHEN_NEVER}, /* a quorum outvotes those who hear it */
        {{16, 10, 9, 0, 0, false}, MEMBER_UNREACHABLE, WHEN_NEVER},
        {{16, 10, 10, 0, 0, false}, MEMBER_DEAD, WHEN_NEVER},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        dur_ms wait;
        assert_int_equal(verdict_of(&table[i].tally, &wait), table[i].verdict);
        assert_true(wait == table[i].wait);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_quorum_is_three_fifths_and_two),
        cmocka_unit_test(patience_falls_with_every_accuser),
        cmocka_unit_test(judged_by_the_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
