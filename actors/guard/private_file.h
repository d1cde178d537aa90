/* private_file - small files that nobody else may read (0600) and that are there whole or not at all.
 *
 * Errors   ERR_SYSTEM (cannot be read or written), ERR_NOT_ALLOWED (others may read it: the err says which chmod helps).
 */
#ifndef ZYG_PRIVATE_FILE_H
#define ZYG_PRIVATE_FILE_H

#include "proto/base/err.h"

enum { PRIVATE_PATH_BYTES = 4000 };

/* DIR/NAME; false: too long. */
bool private_path(char out[PRIVATE_PATH_BYTES], const char *dir, const char *name, struct err *err);

/* At most cap bytes of it. False and *absent: it is not there. Links are not followed. */
bool private_file_read(const char *path, void *memory, size_t cap, size_t *len, bool *absent,
                       struct err *err);

enum private_write {
    PRIVATE_KEEP,   /* who comes second leaves the first one's file, and that is good */
    PRIVATE_REPLACE /* takes the place of an older one */
};
/* Written under another name, synced, then given its name; the folder is there. */
bool private_file_write(const char *path, struct span bytes, enum private_write how,
                        struct err *err);

#endif
