/* A folder of its own for a test program, under $TMPDIR or /tmp, removed at the end; and commands
 * that judge. */
#ifndef CAMSEAL_TESTS_SCRATCH_H
#define CAMSEAL_TESTS_SCRATCH_H

#include <sys/stat.h>
#include <unistd.h>

#include "test.h"

static char scratch_folder[256];

static inline int scratch_make(void **state)
{
    (void)state;
    const char *tmp = getenv("TMPDIR");
    snprintf(scratch_folder, sizeof scratch_folder, "%.200s/camseal-test-XXXXXX",
             tmp ? tmp : "/tmp");
    return mkdtemp(scratch_folder) ? 0 : -1;
}

static inline int scratch_remove(void **state)
{
    (void)state;
    char command[300];
    snprintf(command, sizeof command, "rm -rf '%s'", scratch_folder);
    return system(command);
}

/* One of a few paths, valid until the eighth next call. */
static inline const char *scratch_path(const char *name)
{
    static char paths[8][512];
    static unsigned next;
    char *path = paths[next++ % 8];
    snprintf(path, sizeof paths[0], "%s/%s", scratch_folder, name);
    return path;
}

static inline void scratch_write(const char *path, const void *bytes, size_t n)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
}

/* Whole file on the heap. */
static inline uint8_t *scratch_read(const char *path, size_t *n)
{
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    fseek(f, 0, SEEK_END);
    *n = (size_t)ftell(f);
    rewind(f);
    uint8_t *bytes = malloc(*n + 1);
    assert_non_null(bytes);
    assert_int_equal(fread(bytes, 1, *n, f), *n);
    fclose(f);
    return bytes;
}

/* Runs "ffmpeg -loglevel error ..." in the folder; skips the test case, visibly, where there is
 * none. */
static inline void scratch_ffmpeg(const char *arguments)
{
    char command[1024];
    static int missing = -1;
    if (missing < 0)
        missing = system("ffmpeg -version >/dev/null 2>&1") != 0;
    if (missing) {
        print_message("SKIPPED: ffmpeg is not installed\n");
        skip();
    }
    snprintf(command, sizeof command, "cd '%s' && ffmpeg -nostdin -loglevel error -y %s",
             scratch_folder, arguments);
    assert_int_equal(system(command), 0);
}

/* How many files are in the folder. */
static inline int scratch_count(void)
{
    char command[300];
    int n = -1;
    snprintf(command, sizeof command, "ls -A '%s' | wc -l", scratch_folder);
    FILE *p = popen(command, "r");
    assert_non_null(p);
    assert_int_equal(fscanf(p, "%d", &n), 1);
    pclose(p);
    return n;
}

#endif
