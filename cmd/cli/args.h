/* args - what a verb was asked for: options read by getopt_long into the caller's variables,
 * operands, selectors.
 *
 * Every verb also takes --state DIR, -q/--quiet, -o/--output FORMAT and -h/--help; options and
 * operands come in any order, `--` ends the options.
 * Memory   texts point into argv.
 * Errors   ERR_USAGE, with the nearest valid name where there is one. Nothing here prints;
 *          cli_args (cli.h) does.
 */
#ifndef ZYG_ARGS_H
#define ZYG_ARGS_H

#include "proto/base/err.h"
#include "proto/base/time.h"

enum format {
    FORMAT_TABLE,
    FORMAT_WIDE,
    FORMAT_JSON,
    FORMAT_JSONL,
    FORMAT_CSV,
    FORMAT_ID,
    FORMAT_COUNT
};

/* For args_rules.formats: FORMAT_BIT(FORMAT_JSON) | ... */
#define FORMAT_BIT(format) (1u << (format))
#define FORMATS_ROWS                                                                               \
    (FORMAT_BIT(FORMAT_TABLE) | FORMAT_BIT(FORMAT_WIDE) | FORMAT_BIT(FORMAT_JSON) |                \
     FORMAT_BIT(FORMAT_JSONL) | FORMAT_BIT(FORMAT_CSV) | FORMAT_BIT(FORMAT_ID))
#define FORMATS_NONE 0u

enum args_kind {
    ARGS_FLAG,    /* bool: set to true */
    ARGS_TEXT,    /* const char * */
    ARGS_TEXTS,   /* struct args_texts: the option may be given several times */
    ARGS_NUMBER,  /* uint64_t */
    ARGS_DURATION /* dur_ms: "30s" */
};

enum { ARGS_TEXTS_MAX = 8 };

struct args_texts {
    const char *items[ARGS_TEXTS_MAX];
    int count;
};

struct args_option {
    const char *name; /* "wait" for --wait */
    char letter;      /* 'w' for -w; 0: none */
    enum args_kind kind;
    void *target;
};

struct args_rules {
    const struct args_option *options; /* ends with a NULL name; may be NULL */
    unsigned formats;                  /* what -o accepts; 0: the verb has no -o */
    int least, most;                   /* operands */
    const char *operand;               /* how messages call one: "JOB_FILE" */
};

enum { ARGS_OPERANDS_MAX = 16, ARGS_OPTIONS_MAX = 16 };

struct args {
    const char *state_dir; /* NULL: the default */
    bool quiet;
    bool help; /* nothing else was looked at after it */
    enum format format;
    bool format_given;
    const char *operands[ARGS_OPERANDS_MAX];
    int operands_count;
};

bool args_read(struct args *args, int argc, char **argv, const struct args_rules *rules,
               struct err *err);

/* "digits-3f2a" or "last/17": what a user calls a job, or one trial of it. */
struct selector {
    char job[96];
    bool has_slot;
    uint64_t slot;
};
bool selector_read(struct selector *s, const char *text, struct err *err);

/* The one of `names` (the list ends with NULL) that a hurried hand may have meant; NULL: none is
 * near. */
const char *name_nearest(const char *text, const char *const *names);

#endif
