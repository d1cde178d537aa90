#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "cmd/cli/object.h"
#include "cmd/cli/out.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { NOW = 1763755200 }; /* 2025-11-21T20:00:00Z */

static const struct column columns[] = {
    {"id", NULL, COLUMN_TEXT, SHOWN_DATA},
    {"name", "NAME", COLUMN_TEXT, SHOWN_ALWAYS},
    {NULL, "PROGRESS", COLUMN_TEXT, SHOWN_TABLE},
    {"count", "COUNT", COLUMN_COUNT, SHOWN_WIDE},
    {"best", "BEST", COLUMN_REAL, SHOWN_ALWAYS},
    {"active", "ACTIVE", COLUMN_FLAG, SHOWN_WIDE},
    {"created", "AGE", COLUMN_AGE, SHOWN_ALWAYS},
    {"ended", "ENDED", COLUMN_TIME, SHOWN_WIDE},
    {"run_seconds", "TIME", COLUMN_DURATION, SHOWN_ALWAYS},
    {"memory_bytes", "MEMORY", COLUMN_SIZE, SHOWN_ALWAYS},
    {"params", "PARAMETERS", COLUMN_JSON, SHOWN_ALWAYS},
    {"depth", NULL, COLUMN_VALUE, SHOWN_DATA},
};
enum { COLUMNS = sizeof columns / sizeof *columns };

struct capture {
    FILE *file;
    char *text;
    size_t len;
    struct out *out;
};

static void capture_begin(struct capture *c, enum format format, bool record, uint32_t width) {
    c->file = open_memstream(&c->text, &c->len);
    assert_non_null(c->file);
    const struct out_config config = {
        .to = c->file,
        .format = format,
        .record = record,
        .noun = record ? "job" : "jobs",
        .columns = columns,
        .columns_count = COLUMNS,
        .width = width,
        .wall = (wall_ms)NOW * 1000,
    };
    c->out = out_new(&config);
}

static void capture_expect(struct capture *c, const char *expected) {
    struct err err;
    assert_true(out_close(&c->out, &err));
    assert_null(c->out);
    fclose(c->file);
    assert_string_equal(c->text, expected);
    free(c->text);
}

static void put_full(struct out *o, const char *name) {
    out_text(o, span_text("00ff"));
    out_text(o, span_text(name));
    out_text(o, span_text("104/200"));
    out_count(o, 200);
    out_real(o, 0.1 + 0.2);
    out_flag(o, true);
    out_time(o, ((wall_ms)NOW - 185) * 1000);
    out_time(o, (wall_ms)NOW * 1000);
    out_duration(o, 4250);
    out_count(o, 20 << 20);
    out_json(o, span_text("{\"C\":1.23456789,\"kernel\":\"rbf\"}"));
    out_value(o, span_text("\"deep\""), span_text("deep"));
    assert_true(out_row(o));
}

static void put_empty(struct out *o, const char *name) {
    out_text(o, span_text("01"));
    out_text(o, span_text(name));
    out_text(o, span_text("0/1"));
    out_count(o, 0);
    for (int i = 0; i < 2; i++)
        out_none(o);
    out_time(o, 0);
    out_time(o, 0);
    for (int i = 0; i < 4; i++)
        out_none(o);
    assert_true(out_row(o));
}

static void table_is_aligned_and_human(void **state) {
    (void)state;
    struct capture c;
    capture_begin(&c, FORMAT_TABLE, false, 0);
    put_full(c.out, "digits");
    put_empty(c.out, "a-longer-name");
    capture_expect(&c, "NAME           PROGRESS  BEST    AGE   TIME  MEMORY  PARAMETERS\n"
                       "digits         104/200    0.3  3 min  4.2 s  20 MiB  C=1.235 kernel=rbf\n"
                       "a-longer-name  0/1          -      -      -       -  -\n");
}

static void wide_shows_more(void **state) {
    (void)state;
    struct capture c;
    capture_begin(&c, FORMAT_WIDE, false, 0);
    put_full(c.out, "x");
    capture_expect(
        &c, "NAME  PROGRESS  COUNT  BEST  ACTIVE    AGE  ENDED                  TIME  MEMORY  "
            "PARAMETERS\n"
            "x     104/200     200   0.3  yes     3 min  2025-11-21T20:00:00Z  4.2 s  20 MiB  "
            "C=1.235 kernel=rbf\n");
}

static void json_is_one_object(void **state) {
    (void)state;
    struct capture c;
    capture_begin(&c, FORMAT_JSON, false, 0);
    put_full(c.out, "say \"hi\"\n");
    put_empty(c.out, "b");
    capture_expect(
        &c,
        "{\"version\":1,\"jobs\":[\n"
        "{\"id\":\"00ff\",\"name\":\"say "
        "\\\"hi\\\"\\n\",\"count\":200,\"best\":0.30000000000000004,"
        "\"active\":true,\"created\":\"2025-11-21T19:56:55Z\",\"ended\":\"2025-11-21T20:00:00Z\","
        "\"run_seconds\":4.25,\"memory_bytes\":20971520,"
        "\"params\":{\"C\":1.23456789,\"kernel\":\"rbf\"},\"depth\":\"deep\"},\n"
        "{\"id\":\"01\",\"name\":\"b\",\"count\":0,\"best\":null,\"active\":null,\"created\":null,"
        "\"ended\":null,\"run_seconds\":null,\"memory_bytes\":null,\"params\":null,\"depth\":null}"
        "\n"
        "]}\n");
}

static void json_of_nothing(void **state) {
    (void)state;
    struct capture c;
    capture_begin(&c, FORMAT_JSON, false, 0);
    capture_expect(&c, "{\"version\":1,\"jobs\":[\n]}\n");
    capture_begin(&c, FORMAT_JSON, true, 0);
    capture_expect(&c, "{\"version\":1,\"job\":null}\n");
    capture_begin(&c, FORMAT_TABLE, false, 0);
    capture_expect(&c, "");
    capture_begin(&c, FORMAT_JSONL, false, 0);
    capture_expect(&c, "");
}

static void jsonl_is_a_row_a_line(void **state) {
    (void)state;
    struct capture c;
    capture_begin(&c, FORMAT_JSONL, false, 0);
    put_empty(c.out, "a");
    put_empty(c.out, "b");
    capture_expect(
        &c,
        "{\"id\":\"01\",\"name\":\"a\",\"count\":0,\"best\":null,\"active\":null,\"created\":null,"
        "\"ended\":null,\"run_seconds\":null,\"memory_bytes\":null,\"params\":null,\"depth\":null}"
        "\n"
        "{\"id\":\"01\",\"name\":\"b\",\"count\":0,\"best\":null,\"active\":null,\"created\":null,"
        "\"ended\":null,\"run_seconds\":null,\"memory_bytes\":null,\"params\":null,\"depth\":null}"
        "\n");
}

static void csv_quotes_what_needs_it(void **state) {
    (void)state;
    struct capture c;
    capture_begin(&c, FORMAT_CSV, false, 0);
    put_full(c.out, "a \"b\", c");
    put_empty(c.out, "");
    put_empty(c.out, "two\nlines");
    capture_expect(&c,
                   "id,name,count,best,active,created,ended,run_seconds,memory_bytes,params,depth\n"
                   "00ff,\"a \"\"b\"\", c\",200,0.30000000000000004,true,2025-11-21T19:56:55Z,"
                   "2025-11-21T20:00:00Z,4.25,20971520,\"{\"\"C\"\":1.23456789,\"\"kernel\"\":"
                   "\"\"rbf\"\"}\",deep\n"
                   "01,\"\",0,,,,,,,,\n"
                   "01,\"two\nlines\",0,,,,,,,,\n");
}

static void csv_has_its_header_without_rows(void **state) {
    (void)state;
    struct capture c;
    capture_begin(&c, FORMAT_CSV, false, 0);
    capture_expect(
        &c, "id,name,count,best,active,created,ended,run_seconds,memory_bytes,params,depth\n");
}

static void id_is_the_first_column(void **state) {
    (void)state;
    struct capture c;
    capture_begin(&c, FORMAT_ID, false, 0);
    put_full(c.out, "a");
    put_empty(c.out, "b");
    capture_expect(&c, "00ff\n01\n");
}

static void a_record_is_a_list_of_lines(void **state) {
    (void)state;
    struct capture c;
    capture_begin(&c, FORMAT_TABLE, true, 0);
    put_full(c.out, "digits\033[31m");
    capture_expect(&c, "NAME        digits [31m\n"
                       "PROGRESS    104/200\n"
                       "BEST        0.3\n"
                       "AGE         3 min\n"
                       "TIME        4.2 s\n"
                       "MEMORY      20 MiB\n"
                       "PARAMETERS  C=1.235 kernel=rbf\n");
    capture_begin(&c, FORMAT_TABLE, true, 0);
    put_empty(c.out, "only what is known");
    capture_expect(&c, "NAME        only what is known\nPROGRESS    0/1\n");
}

static void a_record_is_one_json_object(void **state) {
    (void)state;
    struct capture c;
    capture_begin(&c, FORMAT_JSON, true, 0);
    put_empty(c.out, "a");
    capture_expect(&c, "{\"version\":1,\"job\":{\"id\":\"01\",\"name\":\"a\",\"count\":0,\"best\":"
                       "null,\"active\":null,"
                       "\"created\":null,\"ended\":null,\"run_seconds\":null,\"memory_bytes\":null,"
                       "\"params\":null,"
                       "\"depth\":null}}\n");
}

static void a_terminal_is_never_wrapped_or_coloured(void **state) {
    (void)state;
    struct capture c;
    capture_begin(&c, FORMAT_TABLE, false, 24);
    put_empty(c.out, "gr\xc3\xbc\xc3\x9f\xc3\xa9 \033[31mred\x7f\xc2\x9b!");
    capture_expect(&c, "NAME               PR...\n"
                       "gr\xc3\xbc\xc3\x9f\xc3\xa9  [31mred  !  0/...\n");
}

/* Column widths are settled by the first page: a longer cell later moves only its own line. */
static void many_rows_come_in_pages(void **state) {
    (void)state;
    struct capture c;
    capture_begin(&c, FORMAT_TABLE, false, 0);
    for (int i = 0; i < OUT_PAGE_ROWS; i++)
        put_empty(c.out, "short");
    fflush(c.file);
    assert_true(c.len > 0); /* the first page is out before the second begins */
    put_empty(c.out, "a much longer one");
    struct err err;
    assert_true(out_close(&c.out, &err));
    fclose(c.file);
    assert_ptr_equal(strstr(c.text, "short  0/1          -    -     -       -  -\n"),
                     strchr(c.text, '\n') + 1);
    assert_non_null(strstr(c.text, "\na much longer one  0/1          -    -     -       -  -\n"));
    size_t lines = 0;
    for (size_t i = 0; i < c.len; i++)
        lines += c.text[i] == '\n';
    assert_int_equal(lines, 1 + OUT_PAGE_ROWS + 1);
    free(c.text);
}

static void flush_shows_a_page_that_is_not_full(void **state) {
    (void)state;
    struct capture c;
    capture_begin(&c, FORMAT_TABLE, false, 0);
    put_empty(c.out, "a");
    out_flush(c.out);
    assert_string_equal(c.text, "NAME  PROGRESS  BEST  AGE  TIME  MEMORY  PARAMETERS\n"
                                "a     0/1          -    -     -       -  -\n");
    capture_expect(&c, "NAME  PROGRESS  BEST  AGE  TIME  MEMORY  PARAMETERS\n"
                       "a     0/1          -    -     -       -  -\n");
}

static void ages_are_rough(void **state) {
    (void)state;
    const struct {
        int64_t seconds;
        const char *expected;
    } table[] = {{-5, "0 s"},      {0, "0 s"},        {119, "119 s"},
                 {120, "2 min"},   {7199, "119 min"}, {7200, "2 h"},
                 {172799, "47 h"}, {172800, "2 d"},   {864000, "10 d"}};
    static const struct column age[] = {{"age", "AGE", COLUMN_AGE, SHOWN_ALWAYS}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct capture c;
        c.file = open_memstream(&c.text, &c.len);
        const struct out_config config = {.to = c.file,
                                          .record = true,
                                          .noun = "x",
                                          .columns = age,
                                          .columns_count = 1,
                                          .wall = (wall_ms)NOW * 1000};
        c.out = out_new(&config);
        out_time(c.out, ((wall_ms)NOW - table[i].seconds) * 1000);
        assert_true(out_row(c.out));
        char expected[32];
        snprintf(expected, sizeof expected, "AGE  %s\n", table[i].expected);
        capture_expect(&c, expected);
    }
}

static struct out *out_to(FILE *file) {
    const struct out_config config = {.to = file,
                                      .format = FORMAT_JSONL,
                                      .noun = "jobs",
                                      .columns = columns,
                                      .columns_count = COLUMNS};
    return out_new(&config);
}

static bool put_many(struct out *o) {
    for (int i = 0; i < 10000; i++) {
        for (int column = 0; column < COLUMNS; column++)
            out_none(o);
        if (!out_row(o))
            return false;
    }
    return true;
}

static void a_reader_that_leaves_ends_it_quietly(void **state) {
    (void)state;
    int ends[2];
    struct err err = {0};
    signal(SIGPIPE, SIG_IGN);
    assert_int_equal(pipe(ends), 0);
    close(ends[0]);
    FILE *file = fdopen(ends[1], "w");
    struct out *o = out_to(file);
    assert_false(put_many(o));
    assert_true(out_close(&o, &err));
    fclose(file);
}

static void a_full_disk_is_told(void **state) {
    (void)state;
    struct err err = {0};
    FILE *file = fopen("/dev/full", "w");
    assert_non_null(file);
    struct out *o = out_to(file);
    assert_false(put_many(o));
    assert_false(out_close(&o, &err));
    assert_int_equal(err.code, ERR_SYSTEM);
    assert_string_equal(err.what, "cannot write the output: No space left on device");
    fclose(file);

    /* Also when all of it fits the buffer and only the last flush can see it. */
    file = fopen("/dev/full", "w");
    o = out_to(file);
    for (int column = 0; column < COLUMNS; column++)
        out_none(o);
    assert_true(out_row(o));
    assert_false(out_close(&o, &err));
    fclose(file);
}

/* Why it failed is known to the one who wrote then; another reason must not be made up. */
static void a_stream_that_had_failed_before_is_not_told_of(void **state) {
    (void)state;
    struct err err = {0};
    FILE *file = fopen("/dev/full", "w");
    assert_non_null(file);
    fputs("before", file);
    assert_int_not_equal(fflush(file), 0);
    errno = ENOTTY;
    struct out *o = out_to(file);
    assert_false(put_many(o));
    assert_true(out_close(&o, &err));
    fclose(file);
}

/* A table is written by pages, by another hand. */
static void a_full_disk_is_told_of_tables_too(void **state) {
    (void)state;
    struct err err = {0};
    FILE *file = fopen("/dev/full", "w");
    assert_non_null(file);
    const struct out_config config = {.to = file,
                                      .format = FORMAT_TABLE,
                                      .noun = "jobs",
                                      .columns = columns,
                                      .columns_count = COLUMNS};
    struct out *o = out_new(&config);
    assert_false(put_many(o));
    errno = ENOTTY;
    assert_false(out_close(&o, &err));
    assert_string_equal(err.what, "cannot write the output: No space left on device");
    fclose(file);
}

static void objects_print_short(void **state) {
    (void)state;
    const struct {
        const char *json;
        const char *expected;
    } table[] = {
        {"{}", ""},
        {"{\"a\":1}", "a=1"},
        {"{\"a\":123456789,\"b\":0.000123456,\"c\":\"x y\",\"d\":true,\"e\":null}",
         "a=123456789 b=0.0001235 c=x y d=true e=null"},
        {"{ \"a\" : { \"b\" : [1, 2] } , \"c\" : 3 }", "a={ \"b\" : [1, 2] } c=3"},
        {"", ""},
        {"[1]", ""},
        {"{\"a\":1,", "a=1"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        uint8_t memory[128];
        struct buf text = buf_of(memory, sizeof memory);
        out_print_object(&text, span_text(table[i].json));
        assert_true(span_is(buf_view(&text), table[i].expected));
    }
}

static void objects_that_are_wrong_say_so(void **state) {
    (void)state;
    static const char *const wrong[] = {"",         "[]",   "{\"a\":1",   "{\"a\"}",
                                        "{\"a\":}", "{} x", "{\"a\":1}}", "nonsense"};
    struct object object;
    struct object_item item;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        object_start(&object, span_text(wrong[i]));
        while (object_next(&object, &item))
            continue;
        assert_true(object.wrong);
    }
    object_start(&object, span_text(" {\"a\": \"\\u00e9\\n\" } "));
    assert_true(object_next(&object, &item));
    assert_true(span_is(item.name, "a"));
    assert_true(span_is(item.json, "\"\\u00e9\\n\""));
    assert_true(span_is(item.text, "\xc3\xa9\n"));
    assert_false(object_next(&object, &item));
    assert_false(object.wrong);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table_is_aligned_and_human),
        cmocka_unit_test(wide_shows_more),
        cmocka_unit_test(json_is_one_object),
        cmocka_unit_test(json_of_nothing),
        cmocka_unit_test(jsonl_is_a_row_a_line),
        cmocka_unit_test(csv_quotes_what_needs_it),
        cmocka_unit_test(csv_has_its_header_without_rows),
        cmocka_unit_test(id_is_the_first_column),
        cmocka_unit_test(a_record_is_a_list_of_lines),
        cmocka_unit_test(a_record_is_one_json_object),
        cmocka_unit_test(a_terminal_is_never_wrapped_or_coloured),
        cmocka_unit_test(many_rows_come_in_pages),
        cmocka_unit_test(flush_shows_a_page_that_is_not_full),
        cmocka_unit_test(ages_are_rough),
        cmocka_unit_test(a_reader_that_leaves_ends_it_quietly),
        cmocka_unit_test(a_full_disk_is_told),
        cmocka_unit_test(a_stream_that_had_failed_before_is_not_told_of),
        cmocka_unit_test(a_full_disk_is_told_of_tables_too),
        cmocka_unit_test(objects_print_short),
        cmocka_unit_test(objects_that_are_wrong_say_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
