/* Host, keys (OP1 §2): fresh key bytes, the local sink before the source, activation, rotation;
 * CTX_STATUS and CTX_DESTROY. */
#include "host.h"

#include <string.h>

#include "base/secret.h"
#include "base/try.h"

camseal_status camseal_ssm_build_key_load(camseal_ssm_host *host, camseal_ssm_request *request)
{
    const camseal_crypto *crypto = host->config.crypto;
    const camseal_ssm_planned *planned = camseal_ssm_planned_of(host);
    camseal_ssm_key_load *key = &request->body.key_load;
    if (!planned->active)
        host->next_epoch = camseal_ssm_plan_of(host)->first_epoch;
    if (crypto->random(crypto->user, host->loaded, sizeof host->loaded) != CAMSEAL_OK)
        return camseal_ssm_fail(host, CAMSEAL_E_RANDOM, "no random numbers for the key", 0, 0);
    memcpy(key->key, host->loaded, sizeof key->key);
    key->epoch = host->next_epoch;
    return CAMSEAL_OK;
}

/* Frames of the new epoch come after everything that the source told of. */
camseal_status camseal_ssm_load_sink(camseal_ssm_host *host)
{
    const camseal_ssm_planned *planned = camseal_ssm_planned_of(host);
    camseal_least_count least[CAMSEAL_CONTEXT_MAX_EVCS];
    if (!camseal_ssm_plan_has_key(camseal_ssm_plan_of(host)))
        host->next_epoch = 0; /* and `loaded` is zero */
    for (size_t i = 0; i < planned->n_evcs; i++) {
        least[i].evc = planned->seen[i].evc;
        least[i].frame_count = planned->seen[i].frame_count + 1;
    }
    camseal_status status = host->config.load_sink(
        host->config.user, host->peer, camseal_ssm_plan_of(host), host->loaded, planned->salt,
        host->next_epoch, least, planned->n_evcs);
    camseal_wipe(host->loaded, sizeof host->loaded);
    if (status == CAMSEAL_OK)
        return CAMSEAL_OK;
    return camseal_ssm_fail(host, status < 0 ? status : CAMSEAL_E_STATE,
                            "the local sink refuses the key", 0, 0);
}

camseal_status camseal_ssm_build_activation(camseal_ssm_host *host, camseal_ssm_request *request)
{
    uint64_t at = host->phase == CAMSEAL_SSM_PHASE_ROTATE ? host->at_frame_count : 0;
    request->body.activation.frame_count = at;
    request->body.activation.mode = CAMSEAL_SSM_AT_NEXT_FRAME;
    if (at)
        request->body.activation.mode = CAMSEAL_SSM_AT_FRAME_COUNT;
    return CAMSEAL_OK;
}

camseal_status camseal_ssm_judge_activation(camseal_ssm_host *host,
                                            const camseal_ssm_answer *answer)
{
    (void)answer;
    camseal_ssm_planned *planned = camseal_ssm_planned_of(host);
    planned->active = true;
    planned->epoch = host->next_epoch;
    return CAMSEAL_OK;
}

/* ---- CTX_STATUS ----------------------------------------------------------------------------- */

/* Every eVC of the plan once, none else, and no counter that went back: a source that lost its
 * counters must be created anew (OP1 §2). */
static camseal_status check_counters(camseal_ssm_host *host, const camseal_ssm_status_answer *told)
{
    const camseal_ssm_planned *planned = camseal_ssm_planned_of(host);
    if (told->n_counters != planned->n_evcs)
        return camseal_ssm_fail(host, CAMSEAL_E_FORMAT, "not the eVCs of this context",
                                planned->n_evcs, told->n_counters);
    for (size_t i = 0; i < planned->n_evcs; i++) {
        const camseal_least_count *seen = &planned->seen[i];
        size_t k = 0;
        while (k < told->n_counters && told->counters[k].evc != seen->evc)
            k++;
        if (k == told->n_counters)
            return camseal_ssm_fail(host, CAMSEAL_E_FORMAT, "an eVC of this context is missing",
                                    seen->evc, 0);
        if (told->counters[k].frame_count < seen->frame_count)
            return camseal_ssm_fail(host, CAMSEAL_E_REPLAY, "frame_count went back",
                                    seen->frame_count, told->counters[k].frame_count);
    }
    return CAMSEAL_OK;
}

static void keep_status(camseal_ssm_host *host, const camseal_ssm_status_answer *told)
{
    camseal_ssm_planned *planned = camseal_ssm_planned_of(host);
    camseal_ssm_peer_status *status = &camseal_ssm_peer_state_of(host)->status;
    memset(status, 0, sizeof *status);
    status->n_evcs = told->n_counters;
    memcpy(status->evcs, told->counters, told->n_counters * sizeof told->counters[0]);
    memcpy(status->verdicts, told->verdicts, sizeof status->verdicts);
    for (size_t i = 0; i < planned->n_evcs; i++)
        for (size_t k = 0; k < told->n_counters; k++)
            if (told->counters[k].evc == planned->seen[i].evc)
                planned->seen[i].frame_count = told->counters[k].frame_count;
}

camseal_status camseal_ssm_judge_status(camseal_ssm_host *host, const camseal_ssm_answer *answer)
{
    const camseal_ssm_status_answer *told = &answer->body.status;
    const camseal_ssm_planned *planned = camseal_ssm_planned_of(host);
    if (!told->n_epoch || !told->n_verdicts)
        return camseal_ssm_fail(host, CAMSEAL_E_FORMAT, "status of a context that is not active", 0,
                                0);
    if (told->epoch != planned->epoch)
        return camseal_ssm_fail(host, CAMSEAL_E_REPLAY, "another epoch is in force", planned->epoch,
                                told->epoch);
    CAMSEAL_TRY(check_counters(host, told));
    keep_status(host, told);
    return CAMSEAL_OK;
}

camseal_status camseal_ssm_judge_destroy(camseal_ssm_host *host, const camseal_ssm_answer *answer)
{
    (void)answer; /* OK or NOT_FOUND */
    camseal_ssm_planned *planned = camseal_ssm_planned_of(host);
    planned->created = false;
    planned->active = false;
    planned->has_digest = false;
    return CAMSEAL_OK;
}
