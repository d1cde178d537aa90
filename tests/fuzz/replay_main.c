/* Replays a corpus through a fuzz target without a fuzzer: replay FILE_OR_FOLDER...
 *
 * Every input is copied to memory of exactly its size, so that a sanitizer sees the first byte read beyond it. A corpus
 * without a single input is an error: it would test nothing.
 */
#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool replay_file(const char *path) {
    FILE *file = fopen(path, "rb");
    struct stat stat;
    if (file == NULL || fstat(fileno(file), &stat) != 0) {
        perror(path);
        if (file != NULL)
            fclose(file);
        return false;
    }
    size_t size = (size_t)stat.st_size;
    uint8_t *data = malloc(size > 0 ? size : 1);
    bool whole = data != NULL && fread(data, 1, size, file) == size;
    fclose(file);
    if (whole) {
        fprintf(stderr, "%s\n", path); /* the last one named is the one that crashed */
        LLVMFuzzerTestOneInput(data, size);
    } else {
        perror(path);
    }
    free(data);
    return whole;
}

static int not_hidden(const struct dirent *entry) {
    return entry->d_name[0] != '.';
}

/* Adds the files it could replay to *count; false when one could not be read. */
static bool replay(const char *path, unsigned *count) {
    struct dirent **entries;
    struct stat stat_of_path;
    if (stat(path, &stat_of_path) != 0 || !S_ISDIR(stat_of_path.st_mode)) {
        bool done = replay_file(path);
        *count += done;
        return done;
    }
    int found = scandir(path, &entries, not_hidden, alphasort);
    bool all = found >= 0;
    for (int i = 0; i < found; i++) {
        char name[4096];
        int len = snprintf(name, sizeof name, "%s/%s", path, entries[i]->d_name);
        bool done = len > 0 && (size_t)len < sizeof name && replay_file(name);
        *count += done;
        all = all && done;
        free(entries[i]);
    }
    if (found >= 0)
        free(entries);
    return all;
}

int main(int argc, char **argv) {
    unsigned count = 0;
    bool all = argc > 1;
    for (int i = 1; i < argc; i++)
        all = replay(argv[i], &count) && all;
    printf("%u inputs\n", count);
    return all && count > 0 ? 0 : 1;
}
