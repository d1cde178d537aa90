/* notes_actor - lines for people on standard error, written by a thread of their own: a terminal that was stopped, or a pipe
 * that nobody reads, must not hold up the node.
 *
 * A line waits in a queue of NOTES_BYTES for as long as nothing can be written. One that does not fit is counted, and where
 * lines are missing that is said. At the end what can be written at once is written, and no more is waited for: should a write
 * never end, the thread is left behind after NOTES_STOP_MS, for the end of the process.
 */
#ifndef ZYG_NOTES_ACTOR_H
#define ZYG_NOTES_ACTOR_H

#include "proto/base/bytes.h"

enum { NOTES_BYTES = 16384, NOTES_STOP_MS = 1000 };

typedef struct _zactor_t zactor_t;
zactor_t *notes_actor_new(void);
void notes_actor_say(zactor_t *notes, struct span text); /* never waits */
void notes_actor_stop(zactor_t **notes);

#endif
