#include "emu.h"

#include "base/load.h"

enum { TRANSPORT_NONE = 0, TRANSPORT_MCTP = 1, TRANSPORT_DOE = 2, TRANSPORT_TCP = 3 };

uint32_t camseal_emu_transport(const camseal_framing *framing)
{
    if (framing == &camseal_framing_none)
        return TRANSPORT_NONE;
    if (framing == &camseal_framing_mctp)
        return TRANSPORT_MCTP;
    return framing == &camseal_framing_doe ? TRANSPORT_DOE : TRANSPORT_TCP;
}

camseal_status camseal_emu_header(uint8_t out[CAMSEAL_EMU_HEADER_BYTES], uint32_t command,
                                  uint32_t transport, size_t payload_bytes)
{
    if (payload_bytes > CAMSEAL_EMU_PAYLOAD_MAX)
        return CAMSEAL_E_ARGUMENT;
    camseal_store_be32(out, command);
    camseal_store_be32(out + 4, transport);
    camseal_store_be32(out + 8, (uint32_t)payload_bytes);
    return CAMSEAL_OK;
}

camseal_status camseal_emu_parse(camseal_span bytes, uint32_t transport, camseal_emu_frame *frame)
{
    *frame = (camseal_emu_frame){0, {NULL, 0}, 0};
    if (bytes.len < CAMSEAL_EMU_HEADER_BYTES)
        return CAMSEAL_PENDING;
    uint32_t len = camseal_load_be32(bytes.data + 8);
    if (camseal_load_be32(bytes.data + 4) != transport || len > CAMSEAL_EMU_PAYLOAD_MAX)
        return CAMSEAL_E_FORMAT;
    frame->bytes = CAMSEAL_EMU_HEADER_BYTES + (size_t)len;
    frame->command = camseal_load_be32(bytes.data);
    if (frame->bytes > bytes.len)
        return CAMSEAL_PENDING;
    frame->payload = camseal_span_of(bytes.data + CAMSEAL_EMU_HEADER_BYTES, len);
    return CAMSEAL_OK;
}

camseal_span camseal_emu_hello(bool responder)
{
    static const char client[] = "Client Hello!", server[] = "Server Hello!";
    return responder ? camseal_span_of(server, sizeof server)
                     : camseal_span_of(client, sizeof client);
}

camseal_emu_reaction camseal_emu_react(uint32_t command)
{
    camseal_emu_reaction reaction = {command, {NULL, 0}, false};
    switch (command) {
    case CAMSEAL_EMU_TEST:
        reaction.payload = camseal_emu_hello(true);
        break;
    case CAMSEAL_EMU_KEY_UPDATE: /* heard, but this responder wants nothing of its own accord */
    case CAMSEAL_EMU_ENDPOINT_INFO:
        break;
    case CAMSEAL_EMU_CONTINUE:
    case CAMSEAL_EMU_SHUTDOWN:
        reaction.ends = true;
        break;
    default:
        reaction.command = CAMSEAL_EMU_UNKNOWN;
        reaction.ends = true;
        break;
    }
    return reaction;
}
