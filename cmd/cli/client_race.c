#include "cmd/cli/client_race.h"

#include "actors/kit/clock_shell.h"
#include "cmd/cli/signals.h"

#include <signal.h>
#include <string.h>

enum { STAGGER_MS = 200 };

struct runner {
    const struct token_seed *door;
    struct link link;
    when_ms until; /* 0: it has not begun, or is out */
};

struct field {
    struct race *race;
    struct runner runners[RACE_MAX];
    uint32_t count, begun;
    when_ms next; /* the next one begins */
    struct err why;
};

struct msg race_hello(struct span certificate) {
    return (struct msg){.kind = MSG_hello,
                        .hello = {.protocol = PROTOCOL_VERSION,
                                  .program = span_text("zyg"),
                                  .certificate = certificate}};
}

void race_refusal(const struct msg_refused *refused, struct err *err) {
    enum err_code code = err_code_of(refused->code);
    code = code == ERR_NONE ? ERR_INTERNAL : code;
    struct span what = refused->what.len > 0 ? refused->what : span_text(err_sentence(code));
    err_set(err, code, "%.*s", (int)what.len, (const char *)what.data);
    if (refused->context.len > 0)
        err_context(err, "%.*s", (int)refused->context.len, (const char *)refused->context.data);
}

/* The first of the gravest reasons is told. */
static void out(struct field *f, struct runner *r, const struct err *why) {
    link_close(&r->link);
    r->until = 0;
    f->next = 0;
    if (f->why.code == ERR_NONE || (f->why.code == ERR_UNREACHABLE && why->code != ERR_UNREACHABLE))
        f->why = *why;
}

static void begin(struct field *f) {
    struct runner *r = &f->runners[f->begun++];
    struct msg hello = race_hello(f->race->certificate);
    uint8_t memory[CERTIFICATE_BYTES_MAX + 64];
    struct buf bytes = buf_of(memory, sizeof memory);
    struct err err;
    hello.hello.ticket = f->race->ticket;
    r->until = clock_now() + f->race->patience;
    f->next = clock_now() + STAGGER_MS;
    if (!link_open(&r->link, r->door, f->race->keys, f->race->own, &err)) {
        out(f, r, &err);
    } else if (!msg_encode(&hello, &bytes) || !link_send(&r->link, buf_view(&bytes))) {
        err_set(&err, ERR_UNREACHABLE, "cannot send to %s", r->door->endpoint);
        out(f, r, &err);
    }
}

/* True: it is taken. */
static bool judge(struct field *f, struct runner *r, const struct msg *answer) {
    struct err err;
    if (answer->kind == MSG_refused) {
        race_refusal(&answer->refused, &err);
        err_context(&err, "the node at %s", r->door->endpoint);
    } else if (answer->kind != MSG_welcome)
        err_set(&err, ERR_BAD_MESSAGE, "the node at %s does not speak as zyg does",
                r->door->endpoint);
    else if (answer->welcome.protocol != PROTOCOL_VERSION)
        err_set(&err, ERR_BAD_MESSAGE, "the node at %s speaks protocol %llu, this program %d",
                r->door->endpoint, (unsigned long long)answer->welcome.protocol, PROTOCOL_VERSION);
    else
        return true;
    out(f, r, &err);
    return false;
}

/* Whoever has ended, or has been waited for long enough. */
static void look_at(struct field *f, struct runner *r) {
    enum link_end end = link_look(&r->link);
    struct err err;
    if (end == LINK_REFUSED)
        err_set(&err, ERR_NOT_ALLOWED, "the node at %s does not know this client's key",
                r->door->endpoint);
    else if (end == LINK_GONE)
        err_set(&err, ERR_UNREACHABLE, "nobody answers at %s", r->door->endpoint);
    else if (clock_now() >= r->until)
        err_set(&err, ERR_UNREACHABLE, "the node at %s does not answer", r->door->endpoint);
    else
        return;
    out(f, r, &err);
}

/* The winner, NULL: none yet. */
static struct runner *look(struct field *f, zmq_msg_t *frame, struct msg *welcome) {
    for (uint32_t i = 0; i < f->begun; i++) {
        struct runner *r = &f->runners[i];
        if (r->until == 0)
            continue;
        if (!link_take(&r->link, frame, welcome))
            look_at(f, r);
        else if (judge(f, r, welcome))
            return r;
    }
    return NULL;
}

/* Until something happens or is due; false: nobody is left. */
static bool wait_for_news(const struct field *f) {
    zmq_pollitem_t items[1 + LINK_POLLS * RACE_MAX] = {
        {.fd = f->race->signals, .events = ZMQ_POLLIN}};
    when_ms due = f->begun < f->count ? f->next : WHEN_NEVER;
    int count = 1;
    for (uint32_t i = 0; i < f->begun; i++) {
        const struct runner *r = &f->runners[i];
        if (r->until == 0)
            continue;
        count += link_polls(&r->link, items + count);
        due = when_sooner(due, r->until);
    }
    if (due == WHEN_NEVER)
        return false;
    dur_ms left = when_sooner(due, f->race->tell_at) - clock_now();
    zmq_poll(items, count, left > 0 ? (long)left : 0);
    return true;
}

static bool is_interrupted(struct race *r) {
    int number = signals_take(r->signals);
    if (number != 0 && number != SIGWINCH)
        r->signal = number;
    return r->signal != 0;
}

static struct runner *run(struct field *f, zmq_msg_t *frame, struct msg *welcome) {
    for (;;) {
        struct runner *winner = look(f, frame, welcome);
        if (winner != NULL)
            return winner;
        if (f->begun < f->count && clock_now() >= f->next) {
            begin(f);
            continue;
        }
        if (clock_now() >= f->race->tell_at) {
            f->race->tell_at = WHEN_NEVER;
            f->race->tell(f->race->context);
        }
        if (is_interrupted(f->race)) {
            err_set(&f->why, ERR_INTERRUPTED, "interrupted");
            return NULL;
        }
        if (!wait_for_news(f))
            return NULL;
    }
}

int race_run(struct race *r, const struct token_seed *doors, uint32_t count, struct link *link,
             zmq_msg_t *frame, struct msg *welcome, struct err *err) {
    struct field f = {.race = r, .count = count < RACE_MAX ? count : RACE_MAX};
    int number = -1;
    for (uint32_t i = 0; i < f.count; i++)
        f.runners[i].door = &doors[i];
    struct runner *winner = run(&f, frame, welcome);
    for (uint32_t i = 0; i < f.begun; i++) {
        if (&f.runners[i] == winner)
            number = (int)i;
        else if (f.runners[i].until != 0)
            link_close(&f.runners[i].link);
    }
    if (winner != NULL)
        *link = winner->link;
    else if (f.why.code != ERR_NONE)
        *err = f.why;
    else
        err_set(err, ERR_UNREACHABLE, "no node is known");
    return number;
}
