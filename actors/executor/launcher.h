/* launcher - the port to zyg-run, the small process that forks and execs trials. Effects only, no decisions.
 *
 * Performs spawn and kill. Posts spawned, spawn_failed, output, output_end, exited as they come; launcher_down when zyg-run
 * died (all that it ran is dead by then, or had KILL 5 seconds ago) and launcher_up when it was started again: at once the
 * first time, then with a growing pause of at most LAUNCHER_PAUSE_MS_MAX until one has lived to see a trial end.
 * zyg-run itself is started by the first spawn, in a session of its own, so that a Ctrl-C at the terminal never reaches it,
 * and under a reaper (cmd/run/reaper.h), which ends what a dead zyg-run leaves. This process becomes a child subreaper, so
 * what both of them leave comes here and is killed. To end them may take the board's thread twice 5 seconds and 5 more, when
 * something does not die of KILL.
 *
 * Of a run it posts spawned first, all that was printed before output_end, and output_end before exited.
 * Thread   everything on the board's thread.
 * Errors   launcher_new: ERR_LAUNCHER (zyg-run is missing), ERR_SYSTEM. launcher_beside: ERR_LAUNCHER.
 */
#ifndef ZYG_LAUNCHER_H
#define ZYG_LAUNCHER_H

#include "actors/kit/board.h"

enum { LAUNCHER_STATE_BYTES = 16, LAUNCHER_PAUSE_MS_MAX = 5000 };

struct launcher_config {
    const char *program; /* path of zyg-run */
    /* Names the state folder (such as a hash of its path): marks every process a trial starts, in its variable ZYG_RUN. */
    uint8_t state[LAUNCHER_STATE_BYTES];
};

struct launcher;

/* The path of the zyg-run in the folder of this program, where both are installed. It need not be there. */
bool launcher_beside(char *out, size_t cap, struct err *err);

struct launcher *launcher_new(struct board *board, const struct launcher_config *config,
                              struct err *err);
/* Tells zyg-run to kill all and end, then does it itself. Waits 5 seconds at most for either: a process that waits for a
 * disk or file server dies of its KILL later. */
void launcher_destroy(struct launcher **l);
struct port launcher_port(struct launcher *l);

/* Readable when there is something to read or to do; then call launcher_ready, which does a bounded part of it. */
int launcher_fd(const struct launcher *l);
void launcher_ready(struct launcher *l);

/* Before launcher_new, with the state folder locked: kills what trials of a predecessor that was killed have left behind
 * and answers how many processes that were. Never this process or one of its ancestors. */
uint32_t launcher_sweep(const uint8_t state[LAUNCHER_STATE_BYTES]);

#endif
