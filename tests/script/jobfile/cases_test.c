/* Bad job files and the one line each of them gets: cases.txt, in which a case is
 *
 *   >>> what is wrong
 *   the file
 *   <<< job.yaml:LINE:COLUMN: the message
 *
 * \xNN in a file is that byte. With ZYG_REWRITE=1 in the environment the file is written anew with the
 * messages there are; read the difference before keeping it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "actors/jobfile/jobfile.h"
#include "proto/job/yet.h"

#define CASES "tests/script/jobfile/cases.txt"

enum { ARENA_BYTES = 8 << 20, FILE_BYTES = 65536, LINE_BYTES = 4096, LEAST_CASES = 40 };

static uint8_t arena_memory[ARENA_BYTES];

struct script_case {
    char title[LINE_BYTES];
    char expected[LINE_BYTES];
    uint8_t memory[FILE_BYTES];
    struct buf text;
};

static bool is_hex(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

static void add_line(struct buf *text, const char *line) {
    while (*line != '\0') {
        if (line[0] == '\\' && line[1] == 'x' && is_hex(line[2]) && is_hex(line[3])) {
            const char digits[3] = {line[2], line[3], '\0'};
            buf_byte(text, (uint8_t)strtoul(digits, NULL, 16));
            line += 4;
        } else {
            buf_byte(text, (uint8_t)*line++);
        }
    }
}

static bool can_begin(const struct job *job, struct job_fault *fault) {
    return job_runs(job, fault) && job_check_meant(job, fault);
}

static void message_of(const struct script_case *c, char *out, size_t len) {
    struct arena arena = arena_of(arena_memory, sizeof arena_memory);
    struct job job;
    struct jobfile_at at;
    struct err err = {0};
    bool read = jobfile_read(&job, buf_view(&c->text), "job.yaml", "/home/user/work", can_begin,
                             &arena, &at, &err);
    snprintf(out, len, "%s", read ? "(no fault)" : err.what);
    if (read)
        return;
    char place[64];
    snprintf(place, sizeof place, "job.yaml:%u:%u: ", at.line, at.column);
    if (err.code != ERR_BAD_JOB_FILE || strncmp(out, place, strlen(place)) != 0 ||
        strchr(out, '\n') != NULL)
        fail_msg("%s: not one line that begins with its place: %s", c->title, out);
}

/* True when the case got its message. */
static bool run_case(const struct script_case *c, FILE *rewritten) {
    char got[LINE_BYTES];
    message_of(c, got, sizeof got);
    if (rewritten != NULL)
        fprintf(rewritten, "<<< %s\n", got);
    if (rewritten != NULL || strcmp(got, c->expected) == 0)
        return true;
    print_error("%s\n  expected %s\n  got      %s\n", c->title, c->expected, got);
    return false;
}

static void each_bad_file_gets_its_line(void **state) {
    (void)state;
    static struct script_case c;
    FILE *file = fopen(CASES, "r");
    FILE *rewritten = getenv("ZYG_REWRITE") == NULL ? NULL : fopen(CASES ".new", "w");
    char line[LINE_BYTES];
    int count = 0;
    int wrong = 0;
    assert_non_null(file);
    while (fgets(line, sizeof line, file) != NULL) {
        bool ends = strncmp(line, "<<< ", 4) == 0;
        if (rewritten != NULL && !ends)
            fputs(line, rewritten);
        if (strncmp(line, ">>> ", 4) == 0) {
            snprintf(c.title, sizeof c.title, "%.*s", (int)strcspn(line + 4, "\n"), line + 4);
            c.text = buf_of(c.memory, sizeof c.memory);
        } else if (ends) {
            snprintf(c.expected, sizeof c.expected, "%.*s", (int)strcspn(line + 4, "\n"), line + 4);
            wrong += run_case(&c, rewritten) ? 0 : 1;
            count++;
        } else {
            add_line(&c.text, line);
        }
    }
    fclose(file);
    if (rewritten != NULL) {
        fclose(rewritten);
        assert_int_equal(rename(CASES ".new", CASES), 0);
    }
    assert_int_equal(wrong, 0);
    assert_true(count >= LEAST_CASES);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_bad_file_gets_its_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
