#include "actors/node/load.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

enum { TICKS = 100 };

static void the_first_line_counts_what_is_not_idle(void **state) {
    (void)state;
    assert_int_equal(load_parse(span_text("cpu  1 20 300 4000 50000 600000 7000000 80000000 9 9\n"
                                          "cpu0 1 1 1 1 1 1 1 1 1 1\n")),
                     1 + 20 + 300 + 600000 + 7000000 + 80000000);
    assert_int_equal(load_parse(span_text("")), 0);
    assert_int_equal(load_parse(span_text("cpu  1 2 3")), 0);
    assert_int_equal(load_parse(span_text("intr 1 2 3 4 5 6 7 8")), 0);
}

static bool changed(struct load *l, uint64_t all, uint64_t own, when_ms now) {
    const struct load_sample sample = {.all = all, .own = own};
    return load_changed(l, &sample, TICKS, now);
}

static void it_is_what_others_took(void **state) {
    (void)state;
    struct load l = {0};
    assert_false(changed(&l, 1000, 100, 5000)); /* nothing to compare with */
    /* In 5 s two processors were busy for 1000 ticks; 350 of them are ours. */
    assert_true(changed(&l, 2000, 450, 10000));
    assert_int_equal(l.said, 1300);
    assert_true(changed(&l, 3000, 1020, 15000));
    assert_int_equal(l.said, 860);
}

static void small_changes_are_not_told(void **state) {
    (void)state;
    struct load l = {0};
    assert_false(changed(&l, 1000, 0, 0));
    assert_false(changed(&l, 1049, 0, 5000)); /* 98 */
    assert_true(changed(&l, 1099, 0, 10000)); /* 100 */
    assert_int_equal(l.said, 100);
    assert_false(changed(&l, 1100, 0, 15000)); /* 2: less than a tenth of a processor */
    assert_int_equal(l.said, 100);
    assert_true(changed(&l, 6100, 0, 20000));
    assert_int_equal(l.said, 10000);
    assert_false(changed(&l, 10600, 0, 25000)); /* 9000: less than an eighth */
    assert_true(changed(&l, 14900, 0, 30000));
    assert_int_equal(l.said, 8600);
}

static void what_cannot_be_is_nothing(void **state) {
    (void)state;
    struct load l = {0};
    assert_false(changed(&l, 1000, 0, 5000));
    assert_false(changed(&l, 1000 + 500, 2000, 10000)); /* the two were not read at once */
    assert_false(changed(&l, 900, 0, 15000));           /* counters went back */
    assert_false(changed(&l, 5000, 0, 15000));          /* no time has passed */
    assert_int_equal(l.said, 0);
    struct load none = {0};
    assert_false(changed(&none, 0, 0, 5000)); /* the system does not tell */
    assert_false(changed(&none, 0, 0, 10000));
    assert_int_equal(none.said, 0);
}

/* One reading that failed says nothing, nor does what came before it: counters are compared with those just before. */
static void a_reading_that_failed_is_passed_over(void **state) {
    (void)state;
    struct load l = {0};
    assert_false(changed(&l, 100000, 0, 5000));
    assert_false(changed(&l, 0, 0, 10000));
    assert_false(changed(&l, 100200, 0, 15000));
    assert_int_equal(l.said, 0);
    assert_true(changed(&l, 100700, 0, 20000));
    assert_int_equal(l.said, 1000);
}

static void burn(clock_t until) {
    while (clock() < until)
        continue;
}

/* What a child takes is this process's own, while it lives and when it has ended. */
static void children_are_our_own(void **state) {
    (void)state;
    const struct load_sample before = load_read();
    if (before.all == 0)
        skip();
    int ready[2], end[2];
    char byte = 0;
    assert_int_equal(pipe(ready), 0);
    assert_int_equal(pipe(end), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        close(end[1]);
        burn(CLOCKS_PER_SEC / 4);
        if (write(ready[1], &byte, 1) == 1)
            _exit((int)read(end[0], &byte, 1));
        _exit(1);
    }
    close(end[0]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    uint64_t fifth = (uint64_t)sysconf(_SC_CLK_TCK) / 5;
    uint64_t alive = load_read().own;
    assert_true(alive >= before.own + fifth);
    close(end[1]);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    const struct load_sample after = load_read();
    assert_true(after.own >= before.own + fifth);
    assert_true(after.own <= alive + fifth);
    assert_true(after.all > before.all);
    close(ready[0]);
    close(ready[1]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_line_counts_what_is_not_idle),
        cmocka_unit_test(it_is_what_others_took),
        cmocka_unit_test(small_changes_are_not_told),
        cmocka_unit_test(what_cannot_be_is_nothing),
        cmocka_unit_test(a_reading_that_failed_is_passed_over),
        cmocka_unit_test(children_are_our_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
