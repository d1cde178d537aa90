#include "actors/guard/keys.h"

#include "actors/guard/make_folder.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The file: one line, "zyg-keys 1 SEED CURVE", both secrets in hex; the public halves follow from them. */
static const char file_head[] = "zyg-keys 1 ";
enum {
    SEED_BYTES = 32,
    HEX = 2 * SEED_BYTES,
    FILE_BYTES = sizeof file_head - 1 + HEX + 1 + HEX + 1
};

static_assert(SEED_BYTES == crypto_sign_SEEDBYTES, "Ed25519 seeds");
static_assert(CURVE_KEY_BYTES == crypto_scalarmult_SCALARBYTES, "X25519 secrets");

static void derive(struct keys *keys, const uint8_t seed[SEED_BYTES]) {
    crypto_sign_seed_keypair(keys->signer.id.bytes, keys->signer.secret, seed);
    crypto_scalarmult_base(keys->curve_public, keys->curve_secret);
}

static bool parse(struct keys *keys, const char *text, size_t len) {
    uint8_t seed[SEED_BYTES];
    const char *hex = text + sizeof file_head - 1;
    size_t got;
    if (len != FILE_BYTES || memcmp(text, file_head, sizeof file_head - 1) != 0 ||
        hex[HEX] != ' ' || text[FILE_BYTES - 1] != '\n' ||
        sodium_hex2bin(seed, sizeof seed, hex, HEX, NULL, &got, NULL) != 0 || got != sizeof seed ||
        sodium_hex2bin(keys->curve_secret, CURVE_KEY_BYTES, hex + HEX + 1, HEX, NULL, &got, NULL) !=
            0 ||
        got != CURVE_KEY_BYTES)
        return false;
    derive(keys, seed);
    sodium_memzero(seed, sizeof seed);
    return true;
}

static bool read_file(struct keys *keys, const char *path, bool *absent, struct err *err) {
    char text[FILE_BYTES + 1];
    struct stat info;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    *absent = fd < 0 && errno == ENOENT;
    if (fd < 0)
        return err_set(err, ERR_SYSTEM, "cannot open %s: %s", path, strerror(errno));
    bool known = fstat(fd, &info) == 0;
    ssize_t len = read(fd, text, sizeof text);
    close(fd);
    if (!known || len < 0)
        return err_set(err, ERR_SYSTEM, "cannot read %s", path);
    if ((info.st_mode & 077) != 0)
        return err_set(err, ERR_NOT_ALLOWED, "%s can be read by others; do: chmod 600 '%s'", path,
                       path);
    bool good = parse(keys, text, (size_t)len);
    sodium_memzero(text, sizeof text);
    if (!good)
        return err_set(err, ERR_SYSTEM, "%s is not a key file of zyg; move it away", path);
    return true;
}

/* Written under another name, synced, then linked: the file is there whole or not at all, and who comes second uses the
 * first one's keys. */
static bool write_file(struct keys *keys, const char *path, struct err *err) {
    char temporary[4096], text[FILE_BYTES + 1];
    uint8_t seed[SEED_BYTES];
    randombytes_buf(seed, sizeof seed);
    randombytes_buf(keys->curve_secret, CURVE_KEY_BYTES);
    memcpy(text, file_head, sizeof file_head);
    sodium_bin2hex(text + sizeof file_head - 1, HEX + 1, seed, sizeof seed);
    text[sizeof file_head - 1 + HEX] = ' ';
    sodium_bin2hex(text + sizeof file_head + HEX, HEX + 1, keys->curve_secret, CURVE_KEY_BYTES);
    text[FILE_BYTES - 1] = '\n';
    snprintf(temporary, sizeof temporary, "%s.%08x", path, randombytes_random());
    int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool good = fd >= 0 && write(fd, text, FILE_BYTES) == FILE_BYTES && fsync(fd) == 0 &&
                (link(temporary, path) == 0 || errno == EEXIST);
    int cause = errno;
    if (fd >= 0)
        close(fd);
    unlink(temporary);
    sodium_memzero(text, sizeof text);
    sodium_memzero(seed, sizeof seed);
    return good || err_set(err, ERR_SYSTEM, "cannot write %s: %s", path, strerror(cause));
}

bool keys_load(struct keys *keys, const char *dir, const char *name, struct err *err) {
    char path[4000];
    bool absent;
    int len = snprintf(path, sizeof path, "%s/keys", dir);
    if (len < 0 || (size_t)len + strlen(name) + 2 > sizeof path)
        return err_set(err, ERR_SYSTEM, "the path of the state folder is too long");
    if (!make_folder(path, err))
        return false;
    snprintf(path + len, sizeof path - (size_t)len, "/%s", name);
    if (read_file(keys, path, &absent, err))
        return true;
    if (!absent || !write_file(keys, path, err))
        return false;
    return read_file(keys, path, &absent, err);
}

void keys_wipe(struct keys *keys) {
    sodium_memzero(keys, sizeof *keys);
}
