/* hostile - a node that somebody has taken over: it enters with the keys and the certificate of a folder that was admitted, and
 * then says, as fast as its connection takes it, what no node says.
 *
 *   hostile STATE TARGET ENDPOINT WORDS MS [JOB]
 *
 * STATE and TARGET are the folders of the node it is and of the one it speaks to, JOB is the id of a job that runs. WORDS is
 * one of the table below. When its edge is cut it dials again, at once. It prints how often it was let in and how often it
 * was cut off, and how many frames it could say.
 */
#include "actors/guard/cluster.h"
#include "actors/member/proof.h"
#include "proto/base/check.h"
#include "proto/base/mp.h"
#include "proto/base/num.h"
#include "proto/base/rng.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zmq.h>

enum {
    FRAME_BYTES = 2 * LIMIT_FRAME_BYTES,
    AT_ONCE = 64, /* frames between two looks at what was said to it */
    KNOWN_MAX = 16,
    FACTS_GENERATION = 1000000,
};

struct hostile {
    struct keys own, target;
    struct cluster cluster;
    struct job_id job;
    uint64_t generation, incarnation, sequence;
    struct rng draws;
    const char *endpoint;
    void *context, *dealer, *monitor;
    uint32_t word;
    bool greeted;
    uint64_t dials, edges, cuts, frames;
    /* Records that it has heard. */
    uint32_t known_count;
    struct record {
        struct node_id id;
        size_t len;
        uint8_t bytes[RECORD_BYTES_MAX];
    } known[KNOWN_MAX];
    uint8_t memory[FRAME_BYTES], inner[FRAME_BYTES], part[FRAME_BYTES];
};

static int64_t now_ms(void) {
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (int64_t)at.tv_sec * 1000 + at.tv_nsec / 1000000;
}

static _Noreturn void stop(const char *why) {
    fprintf(stderr, "hostile: %s\n", why);
    exit(1);
}

/* ---- what it says ---- */

static void fill(struct hostile *h, struct buf *out, size_t len) {
    for (size_t i = 0; i < len; i++)
        buf_byte(out, (uint8_t)rng_below(&h->draws, 256));
}

static void carry_as(struct hostile *h, const struct node_id *from, const struct msg *m,
                     struct buf *out) {
    struct buf inner = buf_of(h->inner, sizeof h->inner);
    ensure(msg_encode(m, &inner));
    ensure(msg_encode(&(struct msg){.kind = MSG_carry,
                                    .carry = {.from = *from,
                                              .to = h->target.signer.id,
                                              .hops = 8,
                                              .message = buf_view(&inner)}},
                      out));
}

static void carry(struct hostile *h, const struct msg *m, struct buf *out) {
    carry_as(h, &h->own.signer.id, m, out);
}

static struct msg_member_record own_record(const struct hostile *h) {
    const struct admission *a = &h->cluster.node;
    return (struct msg_member_record){.node = h->own.signer.id,
                                      .generation = h->generation,
                                      .incarnation = h->incarnation,
                                      .state = MEMBER_ALIVE,
                                      .endpoint = span_text("tcp://127.0.0.1:9"),
                                      .curve = span_of(h->own.curve_public, CURVE_KEY_BYTES),
                                      .name = span_text("taken"),
                                      .slots = UINT32_MAX,
                                      .flags = MEMBER_STORES | MEMBER_ELIGIBLE,
                                      .certificate = span_of(a->certificate, a->certificate_len)};
}

static void encode_record(const struct signer *by, struct msg_member_record *r, struct buf *out) {
    uint8_t signature[SIGNATURE_BYTES];
    proof_sign_record(by, r, signature);
    ensure(msg_encode(&(struct msg){.kind = MSG_member_record, .member_record = *r}, out));
}

static void say_greet(struct hostile *h, struct msg_member_record *r, struct buf *out) {
    struct buf record = buf_of(h->inner, sizeof h->inner);
    encode_record(&h->own.signer, r, &record);
    const struct msg m = {.kind = MSG_greet,
                          .greet = {.protocol = PROTOCOL_VERSION,
                                    .certificate = r->certificate,
                                    .record = buf_view(&record)}};
    ensure(msg_encode(&m, out));
}

static void say_records(struct hostile *h, struct span records, struct buf *out) {
    const bool whole = rng_below(&h->draws, 2) == 0;
    ensure(msg_encode(
        &(struct msg){.kind = MSG_records, .records = {.records = records, .whole = whole}}, out));
}

static void say_garbage(struct hostile *h, struct buf *out) {
    fill(h, out, 1 + rng_below(&h->draws, 300));
}

/* One of its own messages with a byte that is wrong, or without its end. */
static void say_broken(struct hostile *h, struct buf *out) {
    struct msg_member_record r = own_record(h);
    say_greet(h, &r, out);
    if (rng_below(&h->draws, 2) == 0)
        out->len = rng_below(&h->draws, out->len);
    else
        out->data[rng_below(&h->draws, out->len)] ^= (uint8_t)(1 + rng_below(&h->draws, 255));
}

/* The longest that a node reads, or longer than that. */
static void say_large(struct hostile *h, struct buf *out) {
    size_t len = rng_below(&h->draws, 2) == 0 ? LIMIT_FRAME_BYTES - 200 : LIMIT_FRAME_BYTES + 4000;
    const struct span zeros = span_of(h->part, len);
    const struct msg m = {.kind = MSG_heads, .heads.heads = zeros};
    memset(h->part, 0, len);
    if (rng_below(&h->draws, 2) == 0)
        carry(h, &m, out);
    else
        say_records(h, zeros, out);
}

/* It has said who it is, and is another one now, or says something else of the same life. */
static void say_twice(struct hostile *h, struct buf *out) {
    struct msg_member_record r = own_record(h);
    r.slots = rng_below(&h->draws, 1000);
    r.name = span_text(r.slots % 2 == 0 ? "other" : "taken");
    if (rng_below(&h->draws, 3) == 0) {
        say_greet(h, &r, out);
        return;
    }
    struct buf record = buf_of(h->inner, sizeof h->inner), part = buf_of(h->part, sizeof h->part);
    encode_record(&h->own.signer, &r, &record);
    mp_put_bin(&part, buf_view(&record));
    say_records(h, buf_view(&part), out);
}

static void say_beats(struct hostile *h, struct buf *out) {
    const int64_t absurd[] = {0, -1, INT64_MIN, INT64_MAX, 1};
    const struct msg m = {.kind = MSG_beat,
                          .beat = {.number = rng_below(&h->draws, 2) == 0 ? UINT64_MAX : h->frames,
                                   .echo = rng_below(&h->draws, 3),
                                   .held_us = absurd[rng_below(&h->draws, 5)],
                                   .map = rng_u64(&h->draws)}};
    ensure(msg_encode(&m, out));
}

/* Its own record, every time a newer one, with times that cannot be. */
static void say_self(struct hostile *h, struct buf *out) {
    struct msg_member_record r = own_record(h);
    struct buf record = buf_of(h->inner, sizeof h->inner), part = buf_of(h->part, sizeof h->part);
    char endpoint[64];
    snprintf(endpoint, sizeof endpoint, "tcp://127.0.0.1:%u",
             1 + (uint32_t)rng_below(&h->draws, 60000));
    r.incarnation = ++h->incarnation;
    r.endpoint = span_text(endpoint);
    r.lived = r.answers = UINT64_MAX;
    encode_record(&h->own.signer, &r, &record);
    mp_put_bin(&part, buf_view(&record));
    say_records(h, buf_view(&part), out);
}

/* Members that are none, as many as a message holds: with its own certificate, which is not theirs. */
static void say_invented(struct hostile *h, struct buf *out) {
    struct buf part = buf_of(h->part, sizeof h->part);
    for (uint32_t i = 0; i < 200; i++) {
        struct buf record = buf_of(h->inner, sizeof h->inner);
        struct msg_member_record r = own_record(h);
        struct signer nobody = h->own.signer;
        nobody.id.bytes[rng_below(&h->draws, 32)] ^= (uint8_t)(1 + rng_below(&h->draws, 255));
        r.node = nobody.id;
        encode_record(&nobody, &r, &record);
        mp_put_bin(&part, buf_view(&record));
    }
    say_records(h, buf_view(&part), out);
}

/* Another node's word: its record raised, or a message in its name. */
static void say_impostor(struct hostile *h, struct buf *out) {
    struct msg m;
    struct err err;
    const struct record *known = &h->known[rng_below(&h->draws, KNOWN_MAX) % h->known_count];
    if (rng_below(&h->draws, 2) == 0) {
        carry_as(h, &known->id,
                 &(struct msg){.kind = MSG_report, .report = {.term = 1, .slots = UINT64_MAX}},
                 out);
        return;
    }
    struct buf record = buf_of(h->inner, sizeof h->inner), part = buf_of(h->part, sizeof h->part);
    ensure(msg_decode(&m, span_of(known->bytes, known->len), &err));
    m.member_record.incarnation += 1 + rng_below(&h->draws, 1000);
    m.member_record.issuer = known->id;
    ensure(msg_encode(&m, &record));
    mp_put_bin(&part, buf_view(&record));
    say_records(h, buf_view(&part), out);
}

/* That others are dead, on its own word. */
static void say_verdicts(struct hostile *h, struct buf *out) {
    uint8_t signature[SIGNATURE_BYTES], evidence_memory[EVIDENCE_BYTES_MAX];
    struct msg m;
    struct err err;
    const struct record *known = &h->known[rng_below(&h->draws, KNOWN_MAX) % h->known_count];
    ensure(msg_decode(&m, span_of(known->bytes, known->len), &err));
    struct msg_member_record *r = &m.member_record;
    struct msg accuse = {
        .kind = MSG_accuse,
        .accuse = {.subject = r->node, .generation = r->generation, .incarnation = r->incarnation}};
    proof_sign_statement(&h->own.signer, &accuse, signature);
    if (rng_below(&h->draws, 2) == 0) {
        ensure(msg_encode(&accuse, out));
        return;
    }
    struct buf statement = buf_of(h->inner, sizeof h->inner);
    struct buf evidence = buf_of(evidence_memory, sizeof evidence_memory);
    struct buf part = buf_of(h->part, sizeof h->part);
    uint8_t record_memory[RECORD_BYTES_MAX];
    struct buf record = buf_of(record_memory, sizeof record_memory);
    ensure(msg_encode(&accuse, &statement));
    mp_put_bin(&evidence, buf_view(&statement));
    r->state = rng_below(&h->draws, 2) == 0 ? MEMBER_DEAD : MEMBER_UNREACHABLE;
    r->evidence = buf_view(&evidence);
    encode_record(&h->own.signer, r, &record);
    mp_put_bin(&part, buf_view(&record));
    say_records(h, buf_view(&part), out);
}

static void say_looks(struct hostile *h, struct buf *out) {
    const struct record *known = &h->known[rng_below(&h->draws, KNOWN_MAX) % h->known_count];
    if (rng_below(&h->draws, 2) == 0)
        ensure(msg_encode(&(struct msg){.kind = MSG_probe, .probe.nonce = h->frames}, out));
    else
        ensure(msg_encode(
            &(struct msg){.kind = MSG_check,
                          .check = {.subject = known->id, .generation = rng_u64(&h->draws)}},
            out));
}

static uint64_t absurd(struct hostile *h) {
    const uint64_t numbers[] = {0, 1, UINT32_MAX, UINT64_MAX / 2, UINT64_MAX - 1, UINT64_MAX};
    return numbers[rng_below(&h->draws, 6)];
}

static void say_claims(struct hostile *h, struct buf *out) {
    carry(h,
          &(struct msg){.kind = MSG_claim,
                        .claim = {.term = absurd(h) | UINT64_C(1) << 40,
                                  .leader = h->own.signer.id,
                                  .generation = h->generation}},
          out);
}

static void say_leases(struct hostile *h, struct buf *out) {
    const uint64_t term = absurd(h), slot = absurd(h);
    const struct msg words[] = {
        {.kind = MSG_lease, .lease = {.term = term, .job = h->job, .slot = slot, .attempt = 1}},
        {.kind = MSG_report,
         .report = {.term = term, .slots = slot, .load = term, .leases = span_text("none")}},
        {.kind = MSG_ended,
         .ended = {.job = h->job, .slot = rng_below(&h->draws, 400), .attempt = 1}},
        {.kind = MSG_running, .running = {.job = h->job, .count = term}}};
    carry(h, &words[rng_below(&h->draws, 4)], out);
}

static void say_heads(struct hostile *h, struct buf *out) {
    struct buf heads = buf_of(h->part, sizeof h->part);
    uint8_t store[16] = {(uint8_t)rng_below(&h->draws, 4)};
    for (uint32_t i = 0; i < 1000; i++) {
        const struct record *known = &h->known[rng_below(&h->draws, KNOWN_MAX) % h->known_count];
        mp_put_bin(&heads, span_of(known->id.bytes, sizeof known->id.bytes));
        mp_put_u64(&heads, absurd(h));
        mp_put_u64(&heads, absurd(h));
    }
    carry(h,
          &(struct msg){.kind = MSG_heads,
                        .heads = {.store = span_of(store, sizeof store),
                                  .whole = rng_below(&h->draws, 2) == 0,
                                  .more = rng_below(&h->draws, 2) == 0,
                                  .heads = buf_view(&heads)}},
          out);
}

/* Facts of trials and jobs that are none. */
static struct span seal(struct hostile *h, const struct signer *by, uint64_t generation,
                        uint64_t sequence) {
    struct bundle_writer w;
    struct job_id job = h->job;
    job.bytes[0] ^= (uint8_t)rng_below(&h->draws, 2);
    bundle_begin(&w, by, generation, sequence, h->inner, LIMIT_BUNDLE_BYTES);
    for (uint32_t i = 0; i < 8; i++)
        ensure(bundle_add(&w, &(struct msg){.kind = MSG_result_fact,
                                            .result_fact = {.job = job,
                                                            .slot = UINT32_MAX + absurd(h) / 2,
                                                            .attempt = absurd(h),
                                                            .status = absurd(h)}}));
    return bundle_seal(&w);
}

static void say_bundle(struct hostile *h, struct span bytes, struct buf *out) {
    struct buf list = buf_of(h->part, sizeof h->part);
    uint8_t memory[CERTIFICATE_BYTES_MAX + 8];
    struct buf certificates = buf_of(memory, sizeof memory);
    mp_put_bin(&list, bytes);
    mp_put_bin(&certificates,
               span_of(h->cluster.node.certificate, h->cluster.node.certificate_len));
    const struct msg m = {
        .kind = MSG_bundles,
        .bundles = {.bundles = buf_view(&list), .certificates = buf_view(&certificates)}};
    struct buf carried = buf_of(h->inner, sizeof h->inner); /* the bundle lies in the list by now */
    ensure(msg_encode(&m, &carried));
    ensure(msg_encode(&(struct msg){.kind = MSG_carry,
                                    .carry = {.from = h->own.signer.id,
                                              .to = h->target.signer.id,
                                              .hops = 8,
                                              .message = buf_view(&carried)}},
                      out));
}

/* That others have not signed. */
static void say_bundles(struct hostile *h, struct buf *out) {
    struct signer other = h->own.signer;
    other.id = h->known[rng_below(&h->draws, KNOWN_MAX) % h->known_count].id;
    uint64_t generation = rng_below(&h->draws, 2) == 0 ? FACTS_GENERATION : absurd(h);
    say_bundle(h, seal(h, &other, generation, rng_below(&h->draws, 2) * absurd(h)), out);
}

/* Its own: one log that grows, and others that only begin. */
static void say_results(struct hostile *h, struct buf *out) {
    bool grows = rng_below(&h->draws, 2) == 0;
    say_bundle(h,
               grows ? seal(h, &h->own.signer, h->generation, h->sequence)
                     : seal(h, &h->own.signer, rng_u64(&h->draws), 0),
               out);
    h->sequence += grows ? 8 : 0;
}

static void say_questions(struct hostile *h, struct buf *out) {
    const uint64_t number = absurd(h);
    struct job_id other = h->job;
    other.bytes[3] = (uint8_t)rng_below(&h->draws, 256);
    const struct msg words[] = {
        {.kind = MSG_look,
         .look = {.job = rng_below(&h->draws, 2) == 0 ? h->job : other, .which = true}},
        {.kind = MSG_follow,
         .follow = {.job = other, .slot = number, .on = true, .offset = number}},
        {.kind = MSG_follow,
         .follow = {.job = h->job, .slot = rng_below(&h->draws, 400), .on = true}},
        {.kind = MSG_busy_ask, .busy_ask.nonce = number},
        {.kind = MSG_busy, .busy = {.nonce = number, .running = number, .goes_in = INT64_MIN}},
        {.kind = MSG_heir_ask, .heir_ask.nonce = number},
        {.kind = MSG_heir, .heir = {.nonce = number, .stays = true}},
        {.kind = MSG_printed,
         .printed = {.job = h->job, .slot = number, .offset = number, .began = INT64_MAX}}};
    carry(h, &words[rng_below(&h->draws, sizeof words / sizeof words[0])], out);
}

/* Nothing more than its name: then it goes and comes again. */
static void say_knocks(struct hostile *h, struct buf *out) {
    (void)h;
    (void)out;
}

static const struct {
    const char *name;
    void (*say)(struct hostile *h, struct buf *out);
} words[] = {{"garbage", say_garbage},     {"broken", say_broken},     {"large", say_large},
             {"twice", say_twice},         {"beats", say_beats},       {"self", say_self},
             {"invented", say_invented},   {"impostor", say_impostor}, {"verdicts", say_verdicts},
             {"looks", say_looks},         {"claims", say_claims},     {"leases", say_leases},
             {"heads", say_heads},         {"bundles", say_bundles},   {"results", say_results},
             {"questions", say_questions}, {"knocks", say_knocks}};

enum { WORDS = sizeof words / sizeof words[0] };

/* ---- its edge ---- */

static void set(struct hostile *h, int option, const void *value, size_t len) {
    if (zmq_setsockopt(h->dealer, option, value, len) != 0)
        stop(zmq_strerror(errno));
}

static void set_number(struct hostile *h, int option, int value) {
    set(h, option, &value, sizeof value);
}

static bool send_frame(struct hostile *h, const struct buf *frame) {
    return zmq_send(h->dealer, frame->data, frame->len, ZMQ_DONTWAIT) >= 0;
}

static void hang_up(struct hostile *h) {
    if (h->monitor != NULL) {
        zmq_socket_monitor(h->dealer, NULL, 0);
        zmq_close(h->monitor);
    }
    if (h->dealer != NULL)
        zmq_close(h->dealer);
    h->dealer = h->monitor = NULL;
    h->greeted = false;
}

static void dial(struct hostile *h) {
    char name[64];
    snprintf(name, sizeof name, "inproc://hostile-%llu", (unsigned long long)++h->dials);
    h->dealer = zmq_socket(h->context, ZMQ_DEALER);
    if (h->dealer == NULL || zmq_socket_monitor(h->dealer, name, ZMQ_EVENT_ALL) != 0)
        stop(zmq_strerror(errno));
    h->monitor = zmq_socket(h->context, ZMQ_PAIR);
    set_number(h, ZMQ_LINGER, 0);
    set_number(h, ZMQ_RECONNECT_IVL, -1);
    set(h, ZMQ_CURVE_SERVERKEY, h->target.curve_public, CURVE_KEY_BYTES);
    set(h, ZMQ_CURVE_PUBLICKEY, h->own.curve_public, CURVE_KEY_BYTES);
    set(h, ZMQ_CURVE_SECRETKEY, h->own.curve_secret, CURVE_KEY_BYTES);
    if (zmq_connect(h->monitor, name) != 0 || zmq_connect(h->dealer, h->endpoint) != 0)
        stop(zmq_strerror(errno));
    struct buf frame = buf_of(h->memory, sizeof h->memory);
    h->incarnation++;
    struct msg_member_record r = own_record(h);
    say_greet(h, &r, &frame);
    send_frame(h, &frame);
}

static bool is_cut(struct hostile *h) {
    zmq_msg_t frame;
    bool cut = false;
    zmq_msg_init(&frame);
    while (zmq_msg_recv(&frame, h->monitor, ZMQ_DONTWAIT) >= 0) {
        uint16_t event = 0;
        if (zmq_msg_more(&frame) && zmq_msg_size(&frame) == 6)
            memcpy(&event, zmq_msg_data(&frame), sizeof event);
        cut = cut || event == ZMQ_EVENT_DISCONNECTED || event == ZMQ_EVENT_CLOSED ||
              event == ZMQ_EVENT_HANDSHAKE_FAILED_AUTH ||
              event == ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL;
    }
    zmq_msg_close(&frame);
    return cut;
}

static void keep_record(struct hostile *h, struct span bytes) {
    struct msg m;
    struct err err;
    if (bytes.len > RECORD_BYTES_MAX || !msg_decode(&m, bytes, &err) ||
        m.kind != MSG_member_record || node_id_equal(&m.member_record.node, &h->own.signer.id))
        return;
    uint32_t at = 0;
    while (at < h->known_count && !node_id_equal(&h->known[at].id, &m.member_record.node))
        at++;
    if (at == KNOWN_MAX)
        return;
    h->known[at].id = m.member_record.node;
    h->known[at].len = bytes.len;
    memcpy(h->known[at].bytes, bytes.data, bytes.len);
    h->known_count = at < h->known_count ? h->known_count : at + 1;
}

static void hear(struct hostile *h) {
    zmq_msg_t frame;
    zmq_msg_init(&frame);
    for (int i = 0; i < AT_ONCE && zmq_msg_recv(&frame, h->dealer, ZMQ_DONTWAIT) >= 0; i++) {
        struct msg m;
        struct err err;
        if (!msg_decode(&m, span_of(zmq_msg_data(&frame), zmq_msg_size(&frame)), &err))
            stop("a node says what makes no sense");
        if (m.kind == MSG_greet) {
            keep_record(h, m.greet.record);
            h->edges += !h->greeted;
            h->greeted = true;
        } else if (m.kind == MSG_records) {
            for (struct mp in = mp_of(m.records.records); mp_peek(&in) != MP_END;)
                keep_record(h, mp_bin(&in));
        }
    }
    zmq_msg_close(&frame);
}

static void speak(struct hostile *h) {
    for (uint32_t i = 0; i < AT_ONCE; i++) {
        struct buf frame = buf_of(h->memory, sizeof h->memory);
        words[h->word].say(h, &frame);
        if (frame.overflow)
            stop("a frame is too long");
        if (frame.len > 0 && !send_frame(h, &frame))
            return;
        h->frames += frame.len > 0;
    }
}

static void attack(struct hostile *h, dur_ms ms) {
    const int64_t end = now_ms() + ms;
    while (now_ms() < end) {
        if (h->dealer == NULL)
            dial(h);
        hear(h);
        if (h->greeted && h->known_count > 0)
            speak(h);
        zmq_pollitem_t items[] = {{h->dealer, 0, ZMQ_POLLIN, 0}, {h->monitor, 0, ZMQ_POLLIN, 0}};
        zmq_poll(items, 2, 1);
        bool knocks = words[h->word].say == say_knocks && h->greeted;
        if (!is_cut(h) && !knocks)
            continue;
        h->cuts++;
        hang_up(h);
    }
    hang_up(h);
}

/* ---- who it is ---- */

static void load(struct hostile *h, char **argv) {
    struct err err;
    uint8_t nonce[8];
    if (!keys_load(&h->own, argv[1], "node", &err) ||
        !keys_load(&h->target, argv[2], "node", &err) || !cluster_load(&h->cluster, argv[1], &err))
        stop(err.what);
    randombytes_buf(nonce, sizeof nonce);
    h->draws = rng_of(read_be64(nonce), 1, 0);
    h->generation = (uint64_t)time(NULL) << 32 | (uint32_t)read_be64(nonce);
    h->endpoint = argv[3];
    if (argv[6] != NULL && sodium_hex2bin(h->job.bytes, sizeof h->job.bytes, argv[6],
                                          strlen(argv[6]), NULL, NULL, NULL) != 0)
        stop("this is no job");
}

int main(int argc, char **argv) {
    struct hostile *h = calloc(1, sizeof *h);
    int64_t ms;
    if (argc < 6 || h == NULL || sodium_init() < 0 || !num_parse_i64(span_text(argv[5]), &ms))
        stop("STATE TARGET ENDPOINT WORDS MS [JOB]");
    load(h, argv);
    while (h->word < WORDS && strcmp(words[h->word].name, argv[4]) != 0)
        h->word++;
    if (h->word == WORDS)
        stop("it does not know these words");
    h->context = zmq_ctx_new();
    attack(h, ms);
    printf("let in %llu cut off %llu frames %llu\n", (unsigned long long)h->edges,
           (unsigned long long)h->cuts, (unsigned long long)h->frames);
    zmq_ctx_term(h->context);
    keys_wipe(&h->own);
    free(h);
    return 0;
}
