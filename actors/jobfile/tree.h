/* tree - a YAML document as nodes with their places, read with libyaml's events.
 *
 * Strict: one document, UTF-8, no aliases, anchors or tags, no key twice, no control characters, at
 * most TREE_DEPTH_MAX deep and TREE_NODES_MAX large. Scalars stay text; what they mean is decided
 * by who reads them.
 * Memory   nodes and their text live in the arena. libyaml's own memory is gone when tree_read
 *          returns.
 * Errors   the first fault with its place; libyaml's sentences are kept unless a better one is
 *          known.
 */
#ifndef ZYG_TREE_H
#define ZYG_TREE_H

#include "proto/base/arena.h"

enum { TREE_DEPTH_MAX = 16, TREE_NODES_MAX = 65536, TREE_KEYS_MAX = 1024 };

enum node_kind { NODE_SCALAR, NODE_LIST, NODE_MAP };

struct tree_node {
    enum node_kind kind;
    bool quoted;             /* a scalar in quotes or a block: text whatever it looks like */
    uint32_t line;           /* 1-based */
    uint32_t column;         /* 1-based, in characters */
    struct span text;        /* of a scalar */
    struct tree_node *first; /* of a list: its items; of a mapping: its keys, which are scalars */
    struct tree_node *next;
    struct tree_node *value; /* of a key */
};

struct tree_fault {
    uint32_t line;
    uint32_t column;
    char what[240];
};

/* NULL on a fault. */
const struct tree_node *tree_read(struct span text, struct arena *arena, struct tree_fault *fault);

/* The key's node, or NULL. */
const struct tree_node *node_get(const struct tree_node *map, struct span key);
bool node_is_null(const struct tree_node *node);

/* Where byte `offset` of a scalar's text stands in the file; the scalar's own place when that
 * cannot be told. */
void node_place(struct span file, const struct tree_node *node, size_t offset, uint32_t *line,
                uint32_t *column);

#endif
