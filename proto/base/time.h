/* time - moments and durations in milliseconds.
 *
 * when_ms is a moment on this machine's monotonic clock and means nothing elsewhere; decisions use it alone.
 * wall_ms is UTC since 1970 and is only ever shown or recorded, never compared with another machine's.
 */
#ifndef ZYG_TIME_H
#define ZYG_TIME_H

#include <stdint.h>

typedef int64_t when_ms;
typedef int64_t wall_ms;
typedef int64_t dur_ms;

#define WHEN_NEVER INT64_MAX

struct moment {
    when_ms now;
    wall_ms wall;
};

static inline when_ms when_sooner(when_ms a, when_ms b) {
    return a < b ? a : b;
}

/* What happens now may happen again from the moment returned; `due` is what this gave the last time. Once in `pace` over time,
 * after a rest so many (`burst`) times more at once, as in the generic cell rate algorithm (ITU-T I.371); what could not wait
 * until `due` makes no debts. */
static inline when_ms when_paced(when_ms due, when_ms now, dur_ms pace, uint32_t burst) {
    when_ms rested = now - pace * (dur_ms)burst;
    return (due < rested ? rested : when_sooner(due, now)) + pace;
}

#endif
