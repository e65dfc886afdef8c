/* Management messages (OP1 §8): what decodes encodes to the same bytes, once elements without
 * meaning are taken out and the critical flags set as the encoder sets them. First byte: 0 request,
 * 1 answer. */
#include "fuzz.h"

#include <string.h>

#include "base/load.h"
#include "ssm/message.h"
#include "ssm/tlv.h"

/* The payload as our encoder would have sent it. */
static size_t canonical(uint8_t *out, const uint8_t *payload, size_t len, bool critical)
{
    camseal_tlv_reader t = camseal_tlv_reader_of(camseal_span_of(payload + 8, len - 8));
    camseal_tlv tlv;
    bool more;
    size_t n = 8;
    memcpy(out, payload, 8);
    while (camseal_tlv_next(&t, &tlv, &more) == CAMSEAL_OK && more) {
        if (!camseal_ssm_format_of(tlv.type))
            continue;
        memcpy(out + n, tlv.whole.data, tlv.whole.len);
        out[n + 1] = critical ? CAMSEAL_TLV_CRITICAL : 0;
        n += tlv.whole.len;
    }
    camseal_store_le16(out + 6, (uint16_t)(n - 8));
    return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t expected[1 << 16];
    uint8_t bytes[CAMSEAL_SSM_MESSAGE_MAX];
    camseal_buf out = {bytes, sizeof bytes, 0};
    camseal_ssm_fault fault;
    camseal_status status;
    if (size == 0 || size > sizeof expected)
        return 0;
    bool answer = data[0] & 1;
    camseal_span payload = camseal_span_of(data + 1, size - 1);
    camseal_ssm_answer a;
    camseal_ssm_request r;
    status = answer ? camseal_ssm_answer_decode(&a, &fault, payload)
                    : camseal_ssm_request_decode(&r, &fault, NULL, payload);
    FUZZ_REQUIRE((status == CAMSEAL_OK) == (fault.detail == NULL));
    if (status != CAMSEAL_OK)
        return 0;
    FUZZ_REQUIRE((answer ? camseal_ssm_answer_encode(&out, &a)
                         : camseal_ssm_request_encode(&out, &r)) == CAMSEAL_OK);
    size_t n = canonical(expected, payload.data, payload.len, !answer);
    FUZZ_REQUIRE(out.len == n && memcmp(bytes, expected, n) == 0);
    return 0;
}
