/* Arbitrary bytes as a PGM or PPM picture: samples stay in their range, and nothing but the picture
 * is read. */
#include "fuzz.h"

#include "picture_format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    picture p = {0};
    picture_error error = {{0}};
    camseal_status status = picture_pnm_read(&p, camseal_span_of(data, size), "fuzz", &error);
    if (status == CAMSEAL_OK) {
        size_t bytes = picture_count(&p);
        FUZZ_REQUIRE(size >= bytes && p.bits >= 8 && p.bits <= 16);
        for (size_t i = 0; i < bytes; i++)
            FUZZ_REQUIRE(p.samples[i] >> p.bits == 0);
    }
    FUZZ_REQUIRE((status == CAMSEAL_OK) == (error.text[0] == 0));
    picture_free(&p);
    return 0;
}
