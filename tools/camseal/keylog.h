/* `--keylog FILE`: secrets for later decryption, one line each: label, id, value (hex). Only made
 * when asked for by name; the file is readable by its owner only. */
#ifndef CAMSEAL_TOOL_KEYLOG_H
#define CAMSEAL_TOOL_KEYLOG_H

#include "outfile.h"

#include "camseal/bytes.h"
#include "camseal/crypto.h"

typedef struct keylog {
    bool open;
    outfile file;
    char *text; /* everything so far, for the capture's secrets block; owned, wiped */
    size_t len, capacity;
} keylog;

/* `path` NULL: stays closed and swallows everything. FILE: log->file.error says why. */
CAMSEAL_NODISCARD camseal_status keylog_open(keylog *log, const char *path);
void keylog_secret(keylog *log, const char *label, camseal_span id, camseal_span value);
/* The effective context root key of OP1 §2, label "OP1_CRK", id = ctx_id u8, epoch u32 BE. */
CAMSEAL_NODISCARD camseal_status keylog_context(keylog *log, const camseal_crypto *crypto,
                                                uint8_t ctx_id, uint32_t epoch,
                                                const uint8_t loaded[32], const uint8_t salt[16]);
CAMSEAL_NODISCARD camseal_status keylog_commit(keylog *log);
void keylog_abort(keylog *log);

#endif
