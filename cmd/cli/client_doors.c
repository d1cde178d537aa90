#include "cmd/cli/client_doors.h"

#include "actors/member/member.h"
#include "actors/node/address.h"

#include <string.h>

enum { SHOWN = 3 };

bool doors_load(struct doors *d, const char *state_dir, const struct keys *keys, struct err *err) {
    const struct admission *client = &d->in.cluster.client;
    struct err why;
    *d = (struct doors){.member = false};
    if (!membership_load(&d->in, state_dir, &why)) {
        if (why.code != ERR_NOT_FOUND)
            *err = why;
        return why.code == ERR_NOT_FOUND;
    }
    d->member = client->certificate_len > 0;
    if (d->member && !admission_is_of(client, keys))
        return err_set(err, ERR_NOT_ALLOWED,
                       "%.200s/cluster is for another key than keys/client; enter it again: zyg "
                       "cluster join TOKEN",
                       state_dir);
    d->count = client->seeds_count;
    memcpy(d->items, client->seeds, sizeof d->items);
    return true;
}

struct span doors_certificate(const struct doors *d) {
    const struct admission *client = &d->in.cluster.client;
    return d->member ? span_of(client->certificate, client->certificate_len) : (struct span){0};
}

/* A node has one place in the list, whatever it is called. */
static bool add(struct token_seed *items, uint32_t *count, const struct token_seed *door) {
    for (uint32_t i = 0; i < *count; i++)
        if (memcmp(items[i].curve, door->curve, sizeof door->curve) == 0)
            return false;
    if (*count == TOKEN_SEEDS_MAX)
        return false;
    items[(*count)++] = *door;
    return true;
}

void doors_hear(struct doors *d, const struct msg_node_row *row, const struct token_seed *at) {
    struct token_seed door = {.endpoint = ""};
    if (!d->member || row->state != MEMBER_ALIVE || row->curve.len != sizeof door.curve ||
        !is_plain_word(row->door, sizeof door.endpoint))
        return;
    memcpy(door.endpoint, row->door.data, row->door.len);
    memcpy(door.curve, row->curve.data, sizeof door.curve);
    /* What is this machine's own business to the node is another machine's to us, unless we are on the same. */
    if (!address_can_be_dialled(door.endpoint) ||
        (at != NULL && address_is_loopback(door.endpoint) && !address_is_loopback(at->endpoint)))
        return;
    add(d->heard, &d->heard_count, &door);
}

void doors_learn(struct doors *d, const char *state_dir, const struct token_seed *at) {
    struct token_seed items[TOKEN_SEEDS_MAX] = {{.endpoint = ""}};
    uint32_t count = 0;
    struct err ignored;
    if (!d->member || d->heard_count == 0)
        return;
    if (at != NULL)
        add(items, &count, at); /* by the address that has been found good */
    for (uint32_t i = 0; i < d->heard_count; i++)
        add(items, &count, &d->heard[i]);
    for (uint32_t i = 0; i < d->count; i++)
        add(items, &count, &d->items[i]);
    memcpy(d->items, items, sizeof items);
    d->count = count;
    d->heard_count = 0;
    if (!d->in.visiting)
        cluster_keep_doors(state_dir, d->in.cluster.key, d->items, d->count, &ignored);
}

void doors_put_last(struct doors *d, const struct token_seed *door) {
    for (uint32_t i = 0; i + 1 < d->count; i++) {
        if (strcmp(d->items[i].endpoint, door->endpoint) != 0)
            continue;
        const struct token_seed last = d->items[i];
        memmove(&d->items[i], &d->items[i + 1], (d->count - 1 - i) * sizeof last);
        d->items[d->count - 1] = last;
        return;
    }
}

bool doors_shut(const struct doors *d, struct err *err) {
    char handle[CLUSTER_NAME_BYTES_MAX + 8], list[DOORS_TEXT];
    struct buf name = buf_of(handle, sizeof handle - 1), text = buf_of(list, sizeof list - 1);
    cluster_handle_print(&name, d->in.cluster.name, d->in.cluster.key);
    buf_zero(&name);
    if (d->count == 0)
        return err_set(err, ERR_UNREACHABLE,
                       "no node of cluster %s is known here; start one here: zyg-node; or enter "
                       "with a newer token: zyg cluster join TOKEN",
                       handle);
    for (uint32_t i = 0; i < d->count && i < SHOWN; i++) {
        buf_text(&text, i == 0 ? "" : ", ");
        buf_text(&text, d->items[i].endpoint + strlen("tcp://"));
    }
    buf_zero(&text);
    err_set(err, ERR_UNREACHABLE, "no node of cluster %s answers; asked %s%s", handle, list,
            d->count > SHOWN ? ", ..." : "");
    return err_context(err, "if they have moved, a new token knows where: zyg cluster join TOKEN");
}
