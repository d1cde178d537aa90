/* help - the table of verbs as people read it, and the verb a word means. */
#ifndef ZYG_HELP_H
#define ZYG_HELP_H

#include <stdio.h>

#include "cmd/cli/cli.h"

const struct verb *verb_find(const char *name); /* NULL: there is none */
void verb_refuse(const char *name); /* says so on standard error, with the nearest one */

void help_print(FILE *to);
void help_print_verb(FILE *to, const struct verb *verb);

#endif
