#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "actors/elastic/elastic.h"
#include "tests/lib/seated.h"

static void hear(struct fixture *f, const struct msg *m) {
    stage_tell(f->stage, ROOM_ELASTIC, ROOM_NONE, 0, m);
}

static void sit(struct fixture *f, bool silent) {
    const struct elastic_config config = {.alone = true, .silent = silent};
    memset(f->memory, 0, elastic_size());
    struct core core = elastic_core(elastic_init(f->memory, &config));
    board_seat_core(f->stage->board, &core);
    stage_forget(f->stage);
    hear(f, &(struct msg){.kind = MSG_start});
}

static int set_up(void **state) {
    struct fixture *f = fixture_new(elastic_size());
    sit(f, false);
    *state = f;
    return 0;
}

static void ails(struct fixture *f, const char *what) {
    hear(f, &(struct msg){.kind = MSG_ailing,
                          .ailing = {.code = what[0] == '\0' ? ERR_NONE : ERR_STORE_FULL,
                                     .what = span_text(what)}});
}

static void unfit(struct fixture *f, const char *what) {
    hear(f, &(struct msg){.kind = MSG_unfit, .unfit.what = span_text(what)});
}

static void expect_notes(struct fixture *f, uint32_t notes, const char *last) {
    assert_int_equal(stage_count(f->stage, ROOM_NODE, MSG_note), notes);
    assert_true(span_is(stage_heard(f->stage, ROOM_NODE, MSG_note, notes - 1)->note.text, last));
}

static void expect_answer(struct fixture *f, const char *trouble) {
    uint32_t before = stage_count(f->stage, ROOM_GATEWAY, MSG_busy);
    hear(f, &(struct msg){.kind = MSG_busy_ask, .busy_ask.nonce = 5});
    assert_true(
        span_is(stage_heard(f->stage, ROOM_GATEWAY, MSG_busy, before)->busy.trouble, trouble));
}

static void people_are_told_once_of_one_trouble(void **state) {
    struct fixture *f = *state;
    expect_answer(f, "");
    unfit(f, "no space for a folder");
    expect_notes(f, 1, "takes no trials for now: no space for a folder");
    expect_answer(f, "no space for a folder");
    unfit(f, "no space for a folder");
    ails(f, "the disk is full");
    ails(f, "the disk is full");
    expect_answer(f, "the disk is full");
    ails(f, "");
    expect_answer(f, "no space for a folder");
    assert_int_equal(stage_count(f->stage, ROOM_NODE, MSG_note), 1);
    unfit(f, "");
    expect_notes(f, 2, "takes trials again");
    expect_answer(f, "");
    ails(f, "the disk is full");
    expect_notes(f, 3, "takes no trials for now: the disk is full");
    ails(f, "");
    expect_notes(f, 4, "takes trials again");
}

static void what_is_long_is_cut_between_characters(void **state) {
    struct fixture *f = *state;
    char text[400];
    memset(text, 'a', 319);
    memcpy(text + 319, "\xc3\xa9 and more", sizeof "\xc3\xa9 and more");
    unfit(f, text);
    text[319] = '\0';
    expect_answer(f, text);
}

static void inside_a_client_it_says_nothing(void **state) {
    struct fixture *f = *state;
    sit(f, true);
    ails(f, "the disk is full");
    ails(f, "");
    assert_int_equal(stage_count(f->stage, ROOM_NODE, MSG_note), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(people_are_told_once_of_one_trouble, set_up, fixture_end),
        cmocka_unit_test_setup_teardown(what_is_long_is_cut_between_characters, set_up,
                                        fixture_end),
        cmocka_unit_test_setup_teardown(inside_a_client_it_says_nothing, set_up, fixture_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
