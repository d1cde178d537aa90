/* member - who belongs to the cluster and how each of them is: the map, the edges, the verdicts.
 *
 * Every node holds the whole map, carried over few long-lived edges: K = 8 rings order the members by hashes of their ids, a
 * node's neighbours are its successor and predecessor on each ring (all others up to 17 nodes). A member is probed over its
 * edge; only one whose edge is gone is dialled for it.
 *
 * Hears    start, quit, farewell; rows, saved, save_failed of what it asks the store; blame; edge_up, edge_down and, over
 *          edges, greet, beat, records, check, accuse, vouch, probe, probe_ack, carry (peers); any message that a room
 *          addresses with say_to(out, ROOM_MEMBER, peer, m); the time.
 * Says     scan, save (table members); edge_dial, edge_close and the above to PEERS (event.peer and say_to's peer are the
 *          edge there); note to NODE; node_known to all; what arrived in a carry to the room that peers.def names; quiet to
 *          NODE, see Leaving; quit to NODE, see Copies.
 * Holds    - a record goes only up in the order (generation, incarnation, state): merge is a maximum, so it does not
 *            matter in which order, how often and from whom records come;
 *          - UNREACHABLE needs a quorum of observers that looked (rule below), or an aged accusation nobody contradicts;
 *            DEAD comes DEAD_MS later, or as soon as a quorum was told by its machine that nobody listens there;
 *          - a node that hears itself accused raises its incarnation in the same step;
 *          - after LEFT of a generation that generation is never anything else;
 *          - nothing is heard on an edge before a greet whose certificate is good and names the key of the edge.
 * Beats    2 a second in all, to the edges in turn (an edge is late after its period and W1, its own p99 lateness and a
 *          quarter, within 250-2000 ms); any message counts. A late or broken edge: probe, and `check` to all other
 *          observers; each of them probes once and accuses after W2, or vouches. Observers of a node are its neighbours.
 * Quorum   H = max(2, ceil(0.6 x live observers)). With A < H accusers and no voucher the verdict waits
 *          20 s - 18.5 s x log(A) / log(H) (Lifeguard, arXiv 1707.00788, section III.B, with these bounds); a refused dial
 *          counts as one more accuser, so a crash is seen quickly by a lone observer as well. With a voucher: none. Where
 *          only two members are left it waits 1.5 s, an exception from membership.md 3.5, rule 4, where a lone observer waits
 *          20 s: what the long wait is for, the word of a third, can never come, and meanwhile the two
 *          would count on each other's disk. One that stands still is so UNREACHABLE after 4 to 5 s.
 * Ids      a record's map fingerprint is the first 8 bytes of BLAKE2b over it; a map's is their sum: equal maps, equal sums.
 *          A first sum on an edge that differs, and later two in a row, make both sides send all they know (`records`, whole).
 * Memory   the caller's, member_size() bytes of zeros; LIMIT_MEMBERS members, LIMIT_EDGES edges.
 * Errors   what is malformed, unsigned, from a stranger or about nobody is dropped and counted; a peer that says such a
 *          thing of its own, or says too much, loses its edge and is shut out for a while (grudge.h), and one line (note) says
 *          so, once an hour for its key and of few keys at once; node_known tells nothing of it. A node that is not let in
 *          where it knocks says so, too, once for a seed.
 * Liars    a member in somebody else's hands takes no more of this room than grudge.h allows, forges nothing that is signed
 *          (records and statements, proof.h; bundles, facts.h), and a verdict that only it stands for is not believed by who
 *          hears the subject (doubt.h). What cannot be prevented: it lies about itself (its places, how its trials ended, what
 *          its disk holds, that it misses another), and does so in the name of a member whose own edge does not lead here, is
 *          late or younger than SETTLED_MS (carry.h: heads, reports and all else of peers.def but bundles); it drops what it
 *          is to pass on, or fills the way; it may lead and give out nothing, it fills disks with facts of its own, and who
 *          also holds a token's secret makes members, LIMIT_MEMBERS at most.
 *
 * Active   is who has been vouched for: neighbours that hear an ALIVE member which is not active vouch for that incarnation;
 *          with half of its live observers, and one at least, it publishes the next one with up to three of the vouches.
 *          A conviction takes that away; flapping delays it (the second return within ten minutes waits 5 s, each further
 *          one twice as long, up to 5 min). A node that knows nobody who lives is active in its own eyes, with seeds after 2 s.
 * Leaving  quit, or farewell: LEAVING at once, and told; farewell{done}: LEFT, told to all neighbours, each of them asked for
 *          an answer. When all have answered, or after half a second, quiet: the process may end.
 * Life     a generation is (boots, nonce), boots counted from 1 and kept before the first word; who hears of a greater
 *          generation of itself all the same (its store is another one), goes above it. Incarnations end at UINT32_MAX,
 *          which is LEFT's.
 *
 * Gone     who is DEAD or LEFT keeps its record until its place is needed: LIMIT_MEMBERS in all, a living one takes that of one
 *          that is gone (map.h). Below that record it cannot come back, whatever is still said of it anywhere, with it a
 *          certificate is known, and one that was cut off for long is still dialled; forgetting it after a time would only
 *          have others tell of it again. What ends is that people hear of it: node_known says for how long it has been gone, a
 *          restart of this node included, and `zyg nodes` shows it for seven days. On disk (remember.h) as many, and none that
 *          had been gone for 90 days at a start.
 *
 * Copies   two nodes with one key (a state folder that was copied, or is part of a machine's image) both stand above the
 *          other's record: a life names the other's generation (`answers`) in its own, signed, and whoever finds its own
 *          generation named knows that another one lives: nobody else signs with its key, and nobody knew that generation
 *          before. Nothing that others say or repeat proves it. The younger ends: it closes its edges, says one line and
 *          quit to NODE; the older says a line when it was answered itself. Older is who has lived for longer on its own
 *          clock; of two that began within AGE_MS the one with the greater nonce. Until then (some round trips) both are
 *          one member to the others: what either signs is another log (facts), what it has synced counts for its own disk
 *          only (the store's name in `heads`), and on an edge nothing is heard of a life that is not the one known there.
 *
 *   map.c       the records and their order          overlay.c   who is whose neighbour
 *   grudge.c    what a member may cost               doubt.c     verdicts that are not believed
 *   proof.c     signatures, certificates, evidence   records.c   hearing records, flooding, comparing maps
 *   self.c      this node's own record               edges.c     greeting, beats, RTT      dial.c   whom to dial
 *   verdict.c   accusations, looks, refutation       quorum.c    how many are enough
 *   carry.c     messages for other nodes             remember.c  what is kept on disk     member.c    the step
 */
#ifndef ZYG_MEMBER_H
#define ZYG_MEMBER_H

#include "actors/kit/core.h"
#include "proto/edge.h"
#include "proto/trust/bundle.h"

enum member_state {
    MEMBER_NONE,
    MEMBER_ALIVE,
    MEMBER_LEAVING, /* takes no work, is no holder, still answers */
    MEMBER_UNREACHABLE,
    MEMBER_DEAD,
    MEMBER_LEFT
};

enum member_flag {
    MEMBER_STORES = 1,   /* keeps facts on a disk: may be counted as a holder */
    MEMBER_ELIGIBLE = 2, /* may lead */
    MEMBER_EDGE = 4      /* a small board: DEAD after 60 s instead of 10 */
};

struct member_seed {
    char endpoint[96];
    uint8_t curve[32];
};

enum { MEMBER_SEEDS_MAX = 8, MEMBER_CERTIFICATE_BYTES = 512 };

struct member_config {
    struct signer signer;
    uint64_t generation_nonce; /* random; the lower half counts */
    uint64_t seed;             /* of jitter; random in a node, drawn in the simulator */
    uint8_t cluster[32];       /* the cluster's public key; certificates are checked with it */
    uint8_t certificate[MEMBER_CERTIFICATE_BYTES];
    size_t certificate_len;
    uint8_t curve[32]; /* this node's public key */
    char endpoint[96], door[96], name[64], domain[64];
    uint32_t slots;
    uint32_t flags;
    struct member_seed seeds[MEMBER_SEEDS_MAX];
    uint32_t seeds_count;
};

struct member;

size_t member_size(void);
struct member *member_init(void *memory, const struct member_config *config);
struct core member_core(struct member *m);

#endif
