/* program_path - which file a trial's first argument starts, as execvp would find it.
 *
 * Errors   false, with one sentence: not found, or not executable.
 */
#ifndef ZYG_PROGRAM_PATH_H
#define ZYG_PROGRAM_PATH_H

#include "proto/base/bytes.h"

/* name: with a slash it is relative to dir, without one it is looked for in PATH. The answer is
 * text in `out`. */
bool program_path(struct span name, struct span dir, struct buf *out);

#endif
