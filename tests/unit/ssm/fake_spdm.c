/* A requester without SPDM: the host's engine against canned exchanges, fast enough to flip every
 * bit of every answer. Linked instead of the real one. What it sends: one letter, then the
 * management payload in clear. */
#include "fake_spdm.h"

#include <string.h>

struct camseal_spdm_requester {
    char op;      /* 0 none; C connect, S session, V vendor, H heartbeat, E end */
    int exchange; /* of this operation */
    bool waiting; /* for an answer */
    bool connected, in_session;
    camseal_span request;
    camseal_buf *response;
    camseal_spdm_failure failure;
};

size_t camseal_spdm_requester_size(const camseal_spdm_requester_config *config)
{
    (void)config;
    return sizeof(camseal_spdm_requester);
}

camseal_status camseal_spdm_requester_init(camseal_spdm_requester **out, void *mem, size_t mem_len,
                                           const camseal_spdm_requester_config *config)
{
    if (mem_len < sizeof **out || config->n_anchors == 0)
        return config->n_anchors ? CAMSEAL_E_MEMORY : CAMSEAL_E_ARGUMENT;
    memset(mem, 0, sizeof **out);
    *out = mem;
    return CAMSEAL_OK;
}

void camseal_spdm_requester_wipe(camseal_spdm_requester *r)
{
    memset(r, 0, sizeof *r);
}

static camseal_status begin(camseal_spdm_requester *r, char op, bool legal)
{
    if (r->op || !legal)
        return CAMSEAL_E_STATE;
    r->op = op;
    r->exchange = 0;
    r->waiting = false;
    return CAMSEAL_OK;
}

camseal_status camseal_spdm_begin_connect(camseal_spdm_requester *r)
{
    r->connected = r->in_session = false;
    return begin(r, 'C', true);
}

camseal_status camseal_spdm_begin_session(camseal_spdm_requester *r, uint8_t *session)
{
    *session = 0;
    return begin(r, 'S', r->connected);
}

camseal_status camseal_spdm_begin_vendor(camseal_spdm_requester *r, uint8_t session,
                                         uint16_t standard_id, camseal_span vendor_id,
                                         camseal_span request, camseal_buf *response)
{
    static const uint8_t vendor[4] = {0xD9, 0x7E, 0, 0};
    if (session != 0 || standard_id != 4 || vendor_id.len != 4 ||
        memcmp(vendor_id.data, vendor, 4) != 0)
        return CAMSEAL_E_ARGUMENT;
    r->request = request;
    r->response = response;
    return begin(r, 'V', r->in_session);
}

camseal_status camseal_spdm_begin_heartbeat(camseal_spdm_requester *r, uint8_t session)
{
    (void)session;
    return begin(r, 'H', r->in_session);
}

camseal_status camseal_spdm_begin_end_session(camseal_spdm_requester *r, uint8_t session)
{
    (void)session;
    return begin(r, 'E', r->in_session);
}

const camseal_spdm_failure *camseal_spdm_requester_failure(const camseal_spdm_requester *r)
{
    return &r->failure;
}

static void finished(camseal_spdm_requester *r)
{
    r->connected |= r->op == 'C';
    r->in_session |= r->op == 'S';
    if (r->op == 'E')
        r->in_session = false;
    r->op = 0;
}

/* Messages in clear look as the host expects them: a version, a code. */
static void send_next(camseal_spdm_requester *r, camseal_step *step)
{
    static const uint8_t connect[] = {0x84, 0xE1, 0xE3, 0x81, 0x82, 0x82};
    step->next = CAMSEAL_NEXT_SEND;
    step->out.data[0] = (uint8_t)r->op;
    step->out.len = 2;
    if (r->op == 'C')
        step->out.data[1] = connect[r->exchange];
    if (r->op == 'S')
        step->out.data[1] = r->exchange ? 0xE5 : 0xE4;
    step->out_secured = r->op != 'C' && (r->op != 'S' || r->exchange == 1);
    if (r->op == 'V') {
        memcpy(step->out.data + 1, r->request.data, r->request.len);
        step->out.len = 1 + r->request.len;
    }
    r->waiting = true;
    r->exchange++;
}

camseal_status camseal_spdm_requester_step(camseal_spdm_requester *r, camseal_step *step)
{
    static const char ops[] = "CSVHE";
    static const int exchanges[] = {6, 2, 1, 1, 1};
    step->out.len = 0;
    step->wake_us = UINT64_MAX;
    if (!r->op)
        return CAMSEAL_E_STATE;
    if (!r->waiting) {
        send_next(r, step);
        return CAMSEAL_OK;
    }
    if (step->in.len == 0) {
        step->next = CAMSEAL_NEXT_RECV;
        return CAMSEAL_OK;
    }
    r->waiting = false;
    if (step->in.data[0] == FAKE_SPDM_ERROR) {
        r->failure = (camseal_spdm_failure){.status = CAMSEAL_E_SIGNATURE,
                                            .message = "CHALLENGE_AUTH",
                                            .detail = "signature does not verify",
                                            .expected = 1,
                                            .seen = 2};
        r->op = 0;
        return CAMSEAL_E_SIGNATURE;
    }
    if (r->op == 'V') {
        memcpy(r->response->data, step->in.data + 1, step->in.len - 1);
        r->response->len = step->in.len - 1;
    }
    if (r->exchange < exchanges[strchr(ops, r->op) - ops]) {
        send_next(r, step);
        return CAMSEAL_OK;
    }
    finished(r);
    step->next = CAMSEAL_NEXT_DONE;
    return CAMSEAL_OK;
}
