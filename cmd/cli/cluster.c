#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "actors/kit/clock_shell.h"
#include "cmd/cli/cli.h"
#include "cmd/cli/client.h"
#include "cmd/cli/details.h"
#include "cmd/cli/membership.h"
#include "cmd/cli/out.h"
#include "proto/base/json.h"

const char cli_cluster_details[] =
    "init              begin a cluster: this machine's node and you are its first members, and\n"
    "                  its key, which alone makes tokens and cancels the jobs of others, is\n"
    "                  keys/cluster in the state folder\n"
    "join TOKEN        become a client of a cluster (a machine enters it with zyg-node --join)\n"
    "show (or nothing) which cluster this is, as what it is entered, where its nodes are\n"
    "leave             forget the cluster\n"
    "--name NAME       what people call the cluster (init; default: zyg)\n"
    "--forget-key      leave even where the cluster's key is, and remove it\n"
    "-o FORMAT         table (default), wide, json, jsonl, csv, id (show)\n"
    "                  For one call, a client's token in ZYG_CLUSTER goes before all this.\n";

enum { FORMATS_SHOW = FORMATS_ROWS, HANDLE_TEXT = CLUSTER_NAME_BYTES_MAX + 8 };

struct cluster_request {
    char dir[PATH_MAX];
    struct args args;
    const char *name;
    bool forget_key;
};

static const char *cluster_handle(const struct cluster *c, char text[HANDLE_TEXT]) {
    struct buf out = buf_of(text, HANDLE_TEXT);
    cluster_handle_print(&out, c->name, c->key);
    buf_zero(&out);
    return text;
}

/* ---- init, join, leave ---- */

static bool cluster_init(const struct cluster_request *r, struct err *err) {
    struct cluster c;
    struct door door;
    struct err ignored;
    char handle[HANDLE_TEXT];
    const char *name = r->name != NULL ? r->name : "zyg";
    if (!is_plain_word(span_text(name), CLUSTER_NAME_BYTES_MAX))
        return err_set(err, ERR_USAGE,
                       "--name %.80s: expected 1 to %d characters of ASCII without blanks", name,
                       CLUSTER_NAME_BYTES_MAX - 1);
    if (!cluster_begin(&c, r->dir, name, err))
        return false;
    printf("%s\n", cluster_handle(&c, handle));
    if (r->args.quiet)
        return true;
    fprintf(stderr,
            "its key is %s/keys/cluster; keep a copy\n"
            "start zyg-node%s here; let others in:  zyg token create\n",
            r->dir, door_read(r->dir, &door, &ignored) ? " anew" : "");
    return true;
}

/* Entering needs nobody; but who sees that a node answers knows that all is well. */
static void node_seek(const struct cluster_request *r) {
    char endpoint[ENDPOINT_BYTES_MAX];
    struct err err;
    if (client_knock(r->dir, endpoint, &err))
        fprintf(stderr, "the node at %s answers\n", endpoint);
    else
        fprintf(stderr, "%s%s\n", err.what,
                err.code == ERR_UNREACHABLE ? "; it may do so later" : "");
}

static bool cluster_enter(const struct cluster_request *r, struct err *err) {
    struct cluster c;
    struct token token;
    char handle[HANDLE_TEXT];
    bool good = token_parse(&token, r->args.operands[1], err) &&
                cluster_join(&c, r->dir, &token, ROLE_CLIENT, clock_wall(), err);
    sodium_memzero(&token, sizeof token);
    if (!good)
        return false;
    printf("%s\n", cluster_handle(&c, handle));
    fflush(stdout);
    if (!r->args.quiet)
        node_seek(r);
    return true;
}

static bool cluster_forget(const struct cluster_request *r, struct err *err) {
    struct cluster c;
    struct door door;
    char handle[HANDLE_TEXT];
    if (!cluster_load(&c, r->dir, err))
        return false;
    if (door_read(r->dir, &door, err))
        return err_set(err, ERR_BUSY, "process %lld runs the node of %s; stop it first",
                       (long long)door.pid, r->dir);
    if (!cluster_leave(r->dir, r->forget_key, err))
        return false;
    if (!r->args.quiet)
        printf("left %s\n", cluster_handle(&c, handle));
    return true;
}

/* ---- show ---- */

static const struct column columns[] = {
    {"cluster", "CLUSTER", COLUMN_TEXT, SHOWN_ALWAYS},
    {"from", "FROM", COLUMN_TEXT, SHOWN_ALWAYS},
    {"key", "KEY", COLUMN_TEXT, SHOWN_ALWAYS},
    {"makes_tokens", "MAKES TOKENS", COLUMN_FLAG, SHOWN_ALWAYS},
    {NULL, "NODE", COLUMN_TEXT, SHOWN_TABLE},
    {"node", NULL, COLUMN_FLAG, SHOWN_DATA},
    {"node_until", NULL, COLUMN_TIME, SHOWN_DATA},
    {"node_key", "NODE'S KEY", COLUMN_TEXT, SHOWN_ALWAYS},
    {"node_seeds", "NODES", COLUMN_VALUE, SHOWN_ALWAYS},
    {NULL, "CLIENT", COLUMN_TEXT, SHOWN_TABLE},
    {"client", NULL, COLUMN_FLAG, SHOWN_DATA},
    {"client_until", NULL, COLUMN_TIME, SHOWN_DATA},
    {"client_seeds", "DOORS", COLUMN_VALUE, SHOWN_ALWAYS},
};

/* When its token stopped admitting is nothing that who is in needs to fear: it is told for the log. */
static void admission_put(struct out *o, const struct admission *a) {
    bool in = a->certificate_len > 0;
    out_text(o, span_text(in ? "admitted" : "not admitted"));
    out_flag(o, in);
    in && !a->says.by_node && a->says.until != GRANT_FOREVER ? out_time(o, a->says.until)
                                                             : out_none(o);
}

static void key_put(struct out *o, const uint8_t key[32], bool known) {
    char hex[2 * 32];
    struct buf text = buf_of(hex, sizeof hex);
    buf_hex(&text, key, 32);
    known ? out_text(o, buf_view(&text)) : out_none(o);
}

static void seeds_put(struct out *o, const struct admission *a) {
    char json_memory[TOKEN_SEEDS_MAX * (2 * ENDPOINT_BYTES_MAX + 3) + 2];
    char text_memory[TOKEN_SEEDS_MAX * ENDPOINT_BYTES_MAX];
    struct buf bytes = buf_of(json_memory, sizeof json_memory);
    struct buf text = buf_of(text_memory, sizeof text_memory);
    struct json_out json = json_out_of(&bytes);
    json_open(&json, '[');
    for (uint32_t i = 0; i < a->seeds_count; i++) {
        json_put_string(&json, span_text(a->seeds[i].endpoint));
        buf_text(&text, i == 0 ? "" : " ");
        buf_text(&text, a->seeds[i].endpoint);
    }
    json_close(&json, ']');
    a->certificate_len > 0 ? out_value(o, buf_view(&bytes), buf_view(&text)) : out_none(o);
}

static bool cluster_show(const struct cluster_request *r, struct err *err) {
    struct membership m;
    char handle[HANDLE_TEXT];
    if (!membership_load(&m, r->dir, err))
        return false;
    const struct cluster *c = &m.cluster;
    struct out *o =
        out_new_stdout(r->args.format, true, "cluster", columns, sizeof columns / sizeof *columns);
    out_text(o, span_text(cluster_handle(c, handle)));
    out_text(o, span_text(m.visiting ? MEMBERSHIP_VARIABLE : r->dir));
    key_put(o, c->key, true);
    out_flag(o, !m.visiting && cluster_has_key(c, r->dir));
    admission_put(o, &c->node);
    key_put(o, c->node.says.curve, c->node.certificate_len > 0);
    seeds_put(o, &c->node);
    admission_put(o, &c->client);
    seeds_put(o, &c->client);
    out_row(o);
    return out_close(&o, err);
}

/* ---- the verb ---- */

static const struct action {
    const char *name;
    int operands;
    bool (*run)(const struct cluster_request *r, struct err *err);
} actions[] = {
    {"init", 1, cluster_init},
    {"join", 2, cluster_enter},
    {"show", 1, cluster_show},
    {"leave", 1, cluster_forget},
};
enum { ACTIONS = sizeof actions / sizeof *actions };

static const struct action *action_find(const char *name) {
    for (size_t i = 0; i < ACTIONS; i++)
        if (strcmp(actions[i].name, name) == 0)
            return &actions[i];
    return NULL;
}

static int action_refuse(const char *name) {
    const char *names[ACTIONS + 1] = {NULL};
    for (size_t i = 0; i < ACTIONS; i++)
        names[i] = actions[i].name;
    const char *nearest = name_nearest(name, names);
    if (nearest != NULL)
        return cli_usage("cluster", "there is no '%.80s' (did you mean '%s'?)", name, nearest);
    return cli_usage("cluster", "'%.80s': expected init, join, show or leave", name);
}

/* NULL: all that was said goes with the action. */
static const char *out_of_place(const struct cluster_request *r, const struct action *a) {
    if (r->name != NULL && a->run != cluster_init)
        return "--name goes with init";
    if (r->forget_key && a->run != cluster_forget)
        return "--forget-key goes with leave";
    if (r->args.format_given && a->run != cluster_show)
        return "-o goes with show";
    return a->operands > 1 && r->args.operands_count < 2 ? "TOKEN is missing" : NULL;
}

int cli_cluster(int argc, char **argv) {
    struct cluster_request r = {.name = NULL};
    const struct args_option options[] = {
        {"name", 0, ARGS_TEXT, &r.name}, {"forget-key", 0, ARGS_FLAG, &r.forget_key}, {0}};
    const struct args_rules rules = {.options = options,
                                     .formats = FORMATS_SHOW,
                                     .most = 2,
                                     .operand = "init, join, show or leave"};
    struct err err = {0};
    int status;
    if (!cli_args(&r.args, argc, argv, &rules, &status))
        return status;
    const char *word = r.args.operands_count > 0 ? r.args.operands[0] : "show";
    const struct action *action = action_find(word);
    if (action == NULL)
        return action_refuse(r.args.operands[0]);
    if (action->operands < r.args.operands_count)
        return cli_usage("cluster", "'%.80s' is one argument too many", r.args.operands[1]);
    const char *wrong = out_of_place(&r, action);
    if (wrong != NULL)
        return cli_usage("cluster", "%s", wrong);
    if (!state_dir_choose(r.dir, r.args.state_dir, &err) || !action->run(&r, &err))
        return membership_fail(&err);
    return 0;
}
