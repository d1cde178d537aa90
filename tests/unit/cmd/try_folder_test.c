/* try_folder: which folders of earlier tries are removed, and which are not. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "cmd/cli/try_folder.h"

struct place {
    char root[64];
    char path[128];
};

static const char *in(struct place *p, const char *name) {
    snprintf(p->path, sizeof p->path, "%s/%s", p->root, name);
    return p->path;
}

static void give_folder(struct place *p, const char *name) {
    assert_int_equal(mkdir(in(p, name), 0700), 0);
}

static void give_file(struct place *p, const char *name) {
    int fd = open(in(p, name), O_WRONLY | O_CREAT, 0600);
    assert_true(fd >= 0);
    close(fd);
}

static bool exists(struct place *p, const char *name) {
    struct stat info;
    return lstat(in(p, name), &info) == 0;
}

static int setup(void **state) {
    struct place *p = calloc(1, sizeof *p);
    snprintf(p->root, sizeof p->root, "/tmp/zyg-test-XXXXXX");
    *state = p;
    return mkdtemp(p->root) == NULL || setenv("TMPDIR", p->root, 1) != 0;
}

static int teardown(void **state) {
    struct place *p = *state;
    int status = rmdir(p->root);
    free(p);
    return status;
}

static void a_folder_comes_and_goes(void **state) {
    struct place *p = *state;
    struct try_folder f;
    struct err err = {0};
    assert_true(try_folder_make(&f, &err));
    assert_int_equal(strncmp(f.path, p->root, strlen(p->root)), 0);
    assert_false(try_folder_leave(&f));
    assert_int_not_equal(access(f.path, F_OK), 0);
}

static void what_was_left_in_it_is_kept(void **state) {
    struct place *p = *state;
    struct try_folder f, next;
    struct err err = {0};
    char model[TRY_FOLDER_BYTES + 8];
    assert_true(try_folder_make(&f, &err));
    snprintf(model, sizeof model, "%s/model", f.path);
    give_file(p, model + strlen(p->root) + 1);
    assert_true(try_folder_leave(&f));

    assert_true(try_folder_make(&next, &err));
    assert_false(try_folder_leave(&next));
    assert_int_equal(unlink(model), 0);
    assert_int_equal(rmdir(f.path), 0); /* so nothing of ours is in it */
}

static void deserted_folders_are_removed(void **state) {
    struct place *p = *state;
    struct try_folder f;
    struct err err = {0};
    give_folder(p, "zyg-try-gone");
    give_file(p, "zyg-try-gone/lock");
    give_folder(p, "zyg-try-gone/deep");
    give_file(p, "zyg-try-gone/deep/model");
    give_file(p, "kept");
    assert_int_equal(symlink(p->root, in(p, "zyg-try-gone/link")), 0);
    assert_true(try_folder_make(&f, &err));
    assert_false(exists(p, "zyg-try-gone"));
    assert_true(exists(p, "kept")); /* links are not followed */
    assert_false(try_folder_leave(&f));
    assert_int_equal(unlink(in(p, "kept")), 0);
}

static void others_are_left_alone(void **state) {
    struct place *p = *state;
    struct try_folder used, f;
    struct err err = {0};
    give_folder(p, "other");
    give_file(p, "other/lock");
    give_folder(p, "zyg-try-left");
    assert_true(try_folder_make(&used, &err));
    assert_true(try_folder_make(&f, &err));
    assert_int_equal(access(used.path, F_OK), 0);
    assert_true(exists(p, "other/lock"));
    assert_true(exists(p, "zyg-try-left"));
    assert_false(try_folder_leave(&f));
    assert_false(try_folder_leave(&used));
    assert_int_equal(unlink(in(p, "other/lock")), 0);
    assert_int_equal(rmdir(in(p, "other")), 0);
    assert_int_equal(rmdir(in(p, "zyg-try-left")), 0);
}

static void a_place_that_is_not_there_is_an_error(void **state) {
    struct place *p = *state;
    struct try_folder f;
    struct err err = {0};
    char what[128];
    setenv("TMPDIR", in(p, "nothing"), 1);
    assert_false(try_folder_make(&f, &err));
    assert_int_equal(err.code, ERR_SYSTEM);
    snprintf(what, sizeof what, "cannot make a folder in %s/nothing: No such file or directory",
             p->root);
    assert_string_equal(err.what, what);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_folder_comes_and_goes, setup, teardown),
        cmocka_unit_test_setup_teardown(what_was_left_in_it_is_kept, setup, teardown),
        cmocka_unit_test_setup_teardown(deserted_folders_are_removed, setup, teardown),
        cmocka_unit_test_setup_teardown(others_are_left_alone, setup, teardown),
        cmocka_unit_test_setup_teardown(a_place_that_is_not_there_is_an_error, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
