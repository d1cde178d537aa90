/* shortage - the machine itself cannot start trials: no space, no descriptors, no processes, no memory, a disk that
 * is not writable. Whichever trial comes next would meet the same, so none is charged with it and none is taken until a look
 * has shown that one can be started again. An error of a disk (EIO) is none: it may be that of the job's own folder.
 *
 * A look does all that the start of a trial does, with SHORTAGE_LOOK_BYTES of parameters: what is only just enough for the
 * next trial would be short again at once. The first comes after a second; when looks fail, or the machine is short again soon
 * after it was found well, they come less often, up to PAUSE_MOST_MS apart.
 *
 * Of descriptors, processes and memory every trial takes some: while others run, fewer at once may do. Then as many as could
 * be started are run from then on (narrow). One more is tried after a minute, then two more, four and so on, until there are as
 * many as before. When that was too many it begins with one again, after twice as long; where it went well the pauses halve.
 * Memory   fixed, zeroed to begin with.
 */
#ifndef ZYG_SHORTAGE_H
#define ZYG_SHORTAGE_H

#include "proto/base/time.h"

#include <stdbool.h>
#include <stdint.h>

enum { SHORTAGE_LOOK_BYTES = 65536 };

struct shortage {
    bool on;
    uint64_t look; /* the run of the look under way; 0: none is */
    when_ms due;   /* of the next one */
    dur_ms pause;  /* before it; 0: never short so far */
    when_ms ended;
    uint32_t room; /* so many trials at once could be started; 0: nobody knows less than all */
    uint32_t step; /* so many more next time; 1: it has not grown since it was narrowed */
    bool told;     /* people were, of this time */
    dur_ms grow_pause;
    when_ms grows;
};

bool shortage_is(int64_t error);            /* errno: the machine's own, not the program's */
const char *shortage_remedy(int64_t error); /* what people can do; "": not known */
void shortage_begins(struct shortage *s, when_ms now); /* also: a look has failed */
void shortage_ends(struct shortage *s, when_ms now);

bool shortage_is_shared(int64_t error); /* of a thing of which each trial takes some */
/* One could not be started beside `others`, 1 at least. */
void shortage_narrows(struct shortage *s, uint32_t others, when_ms now);
/* When it is time to; true: it does, or (room 0) it is over. */
bool shortage_grows(struct shortage *s, uint32_t slots, when_ms now);
when_ms shortage_wakes(
    const struct shortage *s); /* to grow, or to tell people; WHEN_NEVER: it is not narrow */
bool shortage_tells(struct shortage *s,
                    when_ms now); /* true, once: it is narrow, and not only for a moment */

#endif
