#include "proto/trust/sign.h"

#include "proto/base/ids.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

static_assert(SIGNATURE_BYTES == crypto_sign_BYTES, "Ed25519 signatures");
static_assert(SIGN_SECRET_BYTES == crypto_sign_SECRETKEYBYTES, "Ed25519 secret keys");
static_assert(NODE_ID_BYTES == crypto_sign_PUBLICKEYBYTES, "a node is its public key");

static void digest(const char *purpose, struct span bytes, uint8_t out[HASH_BYTES]) {
    crypto_generichash_state state;
    crypto_generichash_init(&state, NULL, 0, HASH_BYTES);
    crypto_generichash_update(&state, (const uint8_t *)purpose, strlen(purpose) + 1);
    crypto_generichash_update(&state, bytes.data, bytes.len);
    crypto_generichash_final(&state, out, HASH_BYTES);
}

void sign_over(const char *purpose, struct span bytes, const uint8_t secret[SIGN_SECRET_BYTES],
               uint8_t signature[SIGNATURE_BYTES]) {
    uint8_t hash[HASH_BYTES];
    digest(purpose, bytes, hash);
    crypto_sign_detached(signature, NULL, hash, sizeof hash, secret);
}

bool sign_fits(const char *purpose, struct span bytes, const uint8_t public_key[32],
               const uint8_t signature[SIGNATURE_BYTES]) {
    uint8_t hash[HASH_BYTES];
    digest(purpose, bytes, hash);
    return crypto_sign_verify_detached(signature, hash, sizeof hash, public_key) == 0;
}
