#include "actors/kit/clock_shell.h"

#include <time.h>

static int64_t clock_read(clockid_t clock) {
    struct timespec t;
    clock_gettime(clock, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

when_ms clock_now(void) {
    return clock_read(CLOCK_MONOTONIC);
}

wall_ms clock_wall(void) {
    return clock_read(CLOCK_REALTIME);
}
