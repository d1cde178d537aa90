/* num - numbers as people and programs write them.
 *
 * Doubles print in the shortest form that reads back as the same double, the same on every machine:
 * 5, 0.1, 1e-5, -0; what is not finite prints as nan, inf, -inf. They parse as JSON and YAML 1.2 do
 * ("1e-5" is a number, "010" is ten, "0x10", "inf" and "nan" are not numbers). The decimal sign is
 * a point in every locale: zyg sets none, but a program that links libzygtune may.
 * Errors   the parsers take the whole text or answer false and leave *out alone; a number that
 *          would not be finite, or does not fit, is refused.
 */
#ifndef ZYG_NUM_H
#define ZYG_NUM_H

#include "proto/base/bytes.h"
#include "proto/base/time.h"

enum { NUM_TEXT_MAX = 400 }; /* a longer text is not taken for a number */

void num_print(struct buf *out, double value); /* shortest that reads back */
/* For tables: so many significant digits; up to 999999 no digit before the point is lost. 0: as
 * num_print. */
void num_print_short(struct buf *out, double value, int significant);
bool num_parse(struct span text, double *out);
bool num_parse_i64(struct span text, int64_t *out);

/* A unit may follow a blank, a fraction must come out whole ("1.5GiB", "0.5s"). */
bool num_parse_duration(struct span text, dur_ms *out); /* "250ms" "30s" "5m" "2h" "1d" */
bool num_parse_size(struct span text, uint64_t *out);   /* "512" "64KiB" "20MiB" "2GiB" "5MB" */
/* "850 ms" "4.2 s" "3 min 20 s" "2 h 5 min" "1 d 3 h" */
void num_print_duration(struct buf *out, dur_ms value);
void num_print_size(struct buf *out, uint64_t value); /* "20 MiB" "1.5 GiB" */
void num_print_time(struct buf *out, wall_ms when);   /* "2026-11-21T19:30:00Z" */

#endif
