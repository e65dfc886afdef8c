/* A requester: connects, opens a session, talks to the application, keeps it alive, ends it. */
#include "camseal/spdm.h"
#include "camseal/transport.h"

typedef struct image_buffers {
    camseal_span vendor_id, request;
    camseal_buf *response;
} image_buffers;

camseal_status image(camseal_spdm_requester_config *config, void *memory, size_t bytes,
                     camseal_step *step, const camseal_framing **framing, const image_buffers *b);

static camseal_status run(camseal_spdm_requester *r, camseal_step *step, camseal_status begun)
{
    while (begun == CAMSEAL_OK && step->next != CAMSEAL_NEXT_DONE)
        begun = camseal_spdm_requester_step(r, step);
    return begun;
}

camseal_status image(camseal_spdm_requester_config *config, void *memory, size_t bytes,
                     camseal_step *step, const camseal_framing **framing, const image_buffers *b)
{
    camseal_spdm_requester *r;
    uint8_t session;
    config->binding = &camseal_spdm_binding_mctp;
    *framing = &camseal_framing_mctp;
    if (camseal_spdm_requester_size(config) > bytes)
        return CAMSEAL_E_MEMORY;
    camseal_status status = camseal_spdm_requester_init(&r, memory, bytes, config);
    if (status != CAMSEAL_OK)
        return status;
    status = run(r, step, camseal_spdm_begin_connect(r));
    if (status == CAMSEAL_OK)
        status = run(r, step, camseal_spdm_begin_session(r, &session));
    if (status == CAMSEAL_OK)
        status =
            run(r, step,
                camseal_spdm_begin_vendor(r, session, 0, b->vendor_id, b->request, b->response));
    if (status == CAMSEAL_OK)
        status = run(r, step, camseal_spdm_begin_heartbeat(r, session));
    if (status == CAMSEAL_OK)
        status = run(r, step, camseal_spdm_begin_key_update(r, session, true));
    if (status == CAMSEAL_OK)
        status = run(r, step, camseal_spdm_begin_end_session(r, session));
    camseal_spdm_requester_wipe(r);
    return status;
}
