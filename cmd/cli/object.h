/* object - the members of one JSON object, one a call: parameters and metrics as the node sends
 * them.
 *
 * Memory   an item's spans live until the next call; the reader holds what it needs.
 * Errors   `wrong` is set when the text is no object of that form.
 */
#ifndef ZYG_OBJECT_H
#define ZYG_OBJECT_H

#include "proto/base/json.h"
#include "proto/limits.h"

struct object_item {
    struct span name;
    struct span json;      /* the value as it was written, nested ones whole */
    struct span text;      /* the same without the quotes of a string */
    enum json_token token; /* first of the value */
    double number;         /* of a JSON_NUMBER */
    bool integral;
};

struct object {
    struct json json;
    uint8_t name[LIMIT_NAME_BYTES + 1];
    uint8_t scratch[LIMIT_JOB_SPEC_BYTES];
    bool wrong;
};

void object_start(struct object *o, struct span json);
/* False at the end, or when it is wrong. */
bool object_next(struct object *o, struct object_item *item);

#endif
