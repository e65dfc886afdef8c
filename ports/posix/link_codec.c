#include "link_codec.h"

#include "base/load.h"
#include "base/try.h"

enum { LENGTH_BYTES = 4 };

static camseal_status parse_length(const link_codec *codec, camseal_span bytes, link_unit *unit)
{
    size_t header = codec->framing ? codec->framing->header_bytes : 0;
    if (bytes.len < LENGTH_BYTES)
        return CAMSEAL_PENDING;
    uint32_t len = camseal_load_le32(bytes.data);
    if (len == 0 || len > codec->max_frame + header)
        return CAMSEAL_E_FORMAT;
    if (len > bytes.len - LENGTH_BYTES)
        return CAMSEAL_PENDING;
    unit->payload = camseal_span_of(bytes.data + LENGTH_BYTES, len);
    unit->bytes = LENGTH_BYTES + (size_t)len;
    return CAMSEAL_OK;
}

static camseal_status parse_emu(const link_codec *codec, camseal_span bytes, link_unit *unit)
{
    camseal_emu_frame frame;
    CAMSEAL_TRY(camseal_emu_parse(bytes, camseal_emu_transport(codec->framing), &frame));
    unit->command = frame.command;
    unit->payload = frame.payload;
    unit->bytes = frame.bytes;
    return CAMSEAL_OK;
}

static camseal_status parse_bare(const link_codec *codec, camseal_span bytes, link_unit *unit)
{
    camseal_frame frame;
    CAMSEAL_TRY(codec->framing->parse(bytes, codec->max_frame, &frame));
    unit->kind = frame.kind;
    unit->payload = frame.payload;
    unit->bytes = frame.bytes;
    return CAMSEAL_OK;
}

/* What is in an envelope must be one message from its first to its last byte. */
static camseal_status open_envelope(const link_codec *codec, link_unit *unit)
{
    camseal_frame frame;
    CAMSEAL_TRY(codec->framing->parse(unit->payload, codec->max_frame, &frame));
    if (frame.bytes != unit->payload.len)
        return CAMSEAL_E_FORMAT;
    unit->kind = frame.kind;
    unit->payload = frame.payload;
    return CAMSEAL_OK;
}

camseal_status camseal_link_parse(const link_codec *codec, camseal_span bytes, link_unit *unit)
{
    camseal_status status;
    *unit = (link_unit){CAMSEAL_EMU_NORMAL, 0, {NULL, 0}, 0};
    if (codec->envelope == LINK_BARE)
        status = parse_bare(codec, bytes, unit);
    else if (codec->envelope == LINK_EMU)
        status = parse_emu(codec, bytes, unit);
    else
        status = parse_length(codec, bytes, unit);
    if (status == CAMSEAL_OK && codec->envelope != LINK_BARE && codec->framing &&
        unit->command == CAMSEAL_EMU_NORMAL) {
        status = open_envelope(codec, unit);
        if (status == CAMSEAL_PENDING)
            status = CAMSEAL_E_FORMAT;
    }
    if (status < 0 && status != CAMSEAL_E_VERSION)
        return CAMSEAL_E_FORMAT;
    return status;
}

camseal_status camseal_link_prefix(const link_codec *codec, uint8_t out[LINK_PREFIX_MAX], size_t *n,
                                   size_t *trailer, const link_unit *unit)
{
    static const size_t envelope_bytes[] = {0, LENGTH_BYTES, CAMSEAL_EMU_HEADER_BYTES};
    size_t lead = envelope_bytes[codec->envelope], header = 0;
    *n = *trailer = 0;
    if (codec->framing && unit->command == CAMSEAL_EMU_NORMAL) {
        header = codec->framing->header_bytes;
        CAMSEAL_TRY(codec->framing->header(out + lead, trailer, unit->kind, unit->payload.len));
    }
    size_t content = header + unit->payload.len + *trailer;
    if (codec->envelope == LINK_EMU)
        CAMSEAL_TRY(
            camseal_emu_header(out, unit->command, camseal_emu_transport(codec->framing), content));
    if (codec->envelope == LINK_LENGTH) {
        if (content == 0 || content > UINT32_MAX)
            return CAMSEAL_E_ARGUMENT;
        camseal_store_le32(out, (uint32_t)content);
    }
    *n = lead + header;
    return CAMSEAL_OK;
}

const char *camseal_link_stream_name(const link_codec *codec)
{
    if (codec->bus)
        return "stream of I2C transactions: give both sides the same kind of endpoint";
    if (!codec->framing)
        return "stream of length-prefixed CSI-2 packets: connect the data link here";
    if (codec->envelope == LINK_EMU)
        return "stream of an SPDM emulator with this transport: give both sides the same";
    if (codec->framing == &camseal_framing_mctp)
        return "stream of length-prefixed MCTP messages: give both sides the same transport";
    if (codec->framing == &camseal_framing_doe)
        return "stream of PCI DOE objects: give both sides the same transport";
    return "DSP0287 stream: connect the control link of a component here";
}
