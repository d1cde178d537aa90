/* What only a disk can do: be killed, grow, be full, be somebody else's. The program starts itself
 * as the process that is killed: store_lmdb_test --write DIR writes transaction after transaction
 * and prints a byte for each that was kept. */
#include "store/store_lmdb.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static const char *program;

static int make_dir(void **state) {
    const char *tmp = getenv("TMPDIR");
    char *dir = malloc(160);
    assert_non_null(dir);
    snprintf(dir, 160, "%s/zyg-XXXXXX", tmp != NULL ? tmp : "/tmp");
    *state = dir;
    return mkdtemp(dir) == NULL;
}

static int remove_dir(void **state) {
    const char *files[] = {"data.mdb", "lock.mdb", "owner"};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        char path[256];
        snprintf(path, sizeof path, "%s/%s", (char *)*state, files[i]);
        unlink(path);
    }
    int rc = rmdir(*state);
    free(*state);
    return rc;
}

static struct span number_key(uint64_t number, uint8_t memory[8]) {
    struct buf key = buf_of(memory, 8);
    buf_be64(&key, number);
    return buf_view(&key);
}

/* One transaction: the number in two tables, so that half of one can be told. */
static bool save_number(struct store *s, uint64_t number, size_t value_bytes, struct err *err) {
    static uint8_t memory[256 * 1024], value[128 * 1024];
    uint8_t key[8];
    struct buf ops = buf_of(memory, sizeof memory);
    ops_put(&ops, TABLE_jobs, number_key(number, key), span_of(value, value_bytes));
    ops_put(&ops, TABLE_rank, number_key(number, key), (struct span){0});
    return store_save(s, buf_view(&ops), err);
}

/* How many numbers the table holds; they must be 0, 1, 2, ... */
static uint64_t count_numbers(struct store *s, enum table table) {
    static uint8_t memory[512 * 1024];
    uint8_t last[8];
    uint64_t count = 0;
    bool more = true;
    struct store_scan scan = {.table = table};
    while (more) {
        struct buf rows = buf_of(memory, sizeof memory);
        struct err err;
        assert_true(store_scan(s, &scan, &rows, &more, &err));
        for (struct mp mp = mp_of(buf_view(&rows)); !mp_done(&mp);) {
            struct span key = mp_bin(&mp);
            mp_bin(&mp);
            assert_int_equal(key.len, 8);
            assert_int_equal(read_be64(key.data), count);
            count++;
            memcpy(last, key.data, 8);
        }
        scan.after = span_of(last, 8);
    }
    return count;
}

static int write_until_killed(const char *dir) {
    struct err err;
    struct store *s = store_open_lmdb(dir, &err);
    if (s == NULL)
        return 1;
    for (uint64_t i = count_numbers(s, TABLE_jobs);; i++) {
        if (!save_number(s, i, 3000, &err) || write(STDOUT_FILENO, "k", 1) != 1)
            return 2;
    }
}

/* Starts a writer, kills it after it kept `count` transactions and answers how many it kept in all.
 * */
static uint64_t kill_writer_after(const char *dir, uint64_t count) {
    int fds[2];
    assert_int_equal(pipe(fds), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        dup2(fds[1], STDOUT_FILENO);
        close(fds[0]);
        close(fds[1]);
        execl(program, program, "--write", dir, (char *)NULL);
        _exit(127);
    }
    close(fds[1]);
    uint64_t kept = 0;
    char byte;
    while (read(fds[0], &byte, 1) == 1) {
        kept++;
        if (kept == count)
            kill(pid, SIGKILL);
    }
    close(fds[0]);
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    return kept;
}

static void a_killed_writer_leaves_exactly_what_was_acknowledged(void **state) {
    uint64_t before = 0;
    for (uint64_t round = 0; round < 8; round++) {
        uint64_t kept = before + kill_writer_after(*state, 1 + 7 * round);
        struct err err;
        struct store *s = store_open_lmdb(*state, &err);
        assert_non_null(s);
        uint64_t found = count_numbers(s, TABLE_jobs);
        assert_int_equal(count_numbers(s, TABLE_rank), found);
        /* The one under way when the kill came may have been kept and never told of. */
        assert_true(found == kept || found == kept + 1);
        assert_true(save_number(s, found, 10, &err));
        store_close(&s);
        before = found + 1;
    }
}

static void the_map_grows_past_its_first_size(void **state) {
    struct err err = {.code = ERR_NONE};
    struct store *s = store_open_lmdb_sized(*state, 256 * 1024, &err);
    assert_non_null(s);
    for (uint64_t i = 0; i < 40; i++)
        assert_true(save_number(s, i, 100 * 1024, &err));
    store_close(&s);
    s = store_open_lmdb_sized(*state, 256 * 1024, &err); /* smaller than the file by now */
    assert_non_null(s);
    assert_int_equal(count_numbers(s, TABLE_jobs), 40);
    assert_true(save_number(s, 40, 100 * 1024, &err));
    assert_int_equal(count_numbers(s, TABLE_rank), 41);
    store_close(&s);
}

/* Of the mapped file, in KiB. */
static unsigned long mapped_kib(void) {
    FILE *maps = fopen("/proc/self/smaps", "re");
    char line[512];
    unsigned long from = 0, to = 0, kib = 0, found = 0;
    bool here = false;
    assert_non_null(maps);
    while (fgets(line, sizeof line, maps) != NULL) {
        if (sscanf(line, "%lx-%lx ", &from, &to) == 2)
            here = strstr(line, "data.mdb") != NULL;
        if (here && sscanf(line, "Rss: %lu kB", &kib) == 1)
            found += kib;
    }
    fclose(maps);
    return found;
}

static void a_store_that_rests_holds_no_pages(void **state) {
    struct err err = {.code = ERR_NONE};
    struct store *s = store_open_lmdb(*state, &err);
    assert_non_null(s);
    for (uint64_t round = 0; round < 3; round++) {
        for (uint64_t i = 0; i < 20; i++)
            assert_true(save_number(s, 20 * round + i, 100 * 1024, &err));
        assert_int_equal(count_numbers(s, TABLE_jobs), 20 * round + 20);
        assert_true(mapped_kib() > 2000);
        store_rest(s);
        assert_true(mapped_kib() < 300);
    }
    assert_int_equal(count_numbers(s, TABLE_rank), 60);
    store_close(&s);
}

static void a_store_that_cannot_be_opened_after_a_rest_is_tried_again(void **state) {
    struct err err = {.code = ERR_NONE};
    char away[200];
    struct store *s = store_open_lmdb(*state, &err);
    uint8_t memory[4096];
    struct buf rows = buf_of(memory, sizeof memory);
    const struct store_scan scan = {.table = TABLE_jobs};
    bool more;
    assert_non_null(s);
    assert_true(save_number(s, 0, 100, &err));
    snprintf(away, sizeof away, "%s-away", (char *)*state);
    assert_int_equal(rename(*state, away), 0);
    store_rest(s);
    assert_false(store_is_open(s));
    assert_false(store_scan(s, &scan, &rows, &more, &err));
    assert_int_equal(err.code, ERR_STORE);
    assert_non_null(strstr(err.what, "opening the store in"));
    assert_false(save_number(s, 1, 100, &err));
    assert_non_null(strstr(err.what, "opening the store in"));
    store_rest(s);
    assert_int_equal(rename(away, *state), 0);
    assert_true(store_scan(s, &scan, &rows, &more, &err)); /* a reader opens it, too */
    assert_true(store_is_open(s));
    assert_true(save_number(s, 1, 100, &err));
    assert_int_equal(count_numbers(s, TABLE_jobs), 2);
    store_close(&s);
}

static void a_full_disk_is_told_and_survived(void **state) {
    struct err err = {.code = ERR_NONE};
    struct store *s = store_open_lmdb(*state, &err);
    assert_non_null(s);
    signal(SIGXFSZ, SIG_IGN); /* a file that may not grow answers EFBIG instead of killing */
    struct rlimit before;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    struct rlimit small = {.rlim_cur = 1 << 20, .rlim_max = before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    uint64_t kept = 0;
    while (save_number(s, kept, 50 * 1024, &err))
        kept++;
    enum err_code first = err.code;
    err.code = ERR_NONE;
    bool again = save_number(s, kept, 50 * 1024, &err);
    enum err_code second = err.code;
    uint64_t found = count_numbers(s, TABLE_jobs);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(first, ERR_STORE_FULL);
    assert_false(again);
    assert_int_equal(second, ERR_STORE_FULL);
    assert_non_null(strstr(err.what, *state));
    assert_true(kept > 5);
    assert_int_equal(found, kept);
    assert_true(save_number(s, kept, 50 * 1024, &err)); /* there is room again */
    store_close(&s);
    s = store_open_lmdb(*state, &err);
    assert_non_null(s);
    assert_int_equal(count_numbers(s, TABLE_jobs), kept + 1);
    store_close(&s);
}

static void a_store_is_open_once(void **state) {
    struct err err = {.code = ERR_NONE};
    struct store *s = store_open_lmdb(*state, &err);
    assert_non_null(s);
    assert_null(store_open_lmdb(*state, &err));
    assert_int_equal(err.code, ERR_BUSY);
    char expected[320];
    snprintf(expected, sizeof expected, "the store in %s is in use by process %ld", (char *)*state,
             (long)getpid());
    assert_string_equal(err.what, expected);
    store_close(&s);
    s = store_open_lmdb(*state, &err);
    assert_non_null(s);
    store_close(&s);
}

static mode_t mode_of(const char *dir, const char *name) {
    char path[256];
    struct stat st;
    snprintf(path, sizeof path, "%s/%s", dir, name);
    assert_int_equal(stat(path, &st), 0);
    return st.st_mode & 0777;
}

static void only_the_owner_can_read_it(void **state) {
    char dir[200];
    snprintf(dir, sizeof dir, "%s/store", (char *)*state);
    struct err err;
    struct store *s = store_open_lmdb(dir, &err); /* makes the folder */
    assert_non_null(s);
    assert_int_equal(mode_of(*state, "store"), 0700);
    assert_int_equal(mode_of(dir, "data.mdb"), 0600);
    assert_int_equal(mode_of(dir, "lock.mdb"), 0600);
    assert_int_equal(mode_of(dir, "owner"), 0600);
    store_close(&s);
    void *inner = strdup(dir);
    assert_int_equal(remove_dir(&inner), 0);
}

static void no_file_of_it_survives_an_exec(void **state) {
    struct err err;
    struct store *s = store_open_lmdb(*state, &err);
    assert_non_null(s);
    int ours = 0;
    for (int fd = 3; fd < 256; fd++) {
        char link[64], target[256];
        snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
        ssize_t len = readlink(link, target, sizeof target - 1);
        if (len <= 0)
            continue;
        target[len] = '\0';
        if (strncmp(target, *state, strlen(*state)) != 0)
            continue;
        ours++;
        assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    }
    assert_true(ours >= 3);
    store_close(&s);
}

static void set_version(const char *dir, const char *version) {
    struct err err;
    struct store *s = store_open_lmdb(dir, &err);
    assert_non_null(s);
    uint8_t memory[64];
    struct buf ops = buf_of(memory, sizeof memory);
    ops_put(&ops, TABLE_meta, span_text("schema"), span_text(version));
    assert_true(store_save(s, buf_view(&ops), &err));
    store_close(&s);
}

static void another_schema_is_refused(void **state) {
    struct err err = {.code = ERR_NONE};
    set_version(*state, "1");
    assert_null(store_open_lmdb(*state, &err));
    assert_int_equal(err.code, ERR_STORE_VERSION);
    char expected[400];
    snprintf(expected, sizeof expected,
             "the store in %s has schema 1 and this program reads 2; use the zyg that "
             "wrote it, or move it away to begin anew",
             (char *)*state);
    assert_string_equal(err.what, expected);
}

static void a_new_store_is_given_a_version(void **state) {
    struct err err;
    struct store *s = store_open_lmdb(*state, &err);
    assert_non_null(s);
    uint8_t memory[256];
    struct buf rows = buf_of(memory, sizeof memory);
    bool more;
    struct store_scan scan = {.table = TABLE_meta};
    assert_true(store_scan(s, &scan, &rows, &more, &err));
    struct mp mp = mp_of(buf_view(&rows));
    assert_true(span_is(mp_bin(&mp), "schema"));
    assert_true(span_is(mp_bin(&mp), "2"));
    assert_true(mp_done(&mp));
    store_close(&s);
}

static void what_is_not_a_store_is_refused(void **state) {
    char path[256];
    snprintf(path, sizeof path, "%s/data.mdb", (char *)*state);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    for (int i = 0; i < 20000; i++)
        fputc('x', file);
    fclose(file);
    struct err err = {.code = ERR_NONE};
    assert_null(store_open_lmdb(*state, &err));
    assert_int_equal(err.code, ERR_STORE);
    assert_non_null(strstr(err.what, "data.mdb is not a store this program can read"));
}

static void a_folder_that_cannot_be_made_is_told(void **state) {
    (void)state;
    struct err err = {.code = ERR_NONE};
    assert_null(store_open_lmdb("/nonexistent/folder/store", &err));
    assert_int_equal(err.code, ERR_STORE);
    assert_string_equal(
        err.what, "cannot make the folder /nonexistent/folder/store: No such file or directory; "
                  "make the folder above it and see that you may write there");
}

int main(int argc, char **argv) {
    program = "/proc/self/exe";
    if (argc == 3 && strcmp(argv[1], "--write") == 0)
        return write_until_killed(argv[2]);
#define WITH_DIR(test) cmocka_unit_test_setup_teardown(test, make_dir, remove_dir)
    const struct CMUnitTest tests[] = {
        WITH_DIR(a_killed_writer_leaves_exactly_what_was_acknowledged),
        WITH_DIR(the_map_grows_past_its_first_size),
        WITH_DIR(a_store_that_rests_holds_no_pages),
        WITH_DIR(a_store_that_cannot_be_opened_after_a_rest_is_tried_again),
        WITH_DIR(a_full_disk_is_told_and_survived),
        WITH_DIR(a_store_is_open_once),
        WITH_DIR(only_the_owner_can_read_it),
        WITH_DIR(no_file_of_it_survives_an_exec),
        WITH_DIR(another_schema_is_refused),
        WITH_DIR(a_new_store_is_given_a_version),
        WITH_DIR(what_is_not_a_store_is_refused),
        WITH_DIR(a_folder_that_cannot_be_made_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
