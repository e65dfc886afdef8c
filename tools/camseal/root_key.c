#include "root_key.h"

#include <string.h>

#include "base/load.h"
#include "base/secret.h"
#include "camseal/openssl.h"
#include "hex.h"
#include "keyfile.h"

enum { ID_BYTES = 8 }; /* protocol, ctx_id, direction, suite, epoch BE32 */

static bool parse_key(uint8_t key[32], camseal_span bytes)
{
    if (bytes.len == 32) {
        memcpy(key, bytes.data, 32);
        return true;
    }
    while (bytes.len && (bytes.data[bytes.len - 1] == '\n' || bytes.data[bytes.len - 1] == '\r'))
        bytes.len--;
    return bytes.len == 64 && hex_parse(key, 32, (const char *)bytes.data);
}

int root_key_get(uint8_t key[32], const char *verb, const char *path, const camseal_crypto *crypto)
{
    pki_file file;
    if (!path) {
        camseal_status status = crypto->random(crypto->user, key, 32);
        return status == CAMSEAL_OK ? -1 : cli_fail(verb, status, "no random numbers");
    }
    camseal_status status = pki_load_secret_file(&file, path, 128);
    if (status != CAMSEAL_OK)
        return cli_fail(verb, status, "%s", file.error);
    bool good = parse_key(key, camseal_span_of(file.data, file.len));
    pki_file_free(&file);
    return good
               ? -1
               : cli_fail(verb, CAMSEAL_E_FORMAT,
                          "%s: not a root key: give a file of 32 bytes, or of 64 hex digits", path);
}

void root_key_log(keylog *log, const cse_profile *p, const uint8_t key[32], uint32_t epoch)
{
    uint8_t id[ID_BYTES] = {p->config.protocol, p->config.ctx_id, 0, p->config.suite};
    uint8_t elements[CSE_CONTEXT_BYTES_MAX];
    camseal_buf out = {elements, sizeof elements, 0};
    camseal_store_be32(id + 4, epoch);
    if (cse_profile_write(p, &out) == CAMSEAL_OK)
        keylog_secret(log, CSE_LABEL_CONTEXT, camseal_span_of(id, sizeof id),
                      camseal_span_of(elements, out.len));
    if (p->config.suite != CAMSEAL_SUITE_SAFETY)
        keylog_secret(log, CSE_LABEL_KEY, camseal_span_of(id, sizeof id), camseal_span_of(key, 32));
}

/* ---- reading --------------------------------------------------------------------------------- */

typedef struct log_line {
    bool is_key; /* else a context */
    uint8_t id[ID_BYTES];
    uint8_t value[CSE_CONTEXT_BYTES_MAX];
    size_t len;
} log_line;

/* The next word of a line; empty at its end. */
static camseal_span take_word(camseal_span *line)
{
    while (line->len && line->data[0] == ' ')
        *line = camseal_span_of(line->data + 1, line->len - 1);
    size_t len = 0;
    while (len < line->len && line->data[len] != ' ' && line->data[len] != '\r')
        len++;
    camseal_span word = camseal_span_of(line->data, len);
    *line = camseal_span_of(line->data + len, line->len - len);
    return word;
}

static bool is_word(camseal_span word, const char *text)
{
    return word.len == strlen(text) && !memcmp(word.data, text, word.len);
}

/* A line of ours; others are passed over. False: `broken` tells whether it is one of ours. */
static bool parse_line(log_line *out, camseal_span line, bool *broken)
{
    camseal_span label = take_word(&line), id = take_word(&line), value = take_word(&line);
    out->is_key = is_word(label, CSE_LABEL_KEY);
    *broken = false;
    if (!out->is_key && !is_word(label, CSE_LABEL_CONTEXT))
        return false;
    *broken = true;
    out->len = value.len / 2;
    if (id.len != 2u * ID_BYTES || value.len % 2 || out->len > sizeof out->value ||
        (out->is_key && out->len != 32) || !hex_parse(out->id, ID_BYTES, (const char *)id.data) ||
        !hex_parse(out->value, out->len, (const char *)value.data))
        return false;
    *broken = false;
    return true;
}

static bool add_key(root_keys *keys, const log_line *line)
{
    const uint32_t epoch = camseal_load_be32(line->id + 4);
    size_t at = keys->n;
    for (size_t i = 0; i < keys->n; i++)
        if (keys->of[i].epoch == epoch) /* both ends wrote the same log */
            return !memcmp(keys->of[i].key, line->value, 32);
    if (keys->n == ROOT_KEYS_MAX)
        return false;
    for (; at > 0 && keys->of[at - 1].epoch > epoch; at--)
        keys->of[at] = keys->of[at - 1];
    keys->of[at].epoch = epoch;
    memcpy(keys->of[at].key, line->value, 32);
    keys->n++;
    return true;
}

typedef struct reading {
    root_keys *keys;
    cse_profile *profile;
    bool chosen, described;
} reading;

static camseal_status take_line(reading *r, const log_line *line)
{
    camseal_context_config *c = &r->profile->config;
    const bool asked = r->profile->given >> (CSE_OPT_CONTEXT - CSE_OPT_PROFILE) & 1u;
    if ((r->chosen || asked) && line->id[1] != c->ctx_id)
        return CAMSEAL_OK;
    r->chosen = true;
    c->ctx_id = line->id[1];
    c->protocol = line->id[0];
    c->suite = line->id[3];
    if (line->is_key)
        return add_key(r->keys, line) ? CAMSEAL_OK : CAMSEAL_E_FORMAT;
    r->described = true;
    return cse_profile_read(r->profile, camseal_span_of(line->value, line->len));
}

static camseal_status take_lines(reading *r, camseal_span text, log_line *line, size_t *number)
{
    for (size_t at = 0; at < text.len;) {
        const uint8_t *start = text.data + at, *end = memchr(start, '\n', text.len - at);
        size_t len = end ? (size_t)(end - start) : text.len - at;
        bool broken;
        ++*number;
        if (parse_line(line, camseal_span_of(start, len), &broken)) {
            camseal_status status = take_line(r, line);
            if (status != CAMSEAL_OK)
                return status;
        }
        if (broken)
            return CAMSEAL_E_FORMAT;
        at += len + 1;
    }
    return CAMSEAL_OK;
}

int root_keys_read(root_keys *keys, cse_profile *profile, bool *described, const char *verb,
                   const char *name, camseal_span text)
{
    reading r = {keys, profile, false, false};
    log_line line;
    size_t number = 0;
    keys->n = 0;
    camseal_status status = take_lines(&r, text, &line, &number);
    camseal_wipe(&line, sizeof line);
    *described = r.described;
    if (status != CAMSEAL_OK)
        return cli_fail(verb, status, "%s: line %zu is broken: give the key log as it was written",
                        name, number);
    if (keys->n || (r.described && profile->config.suite == CAMSEAL_SUITE_SAFETY))
        return -1;
    return cli_fail(verb, CAMSEAL_E_POLICY,
                    "%s: no key of an image stream in it: give the key log of protect, sensor or "
                    "ecu",
                    name);
}

void root_keys_wipe(root_keys *keys)
{
    camseal_wipe(keys, sizeof *keys);
}
