/* frame - a message on its way: [to 1][from 1][peer 4][length 4][message], all on one machine, little-endian.
 *
 * What a core says and what lies in the board's queue are runs of frames; between two threads a frame is sent whole.
 */
#ifndef ZYG_FRAME_H
#define ZYG_FRAME_H

#include "actors/kit/core.h"

enum { FRAME_HEADER_BYTES = 10 };

struct frame {
    enum room to;
    enum room from;
    uint32_t peer;
    struct span message;
};

void frame_put(struct buf *out, enum room to, enum room from, uint32_t peer, const struct msg *m);
/* Takes the first frame off `run`; the run was written by frame_put. */
struct frame frame_take(struct span *run);

#endif
