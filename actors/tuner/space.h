/* space - a parameter's values laid out along the unit interval.
 *
 * Every algorithm that draws or models works on [0, 1) and leaves scales, steps, whole numbers and
 * choices to this file. Equal lengths of the interval are equally likely values: of a float on its
 * scale; of an int, a stepped float or a choice each value has a cell of its own. On a log scale an
 * int's cell reaches half a step to both sides, so the ends are as likely as the law of the scale
 * says, not half as likely.
 */
#ifndef ZYG_SPACE_H
#define ZYG_SPACE_H

#include "proto/job/job.h"

/* unit in [0, 1). The value is one that param_allows, whether or not the parameter is active. */
void space_value(const struct param *p, double unit, struct value *out);

#endif
