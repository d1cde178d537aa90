#include "actors/node/notes_actor.h"

#include "proto/base/check.h"

#include <czmq.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

enum { AT_ONCE = 512, LOST_TEXT = 64 }; /* so much fits in any pipe that can be written to */

struct notes {
    char bytes[NOTES_BYTES];
    size_t len;
    uint64_t lost; /* lines, since the last that is in the queue */
};

static bool fits(const struct notes *n, size_t len) {
    return n->len + len + LOST_TEXT <= sizeof n->bytes;
}

static void put_line(struct notes *n, const char *text, size_t len) {
    if (!fits(n, len)) {
        n->lost++;
        return;
    }
    struct buf out = buf_of(n->bytes + n->len, sizeof n->bytes - n->len);
    if (n->lost > 0) {
        char lost[LOST_TEXT];
        snprintf(lost, sizeof lost, "zyg-node: (%llu lines are missing here)\n",
                 (unsigned long long)n->lost);
        buf_text(&out, lost);
        n->lost = 0;
    }
    buf_span(&out, span_of(text, len));
    n->len += out.len;
}

/* What waits on the pipe; false: the end. */
static bool obey(struct notes *n, zsock_t *pipe) {
    bool goes_on = true;
    while (goes_on && (zsock_events(pipe) & ZMQ_POLLIN) != 0) {
        zmsg_t *m = zmsg_recv(pipe);
        zframe_t *word = m == NULL ? NULL : zmsg_first(m), *line = m == NULL ? NULL : zmsg_next(m);
        goes_on = word != NULL && !zframe_streq(word, "$TERM");
        if (goes_on && line == NULL) /* SYNC */
            zsock_signal(pipe, 0);
        if (goes_on && line != NULL)
            put_line(n, (const char *)zframe_data(line), zframe_size(line));
        zmsg_destroy(&m);
    }
    return goes_on;
}

/* False: nothing more can be written now. Where nobody will ever read, what waits is dropped. */
static bool write_some(struct notes *n) {
    struct pollfd item = {.fd = STDERR_FILENO, .events = POLLOUT};
    if (n->len == 0 || poll(&item, 1, 0) <= 0)
        return false;
    ssize_t done = item.revents != POLLOUT
                       ? -1
                       : write(STDERR_FILENO, n->bytes, n->len < AT_ONCE ? n->len : AT_ONCE);
    if (done < 0 && item.revents == POLLOUT && (errno == EINTR || errno == EAGAIN))
        return false;
    size_t gone = done < 0 ? n->len : (size_t)done;
    memmove(n->bytes, n->bytes + gone, n->len - gone);
    n->len -= gone;
    return true;
}

static void notes_actor(zsock_t *pipe, void *argument) {
    struct notes *n = calloc(1, sizeof *n);
    (void)argument;
    ensure(n != NULL);
    zsock_signal(pipe, 0);
    while (obey(n, pipe)) {
        struct pollfd items[] = {
            {.fd = zsock_fd(pipe), .events = POLLIN},
            {.fd = n->len > 0 ? STDERR_FILENO : -1, .events = POLLOUT},
        };
        poll(items, 2, -1);
        write_some(n);
    }
    while (write_some(n))
        continue;
    free(n);
}

zactor_t *notes_actor_new(void) {
    zactor_t *notes = zactor_new(notes_actor, NULL);
    ensure(notes != NULL);
    zsock_set_sndtimeo(zactor_sock(notes), 0);
    return notes;
}

/* With more lines on the pipe than fit $TERM would be dropped, and the thread would stay: it reads all of them first. */
void notes_actor_stop(zactor_t **notes) {
    zsock_t *pipe = zactor_sock(*notes);
    zsock_set_sndtimeo(pipe, NOTES_STOP_MS);
    zsock_set_rcvtimeo(pipe, NOTES_STOP_MS);
    if (zstr_send(pipe, "SYNC") == 0)
        zsock_wait(pipe);
    zactor_destroy(notes);
}

void notes_actor_say(zactor_t *notes, struct span text) {
    char line[1024];
    int len =
        snprintf(line, sizeof line, "zyg-node: %.*s\n", (int)text.len, (const char *)text.data);
    zmsg_t *m = zmsg_new();
    if (len >= (int)sizeof line)
        line[sizeof line - 2] = '\n';
    zmsg_addstr(m, "NOTE");
    zmsg_addmem(m, line, len < (int)sizeof line ? (size_t)len : sizeof line - 1);
    if (zactor_send(notes, &m) != 0)
        zmsg_destroy(&m); /* it has more than a thousand to look at */
}
