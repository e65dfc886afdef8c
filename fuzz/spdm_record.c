/* Secured records: the first byte picks the binding and the way in: foreign bytes, or an inside
 * that was sealed under the right key. */
#include "fuzz.h"

#include <string.h>

#include "camseal/openssl.h"
#include "spdm/record.h"

static const camseal_spdm_binding none = {"none", 0, 0, CAMSEAL_SPDM_INNER_NONE};
static const camseal_spdm_binding *const bindings[] = {&camseal_spdm_binding_tcp,
                                                       &camseal_spdm_binding_mctp, &none};

/* Opens; what comes out lies inside the plain room. */
static camseal_status open_record(const spdm_record *rec, spdm_keys keys, const uint8_t *data,
                                  size_t size, camseal_span *message)
{
    static uint8_t plain[4096];
    camseal_status status = camseal_spdm_record_open(
        rec, &keys, camseal_span_of(data, size), camseal_mspan_of(plain, sizeof plain), message);
    if (status == CAMSEAL_OK)
        FUZZ_REQUIRE(message->data >= plain &&
                     message->data + message->len <= plain + sizeof plain);
    else
        FUZZ_REQUIRE(message->len == 0);
    return status;
}

static void foreign_inside(const spdm_record *rec, const spdm_keys *keys, const uint8_t *data,
                           size_t size)
{
    static uint8_t record[5000];
    camseal_span message;
    size_t header = camseal_spdm_record_lead(rec->binding) - 2u -
                    (rec->binding->inner == CAMSEAL_SPDM_INNER_TCP    ? 4u
                     : rec->binding->inner == CAMSEAL_SPDM_INNER_MCTP ? 1u
                                                                      : 0u);
    if (size > 4000)
        return;
    memset(record, 0, header);
    memcpy(record, "\x78\x56\x34\x12", 4);
    record[header - 2] = (uint8_t)(size + 16);
    record[header - 1] = (uint8_t)((size + 16) >> 8);
    (void)!rec->aead->seal(rec->crypto->user, camseal_span_of(keys->key, 16), keys->iv,
                           camseal_span_of(record, header), camseal_span_of(data, size),
                           record + header, record + header + size);
    (void)!open_record(rec, *keys, record, header + size + 16, &message);
}

static void there_and_back(const spdm_record *rec, const spdm_keys *keys, const uint8_t *data,
                           size_t size)
{
    static uint8_t record[5000];
    camseal_span message;
    spdm_keys tx = *keys;
    size_t lead = camseal_spdm_record_lead(rec->binding);
    camseal_buf out = {record, sizeof record, 0};
    if (size == 0 || size > 4000)
        return;
    memcpy(record + lead, data, size);
    FUZZ_REQUIRE(camseal_spdm_record_seal(rec, &tx, &out, size) == CAMSEAL_OK);
    FUZZ_REQUIRE(open_record(rec, *keys, record, out.len, &message) == CAMSEAL_OK);
    FUZZ_REQUIRE(message.len == size && memcmp(message.data, data, size) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1)
        return 0;
    const camseal_crypto *crypto = camseal_openssl();
    const spdm_record rec = {crypto, camseal_crypto_aead(crypto, CAMSEAL_AEAD_AES_128_GCM),
                             bindings[data[0] % 3], 0x12345678, 0};
    spdm_keys keys;
    camseal_span message;
    memset(&keys, 0x5A, sizeof keys);
    keys.sequence = 0;
    unsigned way = data[0] / 3 % 3;
    data++;
    size--;
    if (way == 0)
        (void)!open_record(&rec, keys, data, size, &message);
    else if (way == 1)
        foreign_inside(&rec, &keys, data, size);
    else
        there_and_back(&rec, &keys, data, size);
    return 0;
}
