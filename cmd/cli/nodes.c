#include "actors/member/member.h"
#include "cmd/cli/cli.h"
#include "cmd/cli/details.h"
#include "cmd/cli/look.h"
#include "cmd/cli/out.h"
#include "cmd/cli/pages.h"
#include "proto/base/num.h"

#include <stdio.h>

const char cli_nodes_details[] =
    "-o FORMAT         table (default), wide, json, jsonl, csv, id\n"
    "\n"
    "What the node that is asked knows of the others, and what each says of itself just now:\n"
    "SLOTS are trials that run and may run, LOAD is how many processors others than zyg's\n"
    "trials keep busy there, IDLE is when it gives itself back (zyg-node --idle). RTT is\n"
    "measured, of neighbours only; ENDPOINT is for nodes, DOOR (wide) for clients; `-` is not\n"
    "known. A node that is alive but not active has come back a moment ago and gets no work yet.\n"
    "One that `rests` takes no trials for now, for a reason of its own, such as a full disk:\n"
    "TROUBLE (wide) says what it is; it takes some again when that is mended.\n";

static const struct column columns[] = {
    {"node", "NODE", COLUMN_TEXT, SHOWN_DATA},
    {"name", "NAME", COLUMN_TEXT, SHOWN_ALWAYS},
    {"state", "STATE", COLUMN_TEXT, SHOWN_ALWAYS},
    {NULL, "ROLE", COLUMN_TEXT, SHOWN_TABLE},
    {"self", NULL, COLUMN_FLAG, SHOWN_DATA},
    {"leads", NULL, COLUMN_FLAG, SHOWN_DATA},
    {"active", NULL, COLUMN_FLAG, SHOWN_DATA},
    {NULL, "RTT", COLUMN_TEXT, SHOWN_TABLE},
    {"rtt_ms", NULL, COLUMN_REAL, SHOWN_DATA},
    {NULL, "SLOTS", COLUMN_TEXT, SHOWN_TABLE},
    {"told", NULL, COLUMN_FLAG, SHOWN_DATA},
    {"running", NULL, COLUMN_COUNT, SHOWN_DATA},
    {"slots", NULL, COLUMN_COUNT, SHOWN_DATA},
    {NULL, "LOAD", COLUMN_TEXT, SHOWN_TABLE},
    {"load", NULL, COLUMN_REAL, SHOWN_DATA},
    {NULL, "IDLE", COLUMN_TEXT, SHOWN_TABLE},
    {"goes_in", NULL, COLUMN_DURATION, SHOWN_DATA},
    {"endpoint", "ENDPOINT", COLUMN_TEXT, SHOWN_ALWAYS},
    {"door", "DOOR", COLUMN_TEXT, SHOWN_WIDE},
    {"domain", "DOMAIN", COLUMN_TEXT, SHOWN_WIDE},
    {"trouble", "TROUBLE", COLUMN_TEXT, SHOWN_WIDE},
};

static const char *state_name(uint64_t state) {
    static const char *const names[] = {
        [MEMBER_NONE] = "unknown",    [MEMBER_ALIVE] = "alive",
        [MEMBER_LEAVING] = "leaving", [MEMBER_UNREACHABLE] = "unreachable",
        [MEMBER_DEAD] = "dead",       [MEMBER_LEFT] = "left"};
    return state < sizeof names / sizeof *names ? names[state] : "unknown";
}

enum { CELL_BYTES = 64 };

/* "leads, asked, rests" */
static struct span role_text(char memory[CELL_BYTES], const struct msg_node_row *row) {
    struct buf text = buf_of(memory, CELL_BYTES);
    const char *const roles[] = {row->leads ? "leads" : NULL, row->self ? "asked" : NULL,
                                 row->trouble.len > 0 ? "rests" : NULL};
    for (size_t i = 0; i < sizeof roles / sizeof *roles; i++) {
        if (roles[i] == NULL)
            continue;
        buf_text(&text, text.len > 0 ? ", " : "");
        buf_text(&text, roles[i]);
    }
    return buf_view(&text);
}

static bool is_gone(const struct msg_node_row *row) {
    return row->state == MEMBER_DEAD || row->state == MEMBER_LEFT;
}

/* "1.3 ms": what varies more than a tenth from one look to the next is not shown finer. */
static void put_tenths(struct out *out, uint64_t thousandths, const char *unit) {
    char memory[CELL_BYTES];
    struct buf text = buf_of(memory, CELL_BYTES);
    uint64_t tenths = (thousandths + 50) / 100;
    buf_u64(&text, tenths / 10);
    buf_text(&text, ".");
    buf_u64(&text, tenths % 10);
    buf_text(&text, unit);
    out_text(out, buf_view(&text));
}

/* "1/2"; "-/2" of one that did not say. */
static struct span slots_text(char memory[CELL_BYTES], const struct msg_node_row *row) {
    struct buf text = buf_of(memory, CELL_BYTES);
    if (is_gone(row))
        return span_text("-");
    if (row->told)
        buf_u64(&text, row->running);
    else
        buf_text(&text, "-");
    buf_text(&text, "/");
    buf_u64(&text, row->slots);
    return buf_view(&text);
}

/* "stays", "works", "goes in 23 s", "leaves". */
static struct span idle_text(char memory[CELL_BYTES], const struct msg_node_row *row) {
    enum { SECOND = 1000 };
    struct buf text = buf_of(memory, CELL_BYTES);
    if (row->goes_in < 0)
        return span_text("stays");
    if (row->running > 0)
        return span_text("works");
    if (row->goes_in == 0)
        return span_text("leaves");
    buf_text(&text, "goes in ");
    num_print_duration(&text, (row->goes_in + SECOND - 1) / SECOND * SECOND);
    return buf_view(&text);
}

struct node_listing {
    struct out *out;
    uint64_t count;
};

static void put_condition(struct out *out, const struct msg_node_row *row) {
    char slots[CELL_BYTES], idle[CELL_BYTES];
    bool far = !row->self && !is_gone(row) && row->rtt_us >= 0;
    far ? put_tenths(out, (uint64_t)row->rtt_us, " ms") : out_none(out);
    far ? out_real(out, (double)row->rtt_us / 1000) : out_none(out);
    out_text(out, slots_text(slots, row));
    out_flag(out, row->told);
    row->told ? out_count(out, row->running) : out_none(out);
    out_count(out, row->slots);
    row->told ? put_tenths(out, row->load, "") : out_none(out);
    row->told ? out_real(out, (double)row->load / 1000) : out_none(out);
    row->told ? out_text(out, idle_text(idle, row)) : out_none(out);
    row->goes_in < 0 ? out_none(out) : out_duration(out, row->goes_in);
}

static bool node_put(void *context, const struct msg *answer) {
    struct node_listing *l = context;
    const struct msg_node_row *row = &answer->node_row;
    char id[2 * NODE_ID_BYTES + 1], role[CELL_BYTES];
    struct buf text = buf_of(id, sizeof id);
    if (answer->kind != MSG_node_row)
        return true;
    l->count++;
    buf_hex(&text, row->node.bytes, sizeof row->node.bytes);
    out_text(l->out, buf_view(&text));
    out_text(l->out, row->name);
    out_text(l->out, span_text(state_name(row->state)));
    out_text(l->out, role_text(role, row));
    out_flag(l->out, row->self);
    out_flag(l->out, row->leads);
    out_flag(l->out, row->active);
    put_condition(l->out, row);
    out_text(l->out, row->endpoint);
    out_text(l->out, row->door);
    out_text(l->out, row->domain);
    out_text(l->out, row->trouble);
    return out_row(l->out);
}

static bool nodes_print(struct client *c, const struct args *args, struct err *err) {
    struct node_listing l = {.out = out_new_stdout(args->format, false, "nodes", columns,
                                                   sizeof columns / sizeof *columns)};
    struct msg request = {.kind = MSG_list_nodes};
    struct pages_reader reader = {.row = node_put, .context = &l};
    bool read = pages_read(c, &request, &reader, err);
    bool ok = out_close(&l.out, read ? err : &(struct err){0}) && read;
    if (read && l.count == 0 && args->format <= FORMAT_WIDE && !args->quiet)
        fprintf(stderr, "the node here belongs to no cluster; begin one:  zyg cluster init\n");
    return ok;
}

int cli_nodes(int argc, char **argv) {
    const struct args_rules rules = {.formats = FORMATS_ROWS, .operand = "nothing"};
    struct args args;
    int status;
    if (!cli_args(&args, argc, argv, &rules, &status))
        return status;
    struct err err = {0};
    struct client *c = client_open(args.state_dir, &err);
    bool ok = c != NULL && nodes_print(c, &args, &err);
    return look_end(&c, ok, &err);
}
