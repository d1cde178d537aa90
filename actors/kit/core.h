/* core - the shape every room that decides has, and how it speaks.
 *
 * A core is a struct and one step: (state, event, moment) -> messages. It reads no clock, draws no random number it was
 * not seeded for, touches no socket, file or thread and takes all its memory at init; `./build.sh tidy` proves it with the
 * linker. Timers are never armed: after each step the shell asks for the next deadline and then sends nothing but the time
 * (an event of MSG_NONE).
 *
 * A shell's duties: deliver what a core says in the order it was said; give a port's message to the port before the next
 * event of the same core is delivered; never deliver two events at once.
 */
#ifndef ZYG_CORE_H
#define ZYG_CORE_H

#include "proto/base/time.h"
#include "proto/msg.h"

struct event {
    enum room from;
    /* Which client, node or edge, when from is CLIENTS, MEMBER or PEERS, or LEADER that passes on what a node said; else 0. */
    uint32_t peer;
    struct msg msg; /* kind MSG_NONE: only time has passed */
};

/* More than one step of any core can say: what waited for one commit and the whole next one, or a page of rows. */
enum { SAYS_BYTES = 8 << 20 };

/* What a step says. Messages are encoded at once, so what they point to may change right after. */
struct says {
    struct buf frames;
    enum room from;
};

/* Who wants memory back. */
struct spare {
    void (*take)(void *context, void *memory, size_t len);
    void *context;
};

struct core {
    enum room room;
    void *self;
    void (*step)(void *self, const struct event *event, struct moment at, struct says *out);
    when_ms (*deadline)(const void *self); /* WHEN_NEVER: nothing pending */
    void (*check)(const void *self);       /* ensures every invariant */
    /* NULL, or: names what of its memory holds nothing between two steps. Any byte of that may be zero from then on. */
    void (*spare)(void *self, const struct spare *spare);
};

void spare_take(const struct spare *spare, void *memory, size_t len);

void say(struct says *out, const struct msg *m); /* to the rooms of routes.def */
void say_to(struct says *out, enum room to, uint32_t peer, const struct msg *m); /* to this one */

#endif
