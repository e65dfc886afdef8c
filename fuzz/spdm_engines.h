/* What the two engine targets share: a requester and a responder on toy cryptography with every
 * optional part, made from the first bytes of the input, and steps that check what must always
 * hold. */
#ifndef CAMSEAL_FUZZ_SPDM_ENGINES_H
#define CAMSEAL_FUZZ_SPDM_ENGINES_H

#include "fuzz.h"
#include "spdm/requester.h"
#include "spdm/responder.h"
#include "spdm_owner.h"

enum {
    ENGINE_MESSAGE = 1024, /* MaxSPDMmsgSize of both                              */
    WIRE_ROOM = 1600,      /* a message that an attack made longer still fits     */
    WAIT_LIMIT = 5000      /* steps after which something that waits has hung     */
};

/* ---- input ---------------------------------------------------------------------------------- */

typedef struct input {
    const uint8_t *at;
    size_t left;
} input;

/* 0 behind the end. */
uint8_t take(input *in);
/* A length byte and so many bytes, or what is left. */
camseal_span take_chunk(input *in);

/* ---- messages ------------------------------------------------------------------------------- */

typedef struct wire {
    uint8_t bytes[WIRE_ROOM];
    size_t len;
    bool secured;
    uint8_t plain[WIRE_ROOM]; /* the SPDM message in it, as its sender traced it */
    size_t plain_len;
} wire;

/* ---- engines -------------------------------------------------------------------------------- */

typedef struct engines {
    camseal_spdm_requester *req;
    camseal_spdm_responder *rsp;
    uint64_t now;
    bool faults;     /* the provider fails at some call                                  */
    bool recovers;   /* at the end an honest connection is tried                         */
    unsigned proofs; /* FINISH and PSK_FINISH that the requester has sent, not yet taken */
    uint8_t live;    /* bit n: the responder's owner was told of session n               */
    uint8_t last_op; /* of the requester                                                 */
    camseal_span interruption; /* for the responder while it works on another message    */
    wire *traced;              /* who is being stepped sends into it                     */
    void *req_memory, *rsp_memory;
    size_t req_size, rsp_size, req_room, rsp_room;
    uint8_t *req_out, *rsp_out; /* exactly the room that the contract demands */
} engines;
extern engines eng;

/* False when the bytes make no legal configuration. */
bool engines_start(input *in);
/* Wipes both and checks that nothing is left. */
void engines_stop(void);
/* From now on nothing is slow, refused or broken on our side. */
void engines_calm(void);

/* ---- steps ---------------------------------------------------------------------------------- */

/* One step of the requester; `in` may be NULL. What it sends is in `out`. */
camseal_status engines_step(const wire *in, wire *out, camseal_next *next, uint64_t *wake_us);
/* One message, or none, to the responder; true when there is an answer. */
bool engines_tell(const wire *in, wire *out);

/* Puts a message under the keys with which `to` opens the next record of a session (index); 0 when
 * it has none. */
size_t engines_seal(spdm_role to, size_t session, camseal_span message, uint8_t *out);

/* Payload of vendor requests, not to be found in memory later. */
extern const uint8_t engines_secret[16];
bool engines_all_zero(const void *memory, size_t len);

#endif
