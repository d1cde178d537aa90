#include "proto/job/nearest.h"

enum { WORD_MAX = 64 };

static uint8_t lower(uint8_t c) {
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

static size_t least(size_t a, size_t b) {
    return a < b ? a : b;
}

size_t nearest_distance(struct span a, struct span b) {
    if (a.len > WORD_MAX || b.len > WORD_MAX)
        return SIZE_MAX;
    size_t rows[3][WORD_MAX + 1] = {{0}};
    for (size_t j = 0; j <= b.len; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= a.len; i++) {
        size_t *now = rows[i % 3];
        const size_t *last = rows[(i + 2) % 3];
        const size_t *before = rows[(i + 1) % 3];
        uint8_t c = lower(a.data[i - 1]);
        now[0] = i;
        for (size_t j = 1; j <= b.len; j++) {
            uint8_t d = lower(b.data[j - 1]);
            size_t best = least(last[j], now[j - 1]) + 1;
            best = least(best, last[j - 1] + (c == d ? 0 : 1));
            if (i > 1 && j > 1 && c == lower(b.data[j - 2]) && lower(a.data[i - 2]) == d)
                best = least(best, before[j - 2] + 1);
            now[j] = best;
        }
    }
    return rows[a.len % 3][b.len];
}

struct nearest nearest_of(struct span word) {
    return (struct nearest){.word = word, .distance = SIZE_MAX};
}

void nearest_offer(struct nearest *n, struct span name) {
    size_t distance = nearest_distance(n->word, name);
    size_t longer = n->word.len > name.len ? n->word.len : name.len;
    if (distance >= n->distance || distance > (longer + 2) / 3 || distance >= longer)
        return;
    n->best = name;
    n->distance = distance;
}
