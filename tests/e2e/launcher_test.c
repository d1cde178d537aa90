/* The launcher with the real zyg-run: what a trial sees, and what is heard of it. */
#define _GNU_SOURCE
#include "tests/e2e/launcher_world.h"

static void ends_are_told(void **state) {
    struct world *w = *state;
    order_shell(w, 1, "exit 7");
    order_shell(w, 2, "kill -SEGV $$");
    order_shell(w, 3, "echo out; echo err >&2; exit 0");
    struct heard *h = wait_over(w, 1);
    assert_int_equal(h->status, 7);
    assert_int_equal(h->signal, 0);
    assert_true(h->spawned);
    assert_in_range(h->rss_kib, 100, 100000);
    h = wait_over(w, 2);
    assert_int_equal(h->signal, SIGSEGV);
    h = wait_over(w, 3);
    assert_int_equal(h->status, 0);
    assert_string_equal(h->output, "out\nerr\n");
    assert_int_equal(w->downs, 0);
}

static void write_file(const struct world *w, const char *name, const char *text, mode_t mode) {
    char path[256];
    snprintf(path, sizeof path, "%s/%s", w->dir, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
}

static void what_it_saves_is_seen_with_what_it_says(void **state) {
    struct world *w = *state;
    char script[256];
    snprintf(script, sizeof script, "echo x >%s/checkpoint/c; echo saved", scratch_of(w, 2));
    order_shell(w, 1, "echo x >notes; echo x");
    order_shell(w, 2, script); /* nobody asks */
    assert_false(wait_over(w, 1)->saved);
    assert_false(wait_over(w, 2)->saved);
    w->saves = true;
    order_shell(w, 3, "echo x");
    assert_false(wait_over(w, 3)->saved);
    snprintf(script, sizeof script, "echo x >%s/checkpoint/c; echo saved", scratch_of(w, 4));
    order_shell(w, 4, script);
    assert_true(wait_over(w, 4)->saved);
    w->runs[2] = (struct heard){0};
    order_shell(w, 2, "echo again"); /* what an earlier attempt left is there from the start */
    assert_true(wait_over(w, 2)->saved);
}

/* Nobody looks again into a folder that has long been as it is, until it changes. Two gates: whoever opens one again may find the
 * hand that opened it before still on it, and reads nothing. */
static void what_is_saved_late_is_seen(void **state) {
    struct world *w = *state;
    char script[512];
    snprintf(script, sizeof script,
             "cd %s && mkfifo first then && touch -d '1 hour ago' checkpoint && echo one; "
             "read x <first; echo two; read x <then; echo x >checkpoint/c; echo three",
             scratch_of(w, 1));
    w->saves = true;
    order_shell(w, 1, script);
    wait_output(w, 1, "one");
    write_file(w, "runs/job/1/first", "on\n", 0600);
    wait_output(w, 1, "two");
    assert_false(w->runs[1].saved);
    write_file(w, "runs/job/1/then", "on\n", 0600);
    assert_true(wait_over(w, 1)->saved);
}

static void failures_are_sentences(void **state) {
    struct world *w = *state;
    char expected[512];
    write_file(w, "train.py", "print(1)\n", 0644);
    write_file(w, "no_line.py", "print(1)\n", 0755);
    write_file(w, "bad_line.py", "#!/usr/bin/pythn3 -u\nprint(1)\n", 0755);

    order_program(w, 1, "trian.py");
    assert_string_equal(wait_over(w, 1)->what, "cannot start 'trian.py': it was not found in PATH");
    assert_int_equal(w->runs[1].error, ENOENT);
    order_program(w, 2, "train.py");
    assert_string_equal(wait_over(w, 2)->what, "cannot start 'train.py': it was not found in PATH; "
                                               "the working folder has one: write './train.py'");
    order_program(w, 3, "./train.py");
    assert_string_equal(wait_over(w, 3)->what,
                        "cannot start './train.py': it may not be executed (chmod +x it, or name "
                        "its interpreter first)");
    assert_int_equal(w->runs[3].error, EACCES);
    order_program(w, 4, "./no_line.py");
    assert_string_equal(wait_over(w, 4)->what, "cannot start './no_line.py': it is no program and "
                                               "its first line names no interpreter (#!...)");
    order_program(w, 5, "./bad_line.py");
    assert_string_equal(
        wait_over(w, 5)->what,
        "cannot start './bad_line.py': its interpreter '/usr/bin/pythn3' was not found");
    order_program(w, 6, "./nothing");
    snprintf(expected, sizeof expected, "cannot start './nothing': it was not found in '%s'",
             w->dir);
    assert_string_equal(wait_over(w, 6)->what, expected);
    order_program(w, 7, "/etc");
    assert_string_equal(wait_over(w, 7)->what, "cannot start '/etc': it is a folder");
    order(w, 8, span_of("/bin/true", 10), "/nowhere/at/all", span_text("{}"));
    assert_string_equal(wait_over(w, 8)->what,
                        "cannot start in '/nowhere/at/all': there is no such folder");
    order(w, 9, span_of("unfinished", 10), w->dir, span_text("{}"));
    assert_string_equal(wait_over(w, 9)->what,
                        "cannot start it: its command, variables or folder cannot be used");
    order_program(w, 10, "true"); /* and by its name, through PATH */
    assert_int_equal(wait_over(w, 10)->status, 0);
}

static void a_trial_sees_what_it_should(void **state) {
    struct world *w = *state;
    char expected[512];
    setenv("ZSYS_LINGER", "5", 1);
    setenv("ZYG_P_OUTER", "5", 1);
    setenv("ZYG_TRIAL", "99", 1);
    setenv("KEPT", "yes", 1);
    order_shell(
        w, 1,
        "echo $ZYG_TRIAL $GREETING $KEPT [$ZSYS_LINGER] [$ZYG_P_OUTER]; echo $ZYG_RUN; pwd; echo "
        "$PWD;"
        "cat; ulimit -c; grep -E 'NoNewPrivs|SigBlk' /proc/self/status | tr -d '\\t\\n'; echo;"
        "set -- $(grep SigIgn /proc/self/status); echo ignored $((0x$2 & 0x7fffffff));" /* not libc's own */
        "ls /proc/self/fd; cat runs/job/1/params.json; cut -d' ' -f5 /proc/$$/stat; "
        "echo =$$");
    struct heard *h = wait_over(w, 1);
    struct buf begin = buf_of(expected, sizeof expected);
    buf_text(&begin, "4 hello yes [] []\n");
    buf_hex(&begin, state_id, sizeof state_id);
    buf_text(&begin, ":");
    buf_zero(&begin);
    assert_memory_equal(h->output, expected, strlen(expected));
    snprintf(
        expected, sizeof expected,
        ":1\n%s\n%s\n0\nSigBlk:0000000000000000NoNewPrivs:1\nignored 0\n0\n1\n2\n3\n{\"lr\": 1}",
        w->dir, w->dir);
    if (strstr(h->output, expected) == NULL)
        fail_msg("got: %s", h->output);
    pid_t group = number_after(h->output, "{\"lr\": 1}");
    assert_int_equal(group, number_after(h->output, "\n="));
    assert_int_equal(group, h->pid);
    unsetenv("ZSYS_LINGER");
    unsetenv("ZYG_P_OUTER");
    unsetenv("ZYG_TRIAL");
    unsetenv("KEPT");
}

static void assert_there(const struct world *w, const char *name, bool there) {
    char path[256];
    snprintf(path, sizeof path, "%s/runs/job/%s", w->dir, name);
    if (exists(path) != there)
        fail_msg("%s is %s", path, there ? "missing" : "there");
}

static void run_shell(struct world *w, uint64_t run, const char *script) {
    order_shell(w, run, script);
    struct heard *h = wait_over(w, run);
    if (h->status != 0)
        fail_msg("%s: exit %d: %s", script, (int)h->status, h->output);
}

static void scratch_stays_when_it_is_used(void **state) {
    struct world *w = *state;
    const char *fresh = "cd runs/job/%d && test \"$(ls -A)\" = \"$(printf "
                        "'checkpoint\\noutput\\nparams.json')\" && "
                        "test -z \"$(ls -A output checkpoint | grep -v : )\" && test \"$(cat "
                        "params.json)\" = '{\"lr\": 1}'";
    char script[512];
    for (int run = 1; run < 6; run++) { /* one folder after the other, each like new */
        snprintf(script, sizeof script, fresh, run);
        run_shell(w, (uint64_t)run, script);
    }
    run_shell(w, 6, "echo model > runs/job/6/output/model.bin");
    run_shell(w, 7, "echo state > runs/job/7/checkpoint/1");
    run_shell(w, 8, "echo note > runs/job/8/note.txt");
    run_shell(w, 9, "rm runs/job/9/params.json; ln -s /etc/passwd runs/job/9/params.json");
    run_shell(w, 10, "ln runs/job/10/params.json kept.json");
    snprintf(script, sizeof script, fresh, 11);
    run_shell(w, 11, script);
    run_shell(w, 12, "rmdir runs/job/12/output");
    launcher_destroy(&w->launcher);
    assert_there(w, "1", false);
    assert_there(w, "6/output/model.bin", true);
    assert_there(w, "6/params.json", false);
    assert_there(w, "6/checkpoint", false);
    assert_there(w, "7/checkpoint/1", true);
    assert_there(w, "8/note.txt", true);
    assert_there(w, "9", false);
    assert_there(w, "10", false);
    assert_there(w, "11", false);
    assert_there(w, "12", false);
}

static void a_second_attempt_finds_its_checkpoint(void **state) {
    struct world *w = *state;
    char argv[256];
    static const char env[] = "A=b";
    struct msg m = {.kind = MSG_spawn};
    run_shell(w, 1, "exit 0"); /* leaves a spare folder */
    run_shell(w, 2, "echo state > runs/job/2/checkpoint/1");
    int len = snprintf(argv, sizeof argv, "/bin/cat%cruns/job/2/checkpoint/1", 0);
    m.spawn.run = 3;
    m.spawn.argv = span_of(argv, (size_t)len + 1);
    m.spawn.env = span_of(env, sizeof env);
    m.spawn.dir = span_text(w->dir);
    m.spawn.scratch = span_text(scratch_of(w, 2));
    board_post(w->board, ROOM_EXECUTOR, 0, &m);
    board_run(w->board, start_of_time);
    assert_string_equal(wait_over(w, 3)->output, "state\n");
    m.spawn.run = 4; /* and again in the folder that is a spare by now */
    m.spawn.scratch = span_text(scratch_of(w, 1));
    m.spawn.argv = span_of("/bin/true", 10);
    board_post(w->board, ROOM_EXECUTOR, 0, &m);
    board_run(w->board, start_of_time);
    assert_int_equal(wait_over(w, 4)->status, 0);
    launcher_destroy(&w->launcher);
    assert_there(w, "1", false);
    assert_there(w, "2/checkpoint/1", true);
}

/* Spare folders do not outlive the last trial for long. */
static void nothing_is_left_when_idle(void **state) {
    struct world *w = *state;
    char path[256];
    run_shell(w, 1, "exit 0");
    snprintf(path, sizeof path, "%s/runs/job", w->dir);
    struct pollfd nothing = {.fd = -1};
    for (int tries = 0; tries < 1000 && exists(path); tries++)
        poll(&nothing, 1, 10);
    assert_false(exists(path));
    run_shell(w, 2, "exit 0");
}

static void all_output_comes_before_the_end(void **state) {
    struct world *w = *state;
    order_shell(w, 1, "head -c 1048576 /dev/zero");
    order_shell(w, 2, "head -c 60000 /dev/zero; exit 2"); /* fits the pipe: it ends unread */
    assert_int_equal(wait_over(w, 1)->bytes, 1048576);
    assert_int_equal(wait_over(w, 2)->bytes, 60000);
    assert_int_equal(w->runs[2].status, 2);
}

static void output_may_end_first(void **state) {
    struct world *w = *state;
    char path[256];
    snprintf(path, sizeof path, "%s/go", w->dir);
    assert_int_equal(mkfifo(path, 0600), 0);
    order_shell(w, 1, "exec > /dev/null 2>&1; read line < go; exit 5");
    while (!w->runs[1].output_end)
        turn(w);
    assert_false(w->runs[1].exited);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    assert_int_equal(write(fd, "\n", 1), 1);
    close(fd);
    assert_int_equal(wait_over(w, 1)->status, 5);
}

static void orders_wait_for_a_busy_zyg_run(void **state) {
    struct world *w = *state;
    static char params[60000];
    memset(params, ' ', sizeof params);
    order_shell(w, 1, "exit 0");
    wait_over(w, 1);
    kill(-reaper_pid(), SIGSTOP); /* it alone would be let go on by its reaper */
    for (uint64_t run = 2; run < 42; run++)
        order(w, run, span_of("/bin/true", 10), w->dir, span_of(params, sizeof params));
    kill(-reaper_pid(), SIGCONT);
    for (uint64_t run = 2; run < 42; run++)
        assert_int_equal(wait_over(w, run)->status, 0);
}

static void make_folders(const struct world *w, const char *const *names) {
    char path[256];
    for (; *names != NULL; names++) {
        snprintf(path, sizeof path, "%s/%s", w->dir, *names);
        assert_int_equal(mkdir(path, 0700), 0);
    }
}

static bool has(const struct world *w, const char *name) {
    char path[256];
    snprintf(path, sizeof path, "%s/%s", w->dir, name);
    return exists(path);
}

/* What trials left in their folders stays; what only zyg-run made goes before the first trial. */
static void leftovers_of_a_killed_zyg_run_go(void **state) {
    struct world *w = *state;
    static const char *const folders[] = {"runs",
                                          "runs/old",
                                          "runs/old/0",
                                          "runs/old/0/output",
                                          "runs/old/1",
                                          "runs/old/1/output",
                                          "runs/old/0/checkpoint",
                                          "runs/empty",
                                          "runs/job",
                                          "runs/job/7",
                                          "runs/job/7/output",
                                          "runs/job/7/checkpoint",
                                          "runs/job/8",
                                          "runs/job/8/output",
                                          "runs/job/8/checkpoint",
                                          "runs/job/9",
                                          "runs/job/9/output",
                                          "runs/job/9/mine",
                                          "runs/job/notes",
                                          NULL};
    make_folders(w, folders);
    write_file(w, "runs/old/0/params.json", "{}", 0600);
    write_file(w, "runs/job/7/params.json", "{}", 0600);
    write_file(w, "runs/job/7/checkpoint/state", "half way", 0600);
    write_file(w, "runs/job/8/params.json", "{}", 0600);
    order_shell(w, 1, "exit 0");
    assert_int_equal(wait_over(w, 1)->status, 0);
    assert_false(has(w, "runs/old"));
    assert_false(has(w, "runs/empty"));
    assert_false(has(w, "runs/job/8"));
    assert_true(has(w, "runs/job/7/checkpoint/state"));
    assert_true(has(w, "runs/job/7/params.json"));
    assert_true(has(w, "runs/job/7/output"));
    assert_true(has(w, "runs/job/9/mine"));
    assert_true(has(w, "runs/job/notes"));
    static const char *const later[] = {"runs/later", NULL};
    make_folders(w, later);
    order_shell(w, 2, "exit 0");
    assert_int_equal(wait_over(w, 2)->status, 0);
    assert_true(has(w, "runs/later")); /* only once: folders in use are nobody's leftovers */
}

static void zyg_run_is_small(void **state) {
    struct world *w = *state;
    char path[64], line[256];
    long kib = -1;
    for (uint64_t run = 1; run < 40; run++) {
        order_program(w, run, "/bin/true");
        wait_over(w, run);
    }
    snprintf(path, sizeof path, "/proc/%d/status", (int)zyg_run_pid());
    FILE *status = fopen(path, "re");
    assert_non_null(status);
    while (fgets(line, sizeof line, status) != NULL) {
        if (strncmp(line, "VmRSS:", 6) == 0)
            kib = strtol(line + 6, NULL, 10);
    }
    fclose(status);
    print_message("zyg-run: %ld KiB resident\n", kib);
#ifndef __SANITIZE_ADDRESS__
#ifndef __SANITIZE_THREAD__
    assert_in_range(kib, 100, 2048);
#endif
#endif
}

static void a_missing_zyg_run_is_an_error(void **state) {
    struct world *w = *state;
    struct launcher_config config = {.program = "/nowhere/zyg-run"};
    struct err err;
    assert_null(launcher_new(w->board, &config, &err));
    assert_int_equal(err.code, ERR_LAUNCHER);
    assert_string_equal(err.what,
                        "zyg-run is not at '/nowhere/zyg-run': No such file or directory");
}

/* As where no process can be made: the node tries again, and knows that no trial did it. */
static void one_that_cannot_begin_says_so(void **state) {
    struct world *w = *state;
    char path[128], script[64];
    snprintf(script, sizeof script, "#!/bin/sh\nexit %d\n", KIN_UNABLE);
    write_file(w, "unable", script, 0700);
    snprintf(path, sizeof path, "%s/unable", w->dir);
    launcher_destroy(&w->launcher);
    seat_launcher(w, path);
    order_shell(w, 1, "exit 0");
    while (w->downs == 0)
        turn(w);
    assert_true(w->down_unable);
    assert_non_null(strstr(w->down_what, "zyg-run cannot begin"));
    while (w->ups == 0)
        turn(w);
    write_file(w, "unable", "#!/bin/sh\nexit 1\n", 0700);
    while (w->downs < 3)
        turn(w);
    assert_false(w->down_unable);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(ends_are_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_it_saves_is_seen_with_what_it_says, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_saved_late_is_seen, set_up, tear_down),
        cmocka_unit_test_setup_teardown(failures_are_sentences, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_trial_sees_what_it_should, set_up, tear_down),
        cmocka_unit_test_setup_teardown(scratch_stays_when_it_is_used, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_second_attempt_finds_its_checkpoint, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nothing_is_left_when_idle, set_up, tear_down),
        cmocka_unit_test_setup_teardown(all_output_comes_before_the_end, set_up, tear_down),
        cmocka_unit_test_setup_teardown(output_may_end_first, set_up, tear_down),
        cmocka_unit_test_setup_teardown(orders_wait_for_a_busy_zyg_run, set_up, tear_down),
        cmocka_unit_test_setup_teardown(leftovers_of_a_killed_zyg_run_go, set_up, tear_down),
        cmocka_unit_test_setup_teardown(zyg_run_is_small, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_missing_zyg_run_is_an_error, set_up, tear_down),
        cmocka_unit_test_setup_teardown(one_that_cannot_begin_says_so, set_up, tear_down),
    };
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
