/* matern_body - the loops of matern.h, included by matern.c once for each kind of processor with
 * MATERN_NAME(loop) (a function's name), MATERN_LOOPS (the table's) and MATERN_TARGET (their
 * attribute). */

MATERN_TARGET static void MATERN_NAME(begin)(const struct matern_place *place,
                                             const double *restrict column, size_t count,
                                             double weight, double *restrict q) {
    const struct matern_place p = *place;
    for (size_t j = 0; j < count; j++)
        q[j] = weight * square_from(p, column[j]);
}

MATERN_TARGET static void MATERN_NAME(weigh)(const struct matern_place *place,
                                             const double *restrict column, size_t count,
                                             double weight, double *restrict q) {
    const struct matern_place p = *place;
    for (size_t j = 0; j < count; j++)
        q[j] += weight * square_from(p, column[j]);
}

MATERN_TARGET static void MATERN_NAME(differ)(const double *restrict column, double at,
                                              size_t count, double same, double other,
                                              double *restrict q) {
    for (size_t j = 0; j < count; j++)
        q[j] += column[j] != at ? other : same;
}

MATERN_TARGET static void MATERN_NAME(decay)(double *restrict q, double *restrict e, size_t count) {
    for (size_t j = 0; j < count; j++) {
        double r = ROOT5 * sqrt(q[j]);
        q[j] = r;
        e[j] = -r;
    }
    portable_exp_all(e, count);
}

MATERN_TARGET static void MATERN_NAME(rise)(const double *restrict r, const double *restrict e,
                                            size_t count, double height, double *restrict row) {
    for (size_t j = 0; j < count; j++)
        row[j] += height * (1 + r[j] + r[j] * r[j] * THIRD) * e[j];
}

MATERN_TARGET static void MATERN_NAME(slope)(double *restrict r, const double *restrict e,
                                             size_t count, double height) {
    double factor = height * (-5.0 / 6);
    for (size_t j = 0; j < count; j++)
        r[j] = factor * (1 + r[j]) * e[j];
}

const struct matern_loops MATERN_LOOPS = {
    MATERN_NAME(begin), MATERN_NAME(weigh), MATERN_NAME(differ),
    MATERN_NAME(decay), MATERN_NAME(rise),  MATERN_NAME(slope),
};

#undef MATERN_NAME
#undef MATERN_LOOPS
#undef MATERN_TARGET
