#include "actors/facts/pledge.h"

#include "proto/base/check.h"

#include <string.h>

static void put_bytes(struct pledge *p, struct span s) {
    size_t at = (p->bytes_first + p->bytes_count) % PLEDGE_BYTES;
    size_t head = s.len < PLEDGE_BYTES - at ? s.len : PLEDGE_BYTES - at;
    ensure(p->bytes_count + s.len <= PLEDGE_BYTES);
    if (s.len == 0)
        return;
    memcpy(p->bytes + at, s.data, head);
    memcpy(p->bytes, s.data + head, s.len - head);
    p->bytes_count += s.len;
}

static void take_bytes(struct pledge *p, size_t len, struct buf *out) {
    size_t head = len < PLEDGE_BYTES - p->bytes_first ? len : PLEDGE_BYTES - p->bytes_first;
    buf_put(out, p->bytes + p->bytes_first, head);
    buf_put(out, p->bytes, len - head);
    ensure(!out->overflow);
    p->bytes_count -= len;
    /* An empty ring begins anew: its pages that were never needed stay untouched. */
    p->bytes_first = p->bytes_count == 0 ? 0 : (p->bytes_first + len) % PLEDGE_BYTES;
}

void pledge_add(struct pledge *p, uint64_t number, const struct batch *batch) {
    ensure(p->count < PLEDGE_PROMISES && p->marks_count + batch->marks_count <= PLEDGE_MARKS);
    p->promises[(p->first + p->count++) % PLEDGE_PROMISES] =
        (struct promise){.batch = number,
                         .copies = batch->copies,
                         .marks = batch->marks_count,
                         .bytes = batch->after.frames.len};
    for (uint32_t i = 0; i < batch->marks_count; i++)
        p->marks[(p->marks_first + p->marks_count++) % PLEDGE_MARKS] = batch->marks[i];
    put_bytes(p, buf_view(&batch->after.frames));
}

/* The first log, from the one that lacked copies last, that was found here and lies on too few disks; else how many there
 * are. */
static uint32_t find_lacking(const struct pledge *p, const struct spread *s, uint32_t copies) {
    uint32_t wanted = spread_wanted(s, copies);
    uint32_t proven = p->proven_turn == s->turns ? p->proven : 0;
    for (uint32_t i = 0; copies > proven && i < s->logs->count; i++) {
        uint32_t log = (p->lacking + i) % s->logs->count;
        uint64_t found = s->logs->items[log].found;
        if (found > 0 && spread_copies(s, log, found) < wanted)
            return log;
    }
    return s->logs->count;
}

static bool is_kept(const struct pledge *p, const struct spread *s) {
    const struct promise *promise = &p->promises[p->first];
    uint32_t wanted = spread_wanted(s, promise->copies);
    if (find_lacking(p, s, promise->copies) < s->logs->count)
        return false;
    for (uint32_t i = 0; wanted > 0 && i < promise->marks; i++) {
        const struct mark *mark = &p->marks[(p->marks_first + i) % PLEDGE_MARKS];
        if (spread_copies(s, mark->log, mark->next) < wanted)
            return false;
    }
    return true;
}

bool pledge_ready(const struct pledge *p, const struct spread *s) {
    return p->count > 0 && is_kept(p, s);
}

bool pledge_has_said(const struct pledge *p, uint64_t batch) {
    return p->count == 0 || p->promises[p->first].batch > batch;
}

void pledge_keep(struct pledge *p, const struct spread *s, struct says *out) {
    size_t begun = out->frames.len;
    while (pledge_ready(p, s) && out->frames.len - begun < PLEDGE_SAY_BYTES) {
        const struct promise *promise = &p->promises[p->first];
        if (p->proven_turn != s->turns || promise->copies > p->proven)
            p->proven = promise->copies;
        p->proven_turn = s->turns;
        take_bytes(p, promise->bytes, &out->frames);
        p->marks_first = (p->marks_first + promise->marks) % PLEDGE_MARKS;
        p->marks_count -= promise->marks;
        p->first = (p->first + 1) % PLEDGE_PROMISES;
        p->count--;
    }
    if (p->count == 0) /* empty rings begin anew, as the bytes do */
        p->first = p->marks_first = 0;
    if (p->count > 0)
        p->lacking = find_lacking(p, s, p->promises[p->first].copies);
}

bool pledge_holds(const struct pledge *p) {
    return p->bytes_count >= PLEDGE_HOLD || p->count >= PLEDGE_PROMISES / 4 ||
           p->marks_count >= PLEDGE_MARKS / 4;
}

bool pledge_full(const struct pledge *p) {
    return p->bytes_count > PLEDGE_FULL || p->count == PLEDGE_PROMISES ||
           p->marks_count + BATCH_MARKS > PLEDGE_MARKS;
}
