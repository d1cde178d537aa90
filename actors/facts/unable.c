#include "actors/facts/unable.h"

#include "actors/member/member.h"

#include <string.h>

void unable_add(struct unable *u, const struct node_id *author, uint64_t nodes) {
    uint64_t said = nodes > 0 ? nodes : 1;
    uint32_t at = u->count;
    if (u->nodes == 0 || said < u->nodes)
        u->nodes = said;
    while (at > 0 && memcmp(author->bytes, u->authors[at - 1].bytes, sizeof author->bytes) < 0)
        at--;
    if (at == UNABLE_MOST || (at > 0 && node_id_equal(author, &u->authors[at - 1])))
        return;
    uint32_t kept = u->count < UNABLE_MOST ? u->count : UNABLE_MOST - 1;
    memmove(u->authors + at + 1, u->authors + at, (kept - at) * sizeof u->authors[0]);
    u->authors[at] = *author;
    u->count = kept + 1;
}

void unable_merge(struct unable *u, const struct unable *other) {
    for (uint32_t i = 0; i < other->count; i++)
        unable_add(u, &other->authors[i], other->nodes);
}

bool unable_gives_up(const struct unable *u, uint32_t most) {
    return u->nodes > 0 && u->count >= (u->nodes < most ? u->nodes : most);
}

void unable_encode(const struct unable *u, struct buf *out) {
    mp_put_u64(out, u->nodes);
    mp_put_bin(out, span_of(u->authors, u->count * sizeof u->authors[0]));
}

bool unable_decode(struct unable *u, struct mp *in) {
    uint64_t nodes = mp_u64(in);
    struct span authors = mp_bin(in);
    *u = (struct unable){0};
    if (authors.len > sizeof u->authors || authors.len % sizeof u->authors[0] != 0)
        return false;
    for (size_t at = 0; at < authors.len; at += sizeof u->authors[0]) {
        struct node_id author;
        memcpy(author.bytes, authors.data + at, sizeof author.bytes);
        unable_add(u, &author, nodes);
    }
    return true;
}

void others_known(struct others *o, const struct msg_node_known *known) {
    bool is_one =
        known->slots > 0 && (known->state == MEMBER_ALIVE || known->state == MEMBER_UNREACHABLE);
    uint32_t at = 0;
    if (known->peer == 0)
        return;
    while (at < o->count && o->peers[at] != known->peer)
        at++;
    if (!is_one && at < o->count)
        o->peers[at] = o->peers[--o->count];
    else if (is_one && at == o->count && at < LIMIT_MEMBERS)
        o->peers[o->count++] = (uint32_t)known->peer;
}
