/* seated - a stage with one room on it, in memory of its own: the fixture of rooms that need no more.
 *
 * Included by tests after <cmocka.h>.
 * Memory   fixture_new takes it from the heap, fixture_end (a tear-down) gives it back.
 */
#ifndef ZYG_TEST_SEATED_H
#define ZYG_TEST_SEATED_H

#include "tests/lib/stage.h"

struct fixture {
    struct stage *stage;
    void *memory; /* of the room, zeros */
};

static inline struct fixture *fixture_new(size_t room_size) {
    struct fixture *f = calloc(1, sizeof *f);
    ensure(f != NULL);
    f->stage = stage_new();
    f->memory = calloc(1, room_size);
    ensure(f->memory != NULL);
    return f;
}

static inline int fixture_end(void **state) {
    struct fixture *f = *state;
    stage_destroy(&f->stage);
    free(f->memory);
    free(f);
    return 0;
}

#endif
