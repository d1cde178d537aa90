/* liar - a member with a good certificate that lies: over its connections it says, beside what its rooms say, what nobody may
 * believe. Its own rooms are honest, so the rules hold for its host, too.
 *
 * Lies     a frame with a wrong byte; a member that is none; a record of another host with a higher incarnation; bundles that
 *          others have not signed; its own with facts about trials and jobs that do not exist and orders that the owner
 *          did not sign; messages beyond every size; claims and leases of terms beyond the last.
 *          What it holds: more than that, or that it takes none. Everybody believes that of it and of nobody else; until its
 *          next life, which begins when it lies no more, it gets nothing of what it says it has.
 * Not lied what only its word stands for and everybody takes: who leads, how its own trials ended, that it misses another. Such
 *          a member can waste work and time (membership.md 4.3, the last line of the table).
 */
#ifndef ZYG_SIM_LIAR_H
#define ZYG_SIM_LIAR_H

#include "proto/msg.h"

struct host;

/* Of the one log of its lies. */
#define LIAR_GENERATION (UINT64_C(1) << 32 | 77)

/* It is about to say this; what it says first is a lie, or nothing. */
void liar_says(struct host *h, uint32_t edge, struct span frame,
               void (*send)(struct host *h, uint32_t edge, struct span frame));

#endif
