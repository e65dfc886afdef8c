/* `camseal spdm vendor`: a vendor-defined request inside a session. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hex.h"
#include "spdm.h"
#include "spdm_client.h"

enum { OPT_STANDARD = 1, OPT_VENDOR, OPT_HEX, OPT_TEXT, VENDOR_ID_MAX = 255 };

static const cli_option options[] = {
    SPDM_LINK_OPTIONS,
    SPDM_TRUST_OPTIONS,
    SPDM_SESSION_OPTIONS,
    {OPT_STANDARD, 0, "standard", "N", "StandardID, 0 to 65535 (default 0: DMTF)"},
    {OPT_VENDOR, 0, "vendor-id", "HEX", "VendorID (default: empty)"},
    {OPT_HEX, 0, "hex", "HEX", "the payload"},
    {OPT_TEXT, 0, "text", "TEXT", "the payload"},
    SPDM_POLICY_OPTIONS,
    {0, 0, NULL, NULL, NULL}};

static const cli_verb verb = {
    "spdm vendor", "--to ENDPOINT --trust FILE --hex HEX [options]",
    "Opens a session, sends one vendor-defined request, shows the answer's payload, and ends the\n"
    "session.",
    options, "Exit code 0: answered; 3: refused by the responder; otherwise see 'camseal --help'."};

struct message {
    uint64_t standard;
    uint8_t id[VENDOR_ID_MAX];
    size_t id_len;
    bool given;
    camseal_buf request, response; /* heap */
};

static int take_option(spdm_client *c, int id, struct message *m)
{
    const char *value = c->args.value;
    switch (id) {
    case OPT_STANDARD:
        return cli_number(&c->args, 0, UINT16_MAX, &m->standard) ? CLI_EXIT_OK : c->args.exit;
    case OPT_VENDOR:
        return spdm_hex_option(value, m->id, sizeof m->id, &m->id_len)
                   ? CLI_EXIT_OK
                   : cli_usage(verb.name, "--vendor-id %s: not at most 255 bytes as hex digits",
                               value);
    case OPT_HEX:
        m->given = true;
        return spdm_hex_option(value, m->request.data, m->request.capacity, &m->request.len)
                   ? CLI_EXIT_OK
                   : cli_usage(verb.name, "--hex: not at most %zu bytes as hex digits",
                               m->request.capacity);
    case OPT_TEXT:
        m->given = true;
        m->request.len = strlen(value);
        if (m->request.len > m->request.capacity)
            return cli_usage(verb.name, "--text: longer than %zu bytes", m->request.capacity);
        memcpy(m->request.data, value, m->request.len);
        return CLI_EXIT_OK;
    default:
        return spdm_client_option(c, id);
    }
}

static void show(spdm_client *c, const struct message *m)
{
    char *text = calloc(1, 2 * m->response.len + 1);
    if (!text)
        return;
    hex_write(text, m->response.data, m->response.len);
    json_object_set_new(c->result, "response", json_string(text));
    if (spdm_client_talks(c)) {
        printf("answer, %zu bytes: %s\n", m->response.len, text);
        printf("as text: ");
        for (size_t i = 0; i < m->response.len; i++)
            putchar(m->response.data[i] >= 0x20 && m->response.data[i] < 0x7F ? m->response.data[i]
                                                                              : '.');
        putchar('\n');
    }
    free(text);
}

static int run(spdm_client *c, struct message *m)
{
    uint8_t session = 0;
    if (!m->given)
        return cli_usage(verb.name, "give the payload: --hex HEX or --text TEXT");
    int code = spdm_client_open(c);
    if (!code)
        code = spdm_client_run(c, camseal_spdm_begin_connect(c->engine));
    if (!code)
        code = spdm_client_session(c, &session);
    if (code)
        return code;
    code = spdm_client_run(
        c, camseal_spdm_begin_vendor(
               c->engine, session, (uint16_t)m->standard, camseal_span_of(m->id, m->id_len),
               camseal_span_of(m->request.data, m->request.len), &m->response));
    if (!code)
        code = spdm_client_run(c, camseal_spdm_begin_end_session(c->engine, session));
    else /* a genuine refusal leaves the session intact */
        (void)spdm_client_step(c, camseal_spdm_begin_end_session(c->engine, session));
    if (!code)
        show(c, m);
    return code;
}

static int parse_and_run(spdm_client *c, struct message *m)
{
    int id, code = CLI_EXIT_OK;
    while (!code && (id = cli_next(&c->args)) > 0)
        code = take_option(c, id, m);
    if (!code && id < 0)
        return c->args.exit;
    return code ? code : run(c, m);
}

int spdm_vendor(int argc, char **argv)
{
    struct message m;
    memset(&m, 0, sizeof m);
    spdm_client *c = spdm_client_begin(&verb, argc, argv);
    if (!c)
        return CLI_EXIT_BUG;
    m.request = (camseal_buf){malloc(SPDM_CLIENT_MESSAGE_MAX), SPDM_CLIENT_MESSAGE_MAX, 0};
    m.response = (camseal_buf){malloc(SPDM_CLIENT_MESSAGE_MAX), SPDM_CLIENT_MESSAGE_MAX, 0};
    int code = m.request.data && m.response.data
                   ? parse_and_run(c, &m)
                   : cli_fail(verb.name, CAMSEAL_E_BUG, "out of memory");
    free(m.request.data);
    free(m.response.data);
    return spdm_client_close(c, code);
}
