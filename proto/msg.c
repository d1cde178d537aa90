/* Everything here is expanded from messages.def, rooms.def and routes.def: a new field needs no line of code. */
#include "proto/msg.h"

#include "proto/base/mp.h"
#include "proto/base/num.h"

#include <string.h>

/* ---- one encode, decode, equal and print for each field type ---- */

static void encode_u64(struct buf *out, const uint64_t *v) {
    mp_put_u64(out, *v);
}
static void encode_i64(struct buf *out, const int64_t *v) {
    mp_put_i64(out, *v);
}
static void encode_f64(struct buf *out, const double *v) {
    mp_put_f64(out, *v);
}
static void encode_flag(struct buf *out, const bool *v) {
    mp_put_bool(out, *v);
}
/* What is no text would be refused by whoever reads it, our own board among them: it leaves mended. */
static void encode_str(struct buf *out, const struct span *v) {
    mp_put_str(out, *v);
    if (!out->overflow && !span_is_utf8(*v))
        bytes_make_utf8(out->data + out->len - v->len, v->len);
}
static void encode_bin(struct buf *out, const struct span *v) {
    mp_put_bin(out, *v);
}
static void encode_job(struct buf *out, const struct job_id *v) {
    mp_put_bin(out, span_of(v->bytes, sizeof v->bytes));
}
static void encode_node(struct buf *out, const struct node_id *v) {
    mp_put_bin(out, span_of(v->bytes, sizeof v->bytes));
}

static void decode_u64(struct mp *in, uint64_t *v) {
    *v = mp_u64(in);
}
static void decode_i64(struct mp *in, int64_t *v) {
    *v = mp_i64(in);
}
static void decode_f64(struct mp *in, double *v) {
    *v = mp_f64(in);
}
static void decode_flag(struct mp *in, bool *v) {
    *v = mp_bool(in);
}
static void decode_str(struct mp *in, struct span *v) {
    *v = mp_str(in);
}
static void decode_bin(struct mp *in, struct span *v) {
    *v = mp_bin(in);
}
static void decode_fixed(struct mp *in, uint8_t *bytes, size_t len) {
    struct span got = mp_bin(in);
    if (in->bad != NULL)
        return;
    if (got.len == len)
        memcpy(bytes, got.data, len);
    else
        in->bad = "expected an id of another length";
}
static void decode_job(struct mp *in, struct job_id *v) {
    decode_fixed(in, v->bytes, sizeof v->bytes);
}
static void decode_node(struct mp *in, struct node_id *v) {
    decode_fixed(in, v->bytes, sizeof v->bytes);
}

static bool equal_u64(const uint64_t *a, const uint64_t *b) {
    return *a == *b;
}
static bool equal_i64(const int64_t *a, const int64_t *b) {
    return *a == *b;
}
static bool equal_f64(const double *a, const double *b) {
    return memcmp(a, b, sizeof *a) == 0; /* as bytes: a NaN equals itself */
}
static bool equal_flag(const bool *a, const bool *b) {
    return *a == *b;
}
static bool equal_str(const struct span *a, const struct span *b) {
    return span_equal(*a, *b);
}
static bool equal_bin(const struct span *a, const struct span *b) {
    return span_equal(*a, *b);
}
static bool equal_job(const struct job_id *a, const struct job_id *b) {
    return job_id_equal(a, b);
}
static bool equal_node(const struct node_id *a, const struct node_id *b) {
    return node_id_equal(a, b);
}

static void print_u64(struct buf *out, const uint64_t *v) {
    buf_u64(out, *v);
}
static void print_i64(struct buf *out, const int64_t *v) {
    buf_i64(out, *v);
}
static void print_f64(struct buf *out, const double *v) {
    num_print(out, *v);
}
static void print_flag(struct buf *out, const bool *v) {
    buf_text(out, *v ? "yes" : "no");
}
static void print_str(struct buf *out, const struct span *v) {
    buf_byte(out, '"');
    buf_span(out, *v);
    buf_byte(out, '"');
}
static void print_bin(struct buf *out, const struct span *v) {
    buf_byte(out, '<');
    buf_u64(out, v->len);
    buf_text(out, " bytes>");
}
static void print_job(struct buf *out, const struct job_id *v) {
    buf_hex(out, v->bytes, 4);
}
static void print_node(struct buf *out, const struct node_id *v) {
    buf_hex(out, v->bytes, 4);
}

/* ---- messages ---- */

const char *msg_name(enum msg_kind kind) {
    switch (kind) {
#define MESSAGE(number, name, sentence)                                                            \
    case MSG_##name:                                                                               \
        return #name;
#define FIELD(type, name)
#define FIELD_SINCE(version, type, name)
#define END(name)
#include "proto/messages.def"
#undef MESSAGE
#undef FIELD
#undef FIELD_SINCE
#undef END
    default: return NULL;
    }
}

const enum msg_kind msg_kinds[] = {
#define MESSAGE(number, name, sentence) MSG_##name,
#define FIELD(type, name)
#define FIELD_SINCE(version, type, name)
#define END(name)
#include "proto/messages.def"
#undef MESSAGE
#undef FIELD
#undef FIELD_SINCE
#undef END
    MSG_NONE};

static uint32_t field_count(enum msg_kind kind) {
    switch (kind) {
#define MESSAGE(number, name, sentence)                                                            \
    case MSG_##name:                                                                               \
        return 0
#define FIELD(type, name) +1
#define FIELD_SINCE(version, type, name) +1
#define END(name) ;
#include "proto/messages.def"
#undef MESSAGE
#undef FIELD
#undef FIELD_SINCE
#undef END
    default: return 0;
    }
}

bool msg_encode(const struct msg *m, struct buf *out) {
    mp_put_array(out, 1 + field_count(m->kind));
    mp_put_u64(out, m->kind);
    switch (m->kind) {
#define MESSAGE(number, name, sentence)                                                            \
    case MSG_##name: {                                                                             \
        const struct msg_##name *body = &m->name;
#define FIELD(type, name) encode_##type(out, &body->name);
#define FIELD_SINCE(version, type, name) encode_##type(out, &body->name);
#define END(name)                                                                                  \
    break;                                                                                         \
    }
#include "proto/messages.def"
#undef MESSAGE
#undef FIELD
#undef FIELD_SINCE
#undef END
    default: return false;
    }
    return !out->overflow;
}

static bool bad_field(struct err *err, enum msg_kind kind, const char *field, const char *why) {
    return err_set(err, ERR_BAD_MESSAGE, "message '%s', field '%s': %s", msg_name(kind), field,
                   why);
}

bool msg_decode(struct msg *m, struct span frame, struct err *err) {
    struct mp in = mp_of(frame);
    uint32_t left = mp_array(&in);
    uint64_t number = mp_u64(&in);
    if (in.bad != NULL || left == 0)
        return err_set(err, ERR_BAD_MESSAGE, "not a message: %s", in.bad ? in.bad : "empty");
    if (number >= MSG_KIND_MAX || msg_name((enum msg_kind)number) == NULL)
        return err_set(err, ERR_BAD_MESSAGE, "no message has the number %llu",
                       (unsigned long long)number);
    memset(m, 0, sizeof *m);
    m->kind = (enum msg_kind)number;
    left--;
    switch (m->kind) {
#define MESSAGE(number, name, sentence)                                                            \
    case MSG_##name: {                                                                             \
        struct msg_##name *body = &m->name;
#define FIELD(type, name)                                                                          \
    if (left == 0)                                                                                 \
        return bad_field(err, m->kind, #name, "is missing");                                       \
    left--;                                                                                        \
    decode_##type(&in, &body->name);                                                               \
    if (in.bad != NULL)                                                                            \
        return bad_field(err, m->kind, #name, in.bad);
#define FIELD_SINCE(version, type, name)                                                           \
    if (left > 0) {                                                                                \
        left--;                                                                                    \
        decode_##type(&in, &body->name);                                                           \
        if (in.bad != NULL)                                                                        \
            return bad_field(err, m->kind, #name, in.bad);                                         \
    }
#define END(name)                                                                                  \
    break;                                                                                         \
    }
#include "proto/messages.def"
#undef MESSAGE
#undef FIELD
#undef FIELD_SINCE
#undef END
    default: break;
    }
    for (; left > 0; left--) /* fields a later version has appended */
        mp_skip(&in);
    if (!mp_done(&in))
        return err_set(err, ERR_BAD_MESSAGE, "message '%s': %s", msg_name(m->kind),
                       in.bad ? in.bad : "bytes after its end");
    return true;
}

bool msg_equal(const struct msg *a, const struct msg *b) {
    if (a->kind != b->kind)
        return false;
    switch (a->kind) {
#define MESSAGE(number, name, sentence)                                                            \
    case MSG_##name: {                                                                             \
        const struct msg_##name *x = &a->name, *y = &b->name;                                      \
        return true
#define FIELD(type, name) &&equal_##type(&x->name, &y->name)
#define FIELD_SINCE(version, type, name) &&equal_##type(&x->name, &y->name)
#define END(name)                                                                                  \
    ;                                                                                              \
    }
#include "proto/messages.def"
#undef MESSAGE
#undef FIELD
#undef FIELD_SINCE
#undef END
    default: return true;
    }
}

void msg_print(const struct msg *m, struct buf *out) {
    const char *name = msg_name(m->kind);
    buf_text(out, name != NULL ? name : "time");
    buf_byte(out, '{');
    const char *space = "";
    switch (m->kind) {
#define MESSAGE(number, name, sentence)                                                            \
    case MSG_##name: {                                                                             \
        const struct msg_##name *body = &m->name;
#define FIELD(type, name)                                                                          \
    buf_text(out, space);                                                                          \
    buf_text(out, #name "=");                                                                      \
    print_##type(out, &body->name);                                                                \
    space = " ";
#define FIELD_SINCE(version, type, name) FIELD(type, name)
#define END(name)                                                                                  \
    break;                                                                                         \
    }
#include "proto/messages.def"
#undef MESSAGE
#undef FIELD
#undef FIELD_SINCE
#undef END
    default: break;
    }
    (void)space;
    buf_byte(out, '}');
}

/* ---- rooms and routes ---- */

const char *room_name(enum room room) {
    switch (room) {
#define ROOM(NAME, name, kind)                                                                     \
    case ROOM_##NAME:                                                                              \
        return name;
#include "proto/rooms.def"
#undef ROOM
    default: return "nobody";
    }
}

const enum room *msg_route(enum msg_kind kind) {
#define ROOMS_1(a) ROOM_##a
#define ROOMS_2(a, b) ROOM_##a, ROOM_##b
#define ROOMS_3(a, b, c) ROOM_##a, ROOM_##b, ROOM_##c
#define ROOMS_4(a, b, c, d) ROOM_##a, ROOM_##b, ROOM_##c, ROOM_##d
#define ROOMS_5(a, ...) ROOM_##a, ROOMS_4(__VA_ARGS__)
#define ROOMS_6(a, ...) ROOM_##a, ROOMS_5(__VA_ARGS__)
#define ROOMS_7(a, ...) ROOM_##a, ROOMS_6(__VA_ARGS__)
#define ROOMS_8(a, ...) ROOM_##a, ROOMS_7(__VA_ARGS__)
#define ROOMS_PICK(a, b, c, d, e, f, g, h, chosen, ...) chosen
#define ROUTE(message, ...)                                                                        \
    case MSG_##message: {                                                                          \
        static const enum room rooms[ROUTE_ROOMS_MAX + 1] = {                                      \
            ROOMS_PICK(__VA_ARGS__, ROOMS_8, ROOMS_7, ROOMS_6, ROOMS_5, ROOMS_4, ROOMS_3, ROOMS_2, \
                       ROOMS_1, 0)(__VA_ARGS__)};                                                  \
        return rooms;                                                                              \
    }
    switch (kind) {
#include "proto/routes.def"
    default: {
        static const enum room clients[ROUTE_ROOMS_MAX + 1] = {ROOM_CLIENTS};
        return clients;
    }
    }
#undef ROUTE
}
