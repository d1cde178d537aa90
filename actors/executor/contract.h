/* contract - understands what a trial prints: bytes in, lines out, and from each line metrics and words to zyg.
 *
 * \n, \r and the backspaces of progress bars end a line; colour sequences are taken out; of a line longer than
 * LIMIT_LINE_BYTES the rest is skipped. What a line may say: actors/executor/reading.h.
 * Whoever hears of one value of a line finds all of that line in `told`.
 * Values that are not finite are never reported; they are counted, so that the cause can name them.
 * Memory   fixed; rules belong to the caller and may serve many contracts.
 */
#ifndef ZYG_CONTRACT_H
#define ZYG_CONTRACT_H

#include "actors/executor/reading.h"

enum { CONTRACT_SEEN = 8, CONTRACT_LAST_BYTES = 256 };

enum contract_kind {
    CONTRACT_METRIC,
    CONTRACT_FINAL,      /* a metric that counts as the trial's last word */
    CONTRACT_CHECKPOINT, /* text: its path */
    CONTRACT_INFEASIBLE, /* text: why */
    CONTRACT_NOT_FINITE, /* name: of the metric that was nan or inf */
    CONTRACT_BAD_LINE    /* text: what was expected in a line meant for zyg */
};

/* One thing that was understood. Spans live until the callback returns. */
struct contract_news {
    enum contract_kind kind;
    enum reading_form form;
    struct span line;
    struct span name;
    struct span text;
    int64_t step; /* STEP_NONE: not said */
    double value;
};

struct contract_sink {
    void *context;
    void (*hear)(void *context, const struct contract_news *news);
};

/* Of a metric that the search wants to know: the last value reported, or the final one. */
struct contract_told {
    bool has_value;
    bool has_final;
    double value;
    uint64_t not_finite;
};

struct contract {
    struct contract_told told[JOB_METRICS_MAX]; /* of the objective, then of the rules' others */
    bool infeasible;
    char why[READING_TEXT_BYTES + 1];

    uint64_t lines;      /* not empty */
    uint64_t bad_lines;  /* marked as zyg's but not JSON */
    const char *bad;     /* what the first of them lacked */
    uint32_t seen_count; /* names that are none of those */
    char seen[CONTRACT_SEEN][LIMIT_NAME_BYTES + 1];
    uint32_t last_len; /* the last line that was not empty */
    uint8_t last[CONTRACT_LAST_BYTES];

    enum { ESCAPE_NONE, ESCAPE_BEGUN, ESCAPE_INSIDE } escape;
    uint32_t line_len;
    uint8_t line[LIMIT_LINE_BYTES];
};

void contract_init(struct contract *c);
void contract_feed(struct contract *c, const struct reading_rules *rules, struct span bytes,
                   const struct contract_sink *sink);
void contract_end(struct contract *c, const struct reading_rules *rules,
                  const struct contract_sink *sink); /* the last line may lack its end */
struct span contract_last_line(const struct contract *c);

/* All objectives were told, if there are any. */
bool contract_is_whole(const struct contract *c, const struct reading_rules *rules);
/* As result_fact says it: of the others, in their order, the value or nil. Nothing when there are none. */
void contract_put_others(const struct contract *c, const struct reading_rules *rules,
                         struct buf *out);

/* Why it is not whole: "never printed 'val_acc'; printed 'val-acc', 'loss'; nearest: 'val-acc'; last line: ..." */
void contract_missing(const struct contract *c, const struct reading_rules *rules, struct buf *out);

#endif
