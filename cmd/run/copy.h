/* copy - the contents of one folder into another, while somebody may still be changing the first one.
 *
 * Files, folders and links are copied, with their permissions; of links only those that are relative and never go up ("..").
 * Other links, pipes, sockets and devices are left out, and counted. Nothing is followed on the way, so that nothing outside of
 * the folder is read. The blocks of a file are shared where the file system can do that.
 * A file that is replaced by rename is copied whole, as it was before or after that; two files may be of different moments. What
 * is gone between being listed and being opened is passed over; the folder is gone through COPY_PASSES times at most, until nothing
 * new is found in it.
 * Nothing is synced: after a crash of the machine the copy is as good as any file that was just written.
 * Errors   errno: EMFILE, ENOSPC, EACCES, ...; ENAMETOOLONG: folders within folders, more than COPY_DEPTH_MAX. What was copied by
 *          then is left to the caller.
 */
#ifndef ZYG_COPY_H
#define ZYG_COPY_H

#include <stdint.h>

enum { COPY_DEPTH_MAX = 32, COPY_PASSES = 3 };

/* From one open folder into another, in which none of the names is yet. 0 or errno. */
int copy_folder(int from, int to, uint64_t *left_out);
/* With all that is in it, as far down as copy_folder goes. 0, also when there is none, or errno. */
int copy_remove(int parent, const char *name);

#endif
