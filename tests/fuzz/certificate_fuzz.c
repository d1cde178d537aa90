/* Any bytes as a certificate from a stranger, as a grant, and as a token that somebody pasted: what is refused has a reason,
 * what is taken is inside its bounds, and a token that was read prints as the same text. A certificate is tried once more
 * with the signature of a key of our own put at its end, and a token with its parts made to fit, so that what lies behind
 * the signatures is reached too. */
#include "proto/base/check.h"
#include "proto/trust/certificate.h"
#include "proto/trust/sign.h"

#include <sodium.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INPUT_MAX = 4096, SIGNATURE_HEAD = 2, ROLES = ROLE_NODE | ROLE_CLIENT };

static const uint8_t cluster_seed[32] = {1};
static uint8_t cluster[32], secret[64];

static void ensure_refused(const struct err *err) {
    ensure(err->code == ERR_NOT_ALLOWED);
    ensure(err->what[0] != '\0');
}

static void check_certificate(struct span bytes) {
    struct certificate with_age, without;
    struct err err = {.code = ERR_NONE};
    bool young = certificate_check(bytes, cluster, ROLES, 1, &with_age, &err);
    if (!young)
        ensure_refused(&err);
    bool good = certificate_check(bytes, cluster, ROLES, 0, &without, &err);
    ensure(good || !young);
    ensure(!good || (without.roles & ROLES) == ROLES);
    ensure(!young || with_age.until > 1);
}

static void check_grant(struct span bytes) {
    struct grant g;
    struct err err = {.code = ERR_NONE};
    if (!grant_check(bytes, cluster, 1, &g, &err))
        ensure_refused(&err);
    else
        ensure(g.until > 1 && g.roles != 0);
}

static void sign_and_check(const char *purpose, struct span bytes,
                           void (*check)(struct span bytes)) {
    static uint8_t memory[INPUT_MAX + SIGNATURE_HEAD + SIGNATURE_BYTES];
    if (bytes.len > 0)
        memcpy(memory, bytes.data, bytes.len);
    memcpy(memory + bytes.len, "\xc4\x40", SIGNATURE_HEAD);
    sign_over(purpose, bytes, secret, memory + bytes.len + SIGNATURE_HEAD);
    check(span_of(memory, bytes.len + SIGNATURE_HEAD + SIGNATURE_BYTES));
}

/* The token's key is the cluster's own here: a grant for it is signed once, so any bytes can follow. */
static void check_behind_the_grant(struct span bytes) {
    static uint8_t memory[INPUT_MAX + 256];
    struct buf out = buf_of(memory, sizeof memory);
    uint8_t grant_memory[GRANT_BYTES_MAX];
    struct buf grant = buf_of(grant_memory, sizeof grant_memory);
    grant_make(secret, ROLES, GRANT_FOREVER, cluster_seed, &grant);
    buf_put(&out, "\x96\x01\xc4", 3);
    buf_byte(&out, (uint8_t)grant.len);
    buf_span(&out, buf_view(&grant));
    buf_span(&out, bytes);
    if (out.len <= INPUT_MAX)
        sign_and_check("zyg/cert/1", buf_view(&out), check_certificate);
}

static void check_token(const char *text) {
    struct token token;
    struct err err = {.code = ERR_NONE};
    char again[TOKEN_TEXT_MAX];
    if (!token_parse(&token, text, &err)) {
        ensure_refused(&err);
        return;
    }
    ensure(token.seeds_count <= TOKEN_SEEDS_MAX && token.grant_len <= sizeof token.grant);
    ensure(token_print(&token, again));
    struct token same;
    ensure(token_parse(&same, again, &err));
    ensure(memcmp(&same, &token, sizeof same) == 0);
}

/* The input as the seeds' part of a token that is otherwise right. */
static void check_seeds(struct span bytes) {
    struct token token = {.name = "lab"};
    char text[TOKEN_TEXT_MAX];
    uint8_t memory[TOKEN_TEXT_MAX];
    size_t len;
    struct buf grant = buf_of(token.grant, sizeof token.grant);
    grant_make(secret, ROLES, GRANT_FOREVER, cluster_seed, &grant);
    token.grant_len = grant.len;
    memcpy(token.cluster, cluster, sizeof cluster);
    memcpy(token.seed, cluster_seed, sizeof cluster_seed);
    ensure(token_print(&token, text));
    ensure(sodium_base642bin(memory, sizeof memory, text + 5, strlen(text + 5), NULL, &len, NULL,
                             sodium_base64_VARIANT_URLSAFE_NO_PADDING) == 0);
    len--; /* the empty list of seeds */
    if (bytes.len > 1200)
        return;
    if (bytes.len > 0)
        memcpy(memory + len, bytes.data, bytes.len);
    sodium_bin2base64(text + 5, sizeof text - 5, memory, len + bytes.len,
                      sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    check_token(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char text[INPUT_MAX + 1];
    struct span bytes = span_of(data, size);
    if (size > INPUT_MAX)
        return 0;
    ensure(sodium_init() >= 0);
    crypto_sign_seed_keypair(cluster, secret, cluster_seed);
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    check_token(text);
    check_seeds(bytes);
    check_grant(bytes);
    sign_and_check("zyg/grant/1", bytes, check_grant);
    check_certificate(bytes);
    check_behind_the_grant(bytes);
    return 0;
}
