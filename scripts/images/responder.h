/* What every image of a responder does: make one with these features, over MCTP, and step it. */
#include "camseal/spdm.h"
#include "camseal/transport.h"

camseal_status image(camseal_spdm_responder_config *config, void *memory, size_t bytes,
                     camseal_step *step, const camseal_framing **framing);

camseal_status image(camseal_spdm_responder_config *config, void *memory, size_t bytes,
                     camseal_step *step, const camseal_framing **framing)
{
    camseal_spdm_responder *r;
    config->binding = &camseal_spdm_binding_mctp;
    config->features = features;
    config->n_features = N_FEATURES;
    *framing = &camseal_framing_mctp;
    if (camseal_spdm_responder_size(config) > bytes)
        return CAMSEAL_E_MEMORY;
    camseal_status status = camseal_spdm_responder_init(&r, memory, bytes, config);
    while (status == CAMSEAL_OK)
        status = camseal_spdm_responder_step(r, step);
    camseal_spdm_responder_wipe(r);
    return status;
}
