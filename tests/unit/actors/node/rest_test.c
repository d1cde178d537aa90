#include "actors/node/rest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

enum { PAGE = 4096, PAGES = 6 };

static void it_is_time_once_after_the_last_work(void **state) {
    struct rest r;
    (void)state;
    rest_init(&r);
    assert_false(rest_due(&r, 0, 1000000)); /* it has not worked */
    assert_true(r.at == WHEN_NEVER);
    assert_false(rest_due(&r, 1, 1000));
    assert_int_equal(r.at, 1000 + REST_MS);
    assert_false(rest_due(&r, 2, 3000)); /* more work puts it off */
    assert_int_equal(r.at, 3000 + REST_MS);
    assert_false(rest_due(&r, 2, 3000 + REST_MS - 1));
    assert_true(rest_due(&r, 2, 3000 + REST_MS));
    assert_true(r.at == WHEN_NEVER); /* nothing wakes it again */
    assert_false(rest_due(&r, 2, 3000 + 2 * REST_MS));
    assert_false(rest_due(&r, 3, 3000 + 2 * REST_MS));
    assert_int_equal(r.at, 3000 + 3 * REST_MS);
}

static void spare_all_but_edges(void *self, const struct spare *spare) {
    uint8_t *memory = self;
    spare_take(spare, memory + 100, PAGES * PAGE - 200);
}

static void perform(void *self, const struct event *event) {
    (void)self;
    (void)event;
}

static void whole_pages_go_and_what_is_beside_stays(void **state) {
    uint8_t *memory = mmap(NULL, (size_t)PAGES * PAGE, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    struct board *board = board_new();
    const struct port port = {
        .room = ROOM_CLIENTS, .self = memory, .perform = perform, .spare = spare_all_but_edges};
    unsigned char there[PAGES];
    (void)state;
    assert_ptr_not_equal(memory, MAP_FAILED);
    memset(memory, 7, (size_t)PAGES * PAGE);
    board_seat_port(board, &port);
    rest_give(board);
    assert_int_equal(mincore(memory, (size_t)PAGES * PAGE, there), 0);
    for (int i = 0; i < PAGES; i++) {
        bool edge = i == 0 || i == PAGES - 1;
        assert_int_equal(there[i] & 1, edge);
        assert_int_equal(memory[i * PAGE + PAGE / 2], edge ? 7 : 0);
    }
    board_destroy(&board);
    munmap(memory, (size_t)PAGES * PAGE);
}

/* 512 KiB below this call: more than what rest_give leaves alone. */
static void __attribute__((noinline)) use_stack(void) {
    volatile uint8_t deep[512 << 10];
    for (size_t i = 0; i < sizeof deep; i += PAGE)
        deep[i] = 1;
}

static void what_is_going_on_on_the_stack_stays(void **state) {
    struct board *board = board_new();
    uint8_t here[1024];
    (void)state;
    memset(here, 9, sizeof here);
    use_stack();
    rest_give(board);
    use_stack();
    for (size_t i = 0; i < sizeof here; i++)
        assert_int_equal(here[i], 9);
    board_destroy(&board);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_time_once_after_the_last_work),
        cmocka_unit_test(whole_pages_go_and_what_is_beside_stays),
        cmocka_unit_test(what_is_going_on_on_the_stack_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
