#include "actors/facts/batch.h"

#include "actors/kit/frame.h"

#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct fixture {
    struct signer signer;
    struct batches *batches;
    struct logs *logs;
    struct says out;
    uint8_t said[SAYS_BYTES];
};

static int set_up(void **state) {
    struct fixture *f = calloc(1, sizeof *f);
    const uint8_t seed[crypto_sign_SEEDBYTES] = {5};
    if (f == NULL || sodium_init() < 0)
        return -1;
    crypto_sign_seed_keypair(f->signer.id.bytes, f->signer.secret, seed);
    f->batches = calloc(1, sizeof *f->batches);
    f->logs = calloc(1, sizeof *f->logs);
    f->logs->serial = 1;
    batches_init(f->batches, &f->signer, f->logs);
    f->batches->generation = 3;
    f->out = (struct says){.frames = buf_of(f->said, sizeof f->said), .from = ROOM_FACTS};
    *state = f;
    return f->batches == NULL;
}

static int tear_down(void **state) {
    struct fixture *f = *state;
    free(f->batches);
    free(f->logs);
    free(f);
    return 0;
}

static const struct msg fact = {.kind = MSG_proposal_fact, .proposal_fact.slot = 1};

/* The next message said; the test has looked at all before it. */
static struct msg said(struct fixture *f, struct span *rest) {
    struct msg m;
    struct err err;
    assert_true(rest->len > 0);
    assert_true(msg_decode(&m, frame_take(rest).message, &err));
    (void)f;
    return m;
}

static struct msg_save launched(struct fixture *f) {
    buf_clear(&f->out.frames);
    batches_launch(f->batches, &f->out);
    struct span rest = buf_view(&f->out.frames);
    struct msg m = said(f, &rest);
    assert_int_equal(m.kind, MSG_save);
    assert_int_equal(rest.len, 0);
    return m.save;
}

static struct span landed(struct fixture *f) {
    buf_clear(&f->out.frames);
    buf_span(&f->out.frames, buf_view(&batches_oldest(f->batches)->after.frames));
    batches_landed(f->batches);
    logs_check(f->logs, 0);
    return buf_view(&f->out.frames);
}

/* The next bundle of a transaction that holds nothing else: in the log, in its index, in the heads. False: no more. */
static bool next_bundle(struct ops *ops, struct bundle *b, uint64_t *serial) {
    struct op op, place, head;
    struct err err;
    bool wrong;
    if (!ops_next(ops, &op, &wrong))
        return false;
    assert_int_equal(op.table, TABLE_log);
    assert_true(bundle_open(b, op.value, &err));
    assert_true(op.value.len <= LIMIT_BUNDLE_BYTES);
    *serial = read_be64(op.key.data);
    uint8_t key_memory[NODE_ID_BYTES + 16];
    struct buf key = buf_of(key_memory, sizeof key_memory);
    bundle_key(&key, &b->author, b->generation, b->sequence);
    assert_true(ops_next(ops, &place, &wrong));
    assert_int_equal(place.table, TABLE_log_index);
    assert_true(span_equal(place.key, buf_view(&key)));
    assert_true(span_equal(place.value, op.key));
    assert_true(ops_next(ops, &head, &wrong));
    assert_int_equal(head.table, TABLE_heads);
    assert_true(span_equal(head.key, span_of(key_memory, LOG_KEY_BYTES)));
    assert_int_equal(read_be64(head.value.data), b->sequence + b->count);
    return true;
}

static void open_only_bundle(const struct msg_save *save, struct bundle *b) {
    struct ops ops = ops_of(save->ops);
    struct bundle none;
    uint64_t serial;
    assert_true(next_bundle(&ops, b, &serial));
    assert_false(next_bundle(&ops, &none, &serial));
}

static void promises_wait_for_the_disk(void **state) {
    struct fixture *f = *state;
    struct batch *batch = batches_room(f->batches, 100);
    assert_non_null(batch);
    assert_true(batch_is_empty(batch));
    ops_put(&batch->ops, TABLE_meta, span_text("k"), span_text("v"));
    say(&batch->after, &(struct msg){.kind = MSG_handed_over, .handed_over.lacking = 1});
    assert_false(batch_is_empty(batch));
    struct msg_save save = launched(f);
    assert_int_equal(save.ticket, 1);
    assert_true(f->batches->under_way);
    struct span rest = landed(f);
    assert_int_equal(said(f, &rest).kind, MSG_handed_over);
    assert_int_equal(rest.len, 0);
    assert_false(f->batches->under_way);
    assert_true(batch_is_empty(batches_oldest(f->batches)));
    assert_int_equal(batches_waiting(f->batches), 0);
}

static void one_save_is_under_way_and_the_next_gathers(void **state) {
    struct fixture *f = *state;
    struct batch *first = batches_room(f->batches, 100);
    ops_put(&first->ops, TABLE_meta, span_text("a"), span_text("1"));
    (void)launched(f);
    struct batch *second = batches_room(f->batches, 100);
    assert_ptr_not_equal(first, second);
    assert_ptr_equal(batches_room(f->batches, 100), second);
    ops_put(&second->ops, TABLE_meta, span_text("b"), span_text("2"));
    assert_int_equal(batches_waiting(f->batches), 1);
    assert_int_equal(landed(f).len, 0);
    assert_ptr_equal(batches_oldest(f->batches), second);
    struct msg_save save = launched(f);
    assert_int_equal(save.ticket, 2);
    struct ops ops = ops_of(save.ops);
    struct op op;
    bool wrong;
    assert_true(ops_next(&ops, &op, &wrong));
    assert_true(span_is(op.key, "b"));
}

static void the_same_save_can_be_asked_for_again(void **state) {
    struct fixture *f = *state;
    struct batch *batch = batches_room(f->batches, 100);
    batch_add_fact(f->batches, batch, &fact);
    struct msg_save save = launched(f);
    uint8_t *before = malloc(save.ops.len);
    size_t len = save.ops.len;
    memcpy(before, save.ops.data, len);
    buf_clear(&f->out.frames);
    batches_relaunch(f->batches, &f->out);
    struct span rest = buf_view(&f->out.frames);
    struct msg again = said(f, &rest);
    assert_int_equal(again.save.ticket, 1);
    assert_int_equal(again.save.ops.len, len);
    assert_memory_equal(again.save.ops.data, before, len); /* signed once */
    free(before);
}

static void sequences_go_on_across_batches(void **state) {
    struct fixture *f = *state;
    uint64_t expected = 0;
    for (uint64_t round = 0; round < 70; round++) { /* the ring goes round twice */
        uint32_t facts = 1 + (uint32_t)(round % 5);
        struct batch *batch = batches_room(f->batches, 100);
        for (uint32_t i = 0; i < facts; i++)
            batch_add_fact(f->batches, batch, &fact);
        struct msg_save save = launched(f);
        struct bundle b;
        open_only_bundle(&save, &b);
        assert_int_equal(save.ticket, round + 1);
        assert_int_equal(b.generation, 3);
        assert_int_equal(b.sequence, expected);
        assert_int_equal(b.count, facts);
        expected += facts;
        (void)landed(f);
    }
}

static void a_batch_holds_so_many_facts_and_no_more(void **state) {
    struct fixture *f = *state;
    struct batch *first = batches_room(f->batches, 64);
    for (int i = 0; i < BATCH_FACTS; i++) {
        assert_ptr_equal(batches_room(f->batches, 64), first);
        assert_int_equal(batch_add_fact(f->batches, first, &fact), i);
    }
    struct batch *second = batches_room(f->batches, 64);
    assert_ptr_not_equal(first, second);
    batch_add_fact(f->batches, second, &fact);
    struct msg_save save = launched(f);
    struct ops ops = ops_of(save.ops);
    struct bundle b;
    uint64_t serial;
    for (uint64_t i = 0; i < BATCH_FACTS / LIMIT_BATCH_FACTS; i++) { /* each under its signature */
        assert_true(next_bundle(&ops, &b, &serial));
        assert_int_equal(serial, i + 1);
        assert_int_equal(b.sequence, i * LIMIT_BATCH_FACTS);
        assert_int_equal(b.count, LIMIT_BATCH_FACTS);
    }
    assert_false(next_bundle(&ops, &b, &serial));
    (void)landed(f);
    save = launched(f);
    open_only_bundle(&save, &b);
    assert_int_equal(b.sequence, BATCH_FACTS);
    assert_int_equal(b.count, 1);
}

static void a_bundle_holds_so_many_bytes_and_no_more(void **state) {
    struct fixture *f = *state;
    static uint8_t config[30000];
    const struct msg large = {.kind = MSG_proposal_fact,
                              .proposal_fact = {.config = span_of(config, sizeof config)}};
    struct batch *batch = batches_room(f->batches, 6 * sizeof config);
    for (int i = 0; i < 5; i++)
        batch_add_fact(f->batches, batch, &large);
    struct msg_save save = launched(f);
    struct ops ops = ops_of(save.ops);
    struct bundle b;
    uint64_t serial, next = 0;
    while (next_bundle(&ops, &b, &serial)) {
        assert_int_equal(b.sequence, next);
        next += b.count;
    }
    assert_int_equal(next, 5);
    assert_int_equal(serial, 3);
}

static void what_is_carried_lies_alone(void **state) {
    struct fixture *f = *state;
    struct batch *batch = batches_room(f->batches, 100);
    batch_add_fact(f->batches, batch, &fact);
    batch_carry(f->batches, batch, span_text("signed elsewhere"));
    batch_add_fact(f->batches, batch, &fact);
    struct msg_save save = launched(f);
    struct ops ops = ops_of(save.ops);
    struct bundle b;
    struct msg m;
    struct err err;
    uint64_t serial;
    for (uint64_t i = 0; i < 3; i++) {
        assert_true(next_bundle(&ops, &b, &serial));
        assert_int_equal(b.sequence, i);
        assert_int_equal(b.count, 1);
        assert_true(bundle_next(&b, &m, &err));
        assert_int_equal(m.kind, i == 1 ? MSG_carried_fact : MSG_proposal_fact);
    }
}

/* A bundle that another node signed gets its serial at once: what this node has to say in an older batch comes before it. */
static void expect_mark(const struct batch *batch, uint32_t at, uint32_t log, uint64_t next) {
    assert_true(at < batch->marks_count);
    assert_int_equal(batch->marks[at].log, log);
    assert_int_equal(batch->marks[at].next, next);
}

static void what_a_batch_relies_on_is_marked_once(void **state) {
    struct fixture *f = *state;
    struct node_id other = {{9}};
    struct batch *batch = batches_room(f->batches, 100);
    struct log *a = logs_get(f->logs, &f->signer.id, 3, true);
    struct log *b = logs_get(f->logs, &other, 5, false);
    a->taken = a->queued = 4;
    b->taken = b->queued = 7;
    batch_relies(batch, mark_of(f->logs, b));
    batch_relies(batch, mark_of(f->logs, a));
    assert_int_equal(batch->marks_count, 2);
    expect_mark(batch, 0, logs_number(f->logs, b), 7);
    expect_mark(batch, 1, logs_number(f->logs, a), 4);
    b->taken = b->queued = 8; /* further by now */
    batch_relies(batch, mark_of(f->logs, b));
    assert_int_equal(batch->marks_count, 2);
    expect_mark(batch, 0, logs_number(f->logs, b), 8);
    batch_relies(batch, (struct mark){.log = logs_number(f->logs, b), .next = 2}); /* less */
    expect_mark(batch, 0, logs_number(f->logs, b), 8);
    assert_true(batch_has_marks(batch, BATCH_MARKS - 4));
    assert_false(batch_has_marks(batch, BATCH_MARKS - 3));
    assert_true(batch_is_empty(batch)); /* a mark alone is nothing to be saved */
}

static void what_is_synced_is_never_taken_back(void **state) {
    struct fixture *f = *state;
    struct node_id other = {{9}};
    struct batch *batch = batches_room(f->batches, 100);
    struct log *log = logs_get(f->logs, &other, 5, false);
    log->taken = log->queued = log->synced = 7;
    batch_relies(batch, (struct mark){.log = logs_number(f->logs, log), .next = 2});
    (void)batch_add_fact(f->batches, batch, &fact);
    (void)launched(f);
    (void)landed(f);
    assert_int_equal(log->synced, 7);
}

static void serials_grow_from_batch_to_batch(void **state) {
    struct fixture *f = *state;
    struct node_id other = {{7}};
    struct log *log = logs_get(f->logs, &other, 1, false);
    struct batch *first = batches_room(f->batches, 100);
    batch_add_fact(f->batches, first, &fact);
    struct batch *second = batches_room(f->batches, LIMIT_BATCH_BYTES);
    assert_ptr_not_equal(second, first);
    batch_keep(f->batches, second, log, 3, span_text("not looked into"));
    assert_int_equal(first->serial, 1);
    assert_int_equal(second->serial, 2);
    assert_int_equal(log->taken, 3);
    (void)launched(f);
    (void)landed(f);
    assert_int_equal(f->logs->serial_synced, 1);
    assert_int_equal(log->synced, 0);
    (void)launched(f);
    (void)landed(f);
    assert_int_equal(f->logs->serial_synced, 2);
    assert_int_equal(log->synced, 3);
}

static void a_batch_holds_so_many_bytes_and_no_more(void **state) {
    struct fixture *f = *state;
    static const uint8_t blob[100000];
    struct batch *first = batches_room(f->batches, sizeof blob), *batch;
    int puts = 0;
    while ((batch = batches_room(f->batches, sizeof blob)) == first) {
        ops_put(&first->ops, TABLE_meta, span_text("k"), span_of(blob, sizeof blob));
        puts++;
    }
    assert_int_equal(puts, LIMIT_BATCH_BYTES / sizeof blob);
    assert_non_null(batch);
    assert_true(batch_is_empty(batch));
}

static void when_every_batch_is_full_there_is_no_room(void **state) {
    struct fixture *f = *state;
    static const uint8_t blob[900000];
    for (int i = 0; i < BATCHES; i++) {
        struct batch *batch = batches_room(f->batches, sizeof blob);
        assert_non_null(batch);
        assert_true(batch_is_empty(batch));
        ops_put(&batch->ops, TABLE_meta, span_text("k"), span_of(blob, sizeof blob));
        say(&batch->after, &(struct msg){.kind = MSG_saved, .saved.ticket = (uint64_t)i});
    }
    assert_int_equal(batches_waiting(f->batches), BATCHES - 1);
    assert_null(batches_room(f->batches, sizeof blob));
    for (uint64_t i = 0; i < BATCHES; i++) {
        assert_int_equal(launched(f).ticket, i + 1);
        if (i + 1 < BATCHES) /* while the oldest flies the ring is as full as before */
            assert_int_equal(batches_waiting(f->batches), BATCHES - 1 - i);
        struct span rest = landed(f);
        assert_int_equal(said(f, &rest).saved.ticket, i);
        assert_int_equal(rest.len, 0);
    }
    assert_non_null(batches_room(f->batches, sizeof blob));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(promises_wait_for_the_disk, set_up, tear_down),
        cmocka_unit_test_setup_teardown(one_save_is_under_way_and_the_next_gathers, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(the_same_save_can_be_asked_for_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(sequences_go_on_across_batches, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_batch_holds_so_many_facts_and_no_more, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_bundle_holds_so_many_bytes_and_no_more, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_is_carried_lies_alone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_synced_is_never_taken_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_a_batch_relies_on_is_marked_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(serials_grow_from_batch_to_batch, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_batch_holds_so_many_bytes_and_no_more, set_up, tear_down),
        cmocka_unit_test_setup_teardown(when_every_batch_is_full_there_is_no_room, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
