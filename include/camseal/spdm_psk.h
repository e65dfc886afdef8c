/* SPDM sessions from a pre-shared key: PSK_EXCHANGE, PSK_FINISH.
 *
 * Optional part: a responder names camseal_spdm_psk_sessions in its features, a requester calls the
 * begin_ function. Both ask a callback for the key that a hint names. Thread rule: that of the
 * engine.
 */
#ifndef CAMSEAL_SPDM_PSK_H
#define CAMSEAL_SPDM_PSK_H

#include "camseal/spdm.h"

#ifdef __cplusplus
extern "C" {
#endif

#define CAMSEAL_SPDM_PSK_MAX      64u /* bytes of a key */
#define CAMSEAL_SPDM_PSK_HINT_MAX 64u /* bytes of a hint */

/* Which key is wanted. */
typedef struct camseal_spdm_psk_query {
    camseal_span hint; /* PSKHint, may be empty: the default key                                  */
    camseal_hash_id hash;
    camseal_span
        salt; /* for a key that does not leave its store: Handshake-Secret = HMAC(salt, key) */
} camseal_spdm_psk_query;

/* The answer. The engine wipes it as soon as it has derived the session's secrets. */
typedef struct camseal_spdm_psk_key {
    uint8_t bytes[CAMSEAL_SPDM_PSK_MAX];
    size_t len;
    bool derived; /* `bytes` is not the key but HMAC(query.salt, key), made where the key is kept;
                   * len is that of the hash */
} camseal_spdm_psk_key;

typedef struct camseal_spdm_psk_source {
    /* OK, NOT_FOUND for a hint that names no key, or, at a responder, PENDING: asked again with the
     * same hint. */
    camseal_status (*key)(void *user, const camseal_spdm_psk_query *query,
                          camseal_spdm_psk_key *out);
    void *user;
    /* Sessions to which the responder contributes no context (PSK_CAP 1): whoever replays
     * PSK_EXCHANGE makes it use the same keys again. Default: refused by a requester, and a
     * responder always contributes. */
    bool without_context;
} camseal_spdm_psk_source;

/* Responder: serves PSK_EXCHANGE and PSK_FINISH from config.psk. */
CAMSEAL_API extern const camseal_spdm_feature camseal_spdm_psk_sessions;

/* Requester: a session from the key that config.psk gives for `hint` (borrowed until DONE). A
 * requester without anchors connects for this only: it reads no certificates. *session is the index
 * to use. */
CAMSEAL_API CAMSEAL_NODISCARD camseal_status
camseal_spdm_begin_psk_session(camseal_spdm_requester *r, camseal_span hint, uint8_t *session);

#ifdef __cplusplus
}
#endif
#endif
