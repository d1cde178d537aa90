#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "actors/kit/clock_shell.h"
#include "actors/node/address.h"
#include "cmd/cli/cli.h"
#include "cmd/cli/client.h"
#include "cmd/cli/details.h"
#include "cmd/cli/membership.h"
#include "cmd/cli/pages.h"
#include "proto/base/num.h"

const char cli_token_details[] =
    "create            make a token, here where the cluster was begun; it alone is printed on\n"
    "                  standard output. Whoever has it can enter until it is too old, as often\n"
    "                  as they like: keep it secret\n"
    "--for ROLE        node (default): for zyg-node --join; client: for zyg cluster join, or to\n"
    "                  stand in ZYG_CLUSTER\n"
    "--expires TIME    how long it admits (default: 1h); a node that is in by then stays in, a\n"
    "                  client's time ends with it (default: 30d)\n"
    "--seed ENDPOINT,KEY\n"
    "                  whom to ask first, as often as needed; KEY is the NODE'S KEY of zyg\n"
    "                  cluster show there (default: this machine's node, while it runs, and\n"
    "                  others that it knows)\n";

enum {
    HOUR_MS = 3600 * 1000,
    DAY_MS = 24 * HOUR_MS,
    CLIENT_DAYS = 30,
    EXPIRES_MAX_DAYS = 3650,
    KEY_TEXT = 2 * 32,
    START_MS = 2000
};

struct token_request {
    const char *role_text;
    dur_ms expires; /* below zero: not said */
    struct args_texts seeds;
    uint32_t role;
    char dir[PATH_MAX];
    bool quiet;
};

/* ---- seeds ---- */

static bool seed_parse(struct token_seed *seed, const char *text, struct err *err) {
    const char *comma = strrchr(text, ',');
    size_t len = comma == NULL ? 0 : (size_t)(comma - text), got = 0;
    if (len > 0 && len < sizeof seed->endpoint && strlen(comma + 1) == KEY_TEXT) {
        memcpy(seed->endpoint, text, len);
        seed->endpoint[len] = '\0';
        if (address_can_be_dialled(seed->endpoint) &&
            sodium_hex2bin(seed->curve, sizeof seed->curve, comma + 1, KEY_TEXT, NULL, &got,
                           NULL) == 0 &&
            got == sizeof seed->curve)
            return true;
    }
    return err_set(err, ERR_USAGE,
                   "--seed %.160s: expected ENDPOINT,KEY: tcp://HOST:PORT, a comma, 64 hex digits",
                   text);
}

static void seed_add(struct token *token, const struct token_seed *seed) {
    for (uint32_t i = 0; i < token->seeds_count; i++)
        if (strcmp(token->seeds[i].endpoint, seed->endpoint) == 0)
            return;
    if (token->seeds_count < TOKEN_SEEDS_MAX)
        token->seeds[token->seeds_count++] = *seed;
}

struct seed_search {
    struct token *token;
    uint32_t role;
};

static bool seed_add_row(void *context, const struct msg *answer) {
    const struct seed_search *k = context;
    const struct msg_node_row *row = &answer->node_row;
    if (answer->kind != MSG_node_row || row->curve.len != CURVE_KEY_BYTES)
        return true;
    struct token_seed seed = {.endpoint = ""};
    struct span endpoint = k->role == ROLE_NODE ? row->endpoint : row->door;
    if (!is_plain_word(endpoint, sizeof seed.endpoint))
        return true;
    memcpy(seed.endpoint, endpoint.data, endpoint.len);
    memcpy(seed.curve, row->curve.data, sizeof seed.curve);
    if (address_can_be_dialled(seed.endpoint))
        seed_add(k->token, &seed);
    return true;
}

/* The node of this folder, when one runs that takes part in the cluster, and others that it knows. */
static void seeds_add_running(struct token *token, const struct token_request *r) {
    struct token_seed seed = {.endpoint = ""};
    struct door door;
    struct err ignored;
    if (!door_read(r->dir, &door, &ignored) || door.mesh[0] == '\0' ||
        !address_for_others(r->role == ROLE_NODE ? door.mesh : door.endpoint, seed.endpoint))
        return;
    memcpy(seed.curve, door.server_key, sizeof seed.curve);
    seed_add(token, &seed);
    struct client *c = client_open(r->dir, &ignored);
    struct msg who = {.kind = MSG_list_nodes, .list_nodes.doors = TOKEN_SEEDS_MAX};
    struct seed_search known = {.token = token, .role = r->role};
    const struct pages_reader reader = {.row = seed_add_row, .context = &known};
    if (c != NULL)
        pages_read(c, &who, &reader, &ignored); /* what has not come is not in it */
    client_close(&c);
}

static bool seeds_choose(struct token *token, const struct cluster *c,
                         const struct token_request *r, struct err *err) {
    const struct admission *own = r->role == ROLE_NODE ? &c->node : &c->client;
    struct token_seed seed;
    struct door door;
    struct err ignored;
    for (int i = 0; i < r->seeds.count; i++) {
        if (!seed_parse(&seed, r->seeds.items[i], err))
            return false;
        seed_add(token, &seed);
    }
    if (r->seeds.count > 0)
        return true;
    seeds_add_running(token, r);
    for (uint32_t i = 0; i < own->seeds_count; i++)
        seed_add(token, &own->seeds[i]);
    /* Nobody is known: the node of this folder may be about to start, in the same line of a script. */
    if (token->seeds_count == 0 && door_await(r->dir, &door, START_MS, &ignored))
        seeds_add_running(token, r);
    return token->seeds_count > 0 ||
           err_set(err, ERR_USAGE,
                   "nobody to ask is known: start zyg-node here, or say --seed ENDPOINT,KEY");
}

/* ---- the verb ---- */

static void tell(const struct token *token, const struct token_request *r, wall_ms until) {
    char text[128];
    struct buf out = buf_of(text, sizeof text);
    bool node = r->role == ROLE_NODE;
    cluster_handle_print(&out, token->name, token->cluster);
    buf_text(&out, " until ");
    num_print_time(&out, until);
    buf_text(&out, " (");
    num_print_duration(&out, r->expires);
    buf_text(&out, ")");
    fprintf(stderr, "it admits %ss to %.*s; use it:  %s TOKEN\n", node ? "node" : "client",
            (int)out.len, text, node ? "zyg-node --join" : "zyg cluster join");
    for (uint32_t i = 0; i < token->seeds_count; i++)
        fprintf(stderr, "%s %s%s\n", i == 0 ? "they ask" : "     or", token->seeds[i].endpoint,
                address_is_loopback(token->seeds[i].endpoint)
                    ? ", which this machine alone can reach"
                    : "");
}

static bool token_create(const struct token_request *r, struct err *err) {
    struct cluster c;
    struct token token;
    char text[TOKEN_TEXT_MAX];
    wall_ms until = clock_wall() + r->expires;
    if (!cluster_load(&c, r->dir, err) || !cluster_token(&c, r->dir, r->role, until, &token, err))
        return false;
    bool good = seeds_choose(&token, &c, r, err) &&
                (token_print(&token, text) || err_set(err, ERR_INTERNAL, "a token is too long"));
    if (good) {
        puts(text);
        if (!r->quiet)
            tell(&token, r, until);
    }
    sodium_memzero(&token, sizeof token);
    sodium_memzero(text, sizeof text);
    return good;
}

static bool role_parse(struct token_request *r) {
    r->role = strcmp(r->role_text, "node") == 0     ? ROLE_NODE
              : strcmp(r->role_text, "client") == 0 ? ROLE_CLIENT
                                                    : 0;
    return r->role != 0;
}

int cli_token(int argc, char **argv) {
    struct token_request r = {.role_text = "node", .expires = -1};
    const struct args_option options[] = {{"for", 0, ARGS_TEXT, &r.role_text},
                                          {"expires", 0, ARGS_DURATION, &r.expires},
                                          {"seed", 0, ARGS_TEXTS, &r.seeds},
                                          {0}};
    const struct args_rules rules = {
        .options = options, .least = 1, .most = 1, .operand = "create"};
    struct args args;
    struct err err = {0};
    int status;
    if (!cli_args(&args, argc, argv, &rules, &status))
        return status;
    if (strcmp(args.operands[0], "create") != 0)
        return cli_usage("token", "'%.80s': expected create", args.operands[0]);
    if (!role_parse(&r))
        return cli_usage("token", "--for %.80s: expected node or client", r.role_text);
    if (r.expires < 0)
        r.expires = r.role == ROLE_NODE ? HOUR_MS : (dur_ms)CLIENT_DAYS * DAY_MS;
    if (r.expires < 1 || r.expires > (dur_ms)EXPIRES_MAX_DAYS * DAY_MS)
        return cli_usage("token", "--expires: expected 1ms to %dd", EXPIRES_MAX_DAYS);
    r.quiet = args.quiet;
    if (!state_dir_choose(r.dir, args.state_dir, &err) || !token_create(&r, &err))
        return membership_fail(&err);
    return 0;
}
