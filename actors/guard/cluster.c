#include "actors/guard/cluster.h"

#include "actors/guard/cluster_file.h"
#include "actors/guard/make_folder.h"
#include "actors/guard/private_file.h"
#include "proto/base/check.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

static const char key_head[] = "zyg-cluster-key 1 ";
enum {
    SEED_BYTES = 32,
    KEY_HEAD = sizeof key_head - 1,
    KEY_FILE_BYTES = KEY_HEAD + 2 * SEED_BYTES + 1,
    HANDLE_BYTES = CLUSTER_NAME_BYTES_MAX + 8
};

/* The cluster's key pair, for as long as something is signed. */
struct authority {
    uint8_t key[32];
    uint8_t secret[64];
};

static const char *role_name(uint32_t role) {
    return role == ROLE_NODE ? "node" : "client";
}

void cluster_handle_print(struct buf *out, const char *name, const uint8_t key[32]) {
    buf_text(out, name);
    buf_byte(out, '-');
    buf_hex(out, key, 2);
}

static const char *handle_of(const char *name, const uint8_t key[32], char text[HANDLE_BYTES]) {
    struct buf out = buf_of(text, HANDLE_BYTES);
    cluster_handle_print(&out, name, key);
    buf_zero(&out);
    return text;
}

/* ---- DIR/keys/cluster ---- */

static bool key_parse(struct authority *a, const char *text, size_t len) {
    uint8_t seed[SEED_BYTES];
    size_t got;
    if (len != KEY_FILE_BYTES || memcmp(text, key_head, KEY_HEAD) != 0 ||
        text[KEY_FILE_BYTES - 1] != '\n' ||
        sodium_hex2bin(seed, sizeof seed, text + KEY_HEAD, 2 * SEED_BYTES, NULL, &got, NULL) != 0 ||
        got != sizeof seed)
        return false;
    crypto_sign_seed_keypair(a->key, a->secret, seed);
    sodium_memzero(seed, sizeof seed);
    return true;
}

static bool key_read(struct authority *a, const char *path, bool *absent, struct err *err) {
    char text[KEY_FILE_BYTES + 1];
    size_t len;
    if (!private_file_read(path, text, sizeof text, &len, absent, err))
        return false;
    bool good = key_parse(a, text, len);
    sodium_memzero(text, sizeof text);
    return good || err_set(err, ERR_SYSTEM, "%s is not a cluster key of zyg; move it away", path);
}

static bool key_write(const char *path, struct err *err) {
    char text[KEY_FILE_BYTES + 1];
    uint8_t seed[SEED_BYTES];
    randombytes_buf(seed, sizeof seed);
    memcpy(text, key_head, KEY_HEAD);
    sodium_bin2hex(text + KEY_HEAD, 2 * SEED_BYTES + 1, seed, sizeof seed);
    text[KEY_FILE_BYTES - 1] = '\n';
    bool good = private_file_write(path, span_of(text, KEY_FILE_BYTES), PRIVATE_KEEP, err);
    sodium_memzero(text, sizeof text);
    sodium_memzero(seed, sizeof seed);
    return good;
}

/* As it is, or made now. */
static bool key_begin(struct authority *a, const char *dir, struct err *err) {
    char folder[PRIVATE_PATH_BYTES], path[PRIVATE_PATH_BYTES];
    bool absent;
    if (!private_path(folder, dir, "keys", err) || !private_path(path, folder, "cluster", err) ||
        !make_folder(folder, err))
        return false;
    if (key_read(a, path, &absent, err))
        return true;
    return absent && key_write(path, err) && key_read(a, path, &absent, err);
}

/* The key that made this cluster. */
static bool key_of(struct authority *a, const struct cluster *c, const char *dir, struct err *err) {
    char path[PRIVATE_PATH_BYTES], handle[HANDLE_BYTES];
    bool absent;
    if (!private_path(path, dir, "keys/cluster", err))
        return false;
    bool read = key_read(a, path, &absent, err);
    if (!read && !absent)
        return false;
    if (read && memcmp(a->key, c->key, sizeof a->key) == 0)
        return true;
    sodium_memzero(a, sizeof *a);
    return err_set(err, ERR_NOT_ALLOWED,
                   "the key of cluster %s is not here; it is where `zyg cluster init` ran",
                   handle_of(c->name, c->key, handle));
}

bool cluster_has_key(const struct cluster *c, const char *dir) {
    struct authority a;
    struct err ignored;
    bool here = key_of(&a, c, dir, &ignored);
    sodium_memzero(&a, sizeof a);
    return here;
}

bool cluster_signer(const struct cluster *c, const char *dir, struct signer *signer,
                    struct err *err) {
    struct authority a;
    if (!key_of(&a, c, dir, err))
        return false;
    memcpy(signer->id.bytes, a.key, sizeof a.key);
    memcpy(signer->secret, a.secret, sizeof a.secret);
    sodium_memzero(&a, sizeof a);
    return true;
}

/* ---- DIR/cluster ---- */

bool cluster_load(struct cluster *c, const char *dir, struct err *err) {
    char path[PRIVATE_PATH_BYTES], text[CLUSTER_FILE_BYTES + 1];
    size_t len;
    bool absent;
    if (!private_path(path, dir, "cluster", err))
        return false;
    if (!private_file_read(path, text, sizeof text, &len, &absent, err))
        return absent ? err_set(err, ERR_NOT_FOUND, "%s belongs to no cluster", dir) : false;
    return cluster_parse(c, span_of(text, len)) ||
           err_set(err, ERR_SYSTEM, "%s is not a membership file of zyg; move it away", path);
}

static bool file_write(const struct cluster *c, const char *dir, struct err *err) {
    char path[PRIVATE_PATH_BYTES], text[CLUSTER_FILE_BYTES];
    struct buf out = buf_of(text, sizeof text);
    cluster_print(&out, c);
    ensure(!out.overflow);
    return private_path(path, dir, "cluster", err) &&
           private_file_write(path, buf_view(&out), PRIVATE_REPLACE, err);
}

/* Who reads the file, changes it and writes it again, holds the folder meanwhile: of two at once, one would undo what the
 * other wrote. -1: it cannot be held (what is done then says why it cannot be opened; over NFS folders cannot be locked). */
static int hold_folder(const char *dir) {
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0)
        flock(fd, LOCK_EX);
    return fd;
}

static void let_go(int held) {
    if (held >= 0)
        close(held);
}

/* ---- admitting ---- */

static bool admit(struct admission *a, const char *dir, const struct token *token, uint32_t role,
                  struct err *err) {
    struct keys keys;
    if (!keys_load(&keys, dir, role_name(role), err))
        return false;
    *a = (struct admission){.seeds_count = token->seeds_count};
    memcpy(a->seeds, token->seeds, sizeof a->seeds);
    struct buf out = buf_of(a->certificate, sizeof a->certificate);
    certificate_make(span_of(token->grant, token->grant_len), token->seed, &keys.signer.id,
                     keys.curve_public, role, &out);
    ensure(!out.overflow);
    a->certificate_len = out.len;
    keys_wipe(&keys);
    return certificate_check(buf_view(&out), token->cluster, role, 0, &a->says, err);
}

static void make_grant(struct token *token, const struct authority *by, const char *name,
                       uint32_t roles, wall_ms until) {
    *token = (struct token){0};
    snprintf(token->name, sizeof token->name, "%s", name);
    memcpy(token->cluster, by->key, sizeof token->cluster);
    randombytes_buf(token->seed, sizeof token->seed);
    struct buf grant = buf_of(token->grant, sizeof token->grant);
    grant_make(by->secret, roles, until, token->seed, &grant);
    ensure(!grant.overflow);
    token->grant_len = grant.len;
}

static bool already_in(const struct cluster *c, const char *dir, struct err *err) {
    char handle[HANDLE_BYTES];
    return err_set(err, ERR_NOT_ALLOWED,
                   "%s belongs to cluster %s already; to begin another: zyg cluster leave", dir,
                   handle_of(c->name, c->key, handle));
}

static bool begin_here(struct cluster *c, const char *dir, const char *name, struct err *err) {
    struct authority authority;
    struct token token;
    if (cluster_load(c, dir, err))
        return already_in(c, dir, err);
    if (err->code != ERR_NOT_FOUND || !key_begin(&authority, dir, err))
        return false;
    *c = (struct cluster){0};
    snprintf(c->name, sizeof c->name, "%s", name);
    memcpy(c->key, authority.key, sizeof c->key);
    make_grant(&token, &authority, name, ROLE_NODE | ROLE_CLIENT, GRANT_FOREVER);
    sodium_memzero(&authority, sizeof authority);
    bool good = admit(&c->node, dir, &token, ROLE_NODE, err) &&
                admit(&c->client, dir, &token, ROLE_CLIENT, err) && file_write(c, dir, err);
    sodium_memzero(&token, sizeof token);
    return good;
}

bool cluster_begin(struct cluster *c, const char *dir, const char *name, struct err *err) {
    if (!make_folder(dir, err))
        return false;
    int held = hold_folder(dir);
    bool good = begin_here(c, dir, name, err);
    let_go(held);
    return good;
}

static bool check_token(const struct token *token, uint32_t role, wall_ms now, struct grant *grant,
                        struct err *err) {
    if (!grant_check(span_of(token->grant, token->grant_len), token->cluster, now, grant, err))
        return false;
    if ((grant->roles & role) != 0)
        return true;
    return err_set(err, ERR_NOT_ALLOWED,
                   "the token is not for a %s; make one that is: zyg token create --for %s",
                   role_name(role), role_name(role));
}

static bool same_cluster(const struct cluster *c, const char *dir, const struct token *token,
                         struct err *err) {
    char ours[HANDLE_BYTES], theirs[HANDLE_BYTES];
    if (memcmp(c->key, token->cluster, sizeof c->key) == 0)
        return true;
    return err_set(
        err, ERR_NOT_ALLOWED,
        "the token is for cluster %s, but %s belongs to %s; to change: zyg cluster leave",
        handle_of(token->name, token->cluster, theirs), dir, handle_of(c->name, c->key, ours));
}

/* What is known of the token's cluster already, or nothing but its name. */
static bool load_same(struct cluster *c, const char *dir, const struct token *token,
                      struct err *err) {
    if (cluster_load(c, dir, err))
        return same_cluster(c, dir, token, err);
    if (err->code != ERR_NOT_FOUND)
        return false;
    *c = (struct cluster){0};
    memcpy(c->key, token->cluster, sizeof c->key);
    memcpy(c->name, token->name, sizeof c->name);
    return true;
}

static bool is_in(const struct admission *a, const char *dir, uint32_t role) {
    struct keys keys;
    struct err ignored;
    if (a->certificate_len == 0 || !keys_load(&keys, dir, role_name(role), &ignored))
        return false;
    bool own = admission_is_of(a, &keys);
    keys_wipe(&keys);
    return own;
}

static bool has_seed(const struct admission *a, const struct token_seed *seed) {
    for (uint32_t i = 0; i < a->seeds_count; i++)
        if (strcmp(a->seeds[i].endpoint, seed->endpoint) == 0 &&
            memcmp(a->seeds[i].curve, seed->curve, sizeof seed->curve) == 0)
            return true;
    return false;
}

/* Who is in already needs nothing of the token but where nodes are, which may be news. */
static bool learn_seeds(struct cluster *c, struct admission *a, const char *dir,
                        const struct token *token, struct err *err) {
    const struct admission before = *a;
    bool same = true;
    a->seeds_count = token->seeds_count;
    memcpy(a->seeds, token->seeds, sizeof a->seeds);
    for (uint32_t i = 0; i < token->seeds_count; i++)
        same = same && has_seed(&before, &token->seeds[i]);
    for (uint32_t i = 0; i < before.seeds_count && a->seeds_count < TOKEN_SEEDS_MAX; i++)
        if (!has_seed(a, &before.seeds[i]))
            a->seeds[a->seeds_count++] = before.seeds[i];
    return same || file_write(c, dir, err);
}

static bool join_here(struct cluster *c, const char *dir, const struct token *token, uint32_t role,
                      wall_ms now, struct err *err) {
    struct admission *a = role == ROLE_NODE ? &c->node : &c->client;
    struct grant grant;
    if (!load_same(c, dir, token, err))
        return false;
    bool in = is_in(a, dir, role);
    if (!check_token(token, role, in ? 0 : now, &grant, err))
        return false;
    if (in && grant.until <= a->says.until)
        return learn_seeds(c, a, dir, token, err);
    return admit(a, dir, token, role, err) && file_write(c, dir, err);
}

bool cluster_join(struct cluster *c, const char *dir, const struct token *token, uint32_t role,
                  wall_ms now, struct err *err) {
    if (!make_folder(dir, err))
        return false;
    int held = hold_folder(dir);
    bool good = join_here(c, dir, token, role, now, err);
    let_go(held);
    return good;
}

static void answer_for(struct admission *a, const struct admission *node, const struct keys *by,
                       const struct keys *client) {
    struct buf out = buf_of(a->certificate, sizeof a->certificate);
    certificate_make_client(span_of(node->certificate, node->certificate_len), by->signer.secret,
                            &client->signer.id, client->curve_public, &out);
    ensure(!out.overflow);
    a->certificate_len = out.len;
}

static bool admit_client_here(struct cluster *c, const char *dir, wall_ms now, struct err *err) {
    if (!cluster_load(c, dir, err))
        return false;
    struct admission client = c->client;
    struct keys node = {.signer.secret = {0}}, own = node;
    bool good = keys_load(&node, dir, "node", err) && keys_load(&own, dir, "client", err);
    bool in =
        admission_is_of(&c->client, &own) && !c->client.says.by_node && now < c->client.says.until;
    bool wanted = good && !in && admission_is_of(&c->node, &node);
    if (wanted)
        answer_for(&client, &c->node, &node, &own);
    keys_wipe(&node);
    keys_wipe(&own);
    if (!wanted || (client.certificate_len == c->client.certificate_len &&
                    memcmp(client.certificate, c->client.certificate, client.certificate_len) == 0))
        return good;
    c->client = client;
    return certificate_check(span_of(client.certificate, client.certificate_len), c->key,
                             ROLE_CLIENT, 0, &c->client.says, err) &&
           file_write(c, dir, err);
}

bool cluster_admit_client(struct cluster *c, const char *dir, wall_ms now, struct err *err) {
    int held = hold_folder(dir);
    bool good = admit_client_here(c, dir, now, err);
    let_go(held);
    return good;
}

bool cluster_visit(struct cluster *c, const char *dir, const struct token *token, wall_ms now,
                   struct err *err) {
    struct grant grant;
    *c = (struct cluster){0};
    memcpy(c->key, token->cluster, sizeof c->key);
    memcpy(c->name, token->name, sizeof c->name);
    return check_token(token, ROLE_CLIENT, now, &grant, err) &&
           admit(&c->client, dir, token, ROLE_CLIENT, err);
}

static bool keep_doors_here(const char *dir, const uint8_t key[32], const struct token_seed *doors,
                            uint32_t count, struct err *err) {
    struct cluster c;
    struct admission *a = &c.client;
    if (!cluster_load(&c, dir, err))
        return false;
    if (memcmp(c.key, key, sizeof c.key) != 0 || a->certificate_len == 0)
        return err_set(err, ERR_NOT_FOUND, "%s is not that cluster's client any more", dir);
    if (count > TOKEN_SEEDS_MAX)
        count = TOKEN_SEEDS_MAX;
    bool same = count == a->seeds_count;
    for (uint32_t i = 0; i < count; i++)
        same = same && has_seed(a, &doors[i]);
    if (same)
        return true;
    a->seeds_count = count;
    memcpy(a->seeds, doors, count * sizeof *doors);
    return file_write(&c, dir, err);
}

bool cluster_keep_doors(const char *dir, const uint8_t key[32], const struct token_seed *doors,
                        uint32_t count, struct err *err) {
    int held = hold_folder(dir);
    bool good = keep_doors_here(dir, key, doors, count, err);
    let_go(held);
    return good;
}

static bool forget(const char *dir, const char *name, struct err *err) {
    char path[PRIVATE_PATH_BYTES];
    if (!private_path(path, dir, name, err))
        return false;
    return unlink(path) == 0 || errno == ENOENT ||
           err_set(err, ERR_SYSTEM, "cannot remove %s: %s", path, strerror(errno));
}

static bool leave_here(const char *dir, bool forget_key, struct err *err) {
    struct cluster c;
    if (!cluster_load(&c, dir, err))
        return false;
    if (!cluster_has_key(&c, dir))
        return forget(dir, "cluster", err);
    if (!forget_key)
        return err_set(
            err, ERR_NOT_ALLOWED,
            "%s/keys/cluster is the cluster's key: without it nobody can be admitted any "
            "more; keep a copy and say --forget-key",
            dir);
    return forget(dir, "cluster", err) && forget(dir, "keys/cluster", err);
}

bool cluster_leave(const char *dir, bool forget_key, struct err *err) {
    int held = hold_folder(dir);
    bool good = leave_here(dir, forget_key, err);
    let_go(held);
    return good;
}

bool cluster_token(const struct cluster *c, const char *dir, uint32_t roles, wall_ms until,
                   struct token *token, struct err *err) {
    struct authority authority;
    if (!key_of(&authority, c, dir, err))
        return false;
    make_grant(token, &authority, c->name, roles, until);
    sodium_memzero(&authority, sizeof authority);
    return true;
}

bool admission_is_of(const struct admission *a, const struct keys *keys) {
    return a->certificate_len > 0 && node_id_equal(&a->says.node, &keys->signer.id) &&
           memcmp(a->says.curve, keys->curve_public, CURVE_KEY_BYTES) == 0;
}
