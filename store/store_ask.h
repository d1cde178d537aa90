/* store_ask - the store's side of save and scan as messages, the same for the thread that owns a
 * disk and for the simulator's.
 *
 * Memory   the rows of an answer stand in the caller's buf, which bounds them.
 */
#ifndef ZYG_STORE_ASK_H
#define ZYG_STORE_ASK_H

#include "proto/msg.h"
#include "store/store.h"

/* An answer aims at LIMIT_FRAME_BYTES; one row may go beyond, up to this. */
enum { STORE_ROWS_BYTES_MAX = 2 * LIMIT_FRAME_BYTES - 256 };

struct msg store_answer_scan(struct store *s, const struct msg_scan *scan, struct buf *rows);
/* err: NULL when the transaction was kept. */
struct msg store_answer_save(uint64_t ticket, const struct err *err);

#endif
