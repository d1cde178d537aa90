/* msg - the messages of messages.def as structs, with their bytes, their text and the rooms that hear them.
 *
 * Spans in a decoded message point into the frame it was decoded from.
 * Errors   msg_encode answers false when `out` has no room (out->overflow). msg_decode names the message and the first
 *          field that was not right, and believes nothing it has not seen.
 */
#ifndef ZYG_MSG_H
#define ZYG_MSG_H

#include "proto/base/err.h"
#include "proto/base/ids.h"
#include "proto/limits.h"

enum { PROTOCOL_VERSION = 1 };

enum msg_kind {
    MSG_NONE = 0,
#define MESSAGE(number, name, sentence) MSG_##name = (number),
#define FIELD(type, name)
#define FIELD_SINCE(version, type, name)
#define END(name)
#include "proto/messages.def"
#undef MESSAGE
#undef FIELD
#undef FIELD_SINCE
#undef END
    MSG_KIND_MAX = 0xff
};

/* What a field of messages.def is in C. str is UTF-8 without control characters but tab and newline. */
#define MSG_FIELD_u64 uint64_t
#define MSG_FIELD_i64 int64_t
#define MSG_FIELD_f64 double
#define MSG_FIELD_flag bool
#define MSG_FIELD_str struct span
#define MSG_FIELD_bin struct span
#define MSG_FIELD_job struct job_id
#define MSG_FIELD_node struct node_id

#define MESSAGE(number, name, sentence) struct msg_##name {
#define FIELD(type, name) MSG_FIELD_##type name;
#define FIELD_SINCE(version, type, name) MSG_FIELD_##type name;
#define END(name)                                                                                  \
    }                                                                                              \
    ;
#include "proto/messages.def"
#undef MESSAGE
#undef FIELD
#undef FIELD_SINCE
#undef END

struct msg {
    enum msg_kind kind;
    union {
#define MESSAGE(number, name, sentence) struct msg_##name name;
#define FIELD(type, name)
#define FIELD_SINCE(version, type, name)
#define END(name)
#include "proto/messages.def"
#undef MESSAGE
#undef FIELD
#undef FIELD_SINCE
#undef END
    };
};

bool msg_encode(const struct msg *m, struct buf *out);
bool msg_decode(struct msg *m, struct span frame, struct err *err);
bool msg_equal(const struct msg *a, const struct msg *b);
/* lease{job=3f2a.. slot=7 ...}: one line, long blobs by length. */
void msg_print(const struct msg *m, struct buf *out);
const char *msg_name(enum msg_kind kind);
/* Every kind there is, for tests and fuzzers; the list ends with MSG_NONE. */
extern const enum msg_kind msg_kinds[];

enum room {
    ROOM_NONE,
#define ROOM(NAME, name, kind) ROOM_##NAME,
#include "proto/rooms.def"
#undef ROOM
    ROOM_COUNT
};

enum { ROUTE_ROOMS_MAX = 8 };

const char *room_name(enum room room);
/* The rooms that hear this kind, ended by ROOM_NONE: ROUTE_ROOMS_MAX + 1 entries. */
const enum room *msg_route(enum msg_kind kind);

#endif
