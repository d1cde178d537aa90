#include "actors/guard/zap_actor.h"

#include "actors/guard/mesh_keys.h"
#include "actors/kit/clock_shell.h"
#include "proto/base/check.h"

#include <assert.h>
#include <czmq.h>
#include <sodium.h>

/* Frames of a request: version, request id, domain, address, routing id, mechanism, client key. */
enum { REQUEST_FRAMES = 7, DOMAIN = 2, MECHANISM = 5, KEY = 6 };

enum { CLIENT_KEEP_MS = 3600 * 1000 };

static_assert((int)MESH_KEY_BYTES == (int)CURVE_KEY_BYTES, "the mesh's keys are CURVE keys");

struct zap {
    struct zap_config config;
    struct mesh_keys mesh, clients;
};

enum verdict { ADMITTED, NOT_NOW, REFUSED };

static const struct {
    const char *code, *text;
} replies[] = {
    [ADMITTED] = {"200", "OK"},
    [NOT_NOW] = {"300", "too many strangers at once"},
    [REFUSED] = {"400", "this key is not known here"},
};

static bool is_on_list(const struct zap_config *config, const uint8_t key[CURVE_KEY_BYTES]) {
    bool found = false;
    for (uint32_t i = 0; i < config->count; i++) /* all of them, so that time tells nothing */
        found |= sodium_memcmp(config->allowed[i], key, CURVE_KEY_BYTES) == 0;
    return found;
}

static enum verdict judge(struct zap *zap, zframe_t *const frames[REQUEST_FRAMES]) {
    if (!zframe_streq(frames[MECHANISM], "CURVE") || zframe_size(frames[KEY]) != CURVE_KEY_BYTES)
        return REFUSED;
    const uint8_t *key = zframe_data(frames[KEY]);
    bool client = zframe_streq(frames[DOMAIN], ZAP_DOMAIN);
    if (!client && !zframe_streq(frames[DOMAIN], ZAP_MESH_DOMAIN))
        return REFUSED;
    if (client && is_on_list(&zap->config, key))
        return ADMITTED;
    if (mesh_keys_admit(client ? &zap->clients : &zap->mesh, key, clock_now()))
        return ADMITTED;
    return zap->config.strangers_second > 0 ? NOT_NOW : REFUSED;
}

static void answer(struct zap *zap, zsock_t *handler) {
    zmsg_t *request = zmsg_recv(handler);
    zframe_t *frames[REQUEST_FRAMES] = {NULL};
    if (request == NULL)
        return;
    bool whole = zmsg_size(request) == REQUEST_FRAMES;
    for (int i = 0; whole && i < REQUEST_FRAMES; i++)
        frames[i] = zmsg_pop(request);
    enum verdict verdict = whole ? judge(zap, frames) : REFUSED;
    char user[41] = "";
    if (verdict == ADMITTED)
        ensure(zmq_z85_encode(user, zframe_data(frames[KEY]), CURVE_KEY_BYTES) != NULL);
    zmsg_t *reply = zmsg_new();
    zmsg_addstr(reply, "1.0");
    if (whole)
        zmsg_addmem(reply, zframe_data(frames[1]), zframe_size(frames[1]));
    else
        zmsg_addmem(reply, "", 0);
    zmsg_addstr(reply, replies[verdict].code);
    zmsg_addstr(reply, replies[verdict].text);
    zmsg_addstr(reply, user);
    zmsg_addmem(reply, "", 0);
    zmsg_send(&reply, handler);
    zmsg_destroy(&reply);
    for (int i = 0; i < REQUEST_FRAMES; i++)
        zframe_destroy(&frames[i]);
    zmsg_destroy(&request);
}

/* What waits on the pipe; false: the end. */
static bool obey(struct zap *zap, zsock_t *pipe) {
    bool goes_on = true;
    while (goes_on && (zsock_events(pipe) & ZMQ_POLLIN) != 0) {
        zmsg_t *m = zmsg_recv(pipe);
        zframe_t *word = m == NULL ? NULL : zmsg_first(m), *key = m == NULL ? NULL : zmsg_next(m);
        goes_on = word != NULL && !zframe_streq(word, "$TERM");
        if (goes_on) {
            ensure(key != NULL && zframe_size(key) == CURVE_KEY_BYTES);
            if (zframe_streq(word, "KNOW"))
                mesh_keys_add(&zap->mesh, zframe_data(key), clock_now());
            else if (zframe_streq(word, "WELCOME"))
                mesh_keys_add(&zap->clients, zframe_data(key), clock_now());
            else
                mesh_keys_remove(&zap->mesh, zframe_data(key));
        }
        zmsg_destroy(&m);
    }
    return goes_on;
}

static void zap_actor(zsock_t *pipe, void *argument) {
    struct zap *zap = calloc(1, sizeof *zap);
    ensure(zap != NULL);
    zap->config = *(const struct zap_config *)argument;
    zap->mesh.rate = zap->clients.rate = zap->config.strangers_second;
    zap->clients.keep = CLIENT_KEEP_MS;
    zsock_t *handler = zsock_new(ZMQ_REP);
    ensure(handler != NULL && zsock_bind(handler, "%s", "inproc://zeromq.zap.01") == 0);
    zsock_signal(pipe, 0);
    zpoller_t *poller = zpoller_new(pipe, handler, NULL);
    for (;;) {
        void *ready = zpoller_wait(poller, -1);
        if (!obey(zap, pipe)) /* always first: who was made known is let in */
            break;
        if (ready == handler)
            answer(zap, handler);
    }
    zpoller_destroy(&poller);
    /* Closing lets go of the name only later; the next node of this process needs it now. */
    zsock_unbind(handler, "%s", "inproc://zeromq.zap.01");
    zsock_destroy(&handler);
    free(zap);
}

zactor_t *zap_actor_new(const struct zap_config *config) {
    return zactor_new(zap_actor, (void *)(uintptr_t)config);
}

static void command(zactor_t *zap, const char *word, const uint8_t key[CURVE_KEY_BYTES]) {
    zmsg_t *m = zmsg_new();
    zmsg_addstr(m, word);
    zmsg_addmem(m, key, CURVE_KEY_BYTES);
    zactor_send(zap, &m);
}

void zap_actor_know(zactor_t *zap, const uint8_t key[CURVE_KEY_BYTES], bool known) {
    command(zap, known ? "KNOW" : "FORGET", key);
}

void zap_actor_welcome(zactor_t *zap, const uint8_t key[CURVE_KEY_BYTES]) {
    command(zap, "WELCOME", key);
}
