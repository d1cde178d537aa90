#include "actors/guard/cluster_file.h"

#include <sodium.h>
#include <string.h>

/* ---- printing ---- */

static void put_line(struct buf *out, const char *first, const char *second) {
    buf_text(out, first);
    buf_byte(out, ' ');
    if (second != NULL) {
        buf_text(out, second);
        buf_byte(out, ' ');
    }
}

static void put_admission(struct buf *out, const struct admission *a, const char *certificate,
                          const char *seed) {
    if (a->certificate_len == 0)
        return;
    put_line(out, certificate, NULL);
    buf_hex(out, a->certificate, a->certificate_len);
    buf_byte(out, '\n');
    for (uint32_t i = 0; i < a->seeds_count; i++) {
        put_line(out, seed, a->seeds[i].endpoint);
        buf_hex(out, a->seeds[i].curve, sizeof a->seeds[i].curve);
        buf_byte(out, '\n');
    }
}

void cluster_print(struct buf *out, const struct cluster *c) {
    buf_text(out, "zyg-cluster 1 ");
    buf_hex(out, c->key, sizeof c->key);
    buf_byte(out, ' ');
    buf_text(out, c->name);
    buf_byte(out, '\n');
    put_admission(out, &c->node, "node", "node-seed");
    put_admission(out, &c->client, "client", "client-seed");
}

/* ---- parsing: a line is words with one blank between them ---- */

static bool take_until(struct span *rest, char end, struct span *out) {
    const uint8_t *at = rest->len == 0 ? NULL : memchr(rest->data, end, rest->len);
    if (at == NULL)
        return false;
    *out = span_of(rest->data, (size_t)(at - rest->data));
    *rest = span_from(*rest, out->len + 1);
    return true;
}

static bool hex_parse(struct span text, uint8_t *out, size_t cap, size_t *len) {
    return text.len % 2 == 0 &&
           sodium_hex2bin(out, cap, (const char *)text.data, text.len, NULL, len, NULL) == 0;
}

static bool key_parse(struct span text, uint8_t key[32]) {
    size_t len;
    return hex_parse(text, key, 32, &len) && len == 32;
}

static bool word_copy(struct span text, char *out, size_t cap) {
    if (!is_plain_word(text, cap))
        return false;
    memcpy(out, text.data, text.len);
    out[text.len] = '\0';
    return true;
}

static bool head_parse(struct cluster *c, struct span line) {
    struct span word, version, key;
    return take_until(&line, ' ', &word) && span_is(word, "zyg-cluster") &&
           take_until(&line, ' ', &version) && span_is(version, "1") &&
           take_until(&line, ' ', &key) && key_parse(key, c->key) &&
           word_copy(line, c->name, sizeof c->name);
}

static bool certificate_parse(struct admission *a, struct span text, const uint8_t cluster[32],
                              uint32_t role) {
    struct err err;
    return a->certificate_len == 0 &&
           hex_parse(text, a->certificate, sizeof a->certificate, &a->certificate_len) &&
           certificate_check(span_of(a->certificate, a->certificate_len), cluster, role, 0,
                             &a->says, &err);
}

static bool seed_parse(struct admission *a, struct span line) {
    struct span endpoint;
    if (a->certificate_len == 0 || a->seeds_count == TOKEN_SEEDS_MAX)
        return false;
    struct token_seed *seed = &a->seeds[a->seeds_count++];
    return take_until(&line, ' ', &endpoint) &&
           word_copy(endpoint, seed->endpoint, sizeof seed->endpoint) &&
           key_parse(line, seed->curve);
}

static bool line_parse(struct cluster *c, struct span line) {
    struct span word;
    if (!take_until(&line, ' ', &word))
        return false;
    if (span_is(word, "node"))
        return certificate_parse(&c->node, line, c->key, ROLE_NODE);
    if (span_is(word, "client"))
        return certificate_parse(&c->client, line, c->key, ROLE_CLIENT);
    if (span_is(word, "node-seed"))
        return seed_parse(&c->node, line);
    return span_is(word, "client-seed") && seed_parse(&c->client, line);
}

bool cluster_parse(struct cluster *c, struct span text) {
    struct span line;
    *c = (struct cluster){0};
    if (!take_until(&text, '\n', &line) || !head_parse(c, line))
        return false;
    while (text.len > 0)
        if (!take_until(&text, '\n', &line) || !line_parse(c, line))
            return false;
    return true;
}
