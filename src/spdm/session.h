/* One secured session: transcript, secrets, keys of both directions. Takes a role, knows no driver.
 */
#ifndef CAMSEAL_SPDM_SESSION_H
#define CAMSEAL_SPDM_SESSION_H

#include "record.h"
#include "transcript.h"

typedef enum spdm_role { SPDM_ROLE_REQUESTER, SPDM_ROLE_RESPONDER } spdm_role;

enum spdm_session_state {
    SPDM_SESSION_FREE = 0,
    SPDM_SESSION_OPENING,    /* KEY_EXCHANGE under way: no keys yet          */
    SPDM_SESSION_HANDSHAKE,  /* handshake keys; FINISH is due                */
    SPDM_SESSION_ESTABLISHED /* data keys                                    */
};

typedef struct spdm_session {
    uint8_t state;
    uint8_t heartbeat_s;
    uint32_t id;      /* RspSessionID << 16 | ReqSessionID                */
    uint64_t last_us; /* of the last genuine record                       */
    spdm_run th;      /* while the handshake lasts                        */
    spdm_secrets secrets;
    spdm_keys keys[2]; /* enum spdm_direction                              */
} spdm_session;

/* Frees the slot; every secret in it is gone. */
void camseal_spdm_session_wipe(const spdm_transcript *t, spdm_session *s);

/* TH is at TH1, and the shared secret went into secrets.root (camseal_spdm_ks_start): derives
 * handshake secrets and keys; state HANDSHAKE. `log` is told the secrets (NULL: nobody is). */
camseal_status camseal_spdm_session_handshake(const spdm_schedule *k, const spdm_transcript *t,
                                              spdm_session *s, const camseal_trace *log,
                                              uint8_t *th1);
/* TH is at TH2: derives data secrets and keys; state ESTABLISHED; the handshake secrets are gone.
 */
camseal_status camseal_spdm_session_establish(const spdm_schedule *k, const spdm_transcript *t,
                                              spdm_session *s, const camseal_trace *log);

/* Keys that `role` sends under, or receives under. */
spdm_keys *camseal_spdm_session_send_keys(spdm_session *s, spdm_role role);
spdm_keys *camseal_spdm_session_receive_keys(spdm_session *s, spdm_role role);

#endif
