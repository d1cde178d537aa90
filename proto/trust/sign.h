/* sign - Ed25519 signatures with a purpose: none can be passed off as one of another kind.
 *
 * Signed is the BLAKE2b-256 of the purpose with its closing zero and the bytes; hashed first because Ed25519 wants its
 * message in one piece.
 */
#ifndef ZYG_SIGN_H
#define ZYG_SIGN_H

#include "proto/base/bytes.h"

enum { SIGNATURE_BYTES = 64, SIGN_SECRET_BYTES = 64 };

void sign_over(const char *purpose, struct span bytes, const uint8_t secret[SIGN_SECRET_BYTES],
               uint8_t signature[SIGNATURE_BYTES]);
bool sign_fits(const char *purpose, struct span bytes, const uint8_t public_key[32],
               const uint8_t signature[SIGNATURE_BYTES]);

#endif
