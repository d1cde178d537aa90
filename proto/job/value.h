/* value - one hyperparameter's value, and a configuration: the values of all parameters of a job,
 * in their order.
 *
 * An inactive parameter (its `when` is false) has VALUE_NONE. The canonical bytes of a
 * configuration are a msgpack array with one element a parameter; equal configurations have equal
 * bytes on every machine, so their hash names them. For that, values go through param_fit (job.h)
 * once: a float parameter's value is always VALUE_FLOAT, and so on.
 * Memory   plain values; text is borrowed.
 * Errors   config_decode refuses bytes that are not canonical: another spelling of the same
 *          configuration would have another hash.
 */
#ifndef ZYG_VALUE_H
#define ZYG_VALUE_H

#include "proto/base/json.h"

enum value_kind { VALUE_NONE, VALUE_BOOL, VALUE_INT, VALUE_FLOAT, VALUE_TEXT };

struct value {
    enum value_kind kind;
    union { /* the member that `kind` names, and no other */
        bool boolean;
        int64_t integer;
        double real;
        struct span text; /* borrowed */
    };
};

bool value_equal(const struct value *a, const struct value *b); /* 1 equals 1.0 */
bool value_is_number(const struct value *v);
double value_number(const struct value *v); /* only of a number */
/* as argv and ZYG_P_* show it; NONE: nothing */
void value_print(struct buf *out, const struct value *v);
void value_json(struct json_out *out, const struct value *v); /* NONE is null */

void config_encode(struct buf *out, const struct value *values, size_t count);
/* Text values point into `bytes`. False when the bytes are not a configuration of `count`
 * parameters. */
bool config_decode(struct span bytes, struct value *values, size_t count);

#endif
