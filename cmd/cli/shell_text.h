/* shell_text - words as a shell would have to read them, so that what is shown can be pasted. */
#ifndef ZYG_SHELL_TEXT_H
#define ZYG_SHELL_TEXT_H

#include "proto/base/bytes.h"

/* Quoted where a shell would not take it as it is. */
void shell_print_word(struct buf *out, struct span word);

#endif
