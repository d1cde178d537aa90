#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "cmd/cli/program_path.h"
#include "cmd/cli/shell_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct folder {
    char path[256];
    char kept[4096]; /* PATH as it was */
};

static void file_make(const struct folder *f, const char *name, mode_t mode) {
    char path[512];
    snprintf(path, sizeof path, "%s/%s", f->path, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fclose(file);
    assert_int_equal(chmod(path, mode), 0);
}

static int folder_make(void **state) {
    static struct folder f;
    const char *parent = getenv("TMPDIR");
    snprintf(f.path, sizeof f.path, "%s/zyg-test-XXXXXX", parent == NULL ? "/tmp" : parent);
    snprintf(f.kept, sizeof f.kept, "%s", getenv("PATH"));
    if (mkdtemp(f.path) == NULL)
        return -1;
    char sub[300];
    snprintf(sub, sizeof sub, "%s/bin", f.path);
    mkdir(sub, 0755);
    file_make(&f, "program", 0755);
    file_make(&f, "data", 0644);
    file_make(&f, "bin/tool", 0755);
    file_make(&f, "bin/data", 0644);
    *state = &f;
    return 0;
}

static int folder_remove(void **state) {
    const struct folder *f = *state;
    static const char *const names[] = {"bin/tool", "bin/data", "program", "data"};
    char path[512];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, "%s/%s", f->path, names[i]);
        unlink(path);
    }
    snprintf(path, sizeof path, "%s/bin", f->path);
    rmdir(path);
    return rmdir(f->path);
}

/* expected: "=bin/tool" is that path in the folder; otherwise the words themselves. */
static void expect(const struct folder *f, const char *name, const char *expected) {
    char memory[1024], path[1024];
    struct buf text = buf_of(memory, sizeof memory - 1);
    bool found = program_path(span_text(name), span_text(f->path), &text);
    memory[text.len] = '\0';
    assert_int_equal(found, expected[0] == '=');
    snprintf(path, sizeof path, "%s/%s", f->path, expected + 1);
    assert_string_equal(memory, found ? path : expected);
}

static void a_name_with_a_slash_is_relative_to_the_job(void **state) {
    const struct folder *f = *state;
    char absolute[512];
    expect(f, "./program", "=./program");
    expect(f, "bin/tool", "=bin/tool");
    expect(f, "./none", "not found on this machine");
    expect(f, "./data", "not executable on this machine");
    expect(f, "./bin", "not executable on this machine"); /* a folder */
    snprintf(absolute, sizeof absolute, "%s/program", f->path);
    expect(f, absolute, "=program");
    expect(f, "", "not found on this machine");
}

static void a_bare_name_is_looked_for_in_path(void **state) {
    const struct folder *f = *state;
    char path[600];
    snprintf(path, sizeof path, "/no/such/folder:%s/bin", f->path);
    setenv("PATH", path, 1);
    expect(f, "tool", "=bin/tool");
    expect(f, "data", "not executable on this machine");
    expect(f, "program", "not found on this machine"); /* the job's own folder is not in PATH */
    setenv("PATH", f->kept, 1);
}

static void words_for_a_shell(void **state) {
    (void)state;
    const struct {
        const char *word;
        const char *expected;
    } table[] = {
        {"plain-1.5e-3_/x:y,z@%+=", "plain-1.5e-3_/x:y,z@%+="},
        {"", "''"},
        {"two words", "'two words'"},
        {"it's", "'it'\\''s'"},
        {"$HOME;`x`", "'$HOME;`x`'"},
        {"gr\xc3\xbc\xc3\x9f", "'gr\xc3\xbc\xc3\x9f'"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        char memory[64];
        struct buf text = buf_of(memory, sizeof memory - 1);
        shell_print_word(&text, span_text(table[i].word));
        memory[text.len] = '\0';
        assert_string_equal(memory, table[i].expected);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_with_a_slash_is_relative_to_the_job),
        cmocka_unit_test(a_bare_name_is_looked_for_in_path),
        cmocka_unit_test(words_for_a_shell),
    };
    return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
