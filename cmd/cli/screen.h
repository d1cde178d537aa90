/* screen - where a running job is shown: a block that is painted over in place on a terminal,
 * plain lines elsewhere.
 *
 * The cursor is never hidden and always stands below the block, so that a killed program leaves a
 * usable terminal. NO_COLOR is honoured; TERM=dumb gets plain lines.
 * Errors   what cannot be written makes the screen `broken`: nothing more is written; `error` is
 *          the errno of it, EPIPE when the reader went away.
 */
#ifndef ZYG_SCREEN_H
#define ZYG_SCREEN_H

#include <stdio.h>

#include "proto/base/bytes.h"

struct screen {
    FILE *to;
    bool live; /* a terminal that can paint in place */
    bool color;
    bool broken;
    int error;
    uint32_t width; /* columns; 0: not a terminal */
    uint32_t lines; /* of the block that stands there now */
};

struct screen screen_of(FILE *to);
void screen_measure(struct screen *s);                  /* after a change of the terminal's size */
void screen_block(struct screen *s, struct span lines); /* in the place of the last block */
void screen_print(struct screen *s, struct span lines); /* to stay; the block is taken away */
void screen_clear(struct screen *s);                    /* takes the block away */

#endif
