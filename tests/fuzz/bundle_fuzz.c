/* Any bytes as a bundle of facts, as they come from a client or a peer. They are tried as they are, where the signature stops
 * nearly all of them, and once more with the right one of a key of our own put at their end, so that what lies behind the
 * signature is reached too. */
#include "proto/base/check.h"
#include "proto/trust/bundle.h"

#include <sodium.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INPUT_MAX = 65536, SIGNATURE_HEAD = 2, AUTHOR_AT = 4 };

static uint8_t signed_bytes[INPUT_MAX + SIGNATURE_HEAD + SIGNATURE_BYTES];

static void ensure_inside(struct span part, struct span whole) {
    ensure(part.len == 0 ||
           (part.data >= whole.data && part.data + part.len <= whole.data + whole.len));
}

/* What opens has as many facts as it says, all inside the bytes, or ends with a reason. */
static void read_whole(struct span bytes) {
    struct bundle b;
    struct msg fact;
    struct err err = {.code = ERR_NONE};
    if (!bundle_open(&b, bytes, &err)) {
        ensure(err.code == ERR_BAD_FACT && err.what[0] != '\0');
        return;
    }
    uint32_t count = b.count;
    ensure(count <= LIMIT_BATCH_FACTS);
    ensure_inside(b.bodies.rest, bytes);
    while (bundle_next(&b, &fact, &err)) {
        count--;
        if (fact.kind != MSG_job_fact)
            continue;
        ensure_inside(fact.job_fact.spec, bytes);
        struct job_id id = job_id_of(&fact.job_fact);
        struct job_id again = job_id_of(&fact.job_fact);
        ensure(job_id_equal(&id, &again));
    }
    ensure(count == 0 || err.code != ERR_NONE);
}

static void read_signed(struct span bytes) {
    uint8_t seed[crypto_sign_SEEDBYTES] = {1}, public[NODE_ID_BYTES], secret[SIGN_SECRET_BYTES];
    if (bytes.len < AUTHOR_AT + NODE_ID_BYTES)
        return;
    crypto_sign_seed_keypair(public, secret, seed);
    memcpy(signed_bytes, bytes.data, bytes.len);
    memcpy(signed_bytes + AUTHOR_AT, public, sizeof public);
    memcpy(signed_bytes + bytes.len, "\xc4\x40", SIGNATURE_HEAD);
    sign_over("zyg/bundle/1", span_of(signed_bytes, bytes.len), secret,
              signed_bytes + bytes.len + SIGNATURE_HEAD);
    read_whole(span_of(signed_bytes, bytes.len + SIGNATURE_HEAD + SIGNATURE_BYTES));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size > INPUT_MAX)
        return 0;
    ensure(sodium_init() >= 0);
    read_whole(span_of(data, size));
    read_signed(span_of(data, size));
    return 0;
}
