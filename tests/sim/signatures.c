/* Signatures that cost next to nothing, in place of libsodium's in this program alone: half of a
 * run's time would go into curve arithmetic that other tests cover.
 *
 * A signature here is a BLAKE2b of the message under the author's public key. Whoever knows that
 * key could make one, and nobody in the simulator does; a bit that was flipped or another author is
 * refused as by the real ones.
 */
#include <sodium.h>
#include <string.h>

static void sign(uint8_t out[crypto_sign_BYTES], const uint8_t *m, unsigned long long len,
                 const uint8_t *public_key) {
    crypto_generichash(out, crypto_sign_BYTES, m, len, public_key, crypto_sign_PUBLICKEYBYTES);
}

int crypto_sign_detached(unsigned char *sig, unsigned long long *siglen_p, const unsigned char *m,
                         unsigned long long mlen, const unsigned char *sk) {
    sign(sig, m, mlen, sk + crypto_sign_SEEDBYTES); /* a secret key ends with its public key */
    if (siglen_p != NULL)
        *siglen_p = crypto_sign_BYTES;
    return 0;
}

int crypto_sign_verify_detached(const unsigned char *sig, const unsigned char *m,
                                unsigned long long mlen, const unsigned char *pk) {
    uint8_t expected[crypto_sign_BYTES];
    sign(expected, m, mlen, pk);
    return memcmp(expected, sig, sizeof expected) == 0 ? 0 : -1;
}
