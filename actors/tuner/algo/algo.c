#include "actors/tuner/algo/algo.h"

#include "proto/base/check.h"

#include <assert.h>

static const struct algo *const algos[] = {
#define ALGO(METHOD, name) [METHOD_##METHOD] = &algo_##name,
#include "actors/tuner/algo/algos.def"
#undef ALGO
};

static_assert(sizeof algos / sizeof *algos == METHOD_COUNT, "every method has its algorithm");

const struct algo *algo_of(enum method method) {
    ensure(method < METHOD_COUNT);
    return algos[method];
}
