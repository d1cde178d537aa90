/* store_lmdb - the disk kind, with what only its tests and tools set.
 *
 * Files    DIR/data.mdb and DIR/lock.mdb are LMDB's, DIR/owner is locked by the process that has
 *          the store open and holds its number. All mode 0600, the folder 0700.
 */
#ifndef ZYG_STORE_LMDB_H
#define ZYG_STORE_LMDB_H

#include "store/store.h"

/* As store_open_lmdb, beginning with a map of map_bytes (grown as needed). */
struct store *store_open_lmdb_sized(const char *dir, size_t map_bytes, struct err *err);

#endif
