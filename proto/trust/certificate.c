#include "proto/trust/certificate.h"

#include "proto/base/mp.h"
#include "proto/base/num.h"
#include "proto/trust/sign.h"

#include <sodium.h>
#include <string.h>

enum { VERSION = 1, VERSION_BY_NODE = 2, KEY_BYTES = 32, TIME_TEXT = 32 };

static const char grant_purpose[] = "zyg/grant/1";
static const char certificate_purpose[] = "zyg/cert/1";
static const char client_purpose[] = "zyg/client/1";
static const char token_head[] = "zyg1.";
enum { TOKEN_HEAD = sizeof token_head - 1 };

/* ---- what grants, certificates and tokens share ---- */

static void put_key(struct buf *out, const uint8_t key[KEY_BYTES]) {
    mp_put_bin(out, span_of(key, KEY_BYTES));
}

static bool take_bin(struct mp *in, uint8_t *out, size_t len) {
    struct span bytes = mp_bin(in);
    if (bytes.len != len)
        return false;
    memcpy(out, bytes.data, len);
    return true;
}

/* Roles of a later zyg are kept as they are; what does not fit is none of them. */
static bool take_roles(struct mp *in, uint32_t *roles) {
    uint64_t number = mp_u64(in);
    *roles = (uint32_t)number;
    return number != 0 && number <= UINT32_MAX;
}

static void put_signature(struct buf *out, size_t from, const char *purpose,
                          const uint8_t secret[SIGN_SECRET_BYTES]) {
    uint8_t signature[SIGNATURE_BYTES];
    if (out->overflow)
        return;
    sign_over(purpose, span_of(out->data + from, out->len - from), secret, signature);
    mp_put_bin(out, span_of(signature, sizeof signature));
}

/* The signature ends the bytes and is over all before it. */
static bool take_signature(struct mp *in, struct span bytes, uint8_t signature[SIGNATURE_BYTES],
                           struct span *what) {
    *what = span_of(bytes.data, bytes.len - in->rest.len);
    return in->bad == NULL && take_bin(in, signature, SIGNATURE_BYTES) && mp_done(in);
}

static bool not_whole(const char *noun, struct err *err) {
    return err_set(err, ERR_NOT_ALLOWED, "the %s is not whole or was changed", noun);
}

static bool check_version(struct mp *in, uint32_t parts, const char *noun, struct err *err) {
    uint32_t count = mp_array(in);
    uint64_t version = mp_u64(in);
    if (in->bad == NULL && version != VERSION)
        return err_set(err, ERR_NOT_ALLOWED, "a %s of version %llu; this zyg reads version %d",
                       noun, (unsigned long long)version, VERSION);
    return (in->bad == NULL && count == parts) || not_whole(noun, err);
}

/* ---- grants ---- */

void grant_make(const uint8_t cluster_secret[64], uint32_t roles, wall_ms until,
                const uint8_t seed[32], struct buf *grant) {
    uint8_t public[KEY_BYTES], secret[SIGN_SECRET_BYTES];
    size_t from = grant->len;
    crypto_sign_seed_keypair(public, secret, seed);
    sodium_memzero(secret, sizeof secret);
    mp_put_array(grant, 5);
    mp_put_u64(grant, VERSION);
    put_key(grant, public);
    mp_put_u64(grant, roles);
    mp_put_i64(grant, until);
    put_signature(grant, from, grant_purpose, cluster_secret);
}

static const char *time_text(wall_ms when, char text[TIME_TEXT]) {
    struct buf out = buf_of(text, TIME_TEXT - 1);
    num_print_time(&out, when);
    buf_zero(&out);
    return text;
}

/* Either the token or the clock is wrong; who reads both times knows which. */
static bool too_old(wall_ms until, wall_ms now, struct err *err) {
    char good[TIME_TEXT], clock[TIME_TEXT];
    return err_set(err, ERR_NOT_ALLOWED,
                   "the token was good until %s, and the clock that looked says %s; ask for a new "
                   "one, or set the clock",
                   time_text(until, good), time_text(now, clock));
}

bool grant_check(struct span bytes, const uint8_t cluster[32], wall_ms now, struct grant *out,
                 struct err *err) {
    uint8_t signature[SIGNATURE_BYTES];
    struct span what;
    struct mp in = mp_of(bytes);
    if (!check_version(&in, 5, "grant", err))
        return false;
    bool whole = take_bin(&in, out->token, KEY_BYTES) && take_roles(&in, &out->roles);
    out->until = mp_i64(&in);
    if (!take_signature(&in, bytes, signature, &what) || !whole)
        return not_whole("grant", err);
    if (!sign_fits(grant_purpose, what, cluster, signature))
        return err_set(err, ERR_NOT_ALLOWED,
                       "this cluster's key did not sign it: it is another cluster's, or was "
                       "changed");
    return now == 0 || now < out->until || too_old(out->until, now, err);
}

/* ---- certificates ---- */

void certificate_make(struct span grant, const uint8_t seed[32], const struct node_id *node,
                      const uint8_t curve[32], uint32_t roles, struct buf *out) {
    uint8_t public[KEY_BYTES], secret[SIGN_SECRET_BYTES];
    size_t from = out->len;
    crypto_sign_seed_keypair(public, secret, seed);
    mp_put_array(out, 6);
    mp_put_u64(out, VERSION);
    mp_put_bin(out, grant);
    put_key(out, node->bytes);
    put_key(out, curve);
    mp_put_u64(out, roles);
    put_signature(out, from, certificate_purpose, secret);
    sodium_memzero(secret, sizeof secret);
}

static bool check_roles(uint32_t granted, uint32_t claimed, uint32_t wanted, struct err *err) {
    if ((claimed & ~granted) != 0)
        return err_set(err, ERR_NOT_ALLOWED, "the certificate claims more than its token admits");
    if ((wanted & ~claimed) == 0)
        return true;
    return err_set(err, ERR_NOT_ALLOWED, "the certificate is not good for a %s",
                   (wanted & ~claimed & ROLE_NODE) != 0 ? "node" : "client");
}

static bool check_by_token(struct span bytes, const uint8_t cluster[32], uint32_t roles,
                           wall_ms now, struct certificate *out, struct err *err) {
    uint8_t signature[SIGNATURE_BYTES];
    struct span what;
    struct grant grant;
    struct mp in = mp_of(bytes);
    if (!check_version(&in, 6, "certificate", err))
        return false;
    struct span grant_bytes = mp_bin(&in);
    bool whole = take_bin(&in, out->node.bytes, NODE_ID_BYTES) &&
                 take_bin(&in, out->curve, KEY_BYTES) && take_roles(&in, &out->roles);
    if (!take_signature(&in, bytes, signature, &what) || !whole)
        return not_whole("certificate", err);
    if (!grant_check(grant_bytes, cluster, now, &grant, err))
        return false;
    if (!sign_fits(certificate_purpose, what, grant.token, signature))
        return err_set(err, ERR_NOT_ALLOWED, "the certificate is not signed with its token");
    out->until = grant.until;
    out->by_node = false;
    return check_roles(grant.roles, out->roles, roles, err);
}

void certificate_make_client(struct span node, const uint8_t secret[64],
                             const struct node_id *client, const uint8_t curve[32],
                             struct buf *out) {
    size_t from = out->len;
    mp_put_array(out, 5);
    mp_put_u64(out, VERSION_BY_NODE);
    mp_put_bin(out, node);
    put_key(out, client->bytes);
    put_key(out, curve);
    put_signature(out, from, client_purpose, secret);
}

static bool is_by_node(struct span bytes) {
    struct mp in = mp_of(bytes);
    return mp_array(&in) == 5 && mp_u64(&in) == VERSION_BY_NODE && in.bad == NULL;
}

static bool check_by_node(struct span bytes, const uint8_t cluster[32], uint32_t roles, wall_ms now,
                          struct certificate *out, struct err *err) {
    uint8_t signature[SIGNATURE_BYTES];
    struct span what;
    struct certificate node;
    struct mp in = mp_of(bytes);
    (void)mp_array(&in);
    (void)mp_u64(&in);
    struct span node_bytes = mp_bin(&in);
    *out = (struct certificate){.roles = ROLE_CLIENT, .by_node = true};
    bool whole =
        take_bin(&in, out->node.bytes, NODE_ID_BYTES) && take_bin(&in, out->curve, KEY_BYTES);
    if (!take_signature(&in, bytes, signature, &what) || !whole)
        return not_whole("certificate", err);
    if (!check_roles(ROLE_CLIENT, ROLE_CLIENT, roles, err) ||
        !check_by_token(node_bytes, cluster, ROLE_NODE, now, &node, err))
        return false;
    if (!sign_fits(client_purpose, what, node.node.bytes, signature))
        return err_set(err, ERR_NOT_ALLOWED, "the certificate is not signed by its node");
    out->until = node.until;
    out->by = node.node;
    return true;
}

bool certificate_check(struct span bytes, const uint8_t cluster[32], uint32_t roles, wall_ms now,
                       struct certificate *out, struct err *err) {
    return (is_by_node(bytes) ? check_by_node : check_by_token)(bytes, cluster, roles, now, out,
                                                                err);
}

bool certificate_is_fresh(const struct certificate *c, wall_ms now, struct err *err) {
    return now < c->until || too_old(c->until, now, err);
}

/* ---- tokens ---- */

enum { TOKEN_BYTES_MAX = (TOKEN_TEXT_MAX - TOKEN_HEAD) / 4 * 3 };

bool is_plain_word(struct span text, size_t cap) {
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] <= ' ' || text.data[i] > '~')
            return false;
    return text.len > 0 && text.len < cap;
}

static void put_word(struct buf *out, const char *word, size_t cap) {
    mp_put_str(out, span_of(word, strnlen(word, cap)));
}

static bool take_word(struct mp *in, char *out, size_t cap) {
    struct span text = mp_str(in);
    if (!is_plain_word(text, cap))
        return false;
    memcpy(out, text.data, text.len);
    out[text.len] = '\0';
    return true;
}

static bool has_words(const struct token *t) {
    if (!is_plain_word(span_of(t->name, strnlen(t->name, sizeof t->name)), sizeof t->name))
        return false;
    for (uint32_t i = 0; i < t->seeds_count; i++) {
        const char *endpoint = t->seeds[i].endpoint;
        if (!is_plain_word(span_of(endpoint, strnlen(endpoint, ENDPOINT_BYTES_MAX)),
                           ENDPOINT_BYTES_MAX))
            return false;
    }
    return true;
}

bool token_print(const struct token *token, char out[TOKEN_TEXT_MAX]) {
    uint8_t memory[TOKEN_BYTES_MAX];
    struct buf bytes = buf_of(memory, sizeof memory);
    if (token->grant_len == 0 || token->grant_len > sizeof token->grant ||
        token->seeds_count > TOKEN_SEEDS_MAX || !has_words(token))
        return false;
    mp_put_array(&bytes, 6);
    mp_put_u64(&bytes, VERSION);
    put_key(&bytes, token->cluster);
    put_word(&bytes, token->name, sizeof token->name);
    mp_put_bin(&bytes, span_of(token->grant, token->grant_len));
    put_key(&bytes, token->seed);
    mp_put_array(&bytes, 2 * token->seeds_count);
    for (uint32_t i = 0; i < token->seeds_count; i++) {
        put_word(&bytes, token->seeds[i].endpoint, ENDPOINT_BYTES_MAX);
        put_key(&bytes, token->seeds[i].curve);
    }
    memcpy(out, token_head, TOKEN_HEAD);
    bool fits = !bytes.overflow &&
                sodium_bin2base64(out + TOKEN_HEAD, TOKEN_TEXT_MAX - TOKEN_HEAD, bytes.data,
                                  bytes.len, sodium_base64_VARIANT_URLSAFE_NO_PADDING) != NULL;
    sodium_memzero(memory, sizeof memory);
    return fits;
}

static bool take_seeds(struct mp *in, struct token *token) {
    uint32_t count = mp_array(in);
    if (count % 2 != 0 || count > 2 * TOKEN_SEEDS_MAX)
        return false;
    token->seeds_count = count / 2;
    for (uint32_t i = 0; i < token->seeds_count; i++) {
        struct token_seed *seed = &token->seeds[i];
        if (!take_word(in, seed->endpoint, sizeof seed->endpoint) ||
            !take_bin(in, seed->curve, KEY_BYTES))
            return false;
    }
    return true;
}

static bool take_grant(struct mp *in, struct token *token) {
    struct span grant = mp_bin(in);
    if (grant.len == 0 || grant.len > sizeof token->grant)
        return false;
    memcpy(token->grant, grant.data, grant.len);
    token->grant_len = grant.len;
    return true;
}

/* Its parts fit together: the cluster's key signed the grant of this seed. */
static bool is_sound(const struct token *token) {
    uint8_t public[KEY_BYTES], secret[SIGN_SECRET_BYTES];
    struct grant grant;
    struct err err;
    crypto_sign_seed_keypair(public, secret, token->seed);
    sodium_memzero(secret, sizeof secret);
    return grant_check(span_of(token->grant, token->grant_len), token->cluster, 0, &grant, &err) &&
           memcmp(public, grant.token, KEY_BYTES) == 0;
}

static bool parse_bytes(struct token *token, struct span bytes, struct err *err) {
    struct mp in = mp_of(bytes);
    if (!check_version(&in, 6, "token", err))
        return false;
    if (!take_bin(&in, token->cluster, KEY_BYTES) ||
        !take_word(&in, token->name, sizeof token->name) || !take_grant(&in, token) ||
        !take_bin(&in, token->seed, KEY_BYTES) || !take_seeds(&in, token) || !mp_done(&in) ||
        !is_sound(token))
        return not_whole("token", err);
    return true;
}

bool token_parse(struct token *token, const char *text, struct err *err) {
    uint8_t memory[TOKEN_BYTES_MAX];
    size_t len = strnlen(text, TOKEN_TEXT_MAX), decoded;
    *token = (struct token){0};
    if (len < TOKEN_HEAD || memcmp(text, token_head, TOKEN_HEAD) != 0)
        return err_set(err, ERR_NOT_ALLOWED, "that is not a token of zyg: one begins with \"%s\"",
                       token_head);
    if (len == TOKEN_TEXT_MAX ||
        sodium_base642bin(memory, sizeof memory, text + TOKEN_HEAD, len - TOKEN_HEAD, NULL,
                          &decoded, NULL, sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0)
        decoded = 0;
    bool good = parse_bytes(token, span_of(memory, decoded), err);
    sodium_memzero(memory, sizeof memory);
    if (!good)
        sodium_memzero(token, sizeof *token);
    return good;
}
