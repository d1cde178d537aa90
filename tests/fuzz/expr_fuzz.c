/* Conditions, over parameters and over metrics: compiled, evaluated under every mixture of active and inactive parameters,
 * visited. */
#include <math.h>
#include <stdint.h>

#include "proto/base/check.h"
#include "proto/job/expr.h"

enum { NAMES = 4 };

static uint8_t arena_memory[65536];

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_use(void *context, const struct expr_use *use) {
    const struct span *text = context;
    ensure(use->name < NAMES);
    ensure(use->at < text->len);
}

/* The last is one of three words, in this order. */
static bool choices_of(const void *context, uint32_t name, struct expr_choices *out) {
    *out = (struct expr_choices){.values = context, .count = 3, .ordered = true};
    return name == NAMES - 1;
}

static void try_text(struct span text, struct expr_names *all) {
    struct arena arena = arena_of(arena_memory, sizeof arena_memory);
    struct expr_fault fault = {.at = SIZE_MAX};
    const struct expr *e = expr_compile(text, all, &arena, &fault);
    if (e == NULL) {
        ensure(fault.at <= text.len);
        ensure(fault.what[0] != '\0');
        return;
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
        enum expr_truth truth = expr_truth(e, values);
        double miss = expr_miss(e, values);
        /* nothing is known about parameters that are all inactive */
        ensure(mask != 0 || truth == EXPR_UNKNOWN);
        ensure(truth == EXPR_NO ? miss > 0 && isfinite(miss) : miss == 0);
    }
    ensure(expr_size(e) <= EXPR_NODES_MAX);
    expr_visit(e, check_use, &text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct span params[NAMES] = {span_text("a"), span_text("b"), span_text("fast"),
                                 span_text("learner")};
    struct span metrics[NAMES];
    const struct value words[] = {{.kind = VALUE_TEXT, .text = span_text("knn")},
                                  {.kind = VALUE_TEXT, .text = span_text("svm")},
                                  {.kind = VALUE_TEXT, .text = span_text("forest")}};
    try_text(span_of(data, size),
             &(struct expr_names){
                 .names = params, .count = NAMES, .choices = choices_of, .context = words});
    try_text(span_of(data, size),
             &(struct expr_names){.names = metrics, .most = NAMES, .open = true});
    return 0;
}
