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
    struct keys keys;
    int stopped_fd; /* an eventfd: written when the node has stopped by itself or as it was told */
    /* Filled in before the actor signals that it is ready. */
    bool up;
    struct door door;
    struct err err;
};

/* The setup must outlive the actor. Commands on its pipe: "QUIT". */
zactor_t *node_actor_new(struct node_setup *setup);

#endif
