/* reaper - the process above zyg-run: what zyg-run was killed over, it ends.
 *
 * zyg-run sees to it that nothing of a trial is left, the node sees to it for a zyg-run that was killed. The reaper is for
 * when both are killed at one moment: then every process of a trial, whatever it did to hide, becomes its child
 * (PR_SET_CHILD_SUBREAPER), and it has no others. It is called REAPER_NAME, so that killing all that is called zyg leaves it
 * alive to do its work. A zyg-run that was stopped, such as by a trial, it lets go on. It ends with 0 when nothing is left,
 * with KIN_UNABLE when zyg-run could not even begin.
 */
#ifndef ZYG_REAPER_H
#define ZYG_REAPER_H

#include <signal.h>
#include <stdbool.h>

#define REAPER_NAME "reaper"

/* Forks. In the child answers true: it goes on as zyg-run, and gets SIGTERM should the reaper die. The parent becomes the
 * reaper and never returns: it lets go of descriptor `socket`, hands on the signals of `asks`, which must be blocked and
 * SIGCHLD among them, and ends when zyg-run has. False, and errno: it cannot fork. */
bool reaper_fork(const sigset_t *asks, int socket);

/* Kills all children of this process, and what comes to it from them. False: something did not die of it, and nothing else
 * has for REAPER_PATIENCE_S. SIGCHLD must be blocked. */
enum { REAPER_PATIENCE_S = 2 };
bool reaper_end_children(void);

#endif
