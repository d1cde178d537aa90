#include "proto/trust/bundle.h"

#include "proto/base/check.h"

#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MEMORY = 1 << 20 };

static struct signer alice, mallory;
static uint8_t memory[MEMORY];

static int make_signers(void **state) {
    (void)state;
    uint8_t seed[crypto_sign_SEEDBYTES] = {1};
    if (sodium_init() < 0)
        return -1;
    crypto_sign_seed_keypair(alice.id.bytes, alice.secret, seed);
    seed[0] = 2;
    return crypto_sign_seed_keypair(mallory.id.bytes, mallory.secret, seed);
}

static struct msg proposal(uint64_t slot) {
    return (struct msg){.kind = MSG_proposal_fact,
                        .proposal_fact = {.slot = slot, .config = span_text("config")}};
}

static struct span sealed(const struct signer *signer, uint32_t facts) {
    struct bundle_writer w;
    bundle_begin(&w, signer, 7, 40, memory, sizeof memory);
    for (uint32_t i = 0; i < facts; i++) {
        struct msg fact = proposal(i);
        ensure(bundle_add(&w, &fact));
    }
    return bundle_seal(&w);
}

static void expect_bad(struct span bytes, const char *what) {
    struct bundle b;
    struct err err = {.code = ERR_NONE};
    assert_false(bundle_open(&b, bytes, &err));
    assert_int_equal(err.code, ERR_BAD_FACT);
    assert_non_null(strstr(err.what, what));
}

static void what_was_signed_is_read_back(void **state) {
    (void)state;
    struct span bytes = sealed(&alice, 3);
    struct bundle b;
    struct err err = {.code = ERR_NONE};
    assert_true(bundle_open(&b, bytes, &err));
    assert_true(node_id_equal(&b.author, &alice.id));
    assert_int_equal(b.generation, 7);
    assert_int_equal(b.sequence, 40);
    assert_int_equal(b.count, 3);
    for (uint64_t i = 0; i < 3; i++) {
        struct msg fact, want = proposal(i);
        assert_true(bundle_next(&b, &fact, &err));
        assert_true(msg_equal(&fact, &want));
    }
    struct msg none;
    assert_false(bundle_next(&b, &none, &err));
    assert_int_equal(err.code, ERR_NONE);
}

static void a_bundle_without_facts_is_one(void **state) {
    (void)state;
    struct bundle b;
    struct err err;
    assert_true(bundle_open(&b, sealed(&alice, 0), &err));
    assert_int_equal(b.count, 0);
}

static void no_byte_may_change(void **state) {
    (void)state;
    struct span bytes = sealed(&alice, 2);
    for (size_t i = 0; i < bytes.len; i++) {
        for (int bit = 0; bit < 8; bit++) {
            struct bundle b;
            struct err err = {.code = ERR_NONE};
            memory[i] ^= (uint8_t)(1 << bit);
            assert_false(bundle_open(&b, bytes, &err));
            assert_int_equal(err.code, ERR_BAD_FACT);
            memory[i] ^= (uint8_t)(1 << bit);
        }
    }
    struct bundle b;
    struct err err;
    assert_true(bundle_open(&b, bytes, &err));
}

static void no_byte_may_be_missing_or_follow(void **state) {
    (void)state;
    struct span bytes = sealed(&alice, 2);
    for (size_t len = 0; len < bytes.len; len++)
        expect_bad(span_of(bytes.data, len), "");
    memory[bytes.len] = 0xc0;
    expect_bad(span_of(bytes.data, bytes.len + 1), "not a bundle of facts");
}

static void another_author_cannot_pass_as_the_signer(void **state) {
    (void)state;
    struct span bytes = sealed(&mallory, 1);
    /* The author stands after the array's head, the version and the head of 32 bytes. */
    memcpy(memory + 4, alice.id.bytes, NODE_ID_BYTES);
    expect_bad(bytes, "the signature does not fit");
}

static void a_signature_for_another_purpose_is_none(void **state) {
    (void)state;
    struct span bytes = sealed(&alice, 1);
    size_t body = bytes.len - SIGNATURE_BYTES - 2;
    uint8_t hash[HASH_BYTES];
    crypto_generichash(hash, sizeof hash, memory, body, NULL, 0);
    crypto_sign_detached(memory + body + 2, NULL, hash, sizeof hash, alice.secret);
    expect_bad(bytes, "the signature does not fit");
}

static void another_version_is_told(void **state) {
    (void)state;
    struct span bytes = sealed(&alice, 1);
    assert_int_equal(memory[1], 1);
    memory[1] = 2;
    expect_bad(bytes, "a bundle of version 2, expected 1");
}

static void more_facts_than_a_batch_holds_are_refused(void **state) {
    (void)state;
    struct bundle_writer w;
    bundle_begin(&w, &alice, 1, 1, memory, sizeof memory);
    struct msg fact = proposal(1);
    for (int i = 0; i < LIMIT_BATCH_FACTS; i++)
        assert_true(bundle_add(&w, &fact));
    size_t before = w.out.len;
    assert_false(bundle_add(&w, &fact));
    assert_int_equal(w.count, LIMIT_BATCH_FACTS);
    assert_int_equal(w.out.len, before);

    /* A peer that writes more all the same. */
    struct buf out = buf_of(memory, sizeof memory);
    mp_put_array(&out, 6);
    mp_put_u64(&out, 1);
    mp_put_bin(&out, span_of(alice.id.bytes, NODE_ID_BYTES));
    mp_put_u64(&out, 1);
    mp_put_u64(&out, 1);
    mp_put_array(&out, LIMIT_BATCH_FACTS + 1);
    for (int i = 0; i <= LIMIT_BATCH_FACTS; i++)
        mp_put_bin(&out, span_text("x"));
    mp_put_bin(&out, span_of(alice.secret, SIGNATURE_BYTES));
    expect_bad(buf_view(&out), "not a bundle of facts");
}

static void a_fact_that_finds_no_room_changes_nothing(void **state) {
    (void)state;
    struct bundle_writer w;
    uint8_t small[200];
    struct msg fact = proposal(1), large = proposal(2);
    static const uint8_t blob[200];
    large.proposal_fact.config = span_of(blob, sizeof blob);
    bundle_begin(&w, &alice, 1, 1, small, sizeof small);
    assert_true(bundle_add(&w, &fact));
    size_t before = w.out.len;
    assert_false(bundle_add(&w, &large));
    assert_int_equal(w.out.len, before);
    struct span bytes = bundle_seal(&w);
    struct bundle b;
    struct err err;
    assert_true(bundle_open(&b, bytes, &err));
    assert_int_equal(b.count, 1);
}

static void a_body_that_is_no_fact_is_told(void **state) {
    (void)state;
    struct bundle_writer w;
    struct bundle b;
    struct msg fact;
    struct err err = {.code = ERR_NONE};
    bundle_begin(&w, &alice, 1, 1, memory, sizeof memory);
    assert_true(bundle_add(&w, &(struct msg){.kind = MSG_hello}));
    assert_true(bundle_open(&b, bundle_seal(&w), &err));
    assert_false(bundle_next(&b, &fact, &err));
    assert_int_equal(err.code, ERR_BAD_FACT);
    assert_string_equal(err.what, "message 'hello' is not a fact");
}

static void a_key_orders_by_author_generation_and_sequence(void **state) {
    (void)state;
    uint8_t keys[3][NODE_ID_BYTES + 16];
    const uint64_t numbers[3][2] = {{1, 999}, {2, 1}, {2, 256}};
    for (int i = 0; i < 3; i++) {
        struct buf key = buf_of(keys[i], sizeof keys[i]);
        bundle_key(&key, &alice.id, numbers[i][0], numbers[i][1]);
        assert_int_equal(key.len, sizeof keys[i]);
    }
    assert_true(memcmp(keys[0], keys[1], sizeof keys[0]) < 0);
    assert_true(memcmp(keys[1], keys[2], sizeof keys[1]) < 0);
    assert_memory_equal(keys[0], alice.id.bytes, NODE_ID_BYTES);
}

static void a_job_is_named_by_its_body(void **state) {
    (void)state;
    struct msg_job_fact fact = {.nonce = 1, .created = 5, .spec = span_text("spec")};
    fact.owner = alice.id;
    struct job_id id = job_id_of(&fact), same = job_id_of(&fact);
    assert_true(job_id_equal(&id, &same));
    uint8_t body_memory[128], hash[HASH_BYTES];
    struct buf body = buf_of(body_memory, sizeof body_memory);
    assert_true(msg_encode(&(struct msg){.kind = MSG_job_fact, .job_fact = fact}, &body));
    crypto_generichash(hash, sizeof hash, body.data, body.len, NULL, 0);
    assert_memory_equal(id.bytes, hash, JOB_ID_BYTES);
    fact.nonce = 2; /* the same file once more is another job */
    struct job_id other = job_id_of(&fact);
    assert_false(job_id_equal(&id, &other));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_signed_is_read_back),
        cmocka_unit_test(a_bundle_without_facts_is_one),
        cmocka_unit_test(no_byte_may_change),
        cmocka_unit_test(no_byte_may_be_missing_or_follow),
        cmocka_unit_test(another_author_cannot_pass_as_the_signer),
        cmocka_unit_test(a_signature_for_another_purpose_is_none),
        cmocka_unit_test(another_version_is_told),
        cmocka_unit_test(more_facts_than_a_batch_holds_are_refused),
        cmocka_unit_test(a_fact_that_finds_no_room_changes_nothing),
        cmocka_unit_test(a_body_that_is_no_fact_is_told),
        cmocka_unit_test(a_key_orders_by_author_generation_and_sequence),
        cmocka_unit_test(a_job_is_named_by_its_body),
    };
    return cmocka_run_group_tests(tests, make_signers, NULL);
}
