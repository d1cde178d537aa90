#include "cmd/cli/object.h"

#include <string.h>

void object_start(struct object *o, struct span json) {
    json_start(&o->json, json, o->scratch, sizeof o->scratch);
    o->wrong = json_next(&o->json) != JSON_OBJECT;
}

static bool wrong(struct object *o) {
    o->wrong = true;
    return false;
}

/* The reader stands right behind a value's last byte, and before the blanks in front of its first
 * one until it is read. */
static size_t past_blanks(struct span text, size_t at) {
    while (at < text.len && memchr(" \t\r\n", text.data[at], 4) != NULL)
        at++;
    return at;
}

bool object_next(struct object *o, struct object_item *item) {
    if (o->wrong)
        return false;
    enum json_token token = json_next(&o->json);
    if (token == JSON_OBJECT_END)
        return json_next(&o->json) == JSON_END ? false : wrong(o);
    if (token != JSON_KEY || o->json.string.len >= sizeof o->name)
        return wrong(o);
    size_t name_len = o->json.string.len;
    if (name_len > 0)
        memcpy(o->name, o->json.string.data, name_len);

    struct span text = o->json.text;
    size_t begin = past_blanks(text, o->json.at);
    token = json_next(&o->json);
    *item = (struct object_item){.name = span_of(o->name, name_len),
                                 .token = token,
                                 .number = o->json.number,
                                 .integral = o->json.integral};
    bool string = token == JSON_STRING;
    if (string)
        item->text = o->json.string;
    else if (!json_skip(&o->json, token))
        return wrong(o);
    item->json = span_of(text.data + begin, o->json.at - begin);
    if (!string)
        item->text = item->json;
    return true;
}
