#include "proto/base/check.h"
#include "store/store_kind.h"

#include <string.h>

bool store_save(struct store *s, struct span ops, struct err *err) {
    return s->kind->save(s, &ops, 1, err);
}

bool store_save_all(struct store *s, const struct span *ops, size_t count, struct err *err) {
    return s->kind->save(s, ops, count, err);
}

void store_tend(struct store *s) {
    if (s->kind->tend != NULL)
        s->kind->tend(s);
}

void store_rest(struct store *s) {
    if (s->kind->rest != NULL)
        s->kind->rest(s);
}

bool store_is_open(const struct store *s) {
    return s->kind->is_open == NULL || s->kind->is_open(s);
}

void store_close(struct store **s) {
    if (*s == NULL)
        return;
    (*s)->kind->close(*s);
    *s = NULL;
}

/* The smallest key above all that begin with `prefix`; false when there is none (it is all 0xff).
 * */
static bool prefix_end(struct span prefix, uint8_t *memory, struct span *end) {
    size_t len = prefix.len;
    while (len > 0 && prefix.data[len - 1] == 0xff)
        len--;
    if (len == 0)
        return false;
    memcpy(memory, prefix.data, len);
    memory[len - 1]++;
    *end = span_of(memory, len);
    return true;
}

/* The last row whose key is below `bound`. */
static bool find_below(struct store *s, struct span bound, struct row *row, struct err *err) {
    if (!s->kind->scan_find(s, &bound, row, err))
        return false;
    if (row->key.len == 0)
        return s->kind->scan_find(s, NULL, row, err);
    return s->kind->scan_step(s, true, row, err);
}

static bool find_first_forward(struct store *s, const struct store_scan *scan, struct row *row,
                               struct err *err) {
    struct span from = scan->prefix;
    if (span_compare(scan->after, from) > 0)
        from = scan->after;
    if (from.len == 0)
        from = span_of("", 1); /* the smallest key there can be: keys are never empty */
    if (!s->kind->scan_find(s, &from, row, err))
        return false;
    if (row->key.len > 0 && scan->after.len > 0 && span_equal(row->key, scan->after))
        return s->kind->scan_step(s, false, row, err);
    return true;
}

static bool find_first_backward(struct store *s, const struct store_scan *scan, struct row *row,
                                struct err *err) {
    uint8_t memory[STORE_KEY_BYTES_MAX];
    struct span end = {0};
    bool bounded = prefix_end(scan->prefix, memory, &end);
    if (scan->after.len > 0 && (!bounded || span_compare(scan->after, end) < 0)) {
        end = scan->after;
        bounded = true;
    }
    return bounded ? find_below(s, end, row, err) : s->kind->scan_find(s, NULL, row, err);
}

static bool has_prefix(struct span key, struct span prefix) {
    return key.len >= prefix.len && span_equal(span_of(key.data, prefix.len), prefix);
}

/* Copies rows until there are no more, or no more are wanted. */
static bool copy_rows(struct store *s, const struct store_scan *scan, struct buf *out, bool *more,
                      struct err *err) {
    struct row row = {0};
    if (!(scan->backward ? find_first_backward : find_first_forward)(s, scan, &row, err))
        return false;
    size_t bytes_max = scan->bytes_max > 0 ? scan->bytes_max : SIZE_MAX;
    size_t begin = out->len;
    for (uint64_t rows = 0; row.key.len > 0 && has_prefix(row.key, scan->prefix); rows++) {
        struct buf before = *out;
        *more = true;
        if (scan->limit > 0 && rows == scan->limit)
            return true;
        mp_put_bin(out, row.key);
        mp_put_bin(out, row.value);
        if (rows > 0 && (out->overflow || out->len - begin > bytes_max)) {
            *out = before;
            return true;
        }
        if (out->overflow) {
            *out = before;
            return err_set(err, ERR_STORE,
                           "a row of %zu bytes in table '%s' does not fit the answer",
                           row.key.len + row.value.len, table_name(scan->table));
        }
        if (!s->kind->scan_step(s, scan->backward, &row, err))
            return false;
    }
    *more = false;
    return true;
}

bool store_scan(struct store *s, const struct store_scan *scan, struct buf *out, bool *more,
                struct err *err) {
    if (table_name(scan->table) == NULL)
        return err_set(err, ERR_BAD_MESSAGE, "there is no table %d", (int)scan->table);
    if (scan->prefix.len > STORE_KEY_BYTES_MAX || scan->after.len > STORE_KEY_BYTES_MAX)
        return err_set(err, ERR_BAD_MESSAGE, "a key has at most %d bytes", STORE_KEY_BYTES_MAX);
    ensure(!out->overflow);
    if (!s->kind->scan_begin(s, scan->table, err))
        return false;
    bool copied = copy_rows(s, scan, out, more, err);
    s->kind->scan_end(s);
    return copied;
}
