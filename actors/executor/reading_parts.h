/* reading_parts - what the files of reading share, and nobody else uses. */
#ifndef ZYG_READING_PARTS_H
#define ZYG_READING_PARTS_H

#include "actors/executor/reading.h"

bool reading_is_name_byte(uint8_t c);
bool reading_is_step(struct span name, const struct reading_rules *rules);

/* True for a number and for nan and inf, which are then not finite. */
bool reading_number(struct span text, double *value, bool *finite);

/* A step goes to r->step, everything else becomes a reading. */
void readings_add(struct readings *r, struct span name, double value, bool finite, bool final,
                  const struct reading_rules *rules);

/* reading_json.c: one JSON object and nothing else; false with r->bad and r->bad_at. */
bool reading_take_json(struct readings *r, struct span text, const struct reading_rules *rules);
/* reading_pairs.c */
void reading_take_pairs(struct readings *r, struct span line, const struct reading_rules *rules);

#endif
