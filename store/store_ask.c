#include "store/store_ask.h"

struct msg store_answer_scan(struct store *s, const struct msg_scan *scan, struct buf *rows) {
    const struct store_scan asked = {
        .table = scan->table < TABLE_COUNT ? (enum table)scan->table : TABLE_NONE,
        .prefix = scan->prefix,
        .after = scan->after,
        .backward = scan->backward,
        .limit = scan->limit,
        .bytes_max = LIMIT_FRAME_BYTES - 1024, /* with its head the answer still is one frame */
    };
    struct err err = {.code = ERR_NONE};
    bool more = false;
    buf_clear(rows);
    if (!store_scan(s, &asked, rows, &more, &err))
        buf_clear(rows);
    return (struct msg){
        .kind = MSG_rows,
        .rows = {.ticket = scan->ticket, .code = err.code, .more = more, .rows = buf_view(rows)}};
}

struct msg store_answer_save(uint64_t ticket, const struct err *err) {
    if (err == NULL)
        return (struct msg){.kind = MSG_saved, .saved = {.ticket = ticket}};
    return (struct msg){
        .kind = MSG_save_failed,
        .save_failed = {.ticket = ticket, .code = err->code, .what = span_text(err->what)}};
}
