/* CTX_CONFIG and CTX_STATUS: the context object comes to life, and tells how it is. */
#include "component.h"

#include <string.h>

#include "base/secret.h"
#include "base/try.h"
#include "ssm/digest.h"

/* CTX_CREATE and CTX_CONFIG together are a context's configuration. The lists stay in `create`. */
static void merge(const camseal_ssm_component *c, camseal_context_config *out,
                  const camseal_ssm_slot *slot, const camseal_ssm_create *create,
                  const camseal_ssm_config *config)
{
    memset(out, 0, sizeof *out);
    out->struct_size = sizeof *out;
    out->bulk = c->config.bulk;
    out->crypto = c->config.crypto;
    out->trace = c->config.trace;
    out->ctx_id = slot->ctx_id;
    out->role = create->role;
    out->protocol = create->protocol;
    out->suite = create->suite;
    out->tag_mode = create->tag_mode;
    out->tag_length = config->tag_length;
    out->crc = config->crc.polynomial;
    memcpy(out->sv_allowed, config->sv_allowed, sizeof out->sv_allowed);
    memcpy(out->sv_current, config->sv_current, sizeof out->sv_current);
    out->stride = config->stride;
    out->streams = create->streams;
    out->n_streams = create->n_streams;
    out->slots = create->n_slots ? create->slots : NULL;
    out->n_slots = create->n_slots;
    out->embedded_line_length = config->crc.embedded_line_length;
    out->timeouts = config->timeouts;
    out->allow_unverified = c->config.allow_unverified;
}

static camseal_status check_config(camseal_ssm_component *c, const camseal_ssm_slot *slot,
                                   const camseal_ssm_config *config)
{
    if ((slot->suite == CAMSEAL_SUITE_SAFETY) == (config->n_tag_length != 0))
        return camseal_ssm_refuse(c, CAMSEAL_E_FORMAT,
                                  "a tag length belongs to a suite with a key");
    if (slot->suite == CAMSEAL_SUITE_SAFETY)
        return CAMSEAL_OK; /* its one variant, SV-5, comes with it */
    for (size_t i = 0; i < 3; i++)
        if ((config->sv_allowed[i] & ~c->config.variants) != 0)
            return camseal_ssm_refuse(c, CAMSEAL_E_UNSUPPORTED, "variant is not offered");
    return CAMSEAL_OK;
}

/* Memory, context, held key. On failure the slot is as before. */
static camseal_status build(camseal_ssm_component *c, camseal_ssm_slot *slot,
                            const camseal_context_config *config)
{
    size_t size = camseal_context_size(config);
    if (size == 0)
        return camseal_ssm_refuse(c, CAMSEAL_E_POLICY, "the profile forbids this configuration");
    void *mem = c->config.acquire(c->config.user, slot->ctx_id, size);
    if (!mem)
        return camseal_ssm_refuse(c, CAMSEAL_E_SPACE, "no memory for the context");
    camseal_status status = camseal_context_init(&slot->ctx, mem, size, config);
    if (status == CAMSEAL_OK && slot->key_held) {
        status = camseal_ssm_load_key(c, slot, &slot->held);
        if (status != CAMSEAL_OK)
            camseal_context_wipe(slot->ctx);
    }
    if (status != CAMSEAL_OK) {
        slot->ctx = NULL;
        c->config.release(c->config.user, slot->ctx_id, mem);
        return c->detail ? status : camseal_ssm_refuse(c, status, "the context refuses it");
    }
    slot->mem = mem;
    return CAMSEAL_OK;
}

camseal_status camseal_ssm_ctx_config(camseal_ssm_component *c, const camseal_ssm_call *call,
                                      camseal_ssm_answer *answer)
{
    (void)answer;
    camseal_ssm_slot *slot = call->slot;
    const camseal_ssm_config *config = &call->request->body.config;
    if (slot->ctx)
        return camseal_ssm_refuse(c, CAMSEAL_E_STATE, "context is configured already");
    CAMSEAL_TRY(check_config(c, slot, config));
    camseal_ssm_request create;
    camseal_ssm_fault fault;
    camseal_span elements;
    CAMSEAL_TRY(camseal_ssm_request_decode(&create, &fault, &elements,
                                           camseal_span_of(slot->create, slot->create_len)));
    CAMSEAL_TRY(camseal_ssm_config_digest(c->config.crypto, slot->digest, elements, call->tlvs));
    camseal_context_config merged;
    merge(c, &merged, slot, &create.body.create, config);
    CAMSEAL_TRY(build(c, slot, &merged));
    camseal_wipe(&slot->held, sizeof slot->held);
    slot->key_held = false;
    return CAMSEAL_OK;
}

camseal_status camseal_ssm_ctx_status(camseal_ssm_component *c, const camseal_ssm_call *call,
                                      camseal_ssm_answer *answer)
{
    camseal_ssm_status_answer *out = &answer->body.status;
    const camseal_context *ctx = call->slot->ctx;
    if (!ctx)
        return camseal_ssm_refuse(c, CAMSEAL_E_STATE, "context is not configured");
    if (call->slot->active) {
        out->epoch = call->slot->epoch;
        out->n_epoch = 1;
    }
    size_t n = camseal_context_evcs(ctx);
    for (size_t i = 0; i < n && i < CAMSEAL_CONTEXT_MAX_EVCS; i++) {
        CAMSEAL_TRY(camseal_context_evc_status(ctx, i, &out->counters[i]));
        out->n_counters++;
    }
    camseal_context_verdict_totals(ctx, out->verdicts);
    out->n_verdicts = 1;
    return CAMSEAL_OK;
}
