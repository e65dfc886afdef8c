/* A man in the middle who knows every key: whole flows between both engines with everything
 * switched on, over toy cryptography, and a hook that sees and changes each SPDM message, in clear
 * or inside its record. On top of spdm_pair, whose own hook changes what is on the wire. */
#ifndef CAMSEAL_TESTS_SPDM_MITM_H
#define CAMSEAL_TESTS_SPDM_MITM_H

#include "camseal/spdm_events.h"
#include "camseal/spdm_keypair.h"
#include "camseal/spdm_measurements.h"
#include "camseal/spdm_mutual.h"
#include "camseal/spdm_provision.h"
#include "camseal/spdm_psk.h"
#include "spdm_pair.h"

/* What a flow has beyond the usual. */
enum {
    MITM_CLEAR = 1u << 0,     /* FINISH in the clear                                      */
    MITM_MUTUAL = 1u << 1,    /* the requester authenticates itself, by encapsulated requests */
    MITM_DIGESTS = 1u << 2,   /* ... and begins with DIGESTS                              */
    MITM_KNOWN = 1u << 3,     /* ... by a chain that the responder knows                  */
    MITM_CHALLENGE = 1u << 4, /* CHALLENGE; with MITM_MUTUAL in both directions           */
    MITM_PSK_ALONE = 1u << 5, /* the responder contributes no context                     */
    MITM_CHUNKS = 1u << 6,    /* DataTransferSize 42 on both sides                        */
    MITM_DEFER = 1u << 7,     /* a slow signer: ResponseNotReady                          */
    MITM_SUMMARY = 1u << 8,
    MITM_NO_CERTIFICATES = 1u << 9, /* a requester without anchors */
    MITM_MULTI_KEY = 1u << 10,
    MITM_PROVISION = 1u << 11 /* slot 1 takes certificates, key pairs can be changed */
};

/* One letter of a script is one operation:
 *   c connect            s session            p session from a PSK    x end session
 *   v vendor-defined     h heartbeat          u, U key update: one, all keys
 *   m, M measurements in the session, signed  o, O the same outside   l extension log
 *   i, I endpoint info, signed                t event types           b subscribe     n send event
 *   q GET_CSR            w SET_CERTIFICATE    g, z key pair information: get, set
 *   k, e, j what the responder asks: its key update, an event, endpoint information */
typedef struct mitm_flow {
    const char *name;
    uint8_t version;
    unsigned traits;
    const char *script;
} mitm_flow;
extern const mitm_flow mitm_flows[];
extern const size_t mitm_n_flows;
const mitm_flow *mitm_flow_named(const char *name);

enum { MITM_ROOM = 4096, MITM_SECRETS = 128 };

struct mitm {
    struct pair p;
    const mitm_flow *flow;
    uint8_t session;
    char failed;               /* letter of the operation that failed */
    unsigned opened, closed;   /* sessions, as the responder tells   */
    unsigned accepted;         /* requests that reached applications */
    unsigned proven;           /* requesters                         */
    unsigned misheard;         /* answers that the application did not give */
    uint8_t last_error;        /* ErrorCode of the responder's last refusal ... */
    const char *last_reason;   /* ... and why                                   */
    unsigned delay_signatures; /* of the toy, from mitm_start on     */
    /* Sees one SPDM message, in clear; may change it in place, and its length (room MITM_ROOM). */
    void (*see)(void *user, struct mitm *m, bool to_responder, uint8_t *message, size_t *len);
    void *user;
    uint8_t secrets[MITM_SECRETS][64];
    size_t secret_len[MITM_SECRETS], n_secrets;
};

/* Both engines, ready to play. `tune` may change the configuration before they start. */
void mitm_start(struct mitm *m, const mitm_flow *flow, uint64_t seed, void (*tune)(struct mitm *m));
void mitm_stop(struct mitm *m);
/* One operation; the whole script until something fails. */
camseal_status mitm_operate(struct mitm *m, char letter);
camseal_status mitm_play(struct mitm *m);
/* The same with nobody in the middle, on the same engines; fails the test unless all is well. */
void mitm_play_cleanly(struct mitm *m);

/* Status and ErrorCode as people read them. */
void mitm_describe(const struct mitm *m, camseal_status status, char *text, size_t size);

#endif
