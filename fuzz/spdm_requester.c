/* The requester after a real beginning: byte 0 says how many answers of a real responder come
 * first, then the input says what it gets. */
#include "fuzz.h"

#include "spdm_engines.h"

static uint8_t session, response_room[256];
static camseal_buf response;

static void begin(uint8_t what)
{
    static const uint8_t vendor_id[] = {1, 2};
    response = (camseal_buf){response_room, sizeof response_room, 0};
    switch (what % 5) {
    case 0:
        (void)!camseal_spdm_begin_connect(req);
        break;
    case 1:
        (void)!camseal_spdm_begin_session(req, &session);
        break;
    case 2:
        (void)!camseal_spdm_begin_vendor(req, session, 4, camseal_span_of(vendor_id, 2),
                                         camseal_span_of("payload", what % 8u), &response);
        break;
    case 3:
        (void)!camseal_spdm_begin_heartbeat(req, session);
        break;
    default:
        (void)!camseal_spdm_begin_end_session(req, session);
        break;
    }
}

/* What comes back for a request, in place of or made from the real answer. */
static size_t answer_of(input *in, const uint8_t *out, size_t out_len, uint8_t *answer,
                        bool *secured, bool real)
{
    bool request_secured = *secured;
    uint8_t kind = real ? 0 : take(in);
    size_t n = 0;
    camseal_span chunk;
    if (kind % 5 <= 1)
        n = tell(out, out_len, request_secured, answer, secured);
    switch (kind % 5) {
    case 0:
        return n;
    case 1:
        for (unsigned i = 0; i < 1u + (kind >> 6) && n; i++) {
            size_t at = take(in);
            answer[at % n] ^= take(in);
        }
        return n;
    case 2:
        chunk = take_chunk(in, kind & 0x80 ? 4 : 1);
        *secured = kind >> 6 & 1u;
        if (chunk.len)
            memcpy(answer, chunk.data, chunk.len);
        return chunk.len;
    case 3:
        *secured = true;
        return seal(answer, take_chunk(in, 1), kind >> 4, SPDM_ROLE_RESPONDER);
    default:
        return 0;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t out[ROOM], answer[ROOM];
    size_t answer_len = 0;
    bool secured = false;
    input in = {data, size};
    uint8_t first = take(&in);
    unsigned real = first & 0x0Fu;
    make_engines(first & 0x80 ? &camseal_spdm_binding_mctp : &camseal_spdm_binding_tcp);
    session = 0;
    begin(0);
    for (unsigned i = 0; i < 400 && (real || in.left); i++) {
        camseal_step step = {.in = {answer, answer_len},
                             .in_secured = secured,
                             .out = {out, sizeof out, 0},
                             .now_us = now};
        answer_len = 0;
        camseal_status status = camseal_spdm_requester_step(req, &step);
        FUZZ_REQUIRE(step.out.len <= sizeof out);
        if (status != CAMSEAL_OK || step.next == CAMSEAL_NEXT_DONE) {
            FUZZ_REQUIRE(status == CAMSEAL_OK || status == CAMSEAL_E_STATE ||
                         camseal_spdm_requester_failure(req)->detail != NULL);
            begin(real ? 1 : take(&in));
            continue;
        }
        if (step.next == CAMSEAL_NEXT_SEND) {
            secured = step.out_secured;
            answer_len = answer_of(&in, out, step.out.len, answer, &secured, real > 0);
            real -= real > 0;
            continue;
        }
        FUZZ_REQUIRE(step.wake_us != UINT64_MAX);
        now = step.wake_us;
    }
    drop_engines();
    return 0;
}
