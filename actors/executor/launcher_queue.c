#include "actors/executor/launcher_queue.h"

#include "proto/base/check.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct launcher_packet {
    struct launcher_packet *next;
    uint64_t run;
    int descriptor;
    size_t len;
    uint8_t bytes[];
};

void launcher_queue_init(struct launcher_queue *q) {
    q->first = NULL;
    q->last = &q->first;
}

static void drop_first(struct launcher_queue *q) {
    struct launcher_packet *packet = q->first;
    q->first = packet->next;
    if (q->first == NULL)
        q->last = &q->first;
    if (packet->descriptor >= 0)
        close(packet->descriptor);
    free(packet);
}

void launcher_queue_clear(struct launcher_queue *q) {
    while (q->first != NULL)
        drop_first(q);
}

bool launcher_queue_is_empty(const struct launcher_queue *q) {
    return q->first == NULL;
}

void launcher_queue_add(struct launcher_queue *q, struct span bytes, uint64_t run, int descriptor) {
    struct launcher_packet *packet = malloc(sizeof *packet + bytes.len);
    ensure(packet != NULL);
    *packet = (struct launcher_packet){.run = run, .descriptor = descriptor, .len = bytes.len};
    memcpy(packet->bytes, bytes.data, bytes.len);
    *q->last = packet;
    q->last = &packet->next;
}

/* Errno or 0. */
static int send_packet(struct launcher_packet *packet, int socket) {
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control = {0};
    struct iovec part = {.iov_base = packet->bytes, .iov_len = packet->len};
    struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1};
    if (packet->descriptor >= 0) {
        header.msg_control = &control;
        header.msg_controllen = sizeof control;
        struct cmsghdr *c = CMSG_FIRSTHDR(&header);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(c), &packet->descriptor, sizeof(int));
    }
    ssize_t sent;
    do
        sent = sendmsg(socket, &header, MSG_NOSIGNAL | MSG_DONTWAIT);
    while (sent < 0 && errno == EINTR);
    return sent >= 0 ? 0 : errno;
}

enum launcher_queue_state launcher_queue_send(struct launcher_queue *q, int socket,
                                              struct launcher_refused *refused) {
    while (q->first != NULL) {
        int error = send_packet(q->first, socket);
        if (error == EAGAIN || error == ENOBUFS || error == ENOMEM)
            return QUEUE_FULL;
        *refused = (struct launcher_refused){.run = q->first->run, .error = error};
        drop_first(q);
        /* That zyg-run is gone is seen when its end of the socket is read. */
        if (error != 0 && error != EPIPE && error != ECONNRESET && error != ENOTCONN)
            return QUEUE_REFUSED;
    }
    return QUEUE_EMPTY;
}
