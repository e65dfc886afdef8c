/* What is known beforehand: secrets and logged values from JSON, key logs, anchors, chains. */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "base/load.h"
#include "base/secret.h"
#include "cli.h"
#include "spdm_decode.h"

enum { SECRET_MAX = 1024 };

/* ---- files and hex --------------------------------------------------------------------------- */

bool decode_read_file(const char *path, uint8_t **bytes, size_t *len)
{
    FILE *f = fopen(path, "rb");
    size_t capacity = 1 << 16;
    *len = 0;
    *bytes = f ? malloc(capacity) : NULL;
    while (*bytes) {
        *len += fread(*bytes + *len, 1, capacity - *len, f);
        if (*len < capacity)
            break;
        capacity *= 2;
        uint8_t *bigger = realloc(*bytes, capacity);
        if (!bigger)
            free(*bytes);
        *bytes = bigger;
    }
    bool good = f && !ferror(f) && *bytes;
    if (f)
        fclose(f);
    if (!good) {
        free(*bytes);
        *bytes = NULL;
    }
    return good;
}

static int digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool decode_hex(const char *text, uint8_t *out, size_t capacity, size_t *len)
{
    *len = 0;
    while (*text) {
        if (*text == ' ') {
            text++;
            continue;
        }
        int high = digit(text[0]), low = high < 0 ? -1 : digit(text[1]);
        if (low < 0 || *len == capacity)
            return false;
        out[(*len)++] = (uint8_t)(high << 4 | low);
        text += 2;
    }
    return true;
}

/* A copy in the heap; empty when there is no memory. */
static camseal_span keep(const void *bytes, size_t len)
{
    uint8_t *copy = malloc(len ? len : 1);
    if (copy && len)
        memcpy(copy, bytes, len);
    return camseal_span_of(copy, copy ? len : 0);
}

/* Adds a copy of the bytes. */
static bool append(camseal_span **list, size_t *n, const void *bytes, size_t len)
{
    camseal_span *bigger = realloc(*list, (*n + 1) * sizeof *bigger);
    if (!bigger)
        return false;
    *list = bigger;
    bigger[*n] = keep(bytes, len);
    if (!bigger[*n].data)
        return false;
    (*n)++;
    return true;
}

static int no_memory(void)
{
    return cli_fail(DECODE_VERB, CAMSEAL_E_BUG, "out of memory");
}

/* ---- JSON ------------------------------------------------------------------------------------ */

static bool add_known(decode_secrets *s, const char *label, const uint8_t *value, size_t len)
{
    decode_known *bigger = realloc(s->known, (s->n_known + 1) * sizeof *bigger);
    if (!bigger)
        return false;
    s->known = bigger;
    decode_known *k = &bigger[s->n_known];
    memset(k, 0, sizeof *k);
    snprintf(k->label, sizeof k->label, "%s", label);
    k->value = (uint8_t *)(uintptr_t)keep(value, len).data;
    k->len = len;
    s->n_known += k->value != NULL;
    return k->value != NULL;
}

static bool is_shared_secret(const char *label)
{
    return !strcmp(label, "DHE Secret") || !strcmp(label, "KEM Secret");
}

/* One pair of label and hex value. */
static bool take_entry(decode_secrets *s, const json_t *entry)
{
    uint8_t value[SECRET_MAX];
    size_t len;
    const char *label = json_string_value(json_array_get(entry, 0));
    const char *hex = json_string_value(json_array_get(entry, 1));
    if (!label || !hex || !decode_hex(hex, value, sizeof value, &len))
        return false;
    if (is_shared_secret(label))
        return append(&s->shared, &s->n_shared, value, len);
    if (!strcmp(label, "PSK"))
        return append(&s->psks, &s->n_psks, value, len);
    return add_known(s, label, value, len);
}

/* One hex string, or a list of them. */
static bool take_psk(decode_secrets *s, const json_t *psk)
{
    uint8_t value[SECRET_MAX];
    size_t len;
    if (json_is_array(psk)) {
        size_t i;
        const json_t *one;
        json_array_foreach(psk, i, one) if (!json_is_string(one) || !take_psk(s, one)) return false;
        return true;
    }
    return json_is_string(psk) && decode_hex(json_string_value(psk), value, sizeof value, &len) &&
           append(&s->psks, &s->n_psks, value, len);
}

int decode_secrets_json(decode_secrets *s, const char *path)
{
    json_error_t error;
    json_t *root = json_load_file(path, 0, &error), *psk = json_object_get(root, "psk"), *entry;
    json_t *log = json_object_get(root, "requester_log");
    size_t i;
    if (!root && error.line < 1)
        return cli_fail(DECODE_VERB, CAMSEAL_E_FILE, "%s: cannot be read: check the path", path);
    bool good = json_is_object(root) && (!psk || take_psk(s, psk));
    json_array_foreach(log, i, entry) good = good && take_entry(s, entry);
    json_decref(root);
    if (good)
        return CLI_EXIT_OK;
    return cli_fail(
        DECODE_VERB, CAMSEAL_E_FORMAT,
        "%s: not a secrets file: it needs \"requester_log\", pairs of label and hex, or "
        "\"psk\"",
        path);
}

bool decode_known_take(decode_secrets *s, const char *label, camseal_span value)
{
    for (size_t i = 0; i < s->n_known; i++) {
        decode_known *k = &s->known[i];
        if (k->used || strcmp(k->label, label) != 0 || k->len != value.len ||
            memcmp(k->value, value.data, value.len) != 0)
            continue;
        k->used = true;
        return true;
    }
    return false;
}

size_t decode_known_left(const decode_secrets *s, const char *label)
{
    size_t n = 0;
    for (size_t i = 0; i < s->n_known; i++)
        n += !s->known[i].used && (!label || strcmp(s->known[i].label, label) == 0);
    return n;
}

/* ---- key log --------------------------------------------------------------------------------- */

static bool kind_of(const char *label, spdm_logged_kind *kind)
{
    static const char *const labels[] = {"req_handshake", "rsp_handshake", "req_data", "rsp_data"};
    for (unsigned i = 0; i < 4; i++)
        if (!strcmp(label, labels[i])) {
            *kind = (spdm_logged_kind)i;
            return true;
        }
    return false;
}

/* "label id value"; other labels and comments are passed over. */
static void take_line(decode_secrets *s, const char *line)
{
    char label[32], id_hex[16], value_hex[2 * CAMSEAL_HASH_MAX + 1];
    uint8_t id[4], value[CAMSEAL_HASH_MAX];
    size_t id_len, len;
    spdm_logged_kind kind;
    if (sscanf(line, "%31s %15s %128s", label, id_hex, value_hex) != 3 || !kind_of(label, &kind) ||
        !decode_hex(id_hex, id, sizeof id, &id_len) || id_len != sizeof id ||
        !decode_hex(value_hex, value, sizeof value, &len))
        return;
    spdm_logged *bigger = realloc(s->logged, (s->n_logged + 1) * sizeof *bigger);
    if (!bigger)
        return;
    s->logged = bigger;
    const spdm_logged entry = {kind, camseal_load_le32(id), keep(value, len)};
    bigger[s->n_logged++] = entry;
}

void decode_secrets_lines(decode_secrets *s, camseal_span keylog)
{
    char line[256];
    size_t n = 0;
    for (size_t i = 0; i <= keylog.len; i++) {
        if (i < keylog.len && keylog.data[i] != '\n') {
            if (n + 1 < sizeof line)
                line[n++] = (char)keylog.data[i];
            continue;
        }
        line[n] = 0;
        take_line(s, line);
        n = 0;
    }
    camseal_wipe(line, sizeof line);
}

int decode_secrets_keylog(decode_secrets *s, const char *path)
{
    uint8_t *bytes;
    size_t len, before = s->n_logged;
    if (!decode_read_file(path, &bytes, &len))
        return cli_fail(DECODE_VERB, CAMSEAL_E_FILE, "%s: cannot be read: check the path", path);
    decode_secrets_lines(s, camseal_span_of(bytes, len));
    camseal_wipe(bytes, len);
    free(bytes);
    if (s->n_logged > before)
        return CLI_EXIT_OK;
    return cli_fail(DECODE_VERB, CAMSEAL_E_FORMAT,
                    "%s: no SPDM secret in it: give a file made with --keylog", path);
}

int decode_secrets_psk(decode_secrets *s, const char *hex)
{
    uint8_t value[SECRET_MAX];
    size_t len;
    if (!decode_hex(hex, value, sizeof value, &len) || len == 0)
        return cli_usage(DECODE_VERB, "--psk %s: not a key in hex", hex);
    return append(&s->psks, &s->n_psks, value, len) ? CLI_EXIT_OK : no_memory();
}

/* ---- certificates ---------------------------------------------------------------------------- */

static int add_file(const char *path, camseal_span **list, size_t *n)
{
    uint8_t *bytes;
    size_t len;
    if (!decode_read_file(path, &bytes, &len))
        return cli_fail(DECODE_VERB, CAMSEAL_E_FILE, "%s: cannot be read: check the path", path);
    const bool kept = append(list, n, bytes, len);
    free(bytes);
    return kept ? CLI_EXIT_OK : no_memory();
}

int decode_secrets_anchor(decode_secrets *s, const char *path)
{
    return add_file(path, &s->anchors, &s->n_anchors);
}

int decode_secrets_chain(decode_secrets *s, const char *path)
{
    return add_file(path, &s->chains, &s->n_chains);
}

static bool is_chain_name(const char *name)
{
    const char *dot = strrchr(name, '.');
    return strstr(name, "certchain") && dot && !strcmp(dot, ".der");
}

static void add_folder(decode_secrets *s, const char *folder)
{
    DIR *d = opendir(folder);
    const struct dirent *entry;
    while (d && (entry = readdir(d))) {
        char path[1024];
        int n = snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (is_chain_name(entry->d_name) && n > 0 && (size_t)n < sizeof path)
            (void)decode_secrets_chain(s, path);
    }
    if (d)
        closedir(d);
}

/* The folder of a path: "" or with its final slash. False: too long. */
static bool folder_of(const char *path, const char *name, char *out, size_t capacity)
{
    const char *slash = strrchr(path, '/');
    int n = snprintf(out, capacity, "%.*s%s", slash ? (int)(slash - path) + 1 : 0, path, name);
    return n > 0 && (size_t)n < capacity;
}

void decode_secrets_with(decode_secrets *s, const char *path)
{
    char folder[1024];
    if (folder_of(path, "./", folder, sizeof folder))
        add_folder(s, folder);
}

void decode_secrets_beside(decode_secrets *s, const char *path)
{
    char ids[512], folder[1024];
    if (!folder_of(path, "ids", ids, sizeof ids))
        return;
    add_folder(s, ids);
    DIR *d = opendir(ids);
    const struct dirent *entry;
    while (d && (entry = readdir(d))) {
        snprintf(folder, sizeof folder, "%s/%s", ids, entry->d_name);
        if (entry->d_name[0] != '.')
            add_folder(s, folder);
    }
    if (d)
        closedir(d);
}

/* ---- the end --------------------------------------------------------------------------------- */

static void free_list(camseal_span *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint8_t *bytes = (uint8_t *)(uintptr_t)list[i].data;
        camseal_wipe(bytes, list[i].len);
        free(bytes);
    }
    free(list);
}

void decode_secrets_free(decode_secrets *s)
{
    free_list(s->shared, s->n_shared);
    free_list(s->psks, s->n_psks);
    free_list(s->chains, s->n_chains);
    free_list(s->anchors, s->n_anchors);
    for (size_t i = 0; i < s->n_logged; i++)
        free((uint8_t *)(uintptr_t)s->logged[i].secret.data);
    free(s->logged);
    for (size_t i = 0; i < s->n_known; i++) {
        camseal_wipe(s->known[i].value, s->known[i].len);
        free(s->known[i].value);
    }
    free(s->known);
    memset(s, 0, sizeof *s);
}
