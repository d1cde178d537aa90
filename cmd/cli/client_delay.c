#include "cmd/cli/client_delay.h"

#include "actors/member/member.h"

#include <string.h>

static void keep_name(char out[DELAY_NAME_BYTES], struct span name) {
    size_t len = name.len < DELAY_NAME_BYTES ? name.len : DELAY_NAME_BYTES - 1;
    memset(out, 0, DELAY_NAME_BYTES);
    if (len > 0)
        memcpy(out, name.data, len);
}

void delay_hear(struct delay *d, const struct msg *answer) {
    d->heard = true;
    d->whole = d->whole || answer->kind != MSG_node_row;
    if (answer->kind != MSG_node_row)
        return;
    const struct msg_node_row *row = &answer->node_row;
    if (row->self) {
        keep_name(d->asked, row->name);
    } else if (row->active && row->state == MEMBER_ALIVE && !row->told) {
        if (d->silent < DELAY_NAMES)
            keep_name(d->names[d->silent], row->name);
        d->silent++;
    }
}

static void put_names(const struct delay *d, struct buf *out) {
    uint32_t shown = d->silent < DELAY_NAMES ? d->silent : DELAY_NAMES;
    for (uint32_t i = 0; i < shown; i++) {
        buf_text(out, i == 0 ? "" : i + 1 == d->silent ? " and " : ", ");
        buf_text(out, d->names[i]);
    }
    if (d->silent > shown) {
        buf_text(out, " and ");
        buf_u64(out, d->silent - shown);
        buf_text(out, " more");
    }
}

void delay_print(const struct delay *d, const char *place, dur_ms left, struct buf *out) {
    buf_text(out, "zyg: ");
    if (!d->heard) {
        buf_text(out, "the node ");
        buf_text(out, place);
        buf_text(out, " does not answer yet");
    } else if (d->asked[0] == '\0') {
        buf_text(out, "waiting for the disk of the node ");
        buf_text(out, place);
    } else if (d->silent == 0) {
        buf_text(out, "node ");
        buf_text(out, d->asked);
        buf_text(out, " waits until enough disks keep it");
    } else {
        buf_text(out, "node ");
        buf_text(out, d->asked);
        buf_text(out, " waits until another disk keeps it, too, but ");
        put_names(d, out);
        buf_text(out, d->silent == 1 ? " does not answer" : " do not answer");
        buf_text(out, "; who stays silent is given up within half a minute\n");
        return;
    }
    buf_text(out, "; waiting up to ");
    buf_u64(out, left > 0 ? (uint64_t)(left + 999) / 1000 : 0);
    buf_text(out, " s more\n");
}
