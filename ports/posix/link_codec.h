/* The frames of a link as bytes: an envelope, inside it a framing of camseal/transport.h (DATA:
 * none). Pure; link.c moves the bytes. */
#ifndef CAMSEAL_POSIX_LINK_CODEC_H
#define CAMSEAL_POSIX_LINK_CODEC_H

#include "camseal/transport.h"
#include "emu.h"

/* Longest envelope and header, and room for a discovery object. */
enum { LINK_PREFIX_MAX = CAMSEAL_EMU_HEADER_BYTES + 8 + CAMSEAL_DOE_DISCOVERY_BYTES };

enum link_envelope {
    LINK_BARE,   /* the framing finds its frames in the stream */
    LINK_LENGTH, /* u32 little-endian length                   */
    LINK_EMU     /* the emulators' header                      */
};

typedef struct link_codec {
    const camseal_framing *framing; /* NULL: CSI-2 packets as they are */
    enum link_envelope envelope;
    size_t max_frame; /* longest payload accepted */
    bool bus;         /* transactions of an I2C bus, see link_bus.h */
} link_codec;

typedef struct link_unit {
    uint32_t command; /* CAMSEAL_EMU_NORMAL, or another command of the emulators: no kind then */
    uint8_t kind;
    camseal_span payload;
    size_t bytes; /* the whole unit */
} link_unit;

/* OK, PENDING, or FORMAT, VERSION: no such stream. */
CAMSEAL_NODISCARD camseal_status camseal_link_parse(const link_codec *codec, camseal_span bytes,
                                                    link_unit *unit);
/* Writes what goes before a payload (*n bytes) and says how many zeros follow it. */
CAMSEAL_NODISCARD camseal_status camseal_link_prefix(const link_codec *codec,
                                                     uint8_t out[LINK_PREFIX_MAX], size_t *n,
                                                     size_t *trailer, const link_unit *unit);
/* "DSP0287", ...: what the stream should be, for error texts. */
const char *camseal_link_stream_name(const link_codec *codec);

#endif
