#define _GNU_SOURCE /* nftw */
#include "actors/guard/keys.h"

#include "tests/lib/folder.h"

#include <dirent.h>
#include <setjmp.h>
#include <sodium.h>
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
    return sodium_init() < 0;
}

static int tear_down(void **state) {
    folder_remove(*state);
    free(*state);
    return 0;
}

static void expect_mode(const char *path, mode_t mode) {
    struct stat info;
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, mode);
}

static void keys_are_made_once_and_loaded_the_same(void **state) {
    const struct folder *f = *state;
    struct keys made, loaded, other;
    struct err err;
    assert_true(keys_load(&made, f->path, "node", &err));
    assert_true(keys_load(&loaded, f->path, "node", &err));
    assert_memory_equal(&made, &loaded, sizeof made);
    assert_true(keys_load(&other, f->path, "client", &err));
    assert_memory_not_equal(&made.signer, &other.signer, sizeof made.signer);
    assert_memory_not_equal(made.curve_secret, other.curve_secret, CURVE_KEY_BYTES);
}

static void the_pairs_fit_together(void **state) {
    const struct folder *f = *state;
    struct keys keys;
    struct err err;
    uint8_t signature[crypto_sign_BYTES], public[CURVE_KEY_BYTES];
    assert_true(keys_load(&keys, f->path, "node", &err));
    crypto_sign_detached(signature, NULL, (const uint8_t *)"x", 1, keys.signer.secret);
    assert_int_equal(
        crypto_sign_verify_detached(signature, (const uint8_t *)"x", 1, keys.signer.id.bytes), 0);
    crypto_scalarmult_base(public, keys.curve_secret);
    assert_memory_equal(public, keys.curve_public, CURVE_KEY_BYTES);
}

static void nobody_else_may_read_them(void **state) {
    const struct folder *f = *state;
    struct keys keys;
    struct err err;
    umask(0);
    assert_true(keys_load(&keys, f->path, "node", &err));
    expect_mode(folder_file(f, "keys"), 0700);
    expect_mode(folder_file(f, "keys/node"), 0600);
    DIR *dir = opendir(folder_file(f, "keys"));
    int files = 0;
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;)
        files += entry->d_name[0] != '.';
    closedir(dir);
    assert_int_equal(files, 1); /* no temporary file stays */
}

static void a_file_others_may_read_is_refused(void **state) {
    const struct folder *f = *state;
    struct keys keys;
    struct err err;
    char expected[1200];
    assert_true(keys_load(&keys, f->path, "node", &err));
    static const mode_t modes[] = {0640, 0604, 0620};
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        const char *path = folder_file(f, "keys/node");
        assert_int_equal(chmod(path, modes[i]), 0);
        assert_false(keys_load(&keys, f->path, "node", &err));
        assert_int_equal(err.code, ERR_NOT_ALLOWED);
        snprintf(expected, sizeof expected, "%s can be read by others; do: chmod 600 '%s'", path,
                 path);
        assert_string_equal(err.what, expected);
    }
}

/* The file's text with one byte changed. */
static void expect_damage_is_seen(const struct folder *f, const char *text, size_t at, char byte) {
    char damaged[256];
    struct keys keys;
    struct err err;
    snprintf(damaged, sizeof damaged, "%s", text);
    damaged[at] = byte;
    folder_write(f, "keys/node", damaged);
    assert_false(keys_load(&keys, f->path, "node", &err));
    assert_int_equal(err.code, ERR_SYSTEM);
    assert_non_null(strstr(err.what, "is not a key file of zyg; move it away"));
}

static void a_damaged_file_is_refused_and_kept(void **state) {
    const struct folder *f = *state;
    struct keys keys, again;
    struct err err;
    char text[256] = "";
    assert_true(keys_load(&keys, f->path, "node", &err));
    FILE *file = fopen(folder_file(f, "keys/node"), "r");
    assert_non_null(file);
    size_t len = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    assert_int_equal(len, 11 + 64 + 1 + 64 + 1);
    expect_damage_is_seen(f, text, 0, 'Z');
    expect_damage_is_seen(f, text, 9, '2'); /* another version */
    expect_damage_is_seen(f, text, 11, 'g');
    expect_damage_is_seen(f, text, 11 + 64, '0');
    expect_damage_is_seen(f, text, len - 2, 'x');
    expect_damage_is_seen(f, text, len - 1, '\0'); /* cut short */
    folder_write(f, "keys/node", "");
    assert_false(keys_load(&again, f->path, "node", &err));
    folder_write(f, "keys/node", text);
    assert_true(keys_load(&again, f->path, "node", &err));
    assert_memory_equal(&keys, &again, sizeof keys);
}

static void a_link_is_not_followed(void **state) {
    const struct folder *f = *state;
    struct keys keys;
    struct err err;
    char target[512];
    assert_true(keys_load(&keys, f->path, "node", &err));
    snprintf(target, sizeof target, "%s/keys/node", f->path);
    assert_int_equal(symlink(target, folder_file(f, "keys/client")), 0);
    assert_false(keys_load(&keys, f->path, "client", &err));
    assert_int_equal(err.code, ERR_SYSTEM);
}

static void a_folder_that_cannot_be_is_told(void **state) {
    const struct folder *f = *state;
    struct keys keys;
    struct err err;
    folder_write(f, "file", "");
    assert_false(keys_load(&keys, folder_file(f, "file"), "node", &err));
    assert_int_equal(err.code, ERR_SYSTEM);
    assert_non_null(strstr(err.what, "cannot make"));
    char *lengthy = calloc(1, 5000);
    memset(lengthy, 'x', 4999);
    assert_false(keys_load(&keys, lengthy, "node", &err));
    assert_string_equal(err.what, "the path of the state folder is too long");
    free(lengthy);
}

static void wiped_keys_are_gone(void **state) {
    const struct folder *f = *state;
    struct keys keys, zero;
    struct err err;
    memset(&zero, 0, sizeof zero);
    assert_true(keys_load(&keys, f->path, "node", &err));
    keys_wipe(&keys);
    assert_memory_equal(&keys, &zero, sizeof keys);
}

#define FOLDER(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        FOLDER(keys_are_made_once_and_loaded_the_same),
        FOLDER(the_pairs_fit_together),
        FOLDER(nobody_else_may_read_them),
        FOLDER(a_file_others_may_read_is_refused),
        FOLDER(a_damaged_file_is_refused_and_kept),
        FOLDER(a_link_is_not_followed),
        FOLDER(a_folder_that_cannot_be_is_told),
        FOLDER(wiped_keys_are_gone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
