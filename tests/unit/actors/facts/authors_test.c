/* Who may sign logs: nodes of the cluster, whoever passes on what they signed; the rest is refused and holds up nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "actors/facts/inbox.h"
#include "tests/unit/actors/facts/authors.h"

enum { NOBODY = 60 }; /* no node has this key */

/* With the certificate of the node of this number, of the tests' cluster or of another. */
static void hear_as(struct facts_stage *f, struct span bundle, uint8_t number, bool other) {
    uint8_t cluster[32], certificate[CERTIFICATE_BYTES_MAX];
    struct signer node;
    make_signer(&node, number);
    size_t len = number == NOBODY ? 0 : certificate_for(&node.id, other, cluster, certificate);
    hear_with(f, PEER, bundle, span_of(certificate, len));
}

/* Whether some heads said that nothing of this author's log is taken. */
static bool refused(struct facts_stage *f, const struct author *a) {
    uint32_t said = stage_count(f->stage, ROOM_MEMBER, MSG_heads);
    for (uint32_t i = 0; i < said; i++) {
        struct mp in = mp_of(stage_heard(f->stage, ROOM_MEMBER, MSG_heads, i)->heads.heads);
        while (mp_peek(&in) != MP_END) {
            struct span author = mp_bin(&in);
            uint64_t generation = mp_u64(&in), next = mp_u64(&in);
            if (span_equal(author, span_of(a->signer.id.bytes, NODE_ID_BYTES)) && next == 0)
                return generation == 5;
        }
    }
    return false;
}

static void only_nodes_of_the_cluster_sign_logs(void **state) {
    struct facts_stage *f = *state;
    struct author *a = author_new(f, 40), *b = author_new(f, 41);
    struct job_id id, second;
    struct span made_up = author_carries(a, job_bundle(f, 1, &id));
    hear_as(f, made_up, NOBODY, false);
    hear_as(f, made_up, 40, true);  /* another cluster's */
    hear_as(f, made_up, 41, false); /* somebody else's */
    assert_int_equal(kept(f), 0);
    assert_int_equal(store_mem_rows(f->stage->store, TABLE_authors), 0);
    stage_pass(f->stage, SPREAD_HEADS_MS);
    assert_true(refused(f, a));
    assert_int_equal(stage_count(f->stage, ROOM_NODE, MSG_note), 1); /* once */
    hear_as(f, author_carries(b, job_bundle(f, 2, &second)), 41, false);
    assert_int_equal(kept(f), 1); /* what others signed passes */
    assert_false(refused(f, b));
    hear_as(f, made_up, 40, false);
    assert_int_equal(kept(f), 2);
    assert_int_equal(store_mem_rows(f->stage->store, TABLE_authors), 2);
}

static void what_is_forged_is_refused_as_well(void **state) {
    struct facts_stage *f = *state;
    struct author *a = author_new(f, 40);
    struct job_id id;
    struct span bundle = author_carries(a, job_bundle(f, 1, &id));
    a->memory[0][bundle.len - 1] ^= 1; /* of its signature */
    hear_as(f, bundle, 40, false);
    stage_pass(f->stage, SPREAD_HEADS_MS);
    assert_true(refused(f, a));
    assert_int_equal(kept(f), 0);
}

static void without_a_cluster_there_are_no_others(void **state) {
    struct facts_stage *f = *state;
    struct author *a = author_new(f, 40);
    struct job_id id;
    f->apart = true;
    facts_stage_crash(f, true);
    know(f, PEER, MEMBER_ALIVE);
    hear_as(f, author_carries(a, job_bundle(f, 1, &id)), 40, false);
    assert_int_equal(kept(f), 0);
}

static void authors_are_known_after_a_restart(void **state) {
    struct facts_stage *f = *state;
    struct author *a = author_new(f, 40), *again = author_new(f, 40);
    struct job_id id, second;
    uint8_t cluster[32], certificate[CERTIFICATE_BYTES_MAX];
    hear_as(f, author_carries(a, job_bundle(f, 1, &id)), 40, false);
    facts_stage_crash(f, true);
    know(f, PEER, MEMBER_ALIVE);
    know(f, OTHER_PEER, MEMBER_ALIVE);
    /* It is sent on with what shows who signed it. */
    static const uint8_t store[STORE_ID_BYTES] = {4};
    stage_tell(f->stage, ROOM_FACTS, ROOM_MEMBER, OTHER_PEER,
               &(struct msg){.kind = MSG_heads,
                             .heads = {.store = span_of(store, sizeof store), .whole = true}});
    stage_pass(f->stage, SPREAD_LAZY_MS);
    const struct msg *sent = stage_heard(f->stage, ROOM_MEMBER, MSG_bundles, 0);
    assert_non_null(sent);
    size_t len = certificate_for(&a->signer.id, false, cluster, certificate);
    struct mp in = mp_of(sent->bundles.certificates);
    assert_true(span_equal(mp_bin(&in), span_of(certificate, len)));
    /* Another life of it needs to show nothing any more. */
    size_t before = kept(f);
    struct bundle_writer w;
    struct msg fact = {.kind = MSG_carried_fact, .carried_fact.bundle = job_bundle(f, 2, &second)};
    bundle_begin(&w, &again->signer, 6, 0, again->memory[0], sizeof again->memory[0]);
    ensure(bundle_add(&w, &fact));
    hear_as(f, bundle_seal(&w), NOBODY, false);
    assert_int_equal(kept(f), before + 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        AMONG(only_nodes_of_the_cluster_sign_logs),
        AMONG(what_is_forged_is_refused_as_well),
        AMONG(without_a_cluster_there_are_no_others),
        AMONG(authors_are_known_after_a_restart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
