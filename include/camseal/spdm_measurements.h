/* What a device says about itself in SPDM: measurements, the measurement extension log, endpoint
 * information; and evidence: signed measurements that a third party can check later.
 *
 * Optional parts: a responder names camseal_spdm_measurements in its features, a requester calls
 * the begin_ functions; what is not used is not linked. Thread rule: that of the engine; evidence
 * is checked by any thread.
 */
#ifndef CAMSEAL_SPDM_MEASUREMENTS_H
#define CAMSEAL_SPDM_MEASUREMENTS_H

#include "camseal/spdm.h"

#ifdef __cplusplus
extern "C" {
#endif

#define CAMSEAL_SPDM_CONTEXT_BYTES 8u

/* DMTFSpecMeasurementValueType. */
typedef enum camseal_spdm_measurement_type {
    CAMSEAL_SPDM_MEASURE_ROM = 0,
    CAMSEAL_SPDM_MEASURE_FIRMWARE = 1,
    CAMSEAL_SPDM_MEASURE_HARDWARE_CONFIG = 2,
    CAMSEAL_SPDM_MEASURE_FIRMWARE_CONFIG = 3,
    CAMSEAL_SPDM_MEASURE_MANIFEST = 4,
    CAMSEAL_SPDM_MEASURE_DEVICE_MODE = 5,
    CAMSEAL_SPDM_MEASURE_FIRMWARE_VERSION = 6,
    CAMSEAL_SPDM_MEASURE_SECURE_VERSION = 7,
    CAMSEAL_SPDM_MEASURE_HASH_EXTENDED = 8,
    CAMSEAL_SPDM_MEASURE_INFORMATIONAL = 9,
    CAMSEAL_SPDM_MEASURE_STRUCTURED_MANIFEST = 10
} camseal_spdm_measurement_type;

typedef enum camseal_spdm_form {
    CAMSEAL_SPDM_FORM_EITHER =
        0, /* `value` is raw: sent so when the requester wants it, else as its digest */
    CAMSEAL_SPDM_FORM_RAW,   /* `value` is raw and always sent so: versions, modes, manifests   */
    CAMSEAL_SPDM_FORM_DIGEST /* `value` is a digest by the negotiated measurement hash; never raw */
} camseal_spdm_form;

/* One measurement block. */
typedef struct camseal_spdm_measurement {
    uint8_t index;      /* 1..0xFE; by custom 0xFD is a manifest, 0xFE the device mode */
    uint8_t type;       /* enum camseal_spdm_measurement_type                          */
    uint8_t form;       /* enum camseal_spdm_form; at a requester RAW or DIGEST         */
    bool tcb;           /* part of the trusted computing base; not told to a requester */
    camseal_span value; /* borrowed                                                    */
} camseal_spdm_measurement;

/* Operation of GET_MEASUREMENTS; any other number is an index. */
enum { CAMSEAL_SPDM_MEASURE_COUNT = 0x00, CAMSEAL_SPDM_MEASURE_ALL = 0xFF };

/* What a summary covers (CHALLENGE, KEY_EXCHANGE, PSK_EXCHANGE). */
enum {
    CAMSEAL_SPDM_SUMMARY_NONE = 0x00,
    CAMSEAL_SPDM_SUMMARY_TCB = 0x01,
    CAMSEAL_SPDM_SUMMARY_ALL = 0xFF
};

/* Whether the contents changed since the series of requests began that a signature covers. */
typedef enum camseal_spdm_change {
    CAMSEAL_SPDM_CHANGE_UNKNOWN = 0,
    CAMSEAL_SPDM_CHANGED = 1,
    CAMSEAL_SPDM_UNCHANGED = 2
} camseal_spdm_change;

/* ---- responder ------------------------------------------------------------------------------ */

/* Serves GET_MEASUREMENTS and the measurement summaries, GET_MEASUREMENT_EXTENSION_LOG if there is
 * a log, and GET_ENDPOINT_INFO if there is any; from config.measurer. Without an identity nothing
 * is signed. */
CAMSEAL_API extern const camseal_spdm_feature camseal_spdm_measurements;

typedef struct camseal_spdm_measure_query {
    uint8_t session;      /* 0xFF outside a session                                            */
    bool fresh;           /* 1.3+: the requester wants what is measured now, nothing kept       */
    camseal_hash_id hash; /* the measurement hash, for digests; NONE: only raw values are legal */
} camseal_spdm_measure_query;

typedef struct camseal_spdm_measurer {
    /* The blocks, indices rising: a constant table... */
    const camseal_spdm_measurement *blocks; /* borrowed */
    size_t n_blocks;
    /* ...or, if not NULL, a function that gives block n (from 0), NOT_FOUND behind the last. The
     * value is borrowed until the next call. PENDING: the walk starts again from block 0. */
    camseal_status (*block)(void *user, const camseal_spdm_measure_query *query, size_t n,
                            camseal_spdm_measurement *out);
    /* A number that rises when a value changes, for camseal_spdm_change; NULL: a table never
     * changes, of a function it is not known. */
    uint32_t (*generation)(void *user);
    bool unsigned_only; /* MEAS_CAP 1                                                            */
    bool fresh;         /* MEAS_FRESH: a function measures anew at each call                     */
    /* Measurement extension log (1.3+), whole, with its head; NULL: none. It may grow, but what was
     * there stays. PENDING, or an error: the requester hears OperationFailed. */
    camseal_status (*log)(void *user, camseal_span *log);
    camseal_span
        endpoint_info; /* 1.3+: EPInfo of SubCode 1, device class identifiers; empty: none */
    bool endpoint_info_unsigned_only;
    void *user;
} camseal_spdm_measurer;

/* ---- requester ------------------------------------------------------------------------------ */

/* One GET_MEASUREMENTS. Borrowed until DONE. */
typedef struct camseal_spdm_measure {
    uint8_t operation; /* COUNT, ALL or an index */
    bool sign;  /* the signature covers all requests since the last other request or signature  */
    bool raw;   /* raw values where the device has them                                         */
    bool fresh; /* 1.3+: measured now                                                           */
    const uint8_t *nonce; /* 32 bytes of who will check the evidence; NULL = random */
    uint8_t context[CAMSEAL_SPDM_CONTEXT_BYTES]; /* 1.3+: RequesterContext */
    /* Each block, after the whole response and its signature were found good; may be NULL. Without
     * signature and outside a session nobody vouches for a block until a signed request of the same
     * series is good. */
    void (*block)(void *user, const camseal_spdm_measurement *block);
    void *user;
    camseal_buf *record; /* MeasurementRecord as it came; NULL = not wanted */
    /* Evidence, complete when a signed request is good. The same buffer goes with every request of
     * a series, from the first on: len is 0 then. NULL = not wanted. */
    camseal_buf *evidence;
    /* Out. */
    uint8_t total;  /* COUNT: how many blocks there are */
    uint8_t blocks; /* in this response                 */
    uint8_t change; /* enum camseal_spdm_change, signed */
} camseal_spdm_measure;

/* `session`: an index, or 0xFF outside a session. NEGOTIATION when the peer's capabilities do not
 * allow it. An ERROR of the peer ends the operation and the series, but neither session nor
 * connection. */
CAMSEAL_API CAMSEAL_NODISCARD camseal_status camseal_spdm_begin_measurements(
    camseal_spdm_requester *r, uint8_t session, camseal_spdm_measure *measure);

/* GET_MEASUREMENT_EXTENSION_LOG until the whole log is in `log`; well-formed, 1.3+. */
CAMSEAL_API CAMSEAL_NODISCARD camseal_status
camseal_spdm_begin_measurement_log(camseal_spdm_requester *r, uint8_t session, camseal_buf *log);

/* One entry of the log. */
typedef struct camseal_spdm_log_entry {
    uint32_t index;
    uint8_t measurement; /* index of the block that it extends      */
    uint8_t type;        /* enum camseal_spdm_measurement_type      */
    bool raw;
    camseal_span value;
} camseal_spdm_log_entry;

/* Calls `entry` for each; FORMAT, and no call, unless the whole log is well-formed. */
CAMSEAL_API CAMSEAL_NODISCARD camseal_status camseal_spdm_read_measurement_log(
    camseal_span log, void (*entry)(void *user, const camseal_spdm_log_entry *entry), void *user);

/* GET_ENDPOINT_INFO of SubCode 1, device class identifiers (1.3+): EPInfo as it came, checked. */
CAMSEAL_API CAMSEAL_NODISCARD camseal_status camseal_spdm_begin_endpoint_info(
    camseal_spdm_requester *r, uint8_t session, bool sign, camseal_buf *info);

/* ---- evidence -------------------------------------------------------------------------------- */

/* An evidence record is what a third party needs to check the signature: everything that was
 * signed, byte for byte, and who signed. Integers little-endian:
 *
 *   0   8  "CSEVID01"
 *   8   4  length of the certificate chain, C
 *  12   4  length of what was signed, L
 *  16   4  length of the signature, S
 *  20   C  the chain as SPDM carries it (Length, reserved, RootHash, DER certificates)
 *  ..   L  L1: GET_VERSION .. ALGORITHMS, then GET_MEASUREMENTS and MEASUREMENTS in turn, the last
 * without signature
 *  ..   S  the signature, as SPDM encodes it
 *
 * Version and algorithms are those that ALGORITHMS in L1 selects; they are signed like everything
 * else. */
#define CAMSEAL_SPDM_EVIDENCE_HEAD 20u

typedef struct camseal_spdm_evidence {
    /* In. */
    const camseal_crypto *crypto;
    const camseal_span *anchors; /* DER; at least one */
    size_t n_anchors;
    camseal_time time;
    const uint8_t *pin;   /* 32 bytes SHA-256 of the leaf's SubjectPublicKeyInfo, or NULL        */
    const uint8_t *nonce; /* 32 bytes that the last request must carry, or NULL                  */
    void (*block)(
        void *user,
        const camseal_spdm_measurement *block); /* every block, when all is good; or NULL */
    void *user;
    /* Out. */
    uint8_t version;
    camseal_hash_id hash;
    camseal_sign_id sign;
    uint32_t measurement_hash; /* MeasurementHashAlgo as ALGORITHMS carries it; 0 none */
    uint8_t change;            /* enum camseal_spdm_change */
    uint8_t leaf_key_hash[32];
    camseal_span leaf;     /* the leaf's SubjectPublicKeyInfo, inside the evidence */
    const char *detail;    /* why not; static */
    camseal_chain_job job; /* the provider's; all zeros before the first call */
} camseal_spdm_evidence;

/* PENDING: call again. OK: the chain leads to an anchor and its leaf signed exactly these blocks.
 */
CAMSEAL_API CAMSEAL_NODISCARD camseal_status camseal_spdm_check_evidence(camseal_spdm_evidence *e,
                                                                         camseal_span evidence);

#ifdef __cplusplus
}
#endif
#endif
