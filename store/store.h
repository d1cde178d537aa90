/* store - transactions and ordered scans on disk; the one place that touches LMDB.
 *
 * A store is used by one thread at a time, and one folder is open once (a second open is refused, in this
 * process and in others). Two kinds keep this contract: store_lmdb.c (the disk) and store_mem.c
 * (the simulator's, which can lose what was not synced).
 *
 * store_save      all of it or nothing; when it returns true the data is synced. The map grows as
 *                 needed.
 * store_save_all  the same for several transactions with one sync: all of them or none.
 * store_scan      rows in key order, of one moment; keys and values are copied into `out` as
 *                 msgpack bin, bin, ... Stops after `limit` rows or when the next row does not fit;
 *                 a first row larger than all of `out` is an error. `more` tells whether rows were
 *                 left out.
 * Errors   ERR_STORE_FULL (disk or map full), ERR_STORE (I/O, corruption), ERR_STORE_VERSION
 *          (schema of another version), ERR_BUSY (another process has it open: the err names it),
 *          ERR_BAD_MESSAGE (not ops, or no such table).
 */
#ifndef ZYG_STORE_H
#define ZYG_STORE_H

#include "proto/base/err.h"
#include "store/ops.h"

struct store;

struct store_scan {
    enum table table;
    struct span prefix; /* only keys that begin with it; empty: all */
    struct span after; /* only keys beyond this one in the order asked for; empty: from the start */
    bool backward;
    uint64_t limit;   /* rows; 0: as many as fit */
    size_t bytes_max; /* stop beyond so many bytes, but not before the first row; 0: all of `out` */
};

bool store_save(struct store *s, struct span ops, struct err *err);
bool store_save_all(struct store *s, const struct span *ops, size_t count, struct err *err);
bool store_scan(struct store *s, const struct store_scan *scan, struct buf *out, bool *more,
                struct err *err);
/* Work that makes later saves quicker and may be left undone: for when nobody waits. */
void store_tend(struct store *s);
/* Gives back the memory that saving and reading have taken; what comes next takes it again. Nobody reads meanwhile. */
void store_rest(struct store *s);
/* False: it could not be opened again after a failed write or a rest, and the next who saves or scans tries that. */
bool store_is_open(const struct store *s);
void store_close(struct store **s);

/* The disk. dir is made when it is not there (its parent must be). */
struct store *store_open_lmdb(const char *dir, struct err *err);

/* Memory that behaves like a disk; store_mem.h says how it is made to fail. */
struct store *store_open_mem(void);

enum { STORE_SCHEMA = 2 };

#endif
