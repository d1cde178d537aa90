/* Conditions of `when`: compiled, evaluated under every mixture of active and inactive parameters,
 * visited. */
#include <stdint.h>

#include "proto/base/check.h"
#include "proto/job/expr.h"

enum { NAMES = 4 };

static uint8_t arena_memory[65536];

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_use(void *context, const struct expr_use *use) {
    const struct span *text = context;
    ensure(use->param < NAMES);
    ensure(use->at < text->len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const struct span names[NAMES] = {span_text("a"), span_text("b"), span_text("fast"),
                                      span_text("learner")};
    const struct expr_names all = {names, NAMES};
    struct span text = span_of(data, size);
    struct arena arena = arena_of(arena_memory, sizeof arena_memory);
    struct expr_fault fault = {.at = SIZE_MAX};
    const struct expr *e = expr_compile(text, &all, &arena, &fault);
    if (e == NULL) {
        ensure(fault.at <= size);
        ensure(fault.what[0] != '\0');
        return 0;
    }
    const struct value active[NAMES] = {
        {.kind = VALUE_INT, .integer = 3},
        {.kind = VALUE_FLOAT, .real = 0.5},
        {.kind = VALUE_BOOL, .boolean = true},
        {.kind = VALUE_TEXT, .text = span_text("svm")},
    };
    for (unsigned mask = 0; mask < 1u << NAMES; mask++) {
        struct value values[NAMES] = {{0}};
        for (unsigned i = 0; i < NAMES; i++) {
            if (mask & 1u << i)
                values[i] = active[i];
        }
        bool holds = expr_true(e, values);
        ensure(mask != 0 || !holds); /* nothing holds about parameters that are all inactive */
    }
    expr_visit(e, check_use, &text);
    return 0;
}
