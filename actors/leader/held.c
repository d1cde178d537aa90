#include "actors/leader/held.h"

#include "proto/base/mp.h"

const struct held_lease *held_find(const struct held *h, const struct job_id *job, uint64_t slot) {
    for (uint32_t i = 0; i < h->running_count; i++) {
        if (h->running[i].slot == slot && job_id_equal(&h->running[i].job, job))
            return &h->running[i];
    }
    return NULL;
}

bool held_add(struct held *h, const struct job_id *job, uint64_t slot, uint64_t attempt) {
    if (h->running_count == LIMIT_SLOTS_NODE)
        return false;
    h->running[h->running_count++] =
        (struct held_lease){.job = *job, .slot = slot, .attempt = attempt};
    return true;
}

bool held_end(struct held *h, const struct job_id *job, uint64_t slot, uint64_t attempt, bool lost,
              when_ms now) {
    const struct held_lease *found = held_find(h, job, slot);
    if (found == NULL || found->attempt != attempt)
        return false;
    struct held_lease ended = *found;
    h->running[found - h->running] = h->running[--h->running_count];
    if (lost)
        return true;
    ended.ended = now;
    h->over[h->over_next] = ended;
    h->over_next = (h->over_next + 1) % HELD_OVER_MAX;
    h->over_count += h->over_count < HELD_OVER_MAX;
    return true;
}

bool held_forget(struct held *h, const struct job_id *job, uint64_t slot, uint64_t attempt) {
    for (uint32_t i = 0; i < h->over_count; i++) {
        struct held_lease *lease = &h->over[i];
        if (lease->slot != slot || lease->attempt != attempt || !job_id_equal(&lease->job, job))
            continue;
        *lease = (struct held_lease){.ended = INT64_MIN / 2}; /* its place in the ring stays */
        return true;
    }
    return false;
}

static void encode(const struct held_lease *lease, bool over, struct buf *out) {
    mp_put_bin(out, span_of(lease->job.bytes, sizeof lease->job.bytes));
    mp_put_u64(out, lease->slot);
    mp_put_u64(out, lease->attempt);
    mp_put_bool(out, over);
}

void held_encode(const struct held *h, when_ms now, struct buf *out) {
    for (uint32_t i = 0; i < h->running_count; i++)
        encode(&h->running[i], false, out);
    for (uint32_t i = 0; i < h->over_count; i++) {
        const struct held_lease *lease = &h->over[i];
        if (now - lease->ended < HELD_OVER_MS && held_find(h, &lease->job, lease->slot) == NULL)
            encode(lease, true, out);
    }
}
