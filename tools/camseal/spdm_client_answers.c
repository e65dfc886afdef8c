/* `camseal spdm`: what the requester answers when the responder asks: who it is, endpoint
 * information, events. */
#include <stdio.h>
#include <stdlib.h>

#include "hex.h"
#include "spdm_client.h"

/* What the key cannot sign is not offered. */
static void narrow_signatures(spdm_client *c)
{
    camseal_spdm_choice *choice = &c->policy.rules.req_sign;
    uint32_t fits = 0;
    for (unsigned id = 1; id < 32; id++)
        if (camseal_sign_fits_key((camseal_sign_id)id, c->identity.key.sign))
            fits |= CAMSEAL_SPDM_BIT(id);
    choice->allowed = choice->allowed ? choice->allowed & fits : fits;
}

static int open_identity(spdm_client *c)
{
    int code = identity_file_load(&c->identity, c->verb, c->chain_path, c->key_path);
    if (code)
        return code;
    c->answerer.identities = &c->identity.identity;
    c->answerer.n_identities = 1;
    if (c->policy.rules.mutual == CAMSEAL_SPDM_DEFAULT)
        c->policy.rules.mutual = CAMSEAL_SPDM_ALLOW;
    narrow_signatures(c);
    if (!c->policy.rules.req_sign.allowed)
        return cli_usage(c->verb, "--req-asym: not what the key of --key can sign");
    return CLI_EXIT_OK;
}

/* An event of the responder: shown, and in the report. */
static camseal_status take_event(void *user, uint8_t session, uint32_t count, camseal_span events)
{
    spdm_client *c = user;
    char *hex = calloc(1, 2 * events.len + 1);
    if (!hex)
        return CAMSEAL_E_SPACE;
    hex_write(hex, events.data, events.len);
    json_array_append_new(c->events, json_pack("{s:i, s:i, s:s}", "session", session, "count",
                                               (int)count, "events", hex));
    if (spdm_client_talks(c))
        printf("%u events: %s\n", (unsigned)count, hex);
    free(hex);
    return CAMSEAL_OK;
}

int spdm_client_open_answers(spdm_client *c)
{
    bool identity = c->chain_path || c->key_path;
    if (identity && (!c->chain_path || !c->key_path))
        return cli_usage(c->verb, "--chain and --key go together");
    if (!identity && c->policy.rules.mutual == CAMSEAL_SPDM_REQUIRE)
        return cli_usage(c->verb, "--mutual require needs --chain and --key");
    if (!identity && !c->answers && !c->notifies && !c->endpoint_info_len)
        return CLI_EXIT_OK;
    c->events = json_array();
    json_object_set(c->result, "events", c->events);
    c->answerer = (camseal_spdm_answerer){
        .with = &camseal_spdm_answers,
        .event = take_event,
        .endpoint_info = camseal_span_of(c->endpoint_info, c->endpoint_info_len),
        .notifies = c->notifies,
        .user = c};
    c->config.answerer = &c->answerer;
    return identity ? open_identity(c) : CLI_EXIT_OK;
}
