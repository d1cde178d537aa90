/* fold - what facts do to the rows: the same functions for those of this node and for those of others.
 *
 * Rows do not depend on the order in which facts come: see trial_row.h for a slot, seat.h for a job. The memory of a slot
 * that is begun (open_slots.h) is enough for a result that stands for it; any other result wants the slot's row first
 * (inbox.h). So a trial costs no read of the store, unless two leaders gave it out.
 * A job is cancelled when its owner says so (errand.h); else done when its target is reached or all slots are finished and
 * one went well and none is paused, which every node sees by itself; else done, before its last trial, when a node that led
 * has said so (end_fact; of several the earliest) and the job asks for that; else failed when such a node has said so
 * (likewise) and no slot went well; else open. More facts only lead upwards: what comes late may make a failed job done, or
 * open again (late.h): a node that was cut off failed it and had not heard how well it went elsewhere. Nothing takes a done
 * job back but its owner, who gives it more trials: then all its slots are not finished any more, and an end_fact of the time
 * when it had fewer ends nothing. Facts about slots that a job has only since then come behind what gave it these, in every log
 * for itself.
 */
#ifndef ZYG_FOLD_H
#define ZYG_FOLD_H

#include "actors/facts/batch.h"
#include "actors/facts/seat.h"

struct facts;

enum fold_need { FOLD_IS_READY, FOLD_WANTS_ROW };

/* Foreign bytes: can this be a result of the job at all? */
bool fold_makes_sense(const struct seat *s, const struct msg_result_fact *result);
enum fold_need fold_needs(struct facts *f, struct seat *s, const struct msg_result_fact *result,
                          const struct fact_key *key);
/* old: the slot's row when it was wanted, a row of zeros when there is none; else NULL. The row as it is now; it borrows. */
struct trial_row fold_result(struct facts *f, struct batch *batch, struct seat *s,
                             const struct msg_result_fact *result, const struct fact_key *key,
                             const struct trial_row *old, struct moment at);
void fold_proposal(struct facts *f, struct batch *batch, struct seat *s,
                   const struct msg_proposal_fact *proposal, const struct fact_key *key);
/* The same for a job that is over; old: the slot's row, zeros when there is none. */
struct trial_row fold_proposal_late(struct batch *batch, const struct seat *s,
                                    const struct msg_proposal_fact *proposal,
                                    const struct fact_key *key, const struct trial_row *old);
/* What it was derived from; whatever becomes of its job. Nothing when it does not say. */
void fold_known(struct batch *batch, const struct msg_proposal_fact *proposal,
                const struct fact_key *key);
void fold_log(struct batch *batch, const struct msg_log_fact *log, const struct fact_key *key);
void fold_series(struct batch *batch, const struct msg_series_fact *series,
                 const struct fact_key *key);
/* Kept whatever becomes of its job, and told when that is open here. */
void fold_stands(struct facts *f, struct batch *batch, const struct msg_reached_fact *reached,
                 const struct fact_key *key);
void fold_end(struct facts *f, struct batch *batch, struct seat *s, const struct msg_end_fact *end,
              struct moment at);
/* Is the job over by now? Only a node that leads says that it comes to nothing. */
void fold_judge(struct facts *f, struct batch *batch, struct seat *s, struct moment at);

/* A result of this node becomes a fact; its key. */
struct fact_key fold_sign(struct facts *f, struct batch *batch, struct seat *s, struct msg *result);

/* What the tuner and the executor of this node say. */
void fold_proposed(struct facts *f, const struct msg_proposed *proposed, when_ms now);
void fold_reached(struct facts *f, const struct msg_reached *reached, when_ms now);
/* What sched says. */
void fold_exhausted(struct facts *f, const struct msg_exhausted *exhausted);
/* One that becomes no fact is answered with `dropped`. */
void fold_outcome(struct facts *f, const struct msg_outcome *outcome, struct moment at,
                  struct says *out);

#endif
