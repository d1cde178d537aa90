#include "cmd/cli/table.h"

#include <stdlib.h>
#include <string.h>

#include "proto/base/check.h"

/* One long cell must not push the columns of every other row off the screen. */
enum { PAGE_BYTES = 1 << 20, GAP = 2, WIDTH_MAX = 60 };

struct cell {
    uint32_t at; /* in the page's text */
    uint32_t len;
};

struct table {
    FILE *to;
    uint32_t width;
    size_t columns_count;
    struct table_column columns[TABLE_COLUMNS_MAX];
    uint32_t widths[TABLE_COLUMNS_MAX];
    bool begun; /* the headings are out and the widths are settled */
    struct cell *cells;
    size_t rows;
    size_t position; /* column of the next cell */
    struct buf text; /* of all cells of the page */
    struct buf line;
};

struct table *table_new(FILE *to, const struct table_column *columns, size_t count,
                        uint32_t width) {
    ensure(count > 0);
    ensure(count <= TABLE_COLUMNS_MAX);
    struct table *t = calloc(1, sizeof *t);
    if (t == NULL)
        return NULL;
    t->to = to;
    t->width = width;
    t->columns_count = count;
    memcpy(t->columns, columns, count * sizeof *columns);
    t->cells = calloc(count * TABLE_PAGE_ROWS, sizeof *t->cells);
    /* A line may also hold the padding of every column. */
    uint8_t *memory = malloc((size_t)PAGE_BYTES * 4);
    t->text = buf_of(memory, PAGE_BYTES);
    if (t->cells == NULL || memory == NULL) {
        table_destroy(&t);
        return NULL;
    }
    t->line = buf_of(memory + PAGE_BYTES, (size_t)PAGE_BYTES * 3);
    return t;
}

void table_destroy(struct table **t) {
    if (*t == NULL)
        return;
    free((*t)->cells);
    free((*t)->text.data);
    free(*t);
    *t = NULL;
}

static bool is_continuation(uint8_t byte) {
    return (byte & 0xc0) == 0x80;
}

/* Columns on the screen, one a code point: right for all that names and numbers are made of. */
static uint32_t text_width(struct span s) {
    uint32_t width = 0;
    for (size_t i = 0; i < s.len; i++)
        width += !is_continuation(s.data[i]);
    return width;
}

/* Length of the control character at s, in bytes; 0: it is none. C1 controls are two bytes of
 * UTF-8. */
static size_t control_len(struct span s) {
    if (s.data[0] < 0x20 || s.data[0] == 0x7f)
        return 1;
    return s.len > 1 && s.data[0] == 0xc2 && s.data[1] >= 0x80 && s.data[1] < 0xa0 ? 2 : 0;
}

void table_clean(struct buf *text, size_t from) {
    size_t to = from;
    while (from < text->len) {
        size_t control = control_len(span_of(text->data + from, text->len - from));
        text->data[to++] = control > 0 ? ' ' : text->data[from];
        from += control > 0 ? control : 1;
    }
    text->len = to;
}

void table_cell(struct table *t, struct span text) {
    ensure(t->position < t->columns_count);
    struct cell *cell = &t->cells[t->rows * t->columns_count + t->position++];
    cell->at = (uint32_t)t->text.len;
    size_t room = t->text.cap - t->text.len;
    if (text.len > room) {
        text.len = room;
        while (text.len > 0 && is_continuation(text.data[text.len]))
            text.len--;
    }
    buf_span(&t->text, text);
    table_clean(&t->text, cell->at);
    cell->len = (uint32_t)(t->text.len - cell->at);
}

static struct span cell_text(const struct table *t, size_t row, size_t column) {
    const struct cell *cell = &t->cells[row * t->columns_count + column];
    return span_of(t->text.data + cell->at, cell->len);
}

static void spaces_put(struct buf *out, uint32_t count) {
    while (count-- > 0)
        buf_byte(out, ' ');
}

/* One cell and the gap before it; the last column is not padded, so that no line ends in spaces. */
static void line_put(struct table *t, size_t column, struct span text) {
    uint32_t width = text_width(text);
    uint32_t padding = width < t->widths[column] ? t->widths[column] - width : 0;
    bool right = t->columns[column].side == TABLE_RIGHT;
    bool last = column + 1 == t->columns_count;
    if (column > 0)
        spaces_put(&t->line, GAP);
    if (right)
        spaces_put(&t->line, padding);
    buf_span(&t->line, text);
    if (!right && !last)
        spaces_put(&t->line, padding);
}

/* Length in bytes of the first `width` columns. */
static size_t prefix_len(struct span s, uint32_t width) {
    size_t i = 0;
    for (; i < s.len; i++) {
        if (!is_continuation(s.data[i]) && width-- == 0)
            break;
    }
    return i;
}

static void line_end(struct table *t) {
    struct span line = buf_view(&t->line);
    while (line.len > 0 && line.data[line.len - 1] == ' ')
        line.len--;
    bool cut = t->width > 3 && text_width(line) > t->width;
    if (cut)
        line.len = prefix_len(line, t->width - 3);
    fwrite(line.data, 1, line.len, t->to);
    fputs(cut ? "...\n" : "\n", t->to);
    buf_clear(&t->line);
}

static void table_begin(struct table *t) {
    for (size_t c = 0; c < t->columns_count; c++) {
        t->widths[c] = text_width(span_text(t->columns[c].heading));
        for (size_t r = 0; r < t->rows; r++) {
            uint32_t width = text_width(cell_text(t, r, c));
            if (width > t->widths[c])
                t->widths[c] = width < WIDTH_MAX ? width : WIDTH_MAX;
        }
    }
    for (size_t c = 0; c < t->columns_count; c++)
        line_put(t, c, span_text(t->columns[c].heading));
    line_end(t);
    t->begun = true;
}

void table_flush(struct table *t) {
    ensure(t->position == 0);
    if (t->rows == 0)
        return;
    if (!t->begun)
        table_begin(t);
    for (size_t r = 0; r < t->rows; r++) {
        for (size_t c = 0; c < t->columns_count; c++)
            line_put(t, c, cell_text(t, r, c));
        line_end(t);
    }
    t->rows = 0;
    buf_clear(&t->text);
}

void table_row(struct table *t) {
    ensure(t->position == t->columns_count);
    t->position = 0;
    t->rows++;
    if (t->rows == TABLE_PAGE_ROWS || t->text.len > t->text.cap / 2)
        table_flush(t);
}
