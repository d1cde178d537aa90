#include "actors/guard/keys.h"

#include "actors/guard/make_folder.h"
#include "actors/guard/private_file.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

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
    size_t len;
    if (!private_file_read(path, text, sizeof text, &len, absent, err))
        return false;
    bool good = parse(keys, text, len);
    sodium_memzero(text, sizeof text);
    return good || err_set(err, ERR_SYSTEM, "%s is not a key file of zyg; move it away", path);
}

/* Who comes second uses the first one's keys. */
static bool write_file(struct keys *keys, const char *path, struct err *err) {
    char text[FILE_BYTES + 1];
    uint8_t seed[SEED_BYTES];
    randombytes_buf(seed, sizeof seed);
    randombytes_buf(keys->curve_secret, CURVE_KEY_BYTES);
    memcpy(text, file_head, sizeof file_head);
    sodium_bin2hex(text + sizeof file_head - 1, HEX + 1, seed, sizeof seed);
    text[sizeof file_head - 1 + HEX] = ' ';
    sodium_bin2hex(text + sizeof file_head + HEX, HEX + 1, keys->curve_secret, CURVE_KEY_BYTES);
    text[FILE_BYTES - 1] = '\n';
    bool good = private_file_write(path, span_of(text, FILE_BYTES), PRIVATE_KEEP, err);
    sodium_memzero(text, sizeof text);
    sodium_memzero(seed, sizeof seed);
    return good;
}

bool keys_load(struct keys *keys, const char *dir, const char *name, struct err *err) {
    char folder[PRIVATE_PATH_BYTES], path[PRIVATE_PATH_BYTES];
    bool absent;
    if (!private_path(folder, dir, "keys", err) || !private_path(path, folder, name, err) ||
        !make_folder(folder, err))
        return false;
    if (read_file(keys, path, &absent, err))
        return true;
    if (!absent || !write_file(keys, path, err))
        return false;
    return read_file(keys, path, &absent, err);
}

void keys_wipe(struct keys *keys) {
    sodium_memzero(keys, sizeof *keys);
}
