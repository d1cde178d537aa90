#include "actors/guard/private_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool private_path(char out[PRIVATE_PATH_BYTES], const char *dir, const char *name,
                  struct err *err) {
    int len = snprintf(out, PRIVATE_PATH_BYTES, "%s/%s", dir, name);
    return (len > 0 && len < PRIVATE_PATH_BYTES) ||
           err_set(err, ERR_SYSTEM, "the path of the state folder is too long");
}

bool private_file_read(const char *path, void *memory, size_t cap, size_t *len, bool *absent,
                       struct err *err) {
    struct stat info;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    *absent = fd < 0 && errno == ENOENT;
    if (fd < 0)
        return err_set(err, ERR_SYSTEM, "cannot open %s: %s", path, strerror(errno));
    bool known = fstat(fd, &info) == 0;
    ssize_t got = read(fd, memory, cap);
    close(fd);
    if (!known || got < 0)
        return err_set(err, ERR_SYSTEM, "cannot read %s", path);
    if ((info.st_mode & 077) != 0)
        return err_set(err, ERR_NOT_ALLOWED, "%s can be read by others; do: chmod 600 '%s'", path,
                       path);
    *len = (size_t)got;
    return true;
}

static bool name_file(const char *temporary, const char *path, enum private_write how) {
    if (how == PRIVATE_REPLACE)
        return rename(temporary, path) == 0;
    return link(temporary, path) == 0 || errno == EEXIST;
}

bool private_file_write(const char *path, struct span bytes, enum private_write how,
                        struct err *err) {
    char temporary[PRIVATE_PATH_BYTES + 16];
    snprintf(temporary, sizeof temporary, "%s.%08x", path, randombytes_random());
    int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool good = fd >= 0 && write(fd, bytes.data, bytes.len) == (ssize_t)bytes.len &&
                fsync(fd) == 0 && name_file(temporary, path, how);
    int cause = errno;
    if (fd >= 0)
        close(fd);
    unlink(temporary);
    return good || err_set(err, ERR_SYSTEM, "cannot write %s: %s", path, strerror(cause));
}
