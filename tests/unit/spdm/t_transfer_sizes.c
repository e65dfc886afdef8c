/* Every flow through every DataTransferSize from the smallest on, equal on both sides and smaller
 * on one: no message is longer than its receiver can take, in clear or in its record, and each
 * message that can be long has travelled in chunks. */
#include "spdm/msg/msg.h"
#include "spdm_mitm.h"
#include "test.h"

enum { LEAST = 42, MOST = 1024, HEAD_OF_CHUNK = 16 };

static struct mitm m;
static uint32_t to_requester, to_responder;
static unsigned too_long;
static unsigned first_chunks[256]; /* by code of the large message */

static void see(void *user, struct mitm *who, bool up, uint8_t *message, size_t *len)
{
    (void)user, (void)who;
    too_long += *len > (up ? to_responder : to_requester);
    bool chunk = message[1] == SPDM_CHUNK_SEND || message[1] == SPDM_CHUNK_RESPONSE;
    if (chunk && *len > HEAD_OF_CHUNK + 1 && message[4] == 0 && message[5] == 0)
        first_chunks[message[HEAD_OF_CHUNK + 1]]++;
}

static void tune(struct mitm *who)
{
    who->see = see;
    who->p.req_config.data_transfer_size = to_requester;
    who->p.rsp_config.data_transfer_size = to_responder;
}

static void play(const mitm_flow *flow)
{
    char text[256];
    too_long = 0;
    mitm_start(&m, flow, 1, tune);
    camseal_status status = mitm_play(&m);
    mitm_describe(&m, status, text, sizeof text);
    if (status != CAMSEAL_OK || too_long)
        fail_msg("%s, %u and %u bytes: %s, %u messages too long", flow->name, to_requester,
                 to_responder, text, too_long);
    mitm_stop(&m);
}

static void every_size(void **state)
{
    (void)state;
    for (size_t i = 0; i < mitm_n_flows; i++)
        for (uint32_t size = LEAST; size <= 220; size++) {
            to_requester = to_responder = size;
            play(&mitm_flows[i]);
        }
}

static void one_side_is_smaller(void **state)
{
    (void)state;
    for (size_t i = 0; i < mitm_n_flows; i++)
        for (uint32_t size = LEAST; size <= 220; size += 1 + size % 3) {
            to_requester = size;
            to_responder = MOST;
            play(&mitm_flows[i]);
            to_requester = MOST;
            to_responder = size;
            play(&mitm_flows[i]);
        }
}

/* Those that are longer than the smallest transfer in these flows; GET_VERSION, VERSION,
 * GET_CAPABILITIES, CAPABILITIES and the chunks themselves never are. */
static void everything_long_went_in_chunks(void **state)
{
    (void)state;
    static const uint8_t codes[] = {
        SPDM_NEGOTIATE_ALGORITHMS,
        SPDM_ALGORITHMS,
        SPDM_CERTIFICATE,
        SPDM_DIGESTS,
        SPDM_CHALLENGE,
        SPDM_CHALLENGE_AUTH,
        SPDM_GET_MEASUREMENTS,
        SPDM_MEASUREMENTS,
        SPDM_KEY_EXCHANGE,
        SPDM_KEY_EXCHANGE_RSP,
        SPDM_FINISH,
        SPDM_PSK_EXCHANGE,
        SPDM_PSK_EXCHANGE_RSP,
        SPDM_ENCAPSULATED_RESPONSE_ACK,
        SPDM_DELIVER_ENCAPSULATED_RESPONSE,
        SPDM_VENDOR_DEFINED_REQUEST,
        SPDM_VENDOR_DEFINED_RESPONSE,
        SPDM_MEASUREMENT_EXTENSION_LOG,
        SPDM_SET_CERTIFICATE,
        SPDM_KEY_PAIR_INFO,
    };
    for (size_t i = 0; i < sizeof codes; i++)
        if (!first_chunks[codes[i]])
            fail_msg("no %02x in chunks", codes[i]);
    assert_int_equal(first_chunks[SPDM_GET_VERSION] + first_chunks[SPDM_VERSION] +
                         first_chunks[SPDM_GET_CAPABILITIES] + first_chunks[SPDM_CAPABILITIES] +
                         first_chunks[SPDM_CHUNK_SEND] + first_chunks[SPDM_CHUNK_GET],
                     0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_size),
        cmocka_unit_test(one_side_is_smaller),
        cmocka_unit_test(everything_long_went_in_chunks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
