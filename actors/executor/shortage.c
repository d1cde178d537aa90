#include "actors/executor/shortage.h"

#include <errno.h>
#include <stddef.h>

enum {
    PAUSE_LEAST_MS = 1000,
    PAUSE_MOST_MS = 8000,
    SOON_MS = 60000,
    GROW_LEAST_MS = 60000,
    GROW_MOST_MS = 3600000,
    TELL_MS =
        200 /* of several that start together it takes so long until all have failed that will */
};

struct kind {
    int64_t error;
    bool shared;
    const char *remedy;
};

static const struct kind kinds[] = {
    {ENOSPC, false, "; free some space to go on"},
    {EDQUOT, false, "; free some space to go on"},
    {EROFS, false, "; mount it writable to go on"},
    {ENOMEM, true, "; free some memory to go on"},
    {EMFILE, true, "; allow more open files (ulimit -n) or fewer slots"},
    {ENFILE, true, "; allow more open files (sysctl fs.file-max)"},
    {EAGAIN, true, "; allow more processes (ulimit -u) or fewer slots"},
};

static const struct kind *find(int64_t error) {
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (kinds[i].error == error)
            return &kinds[i];
    }
    return NULL;
}

bool shortage_is(int64_t error) {
    return find(error) != NULL;
}

bool shortage_is_shared(int64_t error) {
    const struct kind *kind = find(error);
    return kind != NULL && kind->shared;
}

const char *shortage_remedy(int64_t error) {
    const struct kind *kind = find(error);
    return kind != NULL ? kind->remedy : "";
}

static void wait_longer(struct shortage *s) {
    s->pause = 2 * s->pause < PAUSE_MOST_MS ? 2 * s->pause : PAUSE_MOST_MS;
}

void shortage_begins(struct shortage *s, when_ms now) {
    if (s->on && s->look == 0)
        return; /* of the trials that were starting more than one fails */
    if (s->pause == 0 || (!s->on && now - s->ended >= SOON_MS))
        s->pause = PAUSE_LEAST_MS;
    else
        wait_longer(s);
    s->on = true;
    s->look = 0;
    s->due = now + s->pause;
    s->room = 0; /* none at all is another matter */
}

void shortage_ends(struct shortage *s, when_ms now) {
    s->on = false;
    s->look = 0;
    s->ended = now;
}

/* ---- fewer at once ---- */

void shortage_narrows(struct shortage *s, uint32_t others, when_ms now) {
    dur_ms longer = 2 * s->grow_pause < GROW_MOST_MS ? 2 * s->grow_pause : GROW_MOST_MS;
    if (s->room == 0)
        s->told = false;
    if (s->room == 0)
        s->grow_pause = GROW_LEAST_MS;
    else if (s->step > 1)
        s->grow_pause = longer;
    s->room = s->room == 0 || others < s->room ? others : s->room;
    s->step = 1;
    s->grows = now + s->grow_pause;
}

/* By the clock, whether so many ran or not: what was short for a moment may be there again long since. */
bool shortage_grows(struct shortage *s, uint32_t slots, when_ms now) {
    if (s->room == 0 || s->grows > now)
        return false;
    if (s->step > 1 && s->grow_pause > GROW_LEAST_MS)
        s->grow_pause /= 2; /* the last time was not too many */
    if (s->room >= slots)
        s->room = 0;
    else
        s->room = slots - s->room > s->step ? s->room + s->step : slots;
    s->step *= 2;
    s->grows = now + s->grow_pause;
    return true;
}

static when_ms tell_time(const struct shortage *s) {
    return s->grows - s->grow_pause + TELL_MS;
}

when_ms shortage_wakes(const struct shortage *s) {
    if (s->room == 0)
        return WHEN_NEVER;
    return s->told ? s->grows : tell_time(s);
}

bool shortage_tells(struct shortage *s, when_ms now) {
    if (s->room == 0 || s->told || now < tell_time(s))
        return false;
    s->told = true;
    return true;
}
