/* node_actor - the thread that runs the board: it waits for sockets, descriptors and deadlines, and decides nothing. */
#ifndef ZYG_NODE_ACTOR_H
#define ZYG_NODE_ACTOR_H

#include "actors/guard/zap_actor.h"
#include "actors/node/folder.h"

struct node_setup {
    const char *dir; /* resolved */
    const char *listen;
    const char *launcher;
    const char *version;
    uint32_t slots;
    uint32_t cpus;
    bool autorun;
    dur_ms idle_ms; /* as in node_config */
    bool disk_stays;
    struct keys keys;
    uint8_t owner[CURVE_KEY_BYTES]; /* the key of the folder's own client */
    uint8_t *memory;                /* of all cores: node_actor_reserve */
    size_t tuner_pool;              /* of these: what the jobs that learn share */
    struct cluster cluster;
    /* Where other nodes connect; NULL: the node is on its own, and there is no cluster. */
    const char *mesh;
    bool mesh_moves;                   /* as in node_config */
    char name[CLUSTER_NAME_BYTES_MAX]; /* the node's, for people */
    /* Of a node of a cluster: where it was when it ran last; empty: not known. */
    struct door before;
    zactor_t *zap;  /* told which keys are members' */
    int stopped_fd; /* an eventfd: written when the node has stopped by itself or as it was told */
    /* Filled in before the actor signals that it is ready. */
    bool up;
    struct door door;
    struct err err;
    enum err_code why; /* it has stopped, as in node_why; filled in before stopped_fd is written */
};

/* Reserves the cores' memory at once, from the setup's slots; pages come from the system when they are first used. Done before
 * anything else starts, because threads, sockets and the store's map take what they find of an address space that is rationed
 * (ulimit -v), and libzmq ends the process where a thread does not fit. ERR_SYSTEM says what was too little. */
bool node_actor_reserve(struct node_setup *setup, struct err *err);
void node_actor_give_back(struct node_setup *setup); /* after the actor has ended */

/* The setup must outlive the actor. Commands on its pipe: "QUIT". */
zactor_t *node_actor_new(struct node_setup *setup);

#endif
