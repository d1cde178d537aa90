/* Whatever a member that has greeted may send over its edge: raw messages, and records and statements under its own good
 * signature, with time passing in between. Nothing of it may break what the room believes of itself.
 *
 * An input is a run of [what 1][length 2, big-endian][bytes]. */
#include "actors/kit/frame.h"
#include "actors/member/member.h"
#include "proto/base/check.h"
#include "tests/unit/actors/member/people.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SAY_RAW, SAY_RECORD, SAY_STATEMENT, SAY_CARRIED, PASS_TIME, BREAK_EDGE, WAYS };
enum { ME = 1, PEER = 2 };

struct stage {
    struct core core;
    struct moment at;
    struct member_config peer;
    uint32_t edge;
    bool open;
    uint8_t *says;
};

static void hear(struct stage *s, enum room from, uint32_t peer, const struct msg *m) {
    struct says out = {.frames = buf_of(s->says, SAYS_BYTES), .from = ROOM_MEMBER};
    const struct event event = {.from = from, .peer = peer, .msg = *m};
    s->core.step(s->core.self, &event, s->at, &out);
    s->core.check(s->core.self);
    for (struct span says = buf_view(&out.frames); says.len > 0;) {
        struct frame f = frame_take(&says);
        struct msg said;
        struct err err;
        ensure(msg_decode(&said, f.message, &err)); /* what it says can be read */
        if (said.kind == MSG_edge_close && said.edge_close.edge == s->edge)
            s->open = false;
    }
}

static void greet(struct stage *s) {
    struct paper paper;
    uint8_t memory[RECORD_BYTES_MAX];
    struct buf record = buf_of(memory, sizeof memory);
    s->edge += 2;
    s->open = true;
    hear(s, ROOM_PEERS, 0,
         &(struct msg){
             .kind = MSG_edge_up,
             .edge_up = {.edge = s->edge, .curve = span_of(s->peer.curve, sizeof s->peer.curve)}});
    paper_fill(&paper, PEER, (struct version){1, 1, MEMBER_ALIVE});
    paper_sign(&paper, &s->peer.signer);
    ensure(msg_encode(&(struct msg){.kind = MSG_member_record, .member_record = paper.record},
                      &record));
    hear(s, ROOM_PEERS, s->edge,
         &(struct msg){.kind = MSG_greet,
                       .greet = {.protocol = PROTOCOL_VERSION,
                                 .certificate = paper.record.certificate,
                                 .record = buf_view(&record)}});
}

static void say_signed(struct stage *s, struct msg *m) {
    uint8_t signature[SIGNATURE_BYTES], memory[LIMIT_FRAME_BYTES];
    struct buf bytes = buf_of(memory, sizeof memory), run_bytes;
    uint8_t run[LIMIT_FRAME_BYTES];
    if (m->kind == MSG_member_record) {
        if (m->member_record.evidence.len > EVIDENCE_BYTES_MAX ||
            m->member_record.certificate.len > MEMBER_CERTIFICATE_BYTES ||
            m->member_record.name.len + m->member_record.door.len + m->member_record.domain.len +
                    m->member_record.endpoint.len + m->member_record.curve.len >
                256)
            return;
        proof_sign_record(&s->peer.signer, &m->member_record, signature);
        run_bytes = buf_of(run, sizeof run);
        ensure(msg_encode(m, &bytes));
        mp_put_bin(&run_bytes, buf_view(&bytes));
        hear(s, ROOM_PEERS, s->edge,
             &(struct msg){.kind = MSG_records, .records.records = buf_view(&run_bytes)});
    } else if (m->kind == MSG_accuse || m->kind == MSG_vouch) {
        proof_sign_statement(&s->peer.signer, m, signature);
        hear(s, ROOM_PEERS, s->edge, m);
    }
}

static void say_carried(struct stage *s, struct span bytes) {
    hear(s, ROOM_PEERS, s->edge,
         &(struct msg){.kind = MSG_carry,
                       .carry = {.from = s->peer.signer.id,
                                 .to = person_signer(ME).id,
                                 .hops = 3,
                                 .message = bytes}});
}

static void act(struct stage *s, uint8_t what, struct span bytes) {
    struct msg m;
    struct err err;
    if (!s->open)
        greet(s);
    if (!s->open)
        return;
    switch (what % WAYS) {
    case SAY_RAW: /* only whole messages come from PEERS */
        if (msg_decode(&m, bytes, &err) && m.kind >= MSG_greet && m.kind <= MSG_carry)
            hear(s, ROOM_PEERS, s->edge, &m);
        break;
    case SAY_RECORD:
    case SAY_STATEMENT:
        if (msg_decode(&m, bytes, &err))
            say_signed(s, &m);
        break;
    case SAY_CARRIED: say_carried(s, bytes); break;
    case PASS_TIME:
        s->at.now += bytes.len > 0 ? bytes.data[0] * 40 : 1;
        hear(s, ROOM_MEMBER, 0, &(struct msg){.kind = MSG_NONE});
        break;
    default:
        s->open = false;
        hear(s, ROOM_PEERS, 0,
             &(struct msg){.kind = MSG_edge_down, .edge_down = {.edge = s->edge}});
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct stage s = {.at = {.now = 1000, .wall = people_wall}};
    struct span rest = span_of(data, size);
    ensure(people_begin(NULL) == 0);
    s.peer = person(PEER);
    s.says = malloc(SAYS_BYTES);
    const struct member_config config = person(ME);
    void *memory = calloc(1, member_size());
    ensure(memory != NULL && s.says != NULL);
    s.core = member_core(member_init(memory, &config));
    hear(&s, ROOM_NODE, 0, &(struct msg){.kind = MSG_start});
    hear(&s, ROOM_STORE, 0, &(struct msg){.kind = MSG_rows, .rows.ticket = 1});
    hear(&s, ROOM_STORE, 0, &(struct msg){.kind = MSG_saved, .saved.ticket = 2});
    while (rest.len >= 3) {
        size_t len = (size_t)rest.data[1] << 8 | rest.data[2];
        uint8_t what = rest.data[0];
        rest = span_from(rest, 3);
        len = len < rest.len ? len : rest.len;
        act(&s, what, span_of(rest.data, len));
        rest = span_from(rest, len);
    }
    free(memory);
    free(s.says);
    return 0;
}
