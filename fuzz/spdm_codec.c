/* Every SPDM codec: the first byte picks the message, the second the version. What is read and
 * written once is read and written the same again, and never written beyond the room there is. */
#include "fuzz.h"

#include "../tests/unit/spdm/spdm_codecs.h"

enum { CODECS = sizeof all_codecs / sizeof all_codecs[0], PICK_OPAQUE = 0xFF, PICK_ERROR = 0xFE };

static void require_inside(camseal_span outer, camseal_span inner)
{
    FUZZ_REQUIRE(inner.len == 0 ||
                 (inner.data >= outer.data && inner.data + inner.len <= outer.data + outer.len));
}

/* What is found in opaque data is well-formed as a whole. */
static void fuzz_opaque(camseal_span opaque)
{
    camseal_span versions;
    uint16_t selected;
    uint8_t exponent;
    bool legal = camseal_spdm_check_opaque(opaque) == CAMSEAL_OK;
    if (camseal_spdm_read_sm_versions(opaque, &versions) == CAMSEAL_OK) {
        FUZZ_REQUIRE(legal && versions.len >= 2);
        require_inside(opaque, versions);
    }
    if (camseal_spdm_read_sm_selection(opaque, &selected) == CAMSEAL_OK)
        FUZZ_REQUIRE(legal);
    if (camseal_spdm_read_sm_limit(opaque, &exponent) == CAMSEAL_OK)
        FUZZ_REQUIRE(legal && exponent <= 64);
}

static void fuzz_error(camseal_span in)
{
    camseal_reader r = camseal_reader_of(in);
    spdm_error e;
    spdm_not_ready n;
    uint32_t size;
    camseal_span vendor, data;
    if (camseal_spdm_read_error(&r, &e) != CAMSEAL_OK)
        return;
    FUZZ_REQUIRE(e.extended.len <= 32);
    require_inside(in, e.extended);
    if (camseal_spdm_read_not_ready(&e, &n) == CAMSEAL_OK)
        FUZZ_REQUIRE(n.rdt_exponent <= 31 && n.rdtm > 1);
    (void)!camseal_spdm_read_error_size(&e, &size);
    if (camseal_spdm_read_error_vendor(&e, &vendor, &data) == CAMSEAL_OK) {
        require_inside(in, vendor);
        require_inside(in, data);
    }
}

/* Lists that reading a message leaves alone. */
static void fuzz_lists(camseal_span in)
{
    (void)!camseal_spdm_check_device_classes(in);
    (void)!camseal_spdm_check_log(in);
    if (in.len) {
        const spdm_event_types m = {in.data[0], {in.data + 1, in.len - 1}};
        (void)!camseal_spdm_check_event_groups(&m);
    }
}

static void fuzz_message(codec run, const spdm_shape *shape, camseal_span in)
{
    static uint8_t first[70000], second[70000];
    camseal_reader r = camseal_reader_of(in);
    camseal_writer w = camseal_writer_of(first, sizeof first);
    if (run(shape, &r, &w) != CAMSEAL_OK)
        return;
    size_t len = w.len;
    FUZZ_REQUIRE(!w.failed && len <= in.len);
    r = camseal_reader_of(camseal_span_of(first, len));
    w = camseal_writer_of(second, len);
    FUZZ_REQUIRE(run(shape, &r, &w) == CAMSEAL_OK);
    FUZZ_REQUIRE(!w.failed && w.len == len && memcmp(first, second, len) == 0);
    r = camseal_reader_of(camseal_span_of(first, len));
    w = camseal_writer_of(second, len - 1);
    FUZZ_REQUIRE(run(shape, &r, &w) == CAMSEAL_OK && w.failed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2 || size > 65536)
        return 0;
    camseal_span in = camseal_span_of(data + 2, size - 2);
    const spdm_shape *shape = all_shapes[data[1] % 3];
    unsigned pick = data[0] % CODECS;
    if (data[0] == PICK_OPAQUE) {
        fuzz_opaque(in);
        fuzz_lists(in);
        return 0;
    }
    if (data[0] == PICK_ERROR) {
        fuzz_error(in);
        return 0;
    }
    uint8_t *copy = malloc(in.len ? in.len : 1);
    FUZZ_REQUIRE(copy);
    memcpy(copy, in.data, in.len);
    if (all_codecs[pick].code && in.len >= 2) { /* as the caller of a codec has checked */
        copy[0] = shape->version;
        copy[1] = all_codecs[pick].code;
    }
    fuzz_message(all_codecs[pick].run, shape, camseal_span_of(copy, in.len));
    free(copy);
    return 0;
}
