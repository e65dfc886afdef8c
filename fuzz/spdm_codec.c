/* Every SPDM codec: the first byte picks the message, the second the version. What is read and
 * written once is written the same again. */
#include "fuzz.h"

#include "../tests/unit/spdm/spdm_codecs.h"
#include "spdm/msg/error.h"

enum { CODECS = sizeof all_codecs / sizeof all_codecs[0] };

static void fuzz_opaque(const uint8_t *data, size_t size)
{
    camseal_span versions;
    uint16_t selected;
    camseal_span opaque = camseal_span_of(data, size);
    if (camseal_spdm_read_sm_versions(opaque, &versions) == CAMSEAL_OK)
        FUZZ_REQUIRE(versions.len >= 2 && versions.data > data &&
                     versions.data + versions.len <= data + size);
    (void)!camseal_spdm_read_sm_selection(opaque, &selected);
}

static void fuzz_error(const uint8_t *data, size_t size)
{
    camseal_reader r = camseal_reader_of(camseal_span_of(data, size));
    spdm_error e;
    spdm_not_ready n;
    if (camseal_spdm_read_error(&r, &e) == CAMSEAL_OK &&
        camseal_spdm_read_not_ready(&e, &n) == CAMSEAL_OK)
        FUZZ_REQUIRE(n.rdt_exponent <= 31 && n.rdtm > 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t first[70000], second[70000];
    if (size < 2)
        return 0;
    unsigned pick = data[0] % (CODECS + 2u);
    const spdm_shape *shape = all_shapes[data[1] % 3];
    data += 2;
    size -= 2;
    if (pick == CODECS) {
        fuzz_opaque(data, size);
        return 0;
    }
    if (pick == CODECS + 1u) {
        fuzz_error(data, size);
        return 0;
    }
    camseal_reader r = camseal_reader_of(camseal_span_of(data, size));
    camseal_writer w1 = camseal_writer_of(first, sizeof first);
    if (all_codecs[pick](shape, &r, &w1) != CAMSEAL_OK)
        return 0;
    r = camseal_reader_of(camseal_span_of(first, w1.len));
    camseal_writer w2 = camseal_writer_of(second, sizeof second);
    FUZZ_REQUIRE(all_codecs[pick](shape, &r, &w2) == CAMSEAL_OK);
    FUZZ_REQUIRE(w1.len == w2.len && memcmp(first, second, w1.len) == 0);
    return 0;
}
