/* Each length and count in each message: 0, one less, exact, one more, as long as the message,
 * every power of two, the maximum, and all values that wrap when something is added to them. Only
 * the exact one is taken; two lengths that add up to the right sum only because they wrap are not.
 */
#include "spdm_codecs.h"

#include "test.h"

#define N32 "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

static const struct length {
    const char *name;
    codec codec;
    const spdm_shape *shape;
    const char *hex;
    uint8_t at, width; /* little-endian */
} lengths[] = {
    {"VERSION: count", version, &v12, "100400000003001100120013", 5, 1},
    {"NEGOTIATE_ALGORITHMS: tables", algorithms_req, &v12,
     "12e301002400010280000000020000000000000000000000000000000000000005200100", 2, 1},
    {"NEGOTIATE_ALGORITHMS: Length", algorithms_req, &v12,
     "12e301002400010280000000020000000000000000000000000000000000000005200100", 4, 2},
    {"NEGOTIATE_ALGORITHMS: ExtAsymCount", algorithms_req, &v12,
     "12e301002800010280000000020000000000000000000000000000000100000011223344"
     "05200100",
     28, 1},
    {"NEGOTIATE_ALGORITHMS: ExtHashCount", algorithms_req, &v12,
     "12e301002800010280000000020000000000000000000000000000000001000011223344"
     "05200100",
     29, 1},
    {"ALGORITHMS: Length", algorithms_rsp, &v12,
     "126301002800010204000000800000000200000000000000000000000000000000000000"
     "05200100",
     4, 2},
    {"ALGORITHMS: tables", algorithms_rsp, &v12,
     "126301002800010204000000800000000200000000000000000000000000000000000000"
     "05200100",
     2, 1},
    {"CAPABILITIES: algorithms' Length", capabilities, &v13,
     "1361010000000000c022020000100000ffff0000"
     "04002e000102800000000200000000000000000000000000000000000000"
     "02201000032002000420800005200100",
     22, 2},
    {"CERTIFICATE: PortionLength", certificate, &v12, "1202000003000400010203", 4, 2},
    {"CERTIFICATE large: PortionLength", certificate, &v14,
     "14028001000000000300000004000100010203", 8, 4},
    {"CHALLENGE_AUTH: OpaqueDataLength", challenge_auth, &v12,
     "12030001aabbccdd" N32 "0200efee112233445566", 40, 2},
    {"GET_MEASUREMENTS has none, MEASUREMENTS: NumberOfBlocks", measurements, &v12,
     "126000200108000001010400820100ee" N32 "0100ee112233445566", 4, 1},
    {"MEASUREMENTS: RecordLength", measurements, &v12,
     "126000200108000001010400820100ee" N32 "0100ee112233445566", 5, 3},
    {"MEASUREMENTS: MeasurementSize", measurements, &v12,
     "126000200108000001010400820100ee" N32 "0100ee112233445566", 10, 2},
    {"MEASUREMENTS: ValueSize", measurements, &v12,
     "126000200108000001010400820100ee" N32 "0100ee112233445566", 13, 2},
    {"MEASUREMENTS: OpaqueDataLength", measurements, &v12,
     "126000200108000001010400820100ee" N32 "0100ee112233445566", 48, 2},
    {"KEY_EXCHANGE: OpaqueDataLength", key_exchange, &v12,
     "12e40000ffff0000" N32 "0102030400aabbccdd", 43, 2},
    {"KEY_EXCHANGE_RSP: OpaqueDataLength", key_exchange_rsp, &v12,
     "12640800feff0000" N32 "01020200aabb112233445566a1a2a3a4", 42, 2},
    {"FINISH: OpaqueLength", finish, &v14, "14e500000200eeefa1a2a3a4", 4, 2},
    {"FINISH_RSP: OpaqueLength", finish_rsp, &v14, "146500000100eea1a2a3a4", 4, 2},
    {"PSK_EXCHANGE: PSKHintLength", psk_exchange, &v12,
     "12e60000ffff020003000400aabb010203eeeeeeef", 6, 2},
    {"PSK_EXCHANGE: ContextLength", psk_exchange, &v12,
     "12e60000ffff020003000400aabb010203eeeeeeef", 8, 2},
    {"PSK_EXCHANGE: OpaqueDataLength", psk_exchange, &v12,
     "12e60000ffff020003000400aabb010203eeeeeeef", 10, 2},
    {"PSK_EXCHANGE_RSP: ContextLength", psk_exchange_rsp, &v12,
     "12660800feff000003000200010203eeefa1a2a3a4", 8, 2},
    {"PSK_EXCHANGE_RSP: OpaqueDataLength", psk_exchange_rsp, &v12,
     "12660800feff000003000200010203eeefa1a2a3a4", 10, 2},
    {"PSK_FINISH: OpaqueLength", psk_finish, &v14, "14e700000200eeefa1a2a3a4", 4, 2},
    {"PSK_FINISH_RSP: OpaqueLength", psk_finish_rsp, &v14, "146700000100ee", 4, 2},
    {"VENDOR_DEFINED: VendorIDLen", vendor, &v12, "12fe0000040004d97e00000300010203", 6, 1},
    {"VENDOR_DEFINED: ReqLength", vendor, &v12, "12fe0000040004d97e00000300010203", 11, 2},
    {"VENDOR_DEFINED large: ReqLength", any_vendor_msg, &v14,
     "14fe80000300020100000003000000010203", 11, 4},
    {"CHUNK_SEND: ChunkSize", chunk_send, &v12, "1285000000000000030000002b000000aabbcc", 8, 4},
    {"CHUNK_SEND, a later one: ChunkSize", chunk_send, &v12, "128501070100000003000000aabbcc", 8,
     4},
    {"CHUNK_RESPONSE: ChunkSize", chunk_response, &v14, "14060007000000000300000025000000aabbcc", 8,
     4},
    {"GET_CSR: RequesterInfoLength", get_csr, &v12, "12ed000002000100aabbee", 4, 2},
    {"GET_CSR: OpaqueDataLength", get_csr, &v12, "12ed000002000100aabbee", 6, 2},
    {"CSR: CSRLength", csr, &v12, "126d000003000000010203", 4, 2},
    {"SET_CERTIFICATE: chain Length", set_certificate, &v12, "12ee01000a000000aabbccdd3000", 4, 2},
    {"SET_CERTIFICATE 1.4: chain Length", set_certificate, &v14, "14ee32050a000000aabbccdd3000", 4,
     4},
    {"KEY_PAIR_INFO: PublicKeyInfoLen", key_pair_info, &v13,
     "137c000002023f000f0001001800000010000000020001aabb", 20, 2},
    {"KEY_PAIR_INFO 1.4: PqcAsymAlgoCapLen", key_pair_info, &v14,
     "147c0000010100000000000000000000000000000000010107050000000002", 23, 1},
    {"KEY_PAIR_INFO 1.4: CurrentPqcAsymAlgoLen", key_pair_info, &v14,
     "147c0000010100000000000000000000000000000000010107050000000002", 25, 1},
    {"SET_KEY_PAIR_INFO 1.4: DesiredPqcAsymAlgoLen", set_key_pair_info, &v14,
     "14fd00000100010000000000010401000000", 13, 1},
    {"ENDPOINT_INFO: EPInfoLen", endpoint_info, &v13,
     "1307000300000000" N32 "02000000aabb112233445566", 40, 4},
    {"ENDPOINT_INFO unsigned: EPInfoLen", endpoint_info_plain, &v13, "130700000000000002000000aabb",
     8, 4},
    {"device class: IDElemLength", device_class, &v13, "0700000103123456", 0, 1},
    {"device class: VendorIDLen", device_class, &v13, "050302ab0100", 2, 1},
    {"event: VendorIDLen", event, &v13, "05000000000000000302ab0109000000", 9, 1},
    {"device class: NumSubIDs", device_class, &v13, "0700000103123456", 3, 1},
    {"device class: SubIDLen", device_class, &v13, "0700000103123456", 4, 1},
    {"MEASUREMENT_EXTENSION_LOG: PortionLength", mel, &v13, "136f00000300000004000000010203", 4, 4},
    {"log entry: value size", log_entry, &v13, "0100000005000000810200aabb", 9, 2},
    {"SUPPORTED_EVENT_TYPES: list length", supported_event_types, &v13,
     "1362010012000000000002000100010000000100000004000000", 4, 4},
    {"SUBSCRIBE_EVENT_TYPES: list length", subscribe_event_types, &v13,
     "13f0010012000000000002000100010000000100000004000000", 4, 4},
    {"SEND_EVENT: EventCount", send_event, &v13,
     "13f10000010000000500000000000000030"
     "2ab0109000000",
     4, 4},
    {"event: EventDetailLen", event, &v13,
     "0100000000000000000001000800"
     "0102030405060708",
     12, 2},
    {"event group: EventTypeCount", event_group, &v13, "000002000100010000000100000004000000", 2,
     2},
    {"opaque element: VendorLen", opaque_element, &v12, "03020100050001020304ff00", 1, 1},
};

static uint8_t bytes[256], again[256];
static size_t n_bytes;

static uint32_t get(const struct length *l)
{
    uint32_t value = 0;
    for (unsigned i = 0; i < l->width; i++)
        value |= (uint32_t)bytes[l->at + i] << 8 * i;
    return value;
}

static void set(const struct length *l, uint32_t value)
{
    for (unsigned i = 0; i < l->width; i++)
        bytes[l->at + i] = (uint8_t)(value >> 8 * i);
}

static void load(const struct length *l)
{
    n_bytes = test_hex(bytes, sizeof bytes, l->hex);
    assert_int_equal(2 * n_bytes, strlen(l->hex));
}

/* An exact copy on the heap: a sanitizer sees every read beyond it. */
static camseal_status run(const struct length *l)
{
    uint8_t *copy = malloc(n_bytes);
    memcpy(copy, bytes, n_bytes);
    camseal_reader r = camseal_reader_of(camseal_span_of(copy, n_bytes));
    camseal_writer w = camseal_writer_of(again, sizeof again);
    camseal_status status = l->codec(l->shape, &r, &w);
    free(copy);
    return status;
}

static uint32_t most(const struct length *l)
{
    return l->width == 4 ? UINT32_MAX : (UINT32_C(1) << 8 * l->width) - 1;
}

static unsigned values;
static void meet(const struct length *l, uint32_t value)
{
    load(l);
    uint32_t exact = get(l);
    value &= most(l);
    set(l, value);
    camseal_status status = run(l);
    values++;
    bool right =
        value == exact ? status == CAMSEAL_OK : camseal_status_class(status) == CAMSEAL_CLASS_PEER;
    if (!right)
        fail_msg("%s = %#x: %s", l->name, (unsigned)value, camseal_status_name(status));
}

static void each_length(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        const struct length *l = &lengths[i];
        load(l);
        uint32_t exact = get(l), whole = (uint32_t)n_bytes;
        if (exact == 0)
            fail_msg("%s is 0", l->name);
        const uint32_t near[] = {0,         exact - 1, exact,     exact + 1,
                                 whole - 1, whole,     whole + 1, 2 * exact};
        for (size_t k = 0; k < sizeof near / sizeof near[0]; k++)
            meet(l, near[k]);
        for (unsigned bit = 0; bit < 8u * l->width; bit++) {
            meet(l, UINT32_C(1) << bit);
            meet(l, exact + (UINT32_C(1) << bit)); /* right modulo a power of two */
        }
        for (uint32_t below = 0; below < 300; below++)
            meet(l, most(l) - below);
    }
    print_message("%u values of %zu lengths\n", values, sizeof lengths / sizeof lengths[0]);
}

/* One more by a power of two or so, the other less by as much: the sum is right if it wraps. */
static void two_lengths_that_wrap(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++)
        for (size_t k = 0; k < sizeof lengths / sizeof lengths[0]; k++) {
            const struct length *a = &lengths[i], *b = &lengths[k];
            if (i == k || a->codec != b->codec || strcmp(a->hex, b->hex) != 0)
                continue;
            for (uint32_t shift = 256; shift <= 0x10000; shift += 256 - shift % 2) {
                load(a);
                uint32_t one = get(a), two = get(b);
                if (((one + shift) & most(a)) == one)
                    continue; /* not another value */
                set(a, one + shift);
                set(b, two - shift);
                if (camseal_status_class(run(a)) != CAMSEAL_CLASS_PEER)
                    fail_msg("%s and %s, %#x: taken", a->name, b->name, (unsigned)shift);
            }
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_length),
        cmocka_unit_test(two_lengths_that_wrap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
