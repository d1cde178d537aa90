#include "cmd/cli/screen.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* Lines are not broken while the block is painted: one that is too long for any reason must not
 * become two. */
#define WRAP_OFF "\033[?7l"
#define WRAP_ON "\033[?7h"
#define CLEAR_BELOW "\033[J"

static bool terminal_can_paint(void) {
    const char *term = getenv("TERM");
    return term != NULL && term[0] != '\0' && strcmp(term, "dumb") != 0;
}

struct screen screen_of(FILE *to) {
    struct screen s = {.to = to};
    bool terminal = isatty(fileno(to)) == 1;
    const char *no_color = getenv("NO_COLOR");
    s.live = terminal && terminal_can_paint();
    s.color = s.live && (no_color == NULL || no_color[0] == '\0');
    screen_measure(&s);
    return s;
}

void screen_measure(struct screen *s) {
    struct winsize size;
    if (!s->live || ioctl(fileno(s->to), TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
        s->width = 0;
    else
        s->width = size.ws_col;
}

static void screen_write(struct screen *s, const char *before, struct span lines,
                         const char *after) {
    if (s->broken)
        return;
    errno = 0;
    /* The stream is flushed once a picture, so the terminal never shows half of one. */
    if (s->lines > 0)
        fprintf(s->to, "\r\033[%uA" CLEAR_BELOW, s->lines);
    fputs(before, s->to);
    fwrite(lines.data, 1, lines.len, s->to);
    fputs(after, s->to);
    s->lines = 0;
    if (fflush(s->to) == 0 && !ferror(s->to))
        return;
    s->broken = true;
    s->error = errno;
}

void screen_block(struct screen *s, struct span lines) {
    if (!s->live)
        return;
    screen_write(s, WRAP_OFF, lines, WRAP_ON);
    for (size_t i = 0; i < lines.len; i++)
        s->lines += lines.data[i] == '\n';
}

void screen_print(struct screen *s, struct span lines) {
    screen_write(s, "", lines, "");
}

void screen_clear(struct screen *s) {
    screen_print(s, span_text(""));
}
