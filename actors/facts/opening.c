/* opening - the last part of an errand that opens a job: its trials are read page by page, counted, told to the tuner, and
 * then every room hears that the job runs here. */
#include "actors/facts/facts_state.h"

enum { TRIALS_PAGE = 1024 };

void opening_leave(struct facts *f, struct says *out) {
    struct seat *s = &f->seats[f->errands.seat];
    if (f->errands.step == ERRAND_READS_TRIALS) /* the tuner has heard of it */
        say_to(out, ROOM_TUNER, 0,
               &(struct msg){.kind = MSG_job_shut, .job_shut = {.job = s->id, .state = JOB_OPEN}});
    open_slots_forget(&f->open_slots, f->errands.seat);
    s->state = SEAT_FREE;
}

static void read_trials(struct facts *f, struct span after, struct says *out) {
    struct errands *e = &f->errands;
    e->step = ERRAND_READS_TRIALS;
    e->scan = facts_scan(f, out,
                         &(struct msg_scan){.table = TABLE_trials,
                                            .prefix = span_of(errand_current(e)->job.bytes,
                                                              sizeof errand_current(e)->job.bytes),
                                            .after = after,
                                            .limit = TRIALS_PAGE});
}

/* The tuner hears of the job before it hears what was learned of it. */
void opening_begin(struct facts *f, struct says *out) {
    const struct seat *s = &f->seats[f->errands.seat];
    say_to(out, ROOM_TUNER, 0,
           &(struct msg){.kind = MSG_job_open,
                         .job_open = {.job = s->id, .spec = span_of(s->spec, s->spec_len)}});
    read_trials(f, (struct span){0}, out);
}

/* One row of an earlier life: into the counts, or among the slots that are begun. */
static bool take_trial(struct facts *f, struct seat *s, uint64_t slot,
                       const struct trial_row *row) {
    if (row->finished)
        return seat_count(s, slot, row);
    if (f->open_slots.count >= OPEN_SLOTS_RESUMED)
        return false;
    struct open_slot *open = open_slots_put(&f->open_slots, facts_seat_number(f, s), slot);
    open->attempts = row->attempts;
    return true;
}

static void open_seat(struct facts *f, struct seat *s, struct moment at, struct says *out) {
    struct errand *e = errand_current(&f->errands);
    uint8_t finished_memory[LIMIT_JOB_SPEC_BYTES], begun_memory[LIMIT_JOB_SPEC_BYTES];
    struct buf finished = buf_of(finished_memory, sizeof finished_memory);
    struct buf begun = buf_of(begun_memory, sizeof begun_memory);
    uint32_t seat = facts_seat_number(f, s);
    ranges_encode(&s->finished, &finished);
    for (uint32_t i = 0; i < OPEN_SLOTS_CELLS; i++) {
        const struct open_slot *open = &f->open_slots.cells[i];
        if (!open->used || open->seat != seat)
            continue;
        mp_put_u64(&begun, open->slot);
        mp_put_u64(&begun, open->attempts.made);
    }
    struct batch *batch = facts_room(f, 1024);
    if (finished.overflow || begun.overflow) {
        opening_leave(f, out);
        errand_fail(f, out, ERR_STORE, "the finished trials of the job have too many gaps");
        return;
    }
    if (batch == NULL) {
        opening_leave(f, out);
        errand_trouble(f, out, ERR_BUSY, "the disk does not keep up; try again");
        return;
    }
    struct msg opened = {.kind = MSG_job_open,
                         .job_open = {.job = s->id,
                                      .spec = span_of(s->spec, s->spec_len),
                                      .finished = buf_view(&finished),
                                      .begun = buf_view(&begun)}};
    static const enum room others[] = {ROOM_EXECUTOR, ROOM_GATEWAY, ROOM_SCHED};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        say_to(out, others[i], 0, &opened);
    s->state = SEAT_OPEN;
    s->counted_until = at.now;
    uint64_t before = ranges_size(&s->finished);
    if (before > 0 || begun.len > 0)
        facts_event(f, batch, s, at.wall, "resumed with %llu of %llu trials finished",
                    (unsigned long long)before, (unsigned long long)s->row.trials);
    facts_touch(f, s);
    errand_reply(e, out, ERR_NONE, "");
    if (seat_is_over(s, at.wall))
        facts_close_seat(f, batch, s, at.wall);
    errand_finish(f);
}

void opening_rows(struct facts *f, const struct msg_rows *rows, struct moment at,
                  struct says *out) {
    struct seat *s = &f->seats[f->errands.seat];
    struct mp in = mp_of(rows->rows);
    struct span key = {0};
    while (mp_peek(&in) != MP_END && in.bad == NULL) {
        struct trial_row row;
        key = mp_bin(&in);
        uint64_t slot = trial_row_key_slot(key);
        bool readable = trial_row_decode(&row, mp_bin(&in));
        if (!readable || !take_trial(f, s, slot, &row)) {
            bool crowded = readable && !row.finished;
            opening_leave(f, out);
            if (crowded)
                errand_trouble(
                    f, out, ERR_BUSY,
                    "too many trials are begun and not finished; let other jobs end first");
            else
                errand_fail(f, out, ERR_STORE, "the job's trials in the store cannot be read");
            return;
        }
        say(out, &(struct msg){.kind = MSG_learned,
                               .learned = {.job = s->id,
                                           .slot = slot,
                                           .config = row.config,
                                           .status = row.finished ? row.status : TRIAL_OPEN,
                                           .has_value = row.has_value,
                                           .value = row.value}});
    }
    if (rows->more)
        read_trials(f, key, out);
    else
        open_seat(f, s, at, out);
}
