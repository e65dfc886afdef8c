/* Responder: the Supported Algorithms Block of CAPABILITIES (1.3+). It needs chunks on both sides,
 * so it comes with that feature. */
#include "msg/algorithms.h"
#include "responder_chunk.h"

void camseal_spdm_append_block(const camseal_spdm_responder *r, camseal_writer *w)
{
    spdm_algorithms all;
    spdm_algorithm_masks masks = r->masks;
    if (!(r->flags & SPDM_CAP_MUT_AUTH))
        masks.req_sign = 0;
    camseal_spdm_offer(&masks, r->shape.version, &all);
    if (r->flags & SPDM_CAP_MEAS)
        all.measurement_spec = SPDM_SPEC_DMTF;
    if (r->flags & SPDM_CAP_MEL)
        all.mel_spec = SPDM_SPEC_DMTF;
    if (r->flags & SPDM_CAP_MULTI_KEY)
        all.other_params |= SPDM_MULTI_KEY_CONN;
    camseal_spdm_write_algorithms_block(w, &all);
}
