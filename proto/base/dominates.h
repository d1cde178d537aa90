/* dominates - one row of values against another, when less is better in each of them. */
#ifndef ZYG_DOMINATES_H
#define ZYG_DOMINATES_H

#include <stdbool.h>
#include <stdint.h>

/* a is nowhere worse and somewhere better. */
static inline bool dominates(const double *a, const double *b, uint32_t count) {
    bool better = false;
    for (uint32_t i = 0; i < count; i++) {
        if (a[i] > b[i])
            return false;
        better = better || a[i] < b[i];
    }
    return better;
}

#endif
