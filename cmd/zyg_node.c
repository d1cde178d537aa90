/* zyg-node - the agent of a machine: runs every open job of its state folder until it is told to
 * stop. */
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "actors/node/node.h"
#include "proto/base/num.h"
#include "proto/limits.h"

enum { BUSY_MS = 2000, RETRY_MS = 50 };

static const char usage[] =
    "usage: zyg-node [--state DIR] [--listen ENDPOINT] [--slots N] [--quiet]\n"
    "\n"
    "Runs every open job of the state folder on this machine. SIGTERM or Ctrl-C stops it (a\n"
    "closed terminal does not); it may also be killed at any moment.\n"
    "\n"
    "  --state DIR         the state folder (default: $ZYG_STATE, $XDG_STATE_HOME/zyg,\n"
    "                      ~/.local/state/zyg)\n"
    "  --listen ENDPOINT   where clients connect (default: tcp://127.0.0.1:*)\n"
    "  --slots N           trials at once (default: one a processor)\n"
    "  -q, --quiet         say nothing when all is well\n"
    "  -h, --help          this text\n"
    "  -V, --version       the version\n";

static const struct option options[] = {
    {"state", required_argument, NULL, 's'},
    {"listen", required_argument, NULL, 'l'},
    {"slots", required_argument, NULL, 'n'},
    {"quiet", no_argument, NULL, 'q'},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
    {0},
};

static int fail(const struct err *err) {
    fprintf(stderr, "zyg-node: %s", err->what);
    if (err->context[0] != '\0')
        fprintf(stderr, " (%s)", err->context);
    fputc('\n', stderr);
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

/* False: the program is over with *status. */
static bool arguments_read(int argc, char **argv, struct node_config *config, bool *quiet,
                           int *status) {
    struct err err;
    int answer;
    while ((answer = getopt_long(argc, argv, "qhV", options, NULL)) != -1) {
        switch (answer) {
        case 's': config->state_dir = optarg; break;
        case 'l': config->listen = optarg; break;
        case 'n':
            if (!slots_read(&config->slots, optarg, &err)) {
                *status = fail(&err);
                return false;
            }
            break;
        case 'q': *quiet = true; break;
        case 'h':
        case 'V':
            fputs(answer == 'h' ? usage : "zyg-node " ZYG_VERSION "\n", stdout);
            *status = 0;
            return false;
        default:
            fputs(usage, stderr);
            *status = err_exit_status(ERR_USAGE);
            return false;
        }
    }
    if (optind == argc)
        return true;
    fprintf(stderr, "zyg-node: '%s' is one argument too many\n%s", argv[optind], usage);
    *status = err_exit_status(ERR_USAGE);
    return false;
}

/* "zyg-node 3f2a91c0 listens on tcp://127.0.0.1:40123, 2 slots, state in /var/lib/zyg" */
static void say_ready(const struct node *node, const struct node_config *config) {
    struct keys keys;
    struct err ignored;
    char name[24] = "";
    struct buf text = buf_of(name, sizeof name - 1);
    if (keys_load(&keys, config->state_dir, "node", &ignored)) {
        node_id_print(&text, &keys.signer.id);
        keys_wipe(&keys);
    }
    fprintf(stderr, "zyg-node %s listens on %s, %u %s, state in %s\n", name,
            node_door(node)->endpoint, node_slots(node), node_slots(node) == 1 ? "slot" : "slots",
            config->state_dir);
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
    struct node_config config = {.listen = "tcp://127.0.0.1:*", .autorun = true};
    struct err err;
    char state_dir[4096];
    bool quiet = false;
    int status = 0;
    process_prepare();
    if (!arguments_read(argc, argv, &config, &quiet, &status))
        return status;
    if (config.state_dir == NULL) {
        if (!state_dir_default(state_dir, sizeof state_dir))
            return fail_because(ERR_USAGE, "no place for the state folder: set HOME or ZYG_STATE, "
                                           "or say --state DIR");
        config.state_dir = state_dir;
    }
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGQUIT);
    int signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (signals < 0)
        return fail_because(ERR_SYSTEM, "cannot wait for signals");
    struct node *node = node_begin(&config, signals, &err);
    if (node == NULL)
        return fail(&err);
    if (!quiet)
        say_ready(node, &config);
    bool told = node_attend(node, signals);
    if (told)
        node_end(node, signals);
    else
        status = fail_because(ERR_INTERNAL, "the node has stopped by itself");
    node_stop(&node);
    process_end(status);
}
