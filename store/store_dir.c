#include "store/store_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

/* Newer than Debian 12's kernel headers. */
#ifndef CIFS_SUPER_MAGIC
#define CIFS_SUPER_MAGIC 0xff534d42
#endif
#ifndef SMB2_SUPER_MAGIC
#define SMB2_SUPER_MAGIC 0xfe534d42
#endif

/* What one commit may need at once: the largest batch and the pages of the tree above it. */
enum { COMMIT_BYTES = 2 << 20 };

static const char *network_kind(const char *path) {
    struct statfs fs;
    if (statfs(path, &fs) != 0)
        return NULL;
    switch ((unsigned long)fs.f_type & 0xffffffff) {
    case NFS_SUPER_MAGIC: return "NFS";
    case SMB_SUPER_MAGIC:
    case SMB2_SUPER_MAGIC:
    case CIFS_SUPER_MAGIC: return "SMB";
    default: return NULL;
    }
}

/* The number in the owner file; 0 when it cannot be told. */
static long read_owner(int fd) {
    char text[24] = "";
    long pid = 0;
    if (pread(fd, text, sizeof text - 1, 0) > 0 && sscanf(text, "%ld", &pid) != 1)
        pid = 0;
    return pid;
}

static void write_owner(int fd) {
    char text[24];
    int len = snprintf(text, sizeof text, "%ld\n", (long)getpid());
    /* The number only serves the error of another process: the lock is what counts. */
    if (ftruncate(fd, 0) != 0 || pwrite(fd, text, (size_t)len, 0) != len)
        return;
}

static bool lock(struct store_dir *d, struct err *err) {
    char path[PATH_MAX + 8];
    snprintf(path, sizeof path, "%s/owner", d->path);
    d->owner_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (d->owner_fd < 0)
        return err_set(err, ERR_STORE,
                       "cannot open %.200s: %s; its owner must be able to write there", path,
                       strerror(errno));
    if (flock(d->owner_fd, LOCK_EX | LOCK_NB) == 0) {
        write_owner(d->owner_fd);
        return true;
    }
    int why = errno;
    long pid = read_owner(d->owner_fd);
    store_dir_close(d);
    if (why != EWOULDBLOCK)
        return err_set(err, ERR_STORE, "cannot lock %.200s: %s", path, strerror(why));
    return err_set(err, ERR_BUSY, "the store in %.200s is in use by process %ld", d->path, pid);
}

bool store_dir_open(struct store_dir *d, const char *path, struct err *err) {
    d->owner_fd = -1;
    if (strlen(path) >= sizeof d->path)
        return err_set(err, ERR_STORE, "the path of the store is too long: %.100s...", path);
    memcpy(d->path, path, strlen(path) + 1);
    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        return err_set(err, ERR_STORE,
                       "cannot make the folder %.200s: %s; make the folder above it "
                       "and see that you may write there",
                       path, strerror(errno));
    const char *network = network_kind(path);
    if (network != NULL)
        return err_set(err, ERR_STORE,
                       "%.200s is a network folder (%s), where the store would break; "
                       "set ZYG_STATE to a folder on a local disk",
                       path, network);
    return lock(d, err);
}

void store_dir_close(struct store_dir *d) {
    if (d->owner_fd >= 0)
        close(d->owner_fd);
    d->owner_fd = -1;
}

bool store_dir_full(const struct store_dir *d) {
    char path[PATH_MAX + 16];
    struct statvfs fs;
    struct stat data;
    struct rlimit limit;
    snprintf(path, sizeof path, "%s/data.mdb", d->path);
    if (statvfs(d->path, &fs) == 0 && (uint64_t)fs.f_bavail * fs.f_frsize < COMMIT_BYTES)
        return true;
    return stat(path, &data) == 0 && getrlimit(RLIMIT_FSIZE, &limit) == 0 &&
           limit.rlim_cur != RLIM_INFINITY &&
           (uint64_t)data.st_size + COMMIT_BYTES > limit.rlim_cur;
}
