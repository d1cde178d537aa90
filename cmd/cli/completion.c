#include "cmd/cli/cli.h"

#include <stdio.h>
#include <string.h>

static const char *const common_options[] = {"--quiet", "--state", "--help"};

static bool is_option_letter(char c) {
    return c == '-' || (c >= 'a' && c <= 'z');
}

/* One that a text explains begins a line, a bracket or a second spelling; others are of other programs. */
static bool is_explained(const char *text, const char *at) {
    if (at == text || at[-1] == '\n' || at[-1] == '[')
        return true;
    return at[-1] == ' ' && at - text >= 2 && (at[-2] == ',' || at[-2] == '|');
}

/* Every --option that a text about a verb explains. */
static void print_options(const char *text, const char *before) {
    for (const char *p = text; p != NULL && (p = strstr(p, "--")) != NULL;) {
        size_t len = 2;
        while (is_option_letter(p[len]))
            len++;
        if (len > 2 && is_explained(text, p))
            printf("%s%.*s", before, (int)len, p);
        p += len;
    }
}

static void print_verb_options(const struct verb *v) {
    print_options(v->details, " ");
    if (v->details == NULL || strstr(v->details, "--") == NULL)
        print_options(v->arguments, " ");
    for (size_t i = 0; i < sizeof common_options / sizeof *common_options; i++)
        printf(" %s", common_options[i]);
}

/* What may stand first after the verb, where that is one of a few words: "init [--name NAME] | show" has two. */
static int print_words(const char *arguments) {
    int depth = 0, count = 0;
    char before = ' ';
    for (const char *p = arguments; *p != '\0'; before = *p++) {
        depth += (*p == '[') - (*p == ']');
        if (depth > 0 || *p < 'a' || *p > 'z' || (before != ' ' && before != '|'))
            continue;
        printf("%s%.*s", count++ == 0 ? "" : " ", (int)strspn(p, "abcdefghijklmnopqrstuvwxyz"), p);
    }
    return count;
}

/* Words, files (nothing of ours), or a job. */
static void print_others(const struct verb *v) {
    if (print_words(v->arguments) == 0 && strstr(v->arguments, "JOB_FILE") == NULL)
        printf("last");
}

static void print_bash(void) {
    printf("# bash completion of zyg; use it with: eval \"$(zyg completion bash)\"\n"
           "_zyg() {\n"
           "    local word=${COMP_WORDS[COMP_CWORD]} options= others=\n"
           "    if [ \"$COMP_CWORD\" = 1 ]; then\n"
           "        COMPREPLY=($(compgen -W '");
    for (const struct verb *v = verbs; v->name != NULL; v++)
        printf("%s%s", v == verbs ? "" : " ", v->name);
    printf("' -- \"$word\"))\n"
           "        return\n"
           "    fi\n"
           "    case ${COMP_WORDS[1]} in\n");
    for (const struct verb *v = verbs; v->name != NULL; v++) {
        printf("    %s) options='", v->name);
        print_verb_options(v);
        printf("' others='");
        print_others(v);
        printf("' ;;\n");
    }
    printf("    esac\n"
           "    case $word in\n"
           "    -*) COMPREPLY=($(compgen -W \"$options\" -- \"$word\")) ;;\n"
           "    *) COMPREPLY=($(compgen -f -W \"$others\" -- \"$word\")) ;;\n"
           "    esac\n"
           "}\n"
           "complete -o filenames -F _zyg zyg\n");
}

static void print_zsh(void) {
    printf("#compdef zyg\n"
           "# zsh completion of zyg; use it with: eval \"$(zyg completion zsh)\"\n"
           "_zyg() {\n"
           "    local -a verbs options others\n"
           "    verbs=(\n");
    for (const struct verb *v = verbs; v->name != NULL; v++)
        printf("        \"%s:%s\"\n", v->name, v->sentence);
    printf("    )\n"
           "    if (( CURRENT == 2 )); then\n"
           "        _describe verb verbs\n"
           "        return\n"
           "    fi\n"
           "    case $words[2] in\n");
    for (const struct verb *v = verbs; v->name != NULL; v++) {
        printf("    %s) options=(", v->name);
        print_verb_options(v);
        printf(") others=(");
        print_others(v);
        printf(") ;;\n");
    }
    printf(
        "    esac\n"
        "    _alternative 'options:option:compadd -a options' 'others:argument:compadd -a others' "
        "'files:file:_files'\n"
        "}\n"
        "compdef _zyg zyg\n");
}

int cli_completion(int argc, char **argv) {
    const struct args_rules rules = {
        .least = 1, .most = 1, .operand = "the shell's name (bash or zsh)"};
    struct args args;
    int status;
    if (!cli_args(&args, argc, argv, &rules, &status))
        return status;
    if (strcmp(args.operands[0], "bash") == 0)
        print_bash();
    else if (strcmp(args.operands[0], "zsh") == 0)
        print_zsh();
    else
        return cli_usage("completion", "'%s': expected bash or zsh", args.operands[0]);
    return 0;
}
