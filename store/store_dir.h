/* store_dir - the folder of a store on disk: made, locked by one process, judged fit.
 *
 * Errors   ERR_BUSY names the process that has it. ERR_STORE: it cannot be made or written, or lies
 *          on a network folder, where locks and memory maps do not hold what a database needs.
 */
#ifndef ZYG_STORE_DIR_H
#define ZYG_STORE_DIR_H

#include "proto/base/err.h"

#include <limits.h>

struct store_dir {
    char path[PATH_MAX];
    int owner_fd; /* holds the lock as long as it is open */
};

bool store_dir_open(struct store_dir *d, const char *path, struct err *err);
void store_dir_close(struct store_dir *d);
bool store_dir_full(const struct store_dir *d); /* no room for one more commit */

#endif
