/* Whole buffers as a capture device gives them, fed line by line (OP1-V). Knows no protocol. */
#include "camseal/stream.h"

enum { AT_ONCE = 16 };

camseal_status camseal_sink_feed_buffer(camseal_worker *worker, camseal_sink *sink,
                                        const camseal_sink_buffer *buffer, uint64_t now_us,
                                        size_t *next)
{
    camseal_sink_item items[AT_ONCE];
    camseal_status status = CAMSEAL_OK;
    if (buffer->stride < buffer->line_length)
        return CAMSEAL_E_ARGUMENT;
    while (*next < buffer->lines && status == CAMSEAL_OK) {
        size_t n = 0, taken = 0;
        for (; n < AT_ONCE && n < buffer->lines - *next; n++) {
            const size_t line = *next + n;
            const camseal_sink_item item = {
                sink, camseal_mspan_of(buffer->data + line * buffer->stride, buffer->line_length),
                buffer->cookie + line, camseal_sink_payload(buffer->wire_vc, buffer->wire_dt)};
            items[n] = item;
        }
        status = camseal_sink_feed(worker, items, n, now_us, &taken);
        *next += taken;
    }
    return status;
}
