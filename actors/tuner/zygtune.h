/* zygtune - zyg's search for your own loop: asks what to try next, tells what it came to.
 *
 *     char error[ZYGTUNE_ERROR_BYTES];
 *     struct zygtune_setup setup = {.seed = 1, .budget = 100};
 *     struct zygtune *z = zygtune_new(&setup, error);
 *     struct zygtune_trial trial;
 *     zygtune_float(z, "rate", 1e-4, 1, ZYGTUNE_LOG);
 *     zygtune_int(z, "layers", 1, 8, ZYGTUNE_LINEAR);
 *     while (tries-- > 0 && zygtune_ask(z, &trial) && trial.answer == ZYGTUNE_START) {
 *         double value = train(zygtune_number(z, "rate"), zygtune_number(z, "layers"));
 *         zygtune_tell(z, trial.id, ZYGTUNE_OK, &value, 0);
 *     }
 *     zygtune_destroy(&z);
 *
 * The same setup, parameters and calls give the same answers on every machine. Any number of trials
 * may run at once: ask again before the first is told. Link with -lzygtune -lm: it needs the C
 * library alone.
 *
 * Memory   a search takes a few blocks when it is made and at its first ask; pages it does not use
 *          are not touched. Texts that are handed in are copied.
 * Threads  none of its own; two threads may use two searches, not one.
 * Errors   a call that answers false has changed nothing, and zygtune_error says why in one line.
 */
#ifndef ZYGTUNE_H
#define ZYGTUNE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define ZYGTUNE_ERROR_BYTES 400
#define ZYGTUNE_NO_TRIAL UINT32_MAX

struct zygtune; /* a search */

/* What is 0 or NULL stands for what is said first. */
struct zygtune_setup {
    const char *method;    /* the best all-round; else the name of one: "random", ... */
    const char *scheduler; /* of learning curves: the best all-round; else a name: "asha", ... */
    uint64_t seed;
    uint64_t budget;     /* 200; trials that the search plans with. More may be asked for */
    uint32_t workers;    /* not known; trials that will run at once */
    uint32_t steps;      /* 1: no learning curves; else their length, of one objective */
    uint32_t objectives; /* 1; up to 8 */
    uint32_t maximize;   /* all are minimised; bit i: objective i is maximised */
    bool copies;         /* a trial can go on from another's checkpoint: "pbt" needs that */
    /* What a trial comes to is partly luck: where that is so, some of the new trials have the
     * parameters of an earlier one, and all of these are worth the mean. One objective, no learning
     * curves, and the methods "auto", "gp" and "tpe". */
    bool noisy;
    /* malloc and free. give gets what take gave, and its size. */
    void *(*take)(void *context, size_t bytes);
    void (*give)(void *context, void *memory, size_t bytes);
    void *context;
};

/* NULL: `error`, of ZYGTUNE_ERROR_BYTES or NULL, says why. */
struct zygtune *zygtune_new(const struct zygtune_setup *setup, char *error);
void zygtune_destroy(struct zygtune **z);
/* What the last call that answered false said. */
const char *zygtune_error(const struct zygtune *z);

/* ---- the space: before the first ask ---- */

enum zygtune_scale { ZYGTUNE_LINEAR, ZYGTUNE_LOG };

bool zygtune_float(struct zygtune *z, const char *name, double low, double high,
                   enum zygtune_scale scale);
bool zygtune_int(struct zygtune *z, const char *name, int64_t low, int64_t high,
                 enum zygtune_scale scale);
bool zygtune_choice(struct zygtune *z, const char *name, const char *const *choices, size_t count);
/* Choices that ascend, as small, medium, large do: neighbours are more alike than others. */
bool zygtune_ordered(struct zygtune *z, const char *name, const char *const *choices, size_t count);
/* Any parameter as JSON, as `zyg help asktell` shows them: with steps, conditions, numbers to choose
 * from. One object, or several with commas between them. What is wrong in it the first ask says. */
bool zygtune_json(struct zygtune *z, const char *json);

/* ---- the search ---- */

enum zygtune_answer {
    ZYGTUNE_START,  /* a new trial */
    ZYGTUNE_RESUME, /* go on with the paused trial `id` */
    ZYGTUNE_WAIT    /* nothing now: ask again when a trial that runs was told of, if one does; else
                     * every configuration was tried */
};
struct zygtune_trial {
    enum zygtune_answer answer;
    uint32_t id;
    uint32_t from; /* of START: whose checkpoint it goes on from, or ZYGTUNE_NO_TRIAL */
};
bool zygtune_ask(struct zygtune *z, struct zygtune_trial *trial);

/* The parameters of the trial that was last started; until the next ask. */
bool zygtune_has(const struct zygtune *z, const char *name); /* it is active */
double zygtune_number(const struct zygtune *z,
                      const char *name); /* NAN: it is none, or not active */
/* As printed; NULL: not active. Until the next call of it. */
const char *zygtune_text(struct zygtune *z, const char *name);
const char *zygtune_params(struct zygtune *z); /* all of them as a JSON object */

enum zygtune_action { ZYGTUNE_CONTINUE, ZYGTUNE_STOP, ZYGTUNE_PAUSE };
/* A trial has done `step` of its steps, not the last, and is worth `value` there. */
bool zygtune_report(struct zygtune *z, uint32_t id, uint32_t step, double value,
                    enum zygtune_action *action);

enum zygtune_end {
    ZYGTUNE_OK,
    ZYGTUNE_STOPPED, /* as report said: values are the best so far */
    ZYGTUNE_FAILED   /* values are not looked at */
};
/* values: one an objective. seconds: what it cost; 0: not known. */
bool zygtune_tell(struct zygtune *z, uint32_t id, enum zygtune_end end, const double *values,
                  double seconds);
/* A trial of an earlier search of the same space; params as zygtune_params writes them. */
bool zygtune_load(struct zygtune *z, const char *params, enum zygtune_end end, const double *values,
                  double seconds);
/* Work ahead, so that the next ask is quick; changes no answer. */
void zygtune_prepare(struct zygtune *z);

/* The best finished trial by its first objective that breaks no constraint, or ZYGTUNE_NO_TRIAL. Of a search that is noisy the
 * first with the parameters that are believed to be the best, which need not be those that had the
 * best luck, and the mean of all with these. */
uint32_t zygtune_best(const struct zygtune *z, double *value);
/* Which parameters matter, as a JSON array with one object an objective:
 *
 *   [{"verdict":"known","trials":60,"used":60,"tau":0.83,
 *     "params":[{"name":"C","alone":0.2,"total":0.31,"active":0.5,"where_active":0.7},...],
 *     "pairs":[{"a":"C","b":"gamma","share":0.05},...]}]
 *
 * Shares of the variance over the space, as a model of the trials believes it: `alone` what a
 * parameter explains by itself, `total` with all it does together with others; `active` in what
 * share of the space it is, and `where_active` its total there; `share` what two explain together
 * and neither alone. tau: how well the model orders trials it has not seen, 1 is perfect. Other
 * verdicts, without shares: "few" trials, all "equal", or the model is too "vague". Takes up to a
 * second or so. Until the next call of it or zygtune_line; NULL: an error. */
const char *zygtune_importance(struct zygtune *z);

/* ---- all else ---- */

/* A line of the protocol of `zyg asktell`, and the reply to it, likewise until the next call; an error is a reply. For what has
 * no call here: "where", "constraints", "target", "try_first", "patience", "repeat", "cost_aware", extend, best. Such a search is
 * begun by its init in place of the parameters above, and is asked and told by lines. NULL: there is no memory left. */
const char *zygtune_line(struct zygtune *z, const char *line);

#ifdef __cplusplus
}
#endif

#endif
