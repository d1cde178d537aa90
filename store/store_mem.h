/* store_mem - memory that behaves like a disk, and fails like one when told.
 *
 * What is written takes its place at the next sync and not before, as a commit does; a crash drops
 * it. store_save writes and syncs. Rows found here are valid until the next sync.
 */
#ifndef ZYG_STORE_MEM_H
#define ZYG_STORE_MEM_H

#include "store/store.h"

/* Writes without syncing. Nothing of a refused transaction is kept. */
bool store_mem_write(struct store *s, struct span ops, struct err *err);
void store_mem_sync(struct store *s);
void store_mem_crash(struct store *s);

/* Faults: a full disk refuses every write; fail_after n lets n writes pass and refuses the one
 * after them with an I/O error, once. */
void store_mem_set_full(struct store *s, bool full);
void store_mem_fail_after(struct store *s, uint64_t writes);

/* The disk as it would be found after a crash, for checkers. store_mem_row: the index-th row of a
 * table in key order; store_mem_find: where the first key not below this one stands. */
size_t store_mem_rows(const struct store *s, enum table table);
void store_mem_row(const struct store *s, enum table table, size_t index, struct span *key,
                   struct span *value);
size_t store_mem_find(const struct store *s, enum table table, struct span key);
bool store_mem_get(const struct store *s, enum table table, struct span key, struct span *value);

#endif
