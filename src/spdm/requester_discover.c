/* Requester: what a responder supports, without agreeing on any of it: GET_VERSION, and
 * GET_CAPABILITIES that asks for the Supported Algorithms Block (1.3+). */
#include <string.h>

#include "base/try.h"
#include "msg/algorithms.h"
#include "requester.h"

static camseal_status take_block(camseal_spdm_requester *r, const spdm_capabilities *m,
                                 camseal_reader *reader)
{
    spdm_algorithms all;
    spdm_algorithm_masks masks;
    camseal_spdm_supported *s = r->supported;
    if (r->shape.version < SPDM_VERSION_13)
        return camseal_spdm_reject(r, CAMSEAL_E_UNSUPPORTED,
                                   "there is no algorithms block before 1.3", SPDM_VERSION_13,
                                   r->shape.version);
    if (!(m->attributes & SPDM_WITH_ALGORITHMS))
        return camseal_spdm_reject(r, CAMSEAL_E_UNSUPPORTED, "CAPABILITIES has no algorithms block",
                                   SPDM_WITH_ALGORITHMS, 0);
    CAMSEAL_TRY(camseal_spdm_read_algorithms_block(reader, r->shape.version, &all));
    CAMSEAL_TRY(camseal_reader_end(reader));
    camseal_spdm_algorithm_masks_of(&all, &masks);
    *s = (camseal_spdm_supported){.version = r->shape.version,
                                  .flags = m->flags,
                                  .measurements = (all.measurement_spec & SPDM_SPEC_DMTF) != 0,
                                  .multi_key = (all.other_params & SPDM_MULTI_KEY_CONN) != 0,
                                  .hash = masks.hash,
                                  .sign = masks.sign,
                                  .req_sign = masks.req_sign,
                                  .kex = masks.kex,
                                  .aead = masks.aead};
    return CAMSEAL_OK;
}

camseal_status camseal_spdm_begin_discover(camseal_spdm_requester *r, camseal_spdm_supported *out)
{
    if (!(r->flags & SPDM_CAP_CHUNK))
        return CAMSEAL_E_UNSUPPORTED;
    CAMSEAL_TRY(camseal_spdm_begin_connect(r));
    memset(out, 0, sizeof *out);
    r->supported = out;
    r->take_block = take_block;
    return CAMSEAL_OK;
}
