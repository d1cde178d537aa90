/* What people are told of a request that is not answered at once. */
#include "cmd/cli/client_delay.h"

#include "actors/member/member.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void hear(struct delay *d, const char *name, enum member_state state, bool told) {
    delay_hear(d, &(struct msg){.kind = MSG_node_row,
                                .node_row = {.name = span_text(name),
                                             .self = strcmp(name, "one") == 0,
                                             .state = state,
                                             .active = state == MEMBER_ALIVE,
                                             .told = told}});
}

static void expect(const struct delay *d, dur_ms left, const char *line) {
    char memory[DELAY_TEXT_BYTES];
    struct buf out = buf_of(memory, sizeof memory);
    delay_print(d, "at tcp://10.0.0.1:1", left, &out);
    assert_false(out.overflow);
    memory[out.len] = '\0';
    assert_string_equal(memory, line);
}

static void who_does_not_answer_is_named(void **state) {
    (void)state;
    struct delay d = {.heard = false};
    hear(&d, "one", MEMBER_ALIVE, true);
    hear(&d, "two", MEMBER_ALIVE, false);
    hear(&d, "gone", MEMBER_DEAD, false);
    hear(&d, "lost", MEMBER_UNREACHABLE, false);
    expect(&d, 50000,
           "zyg: node one waits until another disk keeps it, too, but two does not answer; who "
           "stays silent is given up within half a minute\n");
    hear(&d, "three", MEMBER_ALIVE, false);
    expect(&d, 50000,
           "zyg: node one waits until another disk keeps it, too, but two and three do not answer; "
           "who stays silent is given up within half a minute\n");
    hear(&d, "four", MEMBER_ALIVE, false);
    hear(&d, "five", MEMBER_ALIVE, false);
    assert_false(d.whole);
    delay_hear(&d, &(struct msg){.kind = MSG_end});
    assert_true(d.whole);
    expect(&d, 50000,
           "zyg: node one waits until another disk keeps it, too, but two, three, four and 1 more "
           "do not answer; who stays silent is given up within half a minute\n");
}

static void with_nobody_silent_it_is_the_disks(void **state) {
    (void)state;
    struct delay d = {.heard = false};
    hear(&d, "one", MEMBER_ALIVE, true);
    hear(&d, "two", MEMBER_ALIVE, true);
    expect(&d, 58001, "zyg: node one waits until enough disks keep it; waiting up to 59 s more\n");
}

static void a_node_alone_has_one_disk(void **state) {
    (void)state;
    struct delay d = {.heard = false};
    delay_hear(&d, &(struct msg){.kind = MSG_end});
    expect(&d, 58000,
           "zyg: waiting for the disk of the node at tcp://10.0.0.1:1; waiting up to 58 s more\n");
}

static void a_node_that_says_nothing_is_the_cause(void **state) {
    (void)state;
    struct delay d = {.heard = false};
    expect(&d, -5,
           "zyg: the node at tcp://10.0.0.1:1 does not answer yet; waiting up to 0 s more\n");
}

static void the_longest_names_fit(void **state) {
    (void)state;
    struct delay d = {.heard = false};
    char name[2 * DELAY_NAME_BYTES] = "";
    char memory[DELAY_TEXT_BYTES];
    struct buf out = buf_of(memory, sizeof memory);
    memset(name, 'n', sizeof name - 1);
    for (int i = 0; i < 1024; i++)
        hear(&d, name, MEMBER_ALIVE, false);
    memcpy(d.asked, d.names[0], sizeof d.asked);
    delay_print(&d, "", 0, &out);
    assert_false(out.overflow);
    assert_int_equal(strlen(d.names[2]), DELAY_NAME_BYTES - 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_does_not_answer_is_named),
        cmocka_unit_test(with_nobody_silent_it_is_the_disks),
        cmocka_unit_test(a_node_alone_has_one_disk),
        cmocka_unit_test(a_node_that_says_nothing_is_the_cause),
        cmocka_unit_test(the_longest_names_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
