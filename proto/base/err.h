/* err - one error, owned by the caller.
 *
 * what     the cause in one sentence, fit to be printed as it is
 * context  the trail outward: what was being done when it happened
 * The struct is untouched on success. Functions that take one return bool and must be checked.
 */
#ifndef ZYG_ERR_H
#define ZYG_ERR_H

#include "proto/base/bytes.h"

enum err_code {
    ERR_NONE = 0,
#define ERROR(code, sentence, exit_status, retry) ERR_##code,
#include "proto/errors.def"
#undef ERROR
    ERR_COUNT
};

struct err {
    enum err_code code;
    char what[320];
    char context[160];
};

/* Always false, so that `return err_set(...)` reads well. */
bool err_set(struct err *err, enum err_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* False as well. Goes before what was said of the same error before, which follows as far as there is room. */
bool err_context(struct err *err, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* "the job file is not right": where nobody said more. */
const char *err_sentence(enum err_code code);
int err_exit_status(enum err_code code);
bool err_can_retry(enum err_code code);
/* A number from a peer; unknown ones become ERR_INTERNAL. */
enum err_code err_code_of(uint64_t number);

#endif
