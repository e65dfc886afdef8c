/* A passive reader of SPDM connections: messages as they went by come in, findings go out.
 *
 * It is a third client of codecs, transcripts, key schedule and records, next to requester and
 * responder, and has no part in the protocol: it never refuses, it says of every message what was
 * checked, and goes on. Secrets come from outside (shared secrets, PSKs or a key log). Knows no
 * file and no transport. One object is one connection at a time; GET_VERSION starts the next.
 */
#ifndef CAMSEAL_SPDM_OBSERVER_H
#define CAMSEAL_SPDM_OBSERVER_H

#include "camseal/spdm.h"
#include "msg/msg.h"

typedef struct camseal_spdm_observer camseal_spdm_observer;

typedef enum spdm_check {
    SPDM_CHECK_FORMAT, /* the message parses, to its last byte, and belongs here       */
    SPDM_CHECK_DIGEST, /* a digest of a chain equals the digest of the chain           */
    SPDM_CHECK_CHAIN,  /* signatures, order and leaf of a chain                        */
    SPDM_CHECK_ANCHOR, /* the chain ends at a trusted anchor                           */
    SPDM_CHECK_SIGNATURE,
    SPDM_CHECK_HMAC,       /* verify data                                                  */
    SPDM_CHECK_RECORD,     /* tag of a secured record                                      */
    SPDM_CHECK_SEQUENCE,   /* its sequence number                                          */
    SPDM_CHECK_KEY_UPDATE, /* the new key is in use when it has to be                      */
    SPDM_CHECK_VALUE       /* a derived value against a known one: for the caller's use    */
} spdm_check;

typedef enum spdm_result { SPDM_PASSED, SPDM_FAILED, SPDM_NOT_CHECKED } spdm_result;

/* Numbers of messages that went into something, as ranges. Full: the last range grows. */
enum { SPDM_COVER_RANGES = 12 };
typedef struct spdm_cover {
    uint8_t n;
    struct {
        uint32_t first, last;
    } range[SPDM_COVER_RANGES];
} spdm_cover;

typedef struct spdm_finding {
    spdm_check check;
    spdm_result result;
    const char *what;        /* static: what was checked: "KEY_EXCHANGE_RSP signature"     */
    const char *detail;      /* static: why not passed; NULL                               */
    uint64_t expected, seen; /* where there is such a pair; else both 0                    */
    const spdm_cover *cover; /* messages that the check depends on; NULL: this one         */
} spdm_finding;

/* A message, or a record that could not be opened (`code` 0), or other application data. */
typedef struct spdm_seen {
    uint32_t number; /* the caller's: the same for all layers of one transfer     */
    bool from_requester;
    bool secured;
    bool encapsulated;   /* inside an encapsulated request or response                 */
    bool reassembled;    /* from chunks                                                */
    bool is_signed;      /* a response that carries a signature because it was asked    */
    uint8_t code;        /* 0: a record without SPDM message, or one that stays closed  */
    uint32_t session_id; /* if secured                                                 */
    camseal_span bytes;  /* the message, or the record                                 */
    spdm_shape shape;    /* sizes to read it with                                      */
} spdm_seen;

/* A secret of a key log: one direction of one session. */
typedef enum spdm_logged_kind {
    SPDM_LOGGED_REQ_HANDSHAKE,
    SPDM_LOGGED_RSP_HANDSHAKE,
    SPDM_LOGGED_REQ_DATA,
    SPDM_LOGGED_RSP_DATA
} spdm_logged_kind;

typedef struct spdm_logged {
    spdm_logged_kind kind;
    uint32_t session_id;
    camseal_span secret;
} spdm_logged;

typedef struct spdm_observer_config {
    size_t struct_size;
    const camseal_crypto *crypto;
    const camseal_spdm_binding *binding;
    const camseal_span *anchors; /* may be none: then anchors are not checked              */
    size_t n_anchors;
    camseal_time time;
    const camseal_span
        *chains; /* certificates (DER, root to leaf) or a public key (SPKI) that a side may have */
    size_t n_chains;            /* provisioned: tried when the capture has no such chain   */
    const camseal_span *shared; /* DHE or KEM secrets, in the order of the sessions         */
    size_t n_shared;
    const camseal_span *psks;
    size_t n_psks;
    const spdm_logged *logged; /* lines of a key log, in order                             */
    size_t n_logged;
    uint32_t max_message; /* of a reassembled message; 0 = 0x30000                    */
    uint32_t max_chain;   /* of a certificate chain blob; 0 = 0x30000                 */
    void (*message)(void *user, const spdm_seen *seen);
    void (*finding)(void *user, const spdm_seen *seen, const spdm_finding *finding);
    /* A computed value, named as the DMTF's reference implementation logs it; may be NULL. */
    void (*value)(void *user, const spdm_seen *seen, const char *label, camseal_span value,
                  const spdm_cover *cover);
    void *user;
} spdm_observer_config;

size_t camseal_spdm_observer_size(const spdm_observer_config *config);
CAMSEAL_NODISCARD camseal_status camseal_spdm_observer_init(camseal_spdm_observer **out, void *mem,
                                                            size_t mem_len,
                                                            const spdm_observer_config *config);
void camseal_spdm_observer_wipe(camseal_spdm_observer *o);

typedef enum spdm_heading { SPDM_HEADING_UNKNOWN, SPDM_HEADING_REQ, SPDM_HEADING_RSP } spdm_heading;

/* One transfer, without its transport header. `kind`: CAMSEAL_MESSAGE_SPDM or _SECURED. `heading`:
 * REQ from the requester; UNKNOWN: found out. */
void camseal_spdm_observe(camseal_spdm_observer *o, uint32_t number, uint8_t kind,
                          spdm_heading heading, camseal_span bytes);

/* What was negotiated, for people: "SHA-384"; NULL before, or when there is none. */
typedef struct spdm_observed_algorithms {
    uint8_t version;
    const char *hash, *sign, *req_sign, *exchange, *aead;
} spdm_observed_algorithms;
void camseal_spdm_observer_algorithms(const camseal_spdm_observer *o,
                                      spdm_observed_algorithms *out);

const char *camseal_spdm_check_name(spdm_check check);

#endif
