#include "actors/node/node_actor.h"

#include "actors/executor/launcher.h"
#include "actors/kit/clock_shell.h"
#include "actors/node/address.h"
#include "proto/base/check.h"
#include "proto/limits.h"

#include <czmq.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct node {
    int lock;
    char dir[FOLDER_PATH_BYTES];
    char listen[256], mesh[256];
    char launcher[FOLDER_PATH_BYTES];
    struct node_setup setup;
    zactor_t *actor;
};

static bool find_launcher(char *out, size_t cap, const char *given, struct err *err) {
    if (given == NULL)
        return launcher_beside(out, cap, err);
    return snprintf(out, cap, "%s", given) < (int)cap ||
           err_set(err, ERR_LAUNCHER, "the path of zyg-run is too long");
}

static uint32_t processors(void) {
    long count = sysconf(_SC_NPROCESSORS_ONLN);
    return count < 1 ? 1 : count > LIMIT_SLOTS_NODE ? LIMIT_SLOTS_NODE : (uint32_t)count;
}

static void choose_name(char name[CLUSTER_NAME_BYTES_MAX], const char *given) {
    char host[CLUSTER_NAME_BYTES_MAX] = "";
    if (given == NULL && gethostname(host, sizeof host - 1) == 0)
        given = host;
    bool good = given != NULL && is_plain_word(span_text(given), CLUSTER_NAME_BYTES_MAX);
    snprintf(name, CLUSTER_NAME_BYTES_MAX, "%s", good ? given : "node");
}

/* A folder that belongs to no cluster, or where only the client does, is a node on its own. */
static bool join_mesh(struct node *n, const struct node_config *config, struct err *err) {
    struct node_setup *setup = &n->setup;
    choose_name(setup->name, config->name);
    if (config->mesh == NULL)
        return true;
    if (!cluster_load(&setup->cluster, n->dir, err))
        return err->code == ERR_NOT_FOUND;
    if (setup->cluster.node.certificate_len == 0)
        return true;
    if (!admission_is_of(&setup->cluster.node, &setup->keys))
        return err_set(err, ERR_NOT_ALLOWED,
                       "%s/cluster is for another key than %s/keys/node; enter it again: zyg-node "
                       "--join TOKEN",
                       n->dir, n->dir);
    struct err ignored; /* without it the node does its work all the same */
    cluster_admit_client(&setup->cluster, n->dir, clock_wall(), &ignored);
    snprintf(n->mesh, sizeof n->mesh, "%s", config->mesh);
    setup->mesh = n->mesh;
    setup->mesh_moves = config->mesh_moves;
    if (!folder_read_door(n->dir, &setup->before, err))
        setup->before.endpoint[0] = setup->before.mesh[0] = '\0'; /* its first time */
    return true;
}

/* Clients of a cluster come from where its nodes come from: its door needs a key as well as theirs. */
static bool choose_listen(struct node *n, const char *given, struct err *err) {
    char beside[ENDPOINT_BYTES_MAX] = "tcp://127.0.0.1:*";
    if (given == NULL && n->setup.mesh != NULL && !address_any_port(n->setup.mesh, beside))
        return err_set(err, ERR_USAGE, "the address '%s' is no tcp://HOST:PORT", n->setup.mesh);
    snprintf(n->listen, sizeof n->listen, "%s", given != NULL ? given : beside);
    return true;
}

static bool prepare(struct node *n, const struct node_config *config, struct err *err) {
    struct keys client;
    n->setup.cpus = processors();
    n->setup.slots = config->slots != 0 ? config->slots : n->setup.cpus;
    n->lock = folder_lock(config->state_dir, err);
    if (n->lock < 0 || !folder_resolve(config->state_dir, n->dir, err))
        return false;
    if (!find_launcher(n->launcher, sizeof n->launcher, config->launcher, err))
        return false;
    if (!keys_load(&n->setup.keys, n->dir, "node", err) || !join_mesh(n, config, err) ||
        !choose_listen(n, config->listen, err) || !node_actor_reserve(&n->setup, err) ||
        !keys_load(&client, n->dir, "client", err))
        return false;
    n->setup.dir = n->dir;
    n->setup.listen = n->listen;
    n->setup.launcher = n->launcher;
    n->setup.version = ZYG_VERSION;
    n->setup.autorun = config->autorun;
    n->setup.idle_ms = config->idle_ms;
    n->setup.disk_stays = config->disk_stays;
    n->setup.stopped_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (n->setup.stopped_fd < 0)
        return err_set(err, ERR_SYSTEM, "no descriptor is left");
    struct zap_config zap = {.count = 1,
                             .strangers_second = n->setup.mesh != NULL ? ZAP_STRANGERS_SECOND : 0};
    memcpy(zap.allowed[0], client.curve_public, CURVE_KEY_BYTES);
    memcpy(n->setup.owner, client.curve_public, CURVE_KEY_BYTES);
    keys_wipe(&client);
    n->setup.zap = zap_actor_new(&zap);
    ensure(n->setup.zap != NULL);
    return true;
}

struct node *node_start(const struct node_config *config, struct err *err) {
    struct node *n = calloc(1, sizeof *n);
    ensure(n != NULL);
    n->lock = n->setup.stopped_fd = -1;
    if (prepare(n, config, err)) {
        n->actor = node_actor_new(&n->setup);
        ensure(n->actor != NULL);
        zsock_set_sndtimeo(zactor_sock(n->actor), 0); /* an actor that has ended reads no more */
        if (n->setup.up)
            return n;
        *err = n->setup.err;
    }
    node_stop(&n);
    return NULL;
}

const struct door *node_door(const struct node *n) {
    return &n->setup.door;
}

uint32_t node_slots(const struct node *n) {
    return n->setup.slots;
}

const struct node_id *node_self(const struct node *n) {
    return &n->setup.keys.signer.id;
}

const char *node_name(const struct node *n) {
    return n->setup.name;
}

const struct cluster *node_cluster(const struct node *n) {
    return n->setup.mesh != NULL ? &n->setup.cluster : NULL;
}

int node_fd(const struct node *n) {
    return n->setup.stopped_fd;
}

enum err_code node_why(const struct node *n) {
    return n->setup.why;
}

void node_quit(struct node *n) {
    zstr_send(n->actor, "QUIT");
}

void node_stop(struct node **n) {
    if (*n == NULL)
        return;
    struct node *node = *n;
    zactor_destroy(&node->actor);
    zactor_destroy(&node->setup.zap);
    node_actor_give_back(&node->setup);
    if (node->setup.stopped_fd >= 0)
        close(node->setup.stopped_fd);
    if (node->lock >= 0)
        close(node->lock);
    keys_wipe(&node->setup.keys);
    free(node);
    *n = NULL;
}
