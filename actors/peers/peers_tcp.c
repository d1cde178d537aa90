#define _GNU_SOURCE
#include "actors/peers/peers_tcp.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

union name {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

typedef int name_of(int fd, struct sockaddr *name, socklen_t *len);

/* One side of a connection; false: fd is none. */
static bool side_of(int fd, name_of *ask, struct endpoint *side) {
    union name name;
    socklen_t len = sizeof name;
    memset(side, 0, sizeof *side);
    if (ask(fd, &name.any, &len) != 0)
        return false;
    if (name.any.sa_family == AF_INET6) {
        side->v6 = true;
        memcpy(side->address, &name.v6.sin6_addr, sizeof name.v6.sin6_addr);
        side->port = ntohs(name.v6.sin6_port);
        return true;
    }
    memcpy(side->address, &name.v4.sin_addr, sizeof name.v4.sin_addr);
    side->port = ntohs(name.v4.sin_port);
    return name.any.sa_family == AF_INET;
}

static int borrow(int fd) {
    return fcntl(fd, F_DUPFD_CLOEXEC, 0);
}

/* Whether `own` connects somebody to our port. */
static bool is_accepted(int own, uint16_t port, struct endpoint *peer) {
    struct endpoint here;
    return side_of(own, getsockname, &here) && here.port == port && side_of(own, getpeername, peer);
}

static void tune(int own) {
    static const char loss_based[] = "reno";
    const int on = 1;
    setsockopt(own, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(own, IPPROTO_TCP, TCP_THIN_LINEAR_TIMEOUTS, &on, sizeof on);
    /* Not permitted everywhere, and better than nothing without. */
    setsockopt(own, IPPROTO_TCP, TCP_CONGESTION, loss_based, sizeof loss_based - 1);
}

void peers_tcp_tune_dialled(int fd, const struct endpoint *peer) {
    struct endpoint there;
    int own = borrow(fd);
    if (own < 0)
        return;
    if (side_of(own, getpeername, &there) && endpoint_equal(&there, peer))
        tune(own);
    close(own);
}

void peers_tcp_tune_accepted(int fd, uint16_t port) {
    struct endpoint peer;
    int own = borrow(fd);
    if (own < 0)
        return;
    if (is_accepted(own, port, &peer))
        tune(own);
    close(own);
}

bool peers_tcp_peer(int fd, uint16_t port, struct endpoint *peer) {
    int own = borrow(fd);
    if (own < 0)
        return false;
    bool accepted = is_accepted(own, port, peer);
    close(own);
    return accepted;
}

bool peers_tcp_cut(int fd, uint16_t port, const struct endpoint *peer) {
    struct endpoint there;
    int own = borrow(fd);
    if (own < 0)
        return false;
    bool ours = is_accepted(own, port, &there) && (peer == NULL || endpoint_equal(&there, peer)) &&
                shutdown(own, SHUT_RDWR) == 0;
    close(own);
    return ours;
}

static socklen_t name_endpoint(const struct endpoint *e, union name *name) {
    memset(name, 0, sizeof *name);
    if (e->v6) {
        name->v6.sin6_family = AF_INET6;
        name->v6.sin6_port = htons(e->port);
        memcpy(&name->v6.sin6_addr, e->address, sizeof name->v6.sin6_addr);
        return sizeof name->v6;
    }
    name->v4.sin_family = AF_INET;
    name->v4.sin_port = htons(e->port);
    memcpy(&name->v4.sin_addr, e->address, sizeof name->v4.sin_addr);
    return sizeof name->v4;
}

int peers_tcp_ask(const struct endpoint *to) {
    union name name;
    socklen_t len = name_endpoint(to, &name);
    int fd = socket(to->v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
                    IPPROTO_TCP);
    if (fd < 0 || connect(fd, &name.any, len) == 0 || errno == EINPROGRESS)
        return fd;
    int error = errno;
    close(fd);
    errno = error;
    return -1;
}

int peers_tcp_answer(int fd) {
    struct endpoint here, there;
    int error = 0;
    socklen_t len = sizeof error;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0)
        error = errno;
    if (error == 0 && !side_of(fd, getpeername, &there))
        error = EINPROGRESS;
    /* A port of the range that connects are made from can be met by the connect itself: nobody listens there. */
    if (error == 0 && side_of(fd, getsockname, &here) && endpoint_equal(&here, &there))
        error = ECONNREFUSED;
    close(fd);
    return error;
}
