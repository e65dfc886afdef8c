/* Two ends in one program: each direction is memory that holds whole messages, one after the other.
 */
#include <string.h>

#include "base/load.h"
#include "camseal/transport.h"

enum { KIND_BYTES = 1, ENTRY_HEADER = KIND_BYTES + 4 };

void camseal_loopback_init(camseal_loopback *l, camseal_mspan to_1, camseal_mspan to_0)
{
    memset(l, 0, sizeof *l);
    l->memory[0] = to_1;
    l->memory[1] = to_0;
}

camseal_status camseal_loopback_send(camseal_loopback *l, unsigned end, uint8_t kind,
                                     camseal_span message)
{
    if (end > 1)
        return CAMSEAL_E_ARGUMENT;
    camseal_mspan m = l->memory[end];
    size_t kept = l->end[end] - l->start[end];
    if (kept && l->start[end])
        memmove(m.data, m.data + l->start[end], kept);
    l->start[end] = 0;
    l->end[end] = kept;
    size_t left = m.len - kept;
    if (ENTRY_HEADER > left || message.len > left - ENTRY_HEADER || message.len > UINT32_MAX)
        return CAMSEAL_E_SPACE;
    m.data[kept] = kind;
    camseal_store_le32(m.data + kept + KIND_BYTES, (uint32_t)message.len);
    if (message.len)
        memcpy(m.data + kept + ENTRY_HEADER, message.data, message.len);
    l->end[end] = kept + ENTRY_HEADER + message.len;
    return CAMSEAL_OK;
}

camseal_status camseal_loopback_receive(camseal_loopback *l, unsigned end, camseal_frame *frame)
{
    *frame = (camseal_frame){0, {NULL, 0}, 0};
    if (end > 1)
        return CAMSEAL_E_ARGUMENT;
    unsigned from = 1 - end;
    if (l->start[from] == l->end[from])
        return CAMSEAL_PENDING;
    const uint8_t *entry = l->memory[from].data + l->start[from];
    frame->kind = entry[0];
    frame->payload = camseal_span_of(entry + ENTRY_HEADER, camseal_load_le32(entry + KIND_BYTES));
    frame->bytes = ENTRY_HEADER + frame->payload.len;
    l->start[from] += frame->bytes;
    return CAMSEAL_OK;
}
