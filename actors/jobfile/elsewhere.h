/* elsewhere - keys that people write where they do not belong: those of another mapping of the job
 * file, and what other tools call them.
 */
#ifndef ZYG_JOBFILE_ELSEWHERE_H
#define ZYG_JOBFILE_ELSEWHERE_H

#include "proto/base/bytes.h"

struct elsewhere {
    const char *key;   /* what it is called here */
    const char *where; /* the mapping that has it, as map_read's `what` names it */
    const char *path;  /* ... in the file */
};

/* In what mapping `what` a word stands that it does not have. NULL: nothing is known of it. */
const struct elsewhere *elsewhere_of(struct span word, const char *what);

#endif
