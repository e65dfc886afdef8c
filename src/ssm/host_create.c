/* Host, first half of a bring-up: plans, GET_CAPS, CTX_CREATE, CTX_CONFIG. */
#include "host.h"

#include <string.h>

#include "base/secret.h"
#include "base/try.h"
#include "ssm/digest.h"

#define SEP_DT 0x37u /* no TLV tells another one, so a plan may not have one */

/* A plan's config, completed as its component will complete it. */
static camseal_context_config source_config(const camseal_ssm_host_config *host,
                                            const camseal_ssm_context_plan *plan)
{
    camseal_context_config config = plan->config;
    config.struct_size = sizeof config;
    config.bulk = host->bulk;
    config.crypto = host->crypto;
    config.trace = host->trace;
    config.role = CAMSEAL_ROLE_SOURCE;
    return config;
}

camseal_status camseal_ssm_check_plan(const camseal_ssm_host_config *host,
                                      const camseal_ssm_context_plan *plan)
{
    const camseal_context_config *config = &plan->config;
    if (config->n_streams > CAMSEAL_CONTEXT_MAX_STREAMS || config->n_slots > CAMSEAL_SSM_SLOTS_MAX)
        return CAMSEAL_E_ARGUMENT;
    if (config->sep_dt != 0 && config->sep_dt != SEP_DT)
        return CAMSEAL_E_ARGUMENT;
    camseal_context_config source = source_config(host, plan);
    return camseal_context_size(&source) ? CAMSEAL_OK : CAMSEAL_E_POLICY;
}

/* ---- GET_CAPS ------------------------------------------------------------------------------- */

static uint8_t tag_length_of(const camseal_context_config *config)
{
    return config->tag_length ? config->tag_length : CAMSEAL_MAC_TAG_BYTES;
}

static camseal_status lacks(camseal_ssm_host *host, const char *detail, uint64_t wanted,
                            uint64_t offered)
{
    return camseal_ssm_fail(host, CAMSEAL_E_NEGOTIATION, detail, wanted, offered);
}

static camseal_status check_key_caps(camseal_ssm_host *host, const camseal_context_config *plan,
                                     const camseal_ssm_capabilities *caps)
{
    if ((caps->tag_lengths & camseal_ssm_tag_length_bit(tag_length_of(plan))) == 0)
        return lacks(host, "tag length is not offered", tag_length_of(plan), caps->tag_lengths);
    for (size_t i = 0; i < 3; i++)
        if ((plan->sv_allowed[i] & ~caps->variants) != 0)
            return lacks(host, "security variant is not offered", plan->sv_allowed[i],
                         caps->variants);
    return CAMSEAL_OK;
}

static camseal_status check_caps(camseal_ssm_host *host, const camseal_ssm_context_plan *plan,
                                 size_t n_evcs, const camseal_ssm_capabilities *caps)
{
    const camseal_context_config *config = &plan->config;
    if ((caps->protocols >> config->protocol & 1u) == 0)
        return lacks(host, "protocol is not offered", config->protocol, caps->protocols);
    if ((caps->suites & camseal_ssm_suite_bit(config->suite)) == 0)
        return lacks(host, "suite is not offered", config->suite, caps->suites);
    if ((caps->tag_modes >> config->tag_mode & 1u) == 0)
        return lacks(host, "tag mode is not offered", config->tag_mode, caps->tag_modes);
    if (n_evcs > caps->evcs)
        return lacks(host, "too many eVCs in a context", n_evcs, caps->evcs);
    return camseal_ssm_plan_has_key(plan) ? check_key_caps(host, config, caps) : CAMSEAL_OK;
}

camseal_status camseal_ssm_judge_caps(camseal_ssm_host *host, const camseal_ssm_answer *answer)
{
    const camseal_ssm_peer *peer = camseal_ssm_peer_of(host);
    const camseal_ssm_peer_state *state = camseal_ssm_peer_state_of(host);
    const camseal_ssm_capabilities *caps = &answer->body.capabilities;
    if (peer->n_plans > caps->contexts)
        return lacks(host, "too many contexts", peer->n_plans, caps->contexts);
    for (size_t i = 0; i < peer->n_plans; i++)
        CAMSEAL_TRY(check_caps(host, &peer->plans[i], state->planned[i].n_evcs, caps));
    return CAMSEAL_OK;
}

/* ---- CTX_CREATE ----------------------------------------------------------------------------- */

camseal_status camseal_ssm_build_create(camseal_ssm_host *host, camseal_ssm_request *request)
{
    const camseal_context_config *config = &camseal_ssm_plan_of(host)->config;
    camseal_ssm_create *create = &request->body.create;
    create->role = CAMSEAL_ROLE_SOURCE;
    create->protocol = config->protocol;
    create->suite = config->suite;
    create->tag_mode = config->tag_mode;
    create->n_streams = (uint8_t)config->n_streams;
    memcpy(create->streams, config->streams, config->n_streams * sizeof create->streams[0]);
    create->n_slots = (uint8_t)config->n_slots;
    if (config->n_slots)
        memcpy(create->slots, config->slots, config->n_slots * sizeof create->slots[0]);
    return CAMSEAL_OK;
}

camseal_status camseal_ssm_judge_create(camseal_ssm_host *host, const camseal_ssm_answer *answer)
{
    camseal_ssm_planned *planned = camseal_ssm_planned_of(host);
    if (!answer->body.create.n_salt)
        return camseal_ssm_fail(host, CAMSEAL_E_FORMAT, "a source's answer has no salt", 0, 0);
    memcpy(planned->salt, answer->body.create.salt, sizeof planned->salt);
    planned->created = true;
    planned->active = false;
    planned->has_digest = false;
    for (size_t i = 0; i < planned->n_evcs; i++)
        planned->seen[i].frame_count = 0;
    return CAMSEAL_OK;
}

/* ---- CTX_CONFIG ----------------------------------------------------------------------------- */

camseal_status camseal_ssm_build_config(camseal_ssm_host *host, camseal_ssm_request *request)
{
    const camseal_context_config *plan = &camseal_ssm_plan_of(host)->config;
    camseal_ssm_config *config = &request->body.config;
    if (camseal_ssm_plan_has_key(camseal_ssm_plan_of(host))) {
        config->n_tag_length = 1;
        config->tag_length = tag_length_of(plan);
    }
    memcpy(config->sv_allowed, plan->sv_allowed, sizeof config->sv_allowed);
    memcpy(config->sv_current, plan->sv_current, sizeof config->sv_current);
    config->stride = plan->stride;
    config->timeouts = plan->timeouts;
    config->crc.polynomial = plan->crc;
    config->crc.embedded_line_length = plan->embedded_line_length;
    return CAMSEAL_OK;
}

static camseal_span tlvs_of(const camseal_buf *message)
{
    return camseal_span_of(message->data + CAMSEAL_SSM_HEADER_BYTES,
                           message->len - CAMSEAL_SSM_HEADER_BYTES);
}

/* The digest over what was sent. The encoder is deterministic, so CTX_CREATE can be made once more;
 * the owner secret, which it may have carried, does not count. */
camseal_status camseal_ssm_judge_config(camseal_ssm_host *host, const camseal_ssm_answer *answer)
{
    (void)answer;
    camseal_ssm_planned *planned = camseal_ssm_planned_of(host);
    camseal_ssm_request request;
    camseal_buf create = {host->request_bytes, sizeof host->request_bytes, 0};
    camseal_buf config = {host->response_bytes, sizeof host->response_bytes, 0};
    memset(&request, 0, sizeof request);
    request.header.opcode = CAMSEAL_SSM_CTX_CREATE;
    CAMSEAL_TRY(camseal_ssm_build_create(host, &request));
    CAMSEAL_TRY(camseal_ssm_request_encode(&create, &request));
    memset(&request, 0, sizeof request);
    request.header.opcode = CAMSEAL_SSM_CTX_CONFIG;
    CAMSEAL_TRY(camseal_ssm_build_config(host, &request));
    CAMSEAL_TRY(camseal_ssm_request_encode(&config, &request));
    camseal_status status = camseal_ssm_config_digest(host->config.crypto, planned->digest,
                                                      tlvs_of(&create), tlvs_of(&config));
    if (status != CAMSEAL_OK)
        return camseal_ssm_fail(host, status, "no configuration digest", 0, 0);
    planned->has_digest = true;
    return CAMSEAL_OK;
}
