/* client - one conversation with a node: ask, then read answers until `end`.
 *
 * client_open attaches to the node that runs on the state folder. When none runs there: the client
 * of a cluster (membership.h) attaches to the node of it that answers first, and learns where the
 * others are; any other starts a node inside this process (embedded).
 * When a node goes away the client opens again and asks again: another node of the cluster goes on,
 * or an embedded one takes its place; so any node of a cluster, and any of several clients of one
 * folder, may be killed.
 * Answers  spans point into memory of the client, valid until its next call. Patience below zero
 *          is for ever.
 * Errors   `refused` from the node arrives as the err it carries.
 */
#ifndef ZYG_CLIENT_H
#define ZYG_CLIENT_H

#include <limits.h>

#include "actors/node/node.h"
#include "proto/base/time.h"
#include "proto/msg.h"

struct client;

enum client_news {
    CLIENT_ANSWER, /* *answer is set */
    CLIENT_TIMEOUT,
    CLIENT_SIGNAL,  /* SIGINT, SIGTERM, SIGHUP or SIGQUIT: client_signal() tells which */
    CLIENT_RESIZED, /* SIGWINCH */
    CLIENT_LOST,    /* the node is gone; client_reopen may help */
    CLIENT_REFUSED  /* err is set */
};

/* The one that was given, or the default. ERR_USAGE: there is none, or its path is too long. */
bool state_dir_choose(char out[PATH_MAX], const char *given, struct err *err);

/* There is no such state folder (NULL: the default), so nothing is kept in it, and no cluster is
 * visited; client_open would make it. */
bool client_state_missing(const char *state_dir);

/* state_dir NULL: the default. */
struct client *client_open(const char *state_dir, struct err *err);
void client_close(struct client **self); /* an embedded node is stopped first */
/* Said on standard error when no node of the cluster answers for long. */
bool client_reopen(struct client *c, struct err *err);
/* The node may not have heard yet what another one has: so long it is worth to ask again, after a client_pause. */
bool client_may_be_behind(const struct client *c);
void client_pause(struct client *c); /* a quarter of a second, or less */
/* Whether a node of the folder's cluster answers, and where; it is asked where the others are. */
bool client_knock(const char *state_dir, char endpoint[ENDPOINT_BYTES_MAX], struct err *err);
bool client_embedded(const struct client *c);
bool client_in_cluster(const struct client *c);
bool client_autorun(const struct client *c);   /* the node runs what it accepts */
uint64_t client_slots(const struct client *c); /* of that node alone */
const char *client_place(
    struct client *c); /* of the node that is asked now: "at ENDPOINT", or "of" this folder */
const struct signer *client_signer(const struct client *c);
/* Of the cluster that is asked, whose key lies in this folder; the caller wipes it. False: it does not. */
bool client_cluster_signer(const struct client *c, struct signer *signer);
int client_signal(const struct client *c);

/* Sends a request with a fresh ticket; answers to earlier ones are dropped from then on. */
bool client_ask(struct client *c, struct msg *request, struct err *err);
enum client_news client_next(struct client *c, struct msg *answer, dur_ms patience,
                             struct err *err);

/* What was asked for is not wanted any more, be it watched or followed; said to a node that lives on. False: it has not
 * answered, so what was asked before may not have come there. */
bool client_hush(struct client *c);

/* ask, then the first answer, which must be of this kind; CLIENT_* troubles become errors. What keeps the answer waiting is
 * said on standard error (client_delay.h). */
bool client_call(struct client *c, struct msg *request, enum msg_kind expected, struct msg *answer,
                 struct err *err);

/* The last answer, put aside: client_kept reads it again, spans and all, until the next
 * client_keep. */
void client_keep(struct client *c);
void client_kept(struct client *c, struct msg *answer);

/* The one job a selector means; ambiguous or unknown: ERR_NOT_FOUND that lists what there is.
 * `row` may be NULL; it is put aside (client_keep). */
bool client_find(struct client *c, const char *selector, struct job_id *job,
                 struct msg_job_row *row, struct err *err);
/* What a selector means where there are no jobs at all: always false, with ERR_NOT_FOUND. */
bool job_unknown(const char *selector, struct err *err);

#endif
