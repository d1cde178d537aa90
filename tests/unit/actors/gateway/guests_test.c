/* Who may ask: certificates of three clients, and what becomes of everybody else. */
#define _GNU_SOURCE /* memmem */

#include "actors/gateway/guests.h"

#include "proto/trust/bundle.h"
#include "proto/trust/certificate.h"

#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { NOW = 1000000, UNTIL = 2000000, SAYS_MAX = 1 << 16 };

static uint8_t cluster_public[32], cluster_secret[64];
static const uint8_t token_seed[32] = {7};
static const struct moment at = {.now = 5000, .wall = NOW};

struct paper {
    uint8_t bytes[CERTIFICATE_BYTES_MAX];
    size_t len;
};

static void key_of(uint8_t who, uint8_t key[32]) {
    memset(key, who, 32);
}

/* The identity of `who` signs as well: its seed is full of the same number. */
static struct signer signer_of(uint8_t who) {
    struct signer s;
    uint8_t seed[32];
    key_of(who, seed);
    crypto_sign_seed_keypair(s.id.bytes, s.secret, seed);
    return s;
}

static struct paper paper_by(const uint8_t secret[64], uint8_t who, uint32_t roles, wall_ms until) {
    struct paper p;
    uint8_t grant[GRANT_BYTES_MAX], curve[32];
    struct buf g = buf_of(grant, sizeof grant), out = buf_of(p.bytes, sizeof p.bytes);
    const struct signer s = signer_of(who);
    key_of(who, curve);
    grant_make(secret, roles, until, token_seed, &g);
    certificate_make(buf_view(&g), token_seed, &s.id, curve, roles, &out);
    assert_false(g.overflow || out.overflow);
    p.len = out.len;
    return p;
}

static struct paper paper_of(uint8_t who, uint32_t roles, wall_ms until) {
    return paper_by(cluster_secret, who, roles, until);
}

static struct guests *new_guests(void **state) {
    static struct guests g;
    (void)state;
    g = (struct guests){.config.open = true};
    memcpy(g.config.cluster, cluster_public, sizeof g.config.cluster);
    key_of(200, g.config.owner);
    return &g;
}

static struct nodes members;
static uint8_t said[SAYS_MAX];
static struct buf says;

/* What a hello of this peer with this key leads to; what was said is in `says`. */
static bool enters(struct guests *g, uint32_t peer, uint8_t who, struct span certificate,
                   struct moment when, struct err *err) {
    uint8_t key[32];
    struct says out = {.frames = buf_of(said, sizeof said), .from = ROOM_GATEWAY};
    key_of(who, key);
    guests_met(g, &(struct msg_met){.peer = peer,
                                    .curve = span_of(key, sizeof key),
                                    .address = span_text("10.0.0.9")});
    bool in = guests_enter(g, peer, certificate, &members, when, &out, err);
    says = out.frames;
    assert_int_equal(in, guests_knows(g, peer, when.wall));
    return in;
}

static void expect_refused(struct guests *g, uint8_t who, struct paper paper, const char *why) {
    struct err err = {.code = ERR_NONE};
    assert_false(enters(g, who, who, span_of(paper.bytes, paper.len), at, &err));
    assert_int_equal(err.code, ERR_NOT_ALLOWED);
    assert_non_null(strstr(err.what, why));
    assert_true(says.len > 0);
    assert_non_null(memmem(says.data, says.len, why, strlen(why)));
    assert_non_null(memmem(says.data, says.len, "a client at 10.0.0.9 was refused: ", 34));
    const struct moment later = {.now = at.now + 61000, .wall = at.wall + 61000};
    assert_false(enters(g, who, who, span_of(paper.bytes, paper.len), later, &err));
    assert_int_equal(says.len, 0); /* people have been told, if at another time of the day */
}

static void a_certificate_lets_in(void **state) {
    struct guests *g = new_guests(state);
    const struct paper paper = paper_of(1, ROLE_CLIENT, UNTIL);
    struct err err;
    assert_false(guests_knows(g, 1, NOW));
    assert_true(enters(g, 1, 1, span_of(paper.bytes, paper.len), at, &err));
    assert_true(says.len > 0); /* the node: this key may come in always */
    assert_false(guests_knows(g, 2, NOW));
    guests_left(g, 1);
    assert_false(guests_knows(g, 1, NOW));
}

static void the_own_client_needs_none(void **state) {
    struct guests *g = new_guests(state);
    struct err err;
    assert_true(enters(g, 1, 200, (struct span){0}, at, &err));
    assert_int_equal(says.len, 0);
    assert_true(guests_knows(g, 1, INT64_MAX - 1));
}

static void nobody_else_comes_in(void **state) {
    struct guests *g = new_guests(state);
    uint8_t other_public[32], other_secret[64];
    crypto_sign_seed_keypair(other_public, other_secret, (const uint8_t[32]){99});
    expect_refused(g, 1, (struct paper){.len = 0}, "no certificate came with it");
    expect_refused(g, 2, paper_of(2, ROLE_NODE, UNTIL), "not good for a client");
    expect_refused(g, 3, paper_of(3, ROLE_CLIENT, NOW), "the token was good until");
    expect_refused(g, 4, paper_by(other_secret, 4, ROLE_CLIENT, UNTIL),
                   "this cluster's key did not sign it");
    expect_refused(g, 5, paper_of(1, ROLE_CLIENT, UNTIL), "for another key");
    struct paper bent = paper_of(6, ROLE_CLIENT, UNTIL);
    bent.bytes[bent.len - 1] ^= 1;
    expect_refused(g, 6, bent, "not signed with its token");
    expect_refused(g, 7, (struct paper){.bytes = {0x93, 1}, .len = 2}, "the certificate");
    assert_int_equal(g->told_count, 7);
}

/* A peer that nobody introduced, or another one than was introduced. */
static void a_hello_without_a_key_is_none(void **state) {
    struct guests *g = new_guests(state);
    const struct paper paper = paper_of(1, ROLE_CLIENT, UNTIL);
    struct says out = {.frames = buf_of(said, sizeof said), .from = ROOM_GATEWAY};
    struct err err;
    uint8_t key[32];
    key_of(1, key);
    assert_false(guests_enter(g, 1, span_of(paper.bytes, paper.len), &members, at, &out, &err));
    assert_int_equal(err.code, ERR_BUSY);
    guests_met(g, &(struct msg_met){.peer = 1, .curve = span_of(key, sizeof key)});
    assert_false(guests_enter(g, 2, span_of(paper.bytes, paper.len), &members, at, &out, &err));
    guests_met(g, &(struct msg_met){.peer = 1, .curve = span_of(key, 31)});
    assert_false(guests_enter(g, 1, span_of(paper.bytes, paper.len), &members, at, &out, &err));
    assert_int_equal(out.frames.len, 0);
}

static void the_client_of_a_members_folder_comes_in_however_old_its_token(void **state) {
    struct guests *g = new_guests(state);
    const struct signer node = signer_of(50), client = signer_of(1);
    struct paper inner = paper_of(50, ROLE_NODE, NOW), paper;
    struct buf out = buf_of(paper.bytes, sizeof paper.bytes);
    uint8_t key[32];
    struct err err;
    key_of(1, key);
    certificate_make_client(span_of(inner.bytes, inner.len), node.secret, &client.id, key, &out);
    paper.len = out.len;
    nodes_init(&members);
    expect_refused(g, 1, paper, "the token was good until"); /* nobody knows that node */
    nodes_known(&members, &(struct msg_node_known){.peer = 9, .node = node.id, .state = 5}, 0);
    assert_true(enters(g, 2, 1, span_of(paper.bytes, paper.len), at, &err));
    assert_true(guests_knows(g, 2, INT64_MAX - 1));
    expect_refused(g, 3, paper, "for another key");
    members = (struct nodes){.count = 0};
}

static void a_guest_stays_until_its_certificate_is_too_old(void **state) {
    struct guests *g = new_guests(state);
    const struct paper paper = paper_of(1, ROLE_CLIENT, UNTIL);
    struct err err;
    assert_true(enters(g, 1, 1, span_of(paper.bytes, paper.len), at, &err));
    assert_true(guests_knows(g, 1, UNTIL - 1));
    assert_false(guests_knows(g, 1, UNTIL));
    assert_false(enters(g, 1, 1, span_of(paper.bytes, paper.len),
                        (struct moment){.now = 6000, .wall = UNTIL}, &err));
    assert_int_equal(err.code, ERR_NOT_ALLOWED);
    assert_false(guests_knows(g, 1, NOW)); /* it is none any more */
    const struct paper newer = paper_of(1, ROLE_CLIENT, 2 * UNTIL);
    assert_true(enters(g, 1, 1, span_of(newer.bytes, newer.len),
                       (struct moment){.now = 6000, .wall = UNTIL}, &err));
}

static void many_strangers_keep_no_guest_out(void **state) {
    struct guests *g = new_guests(state);
    const struct paper known = paper_of(1, ROLE_CLIENT, UNTIL),
                       fresh = paper_of(2, ROLE_CLIENT, UNTIL);
    struct err err = {.code = ERR_NONE};
    assert_true(enters(g, 1, 1, span_of(known.bytes, known.len), at, &err));
    uint32_t tries = 0;
    while (!enters(g, 1000, 3, span_of("x", 1), at, &err) && err.code != ERR_BUSY)
        tries++;
    assert_int_equal(tries, GUESTS_CHECKED_SECOND - 1); /* one was the guest's */
    assert_int_equal(g->told_count, 1);
    assert_false(enters(g, 2, 2, span_of(fresh.bytes, fresh.len), at, &err));
    assert_int_equal(err.code, ERR_BUSY);
    assert_true(enters(g, 3, 1, span_of(known.bytes, known.len), at, &err)); /* another session */
    assert_int_equal(says.len, 0);
    assert_true(guests_knows(g, 1, NOW));
    const struct moment later = {.now = at.now + 16, .wall = NOW}; /* one more check */
    assert_true(enters(g, 2, 2, span_of(fresh.bytes, fresh.len), later, &err));
}

static void a_full_table_forgets_who_was_silent_longest(void **state) {
    struct guests *g = new_guests(state);
    const struct paper paper = paper_of(1, ROLE_CLIENT, UNTIL);
    struct err err;
    for (uint32_t peer = 1; peer <= GUESTS; peer++)
        assert_true(enters(g, peer, 1, span_of(paper.bytes, paper.len), at, &err));
    assert_true(guests_knows(g, 1, NOW)); /* heard again */
    assert_true(enters(g, GUESTS + 1, 1, span_of(paper.bytes, paper.len), at, &err));
    assert_true(guests_knows(g, 1, NOW));
    assert_false(guests_knows(g, 2, NOW));
    assert_false(enters(g, GUESTS + 2, 9, (struct span){0}, at, &err)); /* a stranger */
    for (uint32_t peer = 3; peer <= GUESTS + 1; peer++)
        assert_true(guests_knows(g, peer, NOW));
}

static void a_guest_hands_in_what_it_has_signed(void **state) {
    struct guests *g = new_guests(state);
    const struct paper paper = paper_of(1, ROLE_CLIENT, UNTIL);
    struct err err;
    assert_true(enters(g, 1, 1, span_of(paper.bytes, paper.len), at, &err));
    assert_true(enters(g, 2, 200, (struct span){0}, at, &err));
    for (uint8_t who = 1; who <= 2; who++) {
        uint8_t memory[512];
        struct bundle_writer w;
        const struct signer s = signer_of(who);
        bundle_begin(&w, &s, 1, 0, memory, sizeof memory);
        assert_true(bundle_add(&w, &(struct msg){.kind = MSG_control_fact}));
        const struct span bundle = bundle_seal(&w);
        assert_int_equal(guests_signed(g, 1, bundle), who == 1);
        assert_true(guests_signed(g, 2, bundle)); /* the own client's is looked at by facts */
    }
    assert_false(guests_signed(g, 1, span_text("nonsense")));
    struct signer whole; /* who has the cluster's key may do what all may */
    uint8_t memory[512];
    struct bundle_writer w;
    memcpy(whole.id.bytes, cluster_public, sizeof cluster_public);
    memcpy(whole.secret, cluster_secret, sizeof cluster_secret);
    bundle_begin(&w, &whole, 1, 0, memory, sizeof memory);
    assert_true(bundle_add(&w, &(struct msg){.kind = MSG_control_fact}));
    assert_true(guests_signed(g, 1, bundle_seal(&w)));
}

static void a_node_on_its_own_asks_nobody(void **state) {
    struct guests *g = new_guests(state);
    struct says out = {.frames = buf_of(said, sizeof said), .from = ROOM_GATEWAY};
    struct err err;
    g->config.open = false;
    assert_true(guests_knows(g, 1, NOW));
    assert_true(guests_enter(g, 1, (struct span){0}, &members, at, &out, &err));
    assert_true(guests_signed(g, 1, (struct span){0}));
    assert_int_equal(out.frames.len, 0);
}

static int begin(void **state) {
    (void)state;
    return sodium_init() < 0 ||
           crypto_sign_seed_keypair(cluster_public, cluster_secret, (const uint8_t[32]){5}) != 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_certificate_lets_in),
        cmocka_unit_test(the_own_client_needs_none),
        cmocka_unit_test(nobody_else_comes_in),
        cmocka_unit_test(a_hello_without_a_key_is_none),
        cmocka_unit_test(the_client_of_a_members_folder_comes_in_however_old_its_token),
        cmocka_unit_test(a_guest_stays_until_its_certificate_is_too_old),
        cmocka_unit_test(many_strangers_keep_no_guest_out),
        cmocka_unit_test(a_full_table_forgets_who_was_silent_longest),
        cmocka_unit_test(a_guest_hands_in_what_it_has_signed),
        cmocka_unit_test(a_node_on_its_own_asks_nobody),
    };
    return cmocka_run_group_tests(tests, begin, NULL);
}
