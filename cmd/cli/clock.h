/* clock - the two clocks, as the verbs read them. */
#ifndef ZYG_CLI_CLOCK_H
#define ZYG_CLI_CLOCK_H

#include "proto/base/time.h"

when_ms clock_now(void);  /* since some moment; never goes back */
wall_ms clock_wall(void); /* the time of day */

#endif
