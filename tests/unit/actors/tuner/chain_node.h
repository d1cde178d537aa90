/* chain_node - a chain of a job in memory of its own. */
#ifndef ZYG_TEST_CHAIN_NODE_H
#define ZYG_TEST_CHAIN_NODE_H

#include "tests/unit/actors/tuner/jobs.h"

#include "actors/tuner/chain.h"

#include <stdlib.h>

struct node {
    struct chain chain;
    void *memory;
};

/* It knows nothing, whatever it was before. */
static inline void node_begin(struct node *n, const struct job *job, uint32_t capacity) {
    const size_t size = chain_bytes(job, NULL, capacity);
    free(n->memory);
    n->memory = malloc(size);
    memset(n->memory, 0xa5, size); /* whatever lay there before */
    struct arena arena = arena_of(n->memory, size);
    assert_true(chain_init(&n->chain, job, NULL, capacity, &arena));
}

static inline void node_end(struct node *n) {
    free(n->memory);
    n->memory = NULL;
}

#endif
