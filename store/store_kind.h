/* store_kind - what a kind of store brings; included by the kinds and store.c only.
 *
 * A kind embeds struct store as its first member. The rows of a scan are walked by store.c through
 * find and step, so that limits, prefixes and the format of the answer are the same for every kind.
 */
#ifndef ZYG_STORE_KIND_H
#define ZYG_STORE_KIND_H

#include "store/store.h"

struct row {
    struct span key;
    struct span value;
};

struct store_kind {
    bool (*save)(struct store *s, const struct span *ops, size_t count, struct err *err);
    /* A moment to read at; every begin that returned true is ended. */
    bool (*scan_begin)(struct store *s, enum table table, struct err *err);
    /* The row with the smallest key that is not below `key`, or the last row for NULL. A row without
     * key: there is none. */
    bool (*scan_find)(struct store *s, const struct span *key, struct row *row, struct err *err);
    /* The row next to the present one. */
    bool (*scan_step)(struct store *s, bool backward, struct row *row, struct err *err);
    void (*scan_end)(struct store *s);
    void (*tend)(struct store *s);          /* NULL: nothing to do between transactions */
    void (*rest)(struct store *s);          /* NULL: there is nothing to give back */
    bool (*is_open)(const struct store *s); /* NULL: always */
    void (*close)(struct store *s);
};

struct store {
    const struct store_kind *kind;
};

#endif
