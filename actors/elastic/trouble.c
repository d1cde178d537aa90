#include "actors/elastic/trouble.h"

#include <stdio.h>
#include <string.h>

static size_t keep(char out[TROUBLE_BYTES], struct span what) {
    size_t len = what.len < TROUBLE_BYTES ? what.len : TROUBLE_BYTES;
    while (len > 0 && len < what.len && (what.data[len] & 0xc0) == 0x80)
        len--; /* cut between two characters */
    if (len > 0)
        memcpy(out, what.data, len);
    return len;
}

static void say_note(const char *text, struct says *out) {
    say(out, &(struct msg){.kind = MSG_note, .note.text = span_text(text)});
}

static void tell(struct trouble *t, struct says *out) {
    char text[TROUBLE_BYTES + 64];
    struct span why = trouble_text(t);
    t->told = why.len > 0;
    snprintf(text, sizeof text, "takes no trials for now: %.*s", (int)why.len,
             why.len > 0 ? (const char *)why.data : "");
    say_note(t->told ? text : "takes trials again", out);
}

void trouble_hear(struct trouble *t, const struct msg *m, bool silent, struct says *out) {
    if (m->kind == MSG_ailing)
        t->store_len = m->ailing.code == ERR_NONE ? 0 : keep(t->store, m->ailing.what);
    else
        t->machine_len = keep(t->machine, m->unfit.what);
    if (!silent && t->told != (trouble_text(t).len > 0))
        tell(t, out);
}

struct span trouble_text(const struct trouble *t) {
    return t->store_len > 0 ? span_of(t->store, t->store_len) : span_of(t->machine, t->machine_len);
}
