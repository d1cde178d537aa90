#include "proto/base/check.h"

#include <stdio.h>
#include <stdlib.h>

void ensure_failed(const char *condition, const char *file, int line) {
    fprintf(stderr, "zyg: %s:%d: this should always hold: %s\n", file, line, condition);
    abort();
}
