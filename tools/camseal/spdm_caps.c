/* `camseal spdm caps`: what a responder can do. */
#include <stdio.h>

#include "spdm.h"
#include "spdm/msg/capabilities.h"
#include "spdm/msg/version.h"
#include "spdm_client.h"

enum { OPT_SUPPORTED = 1 };

static const cli_option options[] = {
    {OPT_SUPPORTED, 0, "supported", NULL,
     "first ask for every algorithm that the responder supports (1.3, chunks)"},
    SPDM_LINK_OPTIONS,
    SPDM_POLICY_OPTIONS,
    {0, 0, NULL, NULL, NULL}};

static const cli_verb verb = {
    "spdm caps", "--to ENDPOINT [options]",
    "Asks a responder for its versions, capabilities and algorithms, and shows what would be\n"
    "agreed. Nothing is authenticated.",
    options,
    "What the responder said is shown even if nothing can be agreed. Of the algorithms supported\n"
    "those are shown that this build has too."};

static json_t *versions(const spdm_client *c)
{
    json_t *list = json_array();
    spdm_version_rsp m;
    camseal_reader r = camseal_reader_of(camseal_span_of(c->versions, c->versions_len));
    if (camseal_spdm_read_version(&r, &m) != CAMSEAL_OK)
        return list;
    for (size_t i = 0; i < m.entries.len / 2; i++) {
        char text[8];
        uint8_t version = camseal_spdm_version_entry(&m, i);
        snprintf(text, sizeof text, "%u.%u", version >> 4, version & 15u);
        json_array_append_new(list, json_string(text));
    }
    return list;
}

static void take_capabilities(spdm_client *c)
{
    spdm_capabilities m;
    camseal_reader r = camseal_reader_of(camseal_span_of(c->capabilities, c->capabilities_len));
    if (camseal_spdm_read_capabilities(&r, &m) != CAMSEAL_OK)
        return;
    json_object_set_new(c->result, "flags", json_integer(m.flags));
    json_object_set_new(c->result, "capabilities", spdm_flag_names(m.flags));
    json_object_set_new(c->result, "ct_exponent", json_integer(m.ct_exponent));
    json_object_set_new(c->result, "data_transfer_size", json_integer(m.data_transfer));
    json_object_set_new(c->result, "max_message", json_integer(m.max_message));
}

static void print_list(const char *what, const json_t *list)
{
    enum { LINE = 76 };
    int used = printf("%-13s", what);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *text = json_string_value(json_array_get(list, i));
        if (i && used + 2 + (int)json_string_length(json_array_get(list, i)) > LINE)
            used = printf(",\n%-13s%s", "", text) - 2;
        else
            used += printf("%s%s", i ? ", " : "", text);
    }
    putchar('\n');
}

/* The Supported Algorithms Block. */
static int ask_supported(spdm_client *c)
{
    static const char *const keys[] = {"hash", "signature", "requester_signature", "key_exchange",
                                       "aead"};
    static const char *const words[] = {"hash", "signature", "requester's", "key exchange", "AEAD"};
    camseal_spdm_supported s;
    int code = spdm_client_run(c, camseal_spdm_begin_discover(c->engine, &s));
    if (code)
        return code;
    const uint32_t masks[] = {s.hash, s.sign, s.req_sign, s.kex, s.aead};
    json_t *found = json_object();
    json_object_set_new(c->result, "supported", found);
    if (spdm_client_talks(c))
        printf("supported\n");
    for (unsigned kind = SPDM_KIND_HASH; kind <= SPDM_KIND_AEAD; kind++) {
        json_t *names = spdm_algorithm_names((spdm_algorithm_kind)kind, masks[kind]);
        json_object_set_new(found, keys[kind], names);
        if (spdm_client_talks(c))
            print_list(words[kind], names);
    }
    json_object_set_new(found, "measurements", json_boolean(s.measurements));
    json_object_set_new(found, "multi_key", json_boolean(s.multi_key));
    return CLI_EXIT_OK;
}

static long number(const json_t *result, const char *key)
{
    return (long)json_integer_value(json_object_get(result, key));
}

static void print(const spdm_client *c)
{
    print_list("versions", json_object_get(c->result, "versions"));
    if (json_object_get(c->result, "flags")) {
        print_list("capabilities", json_object_get(c->result, "capabilities"));
        printf("sizes        %ld bytes a transfer, %ld bytes a message\n",
               number(c->result, "data_transfer_size"), number(c->result, "max_message"));
        printf("time         answers with cryptography take at most 2^%ld us\n",
               number(c->result, "ct_exponent"));
    }
    spdm_info_print(spdm_client_info(c));
}

static int run(spdm_client *c, bool supported)
{
    int code = supported ? ask_supported(c) : CLI_EXIT_OK;
    if (code)
        return code;
    camseal_status status = spdm_client_step(c, camseal_spdm_begin_connect(c->engine));
    json_object_set_new(c->result, "versions", versions(c));
    take_capabilities(c);
    if (spdm_client_talks(c) && c->versions_len)
        print(c);
    return status == CAMSEAL_OK ? CLI_EXIT_OK : spdm_client_fail(c, status);
}

int spdm_caps(int argc, char **argv)
{
    spdm_client *c = spdm_client_begin(&verb, argc, argv);
    int id, code = CLI_EXIT_OK;
    bool supported = false;
    if (!c)
        return CLI_EXIT_BUG;
    c->any_chain = true;
    c->stop_before = SPDM_GET_DIGESTS;
    while (!code && (id = cli_next(&c->args)) > 0) {
        supported |= id == OPT_SUPPORTED;
        code = id == OPT_SUPPORTED ? CLI_EXIT_OK : spdm_client_option(c, id);
    }
    if (!code && id < 0)
        return spdm_client_close(c, c->args.exit);
    if (!code)
        code = spdm_client_open(c);
    if (!code)
        code = run(c, supported);
    return spdm_client_close(c, code);
}
