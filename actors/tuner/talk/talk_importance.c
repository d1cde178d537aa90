/* Answers importance: reckoned then and there, in memory of its own. */
#include "actors/tuner/importance/importance.h"
#include "actors/tuner/talk/talk_parts.h"

bool talk_importance(struct talk *t, struct json_out *out) {
    const struct brief *brief = study_brief(t->study);
    size_t size = importance_bytes(brief->space);
    void *memory = t->setup.take(t->setup.context, size);
    if (memory == NULL)
        return foreign_refuse(&t->foreign, "importance", "there is no memory left");
    bool good = true;
    json_open(out, '{');
    json_put_key(out, "importance");
    json_open(out, '[');
    for (uint32_t objective = 0; objective < t->objectives && good; objective++) {
        struct arena arena = arena_of(memory, size);
        struct importance all;
        good = importance_of(brief, objective, &arena, &all);
        if (!good)
            break;
        json_open(out, '{');
        importance_json(&all, &t->job, out);
        json_close(out, '}');
    }
    json_close(out, ']');
    json_close(out, '}');
    t->setup.give(t->setup.context, memory, size);
    return good || foreign_refuse(&t->foreign, "importance", "no configuration is allowed");
}
