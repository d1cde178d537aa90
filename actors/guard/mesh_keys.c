#include "actors/guard/mesh_keys.h"

#include <string.h>

enum { STRANGER = 1000 };

/* Where the key stands, or would. */
static bool find(const struct mesh_keys *m, const uint8_t key[MESH_KEY_BYTES], uint32_t *at) {
    uint32_t from = 0, to = m->count;
    while (from < to) {
        uint32_t middle = from + (to - from) / 2;
        if (memcmp(m->keys[middle], key, MESH_KEY_BYTES) < 0)
            from = middle + 1;
        else
            to = middle;
    }
    *at = from;
    return from < m->count && memcmp(m->keys[from], key, MESH_KEY_BYTES) == 0;
}

static void remove_at(struct mesh_keys *m, uint32_t at) {
    m->count--;
    memmove(m->keys[at], m->keys[at + 1], (m->count - at) * sizeof m->keys[0]);
    memmove(&m->knocked[at], &m->knocked[at + 1], (m->count - at) * sizeof m->knocked[0]);
}

static bool make_room(struct mesh_keys *m, when_ms now) {
    uint32_t oldest = 0;
    if (m->count < LIMIT_MEMBERS)
        return true;
    for (uint32_t i = 1; i < m->count; i++) {
        if (m->knocked[i] < m->knocked[oldest])
            oldest = i;
    }
    if (m->keep == 0 || now - m->knocked[oldest] < m->keep)
        return false;
    remove_at(m, oldest);
    return true;
}

void mesh_keys_add(struct mesh_keys *m, const uint8_t key[MESH_KEY_BYTES], when_ms now) {
    uint32_t at;
    if (find(m, key, &at)) {
        m->knocked[at] = now;
        return;
    }
    if (!make_room(m, now))
        return;
    (void)find(m, key, &at);
    memmove(m->keys[at + 1], m->keys[at], (m->count - at) * sizeof m->keys[0]);
    memmove(&m->knocked[at + 1], &m->knocked[at], (m->count - at) * sizeof m->knocked[0]);
    memcpy(m->keys[at], key, MESH_KEY_BYTES);
    m->knocked[at] = now;
    m->count++;
}

void mesh_keys_remove(struct mesh_keys *m, const uint8_t key[MESH_KEY_BYTES]) {
    uint32_t at;
    if (find(m, key, &at))
        remove_at(m, at);
}

/* A bucket that fills by `rate` thousandths a millisecond. */
static bool admit_stranger(struct mesh_keys *m, when_ms now) {
    int64_t spent_max = (int64_t)m->rate * STRANGER;
    dur_ms passed = now > m->at ? now - m->at : 0;
    int64_t good = passed < 1000 ? passed * m->rate : spent_max;
    m->spent = m->spent > good ? m->spent - good : 0;
    m->at = now;
    if (m->spent + STRANGER > spent_max)
        return false;
    m->spent += STRANGER;
    return true;
}

bool mesh_keys_admit(struct mesh_keys *m, const uint8_t key[MESH_KEY_BYTES], when_ms now) {
    uint32_t at;
    if (!find(m, key, &at))
        return admit_stranger(m, now);
    m->knocked[at] = now;
    return true;
}
