/* inherit, copy: a checkpoint that is copied to begin with, whole or not at all, and nothing but what is in it. */
#define _GNU_SOURCE
#include "cmd/run/copy.h"
#include "cmd/run/inherit.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { PATH_BYTES = 512, MODEL_BYTES = 100000, COPIES = 100 };

static char root[64], from[80], scratch[80]; /* from: trial 7, scratch: trial 12 */

static const char *in(const char *folder, const char *name) {
    static char path[PATH_BYTES];
    assert_in_range(snprintf(path, sizeof path, "%s/%s", folder, name), 1, sizeof path - 1);
    return path;
}

static void make(const char *folder, const char *name) {
    assert_int_equal(mkdir(in(folder, name), 0700), 0);
}

static void put(const char *folder, const char *name, const char *text, mode_t mode) {
    int fd = open(in(folder, name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    assert_int_equal(fchmod(fd, mode), 0);
    close(fd);
}

static void assert_holds(const char *folder, const char *name, const char *text) {
    char got[256] = "";
    int fd = open(in(folder, name), O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        fail_msg("%s is missing", name);
    assert_true(read(fd, got, sizeof got - 1) >= 0);
    close(fd);
    assert_string_equal(got, text);
}

static void assert_mode(const char *folder, const char *name, mode_t mode) {
    struct stat info;
    assert_int_equal(lstat(in(folder, name), &info), 0);
    assert_int_equal(info.st_mode & 07777, mode);
}

static bool exists(const char *folder, const char *name) {
    struct stat info;
    return lstat(in(folder, name), &info) == 0;
}

static int set_up(void **state) {
    (void)state;
    const char *tmp = getenv("TMPDIR");
    snprintf(root, sizeof root, "%.40s/inherit-XXXXXX",
             tmp != NULL && strlen(tmp) < 40 ? tmp : "/tmp");
    assert_non_null(mkdtemp(root));
    snprintf(from, sizeof from, "%s/7", root);
    snprintf(scratch, sizeof scratch, "%s/12", root);
    make(root, "7");
    make(root, "12");
    make(from, "checkpoint");
    make(scratch, "checkpoint");
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    pid_t pid = fork();
    if (pid == 0) {
        execlp("rm", "rm", "-rf", root, (char *)NULL);
        _exit(127);
    }
    waitpid(pid, NULL, 0);
    return 0;
}

static void assert_end(const struct inherited *end, enum inherit_end expected, const char *said) {
    char memory[1024];
    struct buf line = buf_of(memory, sizeof memory - 1);
    inherit_explain(end, from, &line);
    buf_zero(&line);
    assert_string_equal(memory, said);
    assert_int_equal(end->end, expected);
    assert_false(exists(scratch, "checkpoint.part"));
}

static void assert_inherits(enum inherit_end expected, const char *said) {
    const struct inherited end = inherit(from, false, scratch);
    assert_end(&end, expected, said);
}

#define BEGINS "zyg: begins with the checkpoint of trial 7"
#define NOT_HERE                                                                                   \
    "zyg: the checkpoint of trial 7 is not on this machine; it begins with an empty one\n"

#define EMPTY "zyg: the checkpoint of trial 7 is empty; it begins with an empty one\n"
#define LEFT_OUT                                                                                   \
    "; left out, as absolute links, links that go up (..), and what is neither file, folder nor "  \
    "link are: "

static void all_that_is_in_it_is_copied(void **state) {
    (void)state;
    put(from, "checkpoint/model.bin", "weights", 0640);
    put(from, "checkpoint/empty", "", 0444);
    put(from, "checkpoint/.hidden", "dot", 06711);
    make(from, "checkpoint/step-3");
    make(from, "checkpoint/step-3/deep");
    make(from, "checkpoint/nothing");
    put(from, "checkpoint/step-3/deep/optimizer", "momenta", 0600);
    assert_int_equal(chmod(in(from, "checkpoint/step-3"), 0555), 0);
    assert_int_equal(symlink("step-3/deep", in(from, "checkpoint/latest")), 0);
    put(scratch, "note", "mine", 0600);
    assert_true(inherit_is_due(scratch));
    assert_inherits(INHERIT_COPIED, BEGINS "\n");
    assert_false(inherit_is_due(scratch));
    assert_holds(scratch, "checkpoint/model.bin", "weights");
    assert_mode(scratch, "checkpoint/model.bin", 0640);
    assert_mode(scratch, "checkpoint/empty", 0444);
    assert_mode(scratch, "checkpoint/.hidden", 0711); /* nobody becomes somebody else by it */
    assert_holds(scratch, "checkpoint/step-3/deep/optimizer", "momenta");
    assert_mode(scratch, "checkpoint/step-3", 0755); /* it can be written to */
    assert_holds(scratch, "checkpoint/latest/optimizer", "momenta");
    assert_true(exists(scratch, "checkpoint/nothing"));
    assert_holds(scratch, "note", "mine");
    assert_holds(from, "checkpoint/model.bin", "weights");
    put(scratch, "checkpoint/model.bin", "others", 0640); /* it is a copy */
    assert_holds(from, "checkpoint/model.bin", "weights");
    assert_int_equal(chmod(in(from, "checkpoint/step-3"), 0755), 0);
}

static void nothing_leads_out_of_it(void **state) {
    (void)state;
    char path[PATH_BYTES];
    put(root, "secret", "not yours", 0600);
    put(from, "checkpoint/model.bin", "weights", 0600);
    snprintf(path, sizeof path, "%s/secret", root);
    assert_int_equal(symlink(path, in(from, "checkpoint/absolute")), 0);
    assert_int_equal(symlink("../../secret", in(from, "checkpoint/up")), 0);
    assert_int_equal(symlink("a/..", in(from, "checkpoint/up-at-the-end")), 0);
    assert_int_equal(symlink(root, in(from, "checkpoint/folder")), 0);
    assert_int_equal(symlink("..model", in(from, "checkpoint/dots")), 0); /* only a name */
    assert_int_equal(mkfifo(in(from, "checkpoint/fifo"), 0600), 0);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const int length =
        snprintf(address.sun_path, sizeof address.sun_path, "%s/checkpoint/socket", from);
    assert_in_range(length, 1, sizeof address.sun_path - 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
    close(fd);
    assert_inherits(INHERIT_COPIED, BEGINS LEFT_OUT "6\n");
    assert_holds(scratch, "checkpoint/model.bin", "weights");
    static const char *const none[] = {"absolute", "up",   "up-at-the-end",
                                       "folder",   "fifo", "socket"};
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        snprintf(path, sizeof path, "checkpoint/%s", none[i]);
        assert_false(exists(scratch, path));
    }
    assert_true(exists(scratch, "checkpoint/dots"));
}

/* The folder itself may not be a way out either. */
static void a_link_is_no_checkpoint(void **state) {
    (void)state;
    make(root, "elsewhere");
    put(root, "elsewhere/model.bin", "not yours", 0600);
    assert_int_equal(rmdir(in(from, "checkpoint")), 0);
    assert_int_equal(symlink("../elsewhere", in(from, "checkpoint")), 0);
    assert_inherits(INHERIT_FAILED, "zyg: the checkpoint of trial 7 was not copied: Not a "
                                    "directory; it begins with an empty one\n");
    assert_true(inherit_is_due(scratch));
}

static void what_is_not_here_is_said(void **state) {
    (void)state;
    assert_inherits(INHERIT_NOTHING, EMPTY);
    assert_int_equal(rmdir(in(from, "checkpoint")), 0);
    assert_inherits(INHERIT_ABSENT, NOT_HERE);
    assert_int_equal(rmdir(from), 0);
    assert_inherits(INHERIT_ABSENT, NOT_HERE);
    assert_true(exists(scratch, "checkpoint"));
    assert_true(inherit_is_due(scratch));
}

/* There would be nothing left to train. */
static void the_end_is_no_beginning(void **state) {
    (void)state;
    put(from, "checkpoint/model.bin", "weights", 0600);
    const struct inherited end = inherit(from, true, scratch);
    assert_end(
        &end, INHERIT_LATE,
        "zyg: the checkpoint of trial 7 is of its last steps; it begins with an empty one\n");
    assert_false(exists(scratch, "checkpoint/model.bin"));
    assert_true(inherit_is_due(scratch));
    put(scratch, "checkpoint/model.bin", "mine", 0600);
    const struct inherited own = inherit(from, true, scratch);
    assert_end(&own, INHERIT_OWN, "");
}

/* A link that goes up is left out wherever it ends: nobody has to find out. */
static void links_that_go_up_are_said_to(void **state) {
    (void)state;
    make(from, "checkpoint/step-3");
    assert_int_equal(symlink("../model.bin", in(from, "checkpoint/step-3/model.bin")), 0);
    assert_inherits(INHERIT_COPIED, BEGINS LEFT_OUT "1\n");
    assert_true(exists(scratch, "checkpoint/step-3"));
    assert_false(exists(scratch, "checkpoint/step-3/model.bin"));
}

static void one_of_nothing_but_links_is_said_to_hold_nothing(void **state) {
    (void)state;
    assert_int_equal(symlink("/tmp", in(from, "checkpoint/absolute")), 0);
    assert_int_equal(symlink("../../secret", in(from, "checkpoint/up")), 0);
    assert_inherits(INHERIT_NOTHING, "zyg: the checkpoint of trial 7 holds nothing that is copied; "
                                     "it begins with an empty one" LEFT_OUT "2\n");
    assert_true(inherit_is_due(scratch));
}

static void its_own_stays(void **state) {
    (void)state;
    put(from, "checkpoint/model.bin", "weights", 0600);
    put(scratch, "checkpoint/other.bin", "mine", 0600);
    assert_false(inherit_is_due(scratch));
    assert_inherits(INHERIT_OWN, "");
    assert_holds(scratch, "checkpoint/other.bin", "mine");
    assert_false(exists(scratch, "checkpoint/model.bin"));
}

static void a_missing_folder_is_made(void **state) {
    (void)state;
    put(from, "checkpoint/model.bin", "weights", 0600);
    assert_int_equal(rmdir(in(scratch, "checkpoint")), 0);
    assert_true(inherit_is_due(scratch));
    assert_inherits(INHERIT_COPIED, BEGINS "\n");
    assert_holds(scratch, "checkpoint/model.bin", "weights");
}

/* Somebody was killed over it. */
static void a_left_over_part_is_removed(void **state) {
    (void)state;
    make(scratch, "checkpoint.part");
    make(scratch, "checkpoint.part/step-1");
    put(scratch, "checkpoint.part/step-1/half", "wei", 0400);
    put(from, "checkpoint/model.bin", "weights", 0600);
    assert_inherits(INHERIT_COPIED, BEGINS "\n");
    assert_false(exists(scratch, "checkpoint/step-1"));
}

/* What a full disk does, too. */
static void half_a_copy_is_none(void **state) {
    (void)state;
    struct rlimit before, narrow;
    char model[8192];
    memset(model, 'w', sizeof model - 1);
    model[sizeof model - 1] = '\0';
    put(from, "checkpoint/small", "weights", 0600);
    make(from, "checkpoint/step-1");
    put(from, "checkpoint/step-1/large", model, 0600);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    narrow = (struct rlimit){4096, before.rlim_max};
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &narrow), 0);
    const struct inherited end = inherit(from, false, scratch);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, SIG_DFL);
    assert_end(&end, INHERIT_FAILED,
               "zyg: the checkpoint of trial 7 was not copied: File too "
               "large; it begins with an empty one\n");
    assert_int_equal(end.error, EFBIG);
    assert_true(inherit_is_due(scratch));
}

static void nest(char *path, int depth) {
    size_t len = strlen(path);
    for (int i = 0; i < depth; i++) {
        assert_true(len + 2 < PATH_BYTES);
        memcpy(path + len, "/d", 3);
        len += 2;
        assert_int_equal(mkdir(path, 0700), 0);
    }
}

static void folders_may_be_nested_so_far(void **state) {
    (void)state;
    char path[PATH_BYTES];
    snprintf(path, sizeof path, "%s/checkpoint", from);
    nest(path, COPY_DEPTH_MAX);
    put(path, "model.bin", "weights", 0600);
    assert_inherits(INHERIT_COPIED, BEGINS "\n");
    make(root, "13");
    snprintf(scratch, sizeof scratch, "%s/13", root);
    snprintf(path, sizeof path, "%s/checkpoint", from);
    size_t len = strlen(path);
    for (int i = 0; i < COPY_DEPTH_MAX; i++, len += 2)
        memcpy(path + len, "/d", 3);
    nest(path, 1);
    assert_inherits(INHERIT_FAILED, "zyg: the checkpoint of trial 7 was not copied: File name too "
                                    "long; it begins with an empty one\n");
}

/* ---- beside one who saves ---- */

/* Puts one model after the other in place, each of one letter, until it is killed. */
static _Noreturn void save_on_and_on(void) {
    static char model[MODEL_BYTES];
    int folder = open(in(from, "checkpoint"), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (int round = 0;; round++) {
        char name[32];
        snprintf(name, sizeof name, "model.%d.new", round);
        memset(model, 'a' + round % 26, sizeof model);
        int fd = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (fd < 0 || write(fd, model, sizeof model) != sizeof model || close(fd) != 0 ||
            renameat(folder, name, folder, "model") != 0)
            _exit(1);
    }
}

static void assert_whole(void) {
    static char model[MODEL_BYTES + 1];
    int fd = open(in(scratch, "checkpoint/model"), O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(read(fd, model, sizeof model), MODEL_BYTES);
    close(fd);
    for (int i = 1; i < MODEL_BYTES; i++)
        assert_int_equal(model[i], model[0]);
}

static void empty_scratch(void) {
    int folder = open(scratch, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_int_equal(copy_remove(folder, "checkpoint"), 0);
    assert_int_equal(copy_remove(folder, "checkpoint"), 0);
    close(folder);
    assert_false(exists(scratch, "checkpoint"));
}

static void what_is_renamed_meanwhile_is_whole(void **state) {
    (void)state;
    int status;
    put(from, "checkpoint/model", "", 0600);
    pid_t saver = fork();
    if (saver == 0)
        save_on_and_on();
    struct stat info = {0};
    while (info.st_size == 0) /* until the first is there */
        assert_int_equal(stat(in(from, "checkpoint/model"), &info), 0);
    for (int i = 0; i < COPIES; i++) {
        assert_inherits(INHERIT_COPIED, BEGINS "\n");
        assert_whole();
        empty_scratch();
    }
    assert_int_equal(waitpid(saver, &status, WNOHANG), 0);
    kill(saver, SIGKILL);
    waitpid(saver, &status, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(all_that_is_in_it_is_copied, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nothing_leads_out_of_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_link_is_no_checkpoint, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_not_here_is_said, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_end_is_no_beginning, set_up, tear_down),
        cmocka_unit_test_setup_teardown(links_that_go_up_are_said_to, set_up, tear_down),
        cmocka_unit_test_setup_teardown(one_of_nothing_but_links_is_said_to_hold_nothing, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(its_own_stays, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_missing_folder_is_made, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_left_over_part_is_removed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(half_a_copy_is_none, set_up, tear_down),
        cmocka_unit_test_setup_teardown(folders_may_be_nested_so_far, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_renamed_meanwhile_is_whole, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
