/* mp - msgpack: a writer on msgpack-c's packer, and a bounded reader of our own.
 *
 * The reader walks bytes in place: no object tree, no allocation, nothing a peer claims is believed before the bytes are
 * there (msgpack-c 4 reserves memory for whatever length is claimed). Types read: nil, bool, int, float64, str, bin,
 * array; maps and extensions are refused: zyg does not send them.
 * Errors   a reader that meets anything else sets `bad` to a sentence and answers zeros from then on; judge it at the end.
 */
#ifndef ZYG_MP_H
#define ZYG_MP_H

#include "proto/base/bytes.h"

void mp_put_nil(struct buf *out);
void mp_put_bool(struct buf *out, bool value);
void mp_put_u64(struct buf *out, uint64_t value);
void mp_put_i64(struct buf *out, int64_t value);
void mp_put_f64(struct buf *out, double value);
void mp_put_str(struct buf *out, struct span s);
void mp_put_bin(struct buf *out, struct span s);
void mp_put_array(struct buf *out, uint32_t count);

enum mp_type { MP_END, MP_NIL, MP_BOOL, MP_INT, MP_FLOAT, MP_STR, MP_BIN, MP_ARRAY, MP_BAD };

struct mp {
    struct span rest;
    const char *bad; /* NULL while all is well: what was wrong */
};

struct mp mp_of(struct span bytes);
enum mp_type mp_peek(const struct mp *m);
void mp_nil(struct mp *m);
bool mp_bool(struct mp *m);
uint64_t mp_u64(struct mp *m);
int64_t mp_i64(struct mp *m);
double mp_f64(struct mp *m);      /* accepts an integer too */
struct span mp_str(struct mp *m); /* must be UTF-8 */
struct span mp_bin(struct mp *m);
uint32_t mp_array(struct mp *m);  /* never more than the bytes left could hold */
void mp_skip(struct mp *m);       /* one whole value; nesting at most 8 deep */
bool mp_done(const struct mp *m); /* nothing wrong and nothing left */

#endif
