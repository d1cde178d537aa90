/* clock - the two clocks, for ports, actors and programs; a core is told the time. */
#ifndef ZYG_CLOCK_H
#define ZYG_CLOCK_H

#include "proto/base/time.h"

when_ms clock_now(void);  /* since some moment; never goes back */
wall_ms clock_wall(void); /* the time of day */

#endif
