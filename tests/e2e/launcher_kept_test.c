/* The launcher with the real zyg-run: trials that have a parent of their own, and what they may do to it. */
#define _GNU_SOURCE
#include "tests/e2e/launcher_world.h"

static int set_up_kept(void **state) {
    int error = set_up(state);
    struct world *w = *state;
    w->kept = true;
    return error;
}

static void make_fifo(const struct world *w, char path[256]) {
    snprintf(path, 256, "%s/go", w->dir);
    assert_int_equal(mkfifo(path, 0600), 0);
}

static void let_go(const char *fifo) {
    int fd = open(fifo, O_WRONLY | O_CLOEXEC);
    assert_int_equal(write(fd, "\n", 1), 1);
    close(fd);
}

static pid_t parent_of(pid_t pid) {
    struct kin_stat stat;
    assert_true(kin_stat(pid, &stat));
    return stat.parent;
}

static void nobody_is_below_zyg_run(void) {
    char path[64];
    struct children children = {0};
    pid_t zyg_run = zyg_run_pid();
    snprintf(path, sizeof path, "/proc/%jd/task/%jd/children", (intmax_t)zyg_run,
             (intmax_t)zyg_run);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    kin_children(fd, count_child, &children);
    close(fd);
    assert_int_equal(children.count, 0);
}

static void it_runs_as_any_other(void **state) {
    struct world *w = *state;
    order_shell(w, 1,
                "echo $ZYG_TRIAL $GREETING; echo two >&2; for f in 3 4 5 6 7 8 9; do "
                "[ ! -e /proc/$$/fd/$f ] || echo open $f; done; exit 7");
    struct heard *h = wait_over(w, 1);
    assert_true(h->spawned);
    assert_int_equal(h->status, 7);
    assert_int_equal(h->signal, 0);
    assert_false(h->orphan);
    assert_true(h->rss_kib > 0);
    assert_string_equal(h->output, "4 hello\ntwo\n");
    order_shell(w, 2, "kill -SEGV $$");
    assert_int_equal(wait_over(w, 2)->signal, SIGSEGV);
    assert_false(w->runs[2].orphan);
    order_shell(w, 3, "sleep 1000 & echo pid $!; wait");
    wait_output(w, 3, "pid ");
    assert_int_not_equal(parent_of((pid_t)w->runs[3].pid), zyg_run_pid());
    order_kill(w, 3, SIGKILL);
    assert_int_equal(wait_over(w, 3)->signal, SIGKILL);
    assert_false(w->runs[3].orphan);
    assert_gone(number_after(w->runs[3].output, "pid "));
    nobody_is_below_zyg_run();
    assert_int_equal(w->downs, 0);
}

static void what_cannot_be_started_is_known_at_once(void **state) {
    struct world *w = *state;
    order_program(w, 1, "no-such-program");
    assert_string_equal(wait_over(w, 1)->what,
                        "cannot start 'no-such-program': it was not found in PATH");
    assert_int_equal(w->runs[1].error, ENOENT);
    order(w, 2, span_of("/bin/true", 10), "/no/such/folder", span_text("{}"));
    assert_string_equal(wait_over(w, 2)->what,
                        "cannot start in '/no/such/folder': there is no such folder");
    order_program(w, 3, "/");
    assert_int_equal(wait_over(w, 3)->error, EACCES);
    order_shell(w, 4, "exit 0");
    assert_true(wait_over(w, 4)->exited);
    nobody_is_below_zyg_run();
}

static void it_may_kill_its_parent_and_no_other_trial(void **state) {
    struct world *w = *state;
    char path[256];
    make_fifo(w, path);
    order_shell(w, 1, "echo ready; read line < go; exit 4");
    wait_output(w, 1, "ready");
    for (uint64_t run = 2; run < 12; run++) {
        order_shell(w, run,
                    "(setsid sleep 1000 > /dev/null 2>&1 & echo pid $!); kill -9 $PPID; "
                    "sleep 1000");
        struct heard *h = wait_over(w, run);
        assert_true(h->exited);
        assert_true(h->orphan);
        assert_int_equal(h->signal, SIGKILL);
        assert_gone(number_after(h->output, "pid "));
    }
    assert_false(w->runs[1].exited);
    let_go(path);
    assert_int_equal(wait_over(w, 1)->status, 4);
    assert_false(w->runs[1].orphan);
    assert_int_equal(w->downs, 0);
    nobody_is_below_zyg_run();
}

/* Killed before it was heard of: it is known which trial that was all the same. */
static void it_may_kill_its_parent_at_once(void **state) {
    struct world *w = *state;
    for (uint64_t run = 1; run <= 40; run++)
        order_shell(w, run, "kill -9 $PPID; exit 0");
    for (uint64_t run = 1; run <= 40; run++) {
        wait_over(w, run);
        assert_true(w->runs[run].exited);
        assert_true(w->runs[run].orphan);
    }
    assert_int_equal(w->downs, 0);
    nobody_is_below_zyg_run();
}

static void it_may_stop_its_parent(void **state) {
    struct world *w = *state;
    for (uint64_t run = 1; run <= 4; run++) {
        w->kept = run > 2;
        order_shell(w, run, run % 2 == 0 ? "exit 0" : "kill -STOP $PPID; exit 3");
        assert_int_equal(wait_over(w, run)->status, run % 2 == 0 ? 0 : 3);
        assert_false(w->runs[run].orphan);
    }
    assert_int_equal(w->downs, 0);
}

/* The others do not wait for that: they begin and end. */
static void it_may_stop_its_parent_again_and_again(void **state) {
    struct world *w = *state;
    order_shell(w, 1, "for i in 1 2 3; do (while kill -STOP $PPID; do :; done) & done; wait");
    order_shell(w, 2, "exit 3");
    assert_int_equal(wait_over(w, 2)->status, 3);
    order_kill(w, 1, SIGKILL);
    assert_true(wait_over(w, 1)->exited);
    assert_int_equal(w->downs, 0);
}

static void its_term_ends_no_parent(void **state) {
    struct world *w = *state;
    for (uint64_t run = 1; run <= 6; run++) {
        w->kept = run > 3;
        order_shell(w, run,
                    run % 3 == 0   ? "kill -TERM $PPID; echo gone; exit 5"
                    : run % 3 == 1 ? "kill -INT $PPID; echo gone; exit 5"
                                   : "kill -HUP $PPID; echo gone; exit 5");
        assert_int_equal(wait_over(w, run)->status, 5);
        assert_string_equal(w->runs[run].output, "gone\n");
        assert_false(w->runs[run].orphan);
    }
    assert_int_equal(w->downs, 0);
}

static void a_killed_zyg_run_leaves_nothing_of_it(void **state) {
    struct world *w = *state;
    order_shell(w, 1,
                "sleep 1000 & echo pid $!; (setsid env -i sleep 1000 > /dev/null 2>&1 & "
                "echo daemon $!); trap '' TERM; wait");
    wait_output(w, 1, "daemon ");
    pid_t keeper = parent_of((pid_t)w->runs[1].pid);
    kill(zyg_run_pid(), SIGKILL);
    while (w->downs == 0)
        turn(w);
    assert_gone(keeper);
    assert_gone((pid_t)w->runs[1].pid);
    assert_gone(number_after(w->runs[1].output, "pid "));
    assert_gone(number_after(w->runs[1].output, "daemon "));
}

static void ending_kills_it(void **state) {
    struct world *w = *state;
    order_shell(w, 1, "sleep 1000 & echo pid $!; trap '' TERM; wait");
    wait_output(w, 1, "pid ");
    pid_t keeper = parent_of((pid_t)w->runs[1].pid);
    launcher_destroy(&w->launcher);
    assert_gone(keeper);
    assert_gone((pid_t)w->runs[1].pid);
    assert_gone(number_after(w->runs[1].output, "pid "));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(it_runs_as_any_other, set_up_kept, tear_down),
        cmocka_unit_test_setup_teardown(what_cannot_be_started_is_known_at_once, set_up_kept,
                                        tear_down),
        cmocka_unit_test_setup_teardown(it_may_kill_its_parent_and_no_other_trial, set_up_kept,
                                        tear_down),
        cmocka_unit_test_setup_teardown(it_may_kill_its_parent_at_once, set_up_kept, tear_down),
        cmocka_unit_test_setup_teardown(it_may_stop_its_parent, set_up_kept, tear_down),
        cmocka_unit_test_setup_teardown(it_may_stop_its_parent_again_and_again, set_up_kept,
                                        tear_down),
        cmocka_unit_test_setup_teardown(its_term_ends_no_parent, set_up_kept, tear_down),
        cmocka_unit_test_setup_teardown(a_killed_zyg_run_leaves_nothing_of_it, set_up_kept,
                                        tear_down),
        cmocka_unit_test_setup_teardown(ending_kills_it, set_up_kept, tear_down),
    };
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
