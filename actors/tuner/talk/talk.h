/* talk - a search that somebody else's loop drives, by lines of JSON: the ask-tell protocol.
 *
 * One request a line, one reply a line:
 *
 *   {"op":"init","protocol":1,"seed":3,"budget":200,"workers":16,"steps":1,"objectives":["min"],
 *    "method":"auto","scheduler":"auto","rungs":{"min":3,"eta":3,"patience":5},"explain":false,
 *    "from":false,"patience":50,"repeat":1,"cost_aware":false,"space":[...],
 *    "where":["a + b <= 1"],"constraints":["model_mb <= 20"],"target":0.1,
 *    "try_first":[{...}]}                                                -> {}
 *   {"op":"ask"}           -> {"id":7,"params":{...}}, {"id":5,"resume":true} or {"wait":true}
 *                             (or, when init has "from":true, {"id":9,"params":{...},"from":4})
 *   {"op":"report","id":7,"step":3,"value":0.41,"metrics":{"model_mb":12}}
 *                                         -> {"action":"continue"}, "stop" or "pause"
 *   {"op":"tell","id":7,"state":"ok","value":0.38,"step":9,"seconds":1.5,
 *    "metrics":{"model_mb":12}}                                         -> {}
 *   {"op":"load","trials":[{"params":{...},"value":0.4},...]}           -> {}
 *   {"op":"extend","budget":400}                                        -> {}
 *   {"op":"best"}          -> {"id":7,"value":0.38,"runs":1,"expected":0.38}, {} while there is none
 *                             that keeps all constraints
 *   {"op":"importance"}    -> {"importance":[{"verdict":"known",...}]}   of each objective, as
 *                             importance.h writes it
 *   {"op":"quit"}                                                       no reply: it is over
 *
 * init needs "space" alone, which is not empty (space_json.h); it may come again and begins a new
 * study, and when it is refused there is none. Without "objectives" one value is minimised. The
 * budget is what the search plans with, no bound: so many more trials may be asked for as
 * talk_setup says, or until the space is used up; then the reply is {"wait":true}, and once no trial
 * runs any more {"wait":true,"over":"no configuration is left"} or "no room for more trials". With
 * "explain":true every new trial says "by" which method or arm it was proposed. With "from":true a
 * trial can go on from another's checkpoint, as scheduler pbt needs: trial 9 then begins at the
 * step at which 4 stands. With "patience" the search is over when so many values in a row were no
 * better, nor came upon the front of several objectives: then the reply to each further ask is {"wait":true,"over":"no better in 50 trials"}; with
 * "patience":"auto" it is when the method, auto or gp, expects no improvement worth the name
 * (study.h, study_ask), and the reply is {"wait":true,"over":"no further improvement
 * expected"}. It begins anew with "extend", which plans with a larger budget from then on, up to
 * what init has set memory aside for. With "repeat":3 each configuration is given out under three
 * ids, and is worth the mean of what they come to; when one of them failed, it failed. With
 * "repeat":"auto" it is worth the mean of all trials that have it: where the same configuration
 * comes to something else each time, some asks are answered by one that was tried, when to know it
 * better is worth more than a new one (model/rerun.h; "by" is then "again"). "best" names the trial
 * whose configuration is to be recommended (study.h, study_best), the mean of its runs, and what
 * the model expects of another one. With "cost_aware":true improvement counts by what it costs,
 * "seconds" in whatever unit, which a trial that is ok must tell, if only by null that it is not
 * known; of one that was stopped they are those of the steps it did.
 *
 * Learning curves, of one objective, have "steps" above 1, reported one by one or every few; "scheduler" is one of
 * proto/job/policies.def, and "rungs" says where it looks at them: first at step "min" (others call
 * it grace), then at "eta" times as many, and nobody is stopped who improved within "patience". A
 * trial may begin again from an older checkpoint: a step that is not beyond those it has reported is
 * answered like any other, counts for its best, and is no step forward.
 *
 * What a job file calls where, constraints, target and try_first means the same here. An objective
 * is "min", "max" or, with a name and a target of its own, {"metric":"loss","goal":"minimize",
 * "target":0.1}; one that has no name is called value when it is alone. "metrics" of a trial tells
 * what constraints are about, null what is not known, and objectives with names in place of
 * "value"; other keys in it are passed over. A trial that is ok must tell all that constraints
 * mention; what one that was stopped does not tell counts as broken, but where there are learning
 * curves: there it is never the best, and nothing is learned from what it did not tell. "metrics" of
 * a report tells what constraints are about by then: of two trials at a rung the one that breaks them
 * less comes first, and who has not told breaks none. Once a trial that breaks no
 * constraint reaches all targets there are, told or loaded, the reply to ask is
 * {"wait":true,"over":"target reached"}. A configuration of try_first holds exactly its active
 * parameters, of which constants may be left out; they are the first that are proposed, in their order.
 *
 * Where there is less memory than a study wants, fewer trials beyond the budget may be asked for and
 * loaded, down to TALK_BEYOND_LEAST; if that does not do, a lighter method proposes (algo.h,
 * algo_lighter), and the reply to init is {"note":"memory is short: tpe proposes in place of auto"}.
 * Of several objectives a method that looks at one is told the first alone, and a note says so.
 *
 * "state" is ok, failed (no value, or null) or stopped. Several objectives have "values":[...] in
 * place of "value". Loaded trials take the next ids, in their order; one whose value is null, or whose
 * "state" is failed, failed. Text, lists and numbers are bounded: foreign.h, TALK_LINE_BYTES.
 *
 * Memory   the struct is the caller's; each init takes two blocks by `take`, which go back by `give`
 *          at the next init or talk_release.
 * Errors   what is not a request as above is answered by {"error":"where: what, expected what"} and
 *          changes nothing (but see init).
 */
#ifndef ZYG_TALK_H
#define ZYG_TALK_H

#include "actors/tuner/study.h"
#include "actors/tuner/talk/foreign.h"

enum {
    TALK_LINE_BYTES = 16 << 20, /* a longer line is refused; load may come as often as needed */
    TALK_REPLY_BYTES = 1 << 20, /* more than any reply is long */
    TALK_STEPS_MOST = 1000000,
    TALK_BEYOND_LEAST = 1024
};

struct talk_setup {
    /* Memory for any object, whose bytes may be anything; NULL: there is not so much. Pages that
     * are not written should cost nothing. */
    void *(*take)(void *context, size_t bytes);
    void (*give)(void *context, void *memory, size_t bytes);
    void *context;
    /* Of studies whose init names none. */
    enum method method;
    enum rungs_policy policy; /* "scheduler": policies.def */
    /* How many trials may be asked for beyond the budget, and how many loaded: what they could need
     * is set aside. 65536 do for anybody. */
    uint32_t beyond;
    size_t memory; /* most bytes of a study and its space; 0: as many as `take` gives */
};

struct talk_block {
    void *memory;
    size_t bytes;
};

struct talk {
    struct talk_setup setup;
    struct talk_block for_job, for_study;
    struct study *study; /* NULL: there is none */
    struct job job;
    enum goal goals[OBJECTIVES_MOST];
    uint32_t objectives;
    uint32_t steps;
    bool explains;      /* replies to ask say by whom */
    bool reached;       /* a trial has reached the target */
    enum method wanted; /* where memory is short the job's, which proposes, is a lighter one */
    bool hopes_on;      /* ... that cannot tell when no improvement is expected, as was asked */
    bool trusts;        /* ... or what to run again */
    bool over;          /* quit was said */
    struct foreign foreign;
};

void talk_init(struct talk *t, const struct talk_setup *setup);
void talk_release(struct talk *t);

/* The reply, with its line feed; none to quit. out has TALK_REPLY_BYTES. */
void talk_line(struct talk *t, struct span line, struct buf *out);
/* Work ahead, when nobody waits. */
void talk_prepare(struct talk *t);
/* The reply to a line that is longer than TALK_LINE_BYTES. */
void talk_refuse_long(struct talk *t, struct buf *out);

/* For talk_setup: grid and list, which go through configurations of a job file, are no methods here.
 * False: f says which names there are. */
bool talk_method_named(struct foreign *f, struct span name, const char *where, enum method *out);
bool talk_policy_named(struct foreign *f, struct span name, const char *where,
                       enum rungs_policy *out);

#endif
