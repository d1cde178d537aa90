/* keys - who this machine and this user are: files of their own, mode 0600, made once.
 *
 * A key file holds two pairs: Ed25519 to sign facts (the identity) and a separate X25519 pair for CURVE, so that the
 * transport key can change without the identity. `node` is the agent's, `client` the user's.
 * Errors   ERR_SYSTEM (cannot read or make the file), ERR_NOT_ALLOWED (others may read it: the err says which chmod helps).
 */
#ifndef ZYG_KEYS_H
#define ZYG_KEYS_H

#include "proto/trust/bundle.h"

enum { CURVE_KEY_BYTES = 32 };

struct keys {
    struct signer signer;
    uint8_t curve_public[CURVE_KEY_BYTES];
    uint8_t curve_secret[CURVE_KEY_BYTES];
};

/* dir/keys/NAME, made with its folder when it is not there. sodium_init() comes first. */
bool keys_load(struct keys *keys, const char *dir, const char *name, struct err *err);
void keys_wipe(struct keys *keys);

#endif
