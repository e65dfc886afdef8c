/* What the two engine targets share: a pair of engines on toy cryptography, and a cursor over the
 * input. */
#ifndef CAMSEAL_FUZZ_SPDM_ENGINES_H
#define CAMSEAL_FUZZ_SPDM_ENGINES_H

#include <string.h>

#include "../tests/unit/spdm/spdm_toy.h"
#include "camseal/spdm.h"
#include "spdm/requester.h"
#include "spdm/responder.h"

enum { ROOM = 1200, MESSAGE = 1024 };

/* ---- input ---------------------------------------------------------------------------------- */

typedef struct input {
    const uint8_t *at;
    size_t left;
} input;

static inline uint8_t take(input *in)
{
    if (in->left == 0)
        return 0;
    in->left--;
    return *in->at++;
}

/* A chunk: a length byte (times four, if big) and so many bytes, or what is left. */
static inline camseal_span take_chunk(input *in, unsigned unit)
{
    size_t n = (size_t)take(in) * unit;
    if (n > in->left)
        n = in->left;
    camseal_span chunk = camseal_span_of(in->at, n);
    in->at += n;
    in->left -= n;
    return chunk;
}

/* ---- engines -------------------------------------------------------------------------------- */

static uint64_t req_memory[1 << 13], rsp_memory[1 << 13];
static camseal_spdm_requester *req;
static camseal_spdm_responder *rsp;
static uint64_t now;
static unsigned vendor_pending;

static camseal_status vendor(void *user, const camseal_spdm_vendor_request *request,
                             camseal_buf *response)
{
    (void)user;
    if (vendor_pending && vendor_pending--)
        return CAMSEAL_PENDING;
    if (request->payload.len > response->capacity)
        return CAMSEAL_E_SPACE;
    if (request->payload.len)
        memcpy(response->data, request->payload.data, request->payload.len);
    response->len = request->payload.len;
    return request->payload.len % 7 == 6 ? CAMSEAL_E_OWNER : CAMSEAL_OK;
}

static inline void make_engines(const camseal_spdm_binding *binding)
{
    static camseal_span anchor;
    static camseal_spdm_identity identity;
    anchor = camseal_span_of(toy_certificate, sizeof toy_certificate);
    identity = (camseal_spdm_identity){.chain = anchor, .sign = CAMSEAL_SIGN_ECDSA_P256};
    const camseal_crypto *crypto = toy_crypto(1);
    const camseal_spdm_requester_config qc = {.struct_size = sizeof qc,
                                              .crypto = crypto,
                                              .binding = binding,
                                              .anchors = &anchor,
                                              .n_anchors = 1,
                                              .max_message = MESSAGE,
                                              .max_chain = 1024,
                                              .max_sessions = 2,
                                              .challenge = true};
    const camseal_spdm_responder_config pc = {.struct_size = sizeof pc,
                                              .crypto = crypto,
                                              .binding = binding,
                                              .identities = &identity,
                                              .n_identities = 1,
                                              .max_message = MESSAGE,
                                              .max_sessions = 2,
                                              .heartbeat_s = 1,
                                              .vendor = vendor};
    now = 0;
    vendor_pending = 0;
    FUZZ_REQUIRE(camseal_spdm_requester_init(&req, req_memory, sizeof req_memory, &qc) ==
                 CAMSEAL_OK);
    FUZZ_REQUIRE(camseal_spdm_responder_init(&rsp, rsp_memory, sizeof rsp_memory, &pc) ==
                 CAMSEAL_OK);
}

static inline void drop_engines(void)
{
    camseal_spdm_requester_wipe(req);
    camseal_spdm_responder_wipe(rsp);
}

/* One message to the responder; its answer, if any. Slow parts are asked until they are done. */
static inline size_t tell(const uint8_t *message, size_t len, bool secured, uint8_t *answer,
                          bool *answer_secured)
{
    uint8_t copy[ROOM];
    if (len > sizeof copy)
        len = sizeof copy;
    if (len)
        memcpy(copy, message, len);
    camseal_step step = {
        .in = {copy, len}, .in_secured = secured, .out = {answer, ROOM, 0}, .now_us = now};
    for (unsigned i = 0;; i++) {
        FUZZ_REQUIRE(i < 1000);
        FUZZ_REQUIRE(camseal_spdm_responder_step(rsp, &step) == CAMSEAL_OK);
        FUZZ_REQUIRE(step.out.len <= ROOM);
        if (step.next != CAMSEAL_NEXT_WAIT)
            break;
        FUZZ_REQUIRE(step.wake_us != UINT64_MAX);
        now = step.wake_us;
        step.now_us = now;
        step.in.len = 0;
    }
    FUZZ_REQUIRE((step.next == CAMSEAL_NEXT_SEND) == (step.out.len > 0));
    *answer_secured = step.out_secured;
    return step.out.len;
}

/* Puts a message under the keys that `role` sends with in the session (id and keys are the
 * responder's view). */
static inline size_t seal(uint8_t *out, camseal_span message, size_t session, spdm_role role)
{
    spdm_session *s = &rsp->sessions[session % 2];
    if (s->state < SPDM_SESSION_HANDSHAKE || message.len > 512)
        return 0;
    const spdm_record rec = {rsp->config.crypto, rsp->algorithms.aead, rsp->config.binding, s->id,
                             0};
    spdm_keys *keys = camseal_spdm_session_send_keys(s, role);
    uint64_t before = keys->sequence;
    camseal_buf buf = {out, ROOM, 0};
    if (message.len)
        memcpy(out + camseal_spdm_record_lead(rec.binding), message.data, message.len);
    FUZZ_REQUIRE(camseal_spdm_record_seal(&rec, keys, &buf, message.len) == CAMSEAL_OK);
    if (role == SPDM_ROLE_REQUESTER)
        keys->sequence = before; /* it is the responder's receiving counter */
    return buf.len;
}

#endif
