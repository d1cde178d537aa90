#include "cmd/cli/pages.h"

#include <string.h>

enum { CURSOR_BYTES = 512, LOSSES_MAX = 4, PATIENCE_MS = 60000 };

/* Where a request says from where on and how many; NULL: its answer has no pages. */
static bool paging_of(struct msg *request, struct span **after, uint64_t **limit) {
    switch (request->kind) {
    case MSG_list_jobs:
        *after = &request->list_jobs.after;
        *limit = &request->list_jobs.limit;
        return true;
    case MSG_list_trials:
        *after = &request->list_trials.after;
        *limit = &request->list_trials.limit;
        return true;
    case MSG_read_events:
        *after = &request->read_events.after;
        *limit = &request->read_events.limit;
        return true;
    case MSG_list_proposals:
        *after = &request->list_proposals.after;
        *limit = &request->list_proposals.limit;
        return true;
    case MSG_list_stands:
        *after = &request->list_stands.after;
        *limit = &request->list_stands.limit;
        return true;
    default: return false;
    }
}

enum page { PAGE_LAST, PAGE_MORE, PAGE_ENOUGH, PAGE_LOST, PAGE_FAILED };

struct page_walk {
    struct client *client;
    const struct pages_reader *reader;
    uint64_t given; /* rows of this page the reader has had */
    uint8_t cursor[CURSOR_BYTES];
    size_t cursor_len;
};

static enum page page_end(struct page_walk *w, const struct msg_end *end, struct err *err) {
    if (!end->more)
        return PAGE_LAST;
    if (end->cursor.len == 0 || end->cursor.len > CURSOR_BYTES) {
        err_set(err, ERR_BAD_MESSAGE, "the node's cursor is %zu bytes long", end->cursor.len);
        return PAGE_FAILED;
    }
    memcpy(w->cursor, end->cursor.data, end->cursor.len);
    w->cursor_len = end->cursor.len;
    return PAGE_MORE;
}

/* The next answer; the troubles of a conversation become errors. */
static bool answer_take(struct client *c, struct msg *answer, struct err *err) {
    for (;;) {
        switch (client_next(c, answer, PATIENCE_MS, err)) {
        case CLIENT_ANSWER: return true;
        case CLIENT_REFUSED: return false;
        case CLIENT_RESIZED: break;
        case CLIENT_SIGNAL: return err_set(err, ERR_INTERRUPTED, "interrupted");
        case CLIENT_LOST: return err_set(err, ERR_UNREACHABLE, "the node is gone");
        case CLIENT_TIMEOUT: return err_set(err, ERR_UNREACHABLE, "the node does not answer");
        }
    }
}

static enum page page_read(struct page_walk *w, struct err *err) {
    for (uint64_t rows = 0;;) {
        struct msg answer;
        if (!answer_take(w->client, &answer, err))
            return err->code == ERR_UNREACHABLE ? PAGE_LOST : PAGE_FAILED;
        if (answer.kind == MSG_end)
            return page_end(w, &answer.end, err);
        if (rows++ < w->given)
            continue;
        w->given++;
        if (!w->reader->row(w->reader->context, &answer))
            return PAGE_ENOUGH;
    }
}

bool pages_read(struct client *c, struct msg *request, const struct pages_reader *reader,
                struct err *err) {
    struct page_walk w = {.client = c, .reader = reader};
    struct span *after = NULL;
    uint64_t *limit = NULL;
    bool paged = paging_of(request, &after, &limit);
    if (paged && *limit == 0)
        *limit = LIMIT_PAGE_ROWS;
    for (int losses = 0;;) {
        if (!client_ask(c, request, err))
            return false;
        switch (page_read(&w, err)) {
        case PAGE_LAST:
        case PAGE_ENOUGH: return true;
        case PAGE_FAILED: return false;
        case PAGE_LOST:
            if (++losses == LOSSES_MAX || !client_reopen(c, err))
                return false;
            break;
        case PAGE_MORE:
            if (!paged)
                return err_set(err, ERR_BAD_MESSAGE, "%s was answered with pages",
                               msg_name(request->kind));
            *after = span_of(w.cursor, w.cursor_len);
            w.given = 0;
            break;
        }
    }
}
