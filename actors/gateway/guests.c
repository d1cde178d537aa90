#include "actors/gateway/guests.h"

#include "proto/trust/bundle.h"
#include "proto/trust/certificate.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

enum { CHECK = 1000 }; /* one check, in thousandths */

void guests_met(struct guests *g, const struct msg_met *met) {
    size_t len =
        met->address.len < sizeof g->met_address ? met->address.len : sizeof g->met_address - 1;
    g->met = met->curve.len == GUEST_KEY_BYTES;
    if (!g->met)
        return;
    g->met_peer = (uint32_t)met->peer;
    memcpy(g->met_key, met->curve.data, GUEST_KEY_BYTES);
    memset(g->met_address, 0, sizeof g->met_address);
    if (len > 0)
        memcpy(g->met_address, met->address.data, len);
}

static struct guest *guest_of(struct guests *g, uint32_t peer) {
    for (uint32_t i = 0; i < GUESTS; i++) {
        if (g->items[i].used && g->items[i].peer == peer)
            return &g->items[i];
    }
    return NULL;
}

/* Its own place, a free one, or that of the guest who has said nothing for longest. */
static struct guest *place_for(struct guests *g, uint32_t peer) {
    struct guest *best = guest_of(g, peer);
    for (uint32_t i = 0; i < GUESTS && (best == NULL || best->peer != peer || !best->used); i++) {
        struct guest *it = &g->items[i];
        if (best == NULL || (best->used && (!it->used || it->heard < best->heard)))
            best = it;
    }
    return best;
}

static void put(struct guests *g, uint32_t peer, const struct guest *guest) {
    struct guest *place = place_for(g, peer);
    *place = *guest;
    place->used = true;
    place->peer = peer;
    place->heard = ++g->steps;
}

/* Admitted in another session, or in this one, by the same certificate. */
static const struct guest *admitted_before(const struct guests *g, const struct guest *now) {
    for (uint32_t i = 0; i < GUESTS; i++) {
        const struct guest *it = &g->items[i];
        if (it->used && !it->owner && memcmp(it->key, now->key, sizeof it->key) == 0 &&
            memcmp(it->digest, now->digest, sizeof it->digest) == 0)
            return it;
    }
    return NULL;
}

/* A bucket that fills by GUESTS_CHECKED_SECOND thousandths a millisecond. */
static bool may_check(struct guests *g, when_ms now) {
    const int64_t most = (int64_t)GUESTS_CHECKED_SECOND * CHECK;
    dur_ms passed = now > g->at ? now - g->at : 0;
    int64_t good = passed < 1000 ? passed * GUESTS_CHECKED_SECOND : most;
    g->spent = g->spent > good ? g->spent - good : 0;
    g->at = now;
    if (g->spent + CHECK > most)
        return false;
    g->spent += CHECK;
    return true;
}

static bool check(struct guests *g, struct guest *guest, struct span bytes,
                  const struct nodes *members, struct moment at, struct err *err) {
    struct certificate says;
    if (bytes.len == 0)
        return err_set(err, ERR_NOT_ALLOWED,
                       "this key is not known here, and no certificate came with it; enter the "
                       "cluster first: zyg cluster join TOKEN");
    if (!may_check(g, at.now))
        return err_set(err, ERR_BUSY, "too many strangers at once; try again");
    if (!certificate_check(bytes, g->config.cluster, ROLE_CLIENT, 0, &says, err))
        return false;
    if (says.by_node && nodes_find(members, &says.by) != NULL)
        says.until = GRANT_FOREVER;
    if (!certificate_is_fresh(&says, at.wall, err))
        return false;
    if (memcmp(says.curve, guest->key, sizeof guest->key) != 0)
        return err_set(err, ERR_NOT_ALLOWED, "the certificate is for another key");
    guest->node = says.node;
    guest->until = says.until;
    return true;
}

/* One line for people, once for an address and a reason: keys cost nothing. A reason is the same whatever numbers, such as the
 * time of day, stand in it. */
static void tell(struct guests *g, const struct err *why, struct says *out) {
    uint8_t digest[crypto_generichash_BYTES_MIN];
    uint32_t kept = g->told_count < GUESTS ? g->told_count : GUESTS;
    char text[448], reason[sizeof why->what];
    size_t len = 0;
    for (const char *c = why->what; *c != '\0'; c++) {
        if (*c < '0' || *c > '9')
            reason[len++] = *c;
    }
    crypto_generichash(digest, sizeof digest, (const uint8_t *)reason, len,
                       (const uint8_t *)g->met_address, sizeof g->met_address);
    uint64_t key = read_be64(digest);
    for (uint32_t i = 0; i < kept; i++) {
        if (g->told[i] == key)
            return;
    }
    g->told[g->told_count++ % GUESTS] = key;
    snprintf(text, sizeof text, "a client at %s was refused: %s",
             g->met_address[0] != '\0' ? g->met_address : "an unknown address", why->what);
    say(out, &(struct msg){.kind = MSG_note, .note.text = span_text(text)});
}

bool guests_enter(struct guests *g, uint32_t peer, struct span certificate,
                  const struct nodes *members, struct moment at, struct says *out,
                  struct err *err) {
    struct guest guest = {.until = GRANT_FOREVER};
    if (!g->config.open)
        return true;
    if (!g->met || g->met_peer != peer)
        return err_set(err, ERR_BUSY, "this node does not know your key; try again");
    g->met = false;
    memcpy(guest.key, g->met_key, sizeof guest.key);
    guest.owner = memcmp(guest.key, g->config.owner, sizeof guest.key) == 0;
    crypto_generichash(guest.digest, sizeof guest.digest, certificate.data, certificate.len, NULL,
                       0);
    const struct guest *before = guest.owner ? &guest : admitted_before(g, &guest);
    if (before != NULL && at.wall < before->until) {
        guest = *before;
        put(g, peer, &guest);
        return true;
    }
    guests_left(g, peer);
    if (!check(g, &guest, certificate, members, at, err)) {
        if (err->code == ERR_NOT_ALLOWED)
            tell(g, err, out);
        return false;
    }
    put(g, peer, &guest);
    say_to(out, ROOM_NODE, 0,
           &(struct msg){.kind = MSG_met,
                         .met = {.peer = peer, .curve = span_of(guest.key, sizeof guest.key)}});
    return true;
}

bool guests_knows(struct guests *g, uint32_t peer, wall_ms now) {
    if (!g->config.open)
        return true;
    struct guest *guest = guest_of(g, peer);
    if (guest == NULL || now >= guest->until)
        return false;
    guest->heard = ++g->steps;
    return true;
}

bool guests_signed(const struct guests *g, uint32_t peer, struct span bytes) {
    struct bundle bundle;
    struct err ignored;
    for (uint32_t i = 0; g->config.open && i < GUESTS; i++) {
        const struct guest *it = &g->items[i];
        if (it->used && it->peer == peer && !it->owner)
            return bundle_peek(&bundle, bytes, &ignored) &&
                   (node_id_equal(&bundle.author, &it->node) ||
                    memcmp(bundle.author.bytes, g->config.cluster, sizeof g->config.cluster) == 0);
    }
    return true; /* the folder's own client: facts looks at the signature */
}

void guests_left(struct guests *g, uint32_t peer) {
    struct guest *guest = guest_of(g, peer);
    if (guest != NULL)
        guest->used = false;
}
