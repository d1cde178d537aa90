#include "proto/trust/bundle.h"

#include "proto/base/check.h"

#include <sodium.h>
#include <string.h>

enum { BUNDLE_VERSION = 1, COUNT_BYTES = 3, SIGNATURE_ROOM = SIGNATURE_BYTES + 2 };

static const char purpose[] = "zyg/bundle/1";

/* The number of bodies is known only at the end, so it always takes the three bytes of msgpack's array16. */
static void put_count(uint8_t *at, uint32_t count) {
    at[0] = 0xdc;
    at[1] = (uint8_t)(count >> 8);
    at[2] = (uint8_t)count;
}

void bundle_begin(struct bundle_writer *w, const struct signer *signer, uint64_t generation,
                  uint64_t sequence, void *memory, size_t cap) {
    *w = (struct bundle_writer){.out = buf_of(memory, cap),
                                .signer = signer,
                                .generation = generation,
                                .sequence = sequence};
    mp_put_array(&w->out, 6);
    mp_put_u64(&w->out, BUNDLE_VERSION);
    mp_put_bin(&w->out, span_of(signer->id.bytes, sizeof signer->id.bytes));
    mp_put_u64(&w->out, generation);
    mp_put_u64(&w->out, sequence);
    w->count_at = w->out.len;
    buf_put(&w->out, (const uint8_t[COUNT_BYTES]){0}, COUNT_BYTES);
    ensure(!w->out.overflow && cap > w->out.len + SIGNATURE_ROOM);
}

bool bundle_add(struct bundle_writer *w, const struct msg *fact) {
    if (w->count == LIMIT_BATCH_FACTS)
        return false;
    uint8_t scratch[LIMIT_JOB_SPEC_BYTES + 2048]; /* the largest fact carries a job */
    struct buf body = buf_of(scratch, sizeof scratch);
    size_t before = w->out.len;
    if (!msg_encode(fact, &body))
        return false;
    mp_put_bin(&w->out, buf_view(&body));
    if (w->out.overflow || w->out.cap - w->out.len < SIGNATURE_ROOM) {
        w->out.len = before;
        w->out.overflow = false;
        return false;
    }
    w->count++;
    return true;
}

struct span bundle_seal(struct bundle_writer *w) {
    put_count(w->out.data + w->count_at, w->count);
    uint8_t signature[SIGNATURE_BYTES];
    sign_over(purpose, buf_view(&w->out), w->signer->secret, signature);
    mp_put_bin(&w->out, span_of(signature, sizeof signature));
    ensure(!w->out.overflow);
    return buf_view(&w->out);
}

static bool bad_shape(struct err *err, const struct mp *in) {
    return err_set(err, ERR_BAD_FACT, "not a bundle of facts: %s",
                   in->bad != NULL ? in->bad : "a part has another length");
}

/* What was signed, and the signature. */
static bool read_shape(struct bundle *b, struct span bytes, struct span *signed_bytes,
                       struct span *signature, struct err *err) {
    struct mp in = mp_of(bytes);
    if (mp_array(&in) != 6 || in.bad != NULL)
        return bad_shape(err, &in);
    uint64_t version = mp_u64(&in);
    if (in.bad == NULL && version != BUNDLE_VERSION)
        return err_set(err, ERR_BAD_FACT, "a bundle of version %llu, expected %d",
                       (unsigned long long)version, BUNDLE_VERSION);
    struct span author = mp_bin(&in);
    b->generation = mp_u64(&in);
    b->sequence = mp_u64(&in);
    b->count = mp_array(&in);
    if (in.bad != NULL || author.len != NODE_ID_BYTES || b->count > LIMIT_BATCH_FACTS)
        return bad_shape(err, &in);
    memcpy(b->author.bytes, author.data, author.len);
    b->bodies = in;
    for (uint32_t i = 0; i < b->count; i++)
        (void)mp_bin(&in);
    *signed_bytes = span_of(bytes.data, bytes.len - in.rest.len);
    *signature = mp_bin(&in);
    if (!mp_done(&in) || signature->len != SIGNATURE_BYTES)
        return bad_shape(err, &in);
    return true;
}

bool bundle_peek(struct bundle *b, struct span bytes, struct err *err) {
    struct span signed_bytes, signature;
    return read_shape(b, bytes, &signed_bytes, &signature, err);
}

bool bundle_open(struct bundle *b, struct span bytes, struct err *err) {
    struct span signed_bytes, signature;
    if (!read_shape(b, bytes, &signed_bytes, &signature, err))
        return false;
    if (!sign_fits(purpose, signed_bytes, b->author.bytes, signature.data))
        return err_set(err, ERR_BAD_FACT, "the signature does not fit the facts and their author");
    return true;
}

static bool is_fact(enum msg_kind kind) {
    switch (kind) {
#define FACT(message, author, subject, merge)                                                      \
    case MSG_##message:                                                                            \
        return true;
#include "proto/facts.def"
#undef FACT
    default: return false;
    }
}

bool bundle_next(struct bundle *b, struct msg *fact, struct err *err) {
    if (b->count == 0)
        return false;
    b->count--;
    if (!msg_decode(fact, mp_bin(&b->bodies), err))
        return err_context(err, "reading a fact");
    if (!is_fact(fact->kind))
        return err_set(err, ERR_BAD_FACT, "message '%s' is not a fact", msg_name(fact->kind));
    return true;
}

void bundle_key(struct buf *out, const struct node_id *author, uint64_t generation,
                uint64_t sequence) {
    buf_put(out, author->bytes, sizeof author->bytes);
    buf_be64(out, generation);
    buf_be64(out, sequence);
}

struct job_id job_id_of(const struct msg_job_fact *fact) {
    uint8_t scratch[LIMIT_JOB_SPEC_BYTES + 1024], hash[HASH_BYTES];
    struct buf body = buf_of(scratch, sizeof scratch);
    const struct msg m = {.kind = MSG_job_fact, .job_fact = *fact};
    ensure(msg_encode(&m, &body));
    crypto_generichash(hash, sizeof hash, body.data, body.len, NULL, 0);
    struct job_id id;
    memcpy(id.bytes, hash, sizeof id.bytes);
    return id;
}
