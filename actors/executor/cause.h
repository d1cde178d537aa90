/* cause - why an attempt did not end well, in one sentence that fits a message: valid UTF-8, no control characters. */
#ifndef ZYG_CAUSE_H
#define ZYG_CAUSE_H

#include "proto/base/bytes.h"

enum { CAUSE_BYTES = 640, CAUSE_QUOTE_BYTES = 160 };

/* Writes s, what is not printable UTF-8 as \xNN, cut with "..." so that it takes at most `room` bytes (which are at least
 * 16); cause_quote puts it between `quote`s. */
void cause_put(struct buf *out, struct span s, size_t room);
void cause_quote(struct buf *out, char quote, struct span s, size_t room);

/* "exit 3; last line: "..."", "killed by SIGSEGV (11); ..." */
void cause_ended(struct buf *out, int64_t status, int64_t signal, struct span last_line);
void cause_last_line(struct buf *out, struct span last_line);

#endif
