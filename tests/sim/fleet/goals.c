#include "tests/sim/fleet/goals.h"

#include "actors/facts/trial_row.h"
#include "actors/member/state.h"
#include "proto/job_row.h"
#include "store/store_mem.h"
#include "tests/sim/fleet/fleet.h"

#include <stdio.h>
#include <string.h>

enum {
    HEX_TEXT = 300,
    LOOK_MS = 500,
    VIEW_MS = 30000,
    LEADER_MS = VIEW_MS + 10000,
    JOBS_MS =
        900000, /* what is left to run, one after the other, and a node that flapped waits for 5 min */
    STORES_MS = 60000,
    REST_MS = 120000,
    LINGER_MS = 40000,  /* connections that nobody wants any more stay open for 30 s */
    WATCHED_MS = 20000, /* ... and then it is looked at what is said */
    SAID_MOST = 60,     /* 2 beats a second and a report every 5 s; an edge may be made anew */
    ASKED_MOST = 4
};

typedef unsigned long long ull; /* for printf */

struct shortfall {
    char what[1024];
};
#define LACKS(s, ...) (snprintf((s)->what, sizeof(s)->what, __VA_ARGS__), false)

static bool everybody_is_up(const struct fleet *f, struct shortfall *s) {
    for (uint32_t i = 0; i < f->draft.hosts; i++) {
        if (!host_is_up(&f->hosts[i]))
            return LACKS(s, "host %u is not back", i);
    }
    return true;
}

static bool has_one_view(const struct fleet *f, struct shortfall *s) {
    const struct map *first = &f->hosts[0].member->map;
    for (uint32_t i = 0; i < f->draft.hosts; i++) {
        const struct map *map = &f->hosts[i].member->map;
        if (map->count != f->draft.hosts)
            return LACKS(s, "host %u knows %u members", i, map->count);
        for (uint32_t k = 0; k < map->count; k++) {
            if (map->known[k].version.state != MEMBER_ALIVE)
                return LACKS(s, "host %u thinks that host %d is in state %d", i,
                             fleet_host_of(f, &map->known[k].id), map->known[k].version.state);
        }
        if (map->sum != first->sum)
            return LACKS(s, "hosts 0 and %u know different records", i);
    }
    return true;
}

static bool has_one_leader(const struct fleet *f, struct shortfall *s) {
    const struct rule_host *first = &f->rules->hosts[0];
    for (uint32_t i = 0; i < f->draft.hosts; i++) {
        const struct rule_host *r = &f->rules->hosts[i];
        if (r->leader < 0)
            return LACKS(s, "host %u follows nobody", i);
        if (r->leader != first->leader || r->lead_term != first->lead_term)
            return LACKS(s, "host 0 follows %d in term %llu, host %u %d in %llu", first->leader,
                         (ull)first->lead_term, i, r->leader, (ull)r->lead_term);
        if (r->leads != (r->leader == (int32_t)i))
            return LACKS(s, "host %u leads and gives out nothing", i);
    }
    return true;
}

/* ---- jobs ---- */

static bool is_whole(const struct host *h, const struct work *work, uint64_t trials,
                     struct shortfall *s) {
    const struct store *store = h->disk.store;
    struct span key, value;
    struct trial_row row;
    size_t first = store_mem_find(store, TABLE_trials, span_of(work->id.bytes, JOB_ID_BYTES));
    for (uint64_t slot = 0; slot < trials; slot++) {
        if (first + slot >= store_mem_rows(store, TABLE_trials))
            return LACKS(s, "host %u: job%u ends with #%llu", h->number, work->number, (ull)slot);
        store_mem_row(store, TABLE_trials, first + slot, &key, &value);
        if (key.len < JOB_ID_BYTES || memcmp(key.data, work->id.bytes, JOB_ID_BYTES) != 0 ||
            trial_row_key_slot(key) != slot || !trial_row_decode(&row, value) || !row.finished)
            return LACKS(s, "host %u: job%u lacks #%llu", h->number, work->number, (ull)slot);
    }
    return true;
}

static bool is_over_on(const struct host *h, const struct work *work, struct shortfall *s) {
    struct msg_job_row row;
    if (!rules_summary(h, work, &row))
        return LACKS(s, "host %u does not know job%u", h->number, work->number);
    if (row.state == JOB_OPEN)
        return LACKS(s, "job%u does not come to its end on host %u: %llu of %llu", work->number,
                     h->number, (ull)job_row_finished(&row), (ull)row.trials);
    if (work->cancelled && row.state != JOB_CANCELLED)
        return LACKS(s, "job%u was cancelled, host %u says it is %s", work->number, h->number,
                     job_state_name((enum job_state)row.state));
    if (work->extended && row.trials != work->more)
        return LACKS(s, "job%u was extended, host %u says it has %llu trials", work->number,
                     h->number, (ull)row.trials);
    return row.state != JOB_DONE || row.cause.len > 0 || is_whole(h, work, row.trials, s);
}

static bool jobs_are_over(const struct fleet *f, struct shortfall *s) {
    for (uint32_t i = 0; i < f->crowd.works_count; i++) {
        const struct work *work = &f->crowd.works[i];
        if (!work->accepted)
            return LACKS(s, "job%u was never accepted", i);
        if (work->cancel_at <= f->now && !work->cancelled)
            return LACKS(s, "job%u is not cancelled, nor is its owner told why", i);
        if (work->extend_at < WHEN_NEVER && !work->extended)
            return LACKS(s, "job%u has no more trials, nor is its owner told why", i);
        for (uint32_t k = 0; k < f->draft.hosts; k++) {
            if (!is_over_on(&f->hosts[k], work, s))
                return false;
        }
    }
    return true;
}

/* ---- stores ---- */

static const char *hex(struct span bytes, char text[HEX_TEXT]) {
    text[0] = '\0';
    for (size_t i = 0; i < bytes.len && 2 * i + 3 < HEX_TEXT; i++)
        snprintf(text + 2 * i, 3, "%02x", bytes.data[i]);
    return text;
}

static bool is_same_table(const struct fleet *f, uint32_t host, enum table table,
                          struct shortfall *s) {
    const struct store *a = f->hosts[0].disk.store, *b = f->hosts[host].disk.store;
    struct span key_a, key_b, value_a, value_b;
    size_t rows = store_mem_rows(a, table);
    if (store_mem_rows(b, table) != rows)
        return LACKS(s, "host 0 has %zu rows in table %s, host %u has %zu", rows, table_name(table),
                     host, store_mem_rows(b, table));
    for (size_t i = 0; i < rows; i++) {
        store_mem_row(a, table, i, &key_a, &value_a);
        store_mem_row(b, table, i, &key_b, &value_b);
        if (!span_equal(key_a, key_b) || !span_equal(value_a, value_b))
            return LACKS(s, "hosts 0 and %u differ in row %zu of table %s", host, i,
                         table_name(table));
    }
    return true;
}

static bool stores_are_equal(const struct fleet *f, struct shortfall *s) {
    for (uint32_t i = 1; i < f->draft.hosts; i++) {
        if (!is_same_table(f, i, TABLE_heads, s))
            return false;
    }
    for (uint32_t i = 0; i < f->draft.hosts; i++) {
        if (store_mem_rows(f->hosts[i].disk.store, TABLE_backlog) > 0)
            return LACKS(s, "host %u has not folded all that it heard", i);
    }
    return true;
}

static struct span row_of(const struct host *h, enum table table, const struct work *work,
                          uint64_t slot) {
    uint8_t memory[JOB_ID_BYTES + 8];
    struct buf key = buf_of(memory, sizeof memory);
    struct span value = {0};
    trial_row_key(&key, &work->id, slot);
    (void)store_mem_get(h->disk.store, table, buf_view(&key), &value);
    return value;
}

/* Equal facts give equal rows, in whatever order they came, before or after the end of their job. */
static void judge_rows(const struct fleet *f, const struct work *work) {
    char text_a[HEX_TEXT], text_b[HEX_TEXT];
    for (uint64_t slot = 0; slot < rules_trials(f, work); slot++) {
        struct span first = row_of(&f->hosts[0], TABLE_trials, work, slot);
        for (uint32_t i = 1; i < f->draft.hosts; i++) {
            struct span other = row_of(&f->hosts[i], TABLE_trials, work, slot);
            fleet_ensure(f, span_equal(first, other),
                         "equal facts, but hosts 0 and %u differ in job%u #%llu: %s, %s", i,
                         work->number, (ull)slot, hex(first, text_a), hex(other, text_b));
        }
    }
}

/* How often a job ended how, and which trial was best. */
static void judge_summaries(const struct fleet *f, const struct work *work) {
    struct msg_job_row first, other;
    fleet_ensure(f, rules_summary(&f->hosts[0], work, &first), "job%u has no summary",
                 work->number);
    for (uint32_t i = 1; i < f->draft.hosts; i++) {
        fleet_ensure(f, rules_summary(&f->hosts[i], work, &other), "job%u has no summary",
                     work->number);
        fleet_ensure(f, first.state == other.state,
                     "equal facts, but job%u is %s on host 0 and %s on host %u", work->number,
                     job_state_name((enum job_state)first.state),
                     job_state_name((enum job_state)other.state), i);
        fleet_ensure(f, other.state != JOB_FAILED || other.done == 0,
                     "job%u is failed on host %u, where %llu of its trials ended well",
                     work->number, i, (ull)other.done);
        if (rules_differed(f, work) && work->job.objectives_count > 1)
            first.frontier = other.frontier; /* seat.h says what may be missing there */
        const struct msg a = {.kind = MSG_job_row, .job_row = first};
        const struct msg b = {.kind = MSG_job_row, .job_row = other};
        fleet_ensure(f, msg_equal(&a, &b),
                     "equal facts, but the summaries of job%u on hosts 0 and %u differ",
                     work->number, i);
    }
}

/* ---- rest ---- */

bool goals_rest(const struct fleet *f) {
    return f->goals.rests_since != 0;
}

static bool edges_are_one(const struct fleet *f, struct shortfall *s) {
    for (uint32_t i = 0; i < f->draft.hosts; i++) {
        const struct member *m = f->hosts[i].member;
        for (uint32_t k = 1; k < m->map.count; k++) {
            int32_t other = fleet_host_of(f, &m->map.known[k].id);
            uint32_t edges = wires_between(f, i, (uint32_t)other);
            if (edges != m->pairs[k].neighbour)
                return LACKS(s, "%u connections lead from host %u to host %d, which is %s", edges,
                             i, other, m->pairs[k].neighbour ? "a neighbour" : "none");
        }
    }
    return true;
}

static void judge_rest(struct fleet *f) {
    for (uint32_t i = 0; i < f->draft.hosts; i++) {
        const struct host *h = &f->hosts[i];
        fleet_ensure(f, h->said - f->goals.said[i] <= SAID_MOST,
                     "host %u has nothing to do and says %llu messages in %d ms", i,
                     (ull)(h->said - f->goals.said[i]), WATCHED_MS);
        fleet_ensure(f, h->asked - f->goals.asked[i] <= ASKED_MOST,
                     "host %u has nothing to do and asks its disk %llu times in %d ms", i,
                     (ull)(h->asked - f->goals.asked[i]), WATCHED_MS);
    }
}

/* True: it has rested long enough, and was looked at. */
static bool has_rested(struct fleet *f, struct shortfall *s) {
    struct goals *g = &f->goals;
    if (g->rests_since == 0)
        g->rests_since = f->now;
    if (!edges_are_one(f, s) || f->now < g->rests_since + LINGER_MS)
        return false;
    if (g->watched_since == 0) {
        g->watched_since = f->now;
        for (uint32_t i = 0; i < f->draft.hosts; i++) {
            g->said[i] = f->hosts[i].said;
            g->asked[i] = f->hosts[i].asked;
        }
    }
    if (f->now < g->watched_since + WATCHED_MS)
        return false;
    judge_rest(f);
    return true;
}

/* ---- by when ---- */

static bool is_reached(struct fleet *f, enum aim goal, struct shortfall *s) {
    switch (goal) {
    case AIM_VIEW: return everybody_is_up(f, s) && has_one_view(f, s);
    case AIM_LEADER: return has_one_leader(f, s);
    case AIM_JOBS: return jobs_are_over(f, s);
    case AIM_STORES: return stores_are_equal(f, s);
    case AIM_REST: return has_rested(f, s);
    case AIMS: break;
    }
    return true;
}

void goals_judge(struct fleet *f) {
    static const dur_ms within[] = {VIEW_MS, LEADER_MS, JOBS_MS, STORES_MS, REST_MS};
    struct goals *g = &f->goals;
    struct shortfall s = {{0}};
    int goal = 0;
    if (!f->calm || f->now < g->look_at)
        return;
    g->look_at = f->now + LOOK_MS;
    while (goal < AIMS && is_reached(f, (enum aim)goal, &s))
        goal++;
    if (goal < AIM_STORES || g->jobs_done < f->calm_since)
        g->jobs_done = f->now;
    if (goal == AIMS) {
        for (uint32_t i = 0; i < f->crowd.works_count; i++) {
            judge_rows(f, &f->crowd.works[i]);
            judge_summaries(f, &f->crowd.works[i]);
            rule_means(f, &f->crowd.works[i]);
            rule_recommended(f, &f->crowd.works[i]);
            rule_proposals(f, &f->crowd.works[i]);
        }
        f->over = true;
        return;
    }
    when_ms since = goal == AIM_REST     ? g->rests_since
                    : goal == AIM_STORES ? g->jobs_done
                                         : f->calm_since;
    fleet_ensure(f, f->now - since < within[goal], "nothing breaks any more since %lld, but %s",
                 (long long)f->calm_since, s.what);
}
