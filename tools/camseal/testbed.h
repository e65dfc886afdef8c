/* What `camseal demo` and `camseal run` work in: folders, a throw-away authority with devices,
 * logs.
 *
 * Every function prints its error line under the name of the verb and gives an exit code; -1 when
 * all is well.
 */
#ifndef CAMSEAL_TOOL_TESTBED_H
#define CAMSEAL_TOOL_TESTBED_H

#include <stddef.h>

enum { TESTBED_PATH_BYTES = 512 };

int testbed_make_folders(const char *verb, const char *path); /* mkdir -p */
/* A new folder that only we can read, on a short path: sockets in it must stay below 108 bytes. */
int testbed_make_private(const char *verb, char path[TESTBED_PATH_BYTES]);
/* With all that is in it. "": nothing happens. */
void testbed_remove_private(const char *verb, const char *path);

/* FOLDER/ca, and FOLDER/NAME for each device; valid for a day: they are thrown away in a minute. */
int testbed_make_authority(const char *folder);
int testbed_make_device(const char *folder, const char *name);

/* The last line of a process's log: why it failed. */
void testbed_last_words(const char *log, char *out, size_t size);

#endif
