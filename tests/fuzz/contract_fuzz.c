/* Any bytes as a trial's output, in pieces cut where the input says: whatever is understood must be a metric that can be
 * recorded, read the same however it was cut, and leave a cause that fits a message; and a curve that can be sent. */
#include "actors/executor/cause.h"
#include "actors/executor/climb.h"
#include "actors/executor/contract.h"
#include "actors/executor/metrics.h"
#include "proto/base/check.h"

#include <math.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct tally {
    struct metrics metrics;
    struct climb climb;
    uint64_t news;
    double sum;
};

static struct contract whole, pieces;
static struct tally of_whole, of_pieces;

static void hear(void *context, const struct contract_news *news) {
    struct tally *tally = context;
    tally->news++;
    ensure(news->step >= STEP_NONE);
    ensure(news->line.len <= LIMIT_LINE_BYTES);
    ensure(span_is_utf8(news->name));
    if (news->kind != CONTRACT_METRIC && news->kind != CONTRACT_FINAL)
        return;
    ensure(isfinite(news->value));
    ensure(news->name.len > 0 && news->name.len <= LIMIT_NAME_BYTES);
    if (span_is(news->name, "val_acc"))
        climb_tell(&tally->climb, news->step, news->value);
    if (metrics_add(&tally->metrics, news->name, news->step, news->value, 0))
        tally->sum = tally->sum / 2 + news->value / 2;
}

static void check_cause(const struct contract *c, const struct reading_rules *rules) {
    char memory[CAUSE_BYTES];
    struct buf out = buf_of(memory, sizeof memory);
    contract_missing(c, rules, &out);
    ensure(!out.overflow);
    ensure(span_is_utf8(buf_view(&out)));
}

static void check_climb(const struct climb *c) {
    uint8_t curve_memory[CURVE_BYTES], memory[CAUSE_BYTES];
    struct buf curve = buf_of(curve_memory, sizeof curve_memory);
    struct buf out = buf_of(memory, sizeof memory);
    struct curve back;
    for (uint32_t i = 0; i < c->stands_count; i++) {
        buf_clear(&curve);
        curve_encode(&c->stands[i].curve, &curve);
        ensure(curve_decode(&back, buf_view(&curve)));
    }
    climb_explain(c, true, &out);
    climb_explain_missed(c, span_text("val_acc"), &out);
    ensure(!out.overflow && span_is_utf8(buf_view(&out)));
}

static void check_bytes(const struct tally *tally) {
    static uint8_t memory[65536];
    struct buf out = buf_of(memory, sizeof memory);
    struct metric metric;
    metrics_encode(&tally->metrics, &out);
    ensure(!out.overflow);
    struct metrics_reader r = metrics_read(buf_view(&out));
    while (metrics_next(&r, &metric))
        ;
    ensure(!r.wrong);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const struct span loss[] = {{(const uint8_t *)"loss", 4}};
    const struct reading_rules rules = {.objective = span_text("val_acc"),
                                        .others = loss,
                                        .others_count = 1,
                                        .objectives_count = 2,
                                        .unit = span_text("epochs")};
    const struct job job = {.rungs = {.steps = 27, .policy = RUNGS_ASHA, .budget = rules.unit}};
    const struct contract_sink to_whole = {&of_whole, hear}, to_pieces = {&of_pieces, hear};
    contract_init(&whole);
    contract_init(&pieces);
    metrics_init(&of_whole.metrics);
    metrics_init(&of_pieces.metrics);
    climb_begin(&of_whole.climb, &job, (struct span){0});
    climb_begin(&of_pieces.climb, &job, (struct span){0});
    of_whole.news = of_pieces.news = 0;
    of_whole.sum = of_pieces.sum = 0;
    contract_feed(&whole, &rules, span_of(data, size), &to_whole);
    contract_end(&whole, &rules, &to_whole);
    for (size_t at = 0; at < size;) {
        size_t len = 1 + data[at] % 7;
        len = len < size - at ? len : size - at;
        contract_feed(&pieces, &rules, span_of(data + at, len), &to_pieces);
        at += len;
    }
    contract_end(&pieces, &rules, &to_pieces);
    ensure(of_whole.news == of_pieces.news);
    ensure(of_whole.sum == of_pieces.sum);
    ensure(whole.told[0].has_value == pieces.told[0].has_value && whole.lines == pieces.lines);
    if (!contract_is_whole(&whole, &rules))
        check_cause(&whole, &rules);
    check_bytes(&of_whole);
    ensure(of_whole.climb.reached == of_pieces.climb.reached);
    ensure(of_whole.climb.curve.step == of_pieces.climb.curve.step);
    check_climb(&of_whole.climb);
    return 0;
}
