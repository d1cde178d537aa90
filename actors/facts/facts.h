/* facts - what is known for good: verifies, merges, keeps and counts; nothing is acknowledged before it is synced.
 *
 * Every store keeps every log whole. A log is what one node signed in one life, numbered without a gap; what a client signed
 * is carried in the log of the node that admitted it. Rows are a fold of the logs that does not depend on the order in which
 * their bundles come (fold.h), so stores with equal logs have equal rows: those of trials, ranks, jobs, summaries and
 * outputs. Events are what this node saw.
 * What is heard of a job that is over is folded like the rest, when nothing else waits (late.h).
 *
 * Hears    start, admit, job_want (gateway); proposed (tuner); outcome, reached (executor); exhausted (sched); node_known
 *          (member); lead (leader); heads, bundles (other nodes, through member); saved, save_failed, rows (store); quit; the
 *          time.
 * Says     save, scan (store); admitted, job_stand (gateway); ailing, hold (also leader); job_open (all; sched only where
 *          this node leads); job_extended (tuner, sched); job_shut (those that run jobs); learned (tuner); stands (tuner,
 *          sched); recorded, too_early (sched, where this node leads); dropped (leader); blame (member: a bundle that is not signed came
 *          from that node); handed_over (elastic, while this node is leaving); note; heads, bundles (other nodes, by say_to
 *          MEMBER); quiet.
 * Holds    - an answer that promises durability lies in the batch it depends on and is said when that batch is on this disk
 *            and its bundles on enough others (pledge.h), and so is all that this disk had when this life began. job_open and
 *            learned are no promises: learned tells what is on this disk, job_open what is on its way there;
 *          - bundles go to other nodes while they go to this disk (courier.h); that another has sent one does not say that it
 *            has synced it;
 *          - a transaction holds bundles and all that they do to the rows, so a crash leaves both or neither;
 *          - every bundle of this node has a (generation, sequence) that was never used: the generation is raised in the
 *            first transaction after a start, before any bundle of it;
 *          - what a proposal of a method that learns was derived from (table proposals) is kept with its bundle, whatever
 *            stands for its slot and whatever becomes of its job; no trial waits for it;
 *          - a log of another node is kept only when its author has shown a certificate of this cluster, whoever passes it on;
 *          - a job's counts are a fold of its rows: opening a job counts them again;
 *          - only a node that leads ends a job as failed or early (end_fact); one that hears no `lead` leads itself.
 * Memory   the caller's, facts_size() bytes of zeros; only what is used is touched.
 * Pace     results alone gather for 5 ms, because a sync costs the same for one as for a hundred; what somebody waits for
 *          goes as soon as the rooms have nothing more to say; what others have signed gathers for 100 ms on a disk that
 *          nobody is likely to wait for.
 * Errors   a store that refuses is asked again with growing pauses; meanwhile sched holds and the gateway says why. One
 *          that takes more than 10 s for a save holds sched, too: what has ended would else be given out again (RECORD_MS).
 *          What other nodes say is believed as far as its signature goes; the rest is dropped and counted, and who sent it
 *          is told that nothing of that log is wanted, so that it blocks nothing (spread.h).
 *
 *   facts.c     the step: which event goes where      boot.c         from the start to the first batch
 *   errand.c    what must look into the store first   opening.c      reading a job's trials before it runs
 *   admit.c     admitting, ending, extending jobs     late.c         what is heard of a job that is over
 *   fold.c      what facts do to the rows             inbox.c        what other nodes sent, in order
 *   intake.c    what of it is folded now, what later  copies.c       on how many disks a log lies
 *   spread.c    what the neighbours have              courier.c      sending them what they lack
 *   pledge.c    promises that wait for other disks    parcel.c       one message of bundles
 *   batch.c     group commit                          logs.c         how far each log is here
 *   authors.c   who may sign logs                     request.c      what a client has signed
 *   carriers.c  which log carries it
 *   seat.c      a job's counts, its best, its end     trial_row.c    a slot's row
 *   means.c     what runs of one configuration are worth
 *   open_slots.c  slots begun and not finished    unable.c    nodes that cannot start something
 *   ran.c       when a job was run
 *   spare.c     memory that holds nothing
 */
#ifndef ZYG_FACTS_H
#define ZYG_FACTS_H

#include "actors/kit/core.h"
#include "proto/trust/bundle.h"
#include "proto/trust/certificate.h"

struct facts_config {
    struct signer signer;
    uint32_t nonce; /* random: two lives of a cloned disk differ in it */
    /* There may be other holders: what wants several copies waits until member has said who there is. */
    bool clustered;
    uint8_t cluster[32]; /* its public key */
    /* This node's; what others sign counts only where there is one. */
    uint8_t certificate[CERTIFICATE_BYTES_MAX];
    size_t certificate_len;
};

struct facts;

size_t facts_size(void);
struct facts *facts_init(void *memory, const struct facts_config *config);
struct core facts_core(struct facts *f);

#endif
