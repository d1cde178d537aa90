/* Which nearest neighbours tell tumours apart? The search is a library here: no process, no file.
 *
 *     cc neighbours.c -lzygtune -lm -o neighbours && ./neighbours ../svm/breast_cancer.scale
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zygtune.h>

enum { ROWS = 569, COLUMNS = 30, MOST = 40, TRIALS = 40 };

static double x[ROWS][COLUMNS];
static int label[ROWS];

static int read_data(const char *path) { /* "+1 1:0.04 2:-0.95 ...": libsvm's format */
    FILE *file = fopen(path, "r");
    char line[4096];
    int rows = 0;
    while (file != NULL && rows < ROWS && fgets(line, sizeof line, file) != NULL) {
        char *at = line;
        label[rows] = strtod(at, &at) > 0;
        for (char *colon; (colon = strchr(at, ':')) != NULL;) {
            long column = strtol(at, NULL, 10) - 1;
            double value = strtod(colon + 1, &at);
            if (column >= 0 && column < COLUMNS)
                x[rows][column] = value;
        }
        rows++;
    }
    if (file != NULL)
        fclose(file);
    return rows;
}

static double distance(int a, int b, char metric) {
    double sum = 0;
    for (int i = 0; i < COLUMNS; i++) {
        double d = fabs(x[a][i] - x[b][i]);
        sum = metric == 'm' ? sum + d : metric == 'e' ? sum + d * d : d > sum ? d : sum;
    }
    return metric == 'e' ? sqrt(sum) : sum;
}

/* The share of the rows that their nearest neighbours take for the wrong kind. */
static double error_of(int neighbours, char metric, double width, double threshold) {
    int wrong = 0;
    for (int row = 0; row < ROWS; row++) {
        double near[MOST], vote = 0, all = 0;
        int who[MOST], found = 0;
        for (int other = 0; other < ROWS; other++) {
            double d = other == row ? INFINITY : distance(row, other, metric);
            int at = found;
            if (found == neighbours && d >= near[found - 1])
                continue;
            for (at -= found == neighbours; at > 0 && near[at - 1] > d; at--) {
                near[at] = near[at - 1];
                who[at] = who[at - 1];
            }
            near[at] = d;
            who[at] = other;
            found += found < neighbours;
        }
        for (int i = 0; i < found; i++) {
            double weight = width > 0 ? exp(-near[i] / width) : 1;
            vote += label[who[i]] ? weight : 0;
            all += weight;
        }
        wrong += (vote > threshold * all) != label[row];
    }
    return (double)wrong / ROWS;
}

int main(int argc, char **argv) {
    static const char *const metrics[] = {"manhattan", "euclid", "chebyshev"};
    char error[ZYGTUNE_ERROR_BYTES];
    struct zygtune_setup setup = {.seed = 1, .budget = TRIALS};
    struct zygtune *z = zygtune_new(&setup, error);
    struct zygtune_trial trial;
    if (z == NULL || argc != 2 || read_data(argv[1]) != ROWS) {
        fprintf(stderr, "%s\n", z == NULL ? error : "usage: neighbours ../svm/breast_cancer.scale");
        return 2;
    }
    zygtune_int(z, "neighbours", 1, MOST, ZYGTUNE_LOG);
    zygtune_choice(z, "metric", metrics, 3);
    zygtune_float(z, "threshold", 0.2, 0.8, ZYGTUNE_LINEAR);
    zygtune_json(z, "{\"name\":\"weights\",\"type\":\"cat\",\"choices\":[\"even\",\"by distance\"]},"
                    "{\"name\":\"width\",\"type\":\"float\",\"low\":0.05,\"high\":10,\"log\":true,"
                    "\"when\":{\"param\":\"weights\",\"in\":[\"by distance\"]}}");
    double best = INFINITY;
    for (int i = 0; i < TRIALS; i++) {
        if (!zygtune_ask(z, &trial)) {
            fprintf(stderr, "%s\n", zygtune_error(z));
            return 1;
        }
        double width = zygtune_has(z, "width") ? zygtune_number(z, "width") : 0;
        double value = error_of((int)zygtune_number(z, "neighbours"), zygtune_text(z, "metric")[0],
                                width, zygtune_number(z, "threshold"));
        if (value < best)
            printf("%2d  %.4f  %s\n", i, value, zygtune_params(z));
        best = value < best ? value : best;
        zygtune_tell(z, trial.id, ZYGTUNE_OK, &value, 0);
    }
    const char *matters = zygtune_importance(z);
    printf("what mattered: %s\n", matters != NULL ? matters : zygtune_error(z));
    zygtune_destroy(&z);
    printf("least error %.4f\n", best);
    return 0;
}
