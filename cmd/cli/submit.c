#include <sodium.h>
#include <string.h>

#include "actors/kit/clock_shell.h"
#include "cmd/cli/cli.h"
#include "cmd/cli/few.h"
#include "cmd/cli/job_load.h"
#include "cmd/cli/learn_from.h"
#include "cmd/cli/population.h"
#include "cmd/cli/session.h"
#include "cmd/cli/show_job.h"
#include "proto/base/check.h"
#include "proto/trust/bundle.h"

const char cli_submit_details[] =
    "JOB_FILE          the job as YAML; - reads standard input\n"
    "--learn-from JOB  its trials are known to the search from the start; may come several times\n"
    "-w, --wait        stay until the job is over and show how it goes\n"
    "-o FORMAT         table (default); json: the job's summary; id: its id\n"
    "\n"
    "In 'search', rungs: {max: 27} stops early what promises little, and parallel: 8 with\n"
    "rungs: {scheduler: pbt, min: 3, max: 27} breeds a population of 8, whose worst members end\n"
    "as copies of the best take their places; zyg plan says when they are compared.\n";

enum { BUNDLE_BYTES = LIMIT_JOB_SPEC_BYTES + 1024, FIRST_ROW_MS = 2000 };

/* The job as a fact, signed by the user. Its id is known before anybody has seen it. */
static bool job_sign(const struct job_file *file, const struct signer *signer,
                     struct bundle_writer *w, void *memory, struct job_id *id) {
    struct msg fact = {
        .kind = MSG_job_fact,
        .job_fact = {.owner = signer->id, .created = clock_wall(), .spec = file->spec},
    };
    uint64_t generation;
    randombytes_buf(&fact.job_fact.nonce, sizeof fact.job_fact.nonce);
    randombytes_buf(&generation, sizeof generation);
    *id = job_id_of(&fact.job_fact);
    bundle_begin(w, signer, generation, 0, memory, BUNDLE_BYTES);
    return bundle_add(w, &fact);
}

/* What the node says of the job that it watches for us. False: it said something else, and is asked. */
static bool first_row(struct client *c, struct subject *subject, struct err *err) {
    struct msg answer;
    err->code = ERR_NONE;
    switch (client_next(c, &answer, FIRST_ROW_MS, err)) {
    case CLIENT_ANSWER:
        if (answer.kind != MSG_job_row)
            return false;
        client_keep(c);
        subject_kept(c, subject);
        return true;
    case CLIENT_SIGNAL: return err_set(err, ERR_INTERRUPTED, "interrupted");
    default: return false;
    }
}

/* Whoever stops waiting wants to know what has become of it. */
static bool submit_interrupted(struct client *c, const struct job_file *file,
                               const struct job_id *id, struct err *err) {
    char text[JOB_TEXT_BYTES], handle[HANDLE_BYTES];
    struct buf name = buf_of(handle, sizeof handle - 1);
    struct subject kept;
    struct err ignored;
    job_handle_print(&name, file->job.name, id);
    buf_zero(&name);
    job_id_text(id, text);
    if (client_hush(c) && subject_find(c, text, &kept, &ignored))
        return err_set(err, ERR_INTERRUPTED,
                       "interrupted; %s lies on the disk of the node %s, perhaps on no other yet; "
                       "stop it: zyg cancel %s",
                       handle, client_place(c), handle);
    return err_set(err, ERR_INTERRUPTED,
                   "interrupted; it is not known whether %s was accepted; look: zyg show %s",
                   handle, handle);
}

/* `watched`: it is told of from now on. */
static bool job_submit(struct client *c, const struct job_file *file, bool wait,
                       struct subject *subject, bool *watched, struct err *err) {
    uint8_t memory[BUNDLE_BYTES];
    struct bundle_writer w;
    struct job_id id;
    bool fits = job_sign(file, client_signer(c), &w, memory, &id);
    ensure(fits); /* job_load has seen that the job is short enough */
    struct msg submit = {.kind = MSG_submit,
                         .submit = {.bundle = bundle_seal(&w), .run = wait, .watch = wait}};
    struct msg answer;
    char text[JOB_TEXT_BYTES];
    job_id_text(&id, text);
    if (!client_call(c, &submit, MSG_accepted, &answer, err))
        return err->code == ERR_INTERRUPTED ? submit_interrupted(c, file, &id, err) : false;
    *watched = wait && first_row(c, subject, err);
    if (wait && err->code == ERR_INTERRUPTED)
        return false;
    return *watched || subject_find(c, text, subject, err);
}

static int submit(struct client **c, const struct job_file *file, const struct args *args,
                  bool wait) {
    struct subject subject;
    struct err err;
    bool watched;
    if (!job_submit(*c, file, wait, &subject, &watched, &err))
        return look_end(c, false, &err);
    const struct session_plan plan = {.run = true,
                                      .fresh = true,
                                      .watched = watched,
                                      .quiet = args->quiet,
                                      .format = args->format,
                                      .timeout = -1};
    if (args->format == FORMAT_ID)
        printf("%s\n", subject.id);
    if (args->format == FORMAT_TABLE && !wait)
        printf("%s\n", subject.handle);
    fflush(stdout);
    if (wait)
        return session_follow(c, &subject, &plan);
    if (!args->quiet)
        session_say_next(*c, &subject);
    bool told = args->format != FORMAT_JSON || job_show(*c, args, &subject, false, &err);
    return look_end(c, told, &err);
}

int cli_submit(int argc, char **argv) {
    bool wait = false;
    struct args_texts learn_from = {.count = 0};
    const struct args_option options[] = {
        {"wait", 'w', ARGS_FLAG, &wait}, {"learn-from", 0, ARGS_TEXTS, &learn_from}, {0}};
    const struct args_rules rules = {
        .options = options,
        .formats = SESSION_FORMATS | FORMAT_BIT(FORMAT_ID),
        .least = 1,
        .most = 1,
        .operand = "JOB_FILE",
    };
    struct args args;
    int status;
    if (!cli_args(&args, argc, argv, &rules, &status))
        return status;

    struct err err;
    struct job_file *file = job_load(args.operands[0], &err);
    if (file == NULL)
        return cli_fail(&err);
    struct client *c = client_open(args.state_dir, &err);
    if (c == NULL)
        status = cli_fail(&err);
    else if (!learn_from_jobs(c, file, &learn_from, args.quiet, &err) ||
             (!args.quiet && !population_say(c, &file->job, &err)))
        status = look_end(&c, false, &err);
    else {
        if (!args.quiet)
            few_say(&file->job);
        status = submit(&c, file, &args, wait);
    }
    job_file_destroy(&file);
    return status;
}
