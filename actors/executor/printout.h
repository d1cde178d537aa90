/* printout - what is kept of a trial's output: its first bytes and its last.
 *
 * Memory   fixed, touched only as bytes come.
 */
#ifndef ZYG_PRINTOUT_H
#define ZYG_PRINTOUT_H

#include "proto/base/bytes.h"
#include "proto/limits.h"

struct printout {
    uint64_t bytes; /* all that was printed */
    uint8_t head[LIMIT_LOG_HEAD_BYTES];
    /* A ring: the byte at offset n after the head stands at n % LIMIT_LOG_TAIL_BYTES. */
    uint8_t tail[LIMIT_LOG_TAIL_BYTES];
};

void printout_init(struct printout *p);
void printout_add(struct printout *p, struct span bytes);
struct span printout_head(const struct printout *p);
/* Writes the last bytes, which do not overlap the head; `out` has room for LIMIT_LOG_TAIL_BYTES. */
void printout_tail(const struct printout *p, struct buf *out);
/* Writes what is kept from offset `from` on, or from the first kept byte after it: as much as stands in one piece of the
 * head or fits the tail. Answers the offset of the first byte; `out` has room for LIMIT_LOG_TAIL_BYTES. */
uint64_t printout_read(const struct printout *p, uint64_t from, struct buf *out);
uint64_t printout_tail_len(const struct printout *p);

#endif
