/* trace - the last messages of a run as lines, for whoever has to find out why it failed. */
#ifndef ZYG_SIM_TRACE_H
#define ZYG_SIM_TRACE_H

#include "actors/kit/core.h"

enum { TRACE_LINES = 40, TRACE_LINE_BYTES = 400 };

struct trace {
    bool verbose; /* print each line at once */
    char who[8];  /* which node, where there are several */
    uint64_t count;
    char lines[TRACE_LINES][TRACE_LINE_BYTES];
};

void trace_message(struct trace *t, when_ms now, enum room to, const struct event *event);
void trace_note(struct trace *t, when_ms now, const char *text);
void trace_print(const struct trace *t);

#endif
