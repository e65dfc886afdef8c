/* Steps of the engines, and what must hold behind each of them. */
#include <string.h>

#include "spdm/requester_chunk.h"
#include "spdm/responder_chunk.h"
#include "spdm_engines.h"

const uint8_t engines_secret[16] = "vendor-payload-7";

/* ---- invariants ----------------------------------------------------------------------------- */

static bool remembers(const void *memory, size_t len)
{
    const uint8_t *at = memory, *end = at + len;
    while (at && (size_t)(end - at) >= sizeof engines_secret) {
        if (memcmp(at, engines_secret, sizeof engines_secret) == 0)
            return true;
        at = memchr(at + 1, engines_secret[0], (size_t)(end - at) - 1);
    }
    return false;
}

static void check_session(const spdm_session *s)
{
    FUZZ_REQUIRE(s->state <= SPDM_SESSION_ESTABLISHED);
    if (s->state == SPDM_SESSION_FREE)
        FUZZ_REQUIRE(engines_all_zero(s, sizeof *s));
    bool kept = s->old[SPDM_DIR_REQ].kept || s->old[SPDM_DIR_RSP].kept;
    FUZZ_REQUIRE(!kept || s->state == SPDM_SESSION_ESTABLISHED);
    FUZZ_REQUIRE(s->state < SPDM_SESSION_HANDSHAKE || (s->id >> 16 && (uint16_t)s->id));
}

static void check_responder(const camseal_spdm_responder *r)
{
    const spdm_pending *p = &r->pending;
    for (uint8_t i = 0; i < r->config.max_sessions; i++) {
        const spdm_session *s = &r->sessions[i];
        check_session(s);
        FUZZ_REQUIRE((s->state == SPDM_SESSION_ESTABLISHED) ==
                     (((unsigned)eng.live >> i & 1u) != 0));
        FUZZ_REQUIRE(s->state == SPDM_SESSION_FREE || r->connection >= SPDM_NEGOTIATED);
        FUZZ_REQUIRE(s->state != SPDM_SESSION_OPENING || (p->op != SPDM_OPS && p->target == i));
    }
    FUZZ_REQUIRE(p->op != SPDM_OPS || (!p->deferred && !p->is_signature));
    if (r->clear_session != SPDM_NO_SESSION) {
        const spdm_session *s = &r->sessions[r->clear_session];
        FUZZ_REQUIRE(s->state == SPDM_SESSION_HANDSHAKE && s->clear);
    }
    if (p->op == SPDM_OPS && !camseal_spdm_transfer_active(r))
        FUZZ_REQUIRE(!remembers(eng.rsp_memory, eng.rsp_size));
}

static void check_requester(const camseal_spdm_requester *r)
{
    for (size_t i = 0; i < r->config.max_sessions; i++) {
        const spdm_session *s = &r->sessions[i];
        check_session(s);
        FUZZ_REQUIRE(r->operation || s->state == SPDM_SESSION_FREE ||
                     s->state == SPDM_SESSION_ESTABLISHED);
    }
    FUZZ_REQUIRE(!r->trusted || r->config.n_anchors);
    if (r->operation)
        return;
    FUZZ_REQUIRE(!r->kex_open && !r->encap.signature.busy && !r->encap.m1.open);
    FUZZ_REQUIRE(!camseal_spdm_chunks_active(r));
    FUZZ_REQUIRE(!remembers(eng.req_memory, eng.req_size));
}

/* ---- steps ---------------------------------------------------------------------------------- */

/* An exact copy, so that a sanitizer sees every read beyond it, and every use after the step. */
static uint8_t *copy_of(const wire *in, camseal_step *step)
{
    size_t len = in ? in->len : 0;
    uint8_t *copy = malloc(len ? len : 1);
    FUZZ_REQUIRE(copy);
    if (len)
        memcpy(copy, in->bytes, len);
    step->in = camseal_span_of(copy, len);
    step->in_secured = in && in->secured;
    return copy;
}

static void keep(wire *out, const camseal_step *step, size_t limit)
{
    FUZZ_REQUIRE(step->out.len <= step->out.capacity && out->plain_len <= limit);
    memcpy(out->bytes, step->out.data, step->out.len);
    out->len = step->out.len;
    if (out->plain_len || step->out_secured)
        FUZZ_REQUIRE(step->out_secured || out->plain_len == step->out.len);
    else /* the same as before, which is not traced again */
        memcpy(out->plain, out->bytes, out->plain_len = out->len);
    out->secured = step->out_secured;
}

static void count_proofs(const camseal_spdm_requester *r)
{
    bool proof = r->op == SPDM_OP_FINISH || r->op == SPDM_OP_PSK_FINISH;
    eng.proofs += proof && eng.last_op != r->op;
    eng.last_op = r->op;
}

static void check_failure(camseal_status status, const camseal_step *step)
{
    const camseal_spdm_failure *f = camseal_spdm_requester_failure(eng.req);
    FUZZ_REQUIRE(status == CAMSEAL_E_STATE || (f->status == status && f->message && f->detail));
    FUZZ_REQUIRE(status != CAMSEAL_E_BUG && step->next == CAMSEAL_NEXT_DONE && !step->out.len);
    FUZZ_REQUIRE(status == CAMSEAL_E_STATE || engines_all_zero(step->out.data, step->out.capacity));
}

camseal_status engines_step(const wire *in, wire *out, camseal_next *next, uint64_t *wake_us)
{
    camseal_step step = {.out = {eng.req_out, eng.req_room, 0}, .now_us = eng.now};
    uint8_t *copy = copy_of(in, &step);
    eng.traced = out;
    out->len = out->plain_len = 0;
    camseal_status status = camseal_spdm_requester_step(eng.req, &step);
    free(copy);
    count_proofs(eng.req);
    if (status != CAMSEAL_OK)
        check_failure(status, &step);
    check_requester(eng.req);
    *next = step.next;
    *wake_us = step.wake_us;
    FUZZ_REQUIRE((step.next == CAMSEAL_NEXT_SEND) == (step.out.len > 0));
    FUZZ_REQUIRE((step.next == CAMSEAL_NEXT_DONE) == (eng.req->operation == NULL));
    FUZZ_REQUIRE(step.next < CAMSEAL_NEXT_RECV || step.wake_us != UINT64_MAX);
    if (step.next == CAMSEAL_NEXT_SEND)
        keep(out, &step, camseal_spdm_wire_limit(eng.req));
    return status;
}

/* Slow parts are asked until they are done, or another message comes in between. */
static void wait_for_answer(camseal_step *step)
{
    for (unsigned i = 0; step->next == CAMSEAL_NEXT_WAIT; i++) {
        FUZZ_REQUIRE(i < WAIT_LIMIT && step->wake_us != UINT64_MAX);
        eng.now = step->now_us = step->wake_us;
        step->in = eng.interruption;
        eng.interruption.len = 0;
        camseal_status status = camseal_spdm_responder_step(eng.rsp, step);
        FUZZ_REQUIRE(status == CAMSEAL_OK || eng.faults);
        if (status != CAMSEAL_OK)
            step->next = CAMSEAL_NEXT_RECV;
    }
}

bool engines_tell(const wire *in, wire *out)
{
    const camseal_spdm_responder *r = eng.rsp;
    camseal_step step = {.out = {eng.rsp_out, eng.rsp_room, 0}, .now_us = eng.now};
    uint8_t *copy = copy_of(in, &step);
    owner.now = eng.now;
    eng.traced = out;
    out->len = out->plain_len = 0;
    camseal_status status = camseal_spdm_responder_step(eng.rsp, &step);
    free(copy);
    FUZZ_REQUIRE(status == CAMSEAL_OK || eng.faults);
    if (status == CAMSEAL_OK)
        wait_for_answer(&step);
    else
        step.next = CAMSEAL_NEXT_RECV;
    check_responder(r);
    if (step.next != CAMSEAL_NEXT_SEND)
        return false;
    FUZZ_REQUIRE(step.out.len > 0);
    bool negotiated = r->connection > SPDM_AFTER_CAPABILITIES;
    size_t limit = camseal_spdm_own_transfer(r);
    keep(out, &step, negotiated && r->peer_limit < limit ? r->peer_limit : limit);
    return true;
}

size_t engines_seal(spdm_role to, size_t session, camseal_span message, uint8_t *out)
{
    bool responder = to == SPDM_ROLE_RESPONDER;
    size_t n = responder ? eng.rsp->config.max_sessions : eng.req->config.max_sessions;
    spdm_session *s = (responder ? eng.rsp->sessions : eng.req->sessions) + session % n;
    if (s->state < SPDM_SESSION_HANDSHAKE)
        return 0;
    const camseal_spdm_binding *binding = eng.rsp->config.binding;
    const camseal_aead *aead = responder ? eng.rsp->algorithms.aead : eng.req->algorithms.aead;
    const spdm_record rec = {eng.rsp->config.crypto, aead, binding, s->id, 0};
    spdm_keys keys = *camseal_spdm_session_receive_keys(s, to);
    camseal_buf buf = {out, WIRE_ROOM, 0};
    if (message.len)
        memmove(out + camseal_spdm_record_lead(binding), message.data, message.len);
    (void)!camseal_spdm_record_seal(&rec, &keys, &buf, message.len);
    return buf.len;
}
