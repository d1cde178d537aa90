/* Who leads, and since when that is on the disk (E1, E2, E4). */
#include "tests/sim/fleet/fleet.h"

#include <string.h>

typedef unsigned long long ull; /* for printf */

static struct rule_host *rule_of(struct host *h) {
    return &h->fleet->rules->hosts[h->number];
}

/* Of one term the smaller id holds: written once more, so that a wrong order is not measured by itself. */
static int compare(const struct epoch *a, const struct epoch *b) {
    if (a->term != b->term)
        return a->term < b->term ? -1 : 1;
    return memcmp(b->leader.bytes, a->leader.bytes, sizeof a->leader.bytes);
}

void rule_epoch_kept(struct host *h, struct span value) {
    struct epoch *disk = &rule_of(h)->disk, now;
    fleet_ensure(h->fleet, epoch_decode(&now, value), "host %u keeps an epoch that is none",
                 h->number);
    fleet_ensure(h->fleet, compare(&now, disk) >= 0,
                 "host %u: the epoch on its disk falls from %llu to %llu", h->number,
                 (ull)disk->term, (ull)now.term);
    *disk = now;
}

void rule_epoch_told(struct host *h) {
    rule_of(h)->stored = rule_of(h)->disk;
}

/* Every epoch that was ever claimed has one life of its leader. */
static void judge_claim(struct host *h, const struct epoch *e) {
    struct fleet *f = h->fleet;
    struct rules *rules = f->rules;
    fleet_ensure(f, compare(e, &rule_of(h)->disk) <= 0,
                 "host %u says that term %llu has begun, before that is on its disk", h->number,
                 (ull)e->term);
    for (uint32_t i = 0; i < rules->epochs_count; i++) {
        const struct epoch *known = &rules->epochs[i];
        if (compare(known, e) != 0)
            continue;
        fleet_ensure(f, known->generation == e->generation,
                     "term %llu is claimed in two lives of a host", (ull)e->term);
        return;
    }
    fleet_ensure(f, fleet_host_of(f, &e->leader) == (int32_t)h->number,
                 "host %u passes on a claim that nobody made", h->number);
    fleet_ensure(f, rules->epochs_count < EPOCHS_WATCHED, "too many terms to be watched");
    rules->epochs[rules->epochs_count++] = *e;
}

static void judge_term(struct host *h, uint64_t term, const char *what) {
    fleet_ensure(h->fleet, term <= rule_of(h)->disk.term,
                 "host %u says '%s' of term %llu, its disk knows %llu", h->number, what, (ull)term,
                 (ull)rule_of(h)->disk.term);
}

static void hear_lead(struct host *h, const struct msg_lead *m) {
    struct rule_host *r = rule_of(h);
    judge_term(h, m->term, "lead");
    r->lead_term = m->term;
    r->leader = m->term == 0 ? -1 : fleet_host_of(h->fleet, &m->leader);
    r->leads = m->mine;
    fleet_ensure(h->fleet, !m->mine || r->leader == (int32_t)h->number,
                 "host %u leads for another one", h->number);
}

void rule_sched_told(struct host *h, const struct msg_lead *m) {
    rule_of(h)->gives = m->mine;
    rule_of(h)->gives_term = m->term;
}

/* What sched says after that is in its hands alone. */
static void judge_lease(struct host *h, const struct msg_lease *m) {
    const struct rule_host *r = rule_of(h);
    judge_term(h, m->term, "lease");
    fleet_ensure(h->fleet, r->gives && r->gives_term == m->term,
                 "host %u gives out work in term %llu, which it does not lead", h->number,
                 (ull)m->term);
}

void rule_epoch_said(struct host *h, const struct msg *m) {
    switch (m->kind) {
    case MSG_claim:
        judge_claim(h, &(struct epoch){.term = m->claim.term,
                                       .leader = m->claim.leader,
                                       .generation = m->claim.generation});
        break;
    case MSG_report: judge_term(h, m->report.term, "report"); break;
    case MSG_lease: judge_lease(h, &m->lease); break;
    case MSG_lead: hear_lead(h, &m->lead); break;
    default: break;
    }
}

void rule_lease_passed(struct host *h, const struct msg_lease *m) {
    fleet_ensure(h->fleet, m->term >= rule_of(h)->stored.term,
                 "host %u takes a lease of term %llu, it has stored %llu", h->number, (ull)m->term,
                 (ull)rule_of(h)->stored.term);
}
