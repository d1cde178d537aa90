#define _GNU_SOURCE
#define _FILE_OFFSET_BITS 64
#include "cmd/run/inherit.h"

#include "cmd/run/copy.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FOLDER_FLAGS = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC };

static const char whole[] = "checkpoint";
static const char part[] = "checkpoint.part";

/* ---- what is there ---- */

static bool is_empty(int folder) {
    int fd = openat(folder, ".", FOLDER_FLAGS);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    int entries = 0;
    while (dir != NULL && entries < 3 && readdir(dir) != NULL)
        entries++;
    if (dir != NULL)
        closedir(dir);
    else if (fd >= 0)
        close(fd);
    return dir != NULL && entries < 3; /* "." and ".." */
}

/* Something that is no folder, or that cannot be looked at, is left alone. */
static bool lacks_checkpoint(int scratch) {
    int folder = openat(scratch, whole, FOLDER_FLAGS);
    if (folder < 0)
        return errno == ENOENT;
    bool empty = is_empty(folder);
    close(folder);
    return empty;
}

bool inherit_is_due(const char *scratch) {
    int folder = open(scratch, FOLDER_FLAGS);
    bool due = folder >= 0 && lacks_checkpoint(folder);
    if (folder >= 0)
        close(folder);
    return due;
}

/* -1 and errno. */
static int open_checkpoint(const char *from) {
    int folder = open(from, FOLDER_FLAGS);
    if (folder < 0)
        return -1;
    int checkpoint = openat(folder, whole, FOLDER_FLAGS);
    int error = errno;
    close(folder);
    errno = error;
    return checkpoint;
}

/* ---- copying ---- */

static int make_part(int scratch) {
    if (mkdirat(scratch, part, S_IRWXU) != 0)
        return -1;
    return openat(scratch, part, FOLDER_FLAGS);
}

static struct inherited failed(int error) {
    return (struct inherited){.end = INHERIT_FAILED, .error = error};
}

/* The present checkpoint folder may be there as long as it is empty. */
static struct inherited put_in_place(int scratch, int copy, uint64_t left_out) {
    struct inherited end = {.end = INHERIT_NOTHING, .left_out = left_out};
    if (is_empty(copy)) /* it was taken away meanwhile, or there was nothing that is copied */
        return end;
    end.end = INHERIT_COPIED;
    if (renameat(scratch, part, scratch, whole) == 0)
        return end;
    const int error = errno;
    return error == ENOTEMPTY || error == EEXIST ? (struct inherited){.end = INHERIT_OWN}
                                                 : failed(error);
}

static struct inherited copy_into(int scratch, int checkpoint) {
    uint64_t left_out = 0;
    int error = copy_remove(scratch, part);
    int copy = error == 0 ? make_part(scratch) : -1;
    if (copy < 0)
        return failed(error == 0 ? errno : error);
    error = copy_folder(checkpoint, copy, &left_out);
    struct inherited end = error == 0 ? put_in_place(scratch, copy, left_out) : failed(error);
    close(copy);
    if (end.end != INHERIT_COPIED)
        (void)copy_remove(scratch, part);
    return end;
}

struct inherited inherit(const char *from, bool ends, const char *scratch) {
    int folder = open(scratch, FOLDER_FLAGS);
    if (folder < 0)
        return failed(errno);
    int checkpoint = -1;
    struct inherited end = {.end = INHERIT_OWN};
    if (lacks_checkpoint(folder)) {
        checkpoint = open_checkpoint(from);
        if (checkpoint < 0)
            end = errno == ENOENT ? (struct inherited){.end = INHERIT_ABSENT} : failed(errno);
        else
            end = ends ? (struct inherited){.end = INHERIT_LATE} : copy_into(folder, checkpoint);
    }
    if (checkpoint >= 0)
        close(checkpoint);
    close(folder);
    return end;
}

/* ---- telling ---- */

static void put_left_out(struct buf *out, uint64_t count) {
    buf_text(out, "; left out, as absolute links, links that go up (..), and what is neither file, "
                  "folder nor link are: ");
    buf_u64(out, count);
}

void inherit_explain(const struct inherited *end, const char *from, struct buf *out) {
    const char *slash = strrchr(from, '/');
    if (end->end == INHERIT_OWN)
        return;
    buf_text(out, end->end == INHERIT_COPIED ? "zyg: begins with " : "zyg: ");
    buf_text(out, "the checkpoint of trial ");
    buf_text(out, slash == NULL ? from : slash + 1);
    if (end->end == INHERIT_ABSENT)
        buf_text(out, " is not on this machine");
    if (end->end == INHERIT_LATE)
        buf_text(out, " is of its last steps");
    if (end->end == INHERIT_NOTHING)
        buf_text(out, end->left_out > 0 ? " holds nothing that is copied" : " is empty");
    if (end->end == INHERIT_FAILED) {
        buf_text(out, " was not copied: ");
        buf_text(out, strerrordesc_np(end->error));
    }
    if (end->end != INHERIT_COPIED)
        buf_text(out, "; it begins with an empty one");
    if (end->left_out > 0)
        put_left_out(out, end->left_out);
    buf_byte(out, '\n');
}
