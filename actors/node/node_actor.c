#include "actors/node/node_actor.h"

#include "actors/elastic/elastic.h"
#include "actors/executor/executor.h"
#include "actors/executor/launcher.h"
#include "actors/facts/facts.h"
#include "actors/gateway/clients_port.h"
#include "actors/gateway/gateway.h"
#include "actors/kit/clock_shell.h"
#include "actors/node/address.h"
#include "actors/node/mesh.h"
#include "actors/node/notes_actor.h"
#include "actors/node/rest.h"
#include "actors/sched/sched.h"
#include "actors/tuner/tuner.h"
#include "proto/base/check.h"
#include "store/store_actor.h"

#include <czmq.h>
#include <errno.h>
#include <poll.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
    CORE_EXECUTOR,
    CORE_TUNER,
    CORE_FACTS,
    CORE_SCHED,
    CORE_GATEWAY,
    CORE_ELASTIC,
    CORES_MESH, /* those of a node in a cluster, as one */
    CORES,
    BLOCK_BYTES = 4096, /* each core begins on a page of its own */
    /* What else a node that has just started takes of the address space: stacks of its threads, heaps, a small store. */
    BESIDE_BYTES = 160 << 20
};

/* Everything a node is: its cores, its ports and the board between them. */
struct seats {
    struct board *board;
    struct store_port *store;
    struct clients_port *clients;
    struct launcher *launcher;
    struct executor *executor;
    struct tuner tuner;
    struct mesh mesh;
    struct rest rest;
    zactor_t *notes;
    bool quits;
    enum err_code why; /* it quits */
    bool kept;         /* facts has nothing left to keep */
    bool over;         /* ... and the other nodes know that this one has left */
};

static size_t core_size(const struct node_setup *setup, int core) {
    size_t size = 0;
    switch (core) {
    case CORE_EXECUTOR: size = executor_memory(setup->slots); break;
    case CORE_TUNER: size = tuner_memory(setup->tuner_pool); break;
    case CORE_FACTS: size = facts_size(); break;
    case CORE_SCHED: size = sched_size(); break;
    case CORE_GATEWAY: size = gateway_size(); break;
    case CORE_ELASTIC: size = elastic_size(); break;
    case CORES_MESH: size = setup->mesh != NULL ? mesh_memory() : 0; break;
    default: ensure(core == CORES);
    }
    return (size + BLOCK_BYTES - 1) / BLOCK_BYTES * BLOCK_BYTES;
}

/* Where a core's memory begins; CORES: where all of it ends. */
static size_t core_offset(const struct node_setup *setup, int core) {
    size_t offset = 0;
    for (int i = 0; i < core; i++)
        offset += core_size(setup, i);
    return offset;
}

static void *core_memory(const struct node_setup *setup, int core) {
    return setup->memory + core_offset(setup, core);
}

static bool explain_reserve(size_t size, struct err *err) {
    struct rlimit limit;
    char rationed[64] = "";
    int error = errno;
    if (getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
        snprintf(rationed, sizeof rationed, " (ulimit -v is %llu MiB)",
                 (unsigned long long)limit.rlim_cur >> 20);
    else
        snprintf(rationed, sizeof rationed, ": %s", strerror(error));
    return err_set(err, ERR_SYSTEM, "cannot reserve %zu MiB more of address space%s", size >> 20,
                   rationed);
}

/* A quarter of the machine's memory: what the searches of large jobs may come to. */
static size_t pool_wanted(void) {
    long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
    uint64_t quarter = pages > 0 && page > 0 ? (uint64_t)pages * (uint64_t)page / 4 : 0;
    if (quarter < TUNER_POOL_LEAST || sizeof(void *) < 8)
        return TUNER_POOL_LEAST;
    return quarter < TUNER_POOL_MOST ? (size_t)quarter / BLOCK_BYTES * BLOCK_BYTES
                                     : TUNER_POOL_MOST;
}

static uint8_t *map(size_t size) {
    uint8_t *memory = mmap(NULL, size + BESIDE_BYTES, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED)
        return NULL;
    munmap(memory + size, BESIDE_BYTES);
    madvise(memory, size, MADV_NOHUGEPAGE); /* a huge page would make a few bytes cost 2 MiB */
    return memory;
}

/* Where address space is rationed (ulimit -v, or a kernel that never promises more than it has) the searches get less. */
bool node_actor_reserve(struct node_setup *setup, struct err *err) {
    setup->tuner_pool = pool_wanted();
    while ((setup->memory = map(core_offset(setup, CORES))) == NULL) {
        if (setup->tuner_pool == TUNER_POOL_LEAST)
            return explain_reserve(core_offset(setup, CORES) + BESIDE_BYTES, err);
        setup->tuner_pool = setup->tuner_pool / 4 > TUNER_POOL_LEAST
                                ? setup->tuner_pool / 4 / BLOCK_BYTES * BLOCK_BYTES
                                : TUNER_POOL_LEAST;
    }
    return true;
}

void node_actor_give_back(struct node_setup *setup) {
    if (setup->memory != NULL)
        munmap(setup->memory, core_offset(setup, CORES));
    setup->memory = NULL;
}

static struct moment read_clocks(void) {
    return (struct moment){.now = clock_now(), .wall = clock_wall()};
}

/* ---- the NODE port: the process itself ---- */

/* NONE: it was idle; INTERRUPTED: a person asked; else it must not go on, and its trials are killed at once. */
static void quit(struct seats *seats, enum err_code why) {
    const struct msg quit = {.kind = MSG_quit, .quit.why = ERR_INTERRUPTED};
    seats->why = why;
    seats->quits = true;
    board_post(seats->board, ROOM_NODE, 0, &quit);
    if (why != ERR_NONE && why != ERR_INTERRUPTED)
        board_post(seats->board, ROOM_NODE, 0, &quit);
}

/* Trials first, so that what they still said is kept; then the facts; then the other nodes hear that this one has left. */
static void on_quiet(struct seats *seats, enum room room) {
    if (room == ROOM_EXECUTOR)
        board_post_to(seats->board, ROOM_FACTS, ROOM_NODE, 0,
                      &(struct msg){.kind = MSG_quit, .quit.why = ERR_INTERRUPTED});
    seats->kept = seats->kept || room == ROOM_FACTS;
    seats->over = seats->kept && (room == ROOM_MEMBER || seats->mesh.peers == NULL);
    if (seats->kept && !seats->over)
        board_post(seats->board, ROOM_NODE, 0,
                   &(struct msg){.kind = MSG_farewell, .farewell.done = true});
}

static void on_node_message(void *self, const struct event *event) {
    struct seats *seats = self;
    if (event->msg.kind == MSG_node_known)
        mesh_know(&seats->mesh, &event->msg.node_known);
    if (event->msg.kind == MSG_met)
        zap_actor_welcome(seats->mesh.zap, event->msg.met.curve.data);
    if (event->msg.kind == MSG_note)
        notes_actor_say(seats->notes, event->msg.note.text);
    if (event->msg.kind == MSG_quiet)
        on_quiet(seats, (enum room)event->msg.quiet.room);
    if (event->msg.kind == MSG_quit && !seats->quits)
        quit(seats, err_code_of(event->msg.quit.why));
}

/* ---- seating ---- */

/* Tokens and clients elsewhere remember the door: where any port will do, it is the one it was before. */
static struct clients_port *open_clients(struct board *board, struct node_setup *setup) {
    char same[ENDPOINT_BYTES_MAX];
    struct err ignored;
    struct clients_port *port = NULL;
    if (address_with_port_of(setup->listen, setup->before.endpoint, same))
        port = clients_port_new(board, &setup->keys, same, &ignored);
    if (port != NULL)
        return port;
    return clients_port_new(board, &setup->keys, setup->listen, &setup->err);
}

static bool seat_ports(struct seats *seats, struct node_setup *setup) {
    char store_dir[FOLDER_PATH_BYTES + 8];
    struct launcher_config launcher = {.program = setup->launcher};
    snprintf(store_dir, sizeof store_dir, "%s/store", setup->dir);
    crypto_generichash(launcher.state, sizeof launcher.state, (const uint8_t *)setup->dir,
                       strlen(setup->dir), NULL, 0);
    launcher_sweep(launcher.state);
    seats->store = store_port_new(store_dir, seats->board, &setup->err);
    if (seats->store == NULL)
        return false;
    seats->launcher = launcher_new(seats->board, &launcher, &setup->err);
    if (seats->launcher == NULL)
        return false;
    seats->clients = open_clients(seats->board, setup);
    if (seats->clients == NULL)
        return false;
    const struct port ports[] = {store_port_seat(seats->store),
                                 launcher_port(seats->launcher),
                                 clients_port_seat(seats->clients),
                                 {.room = ROOM_NODE, .self = seats, .perform = on_node_message}};
    for (size_t i = 0; i < sizeof ports / sizeof ports[0]; i++)
        board_seat_port(seats->board, &ports[i]);
    return true;
}

static bool seat_cores(struct seats *seats, struct node_setup *setup) {
    char runs[FOLDER_PATH_BYTES + 8];
    snprintf(runs, sizeof runs, "%s/runs", setup->dir);
    const struct executor_config executor = {
        .runs = runs, .slots = setup->slots, .cpus = setup->cpus, .silent = !setup->autorun};
    const struct admission *node = &setup->cluster.node;
    struct facts_config facts = {.signer = setup->keys.signer,
                                 .nonce = randombytes_random(),
                                 .clustered = setup->mesh != NULL,
                                 .certificate_len = node->certificate_len};
    memcpy(facts.cluster, setup->cluster.key, sizeof facts.cluster);
    memcpy(facts.certificate, node->certificate, node->certificate_len);
    const struct elastic_config elastic = {.idle_ms = setup->idle_ms,
                                           .disk_stays = setup->disk_stays,
                                           .alone = setup->mesh == NULL,
                                           .silent = !setup->autorun};
    struct gateway_config gateway = {.self = setup->keys.signer.id,
                                     .version = setup->version,
                                     .guests.open = setup->mesh != NULL};
    memcpy(gateway.guests.cluster, setup->cluster.key, sizeof gateway.guests.cluster);
    memcpy(gateway.guests.owner, setup->owner, sizeof gateway.guests.owner);
    seats->executor = executor_init(core_memory(setup, CORE_EXECUTOR),
                                    executor_memory(setup->slots), &executor, &setup->err);
    if (seats->executor == NULL)
        return false;
    tuner_init(&seats->tuner, core_memory(setup, CORE_TUNER), tuner_memory(setup->tuner_pool));
    const struct core cores[] = {
        facts_core(facts_init(core_memory(setup, CORE_FACTS), &facts)),
        sched_core(sched_init(core_memory(setup, CORE_SCHED))),
        tuner_core(&seats->tuner),
        executor_core(seats->executor),
        gateway_core(gateway_init(core_memory(setup, CORE_GATEWAY), &gateway)),
        elastic_core(elastic_init(core_memory(setup, CORE_ELASTIC), &elastic))};
    for (size_t i = 0; i < sizeof cores / sizeof cores[0]; i++)
        board_seat_core(seats->board, &cores[i]);
    return true;
}

/* Says where clients and other nodes connect, and begins to be a node among others. */
static bool open_door(struct seats *seats, struct node_setup *setup) {
    const char *endpoint = clients_port_endpoint(seats->clients);
    char remote[ENDPOINT_BYTES_MAX];
    setup->door = (struct door){.pid = getpid()};
    if (endpoint == NULL || strlen(endpoint) >= sizeof setup->door.endpoint)
        return err_set(&setup->err, ERR_SYSTEM, "the address '%s' is too long", setup->listen);
    memcpy(setup->door.endpoint, endpoint, strlen(endpoint) + 1);
    memcpy(setup->door.server_key, setup->keys.curve_public, CURVE_KEY_BYTES);
    if (setup->mesh != NULL &&
        (!address_for_others(endpoint, remote) ||
         !mesh_open(&seats->mesh, seats->board, setup, remote, core_memory(setup, CORES_MESH))))
        return false;
    return folder_write_door(setup->dir, &setup->door, &setup->err);
}

/* ---- running ---- */

static int patience(const struct seats *seats, when_ms now) {
    when_ms deadline = when_sooner(board_deadline(seats->board), mesh_due(&seats->mesh));
    deadline = when_sooner(deadline, seats->rest.at);
    if (deadline == WHEN_NEVER)
        return -1;
    return deadline <= now ? 0 : (int)(deadline - now < 3600000 ? deadline - now : 3600000);
}

/* True: end now. */
static bool obey(struct seats *seats, zsock_t *pipe) {
    bool end = false;
    while (!end && (zsock_events(pipe) & ZMQ_POLLIN) != 0) {
        char *command = zstr_recv(pipe);
        end = command == NULL || strcmp(command, "$TERM") == 0;
        if (!end && strcmp(command, "QUIT") == 0)
            quit(seats, ERR_INTERRUPTED);
        zstr_free(&command);
    }
    return end;
}

/* Waits on bare descriptors: zmq_poll would cost a dozen system calls more for each trial. What a socket's descriptor does not
 * tell of (news that arrived while something was sent) the ports know: they are looked at before waiting. */
static void run(struct seats *seats, zsock_t *pipe) {
    enum { PIPE, CLIENTS, STORE, LAUNCHER, PEERS, ITEMS };
    struct board *board = seats->board;
    struct pollfd items[ITEMS] = {
        [PIPE] = {.fd = zsock_fd(pipe), .events = POLLIN, .revents = POLLIN},
        [CLIENTS] = {.fd = clients_port_fd(seats->clients), .events = POLLIN},
        [STORE] = {.fd = zsock_fd(store_port_sock(seats->store)), .events = POLLIN},
        [LAUNCHER] = {.fd = launcher_fd(seats->launcher), .events = POLLIN},
        [PEERS] = {.fd = mesh_fd(&seats->mesh), .events = POLLIN}};
    for (;;) {
        if (items[PIPE].revents != 0 && obey(seats, pipe))
            return;
        if (items[CLIENTS].revents != 0 || clients_port_look(seats->clients))
            clients_port_ready(seats->clients);
        if (items[STORE].revents != 0 || store_port_look(seats->store))
            store_port_ready(seats->store);
        if (items[LAUNCHER].revents != 0)
            launcher_ready(seats->launcher);
        if (items[PEERS].revents != 0 || mesh_look(&seats->mesh))
            mesh_ready(&seats->mesh);
        struct moment at = read_clocks();
        mesh_wake(&seats->mesh, board, at.now);
        board_run(board, at);
        board_wake(board, at);
        if (seats->over)
            return;
        if (rest_due(&seats->rest, store_port_uses(seats->store), at.now)) {
            rest_give(board);
            store_port_rest(seats->store);
        }
        bool look = clients_port_look(seats->clients) || store_port_look(seats->store) ||
                    mesh_look(&seats->mesh);
        poll(items, ITEMS, look ? 0 : patience(seats, at.now));
    }
}

static void node_actor(zsock_t *pipe, void *argument) {
    struct node_setup *setup = argument;
    struct seats seats = {.board = board_new(), .notes = notes_actor_new()};
    rest_init(&seats.rest);
    setup->up = seat_ports(&seats, setup) && seat_cores(&seats, setup) && open_door(&seats, setup);
    bool up = setup->up;
    zsock_signal(pipe, 0);
    if (up) {
        board_post(seats.board, ROOM_NODE, 0,
                   &(struct msg){.kind = MSG_start,
                                 .start = {.slots = setup->slots, .autorun = setup->autorun}});
        board_run(seats.board, read_clocks());
        run(&seats, pipe);
    }
    launcher_destroy(&seats.launcher);
    mesh_close(&seats.mesh);
    clients_port_destroy(&seats.clients);
    store_port_destroy(&seats.store);
    if (seats.executor != NULL)
        executor_release(seats.executor);
    board_destroy(&seats.board);
    notes_actor_stop(&seats.notes);
    const uint64_t one = 1;
    setup->why = seats.quits ? seats.why : ERR_INTERNAL;
    if (up && write(setup->stopped_fd, &one, sizeof one) < 0)
        abort(); /* an eventfd that was just made cannot refuse */
}

zactor_t *node_actor_new(struct node_setup *setup) {
    return zactor_new(node_actor, setup);
}
