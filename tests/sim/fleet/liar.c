#include "tests/sim/fleet/liar.h"

#include "actors/member/state.h"
#include "proto/base/check.h"
#include "proto/status.h"
#include "tests/sim/fleet/fleet.h"

#include <sodium.h>

enum { LIE_BYTES = 1 << 17, BUNDLE_BYTES = 8192, LARGE_BYTES = 100000 };

static const double lie_chance = 0.2;

struct lie {
    struct host *host;
    struct rng draws;
    uint32_t about; /* another host */
    struct buf out; /* the frame */
};

static const struct cast_host *self_of(const struct lie *l) {
    return &l->host->fleet->cast->hosts[l->host->number];
}

static const struct cast_host *other_of(const struct lie *l) {
    return &l->host->fleet->cast->hosts[l->about];
}

static void say_it(struct lie *l, const struct msg *m) {
    (void)msg_encode(m, &l->out);
}

/* To the other one, over whoever is at this edge. */
static void carry_it(struct lie *l, const struct msg *m, uint64_t hops) {
    static uint8_t memory[LIE_BYTES];
    struct buf inner = buf_of(memory, sizeof memory);
    if (msg_encode(m, &inner))
        say_it(l, &(struct msg){.kind = MSG_carry,
                                .carry = {.from = self_of(l)->signer.id,
                                          .to = other_of(l)->signer.id,
                                          .hops = hops,
                                          .message = buf_view(&inner)}});
}

/* ---- members ---- */

static void say_record(struct lie *l, struct msg_member_record *r, const struct signer *signer,
                       const struct node_id *issuer) {
    uint8_t signature[SIGNATURE_BYTES];
    static uint8_t record_memory[RECORD_BYTES_MAX + 256], memory[RECORD_BYTES_MAX + 512];
    struct buf record = buf_of(record_memory, sizeof record_memory);
    struct buf records = buf_of(memory, sizeof memory);
    proof_sign_record(signer, r, signature);
    r->issuer = *issuer;
    if (!msg_encode(&(struct msg){.kind = MSG_member_record, .member_record = *r}, &record))
        return;
    mp_put_bin(&records, buf_view(&record));
    say_it(l, &(struct msg){.kind = MSG_records, .records.records = buf_view(&records)});
}

static void invent_member(struct lie *l) {
    struct msg_member_record r = map_record(&l->host->member->map, 0);
    const uint8_t seed[crypto_sign_SEEDBYTES] = {4, (uint8_t)rng_below(&l->draws, 3)};
    struct signer nobody;
    crypto_sign_seed_keypair(nobody.id.bytes, nobody.secret, seed);
    r.node = nobody.id;
    r.evidence = (struct span){0};
    say_record(l, &r, &nobody, &nobody.id);
}

static void raise_another(struct lie *l) {
    const struct map *map = &l->host->member->map;
    int32_t place = map_find(map, &other_of(l)->signer.id);
    if (place <= 0)
        return;
    struct msg_member_record r = map_record(map, (uint32_t)place);
    const struct node_id node = r.node;
    r.incarnation += 5;
    r.evidence = (struct span){0};
    say_record(l, &r, &self_of(l)->signer, &node);
}

/* ---- facts ---- */

/* An order that the owner did not sign: in another name, or with a signature that does not fit. */
static struct span order(const struct lie *l, const struct work *work, enum control_verb verb,
                         bool as_owner, uint8_t memory[1024]) {
    struct signer signer = self_of(l)->signer;
    struct bundle_writer w;
    if (as_owner)
        signer.id = l->host->fleet->cast->people[work->owner].id;
    bundle_begin(&w, &signer, 1, 9000 + 100 * (uint64_t)verb + work->number, memory, 1024);
    ensure(bundle_add(&w, &(struct msg){.kind = MSG_control_fact,
                                        .control_fact = {.job = work->id,
                                                         .verb = verb,
                                                         .wall = 1800000000000,
                                                         .trials = WORK_SLOTS_MAX}}));
    return bundle_seal(&w);
}

/* An order travels in a bundle of its own. */
static void add_order(const struct lie *l, struct bundle_writer *w, enum control_verb verb,
                      bool as_owner) {
    uint8_t memory[1024];
    const struct work *work = &l->host->fleet->crowd.works[0];
    ensure(bundle_add(
        w, &(struct msg){.kind = MSG_carried_fact,
                         .carried_fact.bundle = order(l, work, verb, as_owner, memory)}));
}

static void add_nonsense(const struct lie *l, struct bundle_writer *w) {
    const struct job_id job = l->host->fleet->crowd.works[0].id;
    const struct msg facts[] = {
        {.kind = MSG_control_fact, .control_fact = {.job = job, .verb = CONTROL_CANCEL}},
        {.kind = MSG_result_fact,
         .result_fact = {.job = job, .slot = 1000000, .attempt = 1, .status = TRIAL_DONE}},
        {.kind = MSG_result_fact, .result_fact = {.job = job, .status = TRIAL_DONE}},
        {.kind = MSG_end_fact, .end_fact = {.job = job, .state = 77}},
        {.kind = MSG_proposal_fact, .proposal_fact = {.job = job, .slot = UINT64_MAX}}};
    for (size_t i = 0; i < sizeof facts / sizeof facts[0]; i++)
        ensure(bundle_add(w, &facts[i]));
}

/* Its own, always the same ones; or as if another had signed them. */
static void say_bundles(struct lie *l, bool own) {
    static uint8_t memory[BUNDLE_BYTES], list_memory[BUNDLE_BYTES], certificate_memory[1024];
    struct signer signer = self_of(l)->signer;
    const struct cast_host *author = own ? self_of(l) : other_of(l);
    struct buf list = buf_of(list_memory, sizeof list_memory);
    struct buf certificates = buf_of(certificate_memory, sizeof certificate_memory);
    signer.id = author->signer.id;
    for (uint64_t i = 0; i < 5; i++) {
        struct bundle_writer w;
        bundle_begin(&w, &signer, LIAR_GENERATION, i, memory, sizeof memory);
        if (i < 4)
            add_order(l, &w, i < 2 ? CONTROL_CANCEL : CONTROL_EXTEND, i % 2 == 1);
        else
            add_nonsense(l, &w);
        mp_put_bin(&list, bundle_seal(&w));
    }
    mp_put_bin(&certificates, span_of(author->certificate, author->certificate_len));
    carry_it(l,
             &(struct msg){
                 .kind = MSG_bundles,
                 .bundles = {.bundles = buf_view(&list), .certificates = buf_view(&certificates)}},
             8);
}

/* When it says what it has synced: more than that of every log, or that it takes nothing of it. */
static bool say_heads(struct lie *l, struct span frame) {
    static uint8_t memory[LIE_BYTES];
    struct buf heads = buf_of(memory, sizeof memory);
    struct msg carry, m;
    struct err ignored;
    if (!hosts_leave_disks(
            l->host->fleet)) /* else a last copy could go that nobody knew to be the last */
        return false;
    if (!msg_decode(&carry, frame, &ignored) || carry.kind != MSG_carry ||
        !node_id_equal(&carry.carry.from, &self_of(l)->signer.id) ||
        !msg_decode(&m, carry.carry.message, &ignored) || m.kind != MSG_heads)
        return false;
    bool refuses = draw_chance(&l->draws, 0.1);
    for (struct mp in = mp_of(m.heads.heads); !mp_done(&in);) {
        mp_put_bin(&heads, mp_bin(&in));
        mp_put_u64(&heads, mp_u64(&in));
        uint64_t next = mp_u64(&in);
        mp_put_u64(&heads, refuses ? 0 : next + 1 + rng_below(&l->draws, 3));
    }
    m.heads.heads = buf_view(&heads);
    int32_t to = fleet_host_of(l->host->fleet, &carry.carry.to);
    if (to < 0)
        return false;
    l->about = (uint32_t)to;
    l->host->fakes = l->host->life;
    carry_it(l, &m, 8);
    return true;
}

/* ---- words without sense ---- */

static void say_large(struct lie *l) {
    static const uint8_t zeros[LARGE_BYTES];
    const struct span large = span_of(zeros, sizeof zeros);
    switch (rng_below(&l->draws, 3)) {
    case 0: say_it(l, &(struct msg){.kind = MSG_records, .records.records = large}); break;
    case 1: carry_it(l, &(struct msg){.kind = MSG_bundles, .bundles.bundles = large}, 8); break;
    default: carry_it(l, &(struct msg){.kind = MSG_heads, .heads.heads = large}, 1000); break;
    }
}

static void say_term(struct lie *l) {
    const struct work *work = &l->host->fleet->crowd.works[0];
    if (draw_chance(&l->draws, 0.5))
        carry_it(l,
                 &(struct msg){.kind = MSG_claim,
                               .claim = {.term = UINT64_MAX,
                                         .leader = self_of(l)->signer.id,
                                         .generation = LIAR_GENERATION}},
                 8);
    else
        carry_it(l,
                 &(struct msg){.kind = MSG_lease,
                               .lease = {.term = UINT64_MAX, .job = work->id, .attempt = 1}},
                 8);
}

/* Who leads since when everybody passes on: it is nobody's word alone. */
static bool is_claim(struct span frame) {
    struct msg m;
    struct err ignored;
    if (!msg_decode(&m, frame, &ignored))
        return false;
    if (m.kind == MSG_carry && !msg_decode(&m, m.carry.message, &ignored))
        return false;
    return m.kind == MSG_claim;
}

static void spoil(struct lie *l, struct span frame) {
    buf_span(&l->out, frame);
    if (frame.len == 0 || l->out.overflow)
        return;
    l->out.data[rng_below(&l->draws, frame.len)] ^= (uint8_t)(1 + rng_below(&l->draws, 255));
    if (is_claim(buf_view(&l->out)))
        buf_clear(&l->out);
}

void liar_says(struct host *h, uint32_t edge, struct span frame,
               void (*send)(struct host *h, uint32_t edge, struct span frame)) {
    static uint8_t memory[LIE_BYTES];
    struct lie l = {.host = h,
                    .draws = draw_of(h->disk.seed, DRAW_LIE, ++h->lies),
                    .out = buf_of(memory, sizeof memory)};
    uint32_t hosts = h->fleet->draft.hosts;
    if (h->lying == 0 || !h->member->up || !draw_chance(&l.draws, lie_chance))
        return;
    l.about = (h->number + 1 + (uint32_t)rng_below(&l.draws, hosts - 1)) % hosts;
    if (say_heads(&l, frame)) {
        send(h, edge, buf_view(&l.out));
        return;
    }
    switch (rng_below(&l.draws, 7)) {
    case 0: spoil(&l, frame); break;
    case 1: invent_member(&l); break;
    case 2: raise_another(&l); break;
    case 3: say_bundles(&l, true); break;
    case 4: say_bundles(&l, false); break;
    case 5: say_large(&l); break;
    default: say_term(&l); break;
    }
    if (l.out.len > 0 && !l.out.overflow)
        send(h, edge, buf_view(&l.out));
}
