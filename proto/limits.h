/* limits - the ceilings of limits.def as constants. */
#ifndef ZYG_LIMITS_H
#define ZYG_LIMITS_H

enum {
#define LIMIT(name, value, why) LIMIT_##name = (value),
#include "proto/limits.def"
#undef LIMIT
};

#endif
