#include "actors/guard/mesh_keys.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct mesh_keys m;

static int clear(void **state) {
    (void)state;
    m = (struct mesh_keys){.rate = 64};
    return 0;
}

static const uint8_t *key(uint32_t number) {
    static uint8_t bytes[MESH_KEY_BYTES];
    bytes[0] = (uint8_t)(number * 167); /* not in the order of the numbers */
    memcpy(bytes + 20, &number, sizeof number);
    return bytes;
}

static uint32_t admitted(uint32_t first, uint32_t count, when_ms now) {
    uint32_t result = 0;
    for (uint32_t i = first; i < first + count; i++)
        result += mesh_keys_admit(&m, key(i), now);
    return result;
}

static void strangers_come_at_a_limited_rate(void **state) {
    (void)state;
    assert_int_equal(admitted(0, 100, 5000), 64);
    assert_int_equal(admitted(0, 100, 5000), 0); /* not even one of those */
    assert_int_equal(admitted(0, 100, 5015), 0);
    assert_int_equal(admitted(0, 100, 5016), 1);  /* 1000 / 64 = 15.6 ms later */
    assert_int_equal(admitted(0, 100, 5500), 31); /* 32 in half a second, one of them taken */
    assert_int_equal(admitted(0, 100, 6499), 63);
    assert_int_equal(admitted(0, 1000, 1000000000000), 64); /* nothing is saved up */
    assert_int_equal(admitted(0, 1, 5), 0); /* a clock that goes back gives nothing */
}

static void a_closed_mesh_lets_in_members_alone(void **state) {
    (void)state;
    m.rate = 0;
    mesh_keys_add(&m, key(7), 1000);
    assert_int_equal(admitted(0, 100, 1000000), 1);
    assert_int_equal(admitted(7, 1, 1000000), 1);
}

static void members_do_not_count(void **state) {
    (void)state;
    mesh_keys_add(&m, key(7), 1000);
    assert_int_equal(admitted(100, 100, 1000), 64);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(admitted(7, 1, 1000), 1);
    assert_int_equal(admitted(100, 100, 2000), 64);
    mesh_keys_remove(&m, key(7));
    assert_int_equal(admitted(7, 1, 2000), 0);
    mesh_keys_remove(&m, key(7)); /* once more changes nothing */
    assert_int_equal(m.count, 0);
}

static void as_many_as_a_cluster_has(void **state) {
    (void)state;
    for (uint32_t i = 0; i < LIMIT_MEMBERS + 3; i++)
        mesh_keys_add(&m, key(i), 1000);
    mesh_keys_add(&m, key(5), 1000); /* is there */
    assert_int_equal(m.count, LIMIT_MEMBERS);
    for (uint32_t i = 1; i < m.count; i++)
        assert_true(memcmp(m.keys[i - 1], m.keys[i], MESH_KEY_BYTES) < 0);
    assert_int_equal(admitted(LIMIT_MEMBERS, 3, 1000) + admitted(5000, 61, 1000), 64);
    assert_int_equal(admitted(0, LIMIT_MEMBERS + 3, 1000), LIMIT_MEMBERS);
    for (uint32_t i = 0; i < LIMIT_MEMBERS; i += 2)
        mesh_keys_remove(&m, key(i));
    assert_int_equal(m.count, LIMIT_MEMBERS / 2);
    assert_int_equal(admitted(0, LIMIT_MEMBERS, 1000), LIMIT_MEMBERS / 2);
}

static void a_full_table_forgets_who_has_not_knocked_for_longest(void **state) {
    (void)state;
    m.rate = 0;
    m.keep = 60000;
    for (uint32_t i = 0; i < LIMIT_MEMBERS; i++)
        mesh_keys_add(&m, key(i), i == 9 ? 999 : 1000);
    assert_int_equal(admitted(0, 9, 50000), 9);
    assert_int_equal(admitted(10, 10, 50000), 10);
    mesh_keys_add(&m, key(5000), 60998); /* none is so old yet */
    assert_int_equal(admitted(5000, 1, 60998), 0);
    mesh_keys_add(&m, key(5000), 60999);
    assert_int_equal(m.count, LIMIT_MEMBERS);
    assert_int_equal(admitted(9, 1, 60999), 0);
    assert_int_equal(admitted(5000, 1, 60999), 1);
    for (uint32_t i = 0; i < 3 * LIMIT_MEMBERS; i++) /* a flood, each key once */
        mesh_keys_add(&m, key(10000 + i), 70000);
    assert_int_equal(m.count, LIMIT_MEMBERS);
    assert_int_equal(admitted(0, 9, 70000) + admitted(10, 10, 70000) + admitted(5000, 1, 70000),
                     20);
    for (uint32_t i = 1; i < m.count; i++)
        assert_true(memcmp(m.keys[i - 1], m.keys[i], MESH_KEY_BYTES) < 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(strangers_come_at_a_limited_rate, clear),
        cmocka_unit_test_setup(a_closed_mesh_lets_in_members_alone, clear),
        cmocka_unit_test_setup(members_do_not_count, clear),
        cmocka_unit_test_setup(as_many_as_a_cluster_has, clear),
        cmocka_unit_test_setup(a_full_table_forgets_who_has_not_knocked_for_longest, clear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
