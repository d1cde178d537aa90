/* roll - the members as the leader room knows them: who may lead, who has reported as a worker.
 *
 * Errors   roll_hear answers NULL when there is no place, not even one of a member that is dead or has left.
 */
#ifndef ZYG_ROLL_H
#define ZYG_ROLL_H

#include "actors/member/member.h"
#include "proto/msg.h"

struct roll_entry {
    uint32_t peer; /* 0: this node */
    struct node_id node;
    uint64_t generation;
    enum member_state state;
    bool active;
    bool neighbour;
    uint32_t flags;
    uint64_t slots; /* of the machine; what a worker may run now is `report_slots` */
    uint64_t hash;  /* of its id: a tie among candidates is broken alike everywhere */
    int64_t rtt_us;
    bool gave_up;  /* led in this life and does not want to, until it claims again */
    bool reported; /* in the present term, in its present life */
    uint64_t report_slots;
    uint64_t load;
};

struct roll {
    uint32_t count;
    struct roll_entry entries[LIMIT_MEMBERS];
};

/* What a node_known has changed. */
struct roll_news {
    bool activated; /* it was not active, or another life of it was */
    bool gone;      /* the life that had reported is over */
};

struct roll_entry *roll_hear(struct roll *r, const struct msg_node_known *m,
                             struct roll_news *news);
struct roll_entry *roll_find(struct roll *r, const struct node_id *node);
struct roll_entry *roll_peer(struct roll *r, uint32_t peer);
/* Takes work, may lead, answers. */
bool roll_is_well(const struct roll_entry *e);
/* How many well members may lead and come before this one: MEMBER_STORES, then most slots, then the smallest hash. */
uint32_t roll_rank(const struct roll *r, const struct roll_entry *self);
/* Others that are well and have not reported. */
uint32_t roll_missing(const struct roll *r);
uint32_t roll_others(const struct roll *r); /* that are well */
void roll_forget_reports(struct roll *r);

#endif
