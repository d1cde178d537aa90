/* start - one program, from its name to a running process.
 *
 * The child gets a session and process group of its own, dies with its parent (PR_SET_PDEATHSIG), reads /dev/null, writes
 * output and errors to one descriptor, and inherits no other descriptor, no signal mask. Until the exec it shares the
 * memory of its parent (vfork), which is how the parent knows at once why it failed.
 *
 * A trial may have to begin with another one's checkpoint (inherit.h). Its child copies that before it becomes the program, in
 * memory of its own (fork): the parent goes on as soon as the child has its session, and a kill of the group reaches it. What can
 * be known before, that the program or its folder is not there or may not be used, is looked at before; what is found out only
 * afterwards, that the program has no interpreter or was removed meanwhile, the child leaves where `late` says, and ends.
 *
 * A program that kills its parent takes down with it whatever else that has started. Where that is to be feared it gets a
 * parent of its own, the keeper: a fork of this process that holds nothing open, waits for it and ends with it. The program is
 * reaped by this process, to which it comes when the keeper ends (PR_SET_CHILD_SUBREAPER). A start waits for the keeper, which
 * the program may stop: about a second of that, and the keeper is killed as if by the program.
 */
#ifndef ZYG_START_H
#define ZYG_START_H

#include "proto/base/bytes.h"

#include <sys/types.h>

enum { START_PATH_MAX = 4096 + 512, START_WHAT_BYTES = 1024 };

struct start {
    const char *const *argv; /* ends with NULL */
    const char *const *env;  /* ends with NULL */
    const char *dir;
    const char *scratch; /* the trial's own folder */
    const char *from; /* the folder of the trial whose checkpoint is copied before; NULL: none is */
    bool from_ends;   /* ... but that one has ended, or is about to */
    struct start_late
        *late; /* where what hinders it after that is told, cleared; with `from` only */
    int output;
    bool kept; /* under a keeper */
};

/* What became known of a start when it was said to have succeeded: it could not become its program once the checkpoint was
 * copied, and ended. Lies in memory that is shared with the child. */
struct start_late {
    int error; /* errno; 0: nothing */
    size_t len;
    char what[START_WHAT_BYTES]; /* as start_explain says it */
};

enum start_step { START_NAME, START_DIR, START_EXEC, START_FORK };

struct start_failure {
    enum start_step step;
    int error; /* errno */
};

/* The new process, or -1 with the failure; *keeper: its parent, which ends with 0 unless it is killed; 0: this process is. */
pid_t start_program(const struct start *s, struct start_failure *failure, pid_t *keeper);

/* One sentence: "cannot start 'trian.py': it was not found". */
void start_explain(const struct start *s, const struct start_failure *failure, struct buf *out);

#endif
