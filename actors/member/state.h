/* state - the member room's state, for its own files only. `at` is the moment of the newest event; what is due is gathered
 * anew by every tick (member_wake), so nothing is armed and nothing can be forgotten. */
#ifndef ZYG_MEMBER_STATE_H
#define ZYG_MEMBER_STATE_H

#include "actors/member/overlay.h"
#include "actors/member/proof.h"
#include "proto/base/rng.h"

enum {
    DIALS_MAX = 4,
    SENT_KEPT = 8, /* beats whose answers are still worth a round trip */
    SUITS_MAX = 64,
    NOTED_MAX = 64,
    GRUDGES_MAX = 64,
    SELF_VOUCHES = 3, /* of those that made a node active, so many travel in its record */
    SEEDS_MAX = MEMBER_SEEDS_MAX + LIMIT_MEMBERS,
    REMEMBERED_AT_ONCE = 64,
    FORGOTTEN_AT_ONCE = 256,
};

/* What somebody has cost (grudge.h). */
struct purse {
    int64_t spent;
    when_ms at;
};

/* Against a member with this key. */
struct grudge {
    bool used;
    uint8_t curve[32];
    uint32_t times;
    when_ms until, touched;
    dur_ms knocks_ms; /* that are not yet made good, as of knocked_at */
    when_ms knocked_at;
};

/* A key people were told of. */
struct noted {
    uint64_t key;
    when_ms at;
};

enum edge_state {
    EDGE_FREE,
    EDGE_DIALLING,
    EDGE_UP, /* encrypted; who it is has not been said */
    EDGE_READY
};

struct edge {
    enum edge_state state;
    uint32_t number;
    bool dialled;     /* by this node */
    int32_t place;    /* of the member; -1: not known yet */
    int32_t seed;     /* dialled because of this seed; -1 */
    uint64_t life;    /* generation of the newest record that it has said of itself here */
    uint64_t greeted; /* fingerprint of the own record that was said in the greeting */
    uint8_t curve[32];
    char address[ADDRESS_TEXT_BYTES]; /* for people */
    when_ms since;                    /* in this state */
    when_ms unwanted;                 /* since when no ring asks for it; WHEN_NEVER: one does */
    struct purse purse;               /* of what the other side says to this node */
    struct purse carried;             /* ... what it passes on, or wants to have passed on */
    struct purse asked;               /* ... what this node passes on by it, so that it takes it */
    /* Signs of life. */
    when_ms heard, beat_heard;
    when_ms beat_at; /* a period after the last that was said */
    dur_ms period;   /* of the other side's beats, when the last one came */
    dur_ms lateness; /* W1: how late a beat may be before anybody looks */
    bool late;
    when_ms well; /* since when it is ready and not late */
    /* Round trips. */
    uint64_t sent, got;
    when_ms sent_at[SENT_KEPT], got_at, probed_at;
    uint64_t nonce; /* of the probe that is out; 0: none */
    int64_t rtt_min_us;
    /* Maps. */
    bool compared;    /* a fingerprint was heard on it */
    bool whole;       /* say when all that is owed has been said */
    uint32_t differs; /* fingerprints in a row */
    when_ms sync_at;
    dur_ms sync_pause;
    struct version vouched; /* the last that was vouched for on it */
};

/* What this node has to do with a member, by its place. */
struct pair {
    bool neighbour, eager, heals;
    int8_t edge;  /* the READY one; EDGE_NONE */
    bool look_up; /* dial it, whosever turn it is: something is to be found out */
    uint32_t tries;
    when_ms dial_at;
    when_ms edgeless;              /* a neighbour without an edge since; WHEN_NEVER */
    int8_t suit;                   /* SUIT_NONE */
    when_ms look_until, accuse_at; /* WHEN_NEVER: not */
    when_ms bad_until;             /* others reach it, this node does not: a matter of the two */
    int64_t rtt_us;                /* -1: not measured */
    int64_t rtt_told_us;
    bool doubted; /* a verdict about it was not believed: it is to be looked at */
    bool news;    /* node_known is to be said */
    bool unsaved;
    uint64_t saved_as; /* fingerprint of the row that was kept of it; 0: none */
};

enum { SUIT_NONE = -1 };

/* What observers say of one incarnation of a member. */
struct statement {
    uint32_t observer; /* place */
    bool accuses, refused;
    when_ms until;
    size_t len;
    uint8_t bytes[STATEMENT_BYTES];
};

struct suit {
    bool used;
    uint32_t subject; /* place */
    struct version version;
    when_ms since; /* the first accusation that still stands */
    uint32_t count;
    struct statement statements[NEIGHBOURS_MAX];
};

enum twin {
    TWIN_NONE,
    TWIN_YOUNGER, /* people are to be told of it */
    TWIN_OLDER    /* this node ends */
};

struct self {
    struct version version;
    bool was_alone; /* active because nobody else was there */
    when_ms join_until;
    uint64_t vouched_for; /* the incarnation of `evidence` */
    size_t evidence_len;
    uint8_t evidence[SELF_VOUCHES * STATEMENT_BYTES];
    /* Vouches for the present incarnation. */
    uint32_t vouches_count;
    struct statement vouches[NEIGHBOURS_MAX];
    when_ms convicted_at, active_from;
    when_ms quiet_by; /* it has left, and says so by then; WHEN_NEVER: not, or it has */
    uint32_t returns;
    dur_ms
        rises_ms; /* of generations that others made it take and that are not yet made good, as of risen_at */
    when_ms risen_at;
    /* Of another life with this node's key. */
    when_ms began;
    uint64_t answers;               /* the greatest generation that it was heard to have; 0: none */
    uint32_t twin_number, meetings; /* who has answered this one, and how often */
    enum twin twin;
    when_ms told_twin; /* people were told of it then */
    char twin_at[96], twin_name[64];
};

/* Where to knock: first those of the configuration, then those that are remembered. */
struct seed {
    char endpoint[96]; /* empty: it cannot be dialled */
    uint8_t curve[32];
    bool own; /* it is this node */
    when_ms dial_at;
    uint32_t tries;
    uint32_t unwelcome; /* so often in a row this node was not let in there */
    /* Of a remembered one. */
    struct node_id id;
    uint64_t certificate; /* its fingerprint */
    bool gone;            /* when it was heard of last, at `stamp` */
    wall_ms stamp;
};

enum remembering {
    REMEMBER_UNREAD,
    REMEMBER_READING,
    REMEMBER_READ, /* the boot is to be kept */
    REMEMBER_OPENING,
    REMEMBER_STOPPED, /* told to end before it had begun, or made way for another with its key */
    REMEMBER_RESTING,
    REMEMBER_SAVING
};

struct memory {
    enum remembering phase;
    uint64_t ticket;
    uint64_t boots; /* of this node, the present life included once it is up */
    when_ms due;    /* when the store is asked; WHEN_NEVER: nothing is to be asked */
    dur_ms pause;   /* the last one */
    bool ailing;    /* and people were told */
    wall_ms newest; /* of all stamps that were read */
    uint8_t after[NODE_ID_BYTES];
    size_t after_len;
    uint32_t batch_count; /* members in the transaction under way */
    uint16_t batch[REMEMBERED_AT_ONCE];
    uint32_t forgotten_count, forgetting; /* rows to be deleted; of them in the transaction */
    struct node_id forgotten[FORGOTTEN_AT_ONCE];
};

struct member {
    struct member_config config;
    bool up;
    struct moment at;
    when_ms due;        /* what deadline answers */
    when_ms mute_until; /* this node was late itself: it accuses nobody */
    when_ms isolated;   /* most edges are late since; WHEN_NEVER */
    when_ms flush_at;
    when_ms beat_at; /* of the last beat that had its turn */
    bool overlay_stale, routes_stale;
    when_ms overlay_at; /* not built anew before */
    uint64_t draws;
    uint64_t nonsense; /* foreign bytes that made no sense, or were more than is passed on */
    /* Why the newest greeting was refused; ERR_NONE: it was not, or makes no sense. */
    struct err complaint;
    uint32_t noted_count;
    struct noted noted[NOTED_MAX];
    dur_ms notes_ms; /* of notes that are not yet made good, as of notes_at */
    when_ms notes_at;
    uint32_t notes_left_out;
    struct grudge grudges[GRUDGES_MAX];
    uint32_t last_edge;
    struct self self;
    struct memory memory;
    uint32_t seeds_count, seeds_turn; /* who of the remembered ones is next */
    when_ms seeds_at;                 /* ... when, while there are edges */
    struct seed seeds[SEEDS_MAX];
    struct edge edges[LIMIT_EDGES];
    struct suit suits[SUITS_MAX];
    struct pair pairs[LIMIT_MEMBERS];
    uint8_t via[LIMIT_MEMBERS]; /* edge on the way there; VIA_NONE */
    struct overlay overlay;
    struct map map;
    uint8_t scratch[LIMIT_FRAME_BYTES];
};

static inline void member_wake(struct member *m, when_ms when) {
    m->due = when_sooner(m->due, when);
}

/* Full jitter: 1 .. cap. */
static inline dur_ms member_jitter(struct member *m, dur_ms cap) {
    struct rng r = rng_of(m->config.seed, 1, m->draws++);
    return 1 + (dur_ms)rng_below(&r, (uint64_t)cap);
}

/* May it be given work, in this node's eyes? Of itself also when nobody else is there to vouch. */
bool member_active(const struct member *m, uint32_t place);

#endif
