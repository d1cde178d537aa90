/* What a host knows of the members (M1, M2, M5) and says of them (M7). */
#include "actors/member/state.h"
#include "tests/sim/fleet/fleet.h"

typedef unsigned long long ull; /* for printf */

enum { MUTE_LEAST = 1900 /* 2 s on a fast clock */ };

static int compare(const struct rule_version *a, const struct rule_version *b) {
    if (a->generation != b->generation)
        return a->generation < b->generation ? -1 : 1;
    if (a->incarnation != b->incarnation)
        return a->incarnation < b->incarnation ? -1 : 1;
    return (a->rank > b->rank) - (a->rank < b->rank);
}

static struct issue *find_issue(struct rule_host *r, uint64_t generation) {
    for (uint32_t i = 0; i < r->issues_count; i++) {
        if (r->issues[i].generation == generation)
            return &r->issues[i];
    }
    return NULL;
}

/* The host's own record is what it has issued. */
static void issue(struct fleet *f, struct rule_host *r, const struct rule_version *own) {
    struct issue *i = find_issue(r, own->generation);
    if (i == NULL) {
        fleet_ensure(f, r->issues_count < LIVES_WATCHED, "a host has too many lives to be watched");
        i = &r->issues[r->issues_count++];
        *i = (struct issue){.generation = own->generation};
    }
    if (i->incarnation < own->incarnation)
        i->incarnation = own->incarnation;
}

static void judge(struct host *h, uint32_t about, const struct rule_version *now) {
    struct fleet *f = h->fleet;
    struct rule_version *seen = &f->rules->hosts[h->number].seen[about];
    if (about == h->number)
        issue(f, &f->rules->hosts[about], now);
    const struct issue *i = find_issue(&f->rules->hosts[about], now->generation);
    fleet_ensure(f, i != NULL && now->incarnation <= i->incarnation,
                 "host %u knows %llx.%llu of host %u, which that never was", h->number,
                 (ull)now->generation, (ull)now->incarnation, about);
    fleet_ensure(f,
                 seen->rank != MEMBER_LEFT || seen->generation != now->generation ||
                     now->rank == MEMBER_LEFT,
                 "host %u knew that host %u has left, and forgets it", h->number, about);
    fleet_ensure(
        f, compare(now, seen) >= 0,
        "host %u: what it knows of host %u goes back from %llx.%llu.%llu to %llx.%llu.%llu",
        h->number, about, (ull)seen->generation, (ull)seen->incarnation, (ull)seen->rank,
        (ull)now->generation, (ull)now->incarnation, (ull)now->rank);
    *seen = *now;
}

void rule_accused(struct host *h) {
    const struct rule_host *r = &h->fleet->rules->hosts[h->number];
    fleet_ensure(h->fleet, h->fleet->now >= r->late_at + MUTE_LEAST,
                 "host %u was held up and accuses others %lld ms later", h->number,
                 (long long)(h->fleet->now - r->late_at));
}

void rule_records(struct host *h) {
    const struct map *map = &h->member->map;
    struct rule_host *r = &h->fleet->rules->hosts[h->number];
    if (r->map_sum == map->sum)
        return;
    r->map_sum = map->sum;
    for (uint32_t i = 0; i < map->count; i++) {
        const struct known *k = &map->known[i];
        int32_t about = fleet_host_of(h->fleet, &k->id);
        if (!k->used)
            continue;
        fleet_ensure(h->fleet, about >= 0, "host %u knows a member that is none", h->number);
        judge(h, (uint32_t)about,
              &(struct rule_version){.generation = k->version.generation,
                                     .incarnation = k->version.incarnation,
                                     .rank = k->version.state});
    }
}
