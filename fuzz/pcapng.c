/* The capture reader: every file ends in time, every span lies in the file. */
#include "fuzz.h"

#include "pcapng.h"

static void require_inside(camseal_span part, const uint8_t *data, size_t size)
{
    FUZZ_REQUIRE(part.len == 0 ||
                 (part.data >= data && part.len <= size - (size_t)(part.data - data)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    pcapng_reader r;
    pcapng_item item;
    if (pcapng_open(&r, camseal_span_of(data, size)) != CAMSEAL_OK)
        return 0;
    size_t before = 0;
    while (pcapng_next(&r, &item) == CAMSEAL_OK && item.kind != PCAPNG_END) {
        FUZZ_REQUIRE(r.at > before && r.at <= size);
        before = r.at;
        require_inside(item.bytes, data, size);
        require_inside(item.comment, data, size);
        require_inside(item.dissector, data, size);
        FUZZ_REQUIRE(item.kind == PCAPNG_SECRETS || item.interface < r.interfaces);
    }
    for (uint32_t i = 0; i < r.interfaces; i++) {
        require_inside(r.info[i].name, data, size);
        require_inside(r.info[i].description, data, size);
    }
    return 0;
}
