/* try_folder - where the trial of `zyg try` lives: a folder of its own in $TMPDIR or /tmp.
 *
 * A lock in it is held for as long as its process lives. A folder whose lock nobody holds was left
 * by a process that was killed, and is removed by the next try_folder_make; one without a lock was
 * left on purpose, with what its trial wrote.
 * Errors   ERR_SYSTEM.
 */
#ifndef ZYG_TRY_FOLDER_H
#define ZYG_TRY_FOLDER_H

#include "proto/base/err.h"

enum { TRY_FOLDER_BYTES = 256 };

struct try_folder {
    char path[TRY_FOLDER_BYTES];
    int lock;
};

bool try_folder_make(struct try_folder *f, struct err *err);

/* Removes it when it is empty; else it is left unlocked: true, what is in it is to be kept. */
bool try_folder_leave(struct try_folder *f);

#endif
