/* CSI-2 packets over D-PHY: headers with ECC, CRC-16, data types, pixel packing.
 *
 * Knows nothing of security. Only the D-PHY packet of open-profile §11 is defined. Thread rule:
 * pure functions on the caller's memory.
 */
#ifndef CAMSEAL_CSI2_H
#define CAMSEAL_CSI2_H

#include <stdbool.h>

#include "camseal/bulk.h"
#include "camseal/bytes.h"
#include "camseal/status.h"

#ifdef __cplusplus
extern "C" {
#endif

#define CAMSEAL_CSI2_HEADER_BYTES 4u
#define CAMSEAL_CSI2_CRC_BYTES    2u
#define CAMSEAL_CSI2_PAYLOAD_MAX  65535u
#define CAMSEAL_CSI2_VC_COUNT     16u

enum camseal_csi2_dt {
    CAMSEAL_CSI2_FS = 0x00,
    CAMSEAL_CSI2_FE = 0x01,
    CAMSEAL_CSI2_LS = 0x02,
    CAMSEAL_CSI2_LE = 0x03,
    CAMSEAL_CSI2_NULL = 0x10,
    CAMSEAL_CSI2_BLANKING = 0x11,
    CAMSEAL_CSI2_EMBEDDED = 0x12,
    CAMSEAL_CSI2_YUV422_8 = 0x1E,
    CAMSEAL_CSI2_YUV422_10 = 0x1F,
    CAMSEAL_CSI2_RGB888 = 0x24,
    CAMSEAL_CSI2_RAW8 = 0x2A,
    CAMSEAL_CSI2_RAW10 = 0x2B,
    CAMSEAL_CSI2_RAW12 = 0x2C,
    CAMSEAL_CSI2_RAW14 = 0x2D,
    CAMSEAL_CSI2_RAW16 = 0x2E,
    CAMSEAL_CSI2_FSH = 0x34,
    CAMSEAL_CSI2_TBT = 0x35,
    CAMSEAL_CSI2_FTG = 0x36,
    CAMSEAL_CSI2_SEP = 0x37
};

/* Short packets are FS, FE, LS, LE, their reserved neighbours 04..07 and the generic 08..0F. */
static inline bool camseal_csi2_dt_is_short(uint8_t dt)
{
    return dt <= 0x0F;
}

/* "RAW12", "FS", ...; "reserved" for a code without a name. Never NULL. */
CAMSEAL_API const char *camseal_csi2_dt_name(uint8_t dt);

/* A decoded packet. For a long packet `field` is the word count and payload has that many bytes;
 * for a short one `field` is the frame or line number and the payload is empty. */
typedef struct camseal_csi2_packet {
    uint8_t vc; /* 0..15 */
    uint8_t dt; /* 0..63 */
    uint16_t field;
    bool corrected;        /* the ECC repaired one bit of the header */
    camseal_mspan payload; /* into the packet's memory */
} camseal_csi2_packet;

/* Writes the four header bytes. ARGUMENT if vc > 15 or dt > 63. */
CAMSEAL_API CAMSEAL_NODISCARD camseal_status camseal_csi2_header(uint8_t out[4], uint8_t vc,
                                                                 uint8_t dt, uint16_t field);

/* Reads a header, corrects one flipped bit, CRC status when two or more are wrong. */
CAMSEAL_API CAMSEAL_NODISCARD camseal_status camseal_csi2_header_read(camseal_csi2_packet *out,
                                                                      const uint8_t header[4]);

/* Splits one whole packet (header, payload, CRC-16). `bulk` computes the CRC; NULL skips the check
 * (hardware did it). TRUNCATED or TRAILING when the size does not fit the word count; CRC when the
 * header is beyond repair or the CRC-16 is wrong. */
CAMSEAL_API CAMSEAL_NODISCARD camseal_status camseal_csi2_parse(camseal_csi2_packet *out,
                                                                camseal_mspan bytes,
                                                                const camseal_bulk *bulk);

/* Writes a whole long packet, from a payload that may lie in several spans, to the start of `out`
 * and sets its length (0 on failure). SPACE if out is too small; ARGUMENT for a short data type
 * (that is camseal_csi2_header alone), more than 65535 bytes, or no `bulk`. */
CAMSEAL_API CAMSEAL_NODISCARD camseal_status camseal_csi2_build(camseal_buf *out, uint8_t vc,
                                                                uint8_t dt,
                                                                const camseal_span *payload,
                                                                size_t n, const camseal_bulk *bulk);

/* Pixel packing. A line of `samples` values in 16-bit words (right-aligned) to payload bytes and
 * back. For RAW formats a sample is a pixel; for YUV422 8-bit the order is U Y V Y, for RGB888 B G
 * R, one sample a component. RAW16 sends the more significant byte first. Groups: RAW8 and 16 one
 * sample, RAW12 two, RGB888 three, RAW10, RAW14 and YUV422 four. */
/* 0: not packable, or `samples` is no multiple of the group. */
CAMSEAL_API size_t camseal_csi2_line_bytes(uint8_t dt, size_t samples);
CAMSEAL_API unsigned camseal_csi2_bits(uint8_t dt); /* per sample; 0: not packable */
/* Writes from the start of `out` and sets its length (0 on failure). ARGUMENT when n is no multiple
 * of the group or a sample is above the format's range; SPACE when the buffer is too small. */
CAMSEAL_API CAMSEAL_NODISCARD camseal_status camseal_csi2_pack(camseal_buf *out, uint8_t dt,
                                                               const uint16_t *samples, size_t n);
/* TRUNCATED or TRAILING when the payload is not exactly camseal_csi2_line_bytes(dt, n) long. */
CAMSEAL_API CAMSEAL_NODISCARD camseal_status camseal_csi2_unpack(uint16_t *samples, size_t n,
                                                                 uint8_t dt, camseal_span payload);

#ifdef __cplusplus
}
#endif
#endif
