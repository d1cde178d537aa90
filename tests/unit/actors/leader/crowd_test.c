/* Lives of a crowd: who crashes, is cut off and comes back, and how it ends. What is checked meanwhile: crowd.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/unit/actors/leader/crowd.h"

/* ---- lives ---- */

static void bring_up(struct crowd_node *n) {
    const struct leader_config config = {
        .self = {.bytes = {(uint8_t)(n->number + 1)}},
        .slots = PLACES,
        .flags = MEMBER_STORES | MEMBER_ELIGIBLE,
    };
    const struct port ports[] = {{.room = ROOM_MEMBER, .self = n, .perform = member_perform},
                                 {.room = ROOM_STORE, .self = n, .perform = store_perform},
                                 {.room = ROOM_TUNER, .self = n, .perform = tuner_perform},
                                 {.room = ROOM_EXECUTOR, .self = n, .perform = executor_perform},
                                 {.room = ROOM_FACTS, .self = n, .perform = facts_perform}};
    n->up = true;
    n->joined = crowd->now;
    n->life++;
    n->leads = false;
    n->ails_since = 0;
    n->highest = 0;
    memset(n->known_life, 0, sizeof n->known_life);
    memset(n->running, 0, sizeof n->running);
    n->board = board_new();
    board_watch(n->board, see_own, n);
    n->leader = calloc(1, leader_size());
    n->sched = calloc(1, sched_size());
    const struct core cores[] = {sched_core(sched_init(n->sched)),
                                 leader_core(leader_init(n->leader, &config))};
    for (size_t i = 0; i < sizeof cores / sizeof cores[0]; i++)
        board_seat_core(n->board, &cores[i]);
    for (size_t i = 0; i < sizeof ports / sizeof ports[0]; i++)
        board_seat_port(n->board, &ports[i]);
    board_post(n->board, ROOM_NODE, 0, &(struct msg){.kind = MSG_start, .start.slots = PLACES});
    board_post(n->board, ROOM_EXECUTOR, 0,
               &(struct msg){.kind = MSG_capacity, .capacity.slots = PLACES});
    tell_of(n, n->number, n->life, MEMBER_ALIVE);
    for (uint32_t i = 0; i < crowd->count; i++) {
        if (i != n->number && crowd->nodes[i].up)
            plan_verdict(n->number, i, 1 + (dur_ms)draw(300), MEMBER_ALIVE);
    }
    everybody_learns(n->number, 300, MEMBER_ALIVE);
}

static void take_down(struct crowd_node *n) {
    board_destroy(&n->board);
    free(n->leader);
    free(n->sched);
    n->up = false;
}

static void crash(struct crowd_node *n) {
    bool led = n->leads && !n->cut;
    for (uint32_t i = 0; led && i < crowd->count; i++)
        led =
            i == n->number || crowd->nodes[i].stored <= n->stored; /* not of a term that is over */
    take_down(n);
    everybody_learns(n->number, SEEN_MOST, MEMBER_UNREACHABLE);
    plan(500 + (dur_ms)draw(6000), COMES_BACK, n->number);
    if (led)
        crowd->orphaned = crowd->now;
}

/* To the others it is as if it had crashed, and to it as if they had. */
static void cut_off(struct crowd_node *n) {
    n->cut = true;
    everybody_learns(n->number, SEEN_MOST, MEMBER_UNREACHABLE);
    for (uint32_t i = 0; i < crowd->count; i++) {
        if (i != n->number && crowd->nodes[i].up)
            plan_verdict(n->number, i, 1 + (dur_ms)draw(SEEN_MOST), MEMBER_UNREACHABLE);
    }
    plan(500 + (dur_ms)draw(7000), HEALS, n->number);
}

static void heal(struct crowd_node *n) {
    n->cut = false;
    n->joined = crowd->now;
    everybody_learns(n->number, 300, MEMBER_ALIVE);
    for (uint32_t i = 0; i < crowd->count; i++) {
        if (i != n->number && crowd->nodes[i].up)
            plan_verdict(n->number, i, 1 + (dur_ms)draw(300), MEMBER_ALIVE);
    }
}

static void ail(struct crowd_node *n, bool ails) {
    n->ails_since = ails ? crowd->now : 0;
    board_post_to(
        n->board, ROOM_LEADER, ROOM_FACTS, 0,
        &(struct msg){.kind = MSG_ailing, .ailing.code = ails ? ERR_STORE_FULL : ERR_NONE});
    if (!ails)
        return;
    plan(AILING_MOST, STILL_AILS, n->number);
    plan(AILING_MOST + 50 + (dur_ms)draw(700), IS_WELL, n->number);
}

/* From here on it leads no more, and somebody else is to give out what is left; when that is nearly nothing, all of it may
 * run. */
static void hands_on(const struct crowd_node *n) {
    bool much_is_left = n->kept + 3 * PLACES * crowd->count < crowd->slots;
    if (n->ails_since == 0 || !n->leads || n->cut || crowd->orphaned != 0 || !much_is_left)
        return;
    crowd->orphaned = crowd->now;
    crowd->handovers++;
}

/* One fault at a time, so that what is asked for within two seconds is possible; the leader is chosen more often. */
static void fault(void) {
    struct crowd_node *victim = &crowd->nodes[draw(crowd->count)];
    for (uint32_t i = 0; i < crowd->count && draw(2) == 0; i++) {
        if (crowd->nodes[i].up && crowd->nodes[i].leads)
            victim = &crowd->nodes[i];
    }
    if (victim->up && !victim->cut) {
        uint64_t how = draw(4);
        if (how == 0)
            cut_off(victim);
        else if (how == 1)
            ail(victim, true);
        else
            crash(victim);
    }
    if (crowd->now < FAULTS_END)
        plan(2500 + (dur_ms)draw(6000), FAULT, 0);
}

/* ---- time ---- */

static void run_boards(void) {
    for (uint32_t i = 0; i < crowd->count; i++) {
        if (crowd->nodes[i].up) {
            board_run(crowd->nodes[i].board, moment());
            board_wake(crowd->nodes[i].board, moment());
        }
    }
}

static void happen(const struct pending *p) {
    struct crowd_node *n = &crowd->nodes[p->node];
    bool same_life = n->up && n->life == p->life;
    switch (p->what) {
    case SPREADS: spread_results(); break;
    case FAULT: fault(); break;
    case COMES_BACK: bring_up(n); break;
    case HEALS:
        if (n->up && n->cut)
            heal(n);
        n->cut = false;
        break;
    case STILL_AILS:
        if (same_life)
            hands_on(n);
        break;
    case IS_WELL:
        if (same_life)
            ail(n, false);
        break;
    case ARRIVES:
        if (same_life)
            on_arrival(n, p);
        break;
    case SYNCED:
        if (same_life)
            on_synced(n, p);
        break;
    case TRIAL_ENDS:
        if (same_life)
            on_trial_end(n, p);
        break;
    case RESULT_KEPT:
        if (same_life)
            keep_result(n, p->number);
        break;
    case VERDICT:
        if (same_life)
            on_verdict(n, p);
        break;
    }
}

static void pass_time(void) {
    uint32_t first = 0;
    when_ms soonest;
    for (uint32_t i = 1; i < crowd->events_count; i++) {
        const struct pending *a = &crowd->events[i], *b = &crowd->events[first];
        if (a->at < b->at || (a->at == b->at && a->serial < b->serial))
            first = i;
    }
    soonest = crowd->events[first].at;
    for (uint32_t i = 0; i < crowd->count; i++) {
        if (crowd->nodes[i].up)
            soonest = when_sooner(soonest, board_deadline(crowd->nodes[i].board));
    }
    crowd->now = soonest > crowd->now ? soonest : crowd->now;
    if (crowd->events[first].at <= crowd->now) {
        struct pending p = crowd->events[first];
        crowd->events[first] = crowd->events[--crowd->events_count];
        happen(&p);
        free(p.bytes);
    }
    run_boards();
}

/* Every slot on every disk, and all follow one leader. */
static bool all_is_done(void) {
    uint32_t leaders = 0;
    for (uint32_t i = 0; i < crowd->count; i++) {
        const struct crowd_node *n = &crowd->nodes[i];
        if (!n->up || n->stored != crowd->nodes[0].stored)
            return false;
        leaders += n->leads;
        if (n->kept < crowd->slots)
            return false;
    }
    return leaders == 1;
}

struct changes {
    uint64_t takeovers, handovers;
};

static void live(uint64_t seed, uint32_t count, struct changes *all) {
    crowd = calloc(1, sizeof *crowd);
    crowd->seed = seed;
    crowd->count = count;
    crowd->slots = count * SLOTS_EACH;
    test_job.job.trials = crowd->slots;
    crowd->now = 1000;
    for (uint32_t i = 0; i < count; i++) {
        crowd->nodes[i].number = i;
        crowd->nodes[i].disk = store_open_mem();
        plan((dur_ms)draw(400), COMES_BACK, i);
    }
    plan(25, SPREADS, 0);
    plan(4000, FAULT, 0);
    while (crowd->now < FAULTS_END || !all_is_done()) {
        require(crowd->now < ALL_ENDS,
                "the faults have ended, and a slot never gets done or nobody leads");
        pass_time();
    }
    all->takeovers += crowd->takeovers;
    all->handovers += crowd->handovers;
    for (uint32_t i = 0; i < count; i++) {
        take_down(&crowd->nodes[i]);
        store_close(&crowd->nodes[i].disk);
    }
    for (uint32_t i = 0; i < crowd->events_count; i++)
        free(crowd->events[i].bytes);
    free(crowd);
}

static void a_crowd_keeps_its_rules_and_gets_its_work_done(void **state) {
    (void)state;
    const char *more = getenv("ZYG_CROWDS");
    uint64_t seeds = more == NULL ? 30 : strtoull(more, NULL, 10);
    struct changes all = {0, 0};
    job_begin(&test_job, METHOD_RANDOM, SLOTS);
    add_range(&test_job, "lr", PARAM_FLOAT, 0, 1);
    job_end(&test_job);
    for (uint64_t seed = 1; seed <= seeds; seed++)
        live(seed, 3 + (uint32_t)(seed % 5), &all);
    assert_true(all.takeovers > seeds); /* it is not for nothing that the two seconds were kept */
    assert_true(all.handovers > seeds / 4);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_crowd_keeps_its_rules_and_gets_its_work_done),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
