/* folder - the state folder: one node at a time, and where it can be spoken to.
 *
 * lock   held by the process whose node this is; the kernel lets go of it however that process ends
 * door   the node's endpoints, CURVE key and process, written whole (over the old one where the disk is full), 0600; only
 *        believed while the lock is held
 */
#ifndef ZYG_FOLDER_H
#define ZYG_FOLDER_H

#include "actors/node/node.h"

enum { FOLDER_PATH_BYTES = 3000 };

/* Makes the folder when it is not there and locks it; -1: ERR_BUSY when another process has it. */
int folder_lock(const char *dir, struct err *err);
bool folder_write_door(const char *dir, const struct door *door, struct err *err);
/* What stands there, perhaps of a node that runs no more; door_read is for those who want to speak to one. */
bool folder_read_door(const char *dir, struct door *door, struct err *err);
/* dir as an absolute path without links. */
bool folder_resolve(const char *dir, char out[FOLDER_PATH_BYTES], struct err *err);

#endif
