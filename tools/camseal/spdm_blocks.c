/* A device's measurements, and its measurement extension log, from JSON files. */
#include <stdlib.h>
#include <string.h>

#include "spdm/msg/measurements.h"
#include "spdm/msg/mel.h"
#include "spdm_client.h"
#include "spdm_measurement_types.h"
#include "spdm_respond.h"

enum { VALUE_MAX = 4096, INDEX_LAST = 254, LOG_MAX = 1 << 18 };

static bool read_form(const json_t *j, uint8_t *form)
{
    static const char *const names[] = {"either", "raw", "digest"};
    const char *text = json_string_value(json_object_get(j, "form"));
    *form = CAMSEAL_SPDM_FORM_EITHER;
    if (!json_object_get(j, "form"))
        return true;
    for (uint8_t i = 0; text && i < 3; i++)
        if (!strcmp(text, names[i])) {
            *form = i;
            return true;
        }
    return false;
}

static bool read_value(const json_t *j, camseal_span *value)
{
    const char *hex = json_string_value(json_object_get(j, "hex"));
    const char *text = json_string_value(json_object_get(j, "text"));
    if (!hex == !text)
        return false;
    size_t len = 0;
    uint8_t *bytes = malloc(VALUE_MAX);
    bool good = bytes != NULL;
    if (good && hex)
        good = spdm_hex_option(hex, bytes, VALUE_MAX, &len);
    if (good && text)
        good = (len = strlen(text)) <= VALUE_MAX && memcpy(bytes, text, len);
    *value = camseal_span_of(bytes, len);
    return good && len;
}

/* NULL, or what is wrong. */
static const char *read_block(spdm_blocks *b, const json_t *j)
{
    if (b->n == SPDM_RESPOND_BLOCKS_MAX)
        return "is one too many";
    camseal_spdm_measurement *m = &b->blocks[b->n];
    json_int_t index = json_integer_value(json_object_get(j, "index"));
    json_int_t last = b->n ? b->blocks[b->n - 1].index : 0;
    const char *type = json_string_value(json_object_get(j, "type"));
    if (index <= last || index > INDEX_LAST)
        return "\"index\" is not from 1 to 254 and greater than the one before";
    m->index = (uint8_t)index;
    if (!type || !spdm_measurement_type_of(type, &m->type))
        return "\"type\" is no type of measurement";
    if (!read_form(j, &m->form))
        return "\"form\" is not either, raw or digest";
    m->tcb = json_is_true(json_object_get(j, "tcb"));
    b->n++; /* its value is freed in any case */
    if (!read_value(j, &m->value))
        return "needs one value, \"hex\" or \"text\", of 1 to 4096 bytes";
    return NULL;
}

/* The list in a file; NULL after an error line with *code. */
static json_t *load_list(const char *verb, const char *option, const char *path, int *code)
{
    json_error_t error;
    pki_file file = {0};
    camseal_status status = pki_load_file(&file, path, 1 << 20);
    if (status != CAMSEAL_OK) {
        *code = cli_fail(verb, status, "--%s %s", option, file.error);
        return NULL;
    }
    json_t *list = json_loadb((const char *)file.data, file.len, 0, &error);
    pki_file_free(&file);
    if (json_is_array(list) && json_array_size(list))
        return list;
    json_decref(list);
    *code = cli_fail(verb, CAMSEAL_E_FORMAT, "--%s %s: not a JSON list of blocks", option, path);
    return NULL;
}

int spdm_blocks_load(spdm_blocks *b, const char *verb, const char *option, const char *path)
{
    int code = CLI_EXIT_OK;
    json_t *list = load_list(verb, option, path, &code);
    for (size_t i = 0; !code && i < json_array_size(list); i++) {
        const char *fault = read_block(b, json_array_get(list, i));
        if (fault)
            code = cli_fail(verb, CAMSEAL_E_FORMAT, "--%s %s: block %zu: %s", option, path, i + 1,
                            fault);
    }
    json_decref(list);
    return code;
}

/* ---- measurement extension log --------------------------------------------------------------- */

static const char *add_entry(camseal_writer *w, const json_t *j, uint32_t number)
{
    uint8_t form = 0;
    spdm_log_entry entry = {.index = number};
    camseal_span value = {NULL, 0};
    json_int_t index = json_integer_value(json_object_get(j, "measurement"));
    const char *type = json_string_value(json_object_get(j, "type"));
    if (index < 1 || index > INDEX_LAST)
        return "\"measurement\" is not from 1 to 254";
    if (!type || !spdm_measurement_type_of(type, &entry.type))
        return "\"type\" is no type of measurement";
    if (!read_form(j, &form) || form == CAMSEAL_SPDM_FORM_EITHER)
        return "\"form\" is not raw or digest";
    entry.measurement = (uint8_t)index;
    if (form == CAMSEAL_SPDM_FORM_RAW)
        entry.type |= SPDM_MEASURE_TYPE_RAW;
    bool good = read_value(j, &value);
    entry.value = value;
    if (good)
        camseal_spdm_write_log_entry(w, &entry);
    free((void *)(uintptr_t)value.data);
    if (!good)
        return "needs one value, \"hex\" or \"text\", of 1 to 4096 bytes";
    return camseal_writer_end(w) == CAMSEAL_OK ? NULL : "is one too many";
}

int spdm_log_load(camseal_buf *log, const char *verb, const char *path)
{
    int code = CLI_EXIT_OK;
    json_t *list = load_list(verb, "log", path, &code);
    spdm_log_head head = {.entries = (uint32_t)json_array_size(list)};
    *log = (camseal_buf){malloc(LOG_MAX), LOG_MAX, 0};
    if (!code && !log->data)
        code = cli_fail(verb, CAMSEAL_E_BUG, "out of memory");
    camseal_writer w =
        camseal_writer_of(log->data + SPDM_MEL_HEAD_BYTES, LOG_MAX - SPDM_MEL_HEAD_BYTES);
    for (size_t i = 0; !code && i < json_array_size(list); i++) {
        const char *fault = add_entry(&w, json_array_get(list, i), (uint32_t)i + 1);
        if (fault)
            code = cli_fail(verb, CAMSEAL_E_FORMAT, "--log %s: entry %zu: %s", path, i + 1, fault);
    }
    json_decref(list);
    if (code)
        return code;
    head.bytes = (uint32_t)w.len;
    log->len = SPDM_MEL_HEAD_BYTES + w.len;
    w = camseal_writer_of(log->data, SPDM_MEL_HEAD_BYTES);
    camseal_spdm_write_log_head(&w, &head);
    return CLI_EXIT_OK;
}

void spdm_blocks_free(spdm_blocks *b)
{
    for (size_t i = 0; i < b->n; i++)
        free((void *)(uintptr_t)b->blocks[i].value.data);
    b->n = 0;
}
