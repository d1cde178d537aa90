#include "actors/facts/authors.h"

#include <string.h>

const struct known_author *authors_find(const struct authors *a, const struct node_id *node) {
    for (uint32_t i = 0; i < a->count; i++) {
        if (node_id_equal(&a->items[i].node, node))
            return &a->items[i];
    }
    return NULL;
}

bool authors_add(struct authors *a, const struct node_id *node, struct span certificate) {
    if (authors_find(a, node) != NULL)
        return true;
    if (a->count == LIMIT_LOGS || certificate.len == 0 || certificate.len > CERTIFICATE_BYTES_MAX)
        return false;
    struct known_author *added = &a->items[a->count++];
    added->node = *node;
    added->len = certificate.len;
    memcpy(added->certificate, certificate.data, certificate.len);
    return true;
}

struct span author_certificate(const struct known_author *author) {
    return author == NULL ? (struct span){0} : span_of(author->certificate, author->len);
}
