#include "cmd/cli/args.h"

#include <getopt.h>
#include <string.h>

#include "proto/base/check.h"
#include "proto/base/num.h"
#include "proto/job/nearest.h"

static const char *const format_names[FORMAT_COUNT] = {
    [FORMAT_TABLE] = "table", [FORMAT_WIDE] = "wide", [FORMAT_JSON] = "json",
    [FORMAT_JSONL] = "jsonl", [FORMAT_CSV] = "csv",   [FORMAT_ID] = "id",
};

/* getopt_long answers with these for long options; letters stay below. */
enum { VALUE_STATE = 256, VALUE_OPTIONS = 512 };

enum { COMMON_OPTIONS = 4, NAME_LENGTH_MAX = 64 };

/* One verb's options in the form getopt_long wants, and their names for hints. */
struct option_table {
    struct option longs[ARGS_OPTIONS_MAX + COMMON_OPTIONS + 1];
    const char *names[ARGS_OPTIONS_MAX + COMMON_OPTIONS + 1];
    char letters[2 * (ARGS_OPTIONS_MAX + COMMON_OPTIONS) + 2];
    int letters_count;
    int count;
};

static void options_add(struct option_table *t, const char *name, char letter, bool takes_value,
                        int value) {
    t->longs[t->count] = (struct option){
        .name = name,
        .has_arg = takes_value ? required_argument : no_argument,
        .val = value,
    };
    t->names[t->count++] = name;
    if (letter == 0)
        return;
    t->letters[t->letters_count++] = letter;
    if (takes_value)
        t->letters[t->letters_count++] = ':';
}

static struct option_table options_of(const struct args_rules *rules) {
    /* The leading ':' tells a missing value from an unknown option. */
    struct option_table t = {.letters = ":", .letters_count = 1};
    options_add(&t, "help", 'h', false, 'h');
    options_add(&t, "quiet", 'q', false, 'q');
    options_add(&t, "state", 0, true, VALUE_STATE);
    if (rules->formats != FORMATS_NONE)
        options_add(&t, "output", 'o', true, 'o');
    for (int i = 0; rules->options != NULL && rules->options[i].name != NULL; i++) {
        ensure(i < ARGS_OPTIONS_MAX);
        const struct args_option *o = &rules->options[i];
        options_add(&t, o->name, o->letter, o->kind != ARGS_FLAG, VALUE_OPTIONS + i);
    }
    return t;
}

static bool format_read(struct args *args, const char *text, unsigned allowed, struct err *err) {
    char text_of_list[64];
    struct buf list = buf_of(text_of_list, sizeof text_of_list);
    for (int i = 0; i < FORMAT_COUNT; i++) {
        if ((allowed & FORMAT_BIT(i)) == 0)
            continue;
        if (strcmp(text, format_names[i]) == 0) {
            args->format = (enum format)i;
            args->format_given = true;
            return true;
        }
        buf_text(&list, list.len == 0 ? "" : ", ");
        buf_text(&list, format_names[i]);
    }
    return err_set(err, ERR_USAGE, "-o %.80s: expected one of %.*s", text, (int)list.len,
                   text_of_list);
}

static bool option_take(const struct args_option *o, const char *text, struct err *err) {
    switch (o->kind) {
    case ARGS_FLAG: *(bool *)o->target = true; return true;
    case ARGS_TEXT: *(const char **)o->target = text; return true;
    case ARGS_TEXTS: {
        struct args_texts *texts = o->target;
        if (texts->count == ARGS_TEXTS_MAX)
            return err_set(err, ERR_USAGE, "--%s: given more than %d times", o->name,
                           ARGS_TEXTS_MAX);
        texts->items[texts->count++] = text;
        return true;
    }
    case ARGS_NUMBER: {
        int64_t number;
        if (!num_parse_i64(span_text(text), &number) || number < 0)
            return err_set(err, ERR_USAGE, "--%s %s: expected a whole number", o->name, text);
        *(uint64_t *)o->target = (uint64_t)number;
        return true;
    }
    case ARGS_DURATION:
        if (!num_parse_duration(span_text(text), o->target))
            return err_set(err, ERR_USAGE, "--%s %s: expected a duration such as 30s, 5m or 2h",
                           o->name, text);
        return true;
    }
    ensure(false);
}

static bool unknown_option(const struct option_table *t, const char *given, struct err *err) {
    char name[NAME_LENGTH_MAX];
    size_t len = strcspn(given, "=");
    if (strncmp(given, "--", 2) != 0 || len >= sizeof name)
        return err_set(err, ERR_USAGE, "unknown option '%.80s'", given);
    memcpy(name, given + 2, len - 2);
    name[len - 2] = '\0';
    const char *nearest = name_nearest(name, t->names);
    if (nearest == NULL)
        return err_set(err, ERR_USAGE, "unknown option '--%s'", name);
    return err_set(err, ERR_USAGE, "unknown option '--%s' (did you mean '--%s'?)", name, nearest);
}

/* What getopt_long did not like about the argument it has just read. */
static bool option_refuse(const struct option_table *t, int answer, char **argv, struct err *err) {
    /* A bad letter is told in optopt; for a bad long option optopt is 0 or the value of the one it
     * was taken for. */
    const char *given = argv[optind - 1];
    if (answer == ':')
        return err_set(err, ERR_USAGE, "option '%.80s' needs a value", given);
    if (optopt == 0)
        return unknown_option(t, given, err);
    if (optopt < VALUE_STATE && strchr(t->letters, optopt) == NULL)
        return err_set(err, ERR_USAGE, "unknown option '-%c'", optopt);
    return err_set(err, ERR_USAGE, "option '%.80s' takes no value", given);
}

static bool operands_take(struct args *args, int argc, char **argv, const struct args_rules *rules,
                          struct err *err) {
    int count = argc - optind;
    ensure(rules->most <= ARGS_OPERANDS_MAX);
    if (count < rules->least)
        return err_set(err, ERR_USAGE, "%s is missing", rules->operand);
    if (count > rules->most)
        return err_set(err, ERR_USAGE, "'%.80s' is one argument too many",
                       argv[optind + rules->most]);
    for (int i = 0; i < count; i++)
        args->operands[i] = argv[optind + i];
    args->operands_count = count;
    return true;
}

static bool answer_take(struct args *args, int answer, const struct args_rules *rules,
                        struct err *err) {
    switch (answer) {
    case 'h': args->help = true; return true;
    case 'q': args->quiet = true; return true;
    case 'o': return format_read(args, optarg, rules->formats, err);
    case VALUE_STATE: args->state_dir = optarg; return true;
    default: break;
    }
    const struct args_option *o = rules->options;
    if (answer >= VALUE_OPTIONS)
        return option_take(&o[answer - VALUE_OPTIONS], optarg, err);
    while (o->letter != answer)
        o++;
    return option_take(o, optarg, err);
}

bool args_read(struct args *args, int argc, char **argv, const struct args_rules *rules,
               struct err *err) {
    struct option_table t = options_of(rules);
    *args = (struct args){.format = FORMAT_TABLE};
    opterr = 0;
    optind = 0; /* glibc: start anew, also when getopt was used before */
    for (;;) {
        optopt = 0;
        int answer = getopt_long(argc, argv, t.letters, t.longs, NULL);
        if (answer == -1)
            return operands_take(args, argc, argv, rules, err);
        if (answer == '?' || answer == ':')
            return option_refuse(&t, answer, argv, err);
        if (!answer_take(args, answer, rules, err))
            return false;
        if (args->help)
            return true;
    }
}

bool selector_read(struct selector *s, const char *text, struct err *err) {
    *s = (struct selector){0};
    size_t len = strcspn(text, "/");
    if (len == 0)
        return err_set(err, ERR_USAGE,
                       "'%.80s': expected a job: last, its name, its handle or the start of its id",
                       text);
    if (len >= sizeof s->job)
        return err_set(err, ERR_NOT_FOUND, "'%.80s...': no job has so long a name", text);
    memcpy(s->job, text, len);
    if (text[len] == '\0')
        return true;
    int64_t slot;
    if (!num_parse_i64(span_text(text + len + 1), &slot) || slot < 0)
        return err_set(err, ERR_USAGE,
                       "'%.80s': expected a trial's number after the '/', as in %.60s/17", text,
                       s->job);
    s->has_slot = true;
    s->slot = (uint64_t)slot;
    return true;
}

const char *name_nearest(const char *text, const char *const *names) {
    struct nearest n = nearest_of(span_text(text));
    for (size_t i = 0; names[i] != NULL; i++)
        nearest_offer(&n, span_text(names[i]));
    for (size_t i = 0; n.best.len > 0 && names[i] != NULL; i++) {
        if (span_is(n.best, names[i]))
            return names[i];
    }
    return NULL;
}
