/* A program of somebody else's that leads a search by lines of the protocol, as libzygtune lets it; asktell.sh builds it. */
#include "zygtune.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static int failed;

static void expect(bool is, const char *what, const char *said) {
    if (is)
        return;
    printf("%s: %s\n", what, said);
    failed = 1;
}

/* A bowl that a constraint cuts: the best that keeps it lies on the edge, x + y = 1. */
static void lead(struct zygtune *z) {
    char line[200];
    unsigned id = 0, best = 0;
    double a = 0, b = 0, value = 0;
    for (int i = 0; i < 40; i++) {
        const char *said = zygtune_line(z, "{\"op\":\"ask\"}");
        if (sscanf(said, "{\"id\":%u,\"params\":{\"a\":%lf,\"b\":%lf}}", &id, &a, &b) != 3) {
            expect(strcmp(said, "{\"wait\":true,\"over\":\"target reached\"}") == 0, "the end",
                   said);
            expect(i > 0, "no trial before", said);
            break;
        }
        expect(a <= b, "where", said);
        snprintf(line, sizeof line,
                 "{\"op\":\"tell\",\"id\":%u,\"state\":\"ok\",\"value\":%.17g,\"metrics\":{\"sum\":"
                 "%.17g}}",
                 id, (1 - a) * (1 - a) + (1 - b) * (1 - b), a + b);
        expect(strcmp(zygtune_line(z, line), "{}") == 0, "tell", line);
    }
    const char *said = zygtune_line(z, "{\"op\":\"best\"}");
    expect(sscanf(said, "{\"id\":%u,\"value\":%lf", &best, &value) == 2 && value >= 0.5 &&
               value < 0.6,
           "best", said);
}

int main(void) {
    const struct zygtune_setup setup = {.seed = 1};
    char error[ZYGTUNE_ERROR_BYTES] = "";
    struct zygtune *z = zygtune_new(&setup, error);
    if (z == NULL)
        return 1;
    expect(!zygtune_float(z, "a", 0, NAN, ZYGTUNE_LINEAR), "not a number", zygtune_error(z));
    expect(!zygtune_int(z, "a", 0, INT64_MAX, ZYGTUNE_LINEAR), "too large", zygtune_error(z));
    const char *said = zygtune_line(z, "no JSON");
    expect(strncmp(said, "{\"error\":", 9) == 0 && strchr(said, '\n') == NULL, "nonsense", said);
    said = zygtune_line(z, "{\"op\":\"init\",\"seed\":1,\"where\":[\"a <= "
                           "b\"],\"constraints\":[\"sum <= 1\"],\"target\":0.55,"
                           "\"try_first\":[{\"a\":0.1,\"b\":0.2}],\"space\":[{\"name\":\"a\","
                           "\"type\":\"float\",\"low\":0,\"high\":1},"
                           "{\"name\":\"b\",\"type\":\"float\",\"low\":0,\"high\":1}]}");
    expect(strcmp(said, "{}") == 0, "init", said);
    lead(z);
    zygtune_destroy(&z);
    puts(failed ? "failed" : "as expected");
    return failed;
}
