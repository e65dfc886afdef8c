/* CTX_KEY_LOAD, CTX_ACTIVATE, CTX_ROTATE: keys come in and come into force (OP1 §2). */
#include "component.h"

#include "base/secret.h"
#include "base/try.h"

camseal_status camseal_ssm_load_key(camseal_ssm_component *c, camseal_ssm_slot *slot,
                                    const camseal_ssm_key_load *key)
{
    const uint8_t *salt = slot->role == CAMSEAL_ROLE_SOURCE ? slot->salt : key->salt;
    camseal_status status =
        camseal_context_load(slot->ctx, key->key, salt, key->epoch, key->least, key->n_least);
    if (status != CAMSEAL_OK)
        return camseal_ssm_refuse(c, status, "the context refuses the key");
    slot->key_ready = true;
    slot->next_epoch = key->epoch;
    return CAMSEAL_OK;
}

/* Salt and least counts come from the source, so only the other side is told them. */
static camseal_status check_side(camseal_ssm_component *c, const camseal_ssm_slot *slot,
                                 const camseal_ssm_key_load *key)
{
    if (slot->suite == CAMSEAL_SUITE_SAFETY)
        return camseal_ssm_refuse(c, CAMSEAL_E_POLICY, "suite has no key");
    if (slot->role != CAMSEAL_ROLE_SOURCE)
        return key->n_salt ? CAMSEAL_OK
                           : camseal_ssm_refuse(c, CAMSEAL_E_FORMAT, "a sink needs the salt");
    if (key->n_salt || key->n_least)
        return camseal_ssm_refuse(c, CAMSEAL_E_FORMAT, "a source draws its salt and counters");
    return CAMSEAL_OK;
}

camseal_status camseal_ssm_ctx_key_load(camseal_ssm_component *c, const camseal_ssm_call *call,
                                        camseal_ssm_answer *answer)
{
    (void)answer;
    camseal_ssm_slot *slot = call->slot;
    const camseal_ssm_key_load *key = &call->request->body.key_load;
    CAMSEAL_TRY(check_side(c, slot, key));
    if (slot->key_held || slot->key_ready)
        return camseal_ssm_refuse(c, CAMSEAL_E_STATE, "the next epoch is loaded already");
    if (slot->active && slot->epoch == UINT32_MAX)
        return camseal_ssm_refuse(c, CAMSEAL_E_LIMIT, "no epoch left: create the context anew");
    if (slot->active && key->epoch != slot->epoch + 1)
        return camseal_ssm_refuse(c, CAMSEAL_E_REPLAY, "epoch is not the current one + 1");
    if (slot->ctx)
        return camseal_ssm_load_key(c, slot, key);
    slot->held = *key;
    slot->key_held = true;
    return CAMSEAL_OK;
}

static camseal_status put_into_force(camseal_ssm_component *c, const camseal_ssm_call *call)
{
    camseal_ssm_slot *slot = call->slot;
    camseal_status status =
        camseal_context_activate(slot->ctx, call->request->body.activation.frame_count);
    if (status != CAMSEAL_OK)
        return camseal_ssm_refuse(c, status, "the context refuses activation");
    slot->active = true;
    slot->epoch = slot->next_epoch;
    slot->key_ready = false;
    if (c->config.changed)
        c->config.changed(c->config.user, slot->ctx_id, slot->ctx, call->request->header.opcode);
    return CAMSEAL_OK;
}

camseal_status camseal_ssm_ctx_activate(camseal_ssm_component *c, const camseal_ssm_call *call,
                                        camseal_ssm_answer *answer)
{
    (void)answer;
    const camseal_ssm_slot *slot = call->slot;
    if (slot->active)
        return camseal_ssm_refuse(c, CAMSEAL_E_STATE, "context is active: rotate it");
    if (!slot->ctx)
        return camseal_ssm_refuse(c, CAMSEAL_E_STATE, "context is not configured");
    if (!slot->key_ready && slot->suite != CAMSEAL_SUITE_SAFETY)
        return camseal_ssm_refuse(c, CAMSEAL_E_STATE, "no key is loaded");
    return put_into_force(c, call);
}

camseal_status camseal_ssm_ctx_rotate(camseal_ssm_component *c, const camseal_ssm_call *call,
                                      camseal_ssm_answer *answer)
{
    (void)answer;
    const camseal_ssm_slot *slot = call->slot;
    if (!slot->active)
        return camseal_ssm_refuse(c, CAMSEAL_E_STATE, "context is not active");
    if (!slot->key_ready)
        return camseal_ssm_refuse(c, CAMSEAL_E_STATE, "the next epoch is not loaded");
    return put_into_force(c, call);
}
