#define _GNU_SOURCE /* nftw */
#include "actors/guard/cluster.h"

#include "actors/guard/cluster_file.h"
#include "tests/lib/folder.h"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static const wall_ms now = 1767225600000, later = 1767229200000; /* 2026-01-01, an hour later */

/* Two folders: where a cluster was begun, and another machine's. */
struct world {
    struct folder home, away;
    struct cluster cluster;
};

static int set_up(void **state) {
    struct world *w = calloc(1, sizeof *w);
    struct err err;
    *w = (struct world){.home = folder_make(), .away = folder_make()};
    *state = w;
    return sodium_init() < 0 || !cluster_begin(&w->cluster, w->home.path, "lab", &err);
}

static int tear_down(void **state) {
    struct world *w = *state;
    folder_remove(&w->home);
    folder_remove(&w->away);
    free(w);
    return 0;
}

static struct token token_of(const struct world *w, uint32_t roles, wall_ms until) {
    struct token t;
    struct err err;
    assert_true(cluster_token(&w->cluster, w->home.path, roles, until, &t, &err));
    t.seeds_count = 1;
    t.seeds[0] = (struct token_seed){"tcp://10.0.0.1:7420", {7}};
    return t;
}

static void expect_join_refused(const struct folder *f, const struct token *t, uint32_t role,
                                wall_ms when, const char *what) {
    struct cluster c;
    struct err err = {.code = ERR_NONE};
    assert_false(cluster_join(&c, f->path, t, role, when, &err));
    assert_int_equal(err.code, ERR_NOT_ALLOWED);
    assert_string_equal(err.what, what);
}

static void expect_mode(const struct folder *f, const char *name) {
    struct stat info;
    assert_int_equal(stat(folder_file(f, name), &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
}

static void who_begins_is_admitted_for_ever(void **state) {
    const struct world *w = *state;
    struct cluster c;
    struct keys node, client;
    struct err err;
    assert_true(cluster_load(&c, w->home.path, &err));
    assert_memory_equal(&c, &w->cluster, sizeof c);
    assert_string_equal(c.name, "lab");
    assert_true(keys_load(&node, w->home.path, "node", &err));
    assert_true(keys_load(&client, w->home.path, "client", &err));
    assert_true(admission_is_of(&c.node, &node));
    assert_true(admission_is_of(&c.client, &client));
    assert_false(admission_is_of(&c.node, &client));
    assert_int_equal(c.node.says.roles, ROLE_NODE);
    assert_int_equal(c.client.says.roles, ROLE_CLIENT);
    assert_int_equal(c.node.says.until, GRANT_FOREVER);
    assert_int_equal(c.client.seeds_count, 0);
    assert_true(cluster_has_key(&c, w->home.path));
    expect_mode(&w->home, "cluster");
    expect_mode(&w->home, "keys/cluster");
}

static void a_cluster_is_not_begun_twice(void **state) {
    const struct world *w = *state;
    struct cluster c;
    struct err err;
    char expected[600], handle[80];
    struct buf out = buf_of(handle, sizeof handle);
    cluster_handle_print(&out, "lab", w->cluster.key);
    buf_zero(&out);
    assert_false(cluster_begin(&c, w->home.path, "other", &err));
    assert_int_equal(err.code, ERR_NOT_ALLOWED);
    snprintf(expected, sizeof expected,
             "%s belongs to cluster %s already; to begin another: zyg cluster leave", w->home.path,
             handle);
    assert_string_equal(err.what, expected);
    assert_true(cluster_load(&c, w->home.path, &err));
    assert_memory_equal(&c, &w->cluster, sizeof c);
}

/* A crash between the two files, or the key brought to another machine. */
static void a_key_that_is_there_is_gone_on_with(void **state) {
    const struct world *w = *state;
    struct cluster c;
    struct err err;
    assert_int_equal(unlink(folder_file(&w->home, "cluster")), 0);
    assert_true(cluster_begin(&c, w->home.path, "again", &err));
    assert_memory_equal(c.key, w->cluster.key, sizeof c.key);
    assert_string_equal(c.name, "again");
}

static void a_node_joins_and_a_client_after_it(void **state) {
    struct world *w = *state;
    struct token for_node = token_of(w, ROLE_NODE, later);
    struct token for_client = token_of(w, ROLE_CLIENT, later + 1);
    struct cluster c, read;
    struct keys keys;
    struct err err;
    memcpy(for_client.seeds[0].endpoint, "tcp://10.0.0.2:7421", 20);
    assert_true(cluster_join(&c, w->away.path, &for_node, ROLE_NODE, now, &err));
    assert_int_equal(c.client.certificate_len, 0);
    assert_true(cluster_join(&c, w->away.path, &for_client, ROLE_CLIENT, now, &err));
    assert_true(cluster_load(&read, w->away.path, &err));
    assert_memory_equal(&read, &c, sizeof c);
    assert_memory_equal(c.key, w->cluster.key, sizeof c.key);
    assert_string_equal(c.name, "lab");
    assert_true(keys_load(&keys, w->away.path, "node", &err));
    assert_true(admission_is_of(&c.node, &keys));
    assert_int_equal(c.node.says.until, later);
    assert_int_equal(c.node.seeds_count, 1);
    assert_string_equal(c.node.seeds[0].endpoint, "tcp://10.0.0.1:7420");
    assert_int_equal(c.node.seeds[0].curve[0], 7);
    assert_int_equal(c.client.says.until, later + 1);
    assert_string_equal(c.client.seeds[0].endpoint, "tcp://10.0.0.2:7421");
    expect_mode(&w->away, "cluster");
}

static void an_old_token_admits_nobody_new(void **state) {
    struct world *w = *state;
    struct token t = token_of(w, ROLE_NODE, now);
    expect_join_refused(&w->away, &t, ROLE_NODE, now,
                        "the token was good until 2026-01-01T00:00:00Z, and the clock that looked "
                        "says 2026-01-01T00:00:00Z; ask for a new one, or set the clock");
    assert_int_equal(access(folder_file(&w->away, "cluster"), F_OK), -1);
}

static void who_is_in_stays_in(void **state) {
    struct world *w = *state;
    struct token t = token_of(w, ROLE_NODE, later), longer = token_of(w, ROLE_NODE, later + 1);
    struct token shorter = token_of(w, ROLE_NODE, later - 1);
    struct cluster first, second;
    struct err err;
    assert_true(cluster_join(&first, w->away.path, &t, ROLE_NODE, now, &err));
    assert_true(cluster_join(&second, w->away.path, &t, ROLE_NODE, later + 5, &err));
    assert_memory_equal(&second, &first, sizeof first);
    assert_true(cluster_join(&second, w->away.path, &shorter, ROLE_NODE, now, &err));
    assert_memory_equal(&second, &first, sizeof first);
    assert_true(cluster_join(&second, w->away.path, &longer, ROLE_NODE, now, &err));
    assert_int_equal(second.node.says.until, later + 1);
    t = token_of(w, ROLE_CLIENT, now); /* but an old one makes no client of a node */
    expect_join_refused(&w->away, &t, ROLE_CLIENT, now,
                        "the token was good until 2026-01-01T00:00:00Z, and the clock that looked "
                        "says 2026-01-01T00:00:00Z; ask for a new one, or set the clock");
}

static void new_keys_enter_anew(void **state) {
    struct world *w = *state;
    struct token t = token_of(w, ROLE_NODE, later);
    struct cluster c;
    struct keys keys;
    struct err err;
    assert_true(cluster_join(&c, w->away.path, &t, ROLE_NODE, now, &err));
    assert_int_equal(unlink(folder_file(&w->away, "keys/node")), 0);
    expect_join_refused(&w->away, &t, ROLE_NODE, later,
                        "the token was good until 2026-01-01T01:00:00Z, and the clock that looked "
                        "says 2026-01-01T01:00:00Z; ask for a new one, or set the clock");
    assert_true(cluster_join(&c, w->away.path, &t, ROLE_NODE, now, &err));
    assert_true(keys_load(&keys, w->away.path, "node", &err));
    assert_true(admission_is_of(&c.node, &keys));
}

static void a_token_for_something_else_is_refused(void **state) {
    struct world *w = *state;
    struct token t = token_of(w, ROLE_CLIENT, later);
    expect_join_refused(&w->away, &t, ROLE_NODE, now,
                        "the token is not for a node; make one that is: zyg token create --for "
                        "node");
    t = token_of(w, ROLE_NODE, later);
    expect_join_refused(&w->away, &t, ROLE_CLIENT, now,
                        "the token is not for a client; make one that is: zyg token create --for "
                        "client");
}

static void another_clusters_token_is_refused(void **state) {
    struct world *w = *state;
    struct token t = token_of(w, ROLE_NODE, later);
    struct cluster c;
    struct err err;
    char expected[600];
    assert_true(cluster_begin(&c, w->away.path, "field", &err));
    snprintf(expected, sizeof expected,
             "the token is for cluster lab-%02x%02x, but %s belongs to field-%02x%02x; to change: "
             "zyg cluster leave",
             t.cluster[0], t.cluster[1], w->away.path, c.key[0], c.key[1]);
    expect_join_refused(&w->away, &t, ROLE_NODE, now, expected);
}

static void a_visit_leaves_no_trace(void **state) {
    struct world *w = *state;
    struct token t = token_of(w, ROLE_CLIENT, later), old = token_of(w, ROLE_CLIENT, now);
    struct cluster c;
    struct keys keys;
    struct err err;
    assert_true(cluster_visit(&c, w->away.path, &t, now, &err));
    assert_true(keys_load(&keys, w->away.path, "client", &err));
    assert_true(admission_is_of(&c.client, &keys));
    assert_string_equal(c.client.seeds[0].endpoint, "tcp://10.0.0.1:7420");
    assert_int_equal(access(folder_file(&w->away, "cluster"), F_OK), -1);
    assert_false(cluster_visit(&c, w->away.path, &old, now, &err));
    assert_int_equal(err.code, ERR_NOT_ALLOWED);
}

static void only_the_clusters_key_makes_tokens(void **state) {
    struct world *w = *state;
    struct token t = token_of(w, ROLE_NODE | ROLE_CLIENT, later);
    struct cluster c;
    struct grant g;
    struct err err;
    char expected[200];
    assert_true(grant_check(span_of(t.grant, t.grant_len), w->cluster.key, now, &g, &err));
    assert_int_equal(g.roles, ROLE_NODE | ROLE_CLIENT);
    assert_int_equal(g.until, later);
    assert_true(cluster_join(&c, w->away.path, &t, ROLE_NODE, now, &err));
    assert_false(cluster_has_key(&c, w->away.path));
    assert_false(cluster_token(&c, w->away.path, ROLE_NODE, later, &t, &err));
    assert_int_equal(err.code, ERR_NOT_ALLOWED);
    snprintf(expected, sizeof expected,
             "the key of cluster lab-%02x%02x is not here; it is where `zyg cluster init` ran",
             c.key[0], c.key[1]);
    assert_string_equal(err.what, expected);
}

static void leaving_forgets_but_not_the_key_by_accident(void **state) {
    struct world *w = *state;
    struct token t = token_of(w, ROLE_NODE, later);
    struct cluster c;
    struct err err;
    char expected[600];
    assert_false(cluster_leave(w->home.path, false, &err));
    snprintf(expected, sizeof expected,
             "%s/keys/cluster is the cluster's key: without it nobody can be admitted any more; "
             "keep a copy and say --forget-key",
             w->home.path);
    assert_string_equal(err.what, expected);
    assert_true(cluster_load(&c, w->home.path, &err));
    assert_true(cluster_leave(w->home.path, true, &err));
    assert_int_equal(access(folder_file(&w->home, "keys/cluster"), F_OK), -1);
    assert_false(cluster_load(&c, w->home.path, &err));
    assert_int_equal(err.code, ERR_NOT_FOUND);
    assert_true(cluster_join(&c, w->away.path, &t, ROLE_NODE, now, &err));
    assert_true(cluster_leave(w->away.path, false, &err));
    assert_false(cluster_leave(w->away.path, false, &err));
    assert_int_equal(err.code, ERR_NOT_FOUND);
    snprintf(expected, sizeof expected, "%s belongs to no cluster", w->away.path);
    assert_string_equal(err.what, expected);
}

static void a_damaged_file_is_refused_as_a_whole(void **state) {
    struct world *w = *state;
    struct token t = token_of(w, ROLE_NODE, later);
    static char good[CLUSTER_FILE_BYTES], bad[CLUSTER_FILE_BYTES];
    struct buf out = buf_of(good, sizeof good);
    struct cluster c;
    struct err err;
    char expected[600];
    assert_true(cluster_join(&w->cluster, w->home.path, &t, ROLE_NODE, now, &err));
    w->cluster.node.seeds_count = 1;
    w->cluster.node.seeds[0] = t.seeds[0];
    cluster_print(&out, &w->cluster);
    assert_false(out.overflow);
    assert_true(cluster_parse(&c, buf_view(&out)));
    assert_memory_equal(&c, &w->cluster, sizeof c);
    for (size_t i = 0; i < out.len; i++) {
        const char *name = memchr(good, '\n', out.len);
        if (good + i > name - 4 && good + i < name) /* the name is anybody's */
            continue;
        memcpy(bad, good, out.len);
        bad[i] = bad[i] == '?' ? '!' : '?';
        bool is_seed = good[i] != '\n' && i > 0 && strstr(good, "tcp") <= good + i &&
                       good + i < strstr(good, "tcp") + strlen(t.seeds[0].endpoint);
        assert_int_equal(cluster_parse(&c, span_of(bad, out.len)), is_seed);
        bool is_line = i > 0 && good[i - 1] == '\n';
        assert_int_equal(cluster_parse(&c, span_of(good, i)), is_line);
    }
    folder_write(&w->home, "cluster", "zyg-cluster 1 00 lab\n");
    assert_false(cluster_load(&c, w->home.path, &err));
    assert_int_equal(err.code, ERR_SYSTEM);
    snprintf(expected, sizeof expected, "%s/cluster is not a membership file of zyg; move it away",
             w->home.path);
    assert_string_equal(err.what, expected);
    assert_false(cluster_begin(&c, w->home.path, "lab", &err)); /* not taken for none */
    assert_false(cluster_join(&c, w->home.path, &t, ROLE_NODE, now, &err));
    assert_int_equal(err.code, ERR_SYSTEM);
    assert_int_equal(chmod(folder_file(&w->home, "cluster"), 0644), 0);
    assert_false(cluster_load(&c, w->home.path, &err));
    assert_int_equal(err.code, ERR_NOT_ALLOWED);
}

static void a_damaged_key_is_refused_and_kept(void **state) {
    struct world *w = *state;
    struct token t;
    struct err err;
    char expected[600];
    folder_write(&w->home, "keys/cluster", "zyg-cluster-key 1 00\n");
    assert_false(cluster_token(&w->cluster, w->home.path, ROLE_NODE, later, &t, &err));
    assert_int_equal(err.code, ERR_SYSTEM);
    snprintf(expected, sizeof expected, "%s/keys/cluster is not a cluster key of zyg; move it away",
             w->home.path);
    assert_string_equal(err.what, expected);
}

static void a_client_keeps_the_doors_it_has_learned_of(void **state) {
    struct world *w = *state;
    struct token t = token_of(w, ROLE_CLIENT, later);
    struct token_seed doors[TOKEN_SEEDS_MAX + 1] = {{"tcp://10.0.0.1:1", {1}},
                                                    {"tcp://10.0.0.2:2", {2}}};
    struct cluster c;
    struct stat before, after;
    struct err err;
    assert_false(cluster_keep_doors(w->away.path, w->cluster.key, doors, 2, &err));
    assert_int_equal(err.code, ERR_NOT_FOUND);
    assert_true(cluster_join(&c, w->away.path, &t, ROLE_CLIENT, now, &err));
    assert_true(cluster_keep_doors(w->away.path, w->cluster.key, doors, 2, &err));
    assert_true(cluster_load(&c, w->away.path, &err));
    assert_int_equal(c.client.seeds_count, 2);
    assert_string_equal(c.client.seeds[1].endpoint, "tcp://10.0.0.2:2");
    assert_int_equal(c.client.says.until, later);
    expect_mode(&w->away, "cluster");

    assert_int_equal(stat(folder_file(&w->away, "cluster"), &before), 0);
    const struct token_seed first = doors[0];
    doors[0] = doors[1]; /* the same in another order: the disk is left alone */
    doors[1] = first;
    assert_true(cluster_keep_doors(w->away.path, w->cluster.key, doors, 2, &err));
    assert_int_equal(stat(folder_file(&w->away, "cluster"), &after), 0);
    assert_int_equal(after.st_ino, before.st_ino);
    assert_false(cluster_keep_doors(w->away.path, doors[0].curve, doors, 2, &err));
    assert_int_equal(err.code, ERR_NOT_FOUND); /* of another cluster */

    for (uint32_t i = 0; i <= TOKEN_SEEDS_MAX; i++)
        doors[i] = (struct token_seed){"tcp://10.0.0.1:1", {(uint8_t)i}};
    assert_true(cluster_keep_doors(w->away.path, w->cluster.key, doors, TOKEN_SEEDS_MAX + 1, &err));
    assert_true(cluster_load(&c, w->away.path, &err));
    assert_int_equal(c.client.seeds_count, TOKEN_SEEDS_MAX);
}

struct learner {
    const char *dir;
    const uint8_t *key;
    atomic_bool ended;
};

static void *learn_a_door(void *context) {
    struct learner *l = context;
    const struct token_seed door = {"tcp://10.0.0.9:9", {9}};
    struct err err;
    assert_true(cluster_keep_doors(l->dir, l->key, &door, 1, &err));
    atomic_store(&l->ended, true);
    return NULL;
}

/* The kernel's list says that somebody waits for a lock of this folder. */
static bool is_waited_for(const char *dir) {
    struct stat info;
    char line[256], inode[32];
    FILE *locks = fopen("/proc/locks", "r");
    bool waited = false;
    assert_non_null(locks);
    assert_int_equal(stat(dir, &info), 0);
    snprintf(inode, sizeof inode, ":%ju ", (uintmax_t)info.st_ino);
    while (fgets(line, sizeof line, locks) != NULL)
        waited = waited || (strstr(line, "-> FLOCK") != NULL && strstr(line, inode) != NULL);
    fclose(locks);
    return waited;
}

/* While one holds the folder (the test, in its place, writes what `zyg-node --join` would), another waits with its first
 * look. */
static void what_two_write_at_once_is_both_kept(void **state) {
    struct world *w = *state;
    struct token for_client = token_of(w, ROLE_CLIENT, later);
    struct token for_node = token_of(w, ROLE_NODE, later);
    struct learner learner = {.dir = w->away.path, .key = w->cluster.key};
    struct cluster c;
    struct err err;
    char joined[512];
    pthread_t thread;
    snprintf(joined, sizeof joined, "%s", folder_file(&w->away, "joined"));
    assert_true(cluster_join(&c, w->away.path, &for_client, ROLE_CLIENT, now, &err));
    assert_int_equal(rename(folder_file(&w->away, "cluster"), joined), 0);
    assert_true(cluster_join(&c, w->away.path, &for_client, ROLE_CLIENT, now, &err));
    assert_true(cluster_join(&c, w->away.path, &for_node, ROLE_NODE, now, &err));
    int held = open(w->away.path, O_RDONLY | O_DIRECTORY);
    assert_int_equal(flock(held, LOCK_EX), 0);
    assert_int_equal(
        renameat2(AT_FDCWD, folder_file(&w->away, "cluster"), AT_FDCWD, joined, RENAME_EXCHANGE),
        0); /* the node is not in yet */
    assert_int_equal(pthread_create(&thread, NULL, learn_a_door, &learner), 0);
    while (!is_waited_for(w->away.path) && !atomic_load(&learner.ended))
        sched_yield();
    assert_int_equal(rename(joined, folder_file(&w->away, "cluster")), 0);
    close(held);
    pthread_join(thread, NULL);
    assert_true(cluster_load(&c, w->away.path, &err));
    assert_int_equal(c.node.says.until, later);
    assert_string_equal(c.client.seeds[0].endpoint, "tcp://10.0.0.9:9");
}

static void a_folder_that_is_not_there_is_made_only_to_join(void **state) {
    struct world *w = *state;
    struct token t = token_of(w, ROLE_NODE, later);
    struct cluster c;
    struct err err;
    char dir[512], expected[600];
    snprintf(dir, sizeof dir, "%s", folder_file(&w->away, "a/b"));
    snprintf(expected, sizeof expected, "%s belongs to no cluster", dir);
    assert_false(cluster_leave(dir, false, &err));
    assert_int_equal(err.code, ERR_NOT_FOUND);
    assert_string_equal(err.what, expected);
    assert_false(cluster_keep_doors(dir, w->cluster.key, t.seeds, 1, &err));
    assert_int_equal(err.code, ERR_NOT_FOUND);
    assert_string_equal(err.what, expected);
    assert_int_equal(access(folder_file(&w->away, "a"), F_OK), -1);
    assert_true(cluster_join(&c, dir, &t, ROLE_NODE, now, &err));
    folder_write(&w->away, "file", "");
    snprintf(dir, sizeof dir, "%s", folder_file(&w->away, "file/b"));
    snprintf(expected, sizeof expected, "cannot make the folder %s: Not a directory", dir);
    assert_false(cluster_join(&c, dir, &t, ROLE_NODE, now, &err));
    assert_int_equal(err.code, ERR_SYSTEM);
    assert_string_equal(err.what, expected);
}

static void a_node_admits_the_client_of_its_folder(void **state) {
    struct world *w = *state;
    struct token node = token_of(w, ROLE_NODE, later), client = token_of(w, ROLE_CLIENT, later);
    struct keys own, by;
    struct cluster c, again;
    struct stat before, after;
    struct err err;
    assert_false(cluster_admit_client(&c, w->away.path, now, &err)); /* of no cluster */
    assert_int_equal(err.code, ERR_NOT_FOUND);
    assert_true(cluster_join(&c, w->away.path, &node, ROLE_NODE, now, &err));
    assert_true(cluster_admit_client(&c, w->away.path, later + 1, &err));
    assert_true(keys_load(&own, w->away.path, "client", &err));
    assert_true(keys_load(&by, w->away.path, "node", &err));
    assert_true(admission_is_of(&c.client, &own));
    assert_true(c.client.says.by_node && node_id_equal(&c.client.says.by, &by.signer.id));
    assert_true(cluster_load(&again, w->away.path, &err));
    assert_memory_equal(&again, &c, sizeof c);
    expect_mode(&w->away, "cluster");

    assert_int_equal(stat(folder_file(&w->away, "cluster"), &before), 0);
    assert_true(cluster_admit_client(&c, w->away.path, later + 1, &err)); /* nothing new */
    assert_int_equal(stat(folder_file(&w->away, "cluster"), &after), 0);
    assert_int_equal(after.st_ino, before.st_ino);

    client = token_of(w, ROLE_CLIENT, later + 1); /* its own token goes before, while it is good */
    assert_true(cluster_join(&c, w->away.path, &client, ROLE_CLIENT, now, &err));
    assert_true(cluster_admit_client(&c, w->away.path, later, &err));
    assert_false(c.client.says.by_node);
    assert_true(cluster_admit_client(&c, w->away.path, later + 1, &err));
    assert_true(c.client.says.by_node);
    assert_int_equal(c.client.seeds_count, 1); /* the doors that it knew */
}

static void who_is_in_learns_where_nodes_are(void **state) {
    struct world *w = *state;
    struct token t = token_of(w, ROLE_CLIENT, later);
    struct cluster c;
    struct err err;
    assert_true(cluster_join(&c, w->away.path, &t, ROLE_CLIENT, now, &err));
    t.seeds[0] = (struct token_seed){"tcp://10.0.0.2:7421", {8}};
    assert_true(cluster_join(&c, w->away.path, &t, ROLE_CLIENT, now, &err));
    assert_true(cluster_load(&c, w->away.path, &err));
    assert_int_equal(c.client.seeds_count, 2);
    assert_string_equal(c.client.seeds[0].endpoint, "tcp://10.0.0.2:7421");
    assert_string_equal(c.client.seeds[1].endpoint, "tcp://10.0.0.1:7420");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(who_begins_is_admitted_for_ever, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_cluster_is_not_begun_twice, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_key_that_is_there_is_gone_on_with, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_node_joins_and_a_client_after_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_old_token_admits_nobody_new, set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_is_in_stays_in, set_up, tear_down),
        cmocka_unit_test_setup_teardown(new_keys_enter_anew, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_token_for_something_else_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(another_clusters_token_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_visit_leaves_no_trace, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_client_keeps_the_doors_it_has_learned_of, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_two_write_at_once_is_both_kept, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_folder_that_is_not_there_is_made_only_to_join, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_node_admits_the_client_of_its_folder, set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_is_in_learns_where_nodes_are, set_up, tear_down),
        cmocka_unit_test_setup_teardown(only_the_clusters_key_makes_tokens, set_up, tear_down),
        cmocka_unit_test_setup_teardown(leaving_forgets_but_not_the_key_by_accident, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_damaged_file_is_refused_as_a_whole, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_damaged_key_is_refused_and_kept, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
