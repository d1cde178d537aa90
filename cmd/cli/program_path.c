#include "cmd/cli/program_path.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum finding { FINDING_NOTHING, FINDING_NOT_EXECUTABLE, FINDING_PROGRAM };

/* What FOLDER/NAME is; its path is then in `out`. */
static enum finding look_at(struct span folder, struct span name, struct buf *out) {
    char path[PATH_MAX];
    struct buf text = buf_of(path, sizeof path - 1);
    struct stat info;
    if (name.len == 0)
        return FINDING_NOTHING;
    if (folder.len > 0) {
        buf_span(&text, folder);
        buf_byte(&text, '/');
    }
    buf_span(&text, name);
    if (text.overflow)
        return FINDING_NOTHING;
    path[text.len] = '\0';
    if (stat(path, &info) != 0)
        return FINDING_NOTHING;
    buf_clear(out);
    buf_span(out, buf_view(&text));
    return S_ISREG(info.st_mode) && access(path, X_OK) == 0 ? FINDING_PROGRAM
                                                            : FINDING_NOT_EXECUTABLE;
}

static enum finding look_in_path(struct span name, struct buf *out) {
    const char *path = getenv("PATH");
    enum finding best = FINDING_NOTHING;
    for (const char *next = path == NULL ? "/bin:/usr/bin" : path; best != FINDING_PROGRAM;
         next++) {
        size_t len = strcspn(next, ":");
        enum finding finding = look_at(span_of(next, len), name, out);
        best = finding > best ? finding : best;
        next += len;
        if (*next == '\0')
            break;
    }
    return best;
}

bool program_path(struct span name, struct span dir, struct buf *out) {
    bool has_slash = name.len > 0 && memchr(name.data, '/', name.len) != NULL;
    bool absolute = span_starts(name, "/");
    enum finding finding =
        has_slash ? look_at(absolute ? span_text("") : dir, name, out) : look_in_path(name, out);
    if (finding == FINDING_PROGRAM)
        return true;
    buf_clear(out);
    buf_text(out, finding == FINDING_NOTHING ? "not found on this machine"
                                             : "not executable on this machine");
    return false;
}
