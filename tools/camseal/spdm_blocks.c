/* A responder's measurements from a JSON file. */
#include <stdlib.h>
#include <string.h>

#include "spdm_client.h"
#include "spdm_measurement_types.h"
#include "spdm_respond.h"

enum { VALUE_MAX = 4096, INDEX_LAST = 254 };

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

int spdm_blocks_load(spdm_blocks *b, const char *verb, const char *path)
{
    json_error_t error;
    pki_file file = {0};
    camseal_status status = pki_load_file(&file, path, 1 << 20);
    if (status != CAMSEAL_OK)
        return cli_fail(verb, status, "--measurements %s", file.error);
    json_t *list = json_loadb((const char *)file.data, file.len, 0, &error);
    pki_file_free(&file);
    int code = CLI_EXIT_OK;
    if (!json_is_array(list) || json_array_size(list) == 0)
        code =
            cli_fail(verb, CAMSEAL_E_FORMAT, "--measurements %s: not a JSON list of blocks", path);
    for (size_t i = 0; !code && i < json_array_size(list); i++) {
        const char *fault = read_block(b, json_array_get(list, i));
        if (fault)
            code = cli_fail(verb, CAMSEAL_E_FORMAT, "--measurements %s: block %zu: %s", path, i + 1,
                            fault);
    }
    json_decref(list);
    return code;
}

void spdm_blocks_free(spdm_blocks *b)
{
    for (size_t i = 0; i < b->n; i++)
        free((void *)(uintptr_t)b->blocks[i].value.data);
    b->n = 0;
}
