#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "actors/leader/leader.h"
#include "actors/member/member.h"
#include "proto/base/mp.h"
#include "proto/status.h"
#include "store/ops.h"
#include "tests/lib/stage.h"

enum { SELF = 5, BETTER = 1, WORSE = 9 }; /* first bytes of ids */

struct fixture {
    struct stage *stage;
    void *memory;
};

static const struct job_id job = {{7}};

static struct node_id node(uint8_t first) {
    return (struct node_id){.bytes = {first}};
}

static void seat(struct fixture *f, bool alone) {
    struct leader_config config = {
        .self = node(SELF), .slots = 2, .flags = MEMBER_STORES | MEMBER_ELIGIBLE, .alone = alone};
    memset(f->memory, 0, leader_size());
    struct core core = leader_core(leader_init(f->memory, &config));
    board_seat_core(f->stage->board, &core);
    stage_tell(f->stage, ROOM_LEADER, ROOM_NODE, 0, &(struct msg){.kind = MSG_start});
}

static int set_up(void **state) {
    struct fixture *f = calloc(1, sizeof *f);
    f->stage = stage_new();
    f->memory = calloc(1, leader_size());
    stage_seat_store(f->stage);
    seat(f, false);
    *state = f;
    return 0;
}

static int tear_down(void **state) {
    struct fixture *f = *state;
    stage_destroy(&f->stage);
    free(f->memory);
    free(f);
    return 0;
}

/* ---- what it hears ---- */

static void hear(struct fixture *f, const struct msg *m) {
    stage_tell(f->stage, ROOM_LEADER, ROOM_NONE, 0, m);
}

static void from_peer(struct fixture *f, uint32_t peer, const struct msg *m) {
    stage_tell(f->stage, ROOM_LEADER, ROOM_MEMBER, peer, m);
}

struct known {
    uint8_t id;
    uint64_t generation;
    enum member_state state;
    uint64_t slots;
    bool inactive;
    uint32_t flags;
};

/* The peer number of a node is its id's first byte; this node's is 0. */
static void know(struct fixture *f, struct known k) {
    enum member_state state = k.state == MEMBER_NONE ? MEMBER_ALIVE : k.state;
    struct msg m = {.kind = MSG_node_known};
    m.node_known.peer = k.id == SELF ? 0 : k.id;
    m.node_known.node = node(k.id);
    m.node_known.generation = k.generation == 0 ? 10 : k.generation;
    m.node_known.state = state;
    m.node_known.active = state == MEMBER_ALIVE && !k.inactive;
    m.node_known.neighbour = true;
    m.node_known.slots = k.slots == 0 ? 2 : k.slots;
    m.node_known.rtt_us = 300;
    m.node_known.flags = k.flags == 0 ? MEMBER_STORES | MEMBER_ELIGIBLE : k.flags;
    hear(f, &m);
}

static void claimed(struct fixture *f, uint32_t peer, uint64_t term, uint8_t leader) {
    from_peer(f, peer,
              &(struct msg){.kind = MSG_claim,
                            .claim = {.term = term, .leader = node(leader), .generation = 10}});
}

static void report(struct fixture *f, uint32_t peer, uint64_t term, struct span leases) {
    from_peer(f, peer,
              &(struct msg){.kind = MSG_report,
                            .report = {.term = term, .slots = 4, .load = 9, .leases = leases}});
}

static void lease(struct fixture *f, uint32_t peer, uint64_t term, uint64_t slot,
                  uint64_t attempt) {
    const struct msg m = {.kind = MSG_lease,
                          .lease = {.term = term, .job = job, .slot = slot, .attempt = attempt}};
    stage_tell(f->stage, ROOM_LEADER, peer == 0 ? ROOM_SCHED : ROOM_MEMBER, peer, &m);
}

static void outcome(struct fixture *f, uint64_t slot, uint64_t attempt, enum trial_status status) {
    uint8_t memory[256];
    struct buf result = buf_of(memory, sizeof memory);
    const struct msg m = {
        .kind = MSG_result_fact,
        .result_fact = {.job = job, .slot = slot, .attempt = attempt, .status = status}};
    assert_true(msg_encode(&m, &result));
    hear(f, &(struct msg){.kind = MSG_outcome, .outcome.result = buf_view(&result)});
}

/* ---- what it says ---- */

static const struct msg *last(const struct fixture *f, enum room to, enum msg_kind kind) {
    uint32_t count = stage_count(f->stage, to, kind);
    assert_true(count > 0);
    return stage_heard(f->stage, to, kind, count - 1);
}

static void expect_lead(const struct fixture *f, uint64_t term, uint8_t leader, bool mine) {
    const struct msg *m = last(f, ROOM_SCHED, MSG_lead);
    assert_int_equal(m->lead.term, term);
    assert_int_equal(m->lead.leader.bytes[0], leader);
    assert_int_equal(m->lead.mine, mine);
    assert_int_equal(m->lead.peer, leader == SELF ? 0 : leader);
}

/* How often this node was told the kind; *found: the last of them. */
static uint32_t told(const struct fixture *f, uint32_t peer, enum msg_kind kind,
                     const struct msg **found) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < f->stage->heard_count; i++) {
        const struct heard *h = &f->stage->heard[i];
        if (h->to != ROOM_MEMBER || h->peer != peer || h->msg.kind != kind)
            continue;
        count++;
        if (found != NULL)
            *found = &h->msg;
    }
    return count;
}

static void expect_claim(const struct fixture *f, uint32_t peer, uint64_t term, uint8_t leader) {
    const struct msg *m = NULL;
    assert_true(told(f, peer, MSG_claim, &m) > 0);
    assert_int_equal(m->claim.term, term);
    assert_int_equal(m->claim.leader.bytes[0], leader);
}

static void expect_ended(const struct fixture *f, uint32_t peer, uint32_t count, uint64_t slot,
                         bool lost) {
    const struct msg *m = NULL;
    assert_int_equal(told(f, peer, MSG_ended, &m), count);
    assert_int_equal(m->ended.slot, slot);
    assert_int_equal(m->ended.lost, lost);
}

static uint64_t stored_term(const struct fixture *f) {
    struct span value;
    if (!store_mem_get(f->stage->store, TABLE_meta, span_text("term"), &value))
        return 0;
    struct mp in = mp_of(value);
    return mp_u64(&in);
}

static void lead_alone(struct fixture *f) {
    know(f, (struct known){.id = SELF});
    stage_pass(f->stage, 500);
    expect_lead(f, 1, SELF, true);
}

static void follow_better(struct fixture *f) {
    know(f, (struct known){.id = SELF});
    know(f, (struct known){.id = BETTER});
    claimed(f, BETTER, 4, BETTER);
    expect_lead(f, 4, BETTER, false);
}

/* ---- alone ---- */

static void a_node_without_a_cluster_leads_itself(void **state) {
    struct fixture *f = *state;
    stage_forget(f->stage);
    seat(f, true);
    expect_lead(f, 0, SELF, true);
    assert_int_equal(stage_count(f->stage, ROOM_STORE, MSG_save), 0);
    assert_int_equal(stage_count(f->stage, ROOM_STORE, MSG_scan), 0);
    assert_int_equal(board_deadline(f->stage->board), WHEN_NEVER);
}

/* ---- epochs ---- */

static void a_claim_is_stored_before_it_is_said(void **state) {
    struct fixture *f = *state;
    f->stage->slow = true;
    know(f, (struct known){.id = SELF});
    know(f, (struct known){.id = WORSE, .slots = 1});
    stage_pass(f->stage, 499);
    assert_int_equal(stage_count(f->stage, ROOM_STORE, MSG_save), 0);
    stage_pass(f->stage, 1);
    assert_int_equal(stage_count(f->stage, ROOM_STORE, MSG_save), 1);
    assert_int_equal(told(f, WORSE, MSG_claim, NULL), 0);
    assert_true(stage_save(f->stage));
    assert_int_equal(stored_term(f), 1);
    expect_claim(f, WORSE, 1, SELF);
    expect_lead(f, 1, SELF, false); /* the other has not reported */
}

static void followed_epochs_are_stored_before_they_are_said(void **state) {
    struct fixture *f = *state;
    f->stage->slow = true;
    know(f, (struct known){.id = SELF});
    know(f, (struct known){.id = BETTER});
    claimed(f, BETTER, 4, BETTER);
    assert_int_equal(told(f, BETTER, MSG_report, NULL), 0);
    expect_lead(f, 0, 0, false);
    claimed(f, BETTER, 6, BETTER); /* a higher one while the first is on its way */
    assert_true(stage_save(f->stage));
    expect_lead(f, 0, 0, false);
    assert_true(stage_save(f->stage));
    assert_int_equal(stored_term(f), 6);
    expect_lead(f, 6, BETTER, false);
    assert_int_equal(told(f, BETTER, MSG_report, NULL), 1);
}

static void after_a_restart_the_next_term_is_higher(void **state) {
    struct fixture *f = *state;
    lead_alone(f);
    stage_crash(f->stage);
    stage_forget(f->stage);
    seat(f, false);
    know(f, (struct known){.id = SELF, .generation = 11});
    assert_int_equal(stage_count(f->stage, ROOM_SCHED, MSG_lead), 1); /* nobody yet */
    stage_pass(f->stage, 500);
    expect_lead(f, 2, SELF, true);
}

static void a_disk_that_refuses_is_asked_again(void **state) {
    struct fixture *f = *state;
    know(f, (struct known){.id = SELF});
    board_seat_port(f->stage->board, &(struct port){.room = ROOM_STORE});
    stage_pass(f->stage, 500);
    const struct msg *save = last(f, ROOM_STORE, MSG_save);
    stage_tell(f->stage, ROOM_LEADER, ROOM_STORE, 0,
               &(struct msg){.kind = MSG_save_failed, .save_failed.ticket = save->save.ticket});
    stage_seat_store(f->stage);
    stage_pass(f->stage, 99);
    assert_int_equal(stored_term(f), 0);
    stage_pass(f->stage, 1);
    expect_lead(f, 1, SELF, true);
}

static void a_disk_that_cannot_be_read_is_asked_again(void **state) {
    struct fixture *f = *state;
    lead_alone(f);
    stage_forget(f->stage);
    board_seat_port(f->stage->board, &(struct port){.room = ROOM_STORE});
    seat(f, false);
    stage_tell(f->stage, ROOM_LEADER, ROOM_STORE, 0,
               &(struct msg){.kind = MSG_rows, .rows = {.ticket = 1, .code = ERR_STORE}});
    know(f, (struct known){.id = SELF, .generation = 11});
    stage_seat_store(f->stage);
    stage_pass(f->stage, 100);
    stage_pass(f->stage, 500);
    expect_lead(f, 2, SELF, true);
}

/* ---- who leads ---- */

static void the_best_candidate_claims_and_the_next_one_when_it_does_not(void **state) {
    struct fixture *f = *state;
    know(f, (struct known){.id = SELF, .slots = 2});
    know(f, (struct known){.id = BETTER, .slots = 4});
    know(f, (struct known){.id = 2, .slots = 9, .flags = MEMBER_ELIGIBLE}); /* keeps nothing */
    know(f, (struct known){.id = 3, .slots = 9, .flags = MEMBER_STORES});   /* may not lead */
    know(f, (struct known){.id = 4, .slots = 9, .inactive = true});
    stage_pass(f->stage, 500);
    stage_pass(f->stage, 999);
    assert_int_equal(stored_term(f), 0);
    stage_pass(f->stage, 1);
    assert_int_equal(stored_term(f), 1);
}

static void while_others_join_the_first_claim_waits_but_not_for_ever(void **state) {
    struct fixture *f = *state;
    know(f, (struct known){.id = SELF, .slots = 9});
    for (uint8_t i = 0; i < 7; i++) {
        stage_pass(f->stage, 400);
        know(f, (struct known){.id = (uint8_t)(10 + i)});
        assert_int_equal(stored_term(f), 0);
    }
    stage_pass(f->stage, 199);
    assert_int_equal(stored_term(f), 0);
    stage_pass(f->stage, 1); /* 3 s after the start */
    assert_int_equal(stored_term(f), 1);
}

static void alone_after_a_restart_it_looks_for_its_cluster_first(void **state) {
    struct fixture *f = *state;
    follow_better(f);
    stage_crash(f->stage);
    seat(f, false);
    know(f, (struct known){.id = SELF, .generation = 11});
    stage_pass(f->stage, 1999);
    assert_int_equal(stored_term(f), 4);
    stage_pass(f->stage, 1);
    assert_int_equal(stored_term(f), 5);
}

static void a_live_leader_is_not_displaced_by_a_better_one(void **state) {
    struct fixture *f = *state;
    know(f, (struct known){.id = SELF, .slots = 8});
    know(f, (struct known){.id = WORSE, .slots = 1});
    claimed(f, WORSE, 1, WORSE);
    expect_lead(f, 1, WORSE, false);
    stage_pass(f->stage, 60000);
    expect_lead(f, 1, WORSE, false);
    assert_int_equal(stored_term(f), 1);
}

static void when_the_leader_dies_the_next_claims_at_once(void **state) {
    struct fixture *f = *state;
    static const enum member_state ends[] = {MEMBER_UNREACHABLE, MEMBER_LEAVING, MEMBER_DEAD,
                                             MEMBER_LEFT};
    follow_better(f);
    know(f, (struct known){.id = SELF, .slots = 9});
    for (uint64_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        know(f, (struct known){.id = BETTER, .state = ends[i]});
        expect_lead(f, 5 + 2 * i, SELF, true);
        claimed(f, BETTER, 6 + 2 * i,
                BETTER); /* it lives after all: the map has time to learn it */
        know(f, (struct known){.id = BETTER});
        expect_lead(f, 6 + 2 * i, BETTER, false);
    }
    know(f, (struct known){.id = BETTER, .generation = 11}); /* it leads no more in another life */
    expect_lead(f, 13, SELF, false);
}

static void of_two_claims_to_one_term_the_smaller_id_holds(void **state) {
    struct fixture *f = *state;
    lead_alone(f);
    know(f, (struct known){.id = BETTER});
    know(f, (struct known){.id = WORSE});
    claimed(f, WORSE, 1, WORSE);
    expect_lead(f, 1, SELF, true);
    expect_claim(f, WORSE, 1, SELF); /* and hears so */
    claimed(f, BETTER, 1, BETTER);
    expect_lead(f, 1, BETTER, false);
}

static void a_leader_stops_in_the_step_in_which_it_hears_of_a_higher_epoch(void **state) {
    struct fixture *f = *state;
    lead_alone(f);
    know(f, (struct known){.id = WORSE});
    stage_forget(f->stage);
    claimed(f, WORSE, 2, WORSE);
    expect_lead(f, 2, WORSE, false);
    const struct msg *first = stage_heard(f->stage, ROOM_SCHED, MSG_lead, 0);
    assert_int_equal(first->lead.term, 0);
    assert_false(first->lead.mine);
    assert_true(stage_place(f->stage, ROOM_SCHED, MSG_lead) <
                stage_place(f->stage, ROOM_STORE, MSG_save));
}

static void a_lower_claim_is_answered_with_the_known_one(void **state) {
    struct fixture *f = *state;
    follow_better(f);
    know(f, (struct known){.id = WORSE});
    expect_claim(f, WORSE, 4, BETTER); /* a newly active neighbour */
    stage_forget(f->stage);
    know(f, (struct known){.id = WORSE});
    assert_int_equal(told(f, WORSE, MSG_claim, NULL), 0);
    claimed(f, WORSE, 3, WORSE);
    expect_claim(f, WORSE, 4, BETTER);
    assert_int_equal(stage_count(f->stage, ROOM_SCHED, MSG_lead), 0);
}

static void a_node_that_leaves_leads_no_more(void **state) {
    struct fixture *f = *state;
    lead_alone(f);
    know(f, (struct known){.id = SELF, .state = MEMBER_LEAVING});
    expect_lead(f, 0, 0, false);
    know(f, (struct known){.id = SELF}); /* it stays after all */
    expect_lead(f, 2, SELF, true);
}

/* ---- reports ---- */

static void it_leads_when_all_have_reported_or_had_their_time(void **state) {
    struct fixture *f = *state;
    know(f, (struct known){.id = SELF});
    know(f, (struct known){.id = WORSE, .slots = 1});
    know(f, (struct known){.id = 8, .slots = 1});
    stage_pass(f->stage, 500);
    report(f, WORSE, 1, span_text("?"));
    expect_lead(f, 1, SELF, false);
    const struct msg *m = last(f, ROOM_SCHED, MSG_worker);
    assert_int_equal(m->worker.peer, WORSE);
    assert_int_equal(m->worker.slots, 4);
    assert_int_equal(m->worker.load, 9);
    assert_int_equal(m->worker.rtt_us, 300);
    assert_true(m->worker.told);
    assert_true(span_is(m->worker.leases, "?"));
    stage_pass(f->stage, 999);
    expect_lead(f, 1, SELF, false);
    stage_pass(f->stage, 1);
    expect_lead(f, 1, SELF, true);
    assert_int_equal(told(f, 8, MSG_claim, NULL), 2); /* the silent one hears it again */
    assert_int_equal(told(f, WORSE, MSG_claim, NULL), 1);
    report(f, 8, 1, (struct span){0});
    stage_pass(f->stage, 10000);
    assert_int_equal(told(f, 8, MSG_claim, NULL), 2);
}

static void a_worker_that_cannot_be_reached_is_given_nothing_and_a_dead_one_is_gone(void **state) {
    struct fixture *f = *state;
    lead_alone(f);
    know(f, (struct known){.id = WORSE});
    expect_claim(f, WORSE, 1, SELF); /* newly active */
    report(f, WORSE, 1, (struct span){0});
    know(f, (struct known){.id = WORSE, .state = MEMBER_UNREACHABLE});
    assert_int_equal(last(f, ROOM_SCHED, MSG_worker)->worker.slots, 0);
    assert_false(last(f, ROOM_SCHED, MSG_worker)->worker.gone);
    know(f, (struct known){.id = WORSE});
    assert_int_equal(last(f, ROOM_SCHED, MSG_worker)->worker.slots, 4);
    know(f, (struct known){.id = WORSE, .generation = 11});
    assert_true(last(f, ROOM_SCHED, MSG_worker)->worker.gone);
    report(f, WORSE, 1, (struct span){0});
    assert_false(last(f, ROOM_SCHED, MSG_worker)->worker.gone);
    know(f, (struct known){.id = WORSE, .generation = 11, .state = MEMBER_DEAD});
    assert_true(last(f, ROOM_SCHED, MSG_worker)->worker.gone);
}

static void a_worker_reports_what_it_runs_and_what_has_just_ended(void **state) {
    struct fixture *f = *state;
    const struct msg *m = NULL;
    follow_better(f);
    lease(f, BETTER, 4, 30, 1);
    lease(f, BETTER, 4, 31, 2);
    outcome(f, 30, 1, TRIAL_DONE);
    claimed(f, BETTER, 5, BETTER);
    assert_int_equal(told(f, BETTER, MSG_report, &m), 2);
    assert_int_equal(m->report.term, 5);
    assert_int_equal(m->report.slots, 2);
    struct mp in = mp_of(m->report.leases);
    assert_true(span_equal(mp_bin(&in), span_of(job.bytes, sizeof job.bytes)));
    assert_int_equal(mp_u64(&in), 31);
    assert_int_equal(mp_u64(&in), 2);
    assert_false(mp_bool(&in));
    mp_skip(&in);
    assert_int_equal(mp_u64(&in), 30);
    assert_int_equal(mp_u64(&in), 1);
    assert_true(mp_bool(&in));
    assert_true(mp_done(&in));
    stage_pass(f->stage, 5000);
    assert_int_equal(told(f, BETTER, MSG_report, &m), 3);
    in = mp_of(m->report.leases);
    for (int i = 0; i < 4; i++)
        mp_skip(&in);
    assert_true(mp_done(&in)); /* the other one's fact has had its time */
}

static void a_capacity_that_changes_is_reported_at_once_and_a_load_in_its_turn(void **state) {
    struct fixture *f = *state;
    const struct msg *m = NULL;
    follow_better(f);
    hear(f, &(struct msg){.kind = MSG_capacity, .capacity.slots = 2});
    assert_int_equal(told(f, BETTER, MSG_report, NULL), 1);
    hear(f, &(struct msg){.kind = MSG_capacity, .capacity.slots = 0});
    assert_int_equal(told(f, BETTER, MSG_report, &m), 2);
    assert_int_equal(m->report.slots, 0);
    hear(f, &(struct msg){.kind = MSG_load, .load.busy = 700});
    stage_pass(f->stage, 4999);
    assert_int_equal(told(f, BETTER, MSG_report, NULL), 2);
    stage_pass(f->stage, 1);
    assert_int_equal(told(f, BETTER, MSG_report, &m), 3);
    assert_int_equal(m->report.load, 700);
    claimed(f, BETTER, 4, BETTER); /* the leader has not heard it */
    assert_int_equal(told(f, BETTER, MSG_report, NULL), 4);
}

static void a_node_that_quits_wants_no_work_and_no_lead(void **state) {
    struct fixture *f = *state;
    const struct msg *m = NULL;
    follow_better(f);
    hear(f, &(struct msg){.kind = MSG_quit});
    assert_int_equal(told(f, BETTER, MSG_report, &m), 2);
    assert_int_equal(m->report.slots, 0);
    lease(f, BETTER, 4, 30, 1);
    expect_ended(f, BETTER, 1, 30, true);
    know(f, (struct known){.id = BETTER, .state = MEMBER_DEAD});
    stage_pass(f->stage, 10000);
    assert_int_equal(stored_term(f), 4);
}

/* ---- leases ---- */

static void a_lease_of_the_leader_reaches_the_executor_and_its_end_the_leader(void **state) {
    struct fixture *f = *state;
    follow_better(f);
    lease(f, BETTER, 4, 30, 1);
    assert_int_equal(stage_count(f->stage, ROOM_EXECUTOR, MSG_lease), 1);
    assert_true(last(f, ROOM_ELASTIC, MSG_working)->working.on);
    lease(f, BETTER, 4, 30, 1); /* said twice: it runs */
    assert_int_equal(stage_count(f->stage, ROOM_EXECUTOR, MSG_lease), 1);
    assert_int_equal(told(f, BETTER, MSG_ended, NULL), 0);
    outcome(f, 30, 1, TRIAL_CRASHED);
    expect_ended(f, BETTER, 1, 30, false);
    assert_false(last(f, ROOM_ELASTIC, MSG_working)->working.on);
    outcome(f, 30, 1, TRIAL_CRASHED);
    assert_int_equal(told(f, BETTER, MSG_ended, NULL), 1);
    lease(f, BETTER, 4, 31, 1);
    outcome(f, 31, 1, TRIAL_LOST);
    expect_ended(f, BETTER, 2, 31, true);
}

static void a_lease_of_a_lower_term_is_refused(void **state) {
    struct fixture *f = *state;
    follow_better(f);
    know(f, (struct known){.id = WORSE});
    stage_forget(f->stage);
    lease(f, WORSE, 3, 30, 1);
    expect_ended(f, WORSE, 1, 30, true);
    expect_claim(f, WORSE, 4, BETTER); /* so that it leads no more */
    lease(f, BETTER, 3, 31, 1);
    expect_ended(f, BETTER, 1, 31, true);
    lease(f, WORSE, 4, 32, 1); /* the right term, not its leader */
    expect_ended(f, WORSE, 2, 32, true);
    f->stage->slow = true;
    claimed(f, WORSE, 5, WORSE); /* not stored yet */
    lease(f, BETTER, 4, 33, 1);
    expect_ended(f, BETTER, 2, 33, true);
    assert_int_equal(stage_count(f->stage, ROOM_EXECUTOR, MSG_lease), 0);
}

static void what_runs_here_for_an_older_leader_is_told_to_the_new_one(void **state) {
    struct fixture *f = *state;
    lead_alone(f);
    lease(f, 0, 1, 40, 1);
    assert_int_equal(stage_count(f->stage, ROOM_EXECUTOR, MSG_lease), 0); /* sched said it there */
    know(f, (struct known){.id = BETTER});
    claimed(f, BETTER, 2, BETTER);
    const struct msg *m = NULL;
    assert_int_equal(told(f, BETTER, MSG_report, &m), 1);
    assert_true(m->report.leases.len > 0);
    lease(f, BETTER, 2, 40, 2); /* it still runs as attempt 1 */
    expect_ended(f, BETTER, 1, 40, true);
    outcome(f, 40, 1, TRIAL_DONE);
    expect_ended(f, BETTER, 2, 40, false);
}

static void what_makes_no_sense_is_dropped(void **state) {
    struct fixture *f = *state;
    follow_better(f);
    uint32_t before = f->stage->heard_count;
    hear(f, &(struct msg){.kind = MSG_saved, .saved.ticket = 99});
    hear(f, &(struct msg){.kind = MSG_save_failed, .save_failed.ticket = 99});
    hear(f, &(struct msg){.kind = MSG_rows, .rows.ticket = 99});
    hear(f, &(struct msg){.kind = MSG_outcome, .outcome.result = span_text("?")});
    claimed(f, BETTER, UINT64_MAX, BETTER);
    report(f, 200, 4, (struct span){0});
    hear(f, &(struct msg){.kind = MSG_node_known, .node_known = {.peer = 3, .state = 77}});
    assert_int_equal(f->stage->heard_count, before + 7);
    expect_lead(f, 4, BETTER, false);
}

#define STAGED(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        STAGED(a_node_without_a_cluster_leads_itself),
        STAGED(a_claim_is_stored_before_it_is_said),
        STAGED(followed_epochs_are_stored_before_they_are_said),
        STAGED(after_a_restart_the_next_term_is_higher),
        STAGED(a_disk_that_refuses_is_asked_again),
        STAGED(a_disk_that_cannot_be_read_is_asked_again),
        STAGED(the_best_candidate_claims_and_the_next_one_when_it_does_not),
        STAGED(while_others_join_the_first_claim_waits_but_not_for_ever),
        STAGED(alone_after_a_restart_it_looks_for_its_cluster_first),
        STAGED(a_live_leader_is_not_displaced_by_a_better_one),
        STAGED(when_the_leader_dies_the_next_claims_at_once),
        STAGED(of_two_claims_to_one_term_the_smaller_id_holds),
        STAGED(a_leader_stops_in_the_step_in_which_it_hears_of_a_higher_epoch),
        STAGED(a_lower_claim_is_answered_with_the_known_one),
        STAGED(a_node_that_leaves_leads_no_more),
        STAGED(it_leads_when_all_have_reported_or_had_their_time),
        STAGED(a_worker_that_cannot_be_reached_is_given_nothing_and_a_dead_one_is_gone),
        STAGED(a_worker_reports_what_it_runs_and_what_has_just_ended),
        STAGED(a_capacity_that_changes_is_reported_at_once_and_a_load_in_its_turn),
        STAGED(a_node_that_quits_wants_no_work_and_no_lead),
        STAGED(a_lease_of_the_leader_reaches_the_executor_and_its_end_the_leader),
        STAGED(a_lease_of_a_lower_term_is_refused),
        STAGED(what_runs_here_for_an_older_leader_is_told_to_the_new_one),
        STAGED(what_makes_no_sense_is_dropped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
