/* The ask-tell protocol on standard input and output. Each reply is out before work ahead is begun,
 * and that only while no further request waits. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "actors/tuner/talk/talk.h"
#include "cmd/cli/cli.h"
#include "cmd/cli/details.h"
#include "proto/base/num.h"

const char cli_asktell_details[] =
    "--method NAME     how searches whose init names no \"method\" propose\n"
    "--scheduler NAME  how long trials run when it names no \"scheduler\"\n"
    "--memory SIZE     at most so much for a search, like 32MiB; where that is too little for its\n"
    "                  method a lighter one proposes, and the reply to init says so in a \"note\"\n"
    "\n"
    "One request a line on standard input, one reply a line on standard output:\n"
    "{\"op\":\"init\",\"seed\":3,\"budget\":200,\"workers\":4,\"space\":[\n"
    "  {\"name\":\"C\",\"type\":\"float\",\"low\":0.01,\"high\":1000,\"log\":true},\n"
    "  {\"name\":\"kernel\",\"type\":\"cat\",\"choices\":[\"rbf\",\"poly\"]},\n"
    "  {\"name\":\"degree\",\"type\":\"int\",\"low\":2,\"high\":5,\n"
    "   \"when\":{\"param\":\"kernel\",\"in\":[\"poly\"]}}]}          (in one line)\n"
    "                                    {}\n"
    "{\"op\":\"ask\"}                        {\"id\":7,\"params\":{\"C\":3.5,\"kernel\":\"rbf\"}}\n"
    "{\"op\":\"tell\",\"id\":7,\"state\":\"ok\",\"value\":0.38}    {}    or \"state\":\"failed\"\n"
    "{\"op\":\"report\",\"id\":7,\"step\":3,\"value\":0.4}     {\"action\":\"continue\"}, stop, "
    "pause\n"
    "{\"op\":\"load\",\"trials\":[{\"params\":{...},\"value\":0.4}]}    {}, and it has the next "
    "id\n"
    "{\"op\":\"extend\",\"budget\":400}       {}\n"
    "{\"op\":\"best\"}                       "
    "{\"id\":7,\"value\":0.38,\"runs\":1,\"expected\":0.38}\n"
    "{\"op\":\"importance\"}                 {\"importance\":[{\"verdict\":\"known\",\"params\":[\n"
    "                                     {\"name\":\"C\",\"alone\":0.6,\"total\":0.8,...},...],\n"
    "                                     "
    "\"pairs\":[{\"a\":\"C\",\"b\":\"degree\",\"share\":0.1}]}]}\n"
    "{\"op\":\"quit\"}\n"
    "Choices that ascend say \"ordered\":true, as in \"choices\":[\"small\",\"large\"].\n"
    "Values are minimised; \"objectives\":[\"max\"] in init turns that round. As in a job file it\n"
    "also takes \"where\":[\"a + b <= 1\"], \"try_first\":[{...}], \"target\":0.1 and\n"
    "\"constraints\":[\"model_mb <= 20\"]; tell then says \"metrics\":{\"model_mb\":12} too, and\n"
    "report may.\n"
    "\"patience\":50 is over when fifty in a row were no better, \"patience\":\"auto\" when no\n"
    "improvement is expected that is worth the name. \"repeat\":3 goes by the mean\n"
    "of three ids; with \"repeat\":\"auto\" some asks are answered by what was tried, where\n"
    "it comes to something else each time and to know it better is worth more than a new\n"
    "one. \"cost_aware\":true goes by the \"seconds\" that tell then says.\n"
    "Examples: examples/asktell\n";

static void *take_pages(void *context, size_t bytes) {
    (void)context;
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

static void give_pages(void *context, void *memory, size_t bytes) {
    (void)context;
    munmap(memory, bytes);
}

/* Most of that memory is never touched. */
enum { TRIALS_BEYOND = 65536 };

enum { INPUT_BYTES = TALK_LINE_BYTES + 1 }; /* its line feed */

/* What was read and not yet answered. */
struct input {
    uint8_t *data;
    size_t begin, end; /* of what is in it */
    size_t searched;   /* behind begin no line feed is in so much */
    bool skipping;     /* the rest of a line that was too long */
    bool ended;
};

static bool input_read(struct input *in, struct err *err) {
    memmove(in->data, in->data + in->begin, in->end - in->begin);
    in->end -= in->begin;
    in->begin = 0;
    ssize_t got;
    do {
        got = read(STDIN_FILENO, in->data + in->end, INPUT_BYTES - in->end);
    } while (got < 0 && errno == EINTR);
    if (got < 0)
        return err_set(err, ERR_SYSTEM, "cannot read standard input: %s", strerror(errno));
    in->end += (size_t)got;
    in->ended = got == 0;
    return true;
}

enum found { FOUND_NOTHING, FOUND_LINE, FOUND_TOO_LONG };

/* The next line, without its feed; the last of all needs none. */
static enum found input_line(struct input *in, struct span *line) {
    size_t len = in->end - in->begin;
    const uint8_t *start = in->data + in->begin;
    const uint8_t *feed = memchr(start + in->searched, '\n', len - in->searched);
    bool skipped = in->skipping;
    in->searched = 0;
    if (feed == NULL && len < INPUT_BYTES && (!in->ended || len == 0)) {
        in->searched = len;
        return FOUND_NOTHING;
    }
    in->skipping = feed == NULL && !in->ended;
    *line = span_of(start, feed == NULL ? len : (size_t)(feed - start));
    in->begin += feed == NULL ? len : line->len + 1;
    if (skipped)
        return in->skipping || in->begin == in->end ? FOUND_NOTHING : input_line(in, line);
    return in->skipping ? FOUND_TOO_LONG : FOUND_LINE;
}

static bool is_more_waiting(const struct input *in) {
    struct pollfd item = {.fd = STDIN_FILENO, .events = POLLIN};
    return in->ended || poll(&item, 1, 0) != 0;
}

/* False: nobody reads any more, which main explains. */
static bool reply_write(struct buf *reply) {
    bool written = fwrite(reply->data, 1, reply->len, stdout) == reply->len && fflush(stdout) == 0;
    buf_clear(reply);
    return written;
}

/* False: it is over, with or without an error. */
static bool lines_answer(struct talk *t, struct input *in, struct buf *reply) {
    struct span line;
    for (enum found found; (found = input_line(in, &line)) != FOUND_NOTHING;) {
        if (found == FOUND_TOO_LONG)
            talk_refuse_long(t, reply);
        else if (span_trim(line).len > 0)
            talk_line(t, line, reply);
        if (t->over || !reply_write(reply))
            return false;
    }
    return !in->ended;
}

static bool talk_run(struct talk *t, struct input *in, struct buf *reply, struct err *err) {
    while (lines_answer(t, in, reply)) {
        if (!is_more_waiting(in))
            talk_prepare(t);
        if (!input_read(in, err))
            return false;
    }
    return true;
}

static bool read_memory(const char *text, size_t *memory) {
    uint64_t bytes;
    if (!num_parse_size(span_text(text), &bytes) || bytes < (uint64_t)1 << 20 ||
        bytes > (uint64_t)1 << 40)
        return false;
    *memory = bytes < SIZE_MAX ? (size_t)bytes : SIZE_MAX;
    return true;
}

int cli_asktell(int argc, char **argv) {
    const char *method = NULL;
    const char *scheduler = NULL;
    const char *memory = NULL;
    const struct args_option options[] = {{"method", 0, ARGS_TEXT, &method},
                                          {"scheduler", 0, ARGS_TEXT, &scheduler},
                                          {"memory", 0, ARGS_TEXT, &memory},
                                          {0}};
    const struct args_rules rules = {.options = options, .operand = "nothing"};
    struct args args;
    int status;
    if (!cli_args(&args, argc, argv, &rules, &status))
        return status;
    struct talk_setup setup = {
        .take = take_pages, .give = give_pages, .method = METHOD_AUTO, .beyond = TRIALS_BEYOND};
    struct foreign names = {.fault = ""};
    if ((method != NULL &&
         !talk_method_named(&names, span_text(method), "--method", &setup.method)) ||
        (scheduler != NULL &&
         !talk_policy_named(&names, span_text(scheduler), "--scheduler", &setup.policy)))
        return cli_usage("asktell", "%s", names.fault);
    if (memory != NULL && !read_memory(memory, &setup.memory))
        return cli_usage("asktell", "--memory wants 1MiB to 1TiB, not '%s'", memory);
    struct err err = {0};
    struct talk *t = malloc(sizeof *t);
    struct input in = {.data = take_pages(NULL, INPUT_BYTES)};
    struct buf reply = buf_of(malloc(TALK_REPLY_BYTES), TALK_REPLY_BYTES);
    bool ok = t != NULL && in.data != NULL && reply.data != NULL;
    if (!ok)
        err_set(&err, ERR_SYSTEM, "there is no memory left");
    if (ok) {
        talk_init(t, &setup);
        ok = talk_run(t, &in, &reply, &err);
        talk_release(t);
    }
    if (in.data != NULL)
        give_pages(NULL, in.data, INPUT_BYTES);
    free(reply.data);
    free(t);
    return ok ? 0 : cli_fail(&err);
}
