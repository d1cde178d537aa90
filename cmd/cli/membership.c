#include "cmd/cli/membership.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "actors/kit/clock_shell.h"
#include "cmd/cli/cli.h"

bool membership_visits(void) {
    const char *text = getenv(MEMBERSHIP_VARIABLE);
    return text != NULL && text[0] != '\0';
}

bool membership_load(struct membership *m, const char *state_dir, struct err *err) {
    const char *text = getenv(MEMBERSHIP_VARIABLE);
    struct token token;
    m->visiting = membership_visits();
    if (!m->visiting)
        return cluster_load(&m->cluster, state_dir, err);
    bool good = (token_parse(&token, text, err) &&
                 cluster_visit(&m->cluster, state_dir, &token, clock_wall(), err)) ||
                err_context(err, MEMBERSHIP_VARIABLE);
    sodium_memzero(&token, sizeof token);
    return good;
}

int membership_fail(const struct err *err) {
    if (err->code != ERR_NOT_FOUND)
        return cli_fail(err);
    fprintf(stderr, "zyg: %s\nbegin one: zyg cluster init; enter one: zyg cluster join TOKEN\n",
            err->what);
    return err_exit_status(err->code);
}
