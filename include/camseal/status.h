/* Status codes.
 *
 * One signed number: 0 is success, a positive value is progress that is not an error, a negative
 * value is -(class << 8 | code). One table gives each code its name, the SPDM error code that a
 * peer is told, and the exit code of the command. Thread rule: pure functions, any thread.
 */
#ifndef CAMSEAL_STATUS_H
#define CAMSEAL_STATUS_H

#include <stdint.h>

#include "camseal/attributes.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef int32_t camseal_status;

/* Error classes, in the second byte: who has to act. */
enum camseal_class {
    CAMSEAL_CLASS_CALLER = 1,   /* the calling code passed something it must not pass          */
    CAMSEAL_CLASS_PEER = 2,     /* the other side (or a file) sent bytes that break the format */
    CAMSEAL_CLASS_SECURITY = 3, /* a cryptographic or policy check refused                     */
    CAMSEAL_CLASS_PROVIDER = 4, /* the crypto provider failed                                  */
    CAMSEAL_CLASS_IO = 5,       /* a port (socket, file) failed                                */
    CAMSEAL_CLASS_BUG = 6       /* an internal invariant broke: report it                      */
};

#define CAMSEAL_STATUS_OF(class_, code_) (-(((class_) << 8) | (code_)))

enum {
    CAMSEAL_OK = 0,
    CAMSEAL_PENDING = 1, /* not finished: call again with the same job */

    CAMSEAL_E_ARGUMENT = CAMSEAL_STATUS_OF(1, 1), /* an argument is out of its documented range   */
    CAMSEAL_E_STATE = CAMSEAL_STATUS_OF(1, 2),    /* not legal in the object's present state      */
    CAMSEAL_E_SPACE = CAMSEAL_STATUS_OF(1, 3),    /* an output buffer, table or ring is full      */
    CAMSEAL_E_MEMORY = CAMSEAL_STATUS_OF(1, 4),   /* caller memory is too short or misaligned     */
    CAMSEAL_E_UNSUPPORTED =
        CAMSEAL_STATUS_OF(1, 5), /* known, but this build or object cannot do it */

    CAMSEAL_E_TRUNCATED = CAMSEAL_STATUS_OF(2, 1), /* the message ends before its last field */
    CAMSEAL_E_TRAILING = CAMSEAL_STATUS_OF(2, 2), /* bytes are left over after the last field     */
    CAMSEAL_E_FORMAT = CAMSEAL_STATUS_OF(2, 3),   /* a field has an illegal value                 */
    CAMSEAL_E_UNEXPECTED = CAMSEAL_STATUS_OF(2, 4), /* well-formed, but not legal now */
    CAMSEAL_E_VERSION = CAMSEAL_STATUS_OF(2, 5), /* no common or an unsupported version          */
    CAMSEAL_E_NEGOTIATION = CAMSEAL_STATUS_OF(2, 6), /* no common algorithm or capability */
    CAMSEAL_E_PEER_ERROR = CAMSEAL_STATUS_OF(2, 7),  /* the peer answered with an error message  */
    CAMSEAL_E_CRC = CAMSEAL_STATUS_OF(2, 8),     /* line noise: ECC or CRC does not match        */
    CAMSEAL_E_TIMEOUT = CAMSEAL_STATUS_OF(2, 9), /* no answer in time                            */
    CAMSEAL_E_NOT_FOUND =
        CAMSEAL_STATUS_OF(2, 10), /* names a slot, context or stream not present  */

    CAMSEAL_E_SIGNATURE = CAMSEAL_STATUS_OF(3, 1), /* a signature does not verify */
    CAMSEAL_E_AUTH = CAMSEAL_STATUS_OF(3, 2), /* a MAC, verify data or AEAD tag is wrong      */
    CAMSEAL_E_CERTIFICATE = CAMSEAL_STATUS_OF(3, 3), /* a certificate breaks a rule */
    CAMSEAL_E_UNTRUSTED = CAMSEAL_STATUS_OF(3, 4),   /* the chain ends at no trust anchor   */
    CAMSEAL_E_EXPIRED = CAMSEAL_STATUS_OF(3, 5),  /* a certificate is outside its validity        */
    CAMSEAL_E_IDENTITY = CAMSEAL_STATUS_OF(3, 6), /* a valid device, but not the pinned one       */
    CAMSEAL_E_REPLAY = CAMSEAL_STATUS_OF(3, 7),   /* a counter did not rise                       */
    CAMSEAL_E_LIMIT = CAMSEAL_STATUS_OF(3, 8),    /* a key or counter reached its usage limit     */
    CAMSEAL_E_POLICY = CAMSEAL_STATUS_OF(3, 9),   /* local policy forbids it (e.g. a downgrade)   */
    CAMSEAL_E_OWNER = CAMSEAL_STATUS_OF(3, 10),   /* not the owner of the component               */

    CAMSEAL_E_CRYPTO = CAMSEAL_STATUS_OF(4, 1),   /* the provider could not compute               */
    CAMSEAL_E_SELFTEST = CAMSEAL_STATUS_OF(4, 2), /* a known answer was wrong                     */
    CAMSEAL_E_RANDOM = CAMSEAL_STATUS_OF(4, 3),   /* no random numbers                            */
    CAMSEAL_E_KEY = CAMSEAL_STATUS_OF(4, 4),      /* a private key is missing or does not fit     */

    CAMSEAL_E_IO = CAMSEAL_STATUS_OF(5, 1),      /* read or write failed                         */
    CAMSEAL_E_CLOSED = CAMSEAL_STATUS_OF(5, 2),  /* the link was closed in the middle            */
    CAMSEAL_E_CONNECT = CAMSEAL_STATUS_OF(5, 3), /* an endpoint cannot be reached or opened      */
    CAMSEAL_E_FILE = CAMSEAL_STATUS_OF(5, 4),    /* a file is missing, unreadable or unwritable  */

    CAMSEAL_E_BUG = CAMSEAL_STATUS_OF(6, 1)
};

/* The short name of a status, e.g. "SIGNATURE"; "UNKNOWN" for a number that is none. Never NULL. */
CAMSEAL_API const char *camseal_status_name(camseal_status status);

/* One sentence for a person: what happened. Never NULL. */
CAMSEAL_API const char *camseal_status_text(camseal_status status);

/* The class of a negative status (enum camseal_class); 0 for success and progress. */
CAMSEAL_API int camseal_status_class(camseal_status status);

/* The SPDM ErrorCode that a responder answers with (DSP0274 ERROR); all failures of authentication
 * look alike on the wire. 0 for success. */
CAMSEAL_API uint8_t camseal_status_spdm_error(camseal_status status);

/* The exit code of the command for this status: 0 success, 2 usage (caller), 3 peer, 4 security,
 * 5 provider, 6 io, 7 bug. */
CAMSEAL_API int camseal_status_exit_code(camseal_status status);

#ifdef __cplusplus
}
#endif
#endif
