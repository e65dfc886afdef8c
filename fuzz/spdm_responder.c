/* The responder after a real beginning: byte 0 says how many messages of a real requester come
 * first, then the input is cut into messages. */
#include "fuzz.h"

#include "spdm_engines.h"

static const uint8_t get_version[] = {0x10, 0x84, 0, 0};

/* Lets the real requester go on until so many of its messages were answered. */
static void real_messages(unsigned n)
{
    uint8_t out[ROOM], answer[ROOM];
    size_t answer_len = 0;
    bool secured = false;
    uint8_t session;
    (void)!camseal_spdm_begin_connect(req);
    while (n) {
        camseal_step step = {.in = {answer, answer_len},
                             .in_secured = secured,
                             .out = {out, sizeof out, 0},
                             .now_us = now};
        answer_len = 0;
        if (camseal_spdm_requester_step(req, &step) != CAMSEAL_OK)
            return;
        if (step.next == CAMSEAL_NEXT_SEND) {
            answer_len = tell(out, step.out.len, step.out_secured, answer, &secured);
            n--;
        } else if (step.next == CAMSEAL_NEXT_DONE) {
            if (camseal_spdm_begin_session(req, &session) != CAMSEAL_OK)
                return;
        } else if (step.next == CAMSEAL_NEXT_RECV) {
            now = step.wake_us;
        }
    }
}

static void one_message(input *in)
{
    uint8_t answer[ROOM], record[ROOM];
    bool secured;
    uint8_t kind = take(in);
    camseal_span chunk = take_chunk(in, kind & 0x80 ? 4 : 1);
    switch (kind % 6) {
    case 0:
        (void)tell(chunk.data, chunk.len, false, answer, &secured);
        break;
    case 1:
        (void)tell(chunk.data, chunk.len, true, answer, &secured);
        break;
    case 2:
    case 3: {
        size_t n = seal(record, chunk, kind, SPDM_ROLE_REQUESTER);
        if (n && kind & 0x40)
            record[chunk.len % n] ^= 1;
        if (n)
            (void)tell(record, n, true, answer, &secured);
        break;
    }
    case 4:
        now += (uint64_t)kind << 14;
        toy_delay(kind >> 6, 0);
        vendor_pending = kind >> 5 & 1u;
        (void)tell(NULL, 0, false, answer, &secured);
        break;
    default:
        real_messages(kind >> 4);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t answer[ROOM];
    bool secured;
    input in = {data, size};
    uint8_t first = take(&in);
    make_engines(first & 0x80 ? &camseal_spdm_binding_mctp : &camseal_spdm_binding_tcp);
    real_messages(first & 0x0Fu);
    for (unsigned i = 0; in.left && i < 64; i++)
        one_message(&in);
    /* Whatever happened: it starts over. */
    FUZZ_REQUIRE(tell(get_version, sizeof get_version, false, answer, &secured) == 12);
    FUZZ_REQUIRE(answer[1] == SPDM_VERSION && !secured);
    drop_engines();
    return 0;
}
