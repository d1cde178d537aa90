#include "actors/facts/carriers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct job_id job_of(uint32_t number) {
    return (struct job_id){{(uint8_t)number, (uint8_t)(number >> 8)}};
}

static void note(struct carriers *c, uint32_t number, bool cancels, uint64_t next) {
    const struct job_id job = job_of(number);
    carriers_note(c, &job, cancels, (struct mark){.log = 3, .next = next});
}

/* 0: not known. */
static uint64_t found(const struct carriers *c, uint32_t number, bool cancels) {
    const struct job_id job = job_of(number);
    const struct mark *place = carriers_find(c, &job, cancels);
    assert_true(place == NULL || place->log == 3);
    return place == NULL ? 0 : place->next;
}

static void a_job_and_its_cancellation_are_two(void **state) {
    (void)state;
    static struct carriers c;
    c.count = 0;
    note(&c, 1, false, 10);
    assert_int_equal(found(&c, 1, false), 10);
    assert_int_equal(found(&c, 1, true), 0);
    note(&c, 1, true, 11);
    note(&c, 1, true, 12); /* another one: the first stands */
    note(&c, 1, false, 13);
    assert_int_equal(found(&c, 1, false), 10);
    assert_int_equal(found(&c, 1, true), 11);
    assert_int_equal(c.count, 2);
    assert_int_equal(found(&c, 2, false), 0);
}

static void the_newest_are_known(void **state) {
    (void)state;
    static struct carriers c;
    c.count = 0;
    for (uint32_t i = 1; i <= CARRIERS_KNOWN; i++)
        note(&c, i, false, i);
    assert_true(carriers_knows_all(&c));
    assert_int_equal(found(&c, 1, false), 1);
    note(&c, CARRIERS_KNOWN + 1, false, CARRIERS_KNOWN + 1);
    assert_false(carriers_knows_all(&c));
    assert_int_equal(found(&c, 1, false), 0);
    for (uint32_t i = 2; i <= CARRIERS_KNOWN + 1; i++)
        assert_int_equal(found(&c, i, false), i);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_job_and_its_cancellation_are_two),
        cmocka_unit_test(the_newest_are_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
