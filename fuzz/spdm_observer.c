/* The passive observer on any connection. Byte 0: binding (bits 0-1) and whether the headings are
 * told (bit 2); byte 1: length of a secret that follows, used as shared secret and as PSK; then
 * transfers: kind (bit 0 secured), length (two bytes), bytes. */
#include "fuzz.h"

#include <string.h>

#include "base/reader.h"
#include "camseal/openssl.h"
#include "camseal/transport.h"
#include "spdm/observer.h"

enum { MEMORY_MAX = 1 << 20, KEPT_MAX = 1 << 14 };

static union {
    uint64_t align;
    uint8_t bytes[MEMORY_MAX];
} memory;

static unsigned long messages;

static void on_message(void *user, const spdm_seen *seen)
{
    (void)user;
    uint8_t sum = 0;
    for (size_t i = 0; i < seen->bytes.len; i++)
        sum = (uint8_t)(sum + seen->bytes.data[i]);
    messages += 1u + (sum & 0u);
}

static void on_finding(void *user, const spdm_seen *seen, const spdm_finding *f)
{
    (void)user;
    (void)seen;
    FUZZ_REQUIRE(f->result <= SPDM_NOT_CHECKED && f->check < SPDM_CHECK_VALUE && f->what);
    FUZZ_REQUIRE(f->result == SPDM_PASSED || f->detail);
    FUZZ_REQUIRE(!f->cover || f->cover->n <= SPDM_COVER_RANGES);
    FUZZ_REQUIRE(camseal_spdm_check_name(f->check));
}

static void on_value(void *user, const spdm_seen *seen, const char *label, camseal_span value,
                     const spdm_cover *cover)
{
    (void)user;
    (void)seen;
    FUZZ_REQUIRE(label && value.len > 0 && value.len <= 2u * CAMSEAL_HASH_MAX && cover);
}

static spdm_heading heading_of(bool told, uint8_t kind)
{
    if (!told)
        return SPDM_HEADING_UNKNOWN;
    return kind & 2u ? SPDM_HEADING_REQ : SPDM_HEADING_RSP;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const camseal_spdm_binding *const bindings[] = {
        &camseal_spdm_binding_mctp, &camseal_spdm_binding_doe, &camseal_spdm_binding_tcp,
        &camseal_spdm_binding_mctp};
    camseal_reader r = camseal_reader_of(camseal_span_of(data, size));
    uint8_t first = camseal_read_u8(&r);
    camseal_span secret = camseal_read_span(&r, camseal_read_u8(&r));
    camseal_spdm_observer *o;
    const spdm_observer_config config = {.struct_size = sizeof config,
                                         .crypto = camseal_openssl(),
                                         .binding = bindings[first & 3u],
                                         .shared = &secret,
                                         .n_shared = secret.len > 0,
                                         .psks = &secret,
                                         .n_psks = secret.len > 0,
                                         .max_message = KEPT_MAX,
                                         .max_chain = KEPT_MAX,
                                         .message = on_message,
                                         .finding = on_finding,
                                         .value = on_value};
    if (r.failed)
        return 0;
    FUZZ_REQUIRE(camseal_spdm_observer_init(&o, memory.bytes, sizeof memory.bytes, &config) ==
                 CAMSEAL_OK);
    for (uint32_t number = 1; r.left > 3; number++) {
        uint8_t kind = camseal_read_u8(&r);
        size_t len = camseal_read_be16(&r);
        camseal_span bytes = camseal_read_span(&r, len < r.left ? len : r.left);
        camseal_spdm_observe(o, number, kind & 1u ? CAMSEAL_MESSAGE_SECURED : CAMSEAL_MESSAGE_SPDM,
                             heading_of(first & 4u, kind), bytes);
    }
    spdm_observed_algorithms names;
    camseal_spdm_observer_algorithms(o, &names);
    camseal_spdm_observer_wipe(o);
    return 0;
}
