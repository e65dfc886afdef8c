/* Arbitrary bytes as a Y4M stream: every frame that comes has the size of the header. */
#include "fuzz.h"

#include "picture_format.h"

enum { FRAMES_MAX = 64 };

static void read_frames(y4m_stream *stream)
{
    picture p = {0};
    picture_error error = {{0}};
    bool end = false;
    for (unsigned i = 0; i < FRAMES_MAX && !end; i++) {
        camseal_status status = y4m_next(stream, &p, &end, &error);
        FUZZ_REQUIRE((status == CAMSEAL_OK) == (error.text[0] == 0));
        if (status != CAMSEAL_OK)
            break;
        if (!end)
            FUZZ_REQUIRE(p.width == stream->format.width && p.height == stream->format.height);
    }
    picture_free(&p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    FILE *file = fmemopen((void *)(uintptr_t)data, size, "rb");
    FUZZ_REQUIRE(file);
    y4m_stream stream;
    picture_error error = {{0}};
    if (y4m_open(&stream, file, "fuzz", &error) == CAMSEAL_OK)
        read_frames(&stream);
    else
        FUZZ_REQUIRE(error.text[0] != 0);
    y4m_close(&stream);
    fclose(file);
    return 0;
}
