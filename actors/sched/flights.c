#include "actors/sched/flights.h"

#include "proto/base/check.h"

#include <string.h>

static struct flight *at(struct flights *t, uint32_t number) {
    return number == 0 ? NULL : &t->entries[number - 1];
}

static uint32_t number_of(const struct flights *t, const struct flight *f) {
    return (uint32_t)(f - t->entries) + 1;
}

/* Job ids are hashes already; slots are counted, so they are spread by a multiplication (Knuth, TAOCP 3, 6.4). */
static uint32_t *bucket_of(struct flights *t, const struct job_id *job, uint64_t slot) {
    uint64_t mixed = (read_be64(job->bytes) ^ slot) * 0x9e3779b97f4a7c15u;
    return &t->buckets[(mixed >> 32) % FLIGHTS_BUCKETS];
}

struct flight *flights_find(struct flights *t, const struct job_id *job, uint64_t slot) {
    struct flight *f = at(t, *bucket_of(t, job, slot));
    while (f != NULL && (f->slot.slot != slot || !job_id_equal(&f->job, job)))
        f = at(t, f->chain);
    return f;
}

static struct flight *take_free(struct flights *t) {
    struct flight *f = at(t, t->free);
    if (f != NULL) {
        t->free = f->next;
        return f;
    }
    return t->used < LIMIT_BEGUN ? &t->entries[t->used++] : NULL;
}

struct flight *flights_add(struct flights *t, const struct job_id *job,
                           const struct plan_slot *slot) {
    struct flight *f = take_free(t);
    if (f == NULL)
        return NULL;
    uint32_t *bucket = bucket_of(t, job, slot->slot);
    *f = (struct flight){
        .job = *job, .slot = *slot, .made = slot->attempts, .rest = INT64_MIN, .chain = *bucket};
    *bucket = number_of(t, f);
    t->count++;
    return f;
}

static void leave_list(struct flights *t, struct flight *f) {
    if (f->list == FLIGHTS_NOWHERE)
        return;
    uint32_t *to_it = f->before == 0 ? &t->lists[f->list].first : &t->entries[f->before - 1].next;
    uint32_t *back = f->next == 0 ? &t->lists[f->list].last : &t->entries[f->next - 1].before;
    *to_it = f->next;
    *back = f->before;
    f->next = f->before = 0;
    f->list = FLIGHTS_NOWHERE;
}

void flights_remove(struct flights *t, struct flight *f) {
    uint32_t number = number_of(t, f);
    uint32_t *link = bucket_of(t, &f->job, f->slot.slot);
    while (*link != number) {
        ensure(*link != 0);
        link = &at(t, *link)->chain;
    }
    *link = f->chain;
    leave_list(t, f);
    *f = (struct flight){.next = t->free};
    t->free = number;
    t->count--;
}

void flights_move(struct flights *t, struct flight *f, uint32_t list) {
    leave_list(t, f);
    if (list == FLIGHTS_NOWHERE)
        return;
    uint32_t last = t->lists[list].last;
    uint32_t *to_it = last == 0 ? &t->lists[list].first : &t->entries[last - 1].next;
    f->list = list;
    f->before = last;
    *to_it = t->lists[list].last = number_of(t, f);
}

struct flight *flights_first(struct flights *t, uint32_t list) {
    return at(t, t->lists[list].first);
}

struct flight *flights_next(struct flights *t, const struct flight *f) {
    return at(t, f->next);
}

when_ms flights_due(const struct flights *t, uint32_t list) {
    uint32_t first = t->lists[list].first;
    return first == 0 ? WHEN_NEVER : t->entries[first - 1].due;
}

void flights_clear(struct flights *t) {
    if (t->used == 0)
        return;
    memset(t->entries, 0, t->used * sizeof t->entries[0]);
    memset(t->buckets, 0, sizeof t->buckets);
    memset(t->lists, 0, sizeof t->lists);
    t->count = t->used = t->free = 0;
}

/* Of an empty table nothing is needed but that it is empty. */
void flights_spare(struct flights *t, const struct spare *spare) {
    if (t->count > 0)
        return;
    t->used = t->free = 0;
    spare_take(spare, t->buckets, sizeof t->buckets);
    spare_take(spare, t->entries, sizeof t->entries);
}
