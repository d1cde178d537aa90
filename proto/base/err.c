#include "proto/base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* By code; ERR_NONE first. */
static const struct {
    const char *sentence;
    int exit_status;
    bool retry;
} errors[] = {
    {"all is well", 0, false},
#define ERROR(code, sentence, exit_status, retry) {sentence, exit_status, retry},
#include "proto/errors.def"
#undef ERROR
};

bool err_set(struct err *err, enum err_code code, const char *format, ...) {
    va_list args;
    va_start(args, format);
    vsnprintf(err->what, sizeof err->what, format, args);
    va_end(args);
    bytes_make_utf8((uint8_t *)err->what, strlen(err->what));
    err->code = code;
    err->context[0] = '\0';
    return false;
}

bool err_context(struct err *err, const char *format, ...) {
    char outer[sizeof err->context];
    va_list args;
    va_start(args, format);
    vsnprintf(outer, sizeof outer, format, args);
    va_end(args);
    if (err->context[0] != '\0' && strlen(outer) + 2 < sizeof outer) {
        size_t used = strlen(outer);
        snprintf(outer + used, sizeof outer - used, ": %.*s", (int)(sizeof outer - used - 3),
                 err->context);
    }
    bytes_make_utf8((uint8_t *)outer, strlen(outer));
    memcpy(err->context, outer, sizeof outer);
    return false;
}

const char *err_sentence(enum err_code code) {
    return errors[code].sentence;
}

int err_exit_status(enum err_code code) {
    return errors[code].exit_status;
}

bool err_can_retry(enum err_code code) {
    return errors[code].retry;
}

enum err_code err_code_of(uint64_t number) {
    return number < ERR_COUNT ? (enum err_code)number : ERR_INTERNAL;
}
