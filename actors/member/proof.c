#include "actors/member/proof.h"

#include "proto/base/check.h"
#include "proto/base/mp.h"
#include "proto/edge.h"
#include "proto/trust/certificate.h"
#include "proto/trust/sign.h"

enum { PLAIN_BYTES = RECORD_BYTES_MAX };

/* ---- signatures ---- */

static const char *purpose_of(const struct msg *m) {
    return m->kind == MSG_accuse  ? "zyg/accuse/1"
           : m->kind == MSG_vouch ? "zyg/vouch/1"
                                  : "zyg/member/1";
}

/* What is signed: the message with an empty signature. False: it is longer than anything that is signed. */
static bool plain(const struct msg *m, struct buf *out) {
    struct msg copy = *m;
    *(m->kind == MSG_accuse  ? &copy.accuse.signature
      : m->kind == MSG_vouch ? &copy.vouch.signature
                             : &copy.member_record.signature) = (struct span){0};
    return msg_encode(&copy, out);
}

static void sign(const struct signer *signer, const struct msg *m,
                 uint8_t signature[SIGNATURE_BYTES]) {
    uint8_t memory[PLAIN_BYTES];
    struct buf bytes = buf_of(memory, sizeof memory);
    ensure(plain(m, &bytes));
    sign_over(purpose_of(m), buf_view(&bytes), signer->secret, signature);
}

static bool is_signed(const struct msg *m, const struct node_id *by, struct span signature) {
    uint8_t memory[PLAIN_BYTES];
    struct buf bytes = buf_of(memory, sizeof memory);
    return signature.len == SIGNATURE_BYTES && plain(m, &bytes) &&
           sign_fits(purpose_of(m), buf_view(&bytes), by->bytes, signature.data);
}

void proof_sign_record(const struct signer *signer, struct msg_member_record *r,
                       uint8_t signature[SIGNATURE_BYTES]) {
    r->issuer = signer->id;
    const struct msg m = {.kind = MSG_member_record, .member_record = *r};
    sign(signer, &m, signature);
    r->signature = span_of(signature, SIGNATURE_BYTES);
}

void proof_sign_statement(const struct signer *signer, struct msg *m,
                          uint8_t signature[SIGNATURE_BYTES]) {
    struct node_id *observer = m->kind == MSG_accuse ? &m->accuse.observer : &m->vouch.observer;
    *observer = signer->id;
    sign(signer, m, signature);
    *(m->kind == MSG_accuse ? &m->accuse.signature : &m->vouch.signature) =
        span_of(signature, SIGNATURE_BYTES);
}

bool proof_statement(const struct msg *m) {
    return m->kind == MSG_accuse ? is_signed(m, &m->accuse.observer, m->accuse.signature)
                                 : is_signed(m, &m->vouch.observer, m->vouch.signature);
}

/* ---- records ---- */

static bool has_shape(const struct msg_member_record *r) {
    const struct member_config *limits = NULL;
    struct endpoint endpoint;
    if (r->state < MEMBER_ALIVE || r->state > MEMBER_LEFT || r->curve.len != sizeof limits->curve)
        return false;
    if ((r->state == MEMBER_LEFT) != (r->incarnation == INCARNATION_LAST) ||
        r->incarnation > INCARNATION_LAST)
        return false;
    return r->door.len < sizeof limits->door && r->name.len < sizeof limits->name &&
           r->domain.len < sizeof limits->domain &&
           (r->endpoint.len == 0 || endpoint_parse(&endpoint, r->endpoint)) &&
           r->endpoint.len < sizeof limits->endpoint &&
           r->certificate.len <= MEMBER_CERTIFICATE_BYTES && r->slots <= UINT32_MAX &&
           r->flags <= UINT32_MAX && r->evidence.len <= EVIDENCE_BYTES_MAX;
}

/* The same certificate as the one that is known was looked at before. */
static bool has_certificate(const struct map *map, const struct msg_member_record *r,
                            const uint8_t cluster[32]) {
    int32_t place = map_find(map, &r->node);
    struct certificate certificate;
    struct err err;
    if (place >= 0) {
        struct msg_member_record known = map_record(map, (uint32_t)place);
        if (span_equal(known.certificate, r->certificate) && span_equal(known.curve, r->curve))
            return true;
    }
    return certificate_check(r->certificate, cluster, ROLE_NODE, 0, &certificate, &err) &&
           node_id_equal(&certificate.node, &r->node) &&
           span_equal(span_of(certificate.curve, sizeof certificate.curve), r->curve);
}

static bool is_vouch_for(const struct msg *m, const struct msg_member_record *r) {
    return m->kind == MSG_vouch && node_id_equal(&m->vouch.subject, &r->node) &&
           m->vouch.generation == r->generation && m->vouch.incarnation < r->incarnation;
}

static bool is_accusation_of(const struct msg *m, const struct msg_member_record *r) {
    return m->kind == MSG_accuse && node_id_equal(&m->accuse.subject, &r->node) &&
           m->accuse.generation == r->generation && m->accuse.incarnation == r->incarnation;
}

/* Every piece of evidence is about this record and signed; of a verdict at least one is a member's known here. */
static enum proof prove_evidence(const struct map *map, const struct msg_member_record *r,
                                 bool verdict) {
    struct mp in = mp_of(r->evidence);
    uint32_t count = 0, known = 0;
    uint64_t vouched = 0;
    for (; mp_peek(&in) != MP_END; count++) {
        struct msg m;
        struct err err;
        if (count == EVIDENCE_MAX || !msg_decode(&m, mp_bin(&in), &err) || in.bad != NULL)
            return PROOF_BAD;
        if (verdict ? !is_accusation_of(&m, r) : !is_vouch_for(&m, r))
            return PROOF_BAD;
        if (!verdict && count > 0 && m.vouch.incarnation != vouched)
            return PROOF_BAD;
        if (!proof_statement(&m))
            return PROOF_BAD;
        vouched = verdict ? 0 : m.vouch.incarnation;
        known += verdict && map_find(map, &m.accuse.observer) >= 0;
    }
    if (verdict && count == 0)
        return PROOF_BAD;
    return verdict && known == 0 ? PROOF_LATER : PROOF_GOOD;
}

enum proof proof_record(const struct map *map, const struct msg_member_record *r,
                        const uint8_t cluster[32]) {
    bool verdict = r->state == MEMBER_UNREACHABLE || r->state == MEMBER_DEAD;
    bool own = node_id_equal(&r->issuer, &r->node);
    const struct msg m = {.kind = MSG_member_record, .member_record = *r};
    if (!has_shape(r) || verdict == own)
        return PROOF_BAD;
    if (verdict && map_find(map, &r->issuer) < 0)
        return PROOF_LATER;
    if (!is_signed(&m, &r->issuer, r->signature) || !has_certificate(map, r, cluster))
        return PROOF_BAD;
    return prove_evidence(map, r, verdict);
}
