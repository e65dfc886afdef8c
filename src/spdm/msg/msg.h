/* What all SPDM messages share: codes, capability bits, the header, and the sizes that were
 * negotiated.
 *
 * A codec is a pair: read_x takes bytes to a view (scalars and spans into the message), write_x
 * takes the same view to bytes. Codecs know bytes and no state: the caller has looked at version
 * and code, and asks the reader or writer for its end. A view means something only after OK.
 * Reserved fields are written 0 and ignored; so are, by `version`, fields and bits of later
 * versions, and a view has 0 for them.
 */
#ifndef CAMSEAL_SPDM_MSG_H
#define CAMSEAL_SPDM_MSG_H

#include <stdbool.h>

#include "base/reader.h"
#include "base/writer.h"
#include "camseal/bytes.h"
#include "camseal/status.h"

enum {
    SPDM_HEADER_BYTES = 4,
    SPDM_NONCE_BYTES = 32,
    SPDM_CONTEXT_BYTES = 8, /* RequesterContext, 1.3+                              */
    SPDM_SLOT_LAST = 7,
    SPDM_SLOT_MASK = 0x0F, /* of 4-bit fields; there 0xF is a provisioned key */
    SPDM_OPAQUE_MAX = 1024,
    SPDM_DATA_TRANSFER_MIN = 42,
    SPDM_ERROR_BYTES_MAX = 4 + 32,
    SPDM_REQUEST_BIT = 0x80
};

enum {
    SPDM_VERSION_10 = 0x10,
    SPDM_VERSION_12 = 0x12,
    SPDM_VERSION_13 = 0x13,
    SPDM_VERSION_14 = 0x14
};

enum spdm_code {
    SPDM_DIGESTS = 0x01,
    SPDM_CERTIFICATE = 0x02,
    SPDM_CHALLENGE_AUTH = 0x03,
    SPDM_VERSION = 0x04,
    SPDM_CHUNK_SEND_ACK = 0x05,
    SPDM_CHUNK_RESPONSE = 0x06,
    SPDM_ENDPOINT_INFO = 0x07,
    SPDM_SLOT_MANAGEMENT_RESP = 0x08,
    SPDM_MEASUREMENTS = 0x60,
    SPDM_CAPABILITIES = 0x61,
    SPDM_SUPPORTED_EVENT_TYPES = 0x62,
    SPDM_ALGORITHMS = 0x63,
    SPDM_KEY_EXCHANGE_RSP = 0x64,
    SPDM_FINISH_RSP = 0x65,
    SPDM_PSK_EXCHANGE_RSP = 0x66,
    SPDM_PSK_FINISH_RSP = 0x67,
    SPDM_HEARTBEAT_ACK = 0x68,
    SPDM_KEY_UPDATE_ACK = 0x69,
    SPDM_ENCAPSULATED_REQUEST = 0x6A,
    SPDM_ENCAPSULATED_RESPONSE_ACK = 0x6B,
    SPDM_END_SESSION_ACK = 0x6C,
    SPDM_CSR = 0x6D,
    SPDM_SET_CERTIFICATE_RSP = 0x6E,
    SPDM_MEASUREMENT_EXTENSION_LOG = 0x6F,
    SPDM_SUBSCRIBE_EVENT_TYPES_ACK = 0x70,
    SPDM_EVENT_ACK = 0x71,
    SPDM_KEY_PAIR_INFO = 0x7C,
    SPDM_SET_KEY_PAIR_INFO_ACK = 0x7D,
    SPDM_VENDOR_DEFINED_RESPONSE = 0x7E,
    SPDM_ERROR = 0x7F,
    SPDM_GET_DIGESTS = 0x81,
    SPDM_GET_CERTIFICATE = 0x82,
    SPDM_CHALLENGE = 0x83,
    SPDM_GET_VERSION = 0x84,
    SPDM_CHUNK_SEND = 0x85,
    SPDM_CHUNK_GET = 0x86,
    SPDM_GET_ENDPOINT_INFO = 0x87,
    SPDM_SLOT_MANAGEMENT = 0x88,
    SPDM_GET_MEASUREMENTS = 0xE0,
    SPDM_GET_CAPABILITIES = 0xE1,
    SPDM_GET_SUPPORTED_EVENT_TYPES = 0xE2,
    SPDM_NEGOTIATE_ALGORITHMS = 0xE3,
    SPDM_KEY_EXCHANGE = 0xE4,
    SPDM_FINISH = 0xE5,
    SPDM_PSK_EXCHANGE = 0xE6,
    SPDM_PSK_FINISH = 0xE7,
    SPDM_HEARTBEAT = 0xE8,
    SPDM_KEY_UPDATE = 0xE9,
    SPDM_GET_ENCAPSULATED_REQUEST = 0xEA,
    SPDM_DELIVER_ENCAPSULATED_RESPONSE = 0xEB,
    SPDM_END_SESSION = 0xEC,
    SPDM_GET_CSR = 0xED,
    SPDM_SET_CERTIFICATE = 0xEE,
    SPDM_GET_MEASUREMENT_EXTENSION_LOG = 0xEF,
    SPDM_SUBSCRIBE_EVENT_TYPES = 0xF0,
    SPDM_SEND_EVENT = 0xF1,
    SPDM_GET_KEY_PAIR_INFO = 0xFC,
    SPDM_SET_KEY_PAIR_INFO = 0xFD,
    SPDM_VENDOR_DEFINED_REQUEST = 0xFE,
    SPDM_RESPOND_IF_READY = 0xFF
};

enum spdm_error_code {
    SPDM_ERR_INVALID_REQUEST = 0x01,
    SPDM_ERR_BUSY = 0x03,
    SPDM_ERR_UNEXPECTED = 0x04,
    SPDM_ERR_UNSPECIFIED = 0x05,
    SPDM_ERR_DECRYPT = 0x06,
    SPDM_ERR_UNSUPPORTED = 0x07,
    SPDM_ERR_IN_FLIGHT = 0x08,
    SPDM_ERR_INVALID_RESPONSE_CODE = 0x09,
    SPDM_ERR_SESSION_LIMIT = 0x0A,
    SPDM_ERR_SESSION_REQUIRED = 0x0B,
    SPDM_ERR_RESET_REQUIRED = 0x0C,
    SPDM_ERR_RESPONSE_TOO_LARGE = 0x0D,
    SPDM_ERR_REQUEST_TOO_LARGE = 0x0E,
    SPDM_ERR_LARGE_RESPONSE = 0x0F,
    SPDM_ERR_MESSAGE_LOST = 0x10,
    SPDM_ERR_INVALID_POLICY = 0x11,
    SPDM_ERR_DATA_TOO_LARGE = 0x12,
    SPDM_ERR_VERSION = 0x41,
    SPDM_ERR_NOT_READY = 0x42,
    SPDM_ERR_RESYNCH = 0x43,
    SPDM_ERR_OPERATION_FAILED = 0x44,
    SPDM_ERR_NO_PENDING = 0x45,
    SPDM_ERR_SESSION_TERMINATED = 0x46,
    SPDM_ERR_INVALID_STATE = 0x47,
    SPDM_ERR_VENDOR = 0xFF
};

/* Capability flags (DSP0274 GET_CAPABILITIES, CAPABILITIES). */
#define SPDM_CAP_CACHE              0x00000001u
#define SPDM_CAP_CERT               0x00000002u
#define SPDM_CAP_CHAL               0x00000004u
#define SPDM_CAP_MEAS               0x00000018u
#define SPDM_CAP_MEAS_UNSIGNED      0x00000008u
#define SPDM_CAP_MEAS_SIGNED        0x00000010u
#define SPDM_CAP_MEAS_FRESH         0x00000020u
#define SPDM_CAP_ENCRYPT            0x00000040u
#define SPDM_CAP_MAC                0x00000080u
#define SPDM_CAP_MUT_AUTH           0x00000100u
#define SPDM_CAP_KEY_EX             0x00000200u
#define SPDM_CAP_PSK                0x00000C00u
#define SPDM_CAP_PSK_1              0x00000400u
#define SPDM_CAP_PSK_2              0x00000800u
#define SPDM_CAP_ENCAP              0x00001000u
#define SPDM_CAP_HBEAT              0x00002000u
#define SPDM_CAP_KEY_UPD            0x00004000u
#define SPDM_CAP_HANDSHAKE_CLEAR    0x00008000u
#define SPDM_CAP_PUB_KEY_ID         0x00010000u
#define SPDM_CAP_CHUNK              0x00020000u
#define SPDM_CAP_ALIAS_CERT         0x00040000u
#define SPDM_CAP_SET_CERT           0x00080000u
#define SPDM_CAP_CSR                0x00100000u
#define SPDM_CAP_CERT_INSTALL_RESET 0x00200000u
#define SPDM_CAP_EP_INFO            0x00C00000u
#define SPDM_CAP_EP_INFO_UNSIGNED   0x00400000u
#define SPDM_CAP_EP_INFO_SIGNED     0x00800000u
#define SPDM_CAP_MEL                0x01000000u
#define SPDM_CAP_EVENT              0x02000000u
#define SPDM_CAP_MULTI_KEY          0x0C000000u
#define SPDM_CAP_MULTI_KEY_ONLY     0x04000000u
#define SPDM_CAP_MULTI_KEY_NEG      0x08000000u /* negotiable */
#define SPDM_CAP_GET_KEY_PAIR_INFO  0x10000000u
#define SPDM_CAP_SET_KEY_PAIR_INFO  0x20000000u
#define SPDM_CAP_SET_KEY_PAIR_RESET 0x40000000u
#define SPDM_CAP_LARGE_RESP         0x80000000u

/* CAPABILITIES ExtFlags (1.4). */
enum { SPDM_EXT_SLOT_MGMT = 0x0001 };

/* Certificate models, of 3-bit fields. */
enum spdm_cert_model {
    SPDM_CERT_MODEL_NONE = 0,
    SPDM_CERT_MODEL_DEVICE = 1,
    SPDM_CERT_MODEL_ALIAS = 2,
    SPDM_CERT_MODEL_GENERIC = 3
};

/* Version and sizes that decide where fields are. A value; copy and change it for one message. */
typedef struct spdm_shape {
    uint8_t version;        /* as in the header: 0x12                                    */
    bool summary;           /* a measurement summary hash was asked for                  */
    bool clear_handshake;   /* both sides have HANDSHAKE_IN_THE_CLEAR                    */
    bool multi_key;         /* MULTI_KEY_CONN of the side that sends DIGESTS (1.3+)      */
    uint16_t hash;          /* bytes: H                                                  */
    uint16_t signature;     /* bytes: S of the responder                                 */
    uint16_t req_signature; /* bytes: ReqS of the requester, for FINISH                  */
    uint16_t kex_request;   /* bytes: D                                                  */
    uint16_t kex_response;  /* bytes: D'                                                 */
    uint16_t measurement;   /* bytes: MH; 0: digests in measurement blocks of any length */
} spdm_shape;

typedef struct spdm_header {
    uint8_t version;
    uint8_t code;
    uint8_t param1;
    uint8_t param2;
} spdm_header;

spdm_header camseal_spdm_read_header(camseal_reader *r);
void camseal_spdm_write_header(camseal_writer *w, uint8_t version, uint8_t code, uint8_t param1,
                               uint8_t param2);

/* Writes a span, or leaves room for it, to be filled in place, when its data is NULL. */
void camseal_spdm_write_room(camseal_writer *w, camseal_span bytes);

/* Opaque data: a u16 length and so many bytes. FORMAT above the common limit of 1024. */
camseal_status camseal_spdm_read_opaque(camseal_reader *r, camseal_span *opaque);
void camseal_spdm_write_opaque(camseal_writer *w, camseal_span opaque);

/* The same for messages that have it from 1.4 on; empty before. */
camseal_status camseal_spdm_read_opaque_14(camseal_reader *r, const spdm_shape *s,
                                           camseal_span *opaque);
void camseal_spdm_write_opaque_14(camseal_writer *w, const spdm_shape *s, camseal_span opaque);

/* Bytes of RequesterContext: 0 before 1.3. */
size_t camseal_spdm_context_bytes(const spdm_shape *s);

/* 0..7, or 0xFF for a provisioned key. */
bool camseal_spdm_slot_legal(uint8_t slot);
/* The same in a 4-bit field: 0..7, or 0xF. */
bool camseal_spdm_slot4_legal(uint8_t slot);
/* Measurement summary hash type: 0 none, 1 TCB, 0xFF all. */
bool camseal_spdm_summary_legal(uint8_t type);

#endif
