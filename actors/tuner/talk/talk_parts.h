/* talk_parts - what the files of the protocol share. */
#ifndef ZYG_TALK_PARTS_H
#define ZYG_TALK_PARTS_H

#include "actors/tuner/talk/talk.h"

/* A whole number, or the one that *value is when the text is empty or null. */
bool talk_optional(struct talk *t, struct span json, const char *where, int64_t least, int64_t most,
                   int64_t *value);
/* Answers init: t->study is there. False: the fault is said, and there is none. */
bool talk_begin(struct talk *t, struct span line);

#endif
