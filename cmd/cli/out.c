#include "cmd/cli/out.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "actors/kit/clock_shell.h"
#include "cmd/cli/object.h"
#include "cmd/cli/table.h"
#include "proto/base/check.h"
#include "proto/base/json.h"
#include "proto/base/num.h"
#include "proto/limits.h"

/* A cell comes from one message, and JSON writes a byte as at most six. */
enum { CELL_BYTES = 6 * LIMIT_FRAME_BYTES, SIGNIFICANT = 4, SIGNIFICANT_REAL = 6 };

struct out {
    struct out_config config;
    struct table *table; /* only for tables that are no records */
    struct buf cell;
    struct json_out json;
    size_t position; /* column of the next cell */
    uint64_t rows;
    size_t shown; /* cells of this row so far */
    bool failed;
    int error; /* errno of the first write that failed; 0: the stream had failed before this */
};

static bool is_table(const struct out *o) {
    return o->config.format == FORMAT_TABLE || o->config.format == FORMAT_WIDE;
}

static bool is_json(const struct out *o) {
    return o->config.format == FORMAT_JSON || o->config.format == FORMAT_JSONL;
}

static bool is_shown(const struct out *o, const struct column *column) {
    if (o->config.format == FORMAT_ID)
        return column == o->config.columns;
    if (is_table(o) && column->heading == NULL)
        return false;
    if (!is_table(o) && column->key == NULL)
        return false;
    switch (column->shown) {
    case SHOWN_ALWAYS: return true;
    case SHOWN_WIDE: return o->config.format != FORMAT_TABLE;
    case SHOWN_TABLE: return is_table(o);
    case SHOWN_DATA: return !is_table(o);
    case SHOWN_ID: return false;
    }
    return false;
}

static void write_failed(struct out *o) {
    if (!o->failed)
        o->error = errno;
    o->failed = true;
}

static void put(struct out *o, const void *bytes, size_t len) {
    if (!o->failed && fwrite(bytes, 1, len, o->config.to) != len)
        write_failed(o);
}

static void put_text(struct out *o, const char *text) {
    put(o, text, strlen(text));
}

static void put_cell(struct out *o) {
    ensure(!o->cell.overflow);
    put(o, o->cell.data, o->cell.len);
    buf_clear(&o->cell);
}

static bool is_right(enum column_kind kind) {
    return kind == COLUMN_COUNT || kind == COLUMN_REAL || kind == COLUMN_AGE ||
           kind == COLUMN_DURATION || kind == COLUMN_SIZE;
}

static bool table_make(struct out *o) {
    struct table_column columns[TABLE_COLUMNS_MAX];
    size_t count = 0;
    for (size_t i = 0; i < o->config.columns_count; i++) {
        const struct column *column = &o->config.columns[i];
        if (is_shown(o, column))
            columns[count++] = (struct table_column){
                column->heading, is_right(column->kind) ? TABLE_RIGHT : TABLE_LEFT};
    }
    o->table = table_new(o->config.to, columns, count, o->config.width);
    return o->table != NULL;
}

static void csv_put_text(struct out *o, struct span text) {
    bool plain = text.len > 0;
    for (size_t i = 0; i < text.len; i++)
        plain = plain && memchr("\",\r\n", text.data[i], 4) == NULL;
    if (plain) {
        put(o, text.data, text.len);
        return;
    }
    put_text(o, "\"");
    while (text.len > 0) {
        const uint8_t *quote = memchr(text.data, '"', text.len);
        size_t len = quote == NULL ? text.len : (size_t)(quote - text.data) + 1;
        put(o, text.data, len);
        if (quote != NULL)
            put_text(o, "\"");
        text = span_from(text, len);
    }
    put_text(o, "\"");
}

static void csv_begin(struct out *o) {
    const char *comma = "";
    for (size_t i = 0; i < o->config.columns_count; i++) {
        if (!is_shown(o, &o->config.columns[i]))
            continue;
        put_text(o, comma);
        csv_put_text(o, span_text(o->config.columns[i].key));
        comma = ",";
    }
    put_text(o, "\n");
}

static void json_begin(struct out *o) {
    put_text(o, "{\"version\":1,\"");
    put_text(o, o->config.noun);
    put_text(o, o->config.record ? "\":" : "\":[\n");
}

struct out *out_new(const struct out_config *config) {
    ensure(config->columns_count > 0);
    ensure(config->columns_count <= COLUMNS_MAX);
    struct out *o = calloc(1, sizeof *o);
    uint8_t *memory = malloc(CELL_BYTES);
    ensure(o != NULL);
    ensure(memory != NULL);
    o->config = *config;
    o->failed = ferror(config->to) != 0;
    o->cell = buf_of(memory, CELL_BYTES);
    if (is_table(o) && !config->record)
        ensure(table_make(o));
    if (config->format == FORMAT_CSV)
        csv_begin(o);
    if (config->format == FORMAT_JSON)
        json_begin(o);
    return o;
}

struct out *out_new_stdout(enum format format, bool record, const char *noun,
                           const struct column *columns, size_t columns_count) {
    struct winsize size;
    bool terminal = isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0;
    struct out_config config = {
        .to = stdout,
        .format = format,
        .record = record,
        .noun = noun,
        .columns = columns,
        .columns_count = columns_count,
        .width = terminal && format == FORMAT_TABLE ? size.ws_col : 0,
        .wall = clock_wall(),
    };
    return out_new(&config);
}

bool out_close(struct out **o, struct err *err) {
    struct out *self = *o;
    if (self->table != NULL)
        table_flush(self->table);
    if (self->config.format == FORMAT_JSON && !self->config.record)
        put_text(self, self->rows > 0 ? "\n]}\n" : "]}\n");
    if (self->config.format == FORMAT_JSON && self->config.record)
        put_text(self, self->rows > 0 ? "}\n" : "null}\n");
    out_flush(self);
    /* A reader that went away has had enough; a stream that had failed before was told of then. */
    bool failed = self->failed && self->error != EPIPE && self->error != 0;
    int error = self->error;
    table_destroy(&self->table);
    free(self->cell.data);
    free(self);
    *o = NULL;
    return !failed || err_set(err, ERR_SYSTEM, "cannot write the output: %s", strerror(error));
}

/* The next column, when this format shows it: what comes before its value is written. NULL: skip
 * the cell. */
static const struct column *cell_begin(struct out *o) {
    ensure(o->position < o->config.columns_count);
    const struct column *column = &o->config.columns[o->position++];
    if (!is_shown(o, column))
        return NULL;
    if (is_json(o)) {
        if (o->shown == 0) {
            if (o->config.format == FORMAT_JSON && o->rows > 0)
                put_text(o, ",\n");
            o->json = json_out_of(&o->cell);
            json_open(&o->json, '{');
        }
        json_put_key(&o->json, column->key);
    } else if (o->config.format == FORMAT_CSV && o->shown > 0) {
        put_text(o, ",");
    }
    o->shown++;
    return column;
}

/* What the longest heading of the shown columns needs. */
static int headings_width(const struct out *o) {
    size_t width = 0;
    for (size_t i = 0; i < o->config.columns_count; i++) {
        const struct column *column = &o->config.columns[i];
        if (is_shown(o, column) && strlen(column->heading) > width)
            width = strlen(column->heading);
    }
    return (int)width;
}

static void record_line(struct out *o, const struct column *column) {
    if (o->cell.len == 0)
        return;
    table_clean(&o->cell, 0);
    char heading[64];
    snprintf(heading, sizeof heading, "%-*s  ", headings_width(o), column->heading);
    put_text(o, heading);
    put_cell(o);
    put_text(o, "\n");
}

/* Ends a cell whose text in this format is in o->cell. */
static void cell_end(struct out *o, const struct column *column) {
    if (o->table != NULL) {
        table_cell(o->table, buf_view(&o->cell));
    } else if (is_table(o)) {
        record_line(o, column);
    } else if (o->config.format == FORMAT_CSV && column->kind == COLUMN_JSON) {
        csv_put_text(o, buf_view(&o->cell));
    } else {
        put_cell(o);
    }
    buf_clear(&o->cell);
}

void out_text(struct out *o, struct span text) {
    const struct column *column = cell_begin(o);
    if (column == NULL)
        return;
    ensure(column->kind == COLUMN_TEXT);
    if (o->config.format == FORMAT_CSV) {
        csv_put_text(o, text);
        return;
    }
    if (is_json(o))
        json_put_string(&o->json, text);
    else
        buf_span(&o->cell, text);
    cell_end(o, column);
}

void out_count(struct out *o, uint64_t value) {
    const struct column *column = cell_begin(o);
    if (column == NULL)
        return;
    ensure(column->kind == COLUMN_COUNT || column->kind == COLUMN_SIZE);
    if (is_json(o))
        json_put_u64(&o->json, value);
    else if (is_table(o) && column->kind == COLUMN_SIZE)
        num_print_size(&o->cell, value);
    else
        buf_u64(&o->cell, value);
    cell_end(o, column);
}

void out_real(struct out *o, double value) {
    const struct column *column = cell_begin(o);
    if (column == NULL)
        return;
    ensure(column->kind == COLUMN_REAL);
    if (is_json(o))
        json_put_number(&o->json, value);
    else if (is_table(o))
        num_print_short(&o->cell, value, SIGNIFICANT_REAL);
    else
        num_print(&o->cell, value);
    cell_end(o, column);
}

void out_flag(struct out *o, bool value) {
    const struct column *column = cell_begin(o);
    if (column == NULL)
        return;
    ensure(column->kind == COLUMN_FLAG);
    if (is_json(o))
        json_put_bool(&o->json, value);
    else if (is_table(o))
        buf_text(&o->cell, value ? "yes" : "no");
    else
        buf_text(&o->cell, value ? "true" : "false");
    cell_end(o, column);
}

static void age_print(struct buf *out, dur_ms age) {
    static const struct {
        dur_ms unit;
        const char *name;
    } units[] = {{86400000, " d"}, {3600000, " h"}, {60000, " min"}, {1000, " s"}};
    size_t i = 0;
    while (i < 3 && age < 2 * units[i].unit)
        i++;
    buf_i64(out, age < 0 ? 0 : age / units[i].unit);
    buf_text(out, units[i].name);
}

void out_time(struct out *o, wall_ms when) {
    if (when == 0) {
        out_none(o);
        return;
    }
    const struct column *column = cell_begin(o);
    if (column == NULL)
        return;
    ensure(column->kind == COLUMN_TIME || column->kind == COLUMN_AGE);
    if (is_table(o) && column->kind == COLUMN_AGE) {
        age_print(&o->cell, o->config.wall - when);
    } else if (is_json(o)) {
        uint8_t memory[40];
        struct buf text = buf_of(memory, sizeof memory);
        num_print_time(&text, when);
        json_put_string(&o->json, buf_view(&text));
    } else {
        num_print_time(&o->cell, when);
    }
    cell_end(o, column);
}

void out_duration(struct out *o, dur_ms value) {
    const struct column *column = cell_begin(o);
    if (column == NULL)
        return;
    ensure(column->kind == COLUMN_DURATION);
    if (is_json(o))
        json_put_number(&o->json, (double)value / 1000);
    else if (is_table(o))
        num_print_duration(&o->cell, value);
    else
        num_print(&o->cell, (double)value / 1000);
    cell_end(o, column);
}

void out_json(struct out *o, struct span json) {
    const struct column *column = cell_begin(o);
    if (column == NULL)
        return;
    ensure(column->kind == COLUMN_JSON);
    if (is_json(o))
        json_put_raw(&o->json, json);
    else if (is_table(o))
        out_print_object(&o->cell, json);
    else
        buf_span(&o->cell, json);
    cell_end(o, column);
}

void out_value(struct out *o, struct span json, struct span text) {
    const struct column *column = cell_begin(o);
    if (column == NULL)
        return;
    ensure(column->kind == COLUMN_VALUE);
    if (o->config.format == FORMAT_CSV) {
        csv_put_text(o, text);
        return;
    }
    if (is_json(o))
        json_put_raw(&o->json, json);
    else
        buf_span(&o->cell, text);
    cell_end(o, column);
}

void out_none(struct out *o) {
    const struct column *column = cell_begin(o);
    if (column == NULL)
        return;
    if (is_json(o))
        json_put_null(&o->json);
    else if (o->table != NULL)
        buf_text(&o->cell, "-");
    if (o->config.format != FORMAT_CSV)
        cell_end(o, column);
}

bool out_row(struct out *o) {
    ensure(o->position == o->config.columns_count);
    ensure(!o->config.record || o->rows == 0);
    errno = 0;
    if (o->table != NULL)
        table_row(o->table);
    if (ferror(o->config.to))
        write_failed(o);
    if (is_json(o)) {
        json_close(&o->json, '}');
        put_cell(o);
    }
    if (!is_table(o) && o->config.format != FORMAT_JSON)
        put_text(o, "\n");
    o->position = 0;
    o->shown = 0;
    o->rows++;
    return !o->failed;
}

void out_flush(struct out *o) {
    errno = 0;
    if (o->table != NULL)
        table_flush(o->table);
    if (fflush(o->config.to) != 0 || ferror(o->config.to))
        write_failed(o);
}

void out_print_object(struct buf *to, struct span json) {
    struct object object;
    struct object_item item;
    object_start(&object, json);
    for (const char *gap = ""; object_next(&object, &item); gap = " ") {
        buf_text(to, gap);
        buf_span(to, item.name);
        buf_byte(to, '=');
        if (item.token == JSON_NUMBER && !item.integral)
            num_print_short(to, item.number, SIGNIFICANT);
        else
            buf_span(to, item.text);
    }
}
