#include "actors/facts/facts_state.h"

#include "proto/base/check.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

enum { LIST_PAGE = 8, META_ROWS = 64 };

/* What is read before the first batch, one after the other. */
enum boot_step { BOOT_META, BOOT_AUTHORS, BOOT_HEADS, BOOT_BACKLOG, BOOT_LAST };

static const struct span boot_key = {.data = (const uint8_t *)"boot", .len = 4};

static bool is_paged(const struct facts *f) {
    return f->boot_step == BOOT_AUTHORS || f->boot_step == BOOT_HEADS;
}

void boot_begin(struct facts *f, struct says *out) {
    struct msg_scan scan = {.table = TABLE_meta, .limit = META_ROWS};
    if (is_paged(f))
        scan = (struct msg_scan){.table = f->boot_step == BOOT_HEADS ? TABLE_heads : TABLE_authors,
                                 .after = span_of(f->boot_after, f->boot_after_len)};
    else if (f->boot_step == BOOT_BACKLOG)
        scan = (struct msg_scan){.table = TABLE_backlog, .limit = 1};
    else if (f->boot_step == BOOT_LAST)
        scan = (struct msg_scan){.table = TABLE_log, .backward = true, .limit = 1};
    f->list_scan = facts_scan(f, out, &scan);
}

/* Of things that are never the same again, a copy of the folder included: what a disk holds is said anew by each life. */
static void name_store(struct facts *f) {
    static_assert(STORE_ID_BYTES == crypto_generichash_BYTES_MIN, "a hash is the name");
    uint8_t memory[NODE_ID_BYTES + 8];
    struct buf made_of = buf_of(memory, sizeof memory);
    buf_put(&made_of, f->config.signer.id.bytes, NODE_ID_BYTES);
    buf_be64(&made_of, f->batches.generation);
    crypto_generichash(f->spread.store, STORE_ID_BYTES, memory, made_of.len, NULL, 0);
}

static void raise_generation(struct facts *f) {
    f->boots++;
    f->batches.generation = f->boots << 32 | f->config.nonce;
    uint8_t value_memory[16];
    struct buf value = buf_of(value_memory, sizeof value_memory);
    mp_put_u64(&value, f->boots);
    struct batch *batch = facts_room(f, 64);
    ensure(batch != NULL);
    ops_put(&batch->ops, TABLE_meta, boot_key, buf_view(&value));
    name_store(f);
    f->life = FACTS_UP;
    f->listing = f->autorun;
    f->list_scan = 0;
}

static void take_meta(struct facts *f, struct span key, struct span bytes) {
    struct mp value = mp_of(bytes);
    if (span_equal(key, boot_key))
        f->boots = mp_u64(&value);
}

static void take_author(struct facts *f, struct span key, struct span certificate) {
    struct node_id node;
    if (key.len != sizeof node.bytes) {
        f->nonsense++;
        return;
    }
    memcpy(node.bytes, key.data, sizeof node.bytes);
    f->nonsense += !authors_add(&f->logs.authors, &node, certificate);
}

static void take_row(struct facts *f, struct span key, struct span value) {
    if (f->boot_step == BOOT_META)
        take_meta(f, key, value);
    else if (f->boot_step == BOOT_AUTHORS)
        take_author(f, key, value);
    else if (f->boot_step == BOOT_HEADS && !logs_take_row(&f->logs, key, value))
        f->nonsense++; /* more lives than a store can tell of: their bundles stay where they are */
    else if (f->boot_step == BOOT_BACKLOG)
        f->inbox.put_off_ever = f->inbox.late.wanted = true;
    else if (f->boot_step == BOOT_LAST && key.len == 8)
        f->logs.serial = (f->logs.serial_synced = read_be64(key.data)) + 1;
    if (is_paged(f) && key.len <= sizeof f->boot_after) {
        memcpy(f->boot_after, key.data, key.len);
        f->boot_after_len = key.len;
    }
}

void boot_rows(struct facts *f, const struct msg_rows *rows, when_ms now, struct says *out) {
    if (rows->code != ERR_NONE) { /* a counter that cannot be read must not begin again at one */
        f->retry_at = now + FACTS_RETRY_LEAST;
        return;
    }
    struct mp in = mp_of(rows->rows);
    while (mp_peek(&in) != MP_END && in.bad == NULL) {
        struct span key = mp_bin(&in);
        take_row(f, key, mp_bin(&in));
    }
    if (!is_paged(f) || !rows->more || rows->rows.len == 0) {
        f->boot_step++;
        f->boot_after_len = 0;
    }
    if (f->boot_step > BOOT_LAST)
        raise_generation(f);
    else
        boot_begin(f, out);
}

static bool has_room_to_list(const struct facts *f) {
    return f->errands.count + LIST_PAGE <= ERRANDS / 2; /* the other half is for those who ask */
}

bool boot_lists(const struct facts *f) {
    return f->listing && f->list_scan == 0 && has_room_to_list(f);
}

void boot_list_again(struct facts *f, when_ms when) {
    f->relist_at = when_sooner(f->relist_at, when);
}

/* Without a free seat it begins when there is one. */
static void begin_list(struct facts *f, when_ms now) {
    if (f->listing || f->relist_at > now)
        return;
    if (facts_free_seat(f) == NULL) {
        f->unseated = true;
        return;
    }
    f->relist_at = WHEN_NEVER;
    f->listing = true;
    f->list_after_len = 0;
}

/* An agent runs every open job: it looks through all of them once, a page whenever there is room for its errands. */
void boot_list(struct facts *f, when_ms now, struct says *out) {
    begin_list(f, now);
    if (!boot_lists(f) || f->list_at > now)
        return;
    if (facts_free_seat(f) == NULL) {
        f->listing = false;
        f->unseated = true;
        return;
    }
    f->list_scan = facts_scan(f, out,
                              &(struct msg_scan){.table = TABLE_summaries,
                                                 .after = span_of(f->list_after, f->list_after_len),
                                                 .limit = LIST_PAGE});
}

void boot_list_rows(struct facts *f, const struct msg_rows *rows, when_ms now, struct says *out) {
    struct mp in = mp_of(rows->rows);
    while (mp_peek(&in) != MP_END && in.bad == NULL) {
        struct span key = mp_bin(&in);
        struct msg row;
        struct err err;
        bool whole = msg_decode(&row, mp_bin(&in), &err) && row.kind == MSG_job_row;
        if (errands_full(&f->errands))
            break; /* the rest is read again when there is room */
        if (key.len == sizeof f->list_after) {
            memcpy(f->list_after, key.data, key.len);
            f->list_after_len = key.len;
        }
        if (whole && row.job_row.state == JOB_OPEN && facts_seat(f, &row.job_row.job) == NULL)
            errand_want(f, 0, &row.job_row.job, out);
    }
    f->list_scan = 0;
    f->listing = rows->more || rows->code != ERR_NONE || mp_peek(&in) != MP_END;
    f->list_at = rows->code != ERR_NONE ? now + FACTS_RETRY_MOST : INT64_MIN;
}
