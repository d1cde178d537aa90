/* allowed - configurations that a job's `where` allows.
 *
 * Drawn evenly from all that are allowed: full points are drawn until one is, DRAWS of them at
 * most. Where so few are allowed that none was, a walk begins at a random point and takes changes
 * of single coordinates that bring it nearer (job_miss), from steps as long as the interval down to
 * 2^-40 of it; from where it arrives, coordinates are drawn anew one after the other, each evenly
 * from what `where` leaves of its interval: slice sampling by shrinkage, whose limit is the even
 * distribution (Neal, "Slice sampling", Annals of Statistics 31, 2003, section 4 and figure 5).
 * Without `where` all of it costs one look.
 * Errors   false: nothing was found; `point` and `values` mean nothing then. There may be no
 *          allowed configuration, or too few to be found.
 */
#ifndef ZYG_ALLOWED_H
#define ZYG_ALLOWED_H

#include "actors/tuner/space/space.h"

struct rng;

/* How many random configurations allowed_some looks at. */
enum { ALLOWED_LOOKS = 4096 };

bool space_allows(const struct space *s, const struct value *values);
/* point: full; values: of it. */
bool allowed_draw(const struct space *s, struct rng *r, double *point, struct value *values);
/* An allowed configuration near a full point: itself when it is allowed, else one that agrees with
 * it in as many coordinates as an even draw could be brought to, one after the other, and lies near
 * it in the others. `point` is moved there. */
bool allowed_near(const struct space *s, struct rng *r, double *point, struct value *values);
/* Whether anything can be found at all, looked for longer than the others do and by draws of its
 * own, the same whenever it is asked. Whoever takes a job in asks, so that later it is found again
 * when all else fails. */
bool allowed_some(const struct space *s, double *point, struct value *values);

#endif
