/* The link between the two engines. */
#include "spdm_pair.h"

#include "camseal/spdm_tester.h"

#include "test.h"

void pair_config(struct pair *p, const camseal_crypto *crypto, const camseal_spdm_binding *binding,
                 camseal_span anchor, const camseal_spdm_identity *identities, size_t n)
{
    memset(p, 0, sizeof *p);
    p->anchor = anchor;
    p->req_config.struct_size = sizeof p->req_config;
    p->req_config.crypto = crypto;
    p->req_config.binding = binding;
    p->req_config.anchors = &p->anchor;
    p->req_config.n_anchors = 1;
    p->rsp_config.struct_size = sizeof p->rsp_config;
    p->rsp_config.crypto = crypto;
    p->rsp_config.binding = binding;
    p->rsp_config.identities = identities;
    p->rsp_config.n_identities = n;
    p->rsp_config.vendor = pair_echo;
    p->policy.max_version = CAMSEAL_SPDM_1_2;
    p->req_config.policy = &p->policy;
    p->rsp_config.policy = &p->policy;
}

void pair_start(struct pair *p)
{
    p->req_size = camseal_spdm_requester_size(&p->req_config);
    p->rsp_size = camseal_spdm_responder_size(&p->rsp_config);
    assert_true(p->req_size > 0);
    assert_true(p->rsp_size > 0);
    p->req_mem = malloc(p->req_size);
    p->rsp_mem = malloc(p->rsp_size);
    assert_status(camseal_spdm_requester_init(&p->req, p->req_mem, p->req_size, &p->req_config),
                  CAMSEAL_OK);
    assert_status(camseal_spdm_responder_init(&p->rsp, p->rsp_mem, p->rsp_size, &p->rsp_config),
                  CAMSEAL_OK);
}

void pair_stop(struct pair *p)
{
    camseal_spdm_requester_wipe(p->req);
    camseal_spdm_responder_wipe(p->rsp);
    free(p->req_mem);
    free(p->rsp_mem);
    p->req_mem = p->rsp_mem = NULL;
    p->req = NULL;
    p->rsp = NULL;
}

/* Steps run far below the frames of this file, so that t_residue_stack.c can look at what they
 * leave. */
static camseal_status step_responder(struct pair *p, camseal_step *step)
{
    volatile uint8_t gap[4096];
    gap[0] = 1;
    camseal_status status = camseal_spdm_responder_step(p->rsp, step);
    gap[1] = gap[0];
    return status;
}

static camseal_status step_requester(struct pair *p, camseal_step *step)
{
    volatile uint8_t gap[4096];
    gap[0] = 1;
    camseal_status status = camseal_spdm_requester_step(p->req, step);
    gap[1] = gap[0];
    return status;
}

size_t pair_tell(struct pair *p, const uint8_t *message, size_t len, bool secured,
                 struct pair_message *answer)
{
    /* An exact copy, so that a sanitizer sees every read beyond it. */
    uint8_t *in = malloc(len ? len : 1);
    if (len)
        memcpy(in, message, len);
    camseal_step step = {.in = {in, len},
                         .in_secured = secured,
                         .out = {answer->bytes, sizeof answer->bytes, 0},
                         .now_us = p->now_us};
    camseal_status status = step_responder(p, &step);
    memset(in, 0xEE, len); /* borrowed for one step only */
    free(in);
    for (unsigned i = 0; status == CAMSEAL_OK && step.next == CAMSEAL_NEXT_WAIT; i++) {
        assert_true(i < 100);
        p->now_us = step.wake_us;
        step.in = camseal_span_of(NULL, 0);
        step.now_us = p->now_us;
        status = step_responder(p, &step);
    }
    if (status != CAMSEAL_OK && p->rsp_may_fail)
        step.next = CAMSEAL_NEXT_RECV;
    else
        assert_status(status, CAMSEAL_OK);
    p->rsp_wake_us = step.wake_us == UINT64_MAX ? 0 : step.wake_us;
    answer->len = step.next == CAMSEAL_NEXT_SEND ? step.out.len : 0;
    answer->secured = step.out_secured;
    return answer->len;
}

/* Time goes on; the responder is stepped when it wants to be. */
static void sleep_until(struct pair *p, uint64_t us)
{
    static struct pair_message none;
    while (p->rsp_wake_us && p->rsp_wake_us < us) {
        p->now_us = p->now_us > p->rsp_wake_us ? p->now_us : p->rsp_wake_us;
        assert_int_equal(pair_tell(p, NULL, 0, false, &none), 0);
    }
    p->now_us = us;
}

static unsigned pass_hook(struct pair *p, bool to_responder, struct pair_message *m)
{
    unsigned index = p->index++;
    unsigned copies = p->hook ? p->hook(p->hook_user, p, index, to_responder, m) : 1;
    return m->len ? copies : 0;
}

static void deliver(struct pair *p, struct pair_message *m)
{
    static struct pair_message answer;
    unsigned copies = pass_hook(p, true, m);
    for (unsigned i = 0; i < copies; i++) {
        if (!pair_tell(p, m->bytes, m->len, m->secured, &answer))
            continue;
        unsigned answers = pass_hook(p, false, &answer);
        for (unsigned n = 0; n < answers && p->tail - p->head < PAIR_QUEUE; n++)
            p->to_requester[p->tail++ % PAIR_QUEUE] = answer;
    }
}

camseal_status pair_run(struct pair *p)
{
    static struct pair_message out;
    camseal_span in = {NULL, 0};
    bool in_secured = false;
    uint8_t *copy = NULL;
    for (unsigned i = 0; i < 10000; i++) {
        camseal_step step = {.in = in,
                             .in_secured = in_secured,
                             .out = {out.bytes, sizeof out.bytes, 0},
                             .now_us = p->now_us};
        camseal_status status = step_requester(p, &step);
        free(copy);
        copy = NULL;
        in = camseal_span_of(NULL, 0);
        bool held = step.next == CAMSEAL_NEXT_WAIT && camseal_spdm_held(p->req);
        if (status != CAMSEAL_OK || step.next == CAMSEAL_NEXT_DONE || held)
            return status;
        if (step.next == CAMSEAL_NEXT_SEND) {
            out.len = step.out.len;
            out.secured = step.out_secured;
            deliver(p, &out);
        } else if (step.next == CAMSEAL_NEXT_RECV && p->head != p->tail) {
            struct pair_message *m = &p->to_requester[p->head++ % PAIR_QUEUE];
            copy = malloc(m->len);
            memcpy(copy, m->bytes, m->len);
            in = camseal_span_of(copy, m->len);
            in_secured = m->secured;
        } else {
            assert_true(step.wake_us != UINT64_MAX); /* else it would hang */
            sleep_until(p, step.wake_us);
        }
    }
    fail_msg("the requester does not end");
    return CAMSEAL_E_BUG;
}

camseal_status pair_connect(struct pair *p)
{
    camseal_status status = camseal_spdm_begin_connect(p->req);
    return status == CAMSEAL_OK ? pair_run(p) : status;
}

camseal_status pair_session(struct pair *p, uint8_t *session)
{
    camseal_status status = camseal_spdm_begin_session(p->req, session);
    return status == CAMSEAL_OK ? pair_run(p) : status;
}

camseal_status pair_vendor(struct pair *p, uint8_t session, camseal_span request,
                           camseal_buf *response)
{
    static const uint8_t vendor[] = {0xD9, 0x7E, 0x00, 0x00};
    camseal_status status = camseal_spdm_begin_vendor(
        p->req, session, 4, camseal_span_of(vendor, sizeof vendor), request, response);
    return status == CAMSEAL_OK ? pair_run(p) : status;
}

camseal_status pair_heartbeat(struct pair *p, uint8_t session)
{
    camseal_status status = camseal_spdm_begin_heartbeat(p->req, session);
    return status == CAMSEAL_OK ? pair_run(p) : status;
}

camseal_status pair_end(struct pair *p, uint8_t session)
{
    camseal_status status = camseal_spdm_begin_end_session(p->req, session);
    return status == CAMSEAL_OK ? pair_run(p) : status;
}

camseal_status pair_echo(void *user, const camseal_spdm_vendor_request *request,
                         camseal_buf *response)
{
    (void)user;
    if (request->payload.len + 6 > response->capacity)
        return CAMSEAL_E_SPACE;
    memcpy(response->data, "echo: ", 6);
    if (request->payload.len)
        memcpy(response->data + 6, request->payload.data, request->payload.len);
    response->len = request->payload.len + 6;
    return CAMSEAL_OK;
}
