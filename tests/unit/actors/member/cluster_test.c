#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "actors/member/edges.h"
#include "actors/member/records.h"
#include "actors/member/self.h"
#include "tests/unit/actors/member/world.h"

/* A cluster of `count`, all through the first one. */
static struct world *cluster(uint32_t count, uint64_t seed) {
    struct world *w = world_new(count, seed);
    for (uint32_t i = 1; i < count; i++)
        world_seed(w, i, 0);
    for (uint32_t i = 0; i < count; i++)
        world_start(w, i);
    world_until(w, all_see_all, 10000);
    world_run(w, 3000);
    assert_true(all_see_all(w) && all_agree(w));
    return w;
}

static void three_see_each_other_half_a_second_after_the_last_start(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        for (uint32_t last = 0; last < 3; last++) {
            struct world *w = world_new(3, seed);
            world_seed(w, 1, 0);
            world_seed(w, 2, 0);
            for (uint32_t i = 0; i < 3; i++) {
                if (i != last)
                    world_start(w, i);
            }
            world_run(w, 7000);
            world_start(w, last);
            dur_ms took = world_until(w, all_see_all, 5000);
            assert_in_range(took, 1, 500);
            world_destroy(w);
        }
    }
}

static void a_kill_is_known_everywhere_within_a_second(void **state) {
    (void)state;
    for (uint32_t count = 2; count <= 30; count += count < 6 ? 1 : 8) {
        struct world *w = cluster(count, count);
        world_kill(w, count - 1, false);
        dur_ms took = world_until(w, gone_are_unreachable, 5000);
        assert_in_range(took, 1, 1000);
        world_until(w, gone_are_dead, 1000);
        world_destroy(w);
    }
}

static uint32_t verdicts(const struct world *w) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < w->count; i++)
        count += w->nodes[i].verdicts;
    return count;
}

static void nothing_happens_to_a_healthy_cluster(void **state) {
    (void)state;
    for (uint32_t count = 1; count <= 21; count += 5) {
        struct world *w = cluster(count, count);
        uint64_t steps = w->steps;
        world_run(w, 60000);
        assert_int_equal(verdicts(w), 0);
        assert_true(all_see_all(w) && all_agree(w));
        for (uint32_t i = 0; i < count; i++) {
            assert_int_equal(w->nodes[i].member->nonsense, 0);
            assert_in_range(w->nodes[i].issued_count, 1, 6);
        }
        /* Two beats a second are sent by each, and each is heard; waking up for them are as many steps. */
        assert_true(w->steps - steps <= (uint64_t)count * 60 * 5);
        world_destroy(w);
    }
}

static void a_vanished_host_is_known_in_seconds_and_dead_in_ten_more(void **state) {
    (void)state;
    for (uint32_t count = 3; count <= 27; count += 8) {
        struct world *w = cluster(count, count);
        world_run(w, 30000); /* beats have found their turns */
        world_kill(w, 1, true);
        dur_ms took = world_until(w, gone_are_unreachable, 10000);
        /* Half a second to the next beat that somebody misses, its lateness, and a look. */
        assert_in_range(took, 1500, 2500);
        took = world_until(w, gone_are_dead, 12000);
        assert_in_range(took, 9500, 11000);
        world_destroy(w);
    }
}

static void one_that_is_alone_with_the_lost_waits_for_nobody(void **state) {
    (void)state;
    struct world *w = cluster(2, 4);
    world_kill(w, 0, true);
    dur_ms took = world_until(w, gone_are_unreachable, 30000);
    /* The next beat, its lateness, a look, and a moment more. */
    assert_in_range(took, 3000, 5000);
    world_destroy(w);
}

static void one_that_comes_back_is_known_by_its_new_life(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 10; seed++) {
        for (uint32_t back = 0; back < 2; back++) { /* 0 has no seeds: it has to be found */
            struct world *w = cluster(4, seed);
            uint64_t before = w->nodes[2].view[back].generation;
            world_kill(w, back, false);
            world_run(w, seed % 2 == 0 ? 5 : 800);
            world_start(w, back);
            dur_ms took = world_until(w, all_see_all, 10000);
            assert_in_range(took, 1, back == 0 ? 5000 : 500);
            world_run(w, 3000);
            assert_true(all_see_all(w) && all_agree(w));
            assert_true(w->nodes[2].view[back].generation > before);
            world_destroy(w);
        }
    }
}

/* Two pairs, each of which is complete in its own eyes: one node alone has been told of the others, who could not be reached
 * when it began. */
static void islands_that_never_met_find_each_other(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 10; seed++) {
        struct world *w = world_new(4, seed);
        world_seed(w, 1, 0);
        world_seed(w, 1, 2);
        world_seed(w, 3, 2);
        for (uint32_t i = 0; i < 8; i++)
            world_cut(w, i % 4 / 2 + (i < 4 ? 0 : 2), i % 2 + (i < 4 ? 2 : 0), true);
        for (uint32_t i = 0; i < 4; i++)
            world_start(w, i);
        world_run(w, 5000 + 7000 * (dur_ms)seed);
        assert_false(all_see_all(w));
        for (uint32_t i = 0; i < 8; i++)
            world_cut(w, i % 4 / 2 + (i < 4 ? 0 : 2), i % 2 + (i < 4 ? 2 : 0), false);
        assert_in_range(world_until(w, all_see_all, 60000), 1, 25000);
        world_destroy(w);
    }
}

static void who_leaves_is_not_accused(void **state) {
    (void)state;
    struct world *w = cluster(5, 3);
    const struct msg leaving = {.kind = MSG_farewell},
                     stay = {.kind = MSG_farewell, .farewell.stay = true},
                     left = {.kind = MSG_farewell, .farewell.done = true};
    step(w, 3, ROOM_ELASTIC, 0, &leaving);
    world_run(w, 100);
    for (uint32_t i = 0; i < 5; i++)
        assert_true(state_seen(w, i, 3) == MEMBER_LEAVING && !w->nodes[i].view[3].active);
    step(w, 3, ROOM_ELASTIC, 0, &stay); /* a job has come */
    world_run(w, 100);
    assert_true(all_see_all(w));
    step(w, 3, ROOM_ELASTIC, 0, &leaving);
    world_run(w, 50);
    step(w, 3, ROOM_ELASTIC, 0, &left);
    world_kill(w, 3, false);
    world_run(w, 60000);
    for (uint32_t i = 0; i < 5; i++)
        assert_true(i == 3 || state_seen(w, i, 3) == MEMBER_LEFT);
    assert_int_equal(verdicts(w), 0);
    world_start(w, 3); /* a new life may join again */
    world_until(w, all_see_all, 1000);
    world_destroy(w);
}

/* A node that is told to stop is LEAVING for all before its trials have ended, and its process may end as soon as everybody
 * has heard that it is gone: by then they have. */
static void who_is_told_to_stop_says_so_and_waits_until_it_was_heard(void **state) {
    (void)state;
    const struct msg quit = {.kind = MSG_quit},
                     left = {.kind = MSG_farewell, .farewell.done = true};
    for (uint32_t count = 1; count <= 5; count += 2) {
        struct world *w = cluster(count, count);
        step(w, 0, ROOM_NODE, 0, &quit);
        world_run(w, 60);
        for (uint32_t i = 0; i < count; i++)
            assert_true(state_seen(w, i, 0) == MEMBER_LEAVING && !w->nodes[i].view[0].active);
        assert_int_equal(w->nodes[0].quiets, 0);
        step(w, 0, ROOM_NODE, 0, &left);
        while (w->nodes[0].quiets == 0)
            world_step(w, w->at.now + 10);
        world_kill(w, 0, false);
        world_run(w, 30000);
        for (uint32_t i = 1; i < count; i++)
            assert_int_equal(state_seen(w, i, 0), MEMBER_LEFT);
        assert_int_equal(verdicts(w), 0);
        world_destroy(w);
    }
}

static void nobody_waits_long_for_one_who_does_not_answer(void **state) {
    (void)state;
    const struct msg left = {.kind = MSG_farewell, .farewell.done = true};
    struct world *w = cluster(3, 8);
    w->nodes[1].stopped_until = w->at.now + 60000;
    step(w, 0, ROOM_NODE, 0, &left);
    world_run(w, 499);
    assert_int_equal(w->nodes[0].quiets, 0);
    world_run(w, 1);
    assert_int_equal(w->nodes[0].quiets, 1);
    step(w, 0, ROOM_NODE, 0, &left); /* asked again, answered again */
    assert_int_equal(w->nodes[0].quiets, 2);
    world_run(w, 5000);
    assert_int_equal(w->nodes[0].quiets, 2);
    world_destroy(w);
}

/* ---- who may not speak ---- */

static bool somebody_knows_two(const struct world *w) {
    return w->nodes[0].view[2].told || w->nodes[1].view[2].told || w->nodes[2].view[0].told;
}

static void expect_stranger(struct world *w, const char *note) {
    for (uint32_t i = 0; i < 3; i++)
        world_start(w, i);
    world_run(w, 20000);
    assert_false(somebody_knows_two(w));
    assert_true(w->nodes[0].member->nonsense > 1); /* it keeps knocking */
    assert_int_equal(w->nodes[0].notes, 1);
    assert_string_equal(w->nodes[0].note, note);
    assert_int_equal(w->nodes[2].notes, 1); /* its own people hear of it, too */
    assert_string_equal(w->nodes[2].note,
                        "the node at tcp://10.0.0.1:1000 does not let this one in: "
                        "the token is too old by the clock there, or another cluster's, "
                        "or that node holds this one off for a while");
    assert_true(w->nodes[0].view[1].active && w->nodes[1].view[0].active);
    assert_int_equal(verdicts(w), 0);
    world_destroy(w);
}

static struct world *with_a_stranger(void) {
    struct world *w = world_new(3, 5);
    world_seed(w, 1, 0);
    world_seed(w, 2, 0);
    return w;
}

static void a_certificate_of_another_cluster_is_refused(void **state) {
    (void)state;
    struct world *w = with_a_stranger();
    struct member_config *c = &w->nodes[2].config;
    struct buf certificate = buf_of(c->certificate, sizeof c->certificate);
    struct people kept = people;
    const uint8_t seed[32] = {99};
    crypto_sign_seed_keypair(people.cluster, people.cluster_secret, seed);
    people_grant(people_wall + 1000000);
    certificate_make(span_of(people.grant, people.grant_len), people.seed, &c->signer.id, c->curve,
                     ROLE_NODE, &certificate);
    people = kept;
    c->certificate_len = certificate.len;
    expect_stranger(w, "a node at 10.0.0.1 was refused: this cluster's key did not sign it: it is "
                       "another cluster's, or was changed");
}

static void a_certificate_of_somebody_else_is_refused(void **state) {
    (void)state;
    struct world *w = with_a_stranger();
    struct member_config other = person(1);
    memcpy(w->nodes[2].config.certificate, other.certificate, sizeof other.certificate);
    w->nodes[2].config.certificate_len = other.certificate_len;
    expect_stranger(w, "a node at 10.0.0.1 was refused: its certificate is not this cluster's, "
                       "or it did not sign its record");
}

static void an_old_token_admits_nobody_new(void **state) {
    (void)state;
    struct people kept = people;
    struct world *w = with_a_stranger();
    people_grant(people_wall - 1);
    struct member_config old = person(2);
    people = kept;
    memcpy(w->nodes[2].config.certificate, old.certificate, sizeof old.certificate);
    w->nodes[2].config.certificate_len = old.certificate_len;
    expect_stranger(w, "a node at 10.0.0.1 was refused: the token was good until "
                       "2027-01-15T07:59:59Z, and the clock that looked says "
                       "2027-01-15T08:00:00Z; ask for a new one, or set the clock");
}

static void who_was_admitted_in_time_stays(void **state) {
    (void)state;
    struct world *w = world_new(3, 6);
    world_seed(w, 1, 0);
    world_seed(w, 2, 1);
    world_start(w, 0);
    world_start(w, 1);
    world_until(w, all_see_all, 5000);
    w->at.wall += 2000000; /* all their tokens are too old now */
    people_grant(w->at.wall + 1000000);
    struct member_config fresh = person(2);
    memcpy(w->nodes[2].config.certificate, fresh.certificate, sizeof fresh.certificate);
    w->nodes[2].config.certificate_len = fresh.certificate_len;
    world_start(w, 2);
    world_until(w, all_see_all, 5000);
    world_kill(w, 1, false);
    world_run(w, 2000);
    world_start(w, 1);
    world_until(w, all_see_all, 5000);
    people_grant(people_wall + 1000000);
    world_destroy(w);
}

/* ---- messages for other nodes ---- */

static void send_report(struct world *w, uint32_t from, uint32_t to, uint64_t term) {
    const struct msg m = {.kind = MSG_report, .report.term = term};
    step(w, from, ROOM_LEADER, w->nodes[from].view[to].peer, &m);
}

static void messages_reach_every_node_with_or_without_an_edge(void **state) {
    (void)state;
    struct world *w = cluster(30, 8);
    uint32_t without = 0;
    for (uint32_t i = 0; i < 30; i++) {
        for (uint32_t j = 0; j < 30; j++) {
            uint32_t before = w->nodes[j].reports;
            send_report(w, i, j, i * 100 + j);
            world_run(w, 20);
            assert_int_equal(w->nodes[j].reports, before + 1);
            assert_int_equal(w->nodes[j].report.term, i * 100 + j);
            assert_int_equal(w->nodes[j].report_from, i == j ? 0 : w->nodes[j].view[i].peer);
            without += i != j && !w->nodes[i].view[j].neighbour;
        }
    }
    assert_true(without > 200);
    world_destroy(w);
}

static void what_no_node_may_say_goes_nowhere(void **state) {
    (void)state;
    struct world *w = cluster(2, 8);
    const struct msg inner = {.kind = MSG_left};
    uint8_t memory[64];
    struct buf bytes = buf_of(memory, sizeof memory);
    assert_true(msg_encode(&inner, &bytes));
    step(w, 0, ROOM_LEADER, w->nodes[0].view[1].peer, &inner); /* not in peers.def: stays here */
    uint32_t edge = w->nodes[0].member->edges[w->nodes[0].member->pairs[1].edge].number;
    const struct msg forged = {.kind = MSG_carry,
                               .carry = {.from = w->nodes[1].config.signer.id,
                                         .to = w->nodes[0].config.signer.id,
                                         .hops = 1,
                                         .message = buf_view(&bytes)}};
    step(w, 0, ROOM_PEERS, edge, &forged);
    assert_int_equal(w->nodes[0].member->nonsense, 1);
    assert_int_equal(edges_find(w->nodes[0].member, edge), -1); /* it costs the edge */
    world_run(w, 5000);
    assert_true(all_see_all(w));
    world_destroy(w);
}

/* Node 2 passes on to node 0 what it says node 1 has said. */
static uint32_t reports_after(struct world *w, uint64_t hops) {
    const struct msg report = {.kind = MSG_report, .report.slots = 7};
    uint8_t memory[64];
    struct buf bytes = buf_of(memory, sizeof memory);
    struct world_node *n = &w->nodes[0];
    assert_true(msg_encode(&report, &bytes));
    int32_t place = map_find(&n->member->map, &w->nodes[2].config.signer.id);
    const struct msg carry = {.kind = MSG_carry,
                              .carry = {.from = w->nodes[1].config.signer.id,
                                        .to = n->config.signer.id,
                                        .hops = hops,
                                        .message = buf_view(&bytes)}};
    step(w, 0, ROOM_PEERS, n->member->edges[n->member->pairs[place].edge].number, &carry);
    return n->reports;
}

static void nobody_speaks_for_a_neighbour(void **state) {
    (void)state;
    struct world *w = cluster(3, 12);
    assert_int_equal(reports_after(w, 3), 0); /* it would have come on its own edge */
    assert_int_equal(reports_after(w, 8), 0);
    world_cut(w, 0, 1, true);
    world_cut(w, 1, 0, true);
    world_run(w, 10000);
    assert_false(w->nodes[0].view[1].neighbour);
    assert_int_equal(reports_after(w, 8),
                     0); /* nobody has passed that on before, so it is node 2's own */
    assert_int_equal(reports_after(w, 3), 1);
    world_destroy(w);
}

/* The edge that this node has dialled to the other and on which it has said who it is; -1: there is none now. */
static int32_t greeting_edge(const struct world *w, uint32_t from, uint32_t to) {
    const struct member *m = w->nodes[from].member;
    for (int32_t i = 0; i < LIMIT_EDGES; i++) {
        const struct edge *e = &m->edges[i];
        if (e->state == EDGE_UP && e->dialled &&
            memcmp(e->curve, w->nodes[to].config.curve, sizeof e->curve) == 0)
            return i;
    }
    return -1;
}

/* Its greeting is under way with the record of a life that it ends meanwhile; the other side hears of the new one from a
 * third node first. What it says afterwards is the new life's. */
static void who_begins_another_life_while_it_greets_is_heard(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 10; seed++) {
        struct world *w = world_new(3, seed);
        world_seed(w, 0, 2);
        world_seed(w, 1, 2);
        world_start(w, 2);
        world_start(w, 0);
        world_run(w, 2000);
        world_start(w, 1);
        while (greeting_edge(w, 0, 1) < 0 && greeting_edge(w, 1, 0) < 0)
            world_step(w, w->at.now + 1);
        uint32_t from = greeting_edge(w, 0, 1) >= 0 ? 0 : 1, to = 1 - from;
        struct member *m = w->nodes[from].member;
        struct version claim = m->self.version;
        world_cut(w, from, to, true);
        claim.generation += UINT64_C(1) << 32;
        self_refute(m, &claim, false);
        step(w, from, ROOM_MEMBER, 0, &(struct msg){.kind = MSG_NONE});
        world_run(w, 200);
        world_cut(w, from, to, false);
        world_run(w, 1000);
        assert_true(all_see_all(w));
        send_report(w, from, to, 5);
        world_run(w, 20);
        assert_int_equal(w->nodes[to].reports, 1);
        world_destroy(w);
    }
}

/* Whether who knocks with this record is sent away without a line for people: it comes again. */
static bool is_put_off(struct world *w, const struct paper *paper) {
    struct member *m = w->nodes[0].member;
    struct says out = {.frames = buf_of(w->says, SAYS_BYTES), .from = ROOM_MEMBER};
    const uint32_t edge = LIMIT_EDGES - 1;
    uint8_t memory[4096];
    struct buf record = buf_of(memory, sizeof memory);
    assert_true(msg_encode(&(struct msg){.kind = MSG_member_record, .member_record = paper->record},
                           &record));
    assert_int_equal(m->edges[edge].state, EDGE_FREE);
    m->edges[edge] =
        (struct edge){.state = EDGE_UP, .number = 5000, .dialled = true, .place = -1, .seed = -1};
    memcpy(m->edges[edge].curve, paper->config.curve, sizeof paper->config.curve);
    m->complaint.code = ERR_NONE;
    return edges_greeted(m, edge,
                         &(struct msg_greet){.protocol = PROTOCOL_VERSION,
                                             .certificate = paper->record.certificate,
                                             .record = buf_view(&record)},
                         &out) &&
           m->complaint.code == ERR_NONE && m->edges[edge].state == EDGE_FREE;
}

/* A new member gets the place of one that is gone, and its number is a new one: the other rooms must have heard before that the
 * old one is gone, or they would hold it for alive for ever. */
static void a_place_is_given_again_when_its_end_is_known(void **state) {
    (void)state;
    struct world *w = cluster(2, 13);
    struct member *m = w->nodes[0].member;
    struct paper *paper = calloc(1, sizeof *paper);
    int32_t place;
    assert_non_null(paper);
    for (uint32_t i = 2; i < LIMIT_MEMBERS; i++) {
        paper_fill(paper, i, (struct version){1, INCARNATION_LAST, MEMBER_LEFT});
        paper_sign(paper, &paper->config.signer);
        assert_int_equal(map_merge(&m->map, &paper->record, w->at.now, &place), MERGED_JOINED);
        records_changed(m, (uint32_t)place, EDGE_NONE, true);
    }
    paper_fill(paper, 5000, (struct version){1, 1, MEMBER_ALIVE});
    paper_sign(paper, &paper->config.signer);
    uint32_t edge = (uint32_t)m->pairs[1].edge;
    assert_int_equal(record_hear(m, edge, &paper->record, &place), PROOF_LATER);
    assert_true(is_put_off(w, paper));
    world_run(w, 1000); /* all are told of */
    assert_int_equal(record_hear(m, edge, &paper->record, &place), PROOF_GOOD);
    assert_in_range(place, 2, LIMIT_MEMBERS - 1);
    assert_int_equal(m->map.known[place].peer, place + LIMIT_MEMBERS);
    free(paper);
    world_destroy(w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(three_see_each_other_half_a_second_after_the_last_start),
        cmocka_unit_test(a_kill_is_known_everywhere_within_a_second),
        cmocka_unit_test(nothing_happens_to_a_healthy_cluster),
        cmocka_unit_test(a_vanished_host_is_known_in_seconds_and_dead_in_ten_more),
        cmocka_unit_test(one_that_is_alone_with_the_lost_waits_for_nobody),
        cmocka_unit_test(one_that_comes_back_is_known_by_its_new_life),
        cmocka_unit_test(islands_that_never_met_find_each_other),
        cmocka_unit_test(who_leaves_is_not_accused),
        cmocka_unit_test(who_is_told_to_stop_says_so_and_waits_until_it_was_heard),
        cmocka_unit_test(nobody_waits_long_for_one_who_does_not_answer),
        cmocka_unit_test(a_certificate_of_another_cluster_is_refused),
        cmocka_unit_test(a_certificate_of_somebody_else_is_refused),
        cmocka_unit_test(an_old_token_admits_nobody_new),
        cmocka_unit_test(who_was_admitted_in_time_stays),
        cmocka_unit_test(messages_reach_every_node_with_or_without_an_edge),
        cmocka_unit_test(what_no_node_may_say_goes_nowhere),
        cmocka_unit_test(nobody_speaks_for_a_neighbour),
        cmocka_unit_test(who_begins_another_life_while_it_greets_is_heard),
        cmocka_unit_test(a_place_is_given_again_when_its_end_is_known),
    };
    return cmocka_run_group_tests(tests, people_begin, NULL);
}
