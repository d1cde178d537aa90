/* table - aligned columns of text, a page at a time.
 *
 * The first page of rows decides how wide the columns are; later pages keep to it, so a long table
 * needs no more memory than one page. What would move the cursor or colour the terminal is shown
 * as a space.
 * Memory   table_new allocates all there ever is; cells are copied, one that does not fit the page
 *          is cut.
 */
#ifndef ZYG_TABLE_H
#define ZYG_TABLE_H

#include <stdio.h>

#include "proto/base/bytes.h"

enum table_side { TABLE_LEFT, TABLE_RIGHT };

struct table_column {
    const char *heading;
    enum table_side side;
};

enum { TABLE_COLUMNS_MAX = 256, TABLE_PAGE_ROWS = 256 };

struct table;

/* width: of the terminal, lines are cut to it; 0: never cut. NULL: no memory. The headings live as
 * long as the table. */
struct table *table_new(FILE *to, const struct table_column *columns, size_t count, uint32_t width);
void table_destroy(struct table **t); /* what was not flushed is lost */
void table_cell(struct table *t, struct span text);
void table_row(struct table *t); /* a page that is full is printed */
void table_flush(struct table *t);

/* From this offset on, one space for everything that would move the cursor or colour a terminal. */
void table_clean(struct buf *text, size_t from);

#endif
