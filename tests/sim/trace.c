#include "tests/sim/trace.h"

#include <stdio.h>

static char *next_line(struct trace *t) {
    return t->lines[t->count++ % TRACE_LINES];
}

static void show(const struct trace *t, const char *line) {
    if (t->verbose)
        puts(line);
}

void trace_message(struct trace *t, when_ms now, enum room to, const struct event *event) {
    static char text[1 << 20];
    struct buf out = buf_of(text, sizeof text - 1);
    msg_print(&event->msg, &out);
    buf_zero(&out);
    char *line = next_line(t);
    snprintf(line, TRACE_LINE_BYTES, "%9lld %s%8s -> %-8s %.300s", (long long)now, t->who,
             event->from == ROOM_NONE ? "time" : room_name(event->from), room_name(to), text);
    show(t, line);
}

void trace_note(struct trace *t, when_ms now, const char *text) {
    char *line = next_line(t);
    snprintf(line, TRACE_LINE_BYTES, "%9lld %s======== %.300s", (long long)now, t->who, text);
    show(t, line);
}

void trace_print(const struct trace *t) {
    uint64_t first = t->count > TRACE_LINES ? t->count - TRACE_LINES : 0;
    for (uint64_t i = first; i < t->count; i++)
        puts(t->lines[i % TRACE_LINES]);
}
