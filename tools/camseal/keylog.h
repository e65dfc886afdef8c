/* `--keylog FILE`: secrets for later decryption, one line each: label, id, value (hex). Only made
 * when asked for by name; the file is readable by its owner only. */
#ifndef CAMSEAL_TOOL_KEYLOG_H
#define CAMSEAL_TOOL_KEYLOG_H

#include "outfile.h"

#include "camseal/bytes.h"

typedef struct keylog {
    bool open;
    outfile file;
    char *text; /* everything so far, for the capture's secrets block; owned, wiped */
    size_t len, capacity;
} keylog;

/* `path` NULL: stays closed and swallows everything. FILE: log->file.error says why. */
CAMSEAL_NODISCARD camseal_status keylog_open(keylog *log, const char *path);
/* Only `text`, no file. */
void keylog_open_memory(keylog *log);
/* Labels and ids are those of the library: spdm.h for sessions; OP1_CRK, with protocol, ctx_id, 0,
 * suite, epoch BE32, for the effective context root keys of OP1 §2. */
void keylog_secret(keylog *log, const char *label, camseal_span id, camseal_span value);
CAMSEAL_NODISCARD camseal_status keylog_commit(keylog *log);
void keylog_abort(keylog *log);

#endif
