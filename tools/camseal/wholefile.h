/* A file of any size in writable memory. For small files with limits and secrets: keyfile.h. */
#ifndef CAMSEAL_TOOL_WHOLEFILE_H
#define CAMSEAL_TOOL_WHOLEFILE_H

#include <stddef.h>
#include <stdint.h>

#include "camseal/status.h"

/* The caller frees *bytes, after a failure too. FILE: errno says why. */
CAMSEAL_NODISCARD camseal_status wholefile_read(const char *path, uint8_t **bytes, size_t *len);

#endif
