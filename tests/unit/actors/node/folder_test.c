#define _GNU_SOURCE /* nftw */
#include "actors/node/folder.h"

#include "tests/lib/folder.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static int set_up(void **state) {
    struct folder *f = calloc(1, sizeof *f);
    *f = folder_make();
    *state = f;
    return 0;
}

static int tear_down(void **state) {
    folder_remove(*state);
    free(*state);
    return 0;
}

static const struct door door = {
    .endpoint = "tcp://127.0.0.1:4711", .server_key = {1, 2, 0xab}, .pid = 4242};

static void expect_unreachable(const char *dir, const char *what) {
    struct door read = door;
    struct err err;
    assert_false(door_read(dir, &read, &err));
    assert_int_equal(err.code, ERR_UNREACHABLE);
    assert_non_null(strstr(err.what, what));
    assert_memory_equal(&read, &door, sizeof door);
}

static void one_at_a_time_holds_the_folder(void **state) {
    const struct folder *f = *state;
    struct err err = {.code = ERR_NONE};
    char expected[512];
    int first = folder_lock(f->path, &err);
    assert_true(first >= 0);
    assert_int_equal(folder_lock(f->path, &err), -1);
    assert_int_equal(err.code, ERR_BUSY);
    snprintf(expected, sizeof expected, "another process runs the node of %s", f->path);
    assert_string_equal(err.what, expected);
    close(first);
    int second = folder_lock(f->path, &err);
    assert_true(second >= 0);
    close(second);
}

static void the_folder_is_made_with_those_above_it(void **state) {
    const struct folder *f = *state;
    struct err err;
    struct stat info;
    umask(0);
    int lock = folder_lock(folder_file(f, "a/b/c"), &err);
    assert_true(lock >= 0);
    close(lock);
    assert_int_equal(stat(folder_file(f, "a/b/c"), &info), 0);
    assert_int_equal(info.st_mode & 0777, 0700);
    assert_int_equal(stat(folder_file(f, "a/b/c/lock"), &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    folder_write(f, "file", "");
    assert_int_equal(folder_lock(folder_file(f, "file/x"), &err), -1);
    assert_int_equal(err.code, ERR_SYSTEM);
    assert_int_equal(folder_lock("", &err), -1);
    assert_string_equal(err.what, "the path of the state folder is empty or too long");
}

static void a_door_is_believed_only_while_the_lock_is_held(void **state) {
    const struct folder *f = *state;
    struct err err;
    struct door read;
    struct stat info;
    expect_unreachable(f->path, "no node runs on");
    int lock = folder_lock(f->path, &err);
    expect_unreachable(f->path, "just starting or ending");
    assert_true(folder_write_door(f->path, &door, &err));
    assert_true(door_read(f->path, &read, &err));
    assert_string_equal(read.endpoint, door.endpoint);
    assert_memory_equal(read.server_key, door.server_key, CURVE_KEY_BYTES);
    assert_int_equal(read.pid, 4242);
    assert_int_equal(stat(folder_file(f, "door"), &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    assert_int_equal(access(folder_file(f, "door.new"), F_OK), -1);
    close(lock); /* however the process ended */
    expect_unreachable(f->path, "no node runs on");
    assert_true(folder_read_door(f->path, &read, &err)); /* but it is known where it was */
    assert_string_equal(read.endpoint, door.endpoint);
}

static void *open_the_door(void *folder) {
    const struct folder *f = folder;
    struct err err;
    int *lock = malloc(sizeof *lock);
    *lock = folder_lock(f->path, &err); /* news that is not a door yet */
    assert_true(*lock >= 0 && folder_write_door(f->path, &door, &err));
    return lock;
}

static void a_door_that_is_about_to_open_is_awaited(void **state) {
    struct folder *f = *state;
    struct err err = {.code = ERR_NONE};
    struct door read = {.pid = 0};
    pthread_t node;
    void *lock;
    assert_false(door_await(f->path, &read, 1, &err)); /* nobody comes */
    assert_int_equal(err.code, ERR_UNREACHABLE);
    assert_false(door_await(folder_file(f, "nothing"), &read, 60000, &err)); /* nor can */
    assert_int_equal(err.code, ERR_UNREACHABLE);
    assert_int_equal(pthread_create(&node, NULL, open_the_door, f), 0);
    assert_true(door_await(f->path, &read, 60000, &err));
    assert_int_equal(read.pid, 4242);
    assert_string_equal(read.endpoint, door.endpoint);
    pthread_join(node, &lock);
    read.pid = 0;
    assert_true(door_await(f->path, &read, 0, &err)); /* it is open already */
    assert_int_equal(read.pid, 4242);
    close(*(int *)lock);
    free(lock);
}

static void a_node_of_a_cluster_has_two_endpoints(void **state) {
    const struct folder *f = *state;
    struct err err;
    struct door read, two = door;
    int lock = folder_lock(f->path, &err);
    memset(two.endpoint, 'e', sizeof two.endpoint - 1);
    memcpy(two.endpoint, "tcp://", 6);
    memcpy(two.mesh, two.endpoint, sizeof two.mesh);
    two.mesh[6] = 'm';
    assert_true(folder_write_door(f->path, &two, &err));
    assert_true(door_read(f->path, &read, &err));
    assert_string_equal(read.endpoint, two.endpoint);
    assert_string_equal(read.mesh, two.mesh);
    assert_true(folder_write_door(f->path, &door, &err));
    assert_true(door_read(f->path, &read, &err));
    assert_string_equal(read.mesh, "");
    close(lock);
}

static void a_newer_door_takes_the_place_of_the_old(void **state) {
    const struct folder *f = *state;
    struct err err;
    struct door read, newer = door;
    int lock = folder_lock(f->path, &err);
    folder_write(f, "door.new", "left behind by a crash");
    assert_true(folder_write_door(f->path, &door, &err));
    newer.pid = 5;
    assert_true(folder_write_door(f->path, &newer, &err));
    assert_true(door_read(f->path, &read, &err));
    assert_int_equal(read.pid, 5);
    close(lock);
}

static void without_room_for_a_new_door_the_old_is_written_over(void **state) {
    const struct folder *f = *state;
    struct err err;
    struct door read, newer = door;
    int lock = folder_lock(f->path, &err);
    newer.pid = 5;                                                /* shorter */
    assert_int_equal(mkdir(folder_file(f, "door.new"), 0700), 0); /* stands for a full disk */
    assert_false(folder_write_door(f->path, &newer, &err));       /* nor is there an old one */
    assert_non_null(strstr(err.what, "/door: "));
    assert_int_equal(rmdir(folder_file(f, "door.new")), 0);
    assert_true(folder_write_door(f->path, &door, &err));
    assert_int_equal(mkdir(folder_file(f, "door.new"), 0700), 0);
    assert_true(folder_write_door(f->path, &newer, &err));
    assert_true(door_read(f->path, &read, &err));
    assert_int_equal(read.pid, 5);
    close(lock);
}

static void what_is_no_door_is_not_believed(void **state) {
    const struct folder *f = *state;
    static const char key[] = "0102ab0000000000000000000000000000000000000000000000000000000000";
    char text[256];
    struct err err;
    int lock = folder_lock(f->path, &err);
    static const char *const formats[] = {"",
                                          "zyg-door 2 tcp://h:1 %s 5\n",
                                          "zyg-door 1 ipc://h:1 %s 5\n",
                                          "zyg-door 1 tcp://h:1 %.62s 5\n",
                                          "zyg-door 1 tcp://h:1 %.63sx 5\n",
                                          "zyg-door 1 tcp://h:1 %s\n"};
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        snprintf(text, sizeof text, formats[i], key);
#pragma GCC diagnostic pop
        folder_write(f, "door", text);
        expect_unreachable(f->path, "is not a door of zyg");
    }
    snprintf(text, sizeof text, "zyg-door 1 tcp://h:1 %s 5\n", key);
    folder_write(f, "door", text);
    struct door read;
    assert_true(door_read(f->path, &read, &err));
    assert_memory_equal(read.server_key, door.server_key, CURVE_KEY_BYTES);
    close(lock);
}

static void links_are_resolved(void **state) {
    const struct folder *f = *state;
    char out[FOLDER_PATH_BYTES], real[FOLDER_PATH_BYTES];
    struct err err;
    assert_true(folder_resolve(f->path, real, &err));
    assert_int_equal(symlink(f->path, folder_file(f, "link")), 0);
    assert_true(folder_resolve(folder_file(f, "link"), out, &err));
    assert_string_equal(out, real);
    assert_false(folder_resolve(folder_file(f, "nothing"), out, &err));
    assert_int_equal(err.code, ERR_SYSTEM);
}

static void the_folder_follows_the_environment(void **state) {
    (void)state;
    char out[64];
    unsetenv("ZYG_STATE");
    unsetenv("XDG_STATE_HOME");
    setenv("HOME", "/home/u", 1);
    assert_true(state_dir_default(out, sizeof out));
    assert_string_equal(out, "/home/u/.local/state/zyg");
    setenv("XDG_STATE_HOME", "/xdg", 1);
    assert_true(state_dir_default(out, sizeof out));
    assert_string_equal(out, "/xdg/zyg");
    setenv("XDG_STATE_HOME", "relative", 1); /* to be ignored, says the XDG specification */
    assert_true(state_dir_default(out, sizeof out));
    assert_string_equal(out, "/home/u/.local/state/zyg");
    setenv("ZYG_STATE", "/own", 1);
    assert_true(state_dir_default(out, sizeof out));
    assert_string_equal(out, "/own");
    assert_false(state_dir_default(out, 4));
    unsetenv("ZYG_STATE");
    unsetenv("XDG_STATE_HOME");
    unsetenv("HOME");
    assert_false(state_dir_default(out, sizeof out));
}

#define FOLDER(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        FOLDER(one_at_a_time_holds_the_folder),
        FOLDER(the_folder_is_made_with_those_above_it),
        FOLDER(a_door_is_believed_only_while_the_lock_is_held),
        FOLDER(a_door_that_is_about_to_open_is_awaited),
        FOLDER(a_node_of_a_cluster_has_two_endpoints),
        FOLDER(a_newer_door_takes_the_place_of_the_old),
        FOLDER(without_room_for_a_new_door_the_old_is_written_over),
        FOLDER(what_is_no_door_is_not_believed),
        FOLDER(links_are_resolved),
        cmocka_unit_test(the_folder_follows_the_environment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
