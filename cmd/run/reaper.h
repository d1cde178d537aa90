/* reaper - the process above zyg-run: what zyg-run was killed over, it ends.
 *
 * zyg-run sees to it that nothing of a trial is left, the node sees to it for a zyg-run that was killed. The reaper is for
 * when both are killed at one moment: then every process of a trial, whatever it did to hide, becomes its child
 * (PR_SET_CHILD_SUBREAPER), and it has no others. It is called REAPER_NAME, so that killing all that is called zyg leaves it
 * alive to do its work, and it keeps the node's socket open: when that closes, nothing is left.
 */
#ifndef ZYG_REAPER_H
#define ZYG_REAPER_H

#include <signal.h>
#include <stdbool.h>

#define REAPER_NAME "reaper"

/* Forks. In the child answers true: it goes on as zyg-run, and gets SIGTERM should the reaper die. The parent becomes the
 * reaper and never returns: signals of `asks` it hands on, and it ends with what zyg-run ended with. `asks` must be blocked,
 * with SIGCHLD among them. False, and errno: it cannot fork. */
bool reaper_fork(const sigset_t *asks);

/* Kills all children of this process, and what comes to it from them, until there is none. */
void reaper_end_children(void);

#endif
