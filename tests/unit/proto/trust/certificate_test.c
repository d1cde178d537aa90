#include "proto/trust/certificate.h"

#include "proto/base/mp.h"
#include "proto/trust/sign.h"
#include "tests/unit/proto/base/text_assert.h"

#include <sodium.h>

enum { BOTH = ROLE_NODE | ROLE_CLIENT };
static const wall_ms until = 1767225600000; /* 2026-01-01T00:00:00Z */

static uint8_t cluster[32], cluster_secret[64], other[32], other_secret[64];
static const uint8_t seed[32] = {3}, curve[32] = {5};
static const struct node_id node = {{4}};

static int make_keys(void **state) {
    (void)state;
    const uint8_t first[32] = {1}, second[32] = {2};
    if (sodium_init() < 0)
        return -1;
    crypto_sign_seed_keypair(cluster, cluster_secret, first);
    return crypto_sign_seed_keypair(other, other_secret, second);
}

static struct span grant_of(uint32_t roles) {
    static uint8_t memory[GRANT_BYTES_MAX];
    struct buf out = buf_of(memory, sizeof memory);
    grant_make(cluster_secret, roles, until, seed, &out);
    assert_false(out.overflow);
    return buf_view(&out);
}

static struct span certificate_of(uint32_t granted, uint32_t claimed, const uint8_t by[32]) {
    static uint8_t memory[CERTIFICATE_BYTES_MAX];
    struct buf out = buf_of(memory, sizeof memory);
    certificate_make(grant_of(granted), by, &node, curve, claimed, &out);
    assert_false(out.overflow);
    return buf_view(&out);
}

static void expect_refused(struct span bytes, const uint8_t key[32], uint32_t roles, wall_ms now,
                           const char *what) {
    struct certificate c;
    struct err err = {.code = ERR_NONE};
    assert_false(certificate_check(bytes, key, roles, now, &c, &err));
    assert_int_equal(err.code, ERR_NOT_ALLOWED);
    assert_string_equal(err.what, what);
}

static void what_a_token_made_is_read_back(void **state) {
    (void)state;
    struct certificate c;
    struct err err;
    assert_true(
        certificate_check(certificate_of(BOTH, BOTH, seed), cluster, BOTH, until - 1, &c, &err));
    assert_true(node_id_equal(&c.node, &node));
    assert_memory_equal(c.curve, curve, sizeof curve);
    assert_int_equal(c.roles, BOTH);
    assert_int_equal(c.until, until);
}

static void a_grant_says_whom_it_admits_and_until_when(void **state) {
    (void)state;
    struct grant g;
    struct err err;
    uint8_t public[32], secret[64];
    crypto_sign_seed_keypair(public, secret, seed);
    assert_true(grant_check(grant_of(ROLE_CLIENT), cluster, until - 1, &g, &err));
    assert_memory_equal(g.token, public, sizeof public);
    assert_int_equal(g.roles, ROLE_CLIENT);
    assert_int_equal(g.until, until);
    assert_false(grant_check(grant_of(ROLE_CLIENT), cluster, until, &g, &err));
    assert_false(grant_check(grant_of(ROLE_CLIENT), other, 0, &g, &err));
}

static void age_matters_only_at_the_door(void **state) {
    (void)state;
    struct certificate c;
    struct err err;
    struct span bytes = certificate_of(ROLE_NODE, ROLE_NODE, seed);
    assert_true(certificate_check(bytes, cluster, ROLE_NODE, 0, &c, &err));
    assert_true(certificate_check(bytes, cluster, ROLE_NODE, until - 1, &c, &err));
    expect_refused(bytes, cluster, ROLE_NODE, until,
                   "the token was good until 2026-01-01T00:00:00Z, and the clock that looked "
                   "says 2026-01-01T00:00:00Z; ask for a new one, or set the clock");
}

static void a_certificate_for_ever_is_never_too_old(void **state) {
    (void)state;
    uint8_t memory[GRANT_BYTES_MAX];
    struct buf out = buf_of(memory, sizeof memory);
    struct grant g;
    struct err err;
    grant_make(cluster_secret, BOTH, GRANT_FOREVER, seed, &out);
    assert_true(grant_check(buf_view(&out), cluster, GRANT_FOREVER - 1, &g, &err));
    assert_int_equal(g.until, GRANT_FOREVER);
}

static void another_cluster_is_refused(void **state) {
    (void)state;
    expect_refused(certificate_of(ROLE_NODE, ROLE_NODE, seed), other, ROLE_NODE, 0,
                   "this cluster's key did not sign it: it is another cluster's, or was changed");
}

static void who_has_not_the_token_makes_nothing(void **state) {
    (void)state;
    const uint8_t guess[32] = {9};
    expect_refused(certificate_of(ROLE_NODE, ROLE_NODE, guess), cluster, ROLE_NODE, 0,
                   "the certificate is not signed with its token");
}

static void roles_come_from_the_grant(void **state) {
    (void)state;
    expect_refused(certificate_of(ROLE_CLIENT, BOTH, seed), cluster, ROLE_CLIENT, 0,
                   "the certificate claims more than its token admits");
    expect_refused(certificate_of(BOTH, ROLE_CLIENT, seed), cluster, ROLE_NODE, 0,
                   "the certificate is not good for a node");
    expect_refused(certificate_of(BOTH, ROLE_NODE, seed), cluster, BOTH, 0,
                   "the certificate is not good for a client");
}

/* Every byte counts: no bit of a certificate can be turned, and none left out. */
static void a_changed_or_cut_certificate_is_refused(void **state) {
    (void)state;
    struct certificate c;
    struct err err;
    struct span good = certificate_of(BOTH, ROLE_NODE, seed);
    uint8_t bytes[CERTIFICATE_BYTES_MAX];
    for (size_t i = 0; i < 8 * good.len; i++) {
        memcpy(bytes, good.data, good.len);
        bytes[i / 8] ^= (uint8_t)(1 << i % 8);
        assert_false(certificate_check(span_of(bytes, good.len), cluster, ROLE_NODE, 0, &c, &err));
    }
    for (size_t len = 0; len < good.len; len++)
        assert_false(certificate_check(span_of(bytes, len), cluster, ROLE_NODE, 0, &c, &err));
    memcpy(bytes, good.data, good.len);
    assert_true(certificate_check(span_of(bytes, good.len), cluster, ROLE_NODE, 0, &c, &err));
    assert_false(certificate_check(span_of(bytes, good.len + 1), cluster, ROLE_NODE, 0, &c, &err));
    expect_refused(span_of(bytes, good.len - 1), cluster, ROLE_NODE, 0,
                   "the certificate is not whole or was changed");
}

static void a_later_version_is_named(void **state) {
    (void)state;
    uint8_t bytes[CERTIFICATE_BYTES_MAX];
    struct span good = certificate_of(BOTH, BOTH, seed);
    memcpy(bytes, good.data, good.len);
    bytes[1] = 2;
    expect_refused(span_of(bytes, good.len), cluster, BOTH, 0,
                   "a certificate of version 2; this zyg reads version 1");
}

static void what_does_not_fit_its_memory_overflows(void **state) {
    (void)state;
    uint8_t memory[100];
    struct buf out = buf_of(memory, sizeof memory);
    grant_make(cluster_secret, BOTH, until, seed, &out);
    assert_true(out.overflow);
}

static struct token token_with(uint32_t seeds) {
    struct token t = {.name = "lab", .seeds_count = seeds};
    struct span grant = grant_of(BOTH);
    memcpy(t.cluster, cluster, sizeof t.cluster);
    memcpy(t.seed, seed, sizeof t.seed);
    memcpy(t.grant, grant.data, grant.len);
    t.grant_len = grant.len;
    for (uint32_t i = 0; i < seeds && i < TOKEN_SEEDS_MAX; i++) {
        memset(t.seeds[i].endpoint, 'e', ENDPOINT_BYTES_MAX - 1);
        t.seeds[i].curve[0] = (uint8_t)i;
    }
    return t;
}

static void a_token_is_printed_and_read_back(void **state) {
    (void)state;
    char text[TOKEN_TEXT_MAX];
    struct token got;
    struct err err;
    for (uint32_t seeds = 0; seeds <= TOKEN_SEEDS_MAX; seeds++) {
        struct token want = token_with(seeds);
        memset(want.name, 'n', sizeof want.name - 1);
        assert_true(token_print(&want, text));
        assert_memory_equal(text, "zyg1.", 5);
        assert_int_equal(strspn(text + 5, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                          "0123456789-_"),
                         strlen(text) - 5);
        assert_true(token_parse(&got, text, &err));
        assert_memory_equal(&got, &want, sizeof got);
    }
}

static void what_is_no_whole_token_is_not_printed(void **state) {
    (void)state;
    char text[TOKEN_TEXT_MAX];
    struct token t = token_with(TOKEN_SEEDS_MAX + 1);
    assert_false(token_print(&t, text));
    t = token_with(1);
    t.grant_len = 0;
    assert_false(token_print(&t, text));
    t = token_with(1);
    memset(t.seeds[0].endpoint, 'e', ENDPOINT_BYTES_MAX); /* without an end */
    assert_false(token_print(&t, text));
    memcpy(t.seeds[0].endpoint, "tcp://a b:1", 12);
    assert_false(token_print(&t, text));
    t = token_with(1);
    t.name[0] = '\0';
    assert_false(token_print(&t, text));
    memset(t.name, 'n', sizeof t.name);
    assert_false(token_print(&t, text));
    t.name[sizeof t.name - 1] = '\0';
    assert_true(token_print(&t, text));
}

static void expect_no_token(const char *text, const char *what) {
    static const struct token nothing;
    struct token t;
    struct err err = {.code = ERR_NONE};
    assert_false(token_parse(&t, text, &err));
    assert_int_equal(err.code, ERR_NOT_ALLOWED);
    assert_string_equal(err.what, what);
    assert_memory_equal(&t, &nothing, sizeof t); /* no secret is left */
}

static void other_texts_are_no_tokens(void **state) {
    (void)state;
    static const char other_text[] = "that is not a token of zyg: one begins with \"zyg1.\"";
    static const char not_whole[] = "the token is not whole or was changed";
    char text[TOKEN_TEXT_MAX], longer[2 * TOKEN_TEXT_MAX];
    struct token t = token_with(1);
    assert_true(token_print(&t, text));
    expect_no_token("", other_text);
    expect_no_token("zyg1", other_text);
    expect_no_token("zyg2.AAAA", other_text);
    expect_no_token("zyg1.", not_whole);
    expect_no_token("zyg1.not/base64", not_whole);
    expect_no_token("zyg1.lgI", not_whole); /* six parts, of version 2, but no more */
    expect_no_token("zyg1.lgIBAQEBAQ", "a token of version 2; this zyg reads version 1");
    memset(longer, 'A', sizeof longer);
    memcpy(longer, "zyg1.", 5);
    longer[sizeof longer - 1] = '\0';
    expect_no_token(longer, not_whole);
    for (size_t len = strlen(text) - 1; len > 5; len--) {
        text[len] = '\0';
        expect_no_token(text, not_whole);
    }
}

static void a_token_of_parts_that_do_not_fit_is_refused(void **state) {
    (void)state;
    static const char not_whole[] = "the token is not whole or was changed";
    char text[TOKEN_TEXT_MAX];
    struct token t = token_with(1);
    memcpy(t.cluster, other, sizeof t.cluster); /* did not sign the grant */
    assert_true(token_print(&t, text));
    expect_no_token(text, not_whole);
    t = token_with(1);
    t.seed[0] ^= 1; /* is not the grant's */
    assert_true(token_print(&t, text));
    expect_no_token(text, not_whole);
}

/* The very bytes, so that a token of today is read by a zyg of tomorrow. */
static void the_bytes_of_a_grant_stay(void **state) {
    (void)state;
    uint8_t memory[GRANT_BYTES_MAX], public[32], secret[64], signature[SIGNATURE_BYTES];
    struct buf want = buf_of(memory, sizeof memory);
    crypto_sign_seed_keypair(public, secret, seed);
    mp_put_array(&want, 5);
    mp_put_u64(&want, 1);
    mp_put_bin(&want, span_of(public, sizeof public));
    mp_put_u64(&want, ROLE_NODE);
    mp_put_u64(&want, (uint64_t)until);
    sign_over("zyg/grant/1", buf_view(&want), cluster_secret, signature);
    mp_put_bin(&want, span_of(signature, sizeof signature));
    assert_true(span_equal(grant_of(ROLE_NODE), buf_view(&want)));
}

static struct span by_node(uint32_t roles, const uint8_t by[64], const struct node_id *who,
                           const struct node_id *client) {
    static uint8_t memory[CERTIFICATE_BYTES_MAX];
    uint8_t inner[CERTIFICATE_BYTES_MAX];
    struct buf out = buf_of(memory, sizeof memory), c = buf_of(inner, sizeof inner);
    certificate_make(grant_of(roles), seed, who, curve, roles, &c);
    certificate_make_client(buf_view(&c), by, client, curve, &out);
    assert_false(out.overflow || c.overflow);
    return buf_view(&out);
}

static void a_node_answers_for_a_client(void **state) {
    (void)state;
    const uint8_t first[32] = {21};
    const struct node_id client = {{9}};
    struct node_id who;
    uint8_t secret[64];
    struct certificate c;
    struct err err;
    crypto_sign_seed_keypair(who.bytes, secret, first);
    struct span bytes = by_node(ROLE_NODE, secret, &who, &client);
    assert_true(certificate_check(bytes, cluster, ROLE_CLIENT, until - 1, &c, &err));
    assert_true(c.by_node && node_id_equal(&c.by, &who) && node_id_equal(&c.node, &client));
    assert_memory_equal(c.curve, curve, sizeof curve);
    assert_int_equal(c.roles, ROLE_CLIENT);
    assert_int_equal(c.until, until);
    assert_true(certificate_check(bytes, cluster, ROLE_CLIENT, 0, &c, &err));
    assert_false(certificate_is_fresh(&c, until, &err));
    expect_refused(bytes, cluster, ROLE_CLIENT, until,
                   "the token was good until 2026-01-01T00:00:00Z, and the clock that looked "
                   "says 2026-01-01T00:00:00Z; ask for a new one, or set the clock");
    expect_refused(bytes, cluster, ROLE_NODE, 0, "the certificate is not good for a node");
    expect_refused(bytes, other, ROLE_CLIENT, 0,
                   "this cluster's key did not sign it: it is another cluster's, or was changed");
    expect_refused(by_node(ROLE_CLIENT, secret, &who, &client), cluster, ROLE_CLIENT, 0,
                   "the certificate is not good for a node"); /* a client answers for nobody */
    expect_refused(by_node(ROLE_NODE, other_secret, &who, &client), cluster, ROLE_CLIENT, 0,
                   "the certificate is not signed by its node");
    uint8_t changed[CERTIFICATE_BYTES_MAX];
    bytes = by_node(ROLE_NODE, secret, &who, &client);
    for (size_t i = 0; i < bytes.len; i++) {
        memcpy(changed, bytes.data, bytes.len);
        changed[i] ^= 1;
        assert_false(
            certificate_check(span_of(changed, bytes.len), cluster, ROLE_CLIENT, 0, &c, &err));
        assert_false(certificate_check(span_of(bytes.data, i), cluster, ROLE_CLIENT, 0, &c, &err));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_token_made_is_read_back),
        cmocka_unit_test(a_grant_says_whom_it_admits_and_until_when),
        cmocka_unit_test(age_matters_only_at_the_door),
        cmocka_unit_test(a_certificate_for_ever_is_never_too_old),
        cmocka_unit_test(another_cluster_is_refused),
        cmocka_unit_test(who_has_not_the_token_makes_nothing),
        cmocka_unit_test(roles_come_from_the_grant),
        cmocka_unit_test(a_node_answers_for_a_client),
        cmocka_unit_test(a_changed_or_cut_certificate_is_refused),
        cmocka_unit_test(a_later_version_is_named),
        cmocka_unit_test(what_does_not_fit_its_memory_overflows),
        cmocka_unit_test(a_token_is_printed_and_read_back),
        cmocka_unit_test(what_is_no_whole_token_is_not_printed),
        cmocka_unit_test(other_texts_are_no_tokens),
        cmocka_unit_test(a_token_of_parts_that_do_not_fit_is_refused),
        cmocka_unit_test(the_bytes_of_a_grant_stay),
    };
    return cmocka_run_group_tests(tests, make_keys, NULL);
}
