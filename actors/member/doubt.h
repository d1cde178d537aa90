/* doubt - verdicts that are not believed, since this node knows better.
 *
 * One accuser is evidence enough for a verdict where the others have died (quorum.c), so any member can pronounce one
 * on anybody. Who hears the subject on an edge of its own is a voucher, and with fewer accusers than the quorum and a
 * voucher there is no verdict (membership.md 3.5, rules 4 and 7): such a record is not taken, and this node looks at the
 * subject itself. The subject, which hears more than half of its observers, refutes it and stays as active as it was. Maps
 * differ until that refutation has come round; it makes them equal again.
 * Not      where only two members are left, nobody else could say otherwise: what the other one says holds.
 */
#ifndef ZYG_MEMBER_DOUBT_H
#define ZYG_MEMBER_DOUBT_H

#include "actors/member/state.h"

/* A verdict about the member at this place: its evidence is too little for what this node hears. */
bool doubt_verdict(const struct member *m, uint32_t place, const struct msg_member_record *r);

#endif
