#include "actors/executor/shortage.h"

#include <errno.h>
#include <stddef.h>

enum { PAUSE_LEAST_MS = 1000, PAUSE_MOST_MS = 8000, SOON_MS = 60000 };

static const struct {
    int64_t error;
    const char *remedy;
} shortages[] = {
    {ENOSPC, "; free some space to go on"},
    {EDQUOT, "; free some space to go on"},
    {EROFS, "; mount it writable to go on"},
    {ENOMEM, "; free some memory to go on"},
    {EMFILE, "; allow more open files (ulimit -n) or fewer slots"},
    {ENFILE, "; allow more open files (sysctl fs.file-max)"},
    {EAGAIN, "; allow more processes (ulimit -u) or fewer slots"},
};

static const char *find(int64_t error) {
    for (size_t i = 0; i < sizeof shortages / sizeof shortages[0]; i++) {
        if (shortages[i].error == error)
            return shortages[i].remedy;
    }
    return NULL;
}

bool shortage_is(int64_t error) {
    return find(error) != NULL;
}

const char *shortage_remedy(int64_t error) {
    const char *remedy = find(error);
    return remedy != NULL ? remedy : "";
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
}

void shortage_ends(struct shortage *s, when_ms now) {
    s->on = false;
    s->look = 0;
    s->ended = now;
}
