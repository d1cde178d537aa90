#include "cmd/cli/help.h"

#include <string.h>

enum { VERBS_MAX = 64 };

static const struct {
    const char *group;
    const char *heading;
} headings[] = {
    {"run", "Run jobs"},
    {"look", "Look at jobs and trials"},
    {"cluster", "Work on several machines"},
    {"other", "Other"},
};

static const char common[] =
    "-q, --quiet       say nothing but the result\n"
    "--state DIR       the state folder (default: $ZYG_STATE, $XDG_STATE_HOME/zyg,\n"
    "                  ~/.local/state/zyg)\n"
    "-h, --help        this text\n";

const struct verb *verb_find(const char *name) {
    for (const struct verb *v = verbs; v->name != NULL; v++) {
        if (strcmp(v->name, name) == 0)
            return v;
    }
    return NULL;
}

void verb_refuse(const char *name) {
    const char *names[VERBS_MAX + 1];
    int count = 0;
    for (const struct verb *v = verbs; v->name != NULL && count < VERBS_MAX; v++)
        names[count++] = v->name;
    names[count] = NULL;
    const char *nearest = name_nearest(name, names);
    if (nearest != NULL)
        fprintf(stderr, "zyg: there is no verb '%s' (did you mean '%s'?)\n", name, nearest);
    else
        fprintf(stderr, "zyg: there is no verb '%s'; all verbs: zyg help\n", name);
}

void help_print(FILE *to) {
    fprintf(to, "zyg finds the best model: it runs your training program with many "
                "hyperparameters, in parallel,\n"
                "and learns where to look next.\n\nusage: zyg VERB [ARGUMENT...]\n");
    for (size_t i = 0; i < sizeof headings / sizeof *headings; i++) {
        fprintf(to, "\n%s\n", headings[i].heading);
        for (const struct verb *v = verbs; v->name != NULL; v++) {
            if (strcmp(v->group, headings[i].group) == 0)
                fprintf(to, "  %-11s %s\n", v->name, v->sentence);
        }
    }
    fprintf(
        to,
        "\nA job is called by its handle (digits-3f2a), its name, the start of its id, or `last`;\n"
        "one of its trials by its number behind a slash (last/17).\n"
        "More about a verb: zyg help VERB\n");
}

/* Each line indented by two. */
static void print_lines(FILE *to, const char *text) {
    while (*text != '\0') {
        size_t len = strcspn(text, "\n");
        fprintf(to, "  %.*s\n", (int)len, text);
        text += len + (text[len] == '\n');
    }
}

void help_print_verb(FILE *to, const struct verb *verb) {
    fprintf(to, "usage: zyg %s%s%s\n\n%s\n\n", verb->name, verb->arguments[0] != '\0' ? " " : "",
            verb->arguments, verb->sentence);
    if (verb->details != NULL)
        print_lines(to, verb->details);
    print_lines(to, common);
}

int cli_help(int argc, char **argv) {
    const struct args_rules rules = {.most = 1, .operand = "VERB"};
    struct args args;
    int status;
    if (!cli_args(&args, argc, argv, &rules, &status))
        return status;
    if (args.operands_count == 0) {
        help_print(stdout);
        return 0;
    }
    const struct verb *verb = verb_find(args.operands[0]);
    if (verb == NULL) {
        verb_refuse(args.operands[0]);
        return err_exit_status(ERR_USAGE);
    }
    help_print_verb(stdout, verb);
    return 0;
}
