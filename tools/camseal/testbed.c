#include "testbed.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli.h"
#include "pki.h"
#include "process.h"

int testbed_make_folders(const char *verb, const char *path)
{
    char part[TESTBED_PATH_BYTES];
    if (strlen(path) >= sizeof part)
        return cli_fail(verb, CAMSEAL_E_FILE, "%s: the path is too long", path);
    for (size_t i = 1; i <= strlen(path); i++) {
        if (path[i] != '/' && path[i] != 0)
            continue;
        snprintf(part, sizeof part, "%.*s", (int)i, path);
        if (mkdir(part, 0777) && errno != EEXIST)
            return cli_fail(verb, CAMSEAL_E_FILE, "%s: cannot be made (%s): give another folder",
                            part, strerror(errno));
    }
    return -1;
}

int testbed_make_private(const char *verb, char path[TESTBED_PATH_BYTES])
{
    const char *base = getenv("TMPDIR");
    snprintf(path, TESTBED_PATH_BYTES, "%s/camseal-%s-XXXXXX", base && *base ? base : "/tmp", verb);
    if (strlen(path) > 70)
        snprintf(path, TESTBED_PATH_BYTES, "/tmp/camseal-%s-XXXXXX", verb);
    if (mkdtemp(path))
        return -1;
    int code = cli_fail(verb, CAMSEAL_E_FILE, "%s: cannot be made (%s): set TMPDIR", path,
                        strerror(errno));
    path[0] = 0;
    return code;
}

/* Empties a folder; `depth` levels of folders may be in it. Links are removed, never followed. */
static void empty(int folder, unsigned depth)
{
    struct dirent *entry;
    DIR *list = folder < 0 ? NULL : fdopendir(folder);
    if (!list)
        return;
    while ((entry = readdir(list))) {
        if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
            continue;
        if (!unlinkat(folder, entry->d_name, 0) || !depth)
            continue;
        empty(openat(folder, entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW), depth - 1);
        (void)unlinkat(folder, entry->d_name, AT_REMOVEDIR);
    }
    closedir(list);
}

void testbed_remove_private(const char *verb, const char *path)
{
    if (!path[0])
        return;
    empty(open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW), 2);
    if (rmdir(path))
        cli_warn(verb, "%s: cannot be removed (%s)", path, strerror(errno));
}

/* `run` takes the arguments behind "camseal pki". Exit code. */
static int call(int (*run)(int argc, char **argv), process_arguments *a)
{
    int code = a->lost ? cli_fail(NULL, CAMSEAL_E_SPACE, "no memory") : run((int)a->n, a->list);
    process_arguments_free(a);
    return code == CLI_EXIT_OK ? -1 : code;
}

int testbed_make_authority(const char *folder)
{
    process_arguments a = {0};
    process_put(&a, "init");
    process_put(&a, "--out=%s/ca", folder);
    process_put(&a, "--days=1");
    process_put(&a, "--quiet");
    return call(pki_init, &a);
}

int testbed_make_device(const char *folder, const char *name)
{
    process_arguments a = {0};
    process_put(&a, "device");
    process_put(&a, "--ca=%s/ca", folder);
    process_put(&a, "--out=%s/%s", folder, name);
    process_put(&a, "--name=%s", name);
    process_put(&a, "--days=1");
    process_put(&a, "--quiet");
    return call(pki_device, &a);
}

void testbed_last_words(const char *log, char *out, size_t size)
{
    char line[400];
    snprintf(out, size, "it said nothing");
    FILE *file = fopen(log, "r");
    while (file && fgets(line, sizeof line, file))
        snprintf(out, size, "%.*s", (int)strcspn(line, "\n"), line);
    if (file)
        fclose(file);
}
