#include <string.h>

#include "cmd/cli/cli.h"
#include "cmd/cli/details.h"
#include "cmd/cli/look.h"
#include "cmd/cli/out.h"
#include "cmd/cli/pages.h"
#include "proto/base/num.h"
#include "proto/status.h"

const char cli_logs_details[] =
    "JOB/TRIAL         as in last/17; without a trial: the best one; with -f, or when none\n"
    "                  has a value yet, the newest\n"
    "-f, --follow      wait for it to begin, go on while it runs; Ctrl-C ends only the looking\n"
    "--attempt N       the Nth attempt (counts from 1) instead of the last\n"
    "-o FORMAT         table (default): the bytes as they were printed; json, jsonl, csv: one\n"
    "                  row a line; id: which trial it is\n";

enum {
    LINE_BYTES = 65536,
    SILENT_MS = 1000,
    FORMATS_LOG = FORMATS_ROWS & ~FORMAT_BIT(FORMAT_WIDE)
};

static const struct column columns[] = {
    {"attempt", "ATTEMPT", COLUMN_COUNT, SHOWN_ALWAYS},
    {"offset", "OFFSET", COLUMN_COUNT, SHOWN_ALWAYS},
    {"line", "LINE", COLUMN_TEXT, SHOWN_ALWAYS},
};

#define ATTEMPT_NOT_GIVEN UINT64_MAX
#define ATTEMPT_LAST 0 /* as read_log says it */

struct log_view {
    bool quiet;
    bool follow;
    struct out *out; /* NULL: raw bytes */
    uint64_t attempt;
    uint64_t expected; /* offset of the next byte, if nothing is missing */
    bool any;
    bool midline;        /* the last byte that was written is no line's end */
    bool failed;         /* standard output */
    bool said_waits;     /* people know that there is nothing to read yet */
    bool moved;          /* another node has been gone to */
    bool catches_up;     /* who was asked anew has not said anything new yet */
    struct node_id node; /* where it runs; zeros: it is not known */
    wall_ms began;       /* the run whose output is read; 0: not known */
    uint64_t line_at;
    struct buf line;
    uint8_t memory[LINE_BYTES];
};

static bool line_end(struct log_view *r) {
    out_count(r->out, r->attempt);
    out_count(r->out, r->line_at);
    out_text(r->out, buf_view(&r->line));
    buf_clear(&r->line);
    return out_row(r->out);
}

/* Lines longer than the buffer come in several rows. */
static bool lines_put(struct log_view *r, struct span bytes, uint64_t offset) {
    for (size_t i = 0; i < bytes.len; i++) {
        if (r->line.len == 0)
            r->line_at = offset + i;
        bool newline = bytes.data[i] == '\n';
        if (!newline)
            buf_byte(&r->line, bytes.data[i]);
        if ((newline || r->line.len == r->line.cap) && !line_end(r))
            return false;
    }
    if (r->follow)
        out_flush(r->out);
    return true;
}

static bool raw_put(struct log_view *r, struct span bytes) {
    if (bytes.len == 0) /* where a line was left stays as it is */
        return !ferror(stdout);
    fwrite(bytes.data, 1, bytes.len, stdout);
    r->midline = bytes.data[bytes.len - 1] != '\n';
    if (r->follow)
        fflush(stdout);
    return !ferror(stdout);
}

/* What is missing is said where it is missed, between the lines around it. */
static void gap_tell(struct log_view *r, uint64_t offset) {
    if (r->out != NULL && r->line.len > 0)
        line_end(r);
    if (r->quiet)
        return;
    uint8_t memory[32];
    struct buf size = buf_of(memory, sizeof memory);
    num_print_size(&size, offset - r->expected);
    fflush(stdout);
    fprintf(stderr, "%s[zyg: %.*s were not kept here]\n", r->midline ? "\n" : "", (int)size.len,
            (const char *)size.data);
}

/* An attempt that was lost with its node is made again elsewhere, under the same number. */
static void attempt_begin(struct log_view *r, uint64_t attempt) {
    if (r->out != NULL && r->line.len > 0)
        line_end(r);
    if (r->any && !r->quiet) {
        fflush(stdout);
        fprintf(stderr, "%s[zyg: attempt %llu%s]\n", r->midline ? "\n" : "",
                (unsigned long long)attempt, attempt == r->attempt ? " again" : "");
    }
    r->attempt = attempt;
    r->expected = 0;
    r->began = 0;
    r->midline = r->catches_up = false;
}

/* Another run of the same attempt, as who prints it says; or from further back than is known: the attempt was lost and is made
 * again, or another node that was gone to begins at the first byte of what it can say. Of a part from the store nobody
 * says where it was printed. */
static bool begins_again(const struct log_view *r, const struct msg_log_part *part) {
    static const struct node_id store;
    if (part->began != 0 && r->began != 0)
        return part->bytes.len > 0 && part->began != r->began;
    bool elsewhere = !node_id_equal(&part->node, &r->node) && !node_id_equal(&part->node, &store) &&
                     !node_id_equal(&r->node, &store);
    return part->bytes.len > 0 && part->offset < r->expected && (elsewhere || !r->catches_up);
}

static void skip_known(struct log_view *r, struct msg_log_part *part) {
    uint64_t known = r->expected - part->offset;
    if (known < part->bytes.len)
        r->catches_up = false;
    part->bytes = span_from(part->bytes, known < part->bytes.len ? known : part->bytes.len);
    part->offset = r->expected;
}

static bool part_put(void *context, const struct msg *answer) {
    struct log_view *r = context;
    if (answer->kind != MSG_log_part)
        return true;
    struct msg_log_part part_here = answer->log_part, *part = &part_here;
    if (part->attempt < r->attempt)
        return true; /* another node says again what the one that is gone has said */
    if (part->attempt > r->attempt || begins_again(r, part))
        attempt_begin(r, part->attempt);
    else if (part->offset < r->expected)
        skip_known(r, part);
    r->node = part->node;
    r->began = part->began != 0 && part->bytes.len > 0 ? part->began : r->began;
    if (part->offset > r->expected)
        gap_tell(r, part->offset);
    r->expected = part->offset + part->bytes.len;
    r->any = r->any || part->bytes.len > 0; /* none: the node looks who is still there */
    bool ok = r->out != NULL ? lines_put(r, part->bytes, part->offset) : raw_put(r, part->bytes);
    r->failed = !ok;
    return ok;
}

static bool row_is_open(void *context, const struct msg *answer) {
    bool *open = context;
    if (answer->kind == MSG_trial_row)
        *open = answer->trial_row.status == TRIAL_OPEN;
    return false;
}

/* Whether the trial, its run lost with a node, is still to run or to be heard of, as far as this node knows. */
static bool trial_goes_on(struct client *c, const struct subject *s, bool *goes_on,
                          struct err *err) {
    uint8_t cursor[TRIAL_CURSOR_BYTES];
    struct subject now;
    struct msg request = {
        .kind = MSG_list_trials,
        .list_trials = {.job = s->job, .limit = 1, .after = trial_cursor(s, s->slot, cursor)}};
    const struct pages_reader reader = {.row = row_is_open, .context = goes_on};
    *goes_on = true; /* not begun as yet */
    if (!subject_find(c, s->id, &now, err) || !pages_read(c, &request, &reader, err))
        return false;
    *goes_on = *goes_on && now.row.state == JOB_OPEN;
    return true;
}

enum step { STEP_ON, STEP_AGAIN, STEP_ASK, STEP_OVER, STEP_FAILED };

/* A trial may begin in hours, or print nothing for as long. */
static void waits_tell(struct log_view *r, const struct subject *s) {
    r->said_waits = true;
    fprintf(stderr, "zyg: %s/%llu has printed nothing yet; waiting for it\n", s->handle,
            (unsigned long long)s->slot);
}

/* Says the next thing that is heard. STEP_ASK: another node has to be asked from here on; STEP_AGAIN: in a moment. */
static enum step follow_step(struct client *c, const struct subject *s, struct log_view *r,
                             struct err *err) {
    struct msg answer;
    bool waits = !r->any && !r->quiet && !r->said_waits;
    switch (client_next(c, &answer, waits ? SILENT_MS : -1, err)) {
    case CLIENT_ANSWER:
        if (answer.kind == MSG_end)
            return r->moved ? STEP_AGAIN : STEP_OVER;
        if (part_put(r, &answer))
            return STEP_ON;
        client_hush(c);
        return STEP_OVER;
    case CLIENT_SIGNAL:
        client_hush(c);
        err_set(err, ERR_INTERRUPTED, "interrupted; the trial goes on");
        return STEP_FAILED;
    case CLIENT_REFUSED:
        return err->code == ERR_NOT_FOUND && client_may_be_behind(c) ? STEP_AGAIN : STEP_FAILED;
    case CLIENT_LOST:
        r->moved = r->catches_up = true;
        return client_reopen(c, err) ? STEP_ASK : STEP_FAILED;
    case CLIENT_TIMEOUT: waits_tell(r, s); break;
    case CLIENT_RESIZED: break;
    }
    return STEP_ON;
}

/* Follows one trial for as long as it runs, which may be for ever, so no patience ends it; when the node goes away another one
 * is asked, and a trial whose run was lost with it is followed when it runs again. */
static bool log_follow(struct client *c, struct msg *request, const struct subject *s,
                       struct log_view *r, struct err *err) {
    bool goes_on;
    enum step step = STEP_ASK;
    for (;; step = follow_step(c, s, r, err)) {
        if (step == STEP_OVER || step == STEP_FAILED)
            return step == STEP_OVER;
        if (step == STEP_AGAIN) {
            if (!trial_goes_on(c, s, &goes_on, err))
                return false;
            r->moved = goes_on; /* once more, for what it said at last */
            r->catches_up = true;
            client_pause(c);
        }
        if (step != STEP_ON && !client_ask(c, request, err))
            return false;
    }
}

/* Numbers are given out in order, so the newest trial under way is about the last one given out. */
static void trial_choose(struct subject *s, bool follow, bool quiet) {
    if (s->has_slot)
        return;
    const struct msg_job_row *row = &s->row;
    uint64_t begun = job_row_finished(row) + row->running;
    bool newest = !row->has_best || (follow && row->running > 0);
    s->slot = !newest ? row->best_slot : begun > 0 ? begun - 1 : 0;
    s->has_slot = true;
    if (!quiet)
        fprintf(stderr, "zyg: %s trial: %s/%llu\n", newest ? "the newest" : "the best", s->handle,
                (unsigned long long)s->slot);
}

static bool log_print(struct client *c, const struct args *args, struct subject *s,
                      uint64_t attempt, bool follow, struct err *err) {
    trial_choose(s, follow, args->quiet);
    if (args->format == FORMAT_ID) {
        char id[TRIAL_TEXT_BYTES];
        trial_id_text(s, s->slot, id);
        puts(id);
        return true;
    }
    static struct log_view reading; /* too large for the stack of every system */
    struct log_view *r = &reading;
    *r = (struct log_view){.quiet = args->quiet, .follow = follow};
    r->line = buf_of(r->memory, sizeof r->memory);
    if (args->format != FORMAT_TABLE)
        r->out =
            out_new_stdout(args->format, false, "lines", columns, sizeof columns / sizeof *columns);

    struct msg request = {
        .kind = MSG_read_log,
        .read_log = {.job = s->job, .slot = s->slot, .attempt = attempt, .follow = follow}};
    struct pages_reader reader = {.row = part_put, .context = r};
    bool ok = follow ? log_follow(c, &request, s, r, err) : pages_read(c, &request, &reader, err);
    if (r->out != NULL) {
        if (r->line.len > 0)
            line_end(r);
        return out_close(&r->out, ok ? err : &(struct err){0}) && ok;
    }
    if (ok && !r->any && attempt != ATTEMPT_LAST)
        return err_set(err, ERR_NOT_FOUND, "nothing is kept of attempt %llu of %s/%llu",
                       (unsigned long long)attempt, s->handle, (unsigned long long)s->slot);
    if (ok && !r->any && !args->quiet)
        fprintf(stderr, "zyg: %s/%llu has printed nothing\n", s->handle,
                (unsigned long long)s->slot);
    return ok;
}

int cli_logs(int argc, char **argv) {
    uint64_t attempt = ATTEMPT_NOT_GIVEN;
    bool follow = false;
    const struct args_option options[] = {
        {"follow", 'f', ARGS_FLAG, &follow},
        {"attempt", 0, ARGS_NUMBER, &attempt},
        {0},
    };
    const struct args_rules rules = {
        .options = options, .formats = FORMATS_LOG, .most = 1, .operand = "JOB/TRIAL"};
    struct args args;
    int status;
    if (!cli_args(&args, argc, argv, &rules, &status))
        return status;
    if (attempt == 0)
        return cli_usage("logs", "--attempt 0: attempts count from 1");
    if (attempt == ATTEMPT_NOT_GIVEN)
        attempt = ATTEMPT_LAST;
    if (follow && attempt != ATTEMPT_LAST)
        return cli_usage("logs",
                         "--follow shows the attempt that runs; it does not go with --attempt");
    struct err err = {0};
    struct subject subject;
    struct client *c = look_open(&args, &subject, &err);
    bool ok = c != NULL && log_print(c, &args, &subject, attempt, follow, &err);
    return look_end(&c, ok, &err);
}
