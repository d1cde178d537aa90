/* facts_stage - the facts room on a stage with a disk: a node and two users, jobs of one float parameter, and the words the
 * other rooms would say. Include <cmocka.h> first. */
#ifndef ZYG_TEST_FACTS_STAGE_H
#define ZYG_TEST_FACTS_STAGE_H

#include "actors/facts/facts.h"
#include "actors/facts/trial_row.h"
#include "tests/lib/stage.h"
#include "tests/unit/actors/tuner/jobs.h"

#include <sodium.h>

struct facts_stage {
    struct stage *stage;
    void *memory; /* of facts */
    struct signer node, user, stranger;
    bool clustered;
    bool apart;          /* it has no certificate */
    bool patient;        /* what comes from others may gather: this node follows */
    struct test_job job; /* the description that the next job will have */
    uint8_t bundle[LIMIT_JOB_SPEC_BYTES + 4096];
    uint8_t attempts[256][4096]; /* made of a slot, by the first byte of its job */
    uint32_t kept_count;
    void *kept[4]; /* freed with the stage */
};

static inline void make_signer(struct signer *s, uint8_t number) {
    const uint8_t seed[crypto_sign_SEEDBYTES] = {number};
    crypto_sign_seed_keypair(s->id.bytes, s->secret, seed);
}

/* What shows that this node is one of the tests' cluster, or of the other one. */
static inline size_t certificate_for(const struct node_id *node, bool other,
                                     uint8_t cluster_key[32],
                                     uint8_t certificate[CERTIFICATE_BYTES_MAX]) {
    struct signer cluster;
    uint8_t grant_memory[GRANT_BYTES_MAX];
    const uint8_t token[32] = {7}, curve[32] = {8};
    struct buf grant = buf_of(grant_memory, sizeof grant_memory);
    struct buf out = buf_of(certificate, CERTIFICATE_BYTES_MAX);
    make_signer(&cluster, other ? 251 : 250);
    memcpy(cluster_key, cluster.id.bytes, 32);
    grant_make(cluster.secret, ROLE_NODE, GRANT_FOREVER, token, &grant);
    certificate_make(buf_view(&grant), token, node, curve, ROLE_NODE, &out);
    ensure(!out.overflow);
    return out.len;
}

static inline void facts_join(struct facts_config *config) {
    config->certificate_len =
        certificate_for(&config->signer.id, false, config->cluster, config->certificate);
}

static inline struct facts_stage *facts_stage_new(void) {
    struct facts_stage *f = calloc(1, sizeof *f);
    ensure(f != NULL && sodium_init() >= 0);
    f->stage = stage_new();
    stage_seat_store(f->stage);
    make_signer(&f->node, 1);
    make_signer(&f->user, 2);
    make_signer(&f->stranger, 3);
    job_begin(&f->job, METHOD_RANDOM, 4);
    add_range(&f->job, "lr", PARAM_FLOAT, 0, 1);
    f->job.job.objectives[0] = (struct objective){.metric = span_text("loss")};
    f->job.job.objectives_count = 1;
    job_end(&f->job);
    return f;
}

/* A life of the node: facts anew, on the disk as it is. */
static inline void facts_stage_boot(struct facts_stage *f, uint32_t nonce, bool autorun) {
    struct facts_config config = {.signer = f->node, .nonce = nonce, .clustered = f->clustered};
    if (!f->apart)
        facts_join(&config);
    free(f->memory);
    f->memory = calloc(1, facts_size());
    ensure(f->memory != NULL);
    struct core core = facts_core(facts_init(f->memory, &config));
    board_seat_core(f->stage->board, &core);
    stage_tell(f->stage, ROOM_FACTS, ROOM_NODE, 0,
               &(struct msg){.kind = MSG_start, .start = {.slots = 2, .autorun = autorun}});
}

static inline void facts_stage_crash(struct facts_stage *f, bool autorun) {
    stage_crash(f->stage);
    stage_forget(f->stage);
    f->stage->at.now = 10; /* another boot, another monotonic clock */
    f->stage->at.wall += 20000;
    facts_stage_boot(f, 99, autorun);
}

static inline void facts_stage_destroy(struct facts_stage **f) {
    stage_destroy(&(*f)->stage);
    free((*f)->memory);
    for (uint32_t i = 0; i < (*f)->kept_count; i++)
        free((*f)->kept[i]);
    free(*f);
    *f = NULL;
}

/* Zeroes that last as long as the stage. */
static inline void *facts_stage_memory(struct facts_stage *f, size_t size) {
    ensure(f->kept_count < sizeof f->kept / sizeof f->kept[0]);
    void *memory = f->kept[f->kept_count++] = calloc(1, size);
    ensure(memory != NULL);
    return memory;
}

/* ---- for cmocka: a node alone, which runs what it is asked to ---- */

static inline int facts_set_up(void **state) {
    struct facts_stage *f = facts_stage_new();
    facts_stage_boot(f, 1, false);
    stage_forget(f->stage);
    *state = f;
    return 0;
}

static inline int facts_tear_down(void **state) {
    struct facts_stage *f = *state;
    facts_stage_destroy(&f);
    return 0;
}

#define ALONE(test) cmocka_unit_test_setup_teardown(test, facts_set_up, facts_tear_down)

/* ---- what a client would sign ---- */

static inline struct span one_fact(struct facts_stage *f, const struct signer *who,
                                   const struct msg *fact) {
    /* Like a client, no pair of generation and sequence twice: but the same fact, signed again, is the same bundle. */
    uint8_t memory[LIMIT_JOB_SPEC_BYTES], hash[crypto_generichash_BYTES_MIN];
    uint64_t generation;
    struct buf body = buf_of(memory, sizeof memory);
    assert_true(msg_encode(fact, &body));
    crypto_generichash(hash, crypto_generichash_BYTES_MIN, body.data, body.len, NULL, 0);
    memcpy(&generation, hash, sizeof generation);
    struct bundle_writer w;
    bundle_begin(&w, who, generation, 1, f->bundle, sizeof f->bundle);
    ensure(bundle_add(&w, fact));
    return bundle_seal(&w);
}

/* The nonce makes jobs differ; `created` grows with it. */
static inline struct span job_bundle(struct facts_stage *f, uint64_t nonce, struct job_id *id) {
    static uint8_t memory[LIMIT_JOB_SPEC_BYTES];
    struct buf spec = buf_of(memory, sizeof memory);
    ensure(job_encode(&f->job.job, &spec));
    struct msg m = {.kind = MSG_job_fact,
                    .job_fact = {.owner = f->user.id,
                                 .nonce = nonce,
                                 .created = 1000 + (wall_ms)nonce,
                                 .spec = buf_view(&spec)}};
    *id = job_id_of(&m.job_fact);
    return one_fact(f, &f->user, &m);
}

static inline struct span cancel_bundle_at(struct facts_stage *f, const struct signer *who,
                                           const struct job_id *id, wall_ms wall) {
    return one_fact(f, who,
                    &(struct msg){.kind = MSG_control_fact,
                                  .control_fact = {.job = *id, .verb = 1, .wall = wall}});
}

static inline struct span cancel_bundle(struct facts_stage *f, const struct signer *who,
                                        const struct job_id *id) {
    return cancel_bundle_at(f, who, id, 0);
}

/* ---- what the other rooms would say ---- */

static inline void say_admit(struct facts_stage *f, uint64_t ticket, struct span bundle, bool run) {
    stage_say(f->stage, ROOM_GATEWAY,
              &(struct msg){.kind = MSG_admit,
                            .admit = {.ticket = ticket, .bundle = bundle, .run = run}});
}

static inline void say_want(struct facts_stage *f, uint64_t ticket, const struct job_id *id) {
    stage_say(f->stage, ROOM_GATEWAY,
              &(struct msg){.kind = MSG_job_want, .job_want = {.ticket = ticket, .job = *id}});
}

static inline struct span config_bytes(double lr) {
    static uint8_t memory[16];
    struct buf out = buf_of(memory, sizeof memory);
    const struct value value = float_value(lr);
    config_encode(&out, &value, 1);
    return buf_view(&out);
}

/* Facts that nobody waits for gather for a moment: the words below let it pass, those that end in `now` do not. */
enum { GATHER_MS = 5 };

static inline void say_proposed_now(struct facts_stage *f, const struct job_id *id, uint64_t slot) {
    stage_say(f->stage, ROOM_TUNER,
              &(struct msg){.kind = MSG_proposed,
                            .proposed = {.job = *id, .slot = slot, .config = config_bytes(0.5)}});
}

static inline void say_proposed(struct facts_stage *f, const struct job_id *id, uint64_t slot) {
    say_proposed_now(f, id, slot);
    stage_pass(f->stage, GATHER_MS);
}

static inline void say_outcome_now(struct facts_stage *f, const struct job_id *id, uint64_t slot,
                                   enum trial_status status, double value) {
    uint8_t memory[512];
    struct buf result = buf_of(memory, sizeof memory);
    const bool well = trial_status_well(status);
    struct msg m = {.kind = MSG_result_fact,
                    .result_fact = {.job = *id,
                                    .slot = slot,
                                    .attempt = ++f->attempts[id->bytes[0]][slot % 4096],
                                    .config = config_bytes(value > 1 ? 1 : value),
                                    .status = status,
                                    .has_value = well,
                                    .value = well ? value : 0,
                                    .cause = span_text(well ? "" : "it said no")}};
    ensure(msg_encode(&m, &result));
    stage_say(f->stage, ROOM_EXECUTOR,
              &(struct msg){.kind = MSG_outcome,
                            .outcome = {.result = buf_view(&result),
                                        .log_bytes = 5,
                                        .log_head = span_text("hello")}});
}

static inline void say_outcome(struct facts_stage *f, const struct job_id *id, uint64_t slot,
                               enum trial_status status, double value) {
    say_outcome_now(f, id, slot, status, value);
    stage_pass(f->stage, GATHER_MS);
}

static inline struct job_id open_job(struct facts_stage *f, uint64_t nonce) {
    struct job_id id;
    struct span bundle = job_bundle(f, nonce, &id);
    say_admit(f, 1000 + nonce, bundle, true);
    return id;
}

/* ---- what is known ---- */

/* The answer to a ticket; fails when there was none or more than one. */
static inline const struct msg_admitted *answered(struct facts_stage *f, uint64_t ticket) {
    const struct msg_admitted *found = NULL;
    const struct msg *m;
    for (uint32_t i = 0; (m = stage_heard(f->stage, ROOM_GATEWAY, MSG_admitted, i)) != NULL; i++) {
        if (m->admitted.ticket != ticket)
            continue;
        assert_null(found);
        found = &m->admitted;
    }
    return found;
}

static inline void expect_answer(struct facts_stage *f, uint64_t ticket, enum err_code code,
                                 const char *what) {
    const struct msg_admitted *answer = answered(f, ticket);
    assert_non_null(answer);
    assert_int_equal(answer->code, code);
    assert_int_equal(answer->what.len, strlen(what));
    assert_memory_equal(answer->what.data, what, strlen(what));
}

/* The job's durable summary. */
static inline struct msg_job_row stored_row(struct facts_stage *f, const struct job_id *id) {
    for (size_t i = 0; i < store_mem_rows(f->stage->store, TABLE_summaries); i++) {
        struct span key, value;
        struct msg m;
        struct err err;
        store_mem_row(f->stage->store, TABLE_summaries, i, &key, &value);
        assert_true(msg_decode(&m, value, &err));
        if (job_id_equal(&m.job_row.job, id))
            return m.job_row;
    }
    fail_msg("the job has no summary");
    return (struct msg_job_row){0};
}

static inline bool stored_trial(struct facts_stage *f, const struct job_id *id, uint64_t slot,
                                struct trial_row *row) {
    uint8_t memory[JOB_ID_BYTES + 8];
    struct buf key = buf_of(memory, sizeof memory);
    struct span value;
    trial_row_key(&key, id, slot);
    return store_mem_get(f->stage->store, TABLE_trials, buf_view(&key), &value) &&
           trial_row_decode(row, value);
}

/* How many lines of history begin with this text, in all jobs. */
static inline uint32_t stored_events(struct facts_stage *f, const char *begin) {
    uint32_t count = 0;
    for (size_t i = 0; i < store_mem_rows(f->stage->store, TABLE_events); i++) {
        struct span key, value;
        store_mem_row(f->stage->store, TABLE_events, i, &key, &value);
        struct mp in = mp_of(value);
        (void)mp_i64(&in);
        count += span_starts(mp_str(&in), begin);
    }
    return count;
}

static inline bool is_shut(struct facts_stage *f, const struct job_id *id, enum job_state state) {
    const struct msg *m;
    for (uint32_t i = 0; (m = stage_heard(f->stage, ROOM_SCHED, MSG_job_shut, i)) != NULL; i++) {
        if (job_id_equal(&m->job_shut.job, id))
            return m->job_shut.state == state;
    }
    return false;
}

#endif
