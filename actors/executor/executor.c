#include "actors/executor/executor.h"

#include "actors/executor/executor_state.h"
#include "proto/base/check.h"

#include <string.h>

enum {
    /* An outcome goes to three rooms, and each follower hears that it is over; a step that has less room than this left says
     * it in the next. */
    OUTCOME_ROOM = 3 * LIMIT_FRAME_BYTES + FOLLOWERS * 256
};

size_t executor_memory(uint32_t slots) {
    return sizeof(struct executor) + slots * sizeof(struct trial);
}

struct executor *executor_init(void *memory, size_t size, const struct executor_config *config,
                               struct err *err) {
    size_t len = strlen(config->runs);
    struct executor *e = memory;
    if (config->slots == 0 || config->slots > LIMIT_SLOTS_NODE) {
        err_set(err, ERR_USAGE, "a node runs 1 to %d trials at once", LIMIT_SLOTS_NODE);
        return NULL;
    }
    if (len == 0 || config->runs[0] != '/' || len > EXECUTOR_RUNS_MAX) {
        err_set(err, ERR_USAGE,
                "the folder for trials must be an absolute path of at most %d bytes",
                EXECUTOR_RUNS_MAX);
        return NULL;
    }
    ensure(size >= executor_memory(config->slots));
    memcpy(e->runs, config->runs, len + 1);
    e->places = config->slots;
    e->cpus = config->cpus;
    e->silent = config->silent;
    e->apart_until = INT64_MIN;
    return e;
}

/* ---- jobs ---- */

static struct open_job *find_job(struct executor *e, const struct job_id *id) {
    for (uint32_t i = 0; i < e->jobs_used; i++) {
        if (e->jobs[i].used && job_id_equal(&e->jobs[i].id, id))
            return &e->jobs[i];
    }
    return NULL;
}

static uint32_t position_of(const struct executor *e, const struct open_job *job) {
    return (uint32_t)(job - e->jobs);
}

struct trial *executor_trial(struct executor *e, const struct job_id *id, uint64_t slot) {
    const struct open_job *job = find_job(e, id);
    for (uint32_t i = 0; i < e->places && job != NULL; i++) {
        struct trial *t = &e->trials[i];
        if (t->life != LIFE_FREE && t->slot == slot && t->job == position_of(e, job))
            return t;
    }
    return NULL;
}

static void read_job(struct open_job *job, struct job_memory *memory, struct span spec) {
    struct arena arena = arena_of(memory->arena, sizeof memory->arena);
    if (spec.len > sizeof memory->spec) {
        err_set(&job->fault, ERR_BAD_JOB_FILE, "the job is longer than %d bytes",
                LIMIT_JOB_SPEC_BYTES);
        return;
    }
    memcpy(memory->spec, spec.data, spec.len);
    if (job_decode(&job->job, span_of(memory->spec, spec.len), &arena, &job->fault))
        reading_rules_init(&memory->rules, &job->job, &job->fault);
}

static void open_job(struct executor *e, const struct msg_job_open *m) {
    struct open_job *known = find_job(e, &m->job);
    if (known != NULL) { /* it goes on, while trials of before are being stopped */
        known->shut = false;
        return;
    }
    for (uint32_t i = 0; i < EXECUTOR_JOBS; i++) {
        if (e->jobs[i].used)
            continue;
        e->jobs_used = i < e->jobs_used ? e->jobs_used : i + 1;
        e->jobs[i] = (struct open_job){.used = true, .id = m->job};
        e->job_memory[i].rules.patterns_count = 0;
        read_job(&e->jobs[i], &e->job_memory[i], m->spec);
        return;
    }
    ensure(false); /* facts opens no more than LIMIT_JOBS_OPEN */
}

static void forget_if_over(struct executor *e, struct open_job *job) {
    if (!job->shut || job->trials > 0)
        return;
    reading_rules_release(&e->job_memory[position_of(e, job)].rules);
    suspects_forget_job(&e->suspects, &job->id);
    job->used = false;
}

void executor_release(struct executor *e) {
    for (uint32_t i = 0; i < e->jobs_used; i++) {
        if (e->jobs[i].used)
            reading_rules_release(&e->job_memory[i].rules);
    }
}

/* ---- outcomes ---- */

/* Says every outcome there is room for; the others wait for the next step, which is due at once. */
static void say_outcomes(struct executor *e, struct says *out) {
    for (uint32_t i = 0; i < e->places; i++) {
        struct trial *t = &e->trials[i];
        if (t->life != LIFE_OVER || executor_has_stands(t) ||
            out->frames.cap - out->frames.len < OUTCOME_ROOM)
            continue;
        if (t->verdict != TRIAL_LOST && !t->suspected)
            suspects_forget(&e->suspects, &e->jobs[t->job].id, t->slot);
        executor_say_trial_outcome(e, t, out);
        const struct followed what = {.trial = t, .job = &e->jobs[t->job].id};
        followers_over(&e->followers, &what, t->verdict == TRIAL_LOST, out);
        t->life = LIFE_FREE;
        e->jobs[t->job].trials--;
        forget_if_over(e, &e->jobs[t->job]);
    }
}

/* ---- leases ---- */

/* Why the lease cannot be taken now; NULL: it can, by *free. */
static const char *refusal(struct executor *e, const struct msg_lease *lease, struct trial **free) {
    const struct open_job *job = find_job(e, &lease->job);
    uint32_t running = 0;
    *free = NULL;
    if (e->quitting)
        return "zyg was being stopped";
    if (job == NULL || job->shut)
        return "its job does not run here";
    if (e->launcher_down || e->shortage.on)
        return "trials could not be started";
    for (uint32_t i = 0; i < e->places; i++) {
        struct trial *t = &e->trials[i];
        if (t->life == LIFE_FREE) {
            *free = *free == NULL ? t : *free;
            continue;
        }
        running++;
        if (t->slot == lease->slot && t->job == position_of(e, job))
            return "an earlier attempt was still running"; /* they would share a folder */
    }
    return *free == NULL || running >= executor_room(e) ? "no place was free for it" : NULL;
}

uint32_t executor_room(const struct executor *e) {
    uint32_t narrow = e->shortage.room;
    uint32_t room = narrow > 0 && narrow < e->slots ? narrow : e->slots;
    return e->apart_until == INT64_MIN || room == 0 ? room : 1;
}

static void put_scratch(struct buf *out, const struct executor *e, const struct job_id *job,
                        uint64_t slot) {
    buf_text(out, e->runs);
    buf_byte(out, '/');
    job_id_print(out, job);
    buf_byte(out, '/');
    buf_u64(out, slot);
}

static bool fill_command(struct executor *e, const struct open_job *job,
                         const struct msg_lease *lease, struct span scratch, struct moment at,
                         struct err *err) {
    uint32_t share = e->slots > 0 ? e->cpus / e->slots : 0;
    const struct command_context context = {
        .job = &job->job,
        .values = e->values,
        .id = lease->job,
        .slot = lease->slot,
        .attempt = lease->attempt,
        .from = lease->from,
        .scratch = scratch,
        .began = at.wall,
        .cpus = share > 0 ? share : 1,
    };
    if (job->fault.code != ERR_NONE) {
        *err = job->fault;
        return false;
    }
    if (lease->config.len > LIMIT_JOB_SPEC_BYTES ||
        !job_config_decode(&job->job, lease->config, e->values, NULL))
        return err_set(err, ERR_BAD_FACT, "its configuration cannot be read");
    if (!executor_check_parent(lease, err))
        return false;
    return command_fill(&e->command, &context, err);
}

/* What is started is e->command. */
static void say_spawn(const struct executor *e, const struct trial *t,
                      const struct msg_lease *lease, struct span scratch, struct says *out) {
    char memory[COMMAND_SCRATCH_MAX];
    struct buf from = buf_of(memory, sizeof memory);
    struct msg m = {.kind = MSG_spawn};
    if (lease->from > 0)
        put_scratch(&from, e, &lease->job, lease->from - 1);
    m.spawn.run = t->run;
    m.spawn.argv = buf_view(&e->command.argv);
    m.spawn.env = buf_view(&e->command.env);
    m.spawn.dir = e->jobs[t->job].job.dir;
    m.spawn.scratch = scratch;
    m.spawn.params = buf_view(&e->command.params);
    m.spawn.kept = e->wary;
    m.spawn.saves = climb_has_rungs(&t->climb);
    m.spawn.from = buf_view(&from);
    m.spawn.from_ends = lease->from > 0 && executor_parent_ends(e, t->job, lease->from - 1);
    say(out, &m);
}

static void begin_trial(struct executor *e, const struct msg_lease *lease, struct moment at,
                        struct says *out) {
    struct trial *t;
    char memory[COMMAND_SCRATCH_MAX];
    struct buf scratch = buf_of(memory, sizeof memory);
    struct err err = {.code = ERR_NONE};
    const char *why = refusal(e, lease, &t);
    if (why != NULL) {
        executor_say_refusal(e, lease, TRIAL_LOST, why, at, out);
        return;
    }
    struct open_job *job = find_job(e, &lease->job);
    put_scratch(&scratch, e, &lease->job, lease->slot);
    if (!fill_command(e, job, lease, buf_view(&scratch), at, &err)) {
        executor_say_refusal(e, lease, TRIAL_NO_START, err.what, at, out);
        return;
    }
    uint32_t position = position_of(e, job);
    trial_init(t, lease, &e->job_memory[position].rules, &job->job.limits, at);
    t->job = position;
    t->run = ++e->run;
    climb_begin(&t->climb, &job->job, lease->curve);
    job->trials++;
    say_spawn(e, t, lease, buf_view(&scratch), out);
}

static void hear_lease(struct executor *e, const struct msg_lease *lease, struct moment at,
                       struct says *out) {
    const bool waits = !e->quitting && find_job(e, &lease->job) == NULL;
    if (!waits || !early_add(&e->early, lease, at.now))
        begin_trial(e, lease, at, out);
}

/* Those of this job are begun; of all that have waited long enough (NULL) it is said that they cannot be. */
static void end_waits(struct executor *e, const struct job_id *job, struct moment at,
                      struct says *out) {
    struct early_lease early;
    while (early_take(&e->early, job, e->quitting ? WHEN_NEVER : at.now, &early))
        begin_trial(e, &early.lease, at, out);
}

/* ---- what is heard ---- */

/* To the trials of one job, or of all (NULL). */
static void tell_all(struct executor *e, const struct open_job *job,
                     const struct trial_heard *heard, struct says *out) {
    for (uint32_t i = 0; i < e->places; i++) {
        struct trial *t = &e->trials[i];
        if (t->life != LIFE_FREE && (job == NULL || t->job == position_of(e, job)))
            executor_say_acts(t, trial_hear(t, heard), out);
    }
}

static void stop_job(struct executor *e, const struct open_job *job, enum stop stop,
                     struct moment at, struct says *out) {
    const struct trial_heard heard = {.news = NEWS_STOP, .stop = stop, .at = at};
    tell_all(e, job, &heard, out);
}

static void hear_job_shut(struct executor *e, const struct msg_job_shut *m, struct moment at,
                          struct says *out) {
    struct open_job *job = find_job(e, &m->job);
    if (job == NULL)
        return;
    job->shut = true;
    job->ended_with = m->trials;
    stop_job(e, job, STOP_CANCEL, at, out);
    forget_if_over(e, job);
}

static void hear_follow(struct executor *e, uint32_t peer, const struct msg_follow *m,
                        struct moment at, struct says *out) {
    const struct followed what = {.job = &m->job, .trial = executor_trial(e, &m->job, m->slot)};
    followers_hear(&e->followers, peer, m, &what, at.now, out);
}

static void hear_quit(struct executor *e, struct moment at, struct says *out) {
    const struct trial_heard heard = {
        .news = e->quitting ? NEWS_HURRY : NEWS_STOP,
        .stop = STOP_QUIT,
        .at = at,
    };
    e->quitting = true;
    e->quiet = false;
    tell_all(e, NULL, &heard, out);
}

static struct trial *find_run(struct executor *e, uint64_t run) {
    for (uint32_t i = 0; i < e->places; i++) {
        if (e->trials[i].life != LIFE_FREE && e->trials[i].run == run)
            return &e->trials[i];
    }
    return NULL;
}

/* The launcher about one run; one that is over is no longer known. */
static void hear_run(struct executor *e, uint64_t run, enum trial_news news, const struct msg *msg,
                     struct moment at, struct says *out) {
    const struct trial_heard heard = {.news = news, .msg = msg, .at = at};
    struct trial *t = find_run(e, run);
    if (t != NULL)
        executor_say_acts(t, trial_hear(t, &heard), out);
}

/* ---- the machine's own failures ---- */

static uint32_t count_running(const struct executor *e) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < e->places; i++)
        count += e->trials[i].life != LIFE_FREE && e->trials[i].life != LIFE_OVER;
    return count;
}

static void begin_shortage(struct executor *e, int64_t error, struct span what, struct moment at,
                           struct says *out) {
    bool begins = !e->shortage.on;
    shortage_begins(&e->shortage, at.now);
    executor_say_unfit(error, what, out);
    if (begins)
        executor_say_capacity(e, out);
}

static bool is_look(const struct executor *e, uint64_t run) {
    return run > 0 && run == e->shortage.look;
}

static void end_shortage(struct executor *e, struct moment at, struct says *out) {
    shortage_ends(&e->shortage, at.now);
    executor_say_fit(out);
    executor_say_capacity(e, out);
}

/* Of what each trial takes some there is enough for the others. */
static void narrow(struct executor *e, const struct msg_spawn_failed *m, uint32_t others,
                   struct moment at, struct says *out) {
    uint32_t before = executor_room(e);
    struct buf why = buf_of(e->narrow_why, CAUSE_BYTES);
    cause_put(&why, m->what, CAUSE_BYTES);
    e->narrow_why[why.len] = '\0';
    e->narrow_error = m->error;
    shortage_narrows(&e->shortage, others, at.now);
    if (executor_room(e) < before)
        executor_say_capacity(e, out);
}

static void widen(struct executor *e, struct moment at, struct says *out) {
    bool told = shortage_tells(&e->shortage, at.now);
    if (told && !e->silent)
        executor_say_narrow(e, out);
    if (!shortage_grows(&e->shortage, e->slots, at.now))
        return;
    if (e->shortage.room > 0)
        executor_say_capacity(e, out);
    else if (!e->silent)
        executor_say_wide(out);
}

static void hear_spawned(struct executor *e, const struct msg *msg, struct moment at,
                         struct says *out) {
    if (is_look(e, msg->spawned.run))
        end_shortage(e, at, out);
    else
        hear_run(e, msg->spawned.run, NEWS_SPAWNED, msg, at, out);
}

static void hear_spawn_failed(struct executor *e, const struct msg *msg, struct moment at,
                              struct says *out) {
    const struct msg_spawn_failed *m = &msg->spawn_failed;
    bool known = is_look(e, m->run) || find_run(e, m->run) != NULL;
    uint32_t others = count_running(e) - (find_run(e, m->run) != NULL);
    if (known && others > 0 && !e->shortage.on && shortage_is_shared(m->error))
        narrow(e, m, others, at, out);
    else if (known && shortage_is(m->error))
        begin_shortage(e, m->error, m->what, at, out);
    else if (is_look(e, m->run))
        end_shortage(e, at, out);
    hear_run(e, m->run, NEWS_FAILED, msg, at, out);
}

static when_ms look_time(const struct executor *e) {
    bool looks = e->shortage.on && e->shortage.look == 0 && !e->launcher_down && !e->quitting;
    return looks ? e->shortage.due : WHEN_NEVER;
}

static void hear_output(struct executor *e, const struct msg_output *m, struct moment at,
                        struct says *out) {
    struct trial *t = find_run(e, m->run);
    if (t == NULL || t->life == LIFE_OVER)
        return;
    enum trial_acts acts = trial_print(t, m->bytes, m->saved, at);
    const struct followed what = {.trial = t, .job = &e->jobs[t->job].id};
    followers_printed(&e->followers, &what, at.now, out);
    executor_say_acts(t, acts, out);
}

/* Who of them killed it, if any did, is not known: from now on it can be. */
static void become_wary(struct executor *e, uint32_t suspects, struct says *out) {
    if (e->wary || suspects == 0)
        return;
    e->wary = true;
    if (!e->silent)
        executor_say_wary(suspects, out);
}

static void hear_launcher(struct executor *e, const struct msg *msg, struct moment at,
                          struct says *out) {
    uint32_t suspects = 0;
    bool alone = count_running(e) == 1;
    bool unable = msg->kind == MSG_launcher_down && msg->launcher_down.unable;
    e->launcher_down = msg->kind == MSG_launcher_down;
    e->shortage.due =
        at.now; /* of zyg-run that has begun it is known at once whether it can start trials */
    for (uint32_t i = 0; i < e->places && e->launcher_down; i++) {
        struct trial *t = &e->trials[i];
        struct trial_heard heard = {.news = NEWS_GONE, .msg = msg, .at = at};
        if (t->life == LIFE_FREE)
            continue;
        if (trial_is_suspect(t) && !unable) {
            heard.deaths = suspects_add(&e->suspects, &e->jobs[t->job].id, t->slot, alone, at.now);
            suspects++;
        }
        executor_say_acts(t, trial_hear(t, &heard), out);
    }
    become_wary(e, suspects, out);
    e->apart_until = suspects_apart_until(&e->suspects, at.now);
    if (unable)
        begin_shortage(e, 0, msg->launcher_down.what, at, out);
    e->shortage.look = 0;
    executor_say_capacity(e, out);
}

/* The suspects are cleared, or were not seen for long: as many trials as before may run again. */
static void end_apart(struct executor *e, struct moment at, struct says *out) {
    if (e->apart_until == INT64_MIN)
        return;
    e->apart_until = suspects_apart_until(&e->suspects, at.now);
    if (e->apart_until == INT64_MIN)
        executor_say_capacity(e, out);
}

static void hear_time(struct executor *e, struct moment at, struct says *out) {
    const struct trial_heard heard = {
        .news = NEWS_DUE,
        .stop = e->quitting ? STOP_QUIT : STOP_NONE,
        .at = at,
    };
    for (uint32_t i = 0; i < e->places; i++) {
        struct trial *t = &e->trials[i];
        if (t->life != LIFE_FREE && t->due <= at.now)
            executor_say_acts(t, trial_hear(t, &heard), out);
    }
}

static void hear(struct executor *e, const struct event *event, struct moment at,
                 struct says *out) {
    const struct msg *msg = &event->msg;
    switch (msg->kind) {
    case MSG_NONE: hear_time(e, at, out); break;
    case MSG_start:
        e->slots = msg->start.slots < e->places ? (uint32_t)msg->start.slots : e->places;
        executor_say_capacity(e, out);
        break;
    case MSG_job_open:
        open_job(e, &msg->job_open);
        end_waits(e, &msg->job_open.job, at, out);
        break;
    case MSG_job_shut: hear_job_shut(e, &msg->job_shut, at, out); break;
    case MSG_lease: hear_lease(e, &msg->lease, at, out); break;
    case MSG_verdict: executor_hear_verdict(e, &msg->verdict, at, out); break;
    case MSG_follow: hear_follow(e, event->peer, &msg->follow, at, out); break;
    case MSG_quit: hear_quit(e, at, out); break;
    case MSG_spawned: hear_spawned(e, msg, at, out); break;
    case MSG_spawn_failed: hear_spawn_failed(e, msg, at, out); break;
    case MSG_output: hear_output(e, &msg->output, at, out); break;
    case MSG_output_end: hear_run(e, msg->output_end.run, NEWS_OUTPUT_END, msg, at, out); break;
    case MSG_exited: hear_run(e, msg->exited.run, NEWS_EXITED, msg, at, out); break;
    case MSG_launcher_up:
    case MSG_launcher_down: hear_launcher(e, msg, at, out); break;
    default: break; /* no other message is routed here */
    }
}

static bool is_idle(const struct executor *e) {
    for (uint32_t i = 0; i < e->places; i++) {
        if (e->trials[i].life != LIFE_FREE)
            return false;
    }
    return true;
}

static void executor_step(void *self, const struct event *event, struct moment at,
                          struct says *out) {
    struct executor *e = self;
    hear(e, event, at, out);
    end_waits(e, NULL, at, out);
    executor_say_stands(e, out);
    say_outcomes(e, out);
    end_apart(e, at, out);
    widen(e, at, out);
    if (look_time(e) <= at.now)
        executor_say_look(e, out);
    if (e->quitting && !e->quiet && is_idle(e)) {
        struct msg m = {.kind = MSG_quiet};
        m.quiet.room = ROOM_EXECUTOR;
        say(out, &m);
        e->quiet = true;
    }
}

static when_ms executor_deadline(const void *self) {
    const struct executor *e = self;
    when_ms soonest =
        when_sooner(look_time(e), e->apart_until == INT64_MIN ? WHEN_NEVER : e->apart_until);
    soonest = when_sooner(soonest, early_deadline(&e->early));
    soonest = when_sooner(soonest, shortage_wakes(&e->shortage));
    for (uint32_t i = 0; i < e->places; i++) {
        const struct trial *t = &e->trials[i];
        if (t->life == LIFE_OVER || executor_has_stands(t))
            return 0; /* there was no room to say it */
        if (t->life != LIFE_FREE)
            soonest = when_sooner(soonest, t->due);
    }
    return soonest;
}

static void executor_check(const void *self) {
    const struct executor *e = self;
    uint32_t trials[EXECUTOR_JOBS] = {0};
    ensure(e->shortage.on || e->shortage.look == 0);
    ensure(e->early.count <= EARLY_MOST);
    for (uint32_t i = 0; i < e->places; i++) {
        const struct trial *t = &e->trials[i];
        trial_check(t);
        if (t->life != LIFE_FREE)
            trials[t->job]++;
    }
    for (uint32_t i = 0; i < e->jobs_used; i++) {
        ensure(e->jobs[i].used || trials[i] == 0);
        ensure(!e->jobs[i].used || e->jobs[i].trials == trials[i]);
        ensure(!e->jobs[i].used || !e->jobs[i].shut || trials[i] > 0);
    }
}

/* What a step needs for itself, places where nothing runs, and jobs that are not here. */
static void executor_spare(void *self, const struct spare *spare) {
    struct executor *e = self;
    spare_take(spare, e->values, sizeof e->values);
    spare_take(spare, &e->command, sizeof e->command);
    spare_take(spare, e->result, sizeof e->result);
    spare_take(spare, e->metrics, sizeof e->metrics);
    spare_take(spare, e->series, sizeof e->series);
    spare_take(spare, e->tail, sizeof e->tail);
    for (uint32_t i = 0; i < e->jobs_used; i++) {
        if (!e->jobs[i].used)
            spare_take(spare, &e->job_memory[i], sizeof e->job_memory[i]);
    }
    for (uint32_t i = 0; i < e->places; i++) {
        if (e->trials[i].life == LIFE_FREE)
            spare_take(spare, &e->trials[i], sizeof e->trials[i]);
    }
}

struct core executor_core(struct executor *e) {
    return (struct core){
        .room = ROOM_EXECUTOR,
        .self = e,
        .step = executor_step,
        .deadline = executor_deadline,
        .check = executor_check,
        .spare = executor_spare,
    };
}
