#include "actors/tuner/known.h"

#include "proto/base/check.h"
#include "proto/base/ranges.h"

#include <string.h>

enum { VALUE_BYTES = 9 /* of what is no text, encoded */, TEXT_BYTES = 5 /* before one */ };

size_t known_config_cap(const struct job *job) {
    size_t bytes = TEXT_BYTES + VALUE_BYTES; /* and whose copy it is */
    for (uint32_t i = 0; i < job->params_count; i++) {
        const struct param *p = &job->params[i];
        size_t longest = VALUE_BYTES;
        for (uint32_t k = 0; k < p->choices_count; k++) {
            size_t len = p->choices[k].kind == VALUE_TEXT ? p->choices[k].text.len + TEXT_BYTES : 0;
            longest = len > longest ? len : longest;
        }
        bytes += longest;
    }
    return bytes;
}

/* At least twice the slots: chains stay short. */
static uint32_t cells_of(uint32_t capacity) {
    uint32_t count = 4;
    while (count < capacity * 2)
        count *= 2;
    return count;
}

/* As result_fact says them. */
static size_t others_cap_of(const struct job *job) {
    return job->metrics_count > 1 ? TEXT_BYTES + VALUE_BYTES * (job->metrics_count - 1) : 0;
}

static uint32_t rungs_of(const struct job *job) {
    return ladder_of_job(&job->rungs).count - 1;
}

size_t known_bytes(uint32_t capacity, const struct job *job) {
    enum { SLACK = 8 * 64 /* what the arena aligns */ };
    uint32_t rungs = rungs_of(job);
    size_t end = sizeof(struct node_id) + sizeof(struct curve);
    size_t curves = rungs > 0 ? rungs * sizeof(struct known_stand) + end : 0;
    return SLACK + (size_t)cells_of(capacity) * sizeof(uint32_t) +
           capacity * (sizeof(struct known_slot) + sizeof(uint32_t) + known_config_cap(job) +
                       others_cap_of(job) + curves);
}

bool known_init(struct known *k, uint32_t capacity, const struct job *job, struct arena *arena) {
    *k = (struct known){.capacity = capacity,
                        .config_cap = known_config_cap(job),
                        .others_cap = others_cap_of(job),
                        .rungs = rungs_of(job)};
    if (k->rungs > 0) {
        k->stands = arena_take_unset(arena, (size_t)capacity * k->rungs * sizeof *k->stands);
        k->homes = arena_take_unset(arena, capacity * sizeof *k->homes);
        k->ends = arena_take_unset(arena, capacity * sizeof *k->ends);
    }
    k->items = arena_take_unset(arena, capacity * sizeof *k->items);
    k->configs = arena_take_unset(arena, capacity * k->config_cap);
    k->others = arena_take_unset(arena, capacity * k->others_cap);
    k->order = arena_take_unset(arena, capacity * sizeof *k->order);
    k->cells_count = cells_of(capacity);
    k->cells = arena_take(arena, k->cells_count * sizeof *k->cells);
    return !arena->full;
}

void known_clear(struct known *k) {
    k->count = 0;
    memset(k->cells, 0, k->cells_count * sizeof *k->cells);
}

/* Where the slot is, or the free cell where it would go. Fibonacci hashing. */
static uint32_t *cell_of(const struct known *k, uint32_t slot) {
    uint32_t at = (uint32_t)(slot * 0x9e3779b97f4a7c15u >> 32) & (k->cells_count - 1);
    while (k->cells[at] != 0 && k->items[k->cells[at] - 1].slot != slot)
        at = (at + 1) & (k->cells_count - 1);
    return &k->cells[at];
}

struct known_slot *known_find(const struct known *k, uint32_t slot) {
    uint32_t cell = *cell_of(k, slot);
    return cell == 0 ? NULL : &k->items[cell - 1];
}

struct known_slot *known_put(struct known *k, uint32_t slot) {
    if (k->count == k->capacity)
        return NULL;
    uint32_t *cell = cell_of(k, slot);
    ensure(*cell == 0);
    struct known_slot *item = &k->items[k->count++];
    *item = (struct known_slot){.slot = slot, .trial = KNOWN_NO_TRIAL, .status = TRIAL_OPEN};
    *cell = k->count;
    for (uint32_t i = 0; i < k->rungs; i++)
        *known_stand(k, item, i) = (struct known_stand){.attempt = 0};
    if (k->rungs > 0)
        *known_home(k, item) = (struct node_id){{0}};
    known_set_end(k, item, &(struct curve){0});
    return item;
}

struct known_stand *known_stand(const struct known *k, const struct known_slot *item,
                                uint32_t rung) {
    ensure(rung < k->rungs);
    return &k->stands[(size_t)(item - k->items) * k->rungs + rung];
}

const struct known_stand *known_last_stand(const struct known *k, const struct known_slot *item) {
    const struct known_stand *stand = NULL;
    for (uint32_t i = k->rungs; i-- > 0 && stand == NULL;) {
        if (known_stand(k, item, i)->curve.told > 0)
            stand = known_stand(k, item, i);
    }
    return stand;
}

bool known_stand_counts(const struct known_stand *a, const struct known_stand *b) {
    uint8_t memory[2][CURVE_BYTES];
    struct buf x = buf_of(memory[0], CURVE_BYTES), y = buf_of(memory[1], CURVE_BYTES);
    if (b->curve.told == 0 || a->attempt != b->attempt)
        return b->curve.told == 0 || a->attempt < b->attempt;
    if (a->saved != b->saved)
        return !a->saved;
    curve_encode(&a->curve, &x);
    curve_encode(&b->curve, &y);
    return span_compare(buf_view(&x), buf_view(&y)) < 0;
}

struct node_id *known_home(const struct known *k, const struct known_slot *item) {
    ensure(k->rungs > 0);
    return &k->homes[item - k->items];
}

const struct curve *known_end(const struct known *k, const struct known_slot *item) {
    bool ended = k->rungs > 0 && item->has_value && item->status != TRIAL_PAUSED;
    return ended && k->ends[item - k->items].told > 0 ? &k->ends[item - k->items] : NULL;
}

void known_set_end(struct known *k, const struct known_slot *item, const struct curve *curve) {
    if (k->rungs > 0)
        k->ends[item - k->items] = *curve;
}

struct span known_config(const struct known *k, const struct known_slot *item) {
    return span_of(k->configs + (size_t)(item - k->items) * k->config_cap, item->config_len);
}

void known_set_config(struct known *k, struct known_slot *item, struct span config) {
    ensure(config.len <= k->config_cap);
    memmove(k->configs + (size_t)(item - k->items) * k->config_cap, config.data, config.len);
    item->config_len = (uint32_t)config.len;
}

struct span known_others(const struct known *k, const struct known_slot *item) {
    return span_of(k->others + (size_t)(item - k->items) * k->others_cap, item->others_len);
}

void known_set_others(struct known *k, struct known_slot *item, struct span others) {
    ensure(others.len <= k->others_cap);
    if (others.len > 0)
        memmove(k->others + (size_t)(item - k->items) * k->others_cap, others.data, others.len);
    item->others_len = (uint16_t)others.len;
}

/* ---- orders ---- */

struct by {
    const struct known *known;
    const struct job *job; /* by value; NULL: by slot */
    uint32_t objective;
};

/* Below 0: x is better. */
static int compare_values(const struct by *by, const struct known_slot *x,
                          const struct known_slot *y) {
    struct measure a, b;
    ensure(measure_of(&a, by->job, x->value, known_others(by->known, x)));
    ensure(measure_of(&b, by->job, y->value, known_others(by->known, y)));
    double u = a.values[by->objective], v = b.values[by->objective];
    if (a.breach != b.breach)
        return a.breach < b.breach ? -1 : 1;
    if (u == v)
        return 0;
    return (u < v) == (by->job->objectives[by->objective].goal == GOAL_MINIMIZE) ? -1 : 1;
}

static bool comes_before(const struct by *by, uint32_t a, uint32_t b) {
    const struct known_slot *x = &by->known->items[a], *y = &by->known->items[b];
    if (by->job != NULL && x->has_value != y->has_value)
        return x->has_value;
    int order = by->job != NULL && x->has_value ? compare_values(by, x, y) : 0;
    return order != 0 ? order < 0 : x->slot < y->slot;
}

static void sift_down(const struct by *by, uint32_t *heap, uint32_t at, uint32_t count) {
    uint32_t moved = heap[at];
    for (uint32_t child = 2 * at + 1; child < count; child = 2 * at + 1) {
        if (child + 1 < count && comes_before(by, heap[child], heap[child + 1]))
            child++;
        if (!comes_before(by, moved, heap[child]))
            break;
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = moved;
}

/* Heapsort (Knuth, TAOCP 3, 5.2.3): no memory, no worst case. */
static void sort(const struct by *by, uint32_t *order, uint32_t count) {
    for (uint32_t i = count / 2; i-- > 0;)
        sift_down(by, order, i, count);
    for (uint32_t end = count; end-- > 1;) {
        uint32_t last = order[0];
        order[0] = order[end];
        order[end] = last;
        sift_down(by, order, 0, end);
    }
}

static void sort_by(struct known *k, const struct job *job, uint32_t objective) {
    const struct by by = {.known = k, .job = job, .objective = objective};
    bool sorted = true;
    for (uint32_t i = 0; i < k->count; i++) {
        k->order[i] = i;
        sorted = sorted && (i == 0 || comes_before(&by, i - 1, i));
    }
    if (!sorted)
        sort(&by, k->order, k->count);
}

void known_sort(struct known *k) {
    sort_by(k, NULL, 0);
}

/* ---- forgetting ---- */

/* The mark of an item that stays. */
enum { STAYS = 0 };

static void keep(struct known *k, uint32_t slot, uint32_t repeat, uint32_t *kept) {
    const uint32_t first = slot / repeat * repeat;
    for (uint32_t i = first; i - first < repeat; i++) {
        struct known_slot *item = known_find(k, i);
        if (item == NULL || item->trial == STAYS)
            continue;
        item->trial = STAYS;
        ++*kept;
    }
}

/* A slot as it was, of this memory or another's. */
struct former {
    struct known_slot item;
    const uint8_t *config, *others;
    struct known_stand stands[RUNGS_MOST];
    struct node_id home;
    struct curve end;
};

static struct former former_of(const struct known *k, uint32_t i) {
    struct former f = {.item = k->items[i],
                       .config = k->configs + (size_t)i * k->config_cap,
                       .others = k->others + (size_t)i * k->others_cap};
    for (uint32_t r = 0; r < k->rungs; r++)
        f.stands[r] = k->stands[(size_t)i * k->rungs + r];
    if (k->rungs == 0)
        return f;
    f.home = k->homes[i];
    f.end = k->ends[i];
    return f;
}

static void put_former(struct known *k, const struct former *f) {
    struct known_slot *item = known_put(k, f->item.slot);
    *item = f->item;
    item->trial = KNOWN_NO_TRIAL;
    known_set_config(k, item, span_of(f->config, f->item.config_len));
    known_set_others(k, item, span_of(f->others, f->item.others_len));
    for (uint32_t r = 0; r < k->rungs; r++)
        *known_stand(k, item, r) = f->stands[r];
    if (k->rungs > 0)
        *known_home(k, item) = f->home;
    known_set_end(k, item, &f->end);
}

void known_copy(struct known *to, const struct known *from) {
    ensure(to->count == 0 && from->count <= to->capacity);
    for (uint32_t i = 0; i < from->count; i++) {
        const struct former f = former_of(from, i);
        put_former(to, &f);
    }
}

/* What is moved lies in front of where it was, or there. */
static void compact(struct known *k) {
    uint32_t count = k->count;
    known_clear(k);
    for (uint32_t i = 0; i < count; i++) {
        const struct former f = former_of(k, i);
        if (f.item.trial == STAYS)
            put_former(k, &f);
    }
}

void known_forget(struct known *k, const struct job *job) {
    const uint32_t repeat = job_runs_each(job);
    const uint32_t objectives = job->objectives_count > 0 ? job->objectives_count : 1;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < k->count; i++)
        k->items[i].trial = KNOWN_NO_TRIAL;
    for (uint32_t i = 0; i < k->count; i++) {
        if (k->items[i].status == TRIAL_OPEN)
            keep(k, k->items[i].slot, repeat, &kept);
    }
    for (uint32_t objective = 0; objective < objectives; objective++) {
        sort_by(k, job, objective);
        for (uint32_t i = 0; i < k->count && i < k->capacity / 8 / objectives; i++)
            keep(k, k->items[k->order[i]].slot, repeat, &kept);
    }
    known_sort(k);
    for (uint32_t i = k->count; i-- > 0 && kept < k->capacity / 2;)
        keep(k, k->items[k->order[i]].slot, repeat, &kept);
    compact(k);
}

uint32_t known_trials(const struct known *k, struct span slots, uint32_t trials[LIMIT_NEAR]) {
    struct range memory[LIMIT_NEAR];
    struct ranges ranges = ranges_of(memory, LIMIT_NEAR);
    uint32_t count = 0;
    if (!ranges_decode(&ranges, slots) || ranges_size(&ranges) > LIMIT_NEAR)
        return 0;
    for (uint32_t i = 0; i < ranges.count; i++) {
        for (uint64_t slot = ranges.items[i].from; slot < ranges.items[i].to; slot++) {
            const struct known_slot *item =
                slot < UINT32_MAX ? known_find(k, (uint32_t)slot) : NULL;
            if (item != NULL && item->trial != KNOWN_NO_TRIAL)
                trials[count++] = item->trial;
        }
    }
    return count;
}
