/* people - members for tests: keys, certificates and records of as many nodes as wanted, all of one cluster. Included after
 * <cmocka.h>; the test links libsodium, people_begin starts it. */
#ifndef ZYG_TEST_PEOPLE_H
#define ZYG_TEST_PEOPLE_H

#include "actors/member/proof.h"
#include "proto/trust/certificate.h"

#include <sodium.h>
#include <string.h>

enum { PEOPLE_MAX = 128 };

static const wall_ms people_wall = 1800000000000;

struct people {
    uint8_t cluster[32], cluster_secret[64];
    uint8_t seed[32]; /* of the token */
    uint8_t grant[GRANT_BYTES_MAX];
    size_t grant_len;
};

static struct people people;

static inline void people_grant(wall_ms until) {
    struct buf grant = buf_of(people.grant, sizeof people.grant);
    grant_make(people.cluster_secret, ROLE_NODE, until, people.seed, &grant);
    people.grant_len = grant.len;
}

static inline int people_begin(void **state) {
    const uint8_t seed[32] = {77};
    (void)state;
    if (sodium_init() < 0)
        return -1;
    crypto_sign_seed_keypair(people.cluster, people.cluster_secret, seed);
    people.seed[0] = 78;
    people_grant(people_wall + 1000000);
    return 0;
}

static inline struct signer person_signer(uint32_t number) {
    uint8_t seed[32] = {1};
    struct signer signer;
    memcpy(seed + 1, &number, sizeof number);
    crypto_sign_seed_keypair(signer.id.bytes, signer.secret, seed);
    return signer;
}

static inline void person_curve(uint32_t number, uint8_t curve[32]) {
    memset(curve, 0, 32);
    curve[0] = 9;
    memcpy(curve + 1, &number, sizeof number);
}

static inline struct member_config person(uint32_t number) {
    struct member_config c = {.signer = person_signer(number),
                              .generation_nonce = 1000 + number,
                              .seed = number,
                              .slots = 2,
                              .flags = MEMBER_STORES | MEMBER_ELIGIBLE};
    struct buf certificate = buf_of(c.certificate, sizeof c.certificate);
    struct buf endpoint = buf_of(c.endpoint, sizeof c.endpoint - 1);
    memcpy(c.cluster, people.cluster, sizeof c.cluster);
    person_curve(number, c.curve);
    certificate_make(span_of(people.grant, people.grant_len), people.seed, &c.signer.id, c.curve,
                     ROLE_NODE, &certificate);
    c.certificate_len = certificate.len;
    buf_text(&endpoint, "tcp://10.0.0.1:");
    buf_u64(&endpoint, 1000 + number);
    memcpy(c.name, "node", 4);
    return c;
}

/* A record in memory of its own. */
struct paper {
    struct msg_member_record record;
    struct member_config config;
    uint8_t signature[SIGNATURE_BYTES];
};

static inline void paper_fill(struct paper *p, uint32_t number, struct version version) {
    p->config = person(number);
    const struct member_config *c = &p->config;
    p->record = (struct msg_member_record){
        .node = c->signer.id,
        .generation = version.generation,
        .incarnation = version.incarnation,
        .state = version.state,
        .endpoint = span_text(c->endpoint),
        .curve = span_of(c->curve, sizeof c->curve),
        .name = span_text(c->name),
        .slots = c->slots,
        .flags = c->flags,
        .certificate = span_of(c->certificate, c->certificate_len),
    };
}

static inline void paper_sign(struct paper *p, const struct signer *by) {
    proof_sign_record(by, &p->record, p->signature);
}

#endif
