#include "outfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static camseal_status failed(outfile *file, const char *what, int code)
{
    const char *advice = "check the path and its rights";
    if (code == ENOSPC || code == EDQUOT || code == EFBIG)
        advice = "make room, or write to another place";
    snprintf(file->error, sizeof file->error, "%.300s: %s (%s): %s",
             file->path ? file->path : "file", what, strerror(code), advice);
    outfile_abort(file);
    return CAMSEAL_E_FILE;
}

/* The folder of the path with a name of our own in it; the leading dot hides it from *.png and the
 * like. */
static char *temporary_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    size_t folder = slash ? (size_t)(slash - path) + 1 : 0;
    size_t bytes = strlen(path) + sizeof "..XXXXXX";
    char *name = malloc(bytes);
    if (name)
        snprintf(name, bytes, "%.*s.%s.XXXXXX", (int)folder, path, path + folder);
    return name;
}

static camseal_status open_temporary(outfile *file, bool secret)
{
    file->temporary = temporary_name(file->path);
    if (!file->temporary)
        return failed(file, "cannot be made", ENOMEM);
    int fd = mkstemp(file->temporary); /* mode 0600 */
    if (fd < 0) {
        int code = errno;
        free(file->temporary);
        file->temporary = NULL;
        return failed(file, "cannot be made", code);
    }
    mode_t mask = umask(0);
    (void)umask(mask);
    (void)fcntl(fd, F_SETFD, FD_CLOEXEC);
    if (!secret)
        (void)fchmod(fd, 0666 & ~mask);
    file->stream = fdopen(fd, "wb");
    if (file->stream)
        return CAMSEAL_OK;
    close(fd);
    return failed(file, "cannot be made", ENOMEM);
}

camseal_status outfile_open(outfile *file, const char *path, bool secret)
{
    struct stat st;
    memset(file, 0, sizeof *file);
    if (!strcmp(path, "-")) {
        file->stream = stdout;
        return CAMSEAL_OK;
    }
    file->path = strdup(path);
    if (!file->path)
        return failed(file, "cannot be made", ENOMEM);
    if (stat(path, &st) || S_ISREG(st.st_mode))
        return open_temporary(file, secret);
    if (S_ISDIR(st.st_mode))
        return failed(file, "cannot be made", EISDIR);
    file->stream = fopen(path, "wb");
    return file->stream ? CAMSEAL_OK : failed(file, "cannot be opened", errno);
}

/* Everything that may still fail before the rename. */
static int settle(outfile *file)
{
    bool earlier = ferror(file->stream) != 0;
    if (fflush(file->stream))
        return errno;
    /* The reason of an earlier failure is gone; another write fails for the same one. */
    if (earlier)
        return write(fileno(file->stream), "", 1) < 0 ? errno : EIO;
    if (file->temporary && fsync(fileno(file->stream)))
        return errno;
    return 0;
}

camseal_status outfile_commit(outfile *file)
{
    int code = settle(file);
    if (code)
        return failed(file, "cannot be written", code);
    if (file->stream == stdout) {
        file->stream = NULL;
        return CAMSEAL_OK;
    }
    int closed = fclose(file->stream);
    file->stream = NULL;
    if (closed)
        return failed(file, "cannot be written", errno);
    if (file->temporary && rename(file->temporary, file->path))
        return failed(file, "cannot get its name", errno);
    free(file->temporary);
    file->temporary = NULL;
    outfile_abort(file);
    return CAMSEAL_OK;
}

void outfile_abort(outfile *file)
{
    if (file->stream && file->stream != stdout)
        (void)fclose(file->stream);
    if (file->temporary)
        (void)unlink(file->temporary);
    free(file->temporary);
    free(file->path);
    file->stream = NULL;
    file->temporary = NULL;
    file->path = NULL;
}

camseal_status outfile_write(outfile *file, const char *path, bool secret, const void *bytes,
                             size_t len)
{
    camseal_status status = outfile_open(file, path, secret);
    if (status != CAMSEAL_OK)
        return status;
    if (len && fwrite(bytes, 1, len, file->stream) != len)
        return failed(file, "cannot be written", errno ? errno : EIO);
    return outfile_commit(file);
}
