#include "actors/tuner/chain_set.h"

#include "proto/base/check.h"
#include "proto/base/mp.h"

enum { ITEM_BYTES = 64 /* what is known of a slot, but for its stands */ };

/* FNV-1a (Fowler, Noll, Vo), 64 bits. */
static uint64_t digest_of(uint64_t digest, struct span bytes) {
    for (size_t i = 0; i < bytes.len; i++)
        digest = (digest ^ bytes.data[i]) * 0x100000001b3u;
    return digest;
}

static uint64_t digest_item(uint64_t digest, const struct chain *c, const struct known_slot *item) {
    uint8_t memory[ITEM_BYTES + RUNGS_MOST * (CURVE_BYTES + 2)];
    struct buf out = buf_of(memory, sizeof memory);
    bool rests = item->status == TRIAL_PAUSED; /* what that attempt cost does not matter */
    mp_put_u64(&out, item->slot);
    mp_put_u64(&out, item->status);
    mp_put_i64(&out, rests ? 0 : item->run_ms);
    mp_put_f64(&out, rests ? 0 : item->value);
    for (uint32_t i = 0; i < c->known.rungs; i++) {
        const struct known_stand *stand = known_stand(&c->known, item, i);
        if (stand->curve.told == 0)
            continue;
        mp_put_u64(&out, i);
        mp_put_bool(&out, stand->saved);
        curve_encode(&stand->curve, &out);
    }
    if (known_end(&c->known, item) != NULL)
        curve_encode(known_end(&c->known, item), &out);
    ensure(!out.overflow);
    digest = digest_of(digest_of(digest, buf_view(&out)), known_config(&c->known, item));
    return rests ? digest : digest_of(digest, known_others(&c->known, item));
}

uint32_t chain_set_rested(const struct chain *c) {
    return CHAIN_SET_STOOD + c->known.rungs;
}

uint32_t chain_set_kinds(const struct chain *c) {
    return c->known.rungs == 0 ? CHAIN_SET_PAUSED : chain_set_rested(c) + c->known.rungs;
}

uint32_t chain_set_rested_at(const struct chain *c, const struct known_slot *item) {
    uint32_t count = item->resumed ? c->known.rungs : 0;
    for (; count > 0; count--) {
        const struct known_stand *stand = known_stand(&c->known, item, count - 1);
        if (stand->curve.told > 0 && stand->attempt <= item->attempts)
            return count;
    }
    return 0;
}

static bool is_of(const struct chain *c, const struct known_slot *item, uint32_t kind) {
    bool open = item->status == TRIAL_OPEN, paused = item->status == TRIAL_PAUSED;
    switch (kind) {
    case CHAIN_SET_FINISHED: return !open && !paused;
    case CHAIN_SET_OPEN: return open;
    case CHAIN_SET_PAUSED: return paused;
    default: break;
    }
    if (kind < chain_set_rested(c))
        return known_stand(&c->known, item, kind - CHAIN_SET_STOOD)->curve.told > 0;
    return open && chain_set_rested_at(c, item) == kind - chain_set_rested(c) + 1;
}

/* As ranges_encode writes them. */
static void put_ranges(const struct chain *c, uint32_t kind, struct buf *out) {
    const struct known *k = &c->known;
    for (int pass = 0; pass < 2; pass++) { /* counts, then writes */
        uint32_t count = 0, from = 0, to = 0;
        for (uint32_t i = 0; i <= k->count; i++) {
            const struct known_slot *item = i < k->count ? &k->items[k->order[i]] : NULL;
            if (item != NULL && !is_of(c, item, kind))
                continue;
            if (item != NULL && to > from && item->slot == to) {
                to++;
                continue;
            }
            if (to > from && pass == 1) {
                mp_put_u64(out, from);
                mp_put_u64(out, to - from);
            }
            count += to > from ? 2 : 0;
            from = item != NULL ? item->slot : 0;
            to = item != NULL ? item->slot + 1 : 0;
        }
        if (pass == 0)
            mp_put_array(out, count);
    }
}

void chain_set_put(const struct chain *c, struct buf *known) {
    uint32_t kinds = chain_set_kinds(c);
    uint64_t digest = 0xcbf29ce484222325u;
    for (uint32_t kind = 0; kind < kinds; kind++) {
        uint8_t memory[CHAIN_KNOWN_BYTES];
        struct buf ranges = buf_of(memory, sizeof memory);
        put_ranges(c, kind, &ranges);
        mp_put_bin(known, buf_view(&ranges));
        known->overflow = known->overflow || ranges.overflow;
    }
    for (uint32_t i = 0; i < c->known.count; i++)
        digest = digest_item(digest, c, &c->known.items[c->known.order[i]]);
    mp_put_u64(known, digest);
    if (c->setup.algo != NULL)
        mp_put_str(known, span_text(c->setup.algo->name));
}
