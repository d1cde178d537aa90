#define _GNU_SOURCE /* F_OFD_SETLK */

#include "actors/node/folder.h"

#include "actors/guard/make_folder.h"
#include "actors/kit/clock_shell.h"
#include "proto/base/check.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

static bool join(char *out, size_t cap, const char *dir, const char *name) {
    int len = snprintf(out, cap, "%s/%s", dir, name);
    return len > 0 && (size_t)len < cap;
}

bool state_dir_default(char *out, size_t cap) {
    const char *own = getenv("ZYG_STATE"), *xdg = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    int len = -1;
    if (own != NULL && own[0] != '\0')
        len = snprintf(out, cap, "%s", own);
    else if (xdg != NULL && xdg[0] == '/')
        len = snprintf(out, cap, "%s/zyg", xdg);
    else if (home != NULL && home[0] == '/')
        len = snprintf(out, cap, "%s/.local/state/zyg", home);
    return len > 0 && (size_t)len < cap;
}

bool folder_resolve(const char *dir, char out[FOLDER_PATH_BYTES], struct err *err) {
    char *real = realpath(dir, NULL);
    if (real == NULL || strlen(real) >= FOLDER_PATH_BYTES) {
        free(real);
        return err_set(err, ERR_SYSTEM, "cannot use the state folder %s: %s", dir, strerror(errno));
    }
    memcpy(out, real, strlen(real) + 1);
    free(real);
    if (!span_is_utf8(span_text(out))) /* it is part of messages */
        return err_set(err, ERR_USAGE, "the path of the state folder %s is not UTF-8", out);
    return true;
}

/* Open file description locks: they end with the process, no other descriptor of it matters, and, unlike flock, they can be
 * looked at without being taken. */
static const struct flock whole_file = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

static int open_lock(const char *dir, int flags) {
    char path[PATH_MAX];
    if (!join(path, sizeof path, dir, "lock"))
        return -1;
    return open(path, flags | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0600);
}

int folder_lock(const char *dir, struct err *err) {
    if (!make_folder(dir, err))
        return -1;
    int fd = open_lock(dir, O_CREAT);
    if (fd < 0) {
        err_set(err, ERR_SYSTEM, "cannot write in the state folder %s: %s", dir, strerror(errno));
        return -1;
    }
    if (fcntl(fd, F_OFD_SETLK, &whole_file) == 0)
        return fd;
    if (errno == EAGAIN || errno == EACCES)
        err_set(err, ERR_BUSY, "another process runs the node of %s", dir);
    else
        err_set(err, ERR_SYSTEM, "cannot lock %s: %s", dir, strerror(errno));
    close(fd);
    return -1;
}

static bool is_locked(const char *dir) {
    int fd = open_lock(dir, 0);
    if (fd < 0)
        return false;
    struct flock found = whole_file;
    bool locked = fcntl(fd, F_OFD_GETLK, &found) == 0 && found.l_type != F_UNLCK;
    close(fd);
    return locked;
}

static bool write_new(const char *path, struct span line) {
    unlink(path);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool good = fd >= 0 && write(fd, line.data, line.len) == (ssize_t)line.len;
    if (fd >= 0)
        good = close(fd) == 0 && good;
    return good;
}

/* On a full disk no new file finds room, but the block of the old one is still ours. Who reads in the middle of it finds no
 * door or cannot connect, and tries again. */
static bool write_over(const char *path, struct span line) {
    int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
    bool good = fd >= 0 && write(fd, line.data, line.len) == (ssize_t)line.len &&
                ftruncate(fd, (off_t)line.len) == 0;
    if (fd >= 0)
        good = close(fd) == 0 && good;
    return good;
}

bool folder_write_door(const char *dir, const struct door *door, struct err *err) {
    char path[PATH_MAX], temporary[PATH_MAX], key[2 * CURVE_KEY_BYTES + 1], line[384];
    if (!join(path, sizeof path, dir, "door") ||
        !join(temporary, sizeof temporary, dir, "door.new"))
        return err_set(err, ERR_SYSTEM, "the path of the state folder is too long");
    sodium_bin2hex(key, sizeof key, door->server_key, CURVE_KEY_BYTES);
    int len = snprintf(line, sizeof line, "zyg-door 1 %s %s %" PRId64 "%s%s\n", door->endpoint, key,
                       door->pid, door->mesh[0] != '\0' ? " " : "", door->mesh);
    ensure(len > 0 &&
           (size_t)len < sizeof line); /* two endpoints of at most 95 bytes, a key, two numbers */
    struct span text = span_of(line, (size_t)len);
    if (write_new(temporary, text) && rename(temporary, path) == 0)
        return true;
    int error = errno;
    unlink(temporary);
    return write_over(path, text) ||
           err_set(err, ERR_SYSTEM, "cannot write %s: %s", path, strerror(error));
}

bool door_read(const char *state_dir, struct door *door, struct err *err) {
    if (!is_locked(state_dir))
        return err_set(err, ERR_UNREACHABLE, "no node runs on %s", state_dir);
    return folder_read_door(state_dir, door, err);
}

/* The kernel tells when a file of the folder is whole: the door is renamed to its name, or written over. The watch is there
 * before the first look, so no door comes between them. */
bool door_await(const char *state_dir, struct door *door, dur_ms patience, struct err *err) {
    const when_ms until = clock_now() + patience;
    struct pollfd news = {.fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK), .events = POLLIN};
    uint8_t ignored[4096];
    bool told =
        news.fd >= 0 && inotify_add_watch(news.fd, state_dir, IN_MOVED_TO | IN_CLOSE_WRITE) >= 0;
    bool there = door_read(state_dir, door, err);
    for (dur_ms left = patience; told && !there && left > 0; left = until - clock_now())
        if (poll(&news, 1, (int)left) > 0 && read(news.fd, ignored, sizeof ignored) > 0)
            there = door_read(state_dir, door, err);
    if (news.fd >= 0)
        close(news.fd);
    return there;
}

bool folder_read_door(const char *state_dir, struct door *door, struct err *err) {
    char path[PATH_MAX], line[512], key[2 * CURVE_KEY_BYTES + 1], endpoint[96], mesh[96] = "";
    size_t got;
    if (!join(path, sizeof path, state_dir, "door"))
        return err_set(err, ERR_UNREACHABLE, "the path of the state folder is too long");
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    ssize_t len = fd < 0 ? -1 : read(fd, line, sizeof line - 1);
    if (fd >= 0)
        close(fd);
    if (len < 0)
        return err_set(err, ERR_UNREACHABLE, "the node of %s is just starting or ending",
                       state_dir);
    line[len] = '\0';
    struct door read_door = {.pid = 0};
    if (sscanf(line, "zyg-door 1 %95s %64s %" SCNd64 " %95s", endpoint, key, &read_door.pid, mesh) <
            3 ||
        sodium_hex2bin(read_door.server_key, CURVE_KEY_BYTES, key, strlen(key), NULL, &got, NULL) !=
            0 ||
        got != CURVE_KEY_BYTES || strncmp(endpoint, "tcp://", 6) != 0)
        return err_set(err, ERR_UNREACHABLE, "%s is not a door of zyg", path);
    static_assert(sizeof endpoint == ENDPOINT_BYTES_MAX, "sscanf reads one byte less");
    memcpy(read_door.endpoint, endpoint, sizeof endpoint);
    memcpy(read_door.mesh, mesh, sizeof mesh);
    *door = read_door;
    return true;
}
