/* node - wiring only: which rooms run, on which thread, in which order they start and stop.
 *
 *   thread "node"    the board: facts, sched, tuner, executor, gateway, elastic and, in a cluster, member and leader; ports to
 *                    the clients' socket, to other nodes and to zyg-run
 *   thread "store"   LMDB; group commit
 *   thread "notes"   what people are told on standard error
 *   thread "zap"     who may speak (actors/guard)
 *   process zyg-run  starts trials (actors/executor/launcher.h), under a reaper (cmd/run/reaper.h)
 *
 * It stops when it is asked to, when it was idle for as long as it was told, or when an older node has its key (member.h):
 * quit to all rooms (in a cluster others hear at once that it is leaving), and when no trial runs any more, to facts; when
 * all is kept, others hear that it has left.
 *
 * The same node runs in zyg-node and, embedded, inside the client. One node a state folder: node_start locks it.
 * The folder: lock, door (where the node listens now), keys/, cluster, store/, runs/JOB/SLOT/{output,checkpoint}.
 *
 * Before node_start: signals blocked in every thread, SIGPIPE ignored, sodium_init() done, zsys handler off
 * (process_prepare does all of it).
 */
#ifndef ZYG_NODE_H
#define ZYG_NODE_H

#include "actors/guard/cluster.h"

struct node_config {
    const char *state_dir;
    /* For clients; NULL: "tcp://127.0.0.1:*", in a cluster any port beside `mesh`. */
    const char *listen;
    const char *launcher; /* path of zyg-run; NULL: beside this program */
    uint32_t slots;       /* 0: one a processor */
    bool autorun;         /* run every open job, not only those a client asks for */
    /* Where other nodes connect, when the folder belongs to a cluster; NULL: it keeps to itself. */
    const char *mesh;
    bool mesh_moves;  /* when that port is taken: another, later the same one */
    const char *name; /* for people; NULL: the machine's */
    dur_ms idle_ms;   /* after so long without work it stops by itself; 0: it stays */
    bool disk_stays;  /* then the folder is there when the node comes back */
};

/* Where a node can be spoken to. */
struct door {
    char endpoint[ENDPOINT_BYTES_MAX];
    char mesh[ENDPOINT_BYTES_MAX]; /* what other nodes dial; empty: it is no node of a cluster */
    uint8_t server_key[CURVE_KEY_BYTES];
    int64_t pid;
};

struct node;

/* ERR_BUSY: another process runs the node of this folder (door_read then tells where). */
struct node *node_start(const struct node_config *config, struct err *err);
const struct door *node_door(const struct node *n);
uint32_t node_slots(const struct node *n);
const struct node_id *node_self(const struct node *n);
const char *node_name(const struct node *n);              /* for people */
const struct cluster *node_cluster(const struct node *n); /* NULL: it is on its own */

/* Asks the node to stop: TERM to its trials, their grace, KILL; what is known is kept, attempts under way are as if they had
 * never begun. Asked again, it kills at once. */
void node_quit(struct node *n);
/* A descriptor that becomes readable when the node has stopped. */
int node_fd(const struct node *n);
/* Once that is readable: NONE when it was idle, has handed over what only it held and left; INTERRUPTED when it was asked to
 * quit; NOT_ALLOWED when another node has its key, of which people were told; INTERNAL when it should not have stopped. */
enum err_code node_why(const struct node *n);
/* Ends the threads and lets go of the folder; a node that was not asked to quit before kills its trials. Nothing
 * acknowledged is lost either way. */
void node_stop(struct node **n);

/* ERR_UNREACHABLE: no node runs there. */
bool door_read(const char *state_dir, struct door *door, struct err *err);

/* The same, but it waits at most so long for a node that is about to start. */
bool door_await(const char *state_dir, struct door *door, dur_ms patience, struct err *err);

/* $ZYG_STATE, else $XDG_STATE_HOME/zyg, else ~/.local/state/zyg. False: none of them is set. */
bool state_dir_default(char *out, size_t cap);

/* First call of main in every program: blocks signals, ignores SIGPIPE, clears ZSYS_* variables, sets libzmq's and
 * malloc's limits, initialises libsodium. */
void process_prepare(void);

/* Last call of main in a program that had a node or a client: ends at once, with standard output flushed. */
_Noreturn void process_end(int status);

#endif
