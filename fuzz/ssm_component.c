/* A component under a sequence of management requests. Input: records of {session u8, length u16
 * LE, payload}; session 0xF0 + n tells the component that session n ended, 0xFE resets it. */
#include "fuzz.h"

#include <string.h>

#include "base/load.h"
#include "camseal/openssl.h"
#include "ssm/component.h"

static _Alignas(16) uint8_t memory[16384];
static _Alignas(CAMSEAL_BULK_KEY_ALIGN) uint8_t blocks[2][16384];
static bool used[2];
static uint8_t drawn;

static void *acquire(void *user, uint8_t ctx_id, size_t bytes)
{
    (void)user;
    (void)ctx_id;
    for (size_t i = 0; i < 2; i++)
        if (!used[i] && bytes <= sizeof blocks[i]) {
            used[i] = true;
            return blocks[i];
        }
    return NULL;
}

static void release(void *user, uint8_t ctx_id, void *mem)
{
    (void)user;
    (void)ctx_id;
    size_t i = mem == blocks[0] ? 0 : 1;
    FUZZ_REQUIRE(used[i] && mem == blocks[i]);
    used[i] = false;
}

static camseal_status random_bytes(void *user, uint8_t *out, size_t len)
{
    (void)user;
    memset(out, ++drawn, len);
    return CAMSEAL_OK;
}

static void put(camseal_ssm_component *c, uint8_t session, camseal_span payload)
{
    static const uint8_t vendor[4] = {0xD9, 0x7E, 0, 0};
    uint8_t bytes[CAMSEAL_SSM_MESSAGE_MAX];
    camseal_buf out = {bytes, sizeof bytes, 0};
    camseal_spdm_vendor_request request = {session, session + 1u, 4, {vendor, 4}, payload};
    if (camseal_ssm_component_handle(c, &request, &out) != CAMSEAL_OK) {
        FUZZ_REQUIRE(payload.len < 8 && out.len == 0);
        return;
    }
    camseal_ssm_answer answer;
    camseal_ssm_fault fault;
    camseal_status status =
        camseal_ssm_answer_decode(&answer, &fault, camseal_span_of(bytes, out.len));
    FUZZ_REQUIRE(status == CAMSEAL_OK && answer.header.opcode == payload.data[1]);
    FUZZ_REQUIRE(session < CAMSEAL_SPDM_SESSIONS_MAX || payload.data[1] < 0x10 ||
                 answer.header.status == CAMSEAL_SSM_SESSION);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    camseal_crypto crypto = *camseal_openssl();
    crypto.random = random_bytes;
    camseal_ssm_component_config config = {.struct_size = sizeof config,
                                           .bulk = camseal_bulk_soft(),
                                           .crypto = &crypto,
                                           .roles = 6,
                                           .max_contexts = 3,
                                           .variants = 0x1F,
                                           .allow_unverified = true,
                                           .acquire = acquire,
                                           .release = release};
    camseal_ssm_component *c;
    size_t bytes = camseal_ssm_component_size(&config);
    FUZZ_REQUIRE(bytes <= sizeof memory);
    FUZZ_REQUIRE(camseal_ssm_component_init(&c, memory, sizeof memory, &config) == CAMSEAL_OK);
    while (size >= 3) {
        uint8_t session = data[0];
        size_t len = camseal_load_le16(data + 1);
        data += 3;
        size -= 3;
        if (len > size)
            len = size;
        if (session == 0xFE) {
            camseal_ssm_component_wipe(c);
            FUZZ_REQUIRE(camseal_ssm_component_init(&c, memory, sizeof memory, &config) ==
                         CAMSEAL_OK);
        } else if (session >= 0xF0 && session != 0xFF) {
            camseal_ssm_component_session(c, session & 0x0F, 0, false);
        } else {
            put(c, session, camseal_span_of(data, len));
        }
        data += len;
        size -= len;
    }
    camseal_ssm_component_wipe(c);
    for (size_t i = 0; i < bytes; i++)
        FUZZ_REQUIRE(memory[i] == 0);
    FUZZ_REQUIRE(!used[0] && !used[1]);
    return 0;
}
