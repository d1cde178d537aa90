/* folder - a temporary folder of a test's own, removed with all that is in it. */
#ifndef ZYG_TEST_FOLDER_H
#define ZYG_TEST_FOLDER_H

#include "proto/base/check.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>

struct folder {
    char path[256];
};

static inline struct folder folder_make(void) {
    struct folder f;
    const char *base = getenv("TMPDIR");
    int len = snprintf(f.path, sizeof f.path, "%s/zyg-test-XXXXXX", base != NULL ? base : "/tmp");
    ensure(len > 0 && (size_t)len < sizeof f.path);
    ensure(mkdtemp(f.path) != NULL);
    return f;
}

static inline int folder_remove_one(const char *path, const struct stat *info, int kind,
                                    struct FTW *at) {
    (void)info;
    (void)kind;
    (void)at;
    return remove(path);
}

static inline void folder_remove(const struct folder *f) {
    ensure(nftw(f->path, folder_remove_one, 16, FTW_DEPTH | FTW_PHYS) == 0);
}

/* FOLDER/NAME; valid until the next call. */
static inline const char *folder_file(const struct folder *f, const char *name) {
    static char path[512];
    int len = snprintf(path, sizeof path, "%s/%s", f->path, name);
    ensure(len > 0 && (size_t)len < sizeof path);
    return path;
}

static inline void folder_write(const struct folder *f, const char *name, const char *text) {
    FILE *file = fopen(folder_file(f, name), "w");
    ensure(file != NULL && fputs(text, file) >= 0);
    ensure(fclose(file) == 0);
}

#endif
