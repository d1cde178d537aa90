/* seat_best - what a job's row says is its best: by its results, or, of a job that is repeat_auto and done, what its search
 * recommends. What is best by its results is kept beside that: it goes on, and is the row's again when the end that recommends
 * does not stand any more, because the job was cancelled, has more trials, or an earlier end says something else.
 */
#ifndef ZYG_SEAT_BEST_H
#define ZYG_SEAT_BEST_H

#include "actors/facts/seat.h"

/* The best by the results from now on. */
void seat_best_put(struct seat *s, const struct worth *worth, struct span config);
/* The row's best is what the seat was told to recommend, or, when that is nothing, what its results say. */
void seat_best_recommend(struct seat *s);
void seat_best_take_back(struct seat *s);
/* Of two ends that are equal but for what they recommend: below 0 when this one goes before what the row recommends; 0: they
 * recommend the same, or nothing. */
int seat_best_compare(const struct seat *s, struct span best);
/* As a summary says it. */
void seat_best_resume(struct seat *s, const struct msg_job_row *row);

#endif
