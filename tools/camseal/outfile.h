/* Output files that appear whole or not at all: written under a temporary name in the same folder,
 * then renamed.
 *
 * A path that names a device or a pipe is written directly; "-" is stdout. One thread.
 */
#ifndef CAMSEAL_TOOL_OUTFILE_H
#define CAMSEAL_TOOL_OUTFILE_H

#include <stdbool.h>
#include <stdio.h>

#include "camseal/status.h"

typedef struct outfile {
    FILE *stream;    /* write here; NULL when not open                                */
    char *path;      /* final name                                                    */
    char *temporary; /* present name; NULL when written directly                      */
    char error[512]; /* after a failure: what is wrong, for cli_fail; otherwise empty */
} outfile;

/* FILE status when it cannot be made; `error` says why. `secret`: readable by the owner only. */
CAMSEAL_NODISCARD camseal_status outfile_open(outfile *file, const char *path, bool secret);

/* Flushes, syncs and gives the file its final name. On failure (disk full ...) the temporary file
 * is removed and what was under the final name before is untouched. Closes in either case. */
CAMSEAL_NODISCARD camseal_status outfile_commit(outfile *file);

/* Closes and removes the temporary file; does nothing when not open. */
void outfile_abort(outfile *file);

/* Opens, writes, commits. */
CAMSEAL_NODISCARD camseal_status outfile_write(outfile *file, const char *path, bool secret,
                                               const void *bytes, size_t len);

#endif
