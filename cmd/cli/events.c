#include "cmd/cli/cli.h"
#include "cmd/cli/details.h"
#include "cmd/cli/look.h"
#include "cmd/cli/out.h"
#include "cmd/cli/pages.h"

const char cli_events_details[] =
    "JOB               last (default), a name, a handle or the start of an id\n"
    "-o FORMAT         table (default), wide, json, jsonl, csv\n";

static const struct column columns[] = {
    {"time", "TIME", COLUMN_TIME, SHOWN_ALWAYS},
    {"event", "EVENT", COLUMN_TEXT, SHOWN_ALWAYS},
};

static bool event_put(void *context, const struct msg *answer) {
    struct out *o = context;
    if (answer->kind != MSG_event_row)
        return true;
    out_time(o, answer->event_row.wall);
    out_text(o, answer->event_row.text);
    return out_row(o);
}

static bool events_print(struct client *c, const struct args *args, const struct subject *s,
                         struct err *err) {
    if (!subject_is_job(s, err))
        return false;
    struct out *o =
        out_new_stdout(args->format, false, "events", columns, sizeof columns / sizeof *columns);
    struct msg request = {.kind = MSG_read_events, .read_events = {.job = s->job}};
    struct pages_reader reader = {.row = event_put, .context = o};
    bool read = pages_read(c, &request, &reader, err);
    return out_close(&o, read ? err : &(struct err){0}) && read;
}

int cli_events(int argc, char **argv) {
    const struct args_rules rules = {
        .formats = FORMATS_ROWS & ~FORMAT_BIT(FORMAT_ID), .most = 1, .operand = "JOB"};
    struct args args;
    int status;
    if (!cli_args(&args, argc, argv, &rules, &status))
        return status;
    struct err err = {0};
    struct subject subject;
    struct client *c = look_open(&args, &subject, &err);
    bool ok = c != NULL && events_print(c, &args, &subject, &err);
    return look_end(&c, ok, &err);
}
