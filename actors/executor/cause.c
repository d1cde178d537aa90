#include "actors/executor/cause.h"

#include <signal.h>

enum { DOTS = 3 };

static const struct {
    int64_t number;
    const char *name;
    const char *hint;
} signals[] = {
    {SIGHUP, "SIGHUP", ""},
    {SIGINT, "SIGINT", ""},
    {SIGQUIT, "SIGQUIT", ""},
    {SIGILL, "SIGILL", ""},
    {SIGTRAP, "SIGTRAP", ""},
    {SIGABRT, "SIGABRT", ""},
    {SIGBUS, "SIGBUS", ""},
    {SIGFPE, "SIGFPE", ""},
    {SIGKILL, "SIGKILL", ", perhaps for lack of memory"},
    {SIGUSR1, "SIGUSR1", ""},
    {SIGSEGV, "SIGSEGV", ""},
    {SIGUSR2, "SIGUSR2", ""},
    {SIGPIPE, "SIGPIPE", ""},
    {SIGALRM, "SIGALRM", ""},
    {SIGTERM, "SIGTERM", ""},
    {SIGXCPU, "SIGXCPU", ""},
    {SIGXFSZ, "SIGXFSZ", ""},
    {SIGSYS, "SIGSYS", ""},
};

static const struct {
    int64_t status;
    const char *hint;
} statuses[] = {
    {126, " (a shell could not execute a command)"},
    {127, " (a shell did not find a command)"},
    {130, " (something in it was ended by SIGINT)"},
    {137, " (something in it was killed by SIGKILL, perhaps for lack of memory)"},
    {139, " (something in it was killed by SIGSEGV)"},
    {143, " (something in it was ended by SIGTERM)"},
};

/* One character as it may stand in a message: itself, or \xNN; answers how many bytes of s it used up. */
static size_t put_character(struct buf *out, struct span s) {
    size_t len = utf8_length(s.data, s.len);
    if (len == 0 || !span_is_utf8(span_of(s.data, len)) || s.data[0] == '\n') {
        buf_text(out, "\\x");
        buf_hex(out, s.data, 1);
        return 1;
    }
    buf_put(out, s.data, len);
    return len;
}

void cause_put(struct buf *out, struct span s, size_t room) {
    const size_t begin = out->len;
    size_t cut = begin; /* the last place where dots still fit behind */
    for (size_t at = 0; at < s.len;) {
        at += put_character(out, span_from(s, at));
        if (out->len - begin > room) {
            out->len = cut;
            buf_text(out, "...");
            return;
        }
        if (out->len - begin + DOTS <= room)
            cut = out->len;
    }
}

void cause_quote(struct buf *out, char quote, struct span s, size_t room) {
    buf_byte(out, (uint8_t)quote);
    cause_put(out, s, room - 2);
    buf_byte(out, (uint8_t)quote);
}

void cause_last_line(struct buf *out, struct span last_line) {
    if (last_line.len == 0) {
        buf_text(out, "; it printed nothing");
        return;
    }
    buf_text(out, "; last line: ");
    cause_quote(out, '"', last_line, CAUSE_QUOTE_BYTES);
}

static void put_signal(struct buf *out, int64_t signal) {
    buf_text(out, "killed by ");
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) {
        if (signals[i].number == signal) {
            buf_text(out, signals[i].name);
            buf_text(out, " (");
            buf_i64(out, signal);
            buf_text(out, ")");
            buf_text(out, signals[i].hint);
            return;
        }
    }
    buf_text(out, "signal ");
    buf_i64(out, signal);
}

static void put_status(struct buf *out, int64_t status) {
    buf_text(out, "exit ");
    buf_i64(out, status);
    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++) {
        if (statuses[i].status == status)
            buf_text(out, statuses[i].hint);
    }
}

void cause_ended(struct buf *out, int64_t status, int64_t signal, struct span last_line) {
    if (signal != 0)
        put_signal(out, signal);
    else
        put_status(out, status);
    cause_last_line(out, last_line);
}
