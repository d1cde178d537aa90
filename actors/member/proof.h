/* proof - what makes a record, an accusation or a vouch worth hearing: shape, certificate, signature.
 *
 * Signed   the message's own encoding with an empty signature, for the purposes "zyg/member/1", "zyg/accuse/1" and
 *          "zyg/vouch/1" (proto/trust/sign.h).
 * A member speaks for itself when it is ALIVE, LEAVING or LEFT; a verdict is another member's, and carries accusations of
 *          that generation and incarnation, at least one. A member's own record may carry a few of the vouches that made it
 *          active, all for one incarnation below its own.
 */
#ifndef ZYG_MEMBER_PROOF_H
#define ZYG_MEMBER_PROOF_H

#include "actors/member/map.h"
#include "proto/trust/sign.h"

enum {
    EVIDENCE_MAX = 16,     /* H of 24 observers is 15 */
    STATEMENT_BYTES = 192, /* an encoded accuse or vouch with its head: 150 at most */
    EVIDENCE_BYTES_MAX = EVIDENCE_MAX * STATEMENT_BYTES
};

enum proof {
    PROOF_GOOD,
    PROOF_LATER, /* who says it is not known here: nobody's fault, it comes again */
    PROOF_BAD    /* nobody who looked at it would have passed it on */
};

/* Fills issuer and signature; the signature's bytes are the caller's. */
void proof_sign_record(const struct signer *signer, struct msg_member_record *r,
                       uint8_t signature[SIGNATURE_BYTES]);
/* Of an accuse or a vouch: fills observer and signature. */
void proof_sign_statement(const struct signer *signer, struct msg *m,
                          uint8_t signature[SIGNATURE_BYTES]);
bool proof_statement(const struct msg *m); /* the observer's own signature */

enum proof proof_record(const struct map *map, const struct msg_member_record *r,
                        const uint8_t cluster[32]);

#endif
