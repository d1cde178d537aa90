/* chain_set - what a chain begins with: which slots are known, what they are, and a digest of what stands there.
 *
 * From the same set everybody makes the same study (chain.h), so it names whatever the study is told: of a slot that went on
 * after a rest also the rung where it rested last.
 */
#ifndef ZYG_CHAIN_SET_H
#define ZYG_CHAIN_SET_H

#include "actors/tuner/chain.h"

/* Which slots a set names, in this order: by what they are; then, for each rung but the last, those that
 * stood there; then, for each, those of the open ones that rested there last. Without rungs the first two. */
enum chain_set {
    CHAIN_SET_FINISHED,
    CHAIN_SET_OPEN,
    CHAIN_SET_PAUSED,
    CHAIN_SET_STOOD /* + the rung; chain_set_rested: + the rung */
};
uint32_t chain_set_rested(const struct chain *c);
uint32_t chain_set_kinds(const struct chain *c);

/* As `known` of a chain's first proposal has it, behind the number; the items are in order (known_sort). */
void chain_set_put(const struct chain *c, struct buf *known);
/* At how many rungs an open slot had stood when it rested last; 0: it never did, or nothing is known of where. */
uint32_t chain_set_rested_at(const struct chain *c, const struct known_slot *item);

#endif
