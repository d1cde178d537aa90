#include "actors/guard/zap_actor.h"

#include "proto/base/check.h"

#include <czmq.h>
#include <sodium.h>

/* Frames of a request: version, request id, domain, address, routing id, mechanism, client key. */
enum { REQUEST_FRAMES = 7 };

static bool is_allowed(const struct zap_config *config, zframe_t *mechanism, zframe_t *key) {
    bool allowed = false;
    if (!zframe_streq(mechanism, "CURVE") || zframe_size(key) != CURVE_KEY_BYTES)
        return false;
    for (uint32_t i = 0; i < config->count; i++) /* all of them, so that time tells nothing */
        allowed |= sodium_memcmp(config->allowed[i], zframe_data(key), CURVE_KEY_BYTES) == 0;
    return allowed;
}

static void answer(const struct zap_config *config, zsock_t *handler) {
    zmsg_t *request = zmsg_recv(handler);
    zframe_t *frames[REQUEST_FRAMES] = {NULL};
    if (request == NULL)
        return;
    bool whole = zmsg_size(request) == REQUEST_FRAMES;
    for (int i = 0; whole && i < REQUEST_FRAMES; i++)
        frames[i] = zmsg_pop(request);
    bool allowed =
        whole && zframe_streq(frames[2], ZAP_DOMAIN) && is_allowed(config, frames[5], frames[6]);
    char user[41] = "";
    if (allowed)
        ensure(zmq_z85_encode(user, zframe_data(frames[6]), CURVE_KEY_BYTES) != NULL);
    zmsg_t *reply = zmsg_new();
    zmsg_addstr(reply, "1.0");
    if (whole)
        zmsg_addmem(reply, zframe_data(frames[1]), zframe_size(frames[1]));
    else
        zmsg_addmem(reply, "", 0);
    zmsg_addstr(reply, allowed ? "200" : "400");
    zmsg_addstr(reply, allowed ? "OK" : "this key is not known here");
    zmsg_addstr(reply, user);
    zmsg_addmem(reply, "", 0);
    zmsg_send(&reply, handler);
    zmsg_destroy(&reply);
    for (int i = 0; i < REQUEST_FRAMES; i++)
        zframe_destroy(&frames[i]);
    zmsg_destroy(&request);
}

static void zap_actor(zsock_t *pipe, void *argument) {
    struct zap_config config = *(const struct zap_config *)argument;
    zsock_t *handler = zsock_new(ZMQ_REP);
    ensure(handler != NULL && zsock_bind(handler, "%s", "inproc://zeromq.zap.01") == 0);
    zsock_signal(pipe, 0);
    zpoller_t *poller = zpoller_new(pipe, handler, NULL);
    for (;;) {
        void *ready = zpoller_wait(poller, -1);
        if (ready == pipe)
            break; /* the only message is $TERM */
        if (ready == handler)
            answer(&config, handler);
    }
    zpoller_destroy(&poller);
    /* Closing lets go of the name only later; the next node of this process needs it now. */
    zsock_unbind(handler, "%s", "inproc://zeromq.zap.01");
    zsock_destroy(&handler);
}

zactor_t *zap_actor_new(const struct zap_config *config) {
    return zactor_new(zap_actor, (void *)(uintptr_t)config);
}
