#include "proto/job/value.h"

#include "proto/base/check.h"
#include "proto/base/num.h"

bool value_is_number(const struct value *v) {
    return v->kind == VALUE_INT || v->kind == VALUE_FLOAT;
}

double value_number(const struct value *v) {
    ensure(value_is_number(v));
    return v->kind == VALUE_INT ? (double)v->integer : v->real;
}

/* An integer and a double, compared without rounding the integer. */
static bool equal_mixed(int64_t integer, double real) {
    if (!(real >= -9223372036854775808.0 && real < 9223372036854775808.0))
        return false;
    int64_t whole = (int64_t)real;
    return whole == integer && (double)whole == real;
}

bool value_equal(const struct value *a, const struct value *b) {
    if (a->kind == VALUE_INT && b->kind == VALUE_FLOAT)
        return equal_mixed(a->integer, b->real);
    if (a->kind == VALUE_FLOAT && b->kind == VALUE_INT)
        return equal_mixed(b->integer, a->real);
    if (a->kind != b->kind)
        return false;
    switch (a->kind) {
    case VALUE_NONE: return true;
    case VALUE_BOOL: return a->boolean == b->boolean;
    case VALUE_INT: return a->integer == b->integer;
    case VALUE_FLOAT: return a->real == b->real;
    case VALUE_TEXT: return span_equal(a->text, b->text);
    }
    return false;
}

void value_print(struct buf *out, const struct value *v) {
    switch (v->kind) {
    case VALUE_NONE: break;
    case VALUE_BOOL: buf_text(out, v->boolean ? "true" : "false"); break;
    case VALUE_INT: buf_i64(out, v->integer); break;
    case VALUE_FLOAT: num_print(out, v->real); break;
    case VALUE_TEXT: buf_span(out, v->text); break;
    }
}

void value_json(struct json_out *out, const struct value *v) {
    switch (v->kind) {
    case VALUE_NONE: json_put_null(out); break;
    case VALUE_BOOL: json_put_bool(out, v->boolean); break;
    case VALUE_INT: json_put_i64(out, v->integer); break;
    case VALUE_FLOAT: json_put_number(out, v->real); break;
    case VALUE_TEXT: json_put_string(out, v->text); break;
    }
}
