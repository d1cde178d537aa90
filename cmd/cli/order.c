#include "cmd/cli/order.h"

#include <sodium.h>

#include "actors/kit/clock_shell.h"
#include "proto/base/check.h"
#include "proto/trust/bundle.h"

enum { BUNDLE_BYTES = 512 };

static bool order_ask(struct client *c, const struct msg_control_fact *order,
                      const struct signer *signer, struct err *err) {
    const struct msg fact = {.kind = MSG_control_fact, .control_fact = *order};
    uint8_t memory[BUNDLE_BYTES];
    uint64_t generation;
    struct bundle_writer w;
    randombytes_buf(&generation, sizeof generation);
    bundle_begin(&w, signer, generation, 0, memory, sizeof memory);
    bool fits = bundle_add(&w, &fact);
    ensure(fits);
    struct msg control = {.kind = MSG_control, .control = {.bundle = bundle_seal(&w)}};
    struct msg answer;
    return client_call(c, &control, MSG_accepted, &answer, err);
}

/* It is somebody else's: the cluster's key may do it, where that is here. */
static bool order_by_key(struct client *c, const struct msg_control_fact *order, struct err *err) {
    struct signer cluster;
    if (!client_in_cluster(c))
        return false;
    if (!client_cluster_signer(c, &cluster))
        return err_context(err, "say it where it was submitted, or where `zyg cluster init` ran");
    bool ok = order_ask(c, order, &cluster, err);
    sodium_memzero(&cluster, sizeof cluster);
    return ok;
}

/* Whoever stops waiting wants to know what has become of it. */
static bool order_interrupted(struct client *c, const struct subject *s, const char *done,
                              struct err *err) {
    if (client_hush(c))
        return err_set(err, ERR_INTERRUPTED,
                       "interrupted; the node %s has heard that %s %s, and tells the others; "
                       "look: zyg show %s",
                       client_place(c), s->handle, done, s->handle);
    return err_set(err, ERR_INTERRUPTED,
                   "interrupted; it is not known whether %s %s; look: zyg show %s", s->handle, done,
                   s->handle);
}

/* What ended before an order did so by its date, whatever this machine's clock says. */
static wall_ms date_of(const struct msg_job_row *row) {
    wall_ms now = clock_wall();
    now = now < row->last_end ? row->last_end : now;
    return now < row->finished ? row->finished : now;
}

bool order_say(struct client *c, const struct subject *s, struct msg_control_fact order,
               const char *done, struct err *err) {
    order.job = s->job;
    order.wall = date_of(&s->row);
    bool ok = order_ask(c, &order, client_signer(c), err) ||
              (err->code == ERR_NOT_ALLOWED && order_by_key(c, &order, err));
    return ok || (err->code == ERR_INTERRUPTED ? order_interrupted(c, s, done, err) : false);
}
