/* The CRCs of every bulk provider. Judge: check values of CSI-2 and of the CRC catalogues, and a
 * plain bit-by-bit model that those values prove first. */
#include "bulk_judge.h"

static uint32_t model(uint32_t poly, uint32_t crc, const uint8_t *data, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        crc ^= data[i];
        for (int bit = 0; bit < 8; bit++)
            crc = (crc >> 1) ^ ((crc & 1) ? poly : 0);
    }
    return crc;
}

static uint16_t model16(uint16_t crc, const uint8_t *data, size_t len)
{
    return (uint16_t)model(0x8408, crc, data, len);
}

static uint32_t model32c(uint32_t crc, const uint8_t *data, size_t len)
{
    return ~model(0x82F63B78, ~crc, data, len);
}

static uint32_t model32(uint32_t crc, const uint8_t *data, size_t len)
{
    return ~model(0xEDB88320, ~crc, data, len);
}

static void check_published(const camseal_bulk *crcs)
{
    static const struct {
        const char *hex;
        uint16_t crc;
    } csi2[] = {{"FF000002B9DCF372BBD4B85AC875C27C81F805DFFF000001", 0x00F0},
                {"FF0000001EF01EC74F8278C582E08C70D23C78E9FF000001", 0xE569},
                {"313233343536373839", 0x6F91},
                {"", 0xFFFF}};
    uint8_t data[32];
    for (size_t i = 0; i < sizeof csi2 / sizeof csi2[0]; i++) {
        size_t n = test_hex(data, sizeof data, csi2[i].hex);
        assert_int_equal(crcs->crc16(0xFFFF, data, n), csi2[i].crc);
    }
    assert_int_equal(crcs->crc32c(0, (const uint8_t *)"123456789", 9), 0xE3069283);
    assert_int_equal(crcs->crc32(0, (const uint8_t *)"123456789", 9), 0xCBF43926);
    /* RFC 3720 B.4: 32 bytes of zeros, of ones, rising. */
    memset(data, 0, sizeof data);
    assert_int_equal(crcs->crc32c(0, data, 32), 0x8A9136AA);
    memset(data, 0xFF, sizeof data);
    assert_int_equal(crcs->crc32c(0, data, 32), 0x62A8AB43);
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)i;
    assert_int_equal(crcs->crc32c(0, data, 32), 0x46DD794E);
}

static void published_values(void **state)
{
    (void)state;
    const camseal_bulk models = {.crc16 = model16, .crc32c = model32c, .crc32 = model32};
    check_published(&models);
    for_each_provider(bulk) check_published(bulk);
}

static void check_length(const camseal_bulk *bulk, size_t len, size_t offset, uint64_t *seed)
{
    uint8_t *memory = malloc(offset + len + 1);
    assert_non_null(memory);
    uint8_t *data = memory + offset + 1;
    uint32_t start = (uint32_t)test_random(seed);
    test_fill(seed, data, len);
    assert_int_equal(bulk->crc16((uint16_t)start, data, len), model16((uint16_t)start, data, len));
    assert_int_equal(bulk->crc32c(start, data, len), model32c(start, data, len));
    assert_int_equal(bulk->crc32(start, data, len), model32(start, data, len));
    free(memory);
}

static void every_length_from_any_start(void **state)
{
    (void)state;
    static const size_t lines[] = {1279, 1440, 1444, 2047, 2048, 2880, 4096, 5759, 5760};
    uint64_t seed = 44;
    for_each_provider(bulk)
    {
        for (size_t len = 0; len <= 600; len++)
            check_length(bulk, len, len % 17, &seed);
        for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
            check_length(bulk, lines[i], i, &seed);
    }
}

static void pieces_equal_the_whole(void **state)
{
    (void)state;
    uint64_t seed = 55;
    uint8_t data[333];
    test_fill(&seed, data, sizeof data);
    for_each_provider(bulk)
    {
        for (size_t cut = 0; cut <= sizeof data; cut++) {
            const uint8_t *rest = data + cut;
            size_t n = sizeof data - cut;
            assert_int_equal(bulk->crc16(bulk->crc16(0xFFFF, data, cut), rest, n),
                             model16(0xFFFF, data, sizeof data));
            assert_int_equal(bulk->crc32c(bulk->crc32c(0, data, cut), rest, n),
                             model32c(0, data, sizeof data));
            assert_int_equal(bulk->crc32(bulk->crc32(0, data, cut), rest, n),
                             model32(0, data, sizeof data));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_values),
        cmocka_unit_test(every_length_from_any_start),
        cmocka_unit_test(pieces_equal_the_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
