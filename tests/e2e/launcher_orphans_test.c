/* The launcher with the real zyg-run: whatever dies, nothing of a trial is left. */
#define _GNU_SOURCE
#include "tests/e2e/launcher_world.h"

#include <sys/ptrace.h>
#include <time.h>

/* A line of shell: it forks twice, has a session of its own, no environment, no output: nothing ties it to its trial but
 * who its parent is. Its number is in $line. */
#define HIDDEN_DAEMON                                                                              \
    "mkfifo hand; (setsid env -i /bin/sh -c 'echo $$ > hand; exec sleep 1000' > /dev/null 2>&1 "   \
    "&); read line < hand; "

/* How long the node waits for a zyg-run that does not end, before it kills it. */
enum { END_PATIENCE_MS = 5000 };

static void a_hidden_daemon_goes_with_its_trial(void **state) {
    struct world *w = *state;
    order_shell(w, 1, HIDDEN_DAEMON "echo pid $line");
    struct heard *h = wait_over(w, 1);
    assert_int_equal(h->status, 0);
    assert_gone(number_after(h->output, "pid "));
}

static void let_go(const char *fifo) {
    int fd = open(fifo, O_WRONLY | O_CLOEXEC);
    assert_int_equal(write(fd, "\n", 1), 1);
    close(fd);
}

/* A trial that ends takes nothing of its neighbours with it. */
static void a_daemon_of_another_trial_stays(void **state) {
    struct world *w = *state;
    char path[256];
    snprintf(path, sizeof path, "%s/go", w->dir);
    assert_int_equal(mkfifo(path, 0600), 0);
    order_shell(w, 1,
                "setsid sleep 1000 > /dev/null 2>&1 & "
                "(setsid env -i sleep 1000 > /dev/null 2>&1 & echo pid2 $!); echo pid $!; read "
                "line < go; exit 4");
    wait_output(w, 1, "pid2 ");
    wait_output(w, 1, "pid ");
    order_shell(w, 2, "exit 3");
    assert_int_equal(wait_over(w, 2)->status, 3);
    pid_t daemon = number_after(w->runs[1].output, "pid ");
    pid_t bare = number_after(w->runs[1].output, "pid2 ");
    assert_int_equal(kill(daemon, 0), 0);
    assert_int_equal(kill(bare, 0), 0);
    let_go(path);
    assert_int_equal(wait_over(w, 1)->status, 4);
    assert_gone(daemon);
    assert_gone(bare);
}

/* One without a mark may be of any trial that began before it, so it stays as long as one of these does. */
static void a_bare_daemon_goes_with_the_last_it_may_belong_to(void **state) {
    struct world *w = *state;
    char elder[256], younger[256];
    snprintf(elder, sizeof elder, "%s/elder", w->dir);
    snprintf(younger, sizeof younger, "%s/younger", w->dir);
    for (uint64_t run = 1; run < 5; run += 2) {
        assert_int_equal(mkfifo(elder, 0600), 0);
        assert_int_equal(mkfifo(younger, 0600), 0);
        order_shell(w, run, "echo ready; read line < elder");
        wait_output(w, run, "ready");
        order_shell(w, run + 1, HIDDEN_DAEMON "rm hand; echo pid $line; read line < younger");
        wait_output(w, run + 1, "\n");
        pid_t daemon = number_after(w->runs[run + 1].output, "pid ");
        bool elder_first = run == 1;
        let_go(elder_first ? elder : younger);
        wait_over(w, elder_first ? run : run + 1);
        assert_int_equal(kill(daemon, 0), 0);
        let_go(elder_first ? younger : elder);
        wait_over(w, elder_first ? run + 1 : run);
        assert_gone(daemon);
        unlink(elder);
        unlink(younger);
    }
}

/* What is found must not depend on how much a neighbour has. */
static void a_daemon_behind_many_of_a_neighbour_goes(void **state) {
    struct world *w = *state;
    order_shell(w, 1,
                "i=0; while [ $i -lt 600 ]; do (setsid sleep 1000 > /dev/null 2>&1 &); i=$((i+1)); "
                "done; echo ready; sleep 1000");
    wait_output(w, 1, "ready");
    order_shell(w, 2, "setsid sleep 1000 > /dev/null 2>&1 & echo pid $!");
    assert_int_equal(wait_over(w, 2)->status, 0);
    assert_gone(number_after(w->runs[2].output, "pid "));
    assert_false(w->runs[1].exited);
    order_kill(w, 1, SIGKILL);
    wait_over(w, 1);
}

/* A mark is only a variable: one with the number of zyg-run itself protects nobody. */
static void a_forged_mark_helps_nobody(void **state) {
    struct world *w = *state;
    order_shell(w, 1, "ZYG_RUN=${ZYG_RUN%:*}:0 setsid sleep 1000 > /dev/null 2>&1 & echo pid $!");
    assert_int_equal(wait_over(w, 1)->status, 0);
    assert_gone(number_after(w->runs[1].output, "pid "));
}

static void a_grandchild_that_holds_the_pipe_goes(void **state) {
    struct world *w = *state;
    order_shell(w, 1, "sleep 1000 & echo pid $!; exit 0");
    struct heard *h = wait_over(w, 1);
    assert_int_equal(h->status, 0);
    assert_gone(number_after(h->output, "pid "));
}

static void term_reaches_the_group_and_kill_ends_it(void **state) {
    struct world *w = *state;
    order_shell(w, 1, "trap '' TERM; echo ready; while :; do sleep 1000; done");
    order_shell(w, 2, "sleep 1000 & echo pid $!; trap 'echo term; exit 9' TERM; echo ready; wait");
    wait_output(w, 1, "ready");
    wait_output(w, 2, "ready");
    order_kill(w, 1, SIGTERM);
    order_kill(w, 2, SIGTERM);
    struct heard *h = wait_over(w, 2);
    assert_int_equal(h->status, 9);
    assert_non_null(strstr(h->output, "term"));
    assert_gone(number_after(h->output, "pid "));
    assert_false(w->runs[1].exited);
    order_kill(w, 1, SIGKILL);
    assert_int_equal(wait_over(w, 1)->signal, SIGKILL);
    order_kill(w, 1, SIGKILL); /* one that is over: nothing happens */
    order_shell(w, 3, "exit 0");
    assert_int_equal(wait_over(w, 3)->status, 0);
}

static void a_killed_zyg_run_leaves_nothing(void **state) {
    struct world *w = *state;
    order_shell(w, 1, "sleep 1000 & echo pid $!; " HIDDEN_DAEMON "echo daemon $line; wait");
    wait_output(w, 1, "daemon ");
    pid_t zyg_run = zyg_run_pid();
    kill(zyg_run, SIGKILL);
    while (w->downs == 0)
        turn(w);
    assert_gone(zyg_run);
    assert_gone((pid_t)w->runs[1].pid);
    assert_gone(number_after(w->runs[1].output, "pid "));
    assert_gone(number_after(w->runs[1].output, "daemon "));
    assert_false(w->runs[1].exited);
    assert_string_equal(w->down_what, "zyg-run died");
    while (w->ups == 0)
        turn(w);
    order_shell(w, 2, "exit 6");
    assert_int_equal(wait_over(w, 2)->status, 6);
    assert_int_equal(w->downs, 1);
    assert_int_equal(w->ups, 1);
}

static int64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Its start alone is no reason to believe that the next zyg-run will live. */
static void zyg_run_killed_by_a_trial_is_started_ever_more_slowly(void **state) {
    struct world *w = *state;
    int64_t begin = now_ms();
    for (int deaths = 1; deaths <= 4; deaths++) {
        order_shell(w, (uint64_t)deaths, "kill -9 $PPID; sleep 1000");
        while (w->ups < deaths)
            turn(w);
        assert_int_equal(w->downs, deaths);
    }
    assert_true(now_ms() - begin >= 100 + 200 + 400);
    /* One that has lived is replaced sooner than the next of those would be. A machine that has much else to do may be
     * late, not always. */
    bool soon = false;
    for (int tries = 1; tries <= 5 && !soon; tries++) {
        order_shell(w, (uint64_t)(4 + tries), "exit 0");
        wait_over(w, (uint64_t)(4 + tries));
        kill(zyg_run_pid(), SIGKILL);
        begin = now_ms();
        while (w->ups < 4 + tries)
            turn(w);
        soon = now_ms() - begin < 800;
    }
    assert_true(soon);
}

/* A folder belongs to one attempt until nothing of that is left. */
static void a_folder_in_use_is_refused(void **state) {
    struct world *w = *state;
    char expected[512];
    struct msg m = {.kind = MSG_spawn};
    order_shell(w, 1, "echo ready; sleep 1000");
    wait_output(w, 1, "ready");
    m.spawn.run = 2;
    m.spawn.argv = span_of("/bin/true", 10);
    m.spawn.dir = span_text(w->dir);
    m.spawn.scratch = span_text(scratch_of(w, 1));
    for (uint64_t run = 2; run < 4; run++) {
        m.spawn.run = run;
        board_post(w->board, ROOM_EXECUTOR, 0, &m);
        board_run(w->board, start_of_time);
        wait_over(w, run);
        assert_int_equal(w->runs[run].failed, run == 2);
        if (run == 2) {
            order_kill(w, 1, SIGKILL);
            wait_over(w, 1);
        }
    }
    snprintf(expected, sizeof expected,
             "cannot start it: an earlier attempt in '%s' could not be killed yet",
             scratch_of(w, 1));
    assert_string_equal(w->runs[2].what, expected);
    assert_int_equal(w->runs[2].error, EBUSY);
}

static void ending_kills_what_runs(void **state) {
    struct world *w = *state;
    order_shell(w, 1, "sleep 1000 & echo pid $!; trap '' TERM; wait");
    wait_output(w, 1, "pid ");
    pid_t zyg_run = zyg_run_pid();
    launcher_destroy(&w->launcher);
    assert_gone(zyg_run);
    assert_gone((pid_t)w->runs[1].pid);
    assert_gone(number_after(w->runs[1].output, "pid "));
    assert_false(exists(scratch_of(w, 1)));
}

static void a_stopped_zyg_run_hears_whom_to_kill(void **state) {
    struct world *w = *state;
    order_shell(w, 1, "echo ready; sleep 1000");
    wait_output(w, 1, "ready");
    kill(-reaper_pid(), SIGSTOP); /* it alone would be let go on by its reaper */
    order_kill(w, 1, SIGKILL);
    assert_int_equal(wait_over(w, 1)->signal, SIGKILL);
}

static void ending_ends_a_stopped_zyg_run(void **state) {
    struct world *w = *state;
    order_shell(w, 1,
                HIDDEN_DAEMON "echo daemon $line; trap '' TERM; while :; do sleep 1000; done");
    wait_output(w, 1, "daemon ");
    pid_t zyg_run = zyg_run_pid();
    kill(-reaper_pid(), SIGSTOP);
    int64_t begin = now_ms();
    launcher_destroy(&w->launcher);
    assert_true(now_ms() - begin < END_PATIENCE_MS); /* it went by itself */
    assert_gone(zyg_run);
    assert_gone((pid_t)w->runs[1].pid);
    assert_gone(number_after(w->runs[1].output, "daemon "));
    assert_false(exists(scratch_of(w, 1)));
}

/* One that does not even go on when it is told to is killed. A tracer holds it here. */
static void ending_kills_a_hung_zyg_run(void **state) {
    struct world *w = *state;
    order_shell(w, 1, "sleep 1000 & echo pid $!; wait");
    wait_output(w, 1, "pid ");
    pid_t zyg_run = zyg_run_pid();
    if (ptrace(PTRACE_SEIZE, zyg_run, NULL, NULL) != 0)
        skip(); /* not everywhere may one trace */
    ptrace(PTRACE_INTERRUPT, zyg_run, NULL, NULL);
    int64_t begin = now_ms();
    launcher_destroy(&w->launcher);
    assert_true(now_ms() - begin >= END_PATIENCE_MS - 100);
    assert_gone(zyg_run);
    assert_gone((pid_t)w->runs[1].pid);
    assert_gone(number_after(w->runs[1].output, "pid "));
}

/* ---- when the node itself is killed ---- */

static const char hides_a_daemon[] =
    HIDDEN_DAEMON "echo daemon $line; while :; do sleep 1000; done";

struct victims {
    pid_t reaper, zyg_run, trial, daemon;
};

/* Another process is the node, runs a trial with a hidden daemon, does `deed` to the others and kills itself. */
static struct victims kill_node(struct world *w, void (*deed)(const struct victims *)) {
    struct victims victims;
    int ready[2];
    assert_int_equal(pipe(ready), 0);
    launcher_destroy(&w->launcher);
    pid_t node = fork();
    if (node == 0) {
        setenv("CMOCKA_TEST_ABORT", "1", 1); /* what fails here must not go on with the next test */
        struct launcher_config config = {.program = zyg_run_path()};
        struct err err;
        memcpy(config.state, state_id, sizeof state_id);
        struct board *board = board_new();
        w->launcher = launcher_new(board, &config, &err);
        struct port port = launcher_port(w->launcher);
        struct core core = {.room = ROOM_EXECUTOR, .self = w, .step = hear, .deadline = never};
        w->board = board;
        board_seat_port(board, &port);
        board_seat_core(board, &core);
        order_shell(w, 1, hides_a_daemon);
        wait_output(w, 1, "\n");
        victims = (struct victims){reaper_pid(), zyg_run_pid(), (pid_t)w->runs[1].pid,
                                   number_after(w->runs[1].output, "daemon ")};
        if (write(ready[1], &victims, sizeof victims) == (ssize_t)sizeof victims) {
            deed(&victims);
            kill(getpid(), SIGKILL);
        }
        _exit(1);
    }
    close(ready[1]);
    assert_int_equal(read(ready[0], &victims, sizeof victims), sizeof victims);
    close(ready[0]);
    assert_int_equal(waitpid(node, NULL, 0), node);
    return victims;
}

/* This process is a subreaper, so the reaper came here, and zyg-run if it outlived that; the last ends when nothing is left. */
static void assert_all_gone(const struct victims *victims) {
    assert_int_equal(waitpid(victims->reaper, NULL, 0), victims->reaper);
    waitpid(victims->zyg_run, NULL, 0);
    assert_gone(victims->zyg_run);
    assert_gone(victims->trial);
    assert_gone(victims->daemon);
}

static void kill_zyg_run(const struct victims *victims) {
    kill(victims->zyg_run, SIGKILL);
}

static void a_node_killed_with_its_zyg_run_leaves_nothing(void **state) {
    struct victims victims = kill_node(*state, kill_zyg_run);
    assert_all_gone(&victims);
}

static void kill_reaper(const struct victims *victims) {
    kill(victims->reaper, SIGKILL);
}

static void a_node_killed_with_the_reaper_leaves_nothing(void **state) {
    struct victims victims = kill_node(*state, kill_reaper);
    assert_all_gone(&victims);
}

static void stop_zyg_run(const struct victims *victims) {
    kill(victims->zyg_run, SIGSTOP);
}

static void kill_both(const struct victims *victims) {
    kill(-victims->reaper, SIGKILL); /* they are a process group */
}

static void stop_reaper_and_kill_zyg_run(const struct victims *victims) {
    kill(victims->reaper, SIGSTOP);
    kill(victims->zyg_run, SIGKILL);
}

static void unlink_hand(const struct world *w) {
    char path[256];
    snprintf(path, sizeof path, "%s/hand", w->dir);
    unlink(path);
}

static void a_node_killed_over_a_stopped_zyg_run_leaves_nothing(void **state) {
    struct victims victims = kill_node(*state, stop_zyg_run);
    assert_all_gone(&victims);
}

static void stop_both(const struct victims *victims) {
    kill(-victims->reaper, SIGSTOP);
}

/* Only the next start can end that. */
static void what_is_stopped_is_swept(void **state) {
    struct victims victims = kill_node(*state, stop_both);
    int64_t begin = now_ms();
    assert_true(launcher_sweep(state_id) >= 1);
    assert_true(now_ms() - begin < END_PATIENCE_MS); /* none was waited for in vain */
    assert_all_gone(&victims);
}

/* With the node alive: whatever is killed or stopped of the two, it hears of it, nothing is left, and trials run again. */
static void the_two_are_followed(void **state) {
    struct world *w = *state;
    void (*const deeds[])(const struct victims *) = {kill_reaper, kill_both,
                                                     stop_reaper_and_kill_zyg_run};
    for (uint64_t i = 0; i < 3; i++) {
        order_shell(w, 2 * i + 1, hides_a_daemon);
        wait_output(w, 2 * i + 1, "\n");
        struct victims victims = {reaper_pid(), zyg_run_pid(), (pid_t)w->runs[2 * i + 1].pid,
                                  number_after(w->runs[2 * i + 1].output, "daemon ")};
        deeds[i](&victims);
        while (w->ups <= (int)i)
            turn(w);
        assert_gone(victims.reaper);
        assert_gone(victims.zyg_run);
        assert_gone(victims.trial);
        assert_gone(victims.daemon);
        unlink_hand(w);
        order_shell(w, 2 * i + 2, "exit 6");
        assert_int_equal(wait_over(w, 2 * i + 2)->status, 6);
    }
}

/* ---- what an earlier life left ---- */

static pid_t start_marked(const char *mark) {
    pid_t pid = fork();
    if (pid == 0) {
        setenv("ZYG_RUN", mark, 1);
        execlp("sleep", "sleep", "1000", (char *)NULL);
        _exit(127);
    }
    char found[KIN_MARK_BYTES] = "";
    while (!kin_mark(pid, found)) /* until it has become sleep */
        ;
    assert_string_equal(found, mark);
    return pid;
}

static void leftovers_are_swept(void **state) {
    (void)state;
    char mark[KIN_MARK_BYTES];
    struct buf text = buf_of(mark, sizeof mark);
    choose_state();
    buf_hex(&text, state_id, sizeof state_id);
    buf_text(&text, ":0123456789abcdef:12");
    buf_zero(&text);
    pid_t ours = start_marked(mark);
    pid_t other = start_marked("c0ffee02000000000000000000000000:0123456789abcdef:12");
    int status;
    /* What sweeps is marked too: a trial of the predecessor may have called zyg. It must not end itself. */
    assert_int_equal(launcher_sweep(state_id), 1);
    assert_int_equal(waitpid(ours, &status, WNOHANG), ours);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    assert_int_equal(waitpid(other, &status, WNOHANG), 0);
    kill(other, SIGKILL);
    waitpid(other, &status, 0);
    assert_int_equal(launcher_sweep(state_id), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_hidden_daemon_goes_with_its_trial, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_daemon_of_another_trial_stays, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_bare_daemon_goes_with_the_last_it_may_belong_to, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_daemon_behind_many_of_a_neighbour_goes, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_forged_mark_helps_nobody, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_grandchild_that_holds_the_pipe_goes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(term_reaches_the_group_and_kill_ends_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_killed_zyg_run_leaves_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(zyg_run_killed_by_a_trial_is_started_ever_more_slowly,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_folder_in_use_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(ending_kills_what_runs, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_stopped_zyg_run_hears_whom_to_kill, set_up, tear_down),
        cmocka_unit_test_setup_teardown(ending_ends_a_stopped_zyg_run, set_up, tear_down),
        cmocka_unit_test_setup_teardown(ending_kills_a_hung_zyg_run, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_node_killed_with_its_zyg_run_leaves_nothing, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_node_killed_with_the_reaper_leaves_nothing, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_node_killed_over_a_stopped_zyg_run_leaves_nothing, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_is_stopped_is_swept, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_two_are_followed, set_up, tear_down),
        cmocka_unit_test(leftovers_are_swept),
    };
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
