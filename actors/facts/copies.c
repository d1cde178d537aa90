/* copies - on how many disks a log lies, and how many there can be: spread.h, the part that only counts. */
#include "actors/facts/spread.h"

#include "proto/base/check.h"
#include "proto/job/job.h"

#include <string.h>

uint32_t spread_holders(const struct spread *s) {
    uint32_t count = s->holders_count + !s->self_leaves;
    return count > 0 ? count : 1;
}

uint32_t spread_wanted(const struct spread *s, uint32_t copies) {
    uint32_t holders = spread_holders(s);
    if (s->unsure && copies > 1)
        return UINT32_MAX;
    return copies < holders ? copies : holders;
}

/* This node's own disk is one of them. */
static bool self_counts(const struct spread *s) {
    return !s->self_leaves || s->holders_count == 0;
}

bool spread_suffices(const struct spread *s, uint32_t copies) {
    return spread_wanted(s, copies) <= self_counts(s);
}

/* Counted upwards from `from`, where the highest id is followed by the lowest. */
static bool comes_before(const struct node_id *from, const struct node_id *a,
                         const struct node_id *b) {
    bool a_wraps = memcmp(a->bytes, from->bytes, sizeof a->bytes) < 0;
    bool b_wraps = memcmp(b->bytes, from->bytes, sizeof b->bytes) < 0;
    return a_wraps == b_wraps ? memcmp(a->bytes, b->bytes, sizeof a->bytes) < 0 : b_wraps;
}

bool spread_is_awaited(const struct spread *s, const struct node_id *self,
                       const struct node_id *leader, const struct node_id *author,
                       uint32_t copies) {
    uint32_t first = 1; /* that are quicker: the author, ... */
    if (leader != NULL && node_id_equal(leader, self))
        return true;
    for (uint32_t i = 0; i < s->holders_count && first < copies; i++) {
        const struct node_id *node = &s->holders[i].node;
        bool leads = leader != NULL && node_id_equal(leader, node);
        first += !node_id_equal(node, author) && (leads || comes_before(author, node, self));
    }
    return self_counts(s) && first < copies;
}

uint32_t spread_copies(const struct spread *s, uint32_t log, uint64_t next) {
    uint32_t count = self_counts(s) && s->logs->items[log].synced >= next;
    for (uint32_t i = 0; i < s->neighbours_used; i++) {
        const struct neighbour *n = &s->neighbours[i];
        count += n->step != NEIGHBOUR_NONE && n->next[log] >= next && n->holds;
    }
    return count;
}

/* How far this log is on at least so many other disks that stay. */
static uint64_t kept_elsewhere(const struct spread *s, uint32_t log, uint32_t copies) {
    uint64_t highest[COPIES_MAX] = {0};
    for (uint32_t i = 0; i < s->neighbours_used; i++) {
        const struct neighbour *n = &s->neighbours[i];
        uint64_t next = n->step != NEIGHBOUR_NONE && n->holds ? n->next[log] : 0;
        for (uint32_t j = 0; j < copies; j++) {
            uint64_t least = next < highest[j] ? next : highest[j];
            highest[j] = next < highest[j] ? highest[j] : next;
            next = least;
        }
    }
    return copies > 0 ? highest[copies - 1] : 0;
}

uint64_t spread_lacking(const struct spread *s, uint32_t copies) {
    uint64_t lacking = 0;
    uint32_t wanted = copies < s->holders_count ? copies : s->holders_count;
    ensure(copies <= COPIES_MAX);
    for (uint32_t i = 0; i < s->logs->count; i++) {
        uint64_t kept = kept_elsewhere(s, i, wanted), synced = s->logs->items[i].synced;
        lacking += kept < synced ? synced - kept : 0;
    }
    return lacking;
}
