#include "store/store_lmdb.h"

#include "proto/base/check.h"
#include "store/store_dir.h"
#include "store/store_kind.h"

#include <errno.h>
#include <fcntl.h>
#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* 16 GiB, or 256 MiB where the address space cannot hold more. Only pages in use cost memory or
 * disk. */
#define MAP_BYTES ((size_t)1 << (sizeof(void *) >= 8 ? 34 : 28))
#define MAP_BYTES_LEAST ((size_t)8 << 20)

/* The file is written ahead of what LMDB uses of it, in steps of AHEAD_BYTES: a commit into blocks that the file system has to
 * find first makes it write its journal as well, which takes longer than the commit (ext4, after a rest: 1.9 ms and 0.7). */
enum { AHEAD_BYTES = 256 << 10, ZEROS_BYTES = 16 << 10 };

struct lmdb {
    struct store store; /* first: the kinds' functions are given its address */
    MDB_env *env;
    MDB_dbi tables[TABLE_COUNT];
    struct store_dir dir;
    MDB_txn *reading;
    MDB_cursor *cursor;
    off_t written; /* the file has blocks up to here; 0: not looked at yet */
    bool cramped;  /* there was no room to write ahead: not tried again in this life */
};

static struct lmdb *lmdb_of(struct store *s) {
    return (struct lmdb *)(void *)s;
}

static bool refuse(const struct lmdb *l, int rc, const char *doing, struct err *err) {
    const char *dir = l->dir.path;
    switch (rc) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
        return err_set(err, ERR_STORE_FULL,
                       "the disk with %s is full; what was acknowledged is safe, "
                       "free some space to go on",
                       dir);
    case EIO: /* LMDB also says this when only a part of what it wrote found room */
        if (store_dir_full(&l->dir))
            return refuse(l, ENOSPC, doing, err);
        return err_set(err, ERR_STORE,
                       "%s %s failed: the disk reports an error; look at the "
                       "kernel's messages (dmesg)",
                       doing, dir);
    case MDB_MAP_FULL:
        return err_set(err, ERR_STORE_FULL,
                       "the store in %s cannot grow any more on this machine; "
                       "remove old jobs or move it to a 64-bit machine",
                       dir);
    case MDB_INVALID:
    case MDB_VERSION_MISMATCH:
        return err_set(err, ERR_STORE,
                       "%s/data.mdb is not a store this program can read (another "
                       "program's, or of a machine with another word size); move it away",
                       dir);
    case MDB_CORRUPTED:
    case MDB_PAGE_NOTFOUND:
        return err_set(err, ERR_STORE,
                       "%s/data.mdb is damaged; restore it from a copy or move it "
                       "away to begin anew",
                       dir);
    case MDB_PANIC:
        return err_set(err, ERR_STORE,
                       "the store in %s stopped after a failed write and cannot be opened again "
                       "yet; what was acknowledged is safe",
                       dir);
    case EACCES:
    case EPERM:
    case EROFS:
        return err_set(err, ERR_STORE, "%s %s failed: %s; its owner must be able to write there",
                       doing, dir, mdb_strerror(rc));
    default: return err_set(err, ERR_STORE, "%s %s failed: %s", doing, dir, mdb_strerror(rc));
    }
}

static MDB_val val_of(struct span s) {
    return (MDB_val){.mv_size = s.len, .mv_data = (void *)(uintptr_t)s.data};
}

static struct span span_of_val(MDB_val v) {
    return span_of(v.mv_data, v.mv_size);
}

/* A tool beside us may have grown the map: then its new size is taken over. */
static int begin_txn(struct lmdb *l, unsigned flags, MDB_txn **txn) {
    int rc = mdb_txn_begin(l->env, NULL, flags, txn);
    if (rc == MDB_MAP_RESIZED && (rc = mdb_env_set_mapsize(l->env, 0)) == 0)
        rc = mdb_txn_begin(l->env, NULL, flags, txn);
    return rc;
}

static int grow(struct lmdb *l) {
    MDB_envinfo info;
    mdb_env_info(l->env, &info);
    if (info.me_mapsize > SIZE_MAX / 2)
        return MDB_MAP_FULL;
    return mdb_env_set_mapsize(l->env, info.me_mapsize * 2) == 0 ? 0 : MDB_MAP_FULL;
}

/* ---- opening ---- */

/* Where address space is rationed (ulimit -v, small boards) a smaller map is better than none. */
static int open_env(struct lmdb *l, size_t map_bytes) {
    int rc;
    do {
        l->env = NULL;
        rc = mdb_env_create(&l->env);
        if (rc == 0)
            rc = mdb_env_set_maxdbs(l->env, TABLE_COUNT);
        if (rc == 0)
            rc = mdb_env_set_mapsize(l->env, map_bytes);
        if (rc == 0)
            rc = mdb_env_open(l->env, l->dir.path, 0, 0600);
        if (rc != 0) {
            mdb_env_close(l->env);
            l->env = NULL;
        }
        map_bytes /= 2;
    } while (rc == ENOMEM && map_bytes >= MAP_BYTES_LEAST);
    return rc;
}

/* LMDB leaves the data file open across exec, and a trial must not get it. */
static int keep_from_children(struct lmdb *l) {
    int fd;
    int rc = mdb_env_get_fd(l->env, &fd);
    if (rc == 0 && fcntl(fd, F_SETFD, FD_CLOEXEC) != 0)
        rc = errno;
    return rc;
}

/* Negative LMDB codes and positive errno values leave 1 << 20 free to mean this. */
enum { WRONG_VERSION = 1 << 20 };

/* A new store is given its version; any other must have it. */
static int check_schema(MDB_txn *txn, MDB_dbi meta, struct span *found) {
    char version[12];
    snprintf(version, sizeof version, "%d", STORE_SCHEMA);
    MDB_val key = val_of(span_text("schema"));
    MDB_val value = val_of(span_text(version));
    int rc = mdb_put(txn, meta, &key, &value, MDB_NOOVERWRITE);
    *found = span_of_val(value);
    if (rc == MDB_KEYEXIST)
        rc = span_is(*found, version) ? 0 : WRONG_VERSION;
    return rc;
}

static int open_tables(struct lmdb *l, MDB_txn *txn) {
    for (int table = TABLE_NONE + 1; table < TABLE_COUNT; table++) {
        int rc = mdb_dbi_open(txn, table_name((enum table)table), MDB_CREATE, &l->tables[table]);
        if (rc != 0)
            return rc;
    }
    return 0;
}

static bool prepare(struct lmdb *l, struct err *err) {
    MDB_txn *txn;
    int rc = begin_txn(l, 0, &txn);
    if (rc != 0)
        return refuse(l, rc, "opening the store in", err);
    struct span found = {0};
    rc = mdb_dbi_open(txn, table_name(TABLE_meta), MDB_CREATE, &l->tables[TABLE_meta]);
    if (rc == 0)
        rc = check_schema(txn, l->tables[TABLE_meta], &found);
    if (rc == WRONG_VERSION)
        err_set(err, ERR_STORE_VERSION,
                "the store in %s has schema %.*s and this program reads %d; "
                "use the zyg that wrote it, or move it away to begin anew",
                l->dir.path, (int)(found.len < 20 ? found.len : 20), (const char *)found.data,
                STORE_SCHEMA);
    if (rc == 0)
        rc = open_tables(l, txn);
    if (rc == 0)
        rc = mdb_txn_commit(txn);
    else
        mdb_txn_abort(txn);
    if (rc == MDB_MAP_FULL && (rc = grow(l)) == 0)
        return prepare(l, err);
    return rc == 0 || (rc != WRONG_VERSION && refuse(l, rc, "opening the store in", err));
}

/* ---- saving ---- */

static int apply(struct lmdb *l, MDB_txn *txn, struct span bytes, bool *wrong) {
    struct ops ops = ops_of(bytes);
    struct op op;
    while (ops_next(&ops, &op, wrong)) {
        MDB_val key = val_of(op.key);
        MDB_val value = val_of(op.value);
        int rc = op.put ? mdb_put(txn, l->tables[op.table], &key, &value, 0)
                        : mdb_del(txn, l->tables[op.table], &key, NULL);
        if (rc != 0 && rc != MDB_NOTFOUND)
            return rc;
    }
    return 0;
}

static int save_once(struct lmdb *l, const struct span *ops, size_t count, bool *wrong) {
    MDB_txn *txn;
    int rc = begin_txn(l, 0, &txn);
    if (rc != 0)
        return rc;
    for (size_t i = 0; i < count && rc == 0 && !*wrong; i++)
        rc = apply(l, txn, ops[i], wrong);
    if (rc == 0 && !*wrong)
        return mdb_txn_commit(txn);
    mdb_txn_abort(txn);
    return rc;
}

/* Closed where it is open, and opened: after a failed write of its first page LMDB refuses everything until then, and the disk
 * may be well again. */
static bool open_again(struct lmdb *l, struct err *err) {
    MDB_envinfo info = {.me_mapsize = MAP_BYTES};
    if (l->env != NULL) {
        mdb_env_info(l->env, &info);
        mdb_env_close(l->env);
    }
    int rc = open_env(l, info.me_mapsize);
    if (rc == 0)
        rc = keep_from_children(l);
    if (rc == 0 ? prepare(l, err) : refuse(l, rc, "opening the store in", err))
        return true;
    if (l->env != NULL) { /* half open is not open: the next save tries again */
        mdb_env_close(l->env);
        l->env = NULL;
    }
    return false;
}

/* A full map spoils the transaction, so all of it is applied again to a larger one. */
static bool lmdb_save(struct store *s, const struct span *ops, size_t count, struct err *err) {
    struct lmdb *l = lmdb_of(s);
    bool wrong = false;
    int rc = l->env == NULL ? MDB_PANIC : save_once(l, ops, count, &wrong);
    if (rc == MDB_PANIC) {
        if (!open_again(l, err))
            return false;
        rc = save_once(l, ops, count, &wrong);
    }
    while (rc == MDB_MAP_FULL && (rc = grow(l)) == 0)
        rc = save_once(l, ops, count, &wrong);
    if (wrong)
        return err_set(err, ERR_BAD_MESSAGE, "a transaction for the store could not be read");
    return rc == 0 || refuse(l, rc, "saving to", err);
}

/* ---- scanning ---- */

static bool lmdb_scan_begin(struct store *s, enum table table, struct err *err) {
    struct lmdb *l = lmdb_of(s);
    if (l->env == NULL && !open_again(l, err))
        return false;
    int rc = begin_txn(l, MDB_RDONLY, &l->reading);
    if (rc == 0) {
        rc = mdb_cursor_open(l->reading, l->tables[table], &l->cursor);
        if (rc != 0)
            mdb_txn_abort(l->reading);
    }
    return rc == 0 || refuse(l, rc, "reading", err);
}

static bool take_row(struct lmdb *l, MDB_val key, MDB_cursor_op how, struct row *row,
                     struct err *err) {
    MDB_val value;
    int rc = mdb_cursor_get(l->cursor, &key, &value, how);
    *row = (struct row){0};
    if (rc == 0)
        *row = (struct row){.key = span_of_val(key), .value = span_of_val(value)};
    return rc == 0 || rc == MDB_NOTFOUND || refuse(l, rc, "reading", err);
}

static bool lmdb_scan_find(struct store *s, const struct span *key, struct row *row,
                           struct err *err) {
    MDB_val from = key != NULL ? val_of(*key) : (MDB_val){0};
    return take_row(lmdb_of(s), from, key != NULL ? MDB_SET_RANGE : MDB_LAST, row, err);
}

static bool lmdb_scan_step(struct store *s, bool backward, struct row *row, struct err *err) {
    return take_row(lmdb_of(s), (MDB_val){0}, backward ? MDB_PREV : MDB_NEXT, row, err);
}

static void lmdb_scan_end(struct store *s) {
    struct lmdb *l = lmdb_of(s);
    mdb_cursor_close(l->cursor);
    mdb_txn_abort(l->reading);
}

/* ---- writing ahead ---- */

static bool write_zeros(int fd, off_t from, off_t to) {
    static const uint8_t zeros[ZEROS_BYTES];
    while (from < to) {
        size_t bytes = to - from < (off_t)sizeof zeros ? (size_t)(to - from) : sizeof zeros;
        ssize_t put = pwrite(fd, zeros, bytes, from);
        if (put <= 0)
            return false;
        from += put;
    }
    return fdatasync(fd) == 0;
}

/* Beyond the last page of the newest transaction nobody reads, and no other one is under way. */
static void lmdb_tend(struct store *s) {
    struct lmdb *l = lmdb_of(s);
    MDB_envinfo info;
    MDB_stat stat;
    struct stat file;
    int fd;
    if (l->env == NULL || l->cramped || mdb_env_info(l->env, &info) != 0 ||
        mdb_env_stat(l->env, &stat) != 0 || mdb_env_get_fd(l->env, &fd) != 0)
        return;
    const off_t used = (off_t)(info.me_last_pgno + 1) * stat.ms_psize;
    if (l->written == 0 && fstat(fd, &file) == 0)
        l->written = file.st_size;
    if (l->written < used)
        l->written = used;
    if (l->written - used >= AHEAD_BYTES / 2 || (size_t)(used + AHEAD_BYTES) > info.me_mapsize)
        return;
    l->cramped = !write_zeros(fd, l->written, used + AHEAD_BYTES);
    l->written = used + AHEAD_BYTES;
}

/* ---- resting ---- */

/* LMDB keeps the block of every page that it ever changed in one transaction, and each page that was read stays mapped, which
 * counts as memory of ours where nobody else maps the file. It lets go of all that when it is closed. Where it cannot be opened
 * again, the next one to read or save tries that. */
static void lmdb_rest(struct store *s) {
    struct err ignored;
    open_again(lmdb_of(s), &ignored);
}

static bool lmdb_is_open(const struct store *s) {
    return ((const struct lmdb *)(const void *)s)->env != NULL;
}

/* ---- the whole ---- */

static void lmdb_close(struct store *s) {
    struct lmdb *l = lmdb_of(s);
    if (l->env != NULL)
        mdb_env_close(l->env);
    store_dir_close(&l->dir);
    free(l);
}

static const struct store_kind lmdb_kind = {.save = lmdb_save,
                                            .scan_begin = lmdb_scan_begin,
                                            .scan_find = lmdb_scan_find,
                                            .scan_step = lmdb_scan_step,
                                            .scan_end = lmdb_scan_end,
                                            .tend = lmdb_tend,
                                            .rest = lmdb_rest,
                                            .is_open = lmdb_is_open,
                                            .close = lmdb_close};

struct store *store_open_lmdb_sized(const char *dir, size_t map_bytes, struct err *err) {
    struct lmdb *l = calloc(1, sizeof *l);
    ensure(l != NULL);
    l->store.kind = &lmdb_kind;
    struct store *s = &l->store;
    if (!store_dir_open(&l->dir, dir, err)) {
        free(l);
        return NULL;
    }
    int rc = open_env(l, map_bytes);
    if (rc == 0)
        rc = keep_from_children(l);
    if (rc == 0)
        rc = mdb_reader_check(l->env, NULL); /* frees what a killed process left behind */
    if (rc != 0)
        refuse(l, rc, "opening the store in", err);
    if (rc != 0 || !prepare(l, err))
        store_close(&s);
    return s;
}

struct store *store_open_lmdb(const char *dir, struct err *err) {
    return store_open_lmdb_sized(dir, MAP_BYTES, err);
}
