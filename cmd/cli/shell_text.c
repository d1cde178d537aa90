#include "cmd/cli/shell_text.h"

#include <string.h>

static bool is_plain(uint8_t c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr("_-+=.,/:@%", c) != NULL);
}

void shell_print_word(struct buf *out, struct span word) {
    bool plain = word.len > 0;
    for (size_t i = 0; i < word.len; i++)
        plain = plain && is_plain(word.data[i]);
    if (plain) {
        buf_span(out, word);
        return;
    }
    buf_byte(out, '\'');
    for (size_t i = 0; i < word.len; i++) {
        if (word.data[i] == '\'')
            buf_text(out, "'\\''");
        else
            buf_byte(out, word.data[i]);
    }
    buf_byte(out, '\'');
}
