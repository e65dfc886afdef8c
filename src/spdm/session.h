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

/* Bytes of the opaque data that selects a secured-message version and an AEAD limit. */
enum { SPDM_SM_SELECTION_MAX = 24 };

/* A key before KEY_UPDATE: good until VerifyNewKey. */
typedef struct spdm_old_key {
    bool kept;
    uint64_t sequence;
    uint8_t traffic[CAMSEAL_HASH_MAX];
} spdm_old_key;

typedef struct spdm_session {
    uint8_t state;
    uint8_t heartbeat_s;
    bool psk;            /* began with PSK_EXCHANGE                            */
    bool clear;          /* the handshake is in the clear                      */
    uint8_t mut_auth;    /* MutAuthRequested                                   */
    uint8_t req_slot;    /* of the requester, for FINISH                       */
    uint8_t update;      /* KEY_UPDATE operation that VerifyNewKey will end; 0 */
    uint8_t sm_version;  /* enum camseal_spdm_sm_version                      */
    uint8_t aead_limit;  /* records under one key: 2^n; 64 without limit      */
    bool last_keys;      /* a used key was given up: the next would be it again, so there is none */
    uint32_t generation; /* of the measurements when L1 began                */
    uint32_t id;         /* RspSessionID << 16 | ReqSessionID                   */
    uint64_t last_us;    /* of the last genuine record                          */
    spdm_run th;         /* while the handshake lasts; L1 of this session later      */
    spdm_secrets secrets;
    spdm_keys keys[2];   /* enum spdm_direction                              */
    spdm_old_key old[2]; /* enum spdm_direction                              */
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

/* L1, the series of measurements: of an established session, or outside (NULL). */
spdm_run *camseal_spdm_l1(spdm_transcript *t, spdm_session *s);

/* A session dies after two silent heartbeat periods (DSP0274 HEARTBEAT): when; UINT64_MAX: never.
 */
uint64_t camseal_spdm_session_deadline(const spdm_session *s);

/* KEY_UPDATE: the next key of a direction; the old one is kept. STATE when that key was in use
 * before and was given up: it would repeat nonces. */
camseal_status camseal_spdm_session_update(const spdm_schedule *k, spdm_session *s,
                                           enum spdm_direction direction);
/* VerifyNewKey was seen: the old keys are gone. */
void camseal_spdm_session_confirm(spdm_session *s);
/* Back to the old keys, those that are kept. */
camseal_status camseal_spdm_session_revert(const spdm_schedule *k, spdm_session *s);

/* Opens a record; under the old key when the new one does not fit and was not confirmed: then the
 * update is undone. */
camseal_status camseal_spdm_session_open(const spdm_record *rec, const spdm_schedule *k,
                                         spdm_session *s, spdm_role from, camseal_span record,
                                         camseal_mspan plain, camseal_span *message);

/* Keys that `role` sends under, or receives under. */
spdm_keys *camseal_spdm_session_send_keys(spdm_session *s, spdm_role role);
spdm_keys *camseal_spdm_session_receive_keys(spdm_session *s, spdm_role role);

#endif
