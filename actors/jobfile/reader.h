/* reader - what the tables of job file keys share: one reader in progress, values of every type,
 * and one-line faults.
 *
 * A mapping of the file is described by a table of struct key. A key whose `read` is NULL belongs
 * to a later version and is refused by name; one that is not in the table is refused with the
 * nearest that is.
 */
#ifndef ZYG_READER_H
#define ZYG_READER_H

#include "actors/jobfile/jobfile.h"
#include "actors/jobfile/tree.h"
#include "proto/job/nearest.h"
#include "proto/job/shown.h"

struct reader {
    struct span text;
    const char *name;
    const char *dir;
    struct arena *arena;
    struct jobfile_at *at;
    struct err *err;
    struct job *job;
    const struct tree_node *root;
    /* where things stand that can only be judged when all has been read */
    const struct tree_node *objective;
    const struct tree_node *command; /* only when it is one string */
    const struct tree_node *try_first;
    const struct tree_node *list;
    bool has_trials;
    struct param *param; /* the one whose keys are being read */
};

struct key {
    const char *name;
    bool (*read)(struct reader *r, const struct key *key, const struct tree_node *node);
    const char *expects; /* "a whole number from 0 to 1000" */
};

#define KEYS_COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* All answer false. `offset` counts in the text of the node. */
bool reader_fail(struct reader *r, const struct tree_node *node, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
bool reader_fail_at(struct reader *r, const struct tree_node *node, size_t offset,
                    struct span nearest, const char *what);
/* a wrong type or value */
bool reader_expected(struct reader *r, const struct key *key, const struct tree_node *node);
bool reader_full(struct reader *r); /* the arena */

/* Reads each key of a mapping with its line of the table. `what` names the mapping in messages. */
bool map_read(struct reader *r, const struct tree_node *map, const char *what,
              const struct key *keys, size_t count);

/* {lr} without quotes: to YAML a mapping of one key without value */
bool node_is_placeholder(const struct tree_node *node);
/* A scalar that is no number, true, false or nothing. */
bool node_is_text(const struct tree_node *node);
bool node_number(const struct tree_node *node, double *out);
bool node_integer(const struct tree_node *node, int64_t least, int64_t most, int64_t *out);
bool node_value(const struct tree_node *node, struct value *out); /* text, number, true or false */
size_t node_count(const struct tree_node *node); /* items of a list, keys of a mapping */
/* One of the words; its position. A word that is near is suggested. */
bool node_word(struct reader *r, const struct key *key, const struct tree_node *node,
               const char *const *words, size_t count, size_t *out);

/* One condition or a list of them. */
bool read_conditions(struct reader *r, const struct key *key, const struct tree_node *node,
                     uint32_t most, const struct condition **list, uint32_t *count);

/* The tables: search.c, params.c, run.c. */
bool read_search(struct reader *r, const struct key *key, const struct tree_node *node);
bool read_params(struct reader *r, const struct key *key, const struct tree_node *node);
bool read_run(struct reader *r, const struct key *key, const struct tree_node *node);
bool read_rows(struct reader *r); /* try_first or list, once the parameters have been checked */

#endif
