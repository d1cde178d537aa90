#include "actors/sched/workers.h"

#include <assert.h>

enum {
    RTT_UNKNOWN_US = 20000, /* not measured: somewhere, but not next door */
    RTT_MOST_US = 60000000,
    LOAD_MOST = 1000000000,
    CAPACITY_LEAST = 50, /* a busy machine with a free place is slow, not full */
    PAUSE_MS = 50,
    PAUSE_MOST_MS = 5000
};

static_assert((LIMIT_WORKERS & (LIMIT_WORKERS - 1)) == 0, "the leaves of a whole tree");
static_assert(LIMIT_WORKERS < UINT16_MAX, "places and nobody fit a node of a tree");

/* ---- sets ---- */

bool worker_set_has(const struct worker_set *set, uint32_t place) {
    return (set->bits[place / 64] >> place % 64 & 1) != 0;
}

void worker_set_add(struct worker_set *set, uint32_t place) {
    set->count += !worker_set_has(set, place);
    set->bits[place / 64] |= (uint64_t)1 << place % 64;
}

void worker_set_remove(struct worker_set *set, uint32_t place) {
    set->count -= worker_set_has(set, place);
    set->bits[place / 64] &= ~((uint64_t)1 << place % 64);
}

uint64_t workers_free(const struct workers *w, const struct worker_set *but) {
    uint64_t free = w->free;
    for (uint32_t place = 0; place < w->count && but->count > 0; place++)
        free -= worker_set_has(but, place) ? w->entries[place].free : 0;
    return free;
}

/* ---- weights ---- */

uint32_t workers_find(const struct workers *w, uint32_t peer) {
    for (uint32_t i = 0; i < w->count; i++) {
        if (w->entries[i].used && w->entries[i].peer == peer)
            return i;
    }
    return WORKERS_NONE;
}

static uint32_t class_of(dur_ms trial) {
    uint32_t class = 0;
    for (dur_ms of_class = 1; of_class < trial && class < WORKERS_CLASSES - 1; of_class *= 4)
        class ++;
    return class;
}

static uint64_t weight(const struct worker *k, uint32_t class) {
    if (k->free == 0)
        return 0;
    uint64_t places = k->free * 1000;
    uint64_t load = k->load < LOAD_MOST ? k->load : LOAD_MOST;
    uint64_t capacity = places > load + CAPACITY_LEAST ? places - load : CAPACITY_LEAST;
    uint64_t rtt = k->rtt_us < 0             ? RTT_UNKNOWN_US
                   : k->rtt_us > RTT_MOST_US ? RTT_MOST_US
                                             : (uint64_t)k->rtt_us;
    uint64_t trial = (uint64_t)1000 << 2 * class;
    return capacity * trial / (trial + rtt) + 1; /* however far: better than nobody */
}

/* ---- trees ---- */

/* The best of what lies below this node; nodes from LIMIT_WORKERS on are the workers themselves. */
static uint16_t best_below(const struct workers *w, uint32_t class, uint32_t node) {
    if (node < LIMIT_WORKERS)
        return w->trees[class][node];
    uint32_t place = node - LIMIT_WORKERS;
    return w->entries[place].free > 0 ? (uint16_t)(place + 1) : 0;
}

static uint16_t better(const struct workers *w, uint32_t class, uint16_t left, uint16_t right) {
    bool right_wins = right != 0 && (left == 0 || weight(&w->entries[right - 1], class) >
                                                      weight(&w->entries[left - 1], class));
    return right_wins ? right : left;
}

static void play(struct workers *w, uint32_t class, uint32_t node) {
    w->trees[class][node] =
        better(w, class, best_below(w, class, 2 * node), best_below(w, class, 2 * node + 1));
}

/* Only below one that is in the set others have to be looked at. */
static uint16_t best_but(const struct workers *w, uint32_t class, uint32_t node,
                         const struct worker_set *but) {
    uint16_t best = best_below(w, class, node);
    if (best == 0 || !worker_set_has(but, best - 1u))
        return best;
    if (node >= LIMIT_WORKERS)
        return 0;
    return better(w, class, best_but(w, class, 2 * node, but),
                  best_but(w, class, 2 * node + 1, but));
}

static void play_up(struct workers *w, uint32_t class, uint32_t place) {
    for (uint32_t node = (LIMIT_WORKERS + place) / 2; node >= 1; node /= 2)
        play(w, class, node);
}

uint32_t workers_pick(struct workers *w, dur_ms trial, const struct worker_set *but) {
    uint32_t class = class_of(trial);
    if ((w->classes & 1u << class) == 0) {
        w->classes |= 1u << class;
        for (uint32_t node = LIMIT_WORKERS - 1; node >= 1; node--)
            play(w, class, node);
    }
    uint16_t best = best_but(w, class, 1, but);
    return best == 0 ? WORKERS_NONE : best - 1u;
}

/* ---- changes ---- */

void workers_changed(struct workers *w, uint32_t place) {
    struct worker *k = &w->entries[place];
    uint64_t held = (uint64_t)k->leased + k->foreign;
    bool takes = k->used && k->rests_until == 0 && k->slots > held;
    w->free -= k->free;
    k->free = takes ? k->slots - held : 0;
    w->free += k->free;
    for (uint32_t class = 0; class < WORKERS_CLASSES; class ++) {
        if ((w->classes & 1u << class) != 0)
            play_up(w, class, place);
    }
}

void workers_set_slots(struct workers *w, uint32_t place, uint64_t slots) {
    struct worker *k = &w->entries[place];
    uint64_t most = slots < LIMIT_SLOTS_NODE ? slots : LIMIT_SLOTS_NODE;
    if (k->peer != 0) {
        w->remote_slots -= k->slots;
        w->remote_slots += most;
    }
    k->slots = most;
    workers_changed(w, place);
}

uint32_t workers_add(struct workers *w, uint32_t peer) {
    uint32_t place = 0;
    while (place < w->count && w->entries[place].used)
        place++;
    if (place == LIMIT_WORKERS)
        return WORKERS_NONE;
    w->count += place == w->count;
    w->entries[place] = (struct worker){.used = true, .peer = peer};
    return place;
}

void workers_remove(struct workers *w, uint32_t place) {
    workers_set_slots(w, place, 0);
    w->entries[place] = (struct worker){0};
}

void workers_rest(struct workers *w, uint32_t place, when_ms now) {
    struct worker *k = &w->entries[place];
    k->pause = k->pause == 0                  ? PAUSE_MS
               : k->pause < PAUSE_MOST_MS / 2 ? 2 * k->pause
                                              : PAUSE_MOST_MS;
    k->rests_until = now + k->pause;
    w->wakes = w->wakes == 0 ? k->rests_until : when_sooner(w->wakes, k->rests_until);
    workers_changed(w, place);
}

void workers_served(struct workers *w, uint32_t place) {
    w->entries[place].pause = 0;
}

void workers_wake(struct workers *w, when_ms now) {
    if (w->wakes == 0 || now < w->wakes)
        return;
    w->wakes = 0;
    for (uint32_t i = 0; i < w->count; i++) {
        struct worker *k = &w->entries[i];
        if (k->rests_until == 0)
            continue;
        if (k->rests_until <= now) {
            k->rests_until = 0;
            workers_changed(w, i);
        } else {
            w->wakes = w->wakes == 0 ? k->rests_until : when_sooner(w->wakes, k->rests_until);
        }
    }
}
