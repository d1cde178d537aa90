/* out - rows on standard output: one way for every verb to print a table, JSON, JSON lines, CSV or
 * ids.
 *
 * A verb declares its columns once and gives every cell of every row in their order; what a format
 * does not show is skipped here. The first column is what `-o id` prints: something that can be
 * handed to another zyg verb.
 *
 *   table  aligned, human units; column widths come from the first page of rows, so any number of
 *          rows takes the same memory; cut to the width of a terminal, never in a pipe. `wide`
 *          adds columns and is not cut
 *   json   {"version":1,"jobs":[...]}, one row a line; times UTC ISO 8601, durations in seconds,
 *          sizes in bytes, null for what is not known
 *   jsonl  the same rows, one object a line
 *   csv    RFC 4180 quoting, one header line, lines end in a line feed
 *   id     the first column, one a line
 *
 * A record is a single row: a list of "heading value" lines as a table, one object instead of an
 * array as JSON.
 * Memory   out_new allocates all there ever is; cells are copied.
 * Errors   a reader that went away (EPIPE) ends the output quietly, anything else is told by
 *          out_close.
 */
#ifndef ZYG_OUT_H
#define ZYG_OUT_H

#include <stdio.h>

#include "cmd/cli/args.h"

enum column_kind {
    COLUMN_TEXT,
    COLUMN_COUNT,
    COLUMN_REAL,
    COLUMN_FLAG,
    COLUMN_TIME,
    COLUMN_AGE, /* a time; tables say how long ago it was */
    COLUMN_DURATION,
    COLUMN_SIZE,
    COLUMN_JSON, /* tables show an object as name=value name=value */
    COLUMN_VALUE /* whatever the JSON text says: a number, a word, a text */
};

enum column_shown {
    SHOWN_ALWAYS,
    SHOWN_WIDE,  /* wide tables and data */
    SHOWN_TABLE, /* tables only: what people read at once and programs read in parts */
    SHOWN_DATA,  /* json, jsonl, csv, id */
    SHOWN_ID     /* for the first column: `-o id` only */
};

struct column {
    const char *key;     /* in JSON and CSV; NULL where never shown there */
    const char *heading; /* in tables; NULL where never shown there */
    enum column_kind kind;
    enum column_shown shown;
};

enum { COLUMNS_MAX = 256, OUT_PAGE_ROWS = 256 };

struct out_config {
    FILE *to;
    enum format format;
    bool record;
    const char *noun; /* "jobs", or "job" for a record */
    const struct column *columns;
    size_t columns_count;
    uint32_t width; /* of the terminal; 0: do not cut */
    wall_ms wall;   /* now, for ages */
};

struct out;

struct out *out_new(const struct out_config *config);
/* For standard output as it is: finds out whether it is a terminal, how wide, and what time it is.
 * */
struct out *out_new_stdout(enum format format, bool record, const char *noun,
                           const struct column *columns, size_t columns_count);
/* Writes what is left and frees all, also after a failure. False: something could not be written.
 * */
bool out_close(struct out **o, struct err *err);

void out_text(struct out *o, struct span text);
void out_count(struct out *o, uint64_t value); /* for COUNT and SIZE */
void out_real(struct out *o, double value);
void out_flag(struct out *o, bool value);
void out_time(struct out *o, wall_ms when); /* for TIME and AGE; 0: not known */
void out_duration(struct out *o, dur_ms value);
void out_json(struct out *o, struct span json); /* valid JSON */
/* text: what tables and CSV show of it. */
void out_value(struct out *o, struct span json, struct span text);
void out_none(struct out *o);  /* for any kind */
bool out_row(struct out *o);   /* ends a row; false: nobody reads any more, or writing failed */
void out_flush(struct out *o); /* shows what was given so far; for rows that come slowly */

/* {"C":1.5,"kernel":"rbf"} as C=1.5 kernel=rbf, numbers short; nothing when it is no object. */
void out_print_object(struct buf *to, struct span json);

#endif
