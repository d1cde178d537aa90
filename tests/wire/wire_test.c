/* Golden bytes: what each message of messages.def looks like on the wire, fixed in golden.txt line by line.
 *
 * A changed line means that nodes of two versions no longer understand each other: fields are only ever appended. New
 * messages and fields: `./build.sh test --rewrite`, then read the difference.
 */
#include "proto/base/mp.h"
#include "proto/msg.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char golden_path[] = "tests/wire/golden.txt";

enum { FRAME_MAX = 4096, LINE_MAX_BYTES = 2 * FRAME_MAX + 64 };

/* ---- a value for each field, from its position: no two neighbours are equal, integers grow through every width ---- */

static uint64_t sample_u64(int position) {
    static const uint64_t widths[] = {7, 200, 60000, 4000000000, UINT64_MAX};
    return widths[position % 5];
}

static int64_t sample_i64(int position) {
    static const int64_t widths[] = {-3, 90, -30000, 2000000000, INT64_MIN};
    return widths[position % 5];
}

static double sample_f64(int position) {
    return 0.1 + position;
}

static bool sample_flag(int position) {
    return position % 2 == 1;
}

static struct span sample_str(int position) {
    static const char *const texts[] = {"", "zyg", "gr\xc3\xbc\xc3\x9f Gott", "two\nlines"};
    return span_text(texts[position % 4]);
}

static struct span sample_bin(int position) {
    static const uint8_t bytes[] = {0x00, 0xff, 0x0a, 0x80, 0x7f};
    return span_of(bytes, (size_t)position % (sizeof bytes + 1));
}

static struct job_id sample_job(int position) {
    struct job_id id;
    memset(id.bytes, 0x10 + position, sizeof id.bytes);
    return id;
}

static struct node_id sample_node(int position) {
    struct node_id id;
    memset(id.bytes, 0x40 + position, sizeof id.bytes);
    return id;
}

static struct msg sample(enum msg_kind kind) {
    struct msg m = {.kind = kind};
    int position = 0;
    switch (kind) {
#define MESSAGE(number, name, sentence)                                                            \
    case MSG_##name: {                                                                             \
        struct msg_##name *body = &m.name;
#define FIELD(type, name) body->name = sample_##type(++position);
#define FIELD_SINCE(version, type, name) FIELD(type, name)
#define END(name)                                                                                  \
    break;                                                                                         \
    }
#include "proto/messages.def"
#undef MESSAGE
#undef FIELD
#undef FIELD_SINCE
#undef END
    default: fail_msg("no message has the kind %d", (int)kind);
    }
    return m;
}

/* The names of a message's fields, closed by NULL; those of FIELD_SINCE may be missing and are not in it. */
static const char *const *required_fields(enum msg_kind kind) {
    switch (kind) {
#define MESSAGE(number, name, sentence)                                                            \
    case MSG_##name: {                                                                             \
        static const char *const names[] = {
#define FIELD(type, name) #name,
#define FIELD_SINCE(version, type, name)
#define END(name)                                                                                  \
    NULL                                                                                           \
    }                                                                                              \
    ;                                                                                              \
    return names;                                                                                  \
    }
#include "proto/messages.def"
#undef MESSAGE
#undef FIELD
#undef FIELD_SINCE
#undef END
    default: fail_msg("no message has the kind %d", (int)kind);
    }
    return NULL;
}

static struct span encode(const struct msg *m, uint8_t *memory) {
    struct buf out = buf_of(memory, FRAME_MAX);
    assert_true(msg_encode(m, &out));
    return buf_view(&out);
}

static void golden_line(enum msg_kind kind, char *line) {
    uint8_t frame[FRAME_MAX];
    struct msg m = sample(kind);
    struct buf out = buf_of(line, LINE_MAX_BYTES);
    struct span bytes = encode(&m, frame);
    buf_text(&out, msg_name(kind));
    buf_byte(&out, ' ');
    buf_hex(&out, bytes.data, bytes.len);
    buf_zero(&out);
    assert_false(out.overflow);
}

static void rewrite(void) {
    FILE *file = fopen(golden_path, "w");
    assert_non_null(file);
    char line[LINE_MAX_BYTES];
    for (const enum msg_kind *kind = msg_kinds; *kind != MSG_NONE; kind++) {
        golden_line(*kind, line);
        fprintf(file, "%s\n", line);
    }
    assert_int_equal(fclose(file), 0);
}

/* ---- tests ---- */

static void test_every_message_has_its_golden_bytes(void **state) {
    (void)state;
    if (getenv("ZYG_REWRITE") != NULL)
        rewrite();
    FILE *file = fopen(golden_path, "r");
    assert_non_null(file);
    char expected[LINE_MAX_BYTES], got[LINE_MAX_BYTES];
    for (const enum msg_kind *kind = msg_kinds; *kind != MSG_NONE; kind++) {
        golden_line(*kind, got);
        if (fgets(expected, sizeof expected, file) == NULL)
            fail_msg("%s has no line for '%s'", golden_path, msg_name(*kind));
        expected[strcspn(expected, "\n")] = '\0';
        assert_string_equal(got, expected);
    }
    assert_null(fgets(expected, sizeof expected, file)); /* a message that was taken away */
    fclose(file);
}

static size_t unhex(const char *hex, uint8_t *out) {
    size_t len = strlen(hex) / 2;
    assert_true(len <= FRAME_MAX);
    for (size_t i = 0; i < len; i++) {
        unsigned byte;
        assert_int_equal(sscanf(hex + 2 * i, "%2x", &byte), 1);
        out[i] = (uint8_t)byte;
    }
    return len;
}

static void test_golden_bytes_decode_to_what_was_said(void **state) {
    (void)state;
    FILE *file = fopen(golden_path, "r");
    assert_non_null(file);
    char line[LINE_MAX_BYTES];
    for (const enum msg_kind *kind = msg_kinds; *kind != MSG_NONE; kind++) {
        assert_non_null(fgets(line, sizeof line, file));
        line[strcspn(line, "\n")] = '\0';
        char *hex = strchr(line, ' ');
        assert_non_null(hex);
        *hex++ = '\0';
        assert_string_equal(line, msg_name(*kind));
        uint8_t frame[FRAME_MAX];
        size_t len = unhex(hex, frame);
        struct msg said = sample(*kind), heard;
        struct err err = {0};
        if (!msg_decode(&heard, span_of(frame, len), &err))
            fail_msg("%s: %s", line, err.what);
        assert_true(msg_equal(&said, &heard));
    }
    fclose(file);
}

/* The frame with one more element in its array: what a later version would send. */
static struct span with_extra_field(struct span frame, uint8_t *memory) {
    struct mp in = mp_of(frame);
    uint32_t count = mp_array(&in);
    struct buf out = buf_of(memory, FRAME_MAX);
    mp_put_array(&out, count + 1);
    buf_span(&out, in.rest);
    mp_put_str(&out, span_text("from a later version"));
    assert_false(out.overflow);
    return buf_view(&out);
}

static void test_a_field_of_a_later_version_is_skipped(void **state) {
    (void)state;
    for (const enum msg_kind *kind = msg_kinds; *kind != MSG_NONE; kind++) {
        uint8_t frame[FRAME_MAX], longer[FRAME_MAX];
        struct msg said = sample(*kind), heard;
        struct err err = {0};
        if (!msg_decode(&heard, with_extra_field(encode(&said, frame), longer), &err))
            fail_msg("%s: %s", msg_name(*kind), err.what);
        assert_true(msg_equal(&said, &heard));
    }
}

/* The frame with only its number and the first `fields` fields. */
static struct span with_fewer_fields(struct span frame, uint32_t fields, uint8_t *memory) {
    struct mp in = mp_of(frame);
    mp_array(&in);
    struct span begun = in.rest;
    for (uint32_t i = 0; i < 1 + fields; i++)
        mp_skip(&in);
    assert_null(in.bad);
    struct buf out = buf_of(memory, FRAME_MAX);
    mp_put_array(&out, 1 + fields);
    buf_put(&out, begun.data, begun.len - in.rest.len);
    return buf_view(&out);
}

static void test_a_missing_field_is_refused_by_name(void **state) {
    (void)state;
    for (const enum msg_kind *kind = msg_kinds; *kind != MSG_NONE; kind++) {
        const char *const *names = required_fields(*kind);
        for (uint32_t i = 0; names[i] != NULL; i++) {
            uint8_t frame[FRAME_MAX], shorter[FRAME_MAX];
            struct msg said = sample(*kind), heard;
            struct err err = {0};
            assert_false(
                msg_decode(&heard, with_fewer_fields(encode(&said, frame), i, shorter), &err));
            assert_int_equal(err.code, ERR_BAD_MESSAGE);
            char expected[160];
            snprintf(expected, sizeof expected, "message '%s', field '%s'", msg_name(*kind),
                     names[i]);
            if (strstr(err.what, expected) == NULL)
                fail_msg("expected \"%s...\", got \"%s\"", expected, err.what);
        }
    }
}

static void test_a_cut_frame_is_refused_wherever_it_is_cut(void **state) {
    (void)state;
    for (const enum msg_kind *kind = msg_kinds; *kind != MSG_NONE; kind++) {
        uint8_t frame[FRAME_MAX];
        struct msg said = sample(*kind), heard;
        struct span whole = encode(&said, frame);
        for (size_t len = 0; len < whole.len; len++) {
            struct err err = {0};
            if (msg_decode(&heard, span_of(whole.data, len), &err))
                fail_msg("'%s' was accepted when cut to %zu of %zu bytes", msg_name(*kind), len,
                         whole.len);
            assert_int_equal(err.code, ERR_BAD_MESSAGE);
        }
    }
}

static void test_bytes_after_a_frame_are_refused(void **state) {
    (void)state;
    uint8_t frame[FRAME_MAX];
    struct msg said = sample(MSG_submit), heard;
    struct span whole = encode(&said, frame);
    frame[whole.len] = 0xc0;
    struct err err = {0};
    assert_false(msg_decode(&heard, span_of(frame, whole.len + 1), &err));
    assert_int_equal(err.code, ERR_BAD_MESSAGE);
}

static void test_numbers_are_unique_and_rooms_are_told(void **state) {
    (void)state;
    bool seen[MSG_KIND_MAX + 1] = {false};
    for (const enum msg_kind *kind = msg_kinds; *kind != MSG_NONE; kind++) {
        assert_false(seen[*kind]);
        seen[*kind] = true;
        assert_int_not_equal(msg_route(*kind)[0], ROOM_NONE);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_message_has_its_golden_bytes),
        cmocka_unit_test(test_golden_bytes_decode_to_what_was_said),
        cmocka_unit_test(test_a_field_of_a_later_version_is_skipped),
        cmocka_unit_test(test_a_missing_field_is_refused_by_name),
        cmocka_unit_test(test_a_cut_frame_is_refused_wherever_it_is_cut),
        cmocka_unit_test(test_bytes_after_a_frame_are_refused),
        cmocka_unit_test(test_numbers_are_unique_and_rooms_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
