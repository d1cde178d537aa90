#include "store/store_mem.h"

#include "proto/base/check.h"
#include "store/store_kind.h"

#include <stdlib.h>
#include <string.h>

/* Rows sorted by key; each is one block that holds its key and value. */
struct rows {
    struct row *items;
    size_t count;
    size_t cap;
};

/* One written transaction that is not synced yet. */
struct written {
    uint8_t *bytes;
    size_t len;
};

struct mem {
    struct store store; /* first: the kinds' functions are given its address */
    struct rows tables[TABLE_COUNT];
    struct written *written;
    size_t written_count;
    size_t written_cap;
    bool full;
    bool failing;
    uint64_t fail_after;
    const struct rows *reading;
    size_t at;
};

static struct mem *mem_of(struct store *s) {
    return (struct mem *)(void *)s;
}

static const struct mem *mem_of_const(const struct store *s) {
    return (const struct mem *)(const void *)s;
}

/* ---- rows ---- */

static size_t rows_find(const struct rows *rows, struct span key, bool *found) {
    size_t low = 0;
    size_t high = rows->count;
    *found = false;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = span_compare(rows->items[middle].key, key);
        if (order == 0) {
            *found = true;
            return middle;
        }
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void row_free(struct row *row) {
    free((void *)(uintptr_t)row->key.data);
}

static struct row row_copy(const struct op *op) {
    uint8_t *block = malloc(op->key.len + op->value.len);
    ensure(block != NULL);
    memcpy(block, op->key.data, op->key.len);
    if (op->value.len > 0)
        memcpy(block + op->key.len, op->value.data, op->value.len);
    return (struct row){.key = span_of(block, op->key.len),
                        .value = span_of(block + op->key.len, op->value.len)};
}

static void rows_put(struct rows *rows, const struct op *op) {
    bool found;
    size_t at = rows_find(rows, op->key, &found);
    if (found) {
        row_free(&rows->items[at]);
    } else {
        if (rows->count == rows->cap) {
            rows->cap = rows->cap == 0 ? 16 : 2 * rows->cap;
            rows->items = realloc(rows->items, rows->cap * sizeof *rows->items);
            ensure(rows->items != NULL);
        }
        memmove(rows->items + at + 1, rows->items + at, (rows->count - at) * sizeof *rows->items);
        rows->count++;
    }
    rows->items[at] = row_copy(op);
}

static void rows_delete(struct rows *rows, struct span key) {
    bool found;
    size_t at = rows_find(rows, key, &found);
    if (!found)
        return;
    row_free(&rows->items[at]);
    rows->count--;
    memmove(rows->items + at, rows->items + at + 1, (rows->count - at) * sizeof *rows->items);
}

/* ---- writing ---- */

static bool readable(struct span bytes) {
    struct ops ops = ops_of(bytes);
    struct op op;
    bool wrong;
    while (ops_next(&ops, &op, &wrong))
        ;
    return !wrong;
}

bool store_mem_write(struct store *s, struct span bytes, struct err *err) {
    struct mem *m = mem_of(s);
    if (!readable(bytes))
        return err_set(err, ERR_BAD_MESSAGE, "a transaction for the store could not be read");
    if (m->full)
        return err_set(err, ERR_STORE_FULL, "the disk is full");
    if (m->failing && m->fail_after-- == 0) {
        m->failing = false;
        return err_set(err, ERR_STORE, "the disk reports an error");
    }
    if (m->written_count == m->written_cap) {
        m->written_cap = m->written_cap == 0 ? 8 : 2 * m->written_cap;
        m->written = realloc(m->written, m->written_cap * sizeof *m->written);
        ensure(m->written != NULL);
    }
    struct written w = {.bytes = malloc(bytes.len + 1), .len = bytes.len};
    ensure(w.bytes != NULL);
    if (bytes.len > 0)
        memcpy(w.bytes, bytes.data, bytes.len);
    m->written[m->written_count++] = w;
    return true;
}

void store_mem_sync(struct store *s) {
    struct mem *m = mem_of(s);
    for (size_t i = 0; i < m->written_count; i++) {
        struct ops ops = ops_of(span_of(m->written[i].bytes, m->written[i].len));
        struct op op;
        bool wrong;
        while (ops_next(&ops, &op, &wrong)) {
            if (op.put)
                rows_put(&m->tables[op.table], &op);
            else
                rows_delete(&m->tables[op.table], op.key);
        }
        free(m->written[i].bytes);
    }
    m->written_count = 0;
}

void store_mem_crash(struct store *s) {
    struct mem *m = mem_of(s);
    for (size_t i = 0; i < m->written_count; i++)
        free(m->written[i].bytes);
    m->written_count = 0;
}

static bool mem_save(struct store *s, const struct span *ops, size_t count, struct err *err) {
    struct mem *m = mem_of(s);
    size_t before = m->written_count;
    for (size_t i = 0; i < count; i++) {
        if (store_mem_write(s, ops[i], err))
            continue;
        while (m->written_count > before)
            free(m->written[--m->written_count].bytes);
        return false;
    }
    store_mem_sync(s);
    return true;
}

void store_mem_set_full(struct store *s, bool full) {
    mem_of(s)->full = full;
}

void store_mem_fail_after(struct store *s, uint64_t writes) {
    mem_of(s)->failing = true;
    mem_of(s)->fail_after = writes;
}

/* ---- reading ---- */

size_t store_mem_rows(const struct store *s, enum table table) {
    return mem_of_const(s)->tables[table].count;
}

void store_mem_row(const struct store *s, enum table table, size_t index, struct span *key,
                   struct span *value) {
    const struct rows *rows = &mem_of_const(s)->tables[table];
    ensure(index < rows->count);
    *key = rows->items[index].key;
    *value = rows->items[index].value;
}

size_t store_mem_find(const struct store *s, enum table table, struct span key) {
    bool found;
    return rows_find(&mem_of_const(s)->tables[table], key, &found);
}

bool store_mem_get(const struct store *s, enum table table, struct span key, struct span *value) {
    bool found;
    const struct rows *rows = &mem_of_const(s)->tables[table];
    size_t at = rows_find(rows, key, &found);
    if (found)
        *value = rows->items[at].value;
    return found;
}

static bool mem_scan_begin(struct store *s, enum table table, struct err *err) {
    (void)err; /* memory can always be read */
    mem_of(s)->reading = &mem_of(s)->tables[table];
    return true;
}

/* `at` outside the rows: it is one past the end, whichever end was passed. */
static bool take_row(struct mem *m, struct row *row) {
    *row = m->at < m->reading->count ? m->reading->items[m->at] : (struct row){0};
    return true;
}

static bool mem_scan_find(struct store *s, const struct span *key, struct row *row,
                          struct err *err) {
    (void)err;
    struct mem *m = mem_of(s);
    bool found;
    m->at = key != NULL ? rows_find(m->reading, *key, &found) : m->reading->count - 1;
    return take_row(m, row);
}

static bool mem_scan_step(struct store *s, bool backward, struct row *row, struct err *err) {
    (void)err;
    struct mem *m = mem_of(s);
    m->at = backward ? m->at - 1 : m->at + 1; /* below 0 wraps far beyond the end */
    return take_row(m, row);
}

static void mem_scan_end(struct store *s) {
    mem_of(s)->reading = NULL;
}

static void mem_close(struct store *s) {
    struct mem *m = mem_of(s);
    store_mem_crash(s);
    free(m->written);
    for (int table = 0; table < TABLE_COUNT; table++) {
        struct rows *rows = &m->tables[table];
        for (size_t i = 0; i < rows->count; i++)
            row_free(&rows->items[i]);
        free(rows->items);
    }
    free(m);
}

static const struct store_kind mem_kind = {.save = mem_save,
                                           .scan_begin = mem_scan_begin,
                                           .scan_find = mem_scan_find,
                                           .scan_step = mem_scan_step,
                                           .scan_end = mem_scan_end,
                                           .close = mem_close};

struct store *store_open_mem(void) {
    struct mem *m = calloc(1, sizeof *m);
    ensure(m != NULL);
    m->store.kind = &mem_kind;
    return &m->store;
}
