/* The launcher with the real zyg-run: trials that begin with the checkpoint of another one. */
#define _GNU_SOURCE
#define _FILE_OFFSET_BITS 64
#include "tests/e2e/launcher_world.h"

enum { NAP_MS = 1 };

/* Nobody copies that in the time of a test, and nobody has to: none of it is on the disk. */
static const off_t huge = (off_t)64 << 30;

static const char *in_scratch(const struct world *w, uint64_t run, const char *name) {
    static char path[256];
    snprintf(path, sizeof path, "%s/%s", scratch_of(w, run), name);
    return path;
}

static void use_from(struct world *w, uint64_t run) {
    static char path[128];
    snprintf(path, sizeof path, "%s", scratch_of(w, run));
    w->from = path;
}

static void assert_printed(struct world *w, uint64_t run, const char *expected) {
    struct heard *h = wait_over(w, run);
    if (strcmp(h->output, expected) != 0)
        fail_msg("trial %d: %s%s", (int)run, h->what, h->output);
}

static void assert_fails(struct world *w, uint64_t run, const char *what) {
    struct heard *h = wait_over(w, run);
    assert_string_equal(h->what, what);
    assert_true(h->failed);
    assert_false(h->exited);
}

static void save(struct world *w, uint64_t run) {
    char script[256];
    snprintf(script, sizeof script, "cd runs/job/%d/checkpoint; mkdir at; echo weights >at/3",
             (int)run);
    order_shell(w, run, script);
    assert_int_equal(wait_over(w, run)->status, 0);
}

static void it_finds_a_copy(void **state) {
    struct world *w = *state;
    save(w, 1);
    use_from(w, 1);
    w->saves = true;
    order_shell(w, 2, "cat runs/job/2/checkpoint/at/3; echo more >>runs/job/2/checkpoint/at/3");
    assert_printed(w, 2, "zyg: begins with the checkpoint of trial 1\nweights\n");
    assert_int_equal(w->runs[2].status, 0);
    assert_true(w->runs[2].saved);
    assert_true(w->runs[2].spawned);
    use_from(w, 2); /* whose copy is its own by now */
    order_shell(w, 3, "cat runs/job/3/checkpoint/at/3");
    assert_printed(w, 3, "zyg: begins with the checkpoint of trial 2\nweights\nmore\n");
    w->runs[2] = (struct heard){0};
    use_from(w, 1);
    order_shell(w, 2, "cat runs/job/2/checkpoint/at/3"); /* again, with what it has */
    assert_printed(w, 2, "weights\nmore\n");
}

/* All that a trial is promised holds for one that was forked and not vforked, too. */
static void it_is_a_trial_like_any_other(void **state) {
    struct world *w = *state;
    save(w, 1);
    use_from(w, 1);
    setenv("ZYG_PARENT", "9", 1); /* of an outer trial */
    order_shell(w, 2,
                "echo $ZYG_TRIAL $GREETING [$ZYG_PARENT]; pwd; cat; "
                "grep -E 'NoNewPrivs|SigBlk' /proc/self/status | tr -d '\\t\\n'; echo;"
                "set -- $(grep SigIgn /proc/self/status); echo ignored $((0x$2 & 0x7fffffff));"
                "ls /proc/self/fd | wc -l; cut -d' ' -f5 /proc/$$/stat; exit 7");
    struct heard *h = wait_over(w, 2);
    unsetenv("ZYG_PARENT");
    char expected[512];
    snprintf(expected, sizeof expected,
             "zyg: begins with the checkpoint of trial 1\n4 hello []\n%s\n"
             "SigBlk:0000000000000000NoNewPrivs:1\nignored 0\n4\n%d\n",
             w->dir, (int)h->pid);
    assert_string_equal(h->output, expected);
    assert_int_equal(h->status, 7);
    order_shell(w, 3, "kill -SEGV $$");
    assert_int_equal(wait_over(w, 3)->signal, SIGSEGV);
}

static void it_begins_with_nothing_where_there_is_none(void **state) {
    struct world *w = *state;
    use_from(w, 40);
    order_shell(w, 2, "ls runs/job/2/checkpoint; exit 3");
    assert_printed(w, 2,
                   "zyg: the checkpoint of trial 40 is not on this machine; it begins with "
                   "an empty one\n");
    assert_int_equal(w->runs[2].status, 3);
    order_shell(w, 1, "exit 0"); /* runs, and leaves nothing */
    assert_int_equal(wait_over(w, 1)->status, 0);
    use_from(w, 1);
    order_shell(w, 3, "ls runs/job/3/checkpoint");
    assert_printed(w, 3,
                   "zyg: the checkpoint of trial 1 is not on this machine; it begins with "
                   "an empty one\n");
}

static void what_cannot_be_started_is_told(void **state) {
    struct world *w = *state;
    save(w, 1);
    use_from(w, 1);
    order_program(w, 2, "trian.py");
    assert_string_equal(wait_over(w, 2)->what, "cannot start 'trian.py': it was not found in PATH");
    order(w, 3, span_of("/bin/true", 10), "/no/such/folder", span_text("{}"));
    assert_string_equal(wait_over(w, 3)->what,
                        "cannot start in '/no/such/folder': there is no such folder");
    w->kept = true;
    order(w, 5, span_of("/bin/true", 10), "/no/such/folder", span_text("{}"));
    assert_string_equal(wait_over(w, 5)->what,
                        "cannot start in '/no/such/folder': there is no such folder");
    order_shell(w, 6, "printf 'print(1)\\n' >no_line; chmod +x no_line");
    assert_int_equal(wait_over(w, 6)->status, 0);
    order_program(w, 7, "./no_line");
    assert_fails(w, 7,
                 "cannot start './no_line': it is no program and its first line names no "
                 "interpreter (#!...)");
    assert_string_equal(w->runs[7].output, "zyg: begins with the checkpoint of trial 1\n");
    w->kept = false;
    order_shell(w, 8, "printf '#!/no/such/shell\n' >no_shell; chmod +x no_shell");
    assert_int_equal(wait_over(w, 8)->status, 0);
    order_program(w, 9, "./no_shell");
    assert_fails(w, 9, "cannot start './no_shell': its interpreter '/no/such/shell' was not found");
    assert_int_equal(w->runs[9].error, ENOENT);
    order_shell(w, 10, "exit 127"); /* its place is that of one that failed */
    assert_int_equal(wait_over(w, 10)->status, 127);
    assert_false(w->runs[10].failed);
}

/* Before anything is copied, as gigabytes for nothing are a pity. */
static void what_can_be_known_is_known_before(void **state) {
    static const char *const scripts[] = {"rm -rf it", "rm -rf it; echo '#!/bin/sh' >it",
                                          "rm -rf it; mkdir it"};
    static const char *const whats[] = {
        "cannot start './it': it was not found in '%s'",
        "cannot start './it': it may not be executed (chmod +x it, or name its interpreter first)",
        "cannot start './it': it is a folder"};
    struct world *w = *state;
    save(w, 1);
    for (uint64_t i = 0; i < 6; i++) {
        char what[256];
        w->from = NULL;
        w->kept = false;
        order_shell(w, 10 + i, scripts[i % 3]);
        assert_int_equal(wait_over(w, 10 + i)->status, 0);
        use_from(w, 1);
        w->kept = i >= 3;
        order_program(w, 20 + i, "./it");
        snprintf(what, sizeof what, whats[i % 3], w->dir);
        assert_fails(w, 20 + i, what);
        assert_false(w->runs[20 + i].spawned);
        assert_false(exists(in_scratch(w, 20 + i, "checkpoint/at")));
    }
}

/* ---- one that takes long ---- */

static void make_huge(struct world *w, uint64_t run) {
    save(w, run);
    int fd = open(in_scratch(w, run, "checkpoint/huge"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    if (ftruncate(fd, huge) != 0)
        skip(); /* no file may be so large here */
    close(fd);
    use_from(w, run);
}

/* False: this file system copies that at once. */
static bool wait_for_part(struct world *w, uint64_t run) {
    struct pollfd nothing = {.fd = -1};
    for (int waited = 0; waited < PATIENCE_MS; waited += NAP_MS) {
        if (exists(in_scratch(w, run, "checkpoint.part/huge")))
            return true;
        if (exists(in_scratch(w, run, "checkpoint/huge")))
            return false;
        poll(&nothing, 1, NAP_MS);
    }
    fail_msg("nothing was copied for %d ms", PATIENCE_MS);
    return false;
}

static void who_is_killed_over_it_leaves_none(void **state) {
    static const int signals[] = {SIGTERM, SIGKILL};
    struct world *w = *state;
    make_huge(w, 1);
    for (uint64_t i = 0; i < 4; i++) {
        uint64_t run = 2 + i;
        w->kept = i >= 2;
        order_shell(w, run, "echo never");
        while (!w->runs[run].spawned)
            turn(w);
        if (!wait_for_part(w, run))
            skip();
        order_kill(w, run, signals[i % 2]);
        assert_printed(w, run, "");
        assert_int_equal(w->runs[run].signal, signals[i % 2]);
        assert_gone((pid_t)w->runs[run].pid);
        assert_false(exists(in_scratch(w, run, "checkpoint/huge")));
    }
    assert_int_equal(unlink(in_scratch(w, 1, "checkpoint/huge")), 0);
    w->runs[3] = (struct heard){0};
    order_shell(w, 3, "ls runs/job/3 runs/job/3/checkpoint/at"); /* the next attempt */
    assert_printed(w, 3,
                   "zyg: begins with the checkpoint of trial 1\nruns/job/3:\ncheckpoint\n"
                   "output\nparams.json\n\nruns/job/3/checkpoint/at:\n3\n");
}

static void what_was_put_there_meanwhile_stays(void **state) {
    struct world *w = *state;
    make_huge(w, 1);
    order_shell(w, 2, "ls runs/job/2 runs/job/2/checkpoint");
    if (!wait_for_part(w, 2))
        skip();
    int fd = open(in_scratch(w, 2, "checkpoint/own"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(truncate(in_scratch(w, 1, "checkpoint/huge"), 0), 0); /* soon copied */
    assert_printed(w, 2,
                   "runs/job/2:\ncheckpoint\noutput\nparams.json\n\nruns/job/2/checkpoint:\nown\n");
}

static void nobody_waits_for_it(void **state) {
    struct world *w = *state;
    make_huge(w, 1);
    order_shell(w, 2, "echo never");
    w->from = NULL;
    order_shell(w, 3, "echo meanwhile");
    assert_printed(w, 3, "meanwhile\n");
    assert_false(w->runs[2].exited);
    launcher_destroy(&w->launcher); /* what copies ends with it */
    assert_gone((pid_t)w->runs[2].pid);
    assert_false(exists(in_scratch(w, 2, "checkpoint/huge")));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(it_finds_a_copy, set_up, tear_down),
        cmocka_unit_test_setup_teardown(it_is_a_trial_like_any_other, set_up, tear_down),
        cmocka_unit_test_setup_teardown(it_begins_with_nothing_where_there_is_none, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_cannot_be_started_is_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_is_killed_over_it_leaves_none, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_can_be_known_is_known_before, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_was_put_there_meanwhile_stays, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nobody_waits_for_it, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
