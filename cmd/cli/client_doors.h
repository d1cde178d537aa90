/* client_doors - where the client of a cluster finds nodes: the doors its token named, and those it has learned of since.
 *
 * The folder's membership, or that of a token in ZYG_CLUSTER. What is learned of a cluster that is only visited is not kept.
 * Errors   doors_load: as membership.h says them, but that there is no cluster is none.
 */
#ifndef ZYG_CLIENT_DOORS_H
#define ZYG_CLIENT_DOORS_H

#include "cmd/cli/membership.h"
#include "proto/msg.h"

enum { DOORS_TEXT = 256 };

struct doors {
    bool member; /* the client of a cluster; the rest says nothing otherwise */
    struct membership in;
    uint32_t count, heard_count;
    struct token_seed items[TOKEN_SEEDS_MAX]; /* in the order in which they are tried */
    struct token_seed heard[TOKEN_SEEDS_MAX];
};

bool doors_load(struct doors *d, const char *state_dir, const struct keys *keys, struct err *err);
struct span doors_certificate(const struct doors *d); /* empty: none */

/* A node_row that a node said, then that these were all; `at`: the door it was said at, NULL: this folder's own. They are kept
 * when the disk lets them be kept. */
void doors_hear(struct doors *d, const struct msg_node_row *row, const struct token_seed *at);
void doors_learn(struct doors *d, const char *state_dir, const struct token_seed *at);

/* This one is asked last from now on. */
void doors_put_last(struct doors *d, const struct token_seed *door);
/* ERR_UNREACHABLE: none of them opens. */
bool doors_shut(const struct doors *d, struct err *err);

#endif
