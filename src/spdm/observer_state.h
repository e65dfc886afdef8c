/* The observer's memory and what its files share. Private to observer*.c. */
#ifndef CAMSEAL_SPDM_OBSERVER_STATE_H
#define CAMSEAL_SPDM_OBSERVER_STATE_H

#include "msg/algorithms.h"
#include "observer.h"
#include "registry.h"
#include "session.h"
#include "signing.h"

enum {
    OBSERVER_SESSIONS = CAMSEAL_SPDM_SESSIONS_MAX,
    OBSERVER_SLOTS = 16,         /* 0..7, and 15 for a provisioned key; as in 4-bit fields       */
    OBSERVER_REQUEST_MAX = 4096, /* requests that go into transcripts: KEY_EXCHANGE with ML-KEM  */
    OBSERVER_SPKI_MAX = 2700,    /* ML-DSA-87                                                    */
    OBSERVER_RECORD_MAX = 65535 + 64,
    OBSERVER_DEFAULT_MAX = 0x30000
};

/* Who holds an identity and signs with it. In encapsulated exchanges the roles are swapped. */
typedef enum spdm_side { SPDM_SIDE_RSP, SPDM_SIDE_REQ } spdm_side;

/* A running hash that remembers which messages went in. */
typedef struct spdm_watch {
    spdm_run run;
    spdm_cover cover;
} spdm_watch;

typedef struct spdm_identity {
    bool has_digest; /* of the chain, from the chain itself or from DIGESTS */
    bool has_key;
    bool replaceable;     /* SET_CERTIFICATE came: its digest may change         */
    camseal_hash_id hash; /* of the digest                                       */
    spdm_cover cover;
    uint16_t spki_bytes;
    uint8_t digest[CAMSEAL_HASH_MAX];
    uint8_t spki[OBSERVER_SPKI_MAX];
} spdm_identity;

/* A request that waits for its response; only pairs go into transcripts. */
typedef struct spdm_pending {
    bool open;
    spdm_header header;
    spdm_cover cover;
    bool is_signed; /* it asked for a signature            */
    bool summary;   /* it asked for a measurement summary  */
    bool deferred;  /* the answer comes later or in chunks */
    bool size_only; /* GET_CERTIFICATE: of the slot        */
    uint8_t slot;
    bool large; /* GET_CERTIFICATE, and the next two */
    uint32_t offset;
    uint32_t length;
    size_t bytes_len;
    uint8_t bytes[OBSERVER_REQUEST_MAX];
} spdm_pending;

/* Requests and responses of one context: outside or in a session, direct or encapsulated. */
typedef struct spdm_flow {
    spdm_pending pending;
    spdm_watch l1;
} spdm_flow;

typedef struct spdm_watched {
    spdm_session s; /* state, id, secrets, keys; s.th is not used                         */
    spdm_watch th;
    bool psk;
    bool chosen;           /* secrets are there                                                  */
    bool lost;             /* a message of the handshake could not be read: no TH2               */
    bool mutual;           /* FINISH has to be signed                     */
    bool implicit_digests; /* the requester delivers DIGESTS unasked      */
    bool no_chain;         /* a chain digest is unknown: TH cannot be computed                   */
    bool first_encapsulated; /* an encapsulated response was seen                           */
    bool has_next[2];
    uint8_t update; /* operation of the last KEY_UPDATE that was not verified            */
    size_t candidate;
    uint8_t th1[CAMSEAL_HASH_MAX];
    uint8_t next_traffic[2][CAMSEAL_HASH_MAX]; /* after a KEY_UPDATE, until it is in use     */
    spdm_keys next[2];
    spdm_flow flow[2]; /* direct, encapsulated                                              */
} spdm_watched;

typedef struct spdm_assembly {
    bool open;
    uint8_t handle;
    uint32_t next, total, len;
    spdm_cover cover;
    const spdm_watched *session;
    uint8_t *data;
} spdm_assembly;

/* A chain that is being read. */
typedef struct spdm_reading {
    uint32_t len;
    uint8_t slot;
    spdm_cover cover;
    uint8_t *data;
} spdm_reading;

/* One message and where it was found. */
typedef struct spdm_layer {
    spdm_seen seen;
    spdm_watched *session; /* NULL outside sessions                */
    bool padded;           /* zeros may follow (DOE, in the clear) */
    bool sequence_bad;     /* of the record: then the two numbers  */
    uint64_t expected_sequence, sequence;
    spdm_cover cover; /* transfers that brought it            */
} spdm_layer;

struct camseal_spdm_observer {
    spdm_observer_config config;
    spdm_shape shape;
    spdm_transcript t;
    spdm_cover vca;
    spdm_algorithms offered, selected;
    uint32_t req_flags, rsp_flags;
    uint16_t versions; /* of VERSION: bit n is 1.n */
    bool settled;      /* ALGORITHMS were read and the hash is one of the provider's */
    bool multi_key[2]; /* by side */
    const spdm_registered *hash, *sign[2], *exchange, *aead_row;
    const camseal_aead *aead;
    bool mac_only;
    bool after_vca; /* DIGESTS, if they come now, are D    */
    bool authenticated;
    spdm_heading last;
    spdm_watch m1[2][2]; /* by side; the second forgets less, as one implementation does */
    uint16_t d_bytes;
    uint8_t d[SPDM_HEADER_BYTES + 8 * (CAMSEAL_HASH_MAX + 4)];
    spdm_cover d_cover;
    spdm_flow flow[2];
    spdm_watched sessions[OBSERVER_SESSIONS];
    spdm_watched *handshake; /* the newest KEY_EXCHANGE: FINISH in the clear is for it */
    size_t shared_used;
    spdm_identity identity[2][OBSERVER_SLOTS];
    spdm_reading reading[2];
    spdm_assembly assembly[2]; /* requests, responses */
    uint8_t *plain;
    bool has_todo;
    spdm_layer todo; /* a message that was found inside the present one */
};

/* observer.c */
void camseal_spdm_observer_find(camseal_spdm_observer *o, const spdm_layer *l,
                                const spdm_finding *finding);
void camseal_spdm_observer_say(camseal_spdm_observer *o, const spdm_layer *l, spdm_check check,
                               spdm_result result, const char *what, const char *detail);
/* FORMAT: something is wrong between a message and the request before it. */
void camseal_spdm_observer_fault(camseal_spdm_observer *o, const spdm_layer *l, const char *detail);
/* The reader is at the end of the message: says FORMAT and returns whether it is good. *message is
 * the message without padding. */
bool camseal_spdm_observer_parsed(camseal_spdm_observer *o, const spdm_layer *l,
                                  camseal_status status, const camseal_reader *r,
                                  camseal_span *message);
void camseal_spdm_observer_value(camseal_spdm_observer *o, const spdm_layer *l, const char *label,
                                 const uint8_t *value, size_t n, const spdm_cover *cover);
/* Shows the message, and what was found when its record was opened. */
void camseal_spdm_observer_tell(camseal_spdm_observer *o, const spdm_layer *l);
spdm_flow *camseal_spdm_observer_flow(camseal_spdm_observer *o, const spdm_layer *l);
spdm_side camseal_spdm_observer_signer(const spdm_layer *l);
void camseal_spdm_observer_forget(camseal_spdm_observer *o);
/* The pending request is only so long: the rest is padding of the transport. */
void camseal_spdm_observer_trim(camseal_spdm_observer *o, const spdm_layer *l,
                                camseal_span message);
camseal_span camseal_spdm_observer_request(const spdm_pending *p);

/* observer_cover.c: covers and running hashes with covers */
void camseal_spdm_cover_add(spdm_cover *c, uint32_t first, uint32_t last);
void camseal_spdm_cover_join(spdm_cover *c, const spdm_cover *other);
void camseal_spdm_watch_fork(camseal_spdm_observer *o, spdm_watch *w);
void camseal_spdm_watch_add(camseal_spdm_observer *o, spdm_watch *w, camseal_span bytes,
                            const spdm_cover *cover);
/* A request and its response. */
void camseal_spdm_watch_pair(camseal_spdm_observer *o, spdm_watch *w, const spdm_pending *request,
                             const spdm_layer *l, camseal_span response);
void camseal_spdm_watch_drop(camseal_spdm_observer *o, spdm_watch *w);
/* False when there is no digest (no hash was settled, or the provider failed). */
bool camseal_spdm_watch_peek(const camseal_spdm_observer *o, const spdm_watch *w, uint8_t *digest);
void camseal_spdm_watch_copy(camseal_spdm_observer *o, spdm_watch *to, const spdm_watch *from);

/* observer_other.c: messages that no transcript and no check is interested in */
void camseal_spdm_observer_other(camseal_spdm_observer *o, const spdm_layer *l);

/* observer_negotiate.c */
void camseal_spdm_observer_vca(camseal_spdm_observer *o, const spdm_layer *l);

/* observer_identity.c */
void camseal_spdm_observer_digests(camseal_spdm_observer *o, const spdm_layer *l);
void camseal_spdm_observer_certificate(camseal_spdm_observer *o, const spdm_layer *l);
void camseal_spdm_observer_challenge(camseal_spdm_observer *o, const spdm_layer *l);
void camseal_spdm_observer_m1_reset(camseal_spdm_observer *o, spdm_side side, bool all);
/* The identity of a slot, from the capture or, if a side's digest of it is known, from the
 * provisioned chains; NULL: none. */
const spdm_identity *camseal_spdm_observer_identity(camseal_spdm_observer *o, const spdm_layer *l,
                                                    spdm_side side, uint8_t slot);
/* Fills `id` from a provisioned chain (certificates only); says nothing. */
bool camseal_spdm_observer_provisioned(camseal_spdm_observer *o, spdm_side side, size_t i,
                                       spdm_identity *id);

/* observer_evidence.c */
void camseal_spdm_observer_measurements(camseal_spdm_observer *o, const spdm_layer *l);
void camseal_spdm_observer_endpoint_info(camseal_spdm_observer *o, const spdm_layer *l);
/* Verifies and says it; `label` names the transcript's digest. `id` NULL: unknown. */
void camseal_spdm_observer_signature(camseal_spdm_observer *o, const spdm_layer *l,
                                     spdm_purpose purpose, spdm_side side, const spdm_identity *id,
                                     const spdm_watch *run, const char *label,
                                     camseal_span signature);
bool camseal_spdm_observer_verifies(const camseal_spdm_observer *o, spdm_purpose purpose,
                                    spdm_side side, const spdm_identity *id, const uint8_t *digest,
                                    camseal_span signature);

/* observer_session.c */
void camseal_spdm_observer_key_exchange(camseal_spdm_observer *o, const spdm_layer *l);
void camseal_spdm_observer_psk_exchange(camseal_spdm_observer *o, const spdm_layer *l);
void camseal_spdm_observer_finish(camseal_spdm_observer *o, const spdm_layer *l);
void camseal_spdm_observer_psk_finish(camseal_spdm_observer *o, const spdm_layer *l);
void camseal_spdm_observer_session_end(camseal_spdm_observer *o, spdm_watched *s);

/* observer_keys.c */
spdm_schedule camseal_spdm_observer_schedule(const camseal_spdm_observer *o);
/* Checks verify data; the first one of a session also chooses the session's secrets. */
void camseal_spdm_observer_hmac(camseal_spdm_observer *o, const spdm_layer *l, spdm_watched *s,
                                unsigned direction, const char *what, camseal_span verify_data);
void camseal_spdm_observer_establish(camseal_spdm_observer *o, const spdm_layer *l,
                                     spdm_watched *s);
void camseal_spdm_observer_key_update(camseal_spdm_observer *o, const spdm_layer *l);

/* observer_record.c: true when the record holds an SPDM message, which *l then is. */
bool camseal_spdm_observer_record(camseal_spdm_observer *o, spdm_layer *l, spdm_heading heading);

/* observer_wrap.c: chunks, encapsulated messages */
void camseal_spdm_observer_chunk(camseal_spdm_observer *o, const spdm_layer *l);
void camseal_spdm_observer_encapsulated(camseal_spdm_observer *o, const spdm_layer *l);

#endif
