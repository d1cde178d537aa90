/* zyg-node - the agent of a machine: runs every open job of its state folder, and in a cluster what its leader gives it, until
 * it is told to stop or was idle for as long as it was told. */
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "actors/kit/clock_shell.h"
#include "actors/node/address.h"
#include "actors/node/node.h"
#include "cmd/node/on_idle.h"
#include "cmd/node/tell.h"
#include "proto/base/num.h"
#include "proto/limits.h"

enum { BUSY_MS = 2000, RETRY_MS = 50 };

static const char usage[] =
    "usage: zyg-node [--state DIR] [--listen ENDPOINT] [--slots N] [--join TOKEN]\n"
    "                [--cluster ENDPOINT] [--name NAME] [--idle TIME [--on-idle ACTION]]\n"
    "                [--quiet]\n"
    "\n"
    "Runs every open job of the state folder on this machine and, when the folder belongs to a\n"
    "cluster, takes part in it. SIGTERM or Ctrl-C stops it (a closed terminal does not); it may\n"
    "also be killed at any moment.\n"
    "\n"
    "  --state DIR         the state folder (default: $ZYG_STATE, $XDG_STATE_HOME/zyg,\n"
    "                      ~/.local/state/zyg)\n"
    "  --listen ENDPOINT   where clients connect (default: tcp://127.0.0.1:*; in a cluster the\n"
    "                      address of --cluster, any port, later the same one: clients of the\n"
    "                      cluster come from anywhere, all others are refused)\n"
    "  --slots N           trials at once (default: one a processor)\n"
    "  --join TOKEN        enter a cluster; later starts know it (zyg token create makes tokens);\n"
    "                      file:PATH: the token is in that file\n"
    "  --cluster ENDPOINT  where other nodes connect (default: tcp://0.0.0.0:7420 or, where that\n"
    "                      port is taken, another, later the same one); the port may be *\n"
    "  --name NAME         what people call this node (default: the machine's name)\n"
    "  --idle TIME         after so long (30s, 10m) without work: hand over to the other nodes "
    "what\n"
    "                      only this one holds, leave them and end (default: stay)\n"
    "  --on-idle ACTION    and then: exit (default), poweroff, or exec:COMMAND, run by /bin/sh; "
    "its\n"
    "                      status is that of zyg-node. The last node of a cluster goes only with\n"
    "                      exit: nobody is there to take what it holds\n"
    "  -q, --quiet         say nothing when all is well\n"
    "  -h, --help          this text\n"
    "  -V, --version       the version\n";

static const struct option options[] = {
    {"state", required_argument, NULL, 's'},   {"listen", required_argument, NULL, 'l'},
    {"slots", required_argument, NULL, 'n'},   {"join", required_argument, NULL, 'j'},
    {"cluster", required_argument, NULL, 'c'}, {"name", required_argument, NULL, 'm'},
    {"idle", required_argument, NULL, 'i'},    {"on-idle", required_argument, NULL, 'o'},
    {"quiet", no_argument, NULL, 'q'},         {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},       {0},
};

static int fail(const struct err *err) {
    bool more = err->context[0] != '\0';
    tell("zyg-node: %s%s%s%s\n", err->what, more ? " (" : "", err->context, more ? ")" : "");
    return err_exit_status(err->code);
}

static int fail_because(enum err_code code, const char *what) {
    struct err err;
    err_set(&err, code, "%s", what);
    return fail(&err);
}

static bool slots_read(uint32_t *slots, const char *text, struct err *err) {
    int64_t number;
    if (!num_parse_i64(span_text(text), &number) || number < 1 || number > LIMIT_SLOTS_NODE)
        return err_set(err, ERR_USAGE, "--slots %s: expected a number from 1 to %d", text,
                       LIMIT_SLOTS_NODE);
    *slots = (uint32_t)number;
    return true;
}

static bool name_read(const char **name, const char *text, struct err *err) {
    if (!is_plain_word(span_text(text), CLUSTER_NAME_BYTES_MAX))
        return err_set(err, ERR_USAGE,
                       "--name %.80s: expected 1 to %d characters of ASCII without blanks", text,
                       CLUSTER_NAME_BYTES_MAX - 1);
    *name = text;
    return true;
}

static bool endpoint_read(const char **endpoint, const char *option, const char *text,
                          struct err *err) {
    if (!address_can_be_bound(text))
        return err_set(err, ERR_USAGE, "%s %.80s: expected an endpoint such as tcp://0.0.0.0:7420",
                       option, text);
    if (!address_host_is_here(text))
        return err_set(err, ERR_USAGE,
                       "%s %.80s: expected an address of this machine, not a name, such as "
                       "tcp://127.0.0.1:7420",
                       option, text);
    *endpoint = text;
    return true;
}

struct node_request {
    struct node_config config;
    const char *token; /* of --join, or NULL */
    struct on_idle on_idle;
    bool quiet;
};

static bool option_take(struct node_request *w, int answer, struct err *err) {
    switch (answer) {
    case 's': w->config.state_dir = optarg; return true;
    case 'l': return endpoint_read(&w->config.listen, "--listen", optarg, err);
    case 'n': return slots_read(&w->config.slots, optarg, err);
    case 'j':
        w->token = optarg;
        return optarg[0] != '\0' ||
               err_set(err, ERR_USAGE, "--join: the token is empty: zyg token create makes one");
    case 'c':
        w->config.mesh_moves = false;
        return endpoint_read(&w->config.mesh, "--cluster", optarg, err);
    case 'm': return name_read(&w->config.name, optarg, err);
    case 'i': return on_idle_read_time(&w->on_idle, optarg, err);
    case 'o': return on_idle_read_action(&w->on_idle, optarg, err);
    default: w->quiet = true; return true;
    }
}

/* False: the program is over with *status. */
static bool arguments_read(int argc, char **argv, struct node_request *w, int *status) {
    struct err err;
    int answer;
    while ((answer = getopt_long(argc, argv, "qhV", options, NULL)) != -1) {
        switch (answer) {
        case 'h':
        case 'V':
            fputs(answer == 'h' ? usage : "zyg-node " ZYG_VERSION "\n", stdout);
            *status = 0;
            return false;
        case '?':
            fputs(usage, stderr);
            *status = err_exit_status(ERR_USAGE);
            return false;
        default:
            if (option_take(w, answer, &err))
                break;
            *status = fail(&err);
            return false;
        }
    }
    if (optind == argc && on_idle_settle(&w->on_idle, &err)) {
        w->config.idle_ms = w->on_idle.idle_ms;
        w->config.disk_stays = w->on_idle.action == IDLE_EXIT;
        return true;
    }
    if (optind == argc) {
        *status = fail(&err);
        return false;
    }
    fprintf(stderr, "zyg-node: '%s' is one argument too many\n%s", argv[optind], usage);
    *status = err_exit_status(ERR_USAGE);
    return false;
}

/* The token itself, or file:PATH: on a command line everybody could read it. */
static bool token_read(struct token *token, const char *text, struct err *err) {
    static const char prefix[] = "file:";
    char bytes[TOKEN_TEXT_MAX] = "";
    if (strncmp(text, prefix, sizeof prefix - 1) != 0)
        return token_parse(token, text, err);
    text += sizeof prefix - 1;
    FILE *file = fopen(text, "re");
    if (file == NULL)
        return err_set(err, ERR_USAGE, "--join: cannot read %.200s: %s", text, strerror(errno));
    size_t len = fread(bytes, 1, sizeof bytes - 1, file);
    int reason = ferror(file) ? errno : 0; /* a folder opens, too */
    fclose(file);
    if (reason != 0)
        return err_set(err, ERR_USAGE, "--join: cannot read %.200s: %s", text, strerror(reason));
    bytes[len] = '\0';
    bytes[strcspn(bytes, " \t\r\n")] = '\0';
    bool good = token_parse(token, bytes, err);
    sodium_memzero(bytes, sizeof bytes);
    return good;
}

static bool cluster_is_known(const char *dir, struct err *err) {
    struct cluster cluster;
    bool read = cluster_load(&cluster, dir, err);
    if (read ? cluster.node.certificate_len > 0 : err->code != ERR_NOT_FOUND)
        return read;
    return err_set(err, ERR_USAGE,
                   "--cluster: the node of %s belongs to no cluster; begin one: zyg cluster init; "
                   "enter one: zyg-node --join TOKEN",
                   dir);
}

/* A node that is in its cluster already needs no token, and an old one does no harm. */
static bool cluster_enter(const struct node_request *w, struct err *err) {
    struct token token;
    struct cluster cluster;
    if (w->token == NULL)
        return w->config.mesh_moves || cluster_is_known(w->config.state_dir, err);
    bool good = token_read(&token, w->token, err) &&
                cluster_join(&cluster, w->config.state_dir, &token, ROLE_NODE, clock_wall(), err);
    sodium_memzero(&token, sizeof token);
    return good;
}

/* "zyg-node 3f2a91c0 listens on tcp://127.0.0.1:40123, 2 slots, state in /var/lib/zyg, nodes on tcp://10.0.0.7:7420, cluster
 * lab-3f2a" */
static void say_ready(const struct node *node, const struct node_config *config) {
    char name[24] = "";
    struct buf text = buf_of(name, sizeof name - 1);
    node_id_print(&text, node_self(node));
    char handle[CLUSTER_NAME_BYTES_MAX + 8] = "", nodes[2 * ENDPOINT_BYTES_MAX] = "";
    struct buf cluster = buf_of(handle, sizeof handle - 1);
    if (node_cluster(node) != NULL) {
        cluster_handle_print(&cluster, node_cluster(node)->name, node_cluster(node)->key);
        snprintf(nodes, sizeof nodes, ", nodes on %s, cluster %s", node_door(node)->mesh, handle);
    }
    tell("zyg-node %s listens on %s, %u %s, state in %s%s\n", name, node_door(node)->endpoint,
         node_slots(node), node_slots(node) == 1 ? "slot" : "slots", config->state_dir, nodes);
}

/* A client that only looks holds the folder for a moment: that is waited for. NULL: err. */
static struct node *node_begin(const struct node_config *config, int signals, struct err *err) {
    struct pollfd item = {.fd = signals, .events = POLLIN};
    struct node *node = node_start(config, err);
    for (int waited = 0; node == NULL && err->code == ERR_BUSY && waited < BUSY_MS;
         waited += RETRY_MS) {
        if (poll(&item, 1, RETRY_MS) > 0)
            break;
        node = node_start(config, err);
    }
    return node;
}

/* Until a signal says stop (true) or the node has stopped, whatever else has come by then. */
static bool node_attend(const struct node *node, int signals) {
    struct pollfd items[] = {
        {.fd = signals, .events = POLLIN},
        {.fd = node_fd(node), .events = POLLIN},
    };
    while (poll(items, 2, -1) < 0)
        continue;
    return items[1].revents == 0;
}

/* Trials get their grace; a second signal, or SIGQUIT, kills them at once. */
static void node_end(struct node *node, int signals) {
    do {
        struct signalfd_siginfo info;
        bool hurries = false;
        while (read(signals, &info, sizeof info) > 0)
            hurries = hurries || info.ssi_signo == SIGQUIT;
        node_quit(node);
        if (hurries)
            node_quit(node);
    } while (node_attend(node, signals));
}

int main(int argc, char **argv) {
    struct node_request wanted = {
        .config = {.mesh = "tcp://0.0.0.0:7420", .mesh_moves = true, .autorun = true}};
    struct node_config *config = &wanted.config;
    struct err err;
    char state_dir[4096];
    int status = 0;
    process_prepare();
    if (!arguments_read(argc, argv, &wanted, &status))
        return status;
    if (config->state_dir == NULL) {
        if (!state_dir_default(state_dir, sizeof state_dir))
            return fail_because(ERR_USAGE, "no place for the state folder: set HOME or ZYG_STATE, "
                                           "or say --state DIR");
        config->state_dir = state_dir;
    }
    if (!cluster_enter(&wanted, &err))
        return fail(&err);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGQUIT);
    int signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (signals < 0)
        return fail_because(ERR_SYSTEM, "cannot wait for signals");
    struct node *node = node_begin(config, signals, &err);
    if (node == NULL)
        return fail(&err);
    if (!wanted.quiet)
        say_ready(node, config);
    bool told = node_attend(node, signals);
    if (told)
        node_end(node, signals);
    enum err_code why = told ? ERR_INTERRUPTED : node_why(node);
    if (why == ERR_NONE)
        on_idle_export(&wanted.on_idle, node, config->state_dir);
    node_stop(&node);
    if (why == ERR_NONE)
        status = on_idle_do(&wanted.on_idle, wanted.quiet);
    else if (why == ERR_INTERNAL)
        status = fail_because(why, "the node has stopped by itself");
    else if (why != ERR_INTERRUPTED)
        status = err_exit_status(why); /* people were told */
    process_end(status);
}
