/* make_folder - a private folder (0700) with all the folders above it that are not there. */
#ifndef ZYG_MAKE_FOLDER_H
#define ZYG_MAKE_FOLDER_H

#include "proto/base/err.h"

/* ERR_SYSTEM: which one cannot be made, and why. */
bool make_folder(const char *path, struct err *err);

#endif
