/* cluster_world - a few nodes of facts alone, a carry between them that loses and delays, disks that take their time, and what
 * is done to them. Included by tests after <cmocka.h>. */
#ifndef ZYG_TEST_FACTS_CLUSTER_WORLD_H
#define ZYG_TEST_FACTS_CLUSTER_WORLD_H

#include "actors/facts/spread.h"
#include "actors/kit/frame.h"
#include "actors/member/member.h"
#include "proto/base/rng.h"
#include "tests/unit/actors/facts/facts_stage.h"

enum { NODES_MAX = 5, JOBS = 3, SLOTS = 24, MORE_SLOTS = 12, PACKETS_MAX = 4096, OUTCOMES = 120 };

struct packet {
    when_ms at;
    uint64_t order;
    uint32_t from, to;
    uint32_t life; /* of the receiver; a packet for one that has died is lost */
    uint8_t *bytes;
    size_t len;
};

struct request {
    uint8_t *bytes;
    size_t len;
    enum room from;
};

struct world;

struct node {
    struct world *world;
    uint32_t number; /* and its peer number everywhere, plus one */
    uint32_t life;
    bool up;
    struct signer signer;
    struct board *board;
    void *memory;
    struct store *store;
    struct request requests[64]; /* of the disk, in order */
    uint32_t requests_count;
    when_ms disk_at;
    bool open[JOBS];       /* its executor may run trials of it */
    uint64_t trials[JOBS]; /* ... so many, as its tuner has heard */
};

struct work {
    struct job_id id;
    uint32_t copies;
    uint8_t bundle[4096];
    size_t bundle_len;
    uint32_t attempts[SLOTS + MORE_SLOTS];
    uint32_t answers;
};

struct world {
    struct moment at;
    struct rng rng;
    uint32_t count;
    uint64_t packets_sent;
    uint32_t loss; /* of a hundred */
    uint32_t packets_count;
    uint32_t recorded;
    uint64_t tickets;
    struct facts_stage *scratch; /* for its user and its job */
    struct node nodes[NODES_MAX];
    struct work works[JOBS];
    struct packet packets[PACKETS_MAX];
    uint8_t rows[STORE_ROWS_BYTES_MAX];
};

static inline uint64_t below(struct world *w, uint64_t bound) {
    return rng_below(&w->rng, bound);
}

/* ---- what lies on the disks ---- */

static inline struct work *work_of(struct world *w, const struct job_id *id) {
    for (uint32_t i = 0; i < JOBS; i++) {
        if (job_id_equal(&w->works[i].id, id))
            return &w->works[i];
    }
    return NULL;
}

/* Does this fact carry the job, or hold a result of this slot? */
static inline bool tells(const struct msg *fact, const struct job_id *id, int64_t slot) {
    struct bundle b;
    struct msg inner;
    struct err err;
    if (slot >= 0)
        return fact->kind == MSG_result_fact && job_id_equal(&fact->result_fact.job, id) &&
               fact->result_fact.slot == (uint64_t)slot;
    if (fact->kind != MSG_carried_fact)
        return false;
    assert_true(bundle_open(&b, fact->carried_fact.bundle, &err) && bundle_next(&b, &inner, &err));
    if (inner.kind == MSG_control_fact)
        return false;
    const struct job_id carried = job_id_of(&inner.job_fact);
    return job_id_equal(&carried, id);
}

static inline bool log_tells(const struct store *store, const struct job_id *id, int64_t slot) {
    for (size_t i = 0; i < store_mem_rows(store, TABLE_log); i++) {
        struct span key, value;
        struct bundle b;
        struct msg fact;
        struct err err;
        store_mem_row(store, TABLE_log, i, &key, &value);
        assert_true(bundle_peek(&b, value, &err));
        while (bundle_next(&b, &fact, &err)) {
            if (tells(&fact, id, slot))
                return true;
        }
    }
    return false;
}

/* On so many disks, and so many nodes are up. */
static inline void assert_kept(struct world *w, const struct job_id *id, int64_t slot) {
    uint32_t holds = 0, up = 0, copies = work_of(w, id)->copies;
    for (uint32_t i = 0; i < w->count; i++) {
        holds += log_tells(w->nodes[i].store, id, slot);
        up += w->nodes[i].up;
    }
    assert_true(holds >= (copies < up ? copies : up));
}

/* ---- a node ---- */

static inline void see(void *self, enum room to, const struct event *event) {
    struct node *n = self;
    const struct msg *m = &event->msg;
    struct work *work;
    if (to == ROOM_TUNER && m->kind == MSG_job_open)
        n->trials[work_of(n->world, &m->job_open.job) - n->world->works] = m->job_open.trials;
    if (to == ROOM_TUNER && m->kind == MSG_job_extended)
        n->trials[work_of(n->world, &m->job_extended.job) - n->world->works] =
            m->job_extended.trials;
    if (to == ROOM_EXECUTOR && m->kind == MSG_job_open)
        n->open[work_of(n->world, &m->job_open.job) - n->world->works] = true;
    if (to == ROOM_EXECUTOR && m->kind == MSG_job_shut)
        n->open[work_of(n->world, &m->job_shut.job) - n->world->works] = false;
    if (to == ROOM_GATEWAY && m->kind == MSG_admitted && m->admitted.code == ERR_NONE) {
        work = work_of(n->world, &m->admitted.job);
        work->answers++;
        assert_kept(n->world, &m->admitted.job, -1);
    }
    if (to == ROOM_SCHED && m->kind == MSG_recorded) {
        n->world->recorded++;
        assert_kept(n->world, &m->recorded.job, (int64_t)m->recorded.slot);
    }
}

static inline void disk_hears(void *self, const struct event *event) {
    struct node *n = self;
    struct request *r = &n->requests[n->requests_count];
    ensure(n->requests_count++ < 64);
    size_t cap = event->msg.kind == MSG_save ? SAYS_BYTES : 4096;
    struct buf out = buf_of(malloc(cap), cap);
    ensure(msg_encode(&event->msg, &out));
    *r = (struct request){.bytes = realloc(out.data, out.len), .len = out.len, .from = event->from};
    if (n->requests_count == 1)
        n->disk_at = n->world->at.now + (when_ms)below(n->world, 12);
}

static inline void disk_works(struct node *n) {
    struct request r = n->requests[0];
    struct msg asked;
    struct err err = {.code = ERR_NONE};
    memmove(n->requests, n->requests + 1, --n->requests_count * sizeof r);
    ensure(msg_decode(&asked, span_of(r.bytes, r.len), &err));
    struct buf rows = buf_of(n->world->rows, sizeof n->world->rows);
    struct msg reply;
    if (asked.kind == MSG_save) {
        ensure(store_save(n->store, asked.save.ops, &err));
        reply = store_answer_save(asked.save.ticket, NULL);
    } else {
        reply = store_answer_scan(n->store, &asked.scan, &rows);
    }
    board_post_to(n->board, ROOM_FACTS, ROOM_STORE, 0, &reply);
    free(r.bytes);
    n->disk_at = n->world->at.now + (when_ms)below(n->world, 12);
}

static inline void send(struct world *w, uint32_t from, uint32_t to, const struct msg *m) {
    ensure(w->packets_count < PACKETS_MAX);
    struct buf out = buf_of(malloc(LIMIT_FRAME_BYTES), LIMIT_FRAME_BYTES);
    ensure(msg_encode(m, &out));
    w->packets[w->packets_count++] = (struct packet){.at = w->at.now + 1 + (when_ms)below(w, 60),
                                                     .order = w->packets_sent++,
                                                     .from = from,
                                                     .to = to,
                                                     .life = w->nodes[to].life,
                                                     .bytes = realloc(out.data, out.len),
                                                     .len = out.len};
}

static inline void carry(void *self, const struct event *event) {
    struct node *n = self;
    struct world *w = n->world;
    uint32_t to = event->peer - 1;
    if (!w->nodes[to].up || below(w, 100) < w->loss)
        return;
    send(w, n->number, to, &event->msg);
    if (below(w, 100) < w->loss)
        send(w, n->number, to, &event->msg);
}

static inline void tell(struct node *n, enum room from, uint32_t peer, const struct msg *m) {
    board_post_to(n->board, ROOM_FACTS, from, peer, m);
    board_run(n->board, n->world->at);
}

static inline void tell_known(struct node *n, const struct node *of, enum member_state state) {
    const struct msg m = {.kind = MSG_node_known,
                          .node_known = {.peer = of == n ? 0 : of->number + 1,
                                         .node = of->signer.id,
                                         .generation = of->life,
                                         .state = state,
                                         .active = state == MEMBER_ALIVE,
                                         .neighbour = of != n && state == MEMBER_ALIVE,
                                         .eager = (of->number + n->number) % 2 == 1,
                                         .flags = MEMBER_STORES}};
    tell(n, ROOM_MEMBER, 0, &m);
}

static inline void boot(struct node *n, bool leads) {
    struct world *w = n->world;
    struct facts_config config = {.signer = n->signer, .nonce = (uint32_t)below(w, 1000000)};
    facts_join(&config);
    n->up = true;
    n->life++;
    n->memory = calloc(1, facts_size());
    n->board = board_new();
    ensure(n->memory != NULL);
    board_watch(n->board, see, n);
    struct core core = facts_core(facts_init(n->memory, &config));
    board_seat_core(n->board, &core);
    board_seat_port(n->board, &(struct port){.room = ROOM_STORE, .self = n, .perform = disk_hears});
    board_seat_port(n->board, &(struct port){.room = ROOM_MEMBER, .self = n, .perform = carry});
    tell(n, ROOM_NODE, 0, &(struct msg){.kind = MSG_start, .start = {.slots = 2, .autorun = true}});
    tell(n, ROOM_LEADER, 0, &(struct msg){.kind = MSG_lead, .lead = {.term = 1, .mine = leads}});
}

static inline void die(struct node *n) {
    board_destroy(&n->board);
    free(n->memory);
    n->memory = NULL;
    for (uint32_t i = 0; i < n->requests_count; i++)
        free(n->requests[i].bytes);
    n->requests_count = 0;
    n->up = false;
    memset(n->open, 0, sizeof n->open);
}

static inline void everybody_knows(struct world *w) {
    for (uint32_t i = 0; i < w->count; i++) {
        for (uint32_t j = 0; j < w->count && w->nodes[i].up; j++)
            tell_known(&w->nodes[i], &w->nodes[j],
                       w->nodes[j].up ? MEMBER_ALIVE : MEMBER_UNREACHABLE);
    }
}

/* ---- time ---- */

static inline struct packet *next_packet(struct world *w) {
    struct packet *next = NULL;
    for (uint32_t i = 0; i < w->packets_count; i++) {
        struct packet *p = &w->packets[i];
        if (next == NULL || p->at < next->at || (p->at == next->at && p->order < next->order))
            next = p;
    }
    return next;
}

static inline void deliver(struct world *w, struct packet *next) {
    const struct packet p = *next;
    struct msg m;
    struct err err;
    *next = w->packets[--w->packets_count];
    struct node *to = &w->nodes[p.to];
    ensure(msg_decode(&m, span_of(p.bytes, p.len), &err));
    if (to->up && to->life == p.life)
        tell(to, ROOM_MEMBER, p.from + 1, &m);
    free(p.bytes);
}

/* The next thing that happens, if it is before `until`. */
static inline bool step(struct world *w, when_ms until) {
    struct packet *p = next_packet(w);
    when_ms soonest = p == NULL ? WHEN_NEVER : p->at;
    struct node *due = NULL;
    bool disk = false;
    for (uint32_t i = 0; i < w->count; i++) {
        struct node *n = &w->nodes[i];
        if (n->up && n->requests_count > 0 && n->disk_at < soonest) {
            soonest = n->disk_at;
            due = n;
            disk = true;
        }
        if (n->up && board_deadline(n->board) < soonest) {
            soonest = board_deadline(n->board);
            due = n;
            disk = false;
        }
    }
    if (soonest > until)
        return false;
    if (soonest > w->at.now) {
        w->at.wall += soonest - w->at.now;
        w->at.now = soonest;
    }
    if (due == NULL)
        deliver(w, p);
    else if (disk)
        disk_works(due);
    else
        board_wake(due->board, w->at);
    if (due != NULL)
        board_run(due->board, w->at);
    return true;
}

static inline void pass(struct world *w, dur_ms ms) {
    when_ms until = w->at.now + ms;
    for (uint32_t steps = 0; step(w, until); steps++)
        assert_true(steps < 2000000);
    w->at.wall += until - w->at.now;
    w->at.now = until;
}

/* ---- what is done to it ---- */

static inline void submit(struct world *w, struct node *n, const struct work *work) {
    tell(n, ROOM_GATEWAY, 0,
         &(struct msg){.kind = MSG_admit,
                       .admit = {.ticket = ++w->tickets,
                                 .bundle = span_of(work->bundle, work->bundle_len),
                                 .run = true}});
}

static inline void finish(struct world *w, struct node *n, uint32_t job, uint64_t slot,
                          uint64_t attempt, enum trial_status status) {
    uint8_t memory[1024];
    struct buf result = buf_of(memory, sizeof memory);
    double value = (double)below(w, 1000) / 1000, x = job > 0 ? (double)(slot / 2) / 1000 : value;
    const struct msg m = {.kind = MSG_result_fact,
                          .result_fact = {.job = w->works[job].id,
                                          .slot = slot,
                                          .attempt = attempt,
                                          .config = config_bytes(x),
                                          .status = status,
                                          .has_value = status == TRIAL_DONE,
                                          .value = status == TRIAL_DONE ? value : 0,
                                          .began = w->at.wall,
                                          .run_ms = (dur_ms)below(w, 50),
                                          .cause = span_text("so it ended")}};
    ensure(msg_encode(&m, &result));
    tell(n, ROOM_EXECUTOR, 0,
         &(struct msg){.kind = MSG_outcome,
                       .outcome = {.result = buf_view(&result),
                                   .series = span_text("curve"),
                                   .log_bytes = 5,
                                   .log_head = span_text("hello")}});
}

/* Trials end on any node. Job 0 never gets its last slot, may reach its target or, in every second world, end early, and is
 * given out as if by two leaders: slots end several times.
 * Job 1 gets each slot once and is done; sometimes it is extended, before or after that. Job 2 is cancelled. In every third
 * world two slots of theirs have one configuration. */
static inline void something_ends(struct world *w) {
    static const enum trial_status endings[] = {TRIAL_DONE, TRIAL_DONE, TRIAL_CRASHED,
                                                TRIAL_TRANSIENT, TRIAL_TIMED_OUT};
    struct node *n = &w->nodes[below(w, w->count)];
    uint32_t job = (uint32_t)below(w, JOBS);
    uint64_t slot = below(w, job == 1 && n->trials[1] > 0 ? n->trials[1] : SLOTS - 1);
    struct work *work = &w->works[job];
    if (!n->up || !n->open[job] || (job == 1 && work->attempts[slot] > 0))
        return;
    uint64_t attempt = ++work->attempts[slot];
    finish(w, n, job, slot, job == 1 ? 1 : 1 + attempt / 2,
           job == 1 ? TRIAL_DONE : endings[below(w, 5)]);
}

static inline void make_works(struct world *w, uint64_t seed) {
    struct facts_stage *f = w->scratch;
    for (uint32_t i = 0; i < JOBS; i++) {
        struct work *work = &w->works[i];
        job_begin(&f->job, METHOD_RANDOM, SLOTS);
        add_range(&f->job, "lr", PARAM_FLOAT, 0, 1);
        f->job.job.objectives[0] = (struct objective){
            .metric = span_text("loss"), .has_target = i == 0, .target = i == 0 ? 0.05 : 0};
        f->job.job.objectives_count = 1;
        f->job.job.patience = i == 0 && seed % 2 == 0 ? 6 : 0;
        f->job.job.repeat = i > 0 && seed % 3 == 0 ? 2 : 1;
        f->job.job.retry = (struct retry){.crash = 1, .transient = 2};
        work->copies = f->job.job.copies = 1 + (uint32_t)below(w, 5);
        job_end(&f->job);
        struct span bundle = job_bundle(f, i, &work->id);
        ensure(bundle.len <= sizeof work->bundle);
        memcpy(work->bundle, bundle.data, bundle.len);
        work->bundle_len = bundle.len;
    }
}

static inline struct world *world_new(uint64_t seed, uint32_t count, uint32_t loss) {
    struct world *w = calloc(1, sizeof *w);
    ensure(w != NULL);
    w->rng = rng_of(seed, 1, 0);
    w->count = count;
    w->loss = loss;
    w->at = (struct moment){.now = 1000, .wall = 1700000000000};
    w->scratch = facts_stage_new();
    make_works(w, seed);
    for (uint32_t i = 0; i < count; i++) {
        struct node *n = &w->nodes[i];
        n->world = w;
        n->number = i;
        make_signer(&n->signer, (uint8_t)(10 + i));
        n->store = store_open_mem();
        boot(n, i == 0);
    }
    everybody_knows(w);
    return w;
}

static inline void world_destroy(struct world *w) {
    for (uint32_t i = 0; i < w->count; i++) {
        if (w->nodes[i].up)
            die(&w->nodes[i]);
        store_close(&w->nodes[i].store);
    }
    for (uint32_t i = 0; i < w->packets_count; i++)
        free(w->packets[i].bytes);
    facts_stage_destroy(&w->scratch);
    free(w);
}

#endif
