/* The nodes that could not start something, in any order, and those that could be asked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "actors/facts/unable.h"
#include "actors/member/member.h"

static void add(struct unable *u, uint8_t author, uint64_t nodes) {
    unable_add(u, &(struct node_id){{author}}, nodes);
}

static void the_order_does_not_matter(void **state) {
    (void)state;
    static const uint8_t orders[][4] = {{1, 2, 3, 2}, {3, 2, 2, 1}, {2, 1, 2, 3}, {2, 3, 1, 2}};
    static const uint64_t said[] = {0, 7, 5, 6};
    struct unable first = {0};
    for (size_t i = 0; i < 4; i++) {
        struct unable u = {0};
        for (size_t k = 0; k < 4; k++)
            add(&u, orders[i][k], said[orders[i][k]]);
        assert_int_equal(u.count, 3);
        assert_int_equal(u.nodes, 5);
        assert_int_equal(u.authors[0].bytes[0], 1);
        assert_int_equal(u.authors[2].bytes[0], 3);
        if (i == 0)
            first = u;
        assert_memory_equal(&u, &first, sizeof u);
    }
}

static void of_too_many_the_lowest_are_kept(void **state) {
    (void)state;
    struct unable up = {0}, down = {0};
    for (uint8_t i = 1; i <= 2 * UNABLE_MOST; i++) {
        add(&up, i, 100);
        add(&down, (uint8_t)(2 * UNABLE_MOST + 1 - i), 100);
    }
    assert_int_equal(up.count, UNABLE_MOST);
    assert_int_equal(up.authors[UNABLE_MOST - 1].bytes[0], UNABLE_MOST);
    assert_memory_equal(&up, &down, sizeof up);
}

static void as_many_as_there_are_or_enough_give_up(void **state) {
    (void)state;
    struct unable u = {0};
    assert_false(unable_gives_up(&u, UNABLE_SLOT));
    add(&u, 1, 9);
    add(&u, 1, 9);
    add(&u, 2, 9);
    assert_false(unable_gives_up(&u, UNABLE_SLOT));
    add(&u, 3, 9);
    assert_true(unable_gives_up(&u, UNABLE_SLOT));
    assert_false(unable_gives_up(&u, UNABLE_JOB));
    add(&u, 1, 3); /* the others are gone meanwhile */
    assert_true(unable_gives_up(&u, UNABLE_JOB));
    struct unable alone = {0};
    add(&alone, 1, 0); /* an older node, which had nobody else to ask */
    assert_true(unable_gives_up(&alone, UNABLE_JOB));
}

static void sets_are_merged(void **state) {
    (void)state;
    struct unable a = {0}, b = {0}, both = {0};
    add(&a, 1, 4);
    add(&a, 3, 4);
    add(&b, 2, 3);
    add(&b, 3, 3);
    for (uint8_t i = 1; i <= 3; i++)
        add(&both, i, 3);
    unable_merge(&a, &b);
    assert_memory_equal(&a, &both, sizeof a);
}

static void a_set_survives_its_bytes(void **state) {
    (void)state;
    struct unable u = {0}, again;
    uint8_t memory[UNABLE_MOST * NODE_ID_BYTES + 64];
    for (uint8_t count = 0; count <= UNABLE_MOST; count++) {
        struct buf out = buf_of(memory, sizeof memory);
        unable_encode(&u, &out);
        assert_false(out.overflow);
        struct mp in = mp_of(buf_view(&out));
        assert_true(unable_decode(&again, &in) && mp_done(&in));
        assert_memory_equal(&u, &again, sizeof u);
        add(&u, (uint8_t)(count + 1), 99);
    }
    static const uint8_t odd[] = "\x03\xc4\x02xx";
    struct mp in = mp_of(span_of(odd, sizeof odd - 1));
    assert_false(unable_decode(&again, &in));
}

static void know(struct others *o, uint64_t peer, enum member_state state, uint64_t slots) {
    others_known(o, &(struct msg_node_known){.peer = peer, .state = state, .slots = slots});
}

static void others_are_those_that_may_run_trials(void **state) {
    (void)state;
    struct others o = {0};
    know(&o, 0, MEMBER_ALIVE, 2); /* this node */
    assert_int_equal(o.count, 0);
    know(&o, 1, MEMBER_ALIVE, 2);
    know(&o, 1, MEMBER_ALIVE, 2);
    know(&o, 2, MEMBER_ALIVE, 0);
    know(&o, 3, MEMBER_ALIVE, 1);
    assert_int_equal(o.count, 2);
    know(&o, 3, MEMBER_UNREACHABLE, 1);
    assert_int_equal(o.count, 2);
    know(&o, 3, MEMBER_DEAD, 1);
    know(&o, 4, MEMBER_LEFT, 1);
    assert_int_equal(o.count, 1);
    know(&o, 1, MEMBER_LEAVING, 2);
    assert_int_equal(o.count, 0);
    for (uint64_t peer = 1; peer <= LIMIT_MEMBERS + 10; peer++)
        know(&o, peer, MEMBER_ALIVE, 1);
    assert_int_equal(o.count, LIMIT_MEMBERS);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_order_does_not_matter),
        cmocka_unit_test(of_too_many_the_lowest_are_kept),
        cmocka_unit_test(as_many_as_there_are_or_enough_give_up),
        cmocka_unit_test(sets_are_merged),
        cmocka_unit_test(a_set_survives_its_bytes),
        cmocka_unit_test(others_are_those_that_may_run_trials),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
