#include "keylog.h"

#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "hex.h"

camseal_status keylog_open(keylog *log, const char *path)
{
    memset(log, 0, sizeof *log);
    if (!path)
        return CAMSEAL_OK;
    camseal_status status = outfile_open(&log->file, path, true);
    log->open = status == CAMSEAL_OK;
    return status;
}

void keylog_open_memory(keylog *log)
{
    memset(log, 0, sizeof *log);
    log->open = true;
}

/* Room for n more characters; the old copy is wiped when it moves. */
static bool room(keylog *log, size_t n)
{
    if (log->capacity - log->len >= n)
        return true;
    size_t capacity = 2u * log->capacity + n + 1024u;
    char *text = malloc(capacity);
    if (!text)
        return false;
    if (log->len)
        memcpy(text, log->text, log->len);
    camseal_wipe(log->text, log->text ? log->capacity : 0);
    free(log->text);
    log->text = text;
    log->capacity = capacity;
    return true;
}

static void put_hex(keylog *log, camseal_span bytes)
{
    hex_write(log->text + log->len, bytes.data, bytes.len);
    log->len += 2u * bytes.len;
}

void keylog_secret(keylog *log, const char *label, camseal_span id, camseal_span value)
{
    size_t label_len = strlen(label), start = log->len;
    if (!log->open || !room(log, label_len + 2u * (id.len + value.len) + 3u))
        return;
    memcpy(log->text + log->len, label, label_len);
    log->len += label_len;
    log->text[log->len++] = ' ';
    put_hex(log, id);
    log->text[log->len++] = ' ';
    put_hex(log, value);
    log->text[log->len++] = '\n';
    if (log->file.stream)
        fwrite(log->text + start, 1, log->len - start, log->file.stream);
}

static void wipe_text(keylog *log)
{
    camseal_wipe(log->text, log->text ? log->capacity : 0);
    free(log->text);
    log->text = NULL;
    log->len = log->capacity = 0;
}

camseal_status keylog_commit(keylog *log)
{
    wipe_text(log);
    if (!log->open)
        return CAMSEAL_OK;
    log->open = false;
    return log->file.stream ? outfile_commit(&log->file) : CAMSEAL_OK;
}

void keylog_abort(keylog *log)
{
    wipe_text(log);
    if (log->file.stream)
        outfile_abort(&log->file);
    log->open = false;
}
