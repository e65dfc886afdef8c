/* `camseal spdm respond`: what its files share. */
#ifndef CAMSEAL_TOOL_SPDM_RESPOND_H
#define CAMSEAL_TOOL_SPDM_RESPOND_H

#include <jansson.h>

#include "camseal/spdm_events.h"
#include "camseal/spdm_keypair.h"
#include "camseal/spdm_measurements.h"
#include "camseal/spdm_mutual.h"
#include "camseal/spdm_provision.h"
#include "camseal/spdm_psk.h"
#include "cli.h"
#include "endpoint.h"
#include "identity_file.h"
#include "keylog.h"
#include "link.h"
#include "spdm_policy.h"

enum {
    SPDM_RESPOND_IDENTITIES_MAX = 8,
    SPDM_RESPOND_SPARE_KEYS_MAX = 8,
    SPDM_RESPOND_TRUST_MAX = 8,
    SPDM_RESPOND_BLOCKS_MAX = 64,
    SPDM_RESPOND_PSKS_MAX = 8,
    SPDM_RESPOND_DEMANDS_MAX = 8,
    SPDM_RESPOND_FEATURES_MAX = 12,
    SPDM_RESPOND_EP_INFO_MAX = 1024,
    SPDM_RESPOND_MESSAGE_MAX = 60000
};

/* ---- spdm_blocks.c: the measurements file -----------------------------------------------------
 */

typedef struct spdm_blocks {
    camseal_spdm_measurement
        blocks[SPDM_RESPOND_BLOCKS_MAX]; /* indices rising; values on the heap */
    size_t n;
} spdm_blocks;

/* Reads a JSON list of {"index", "type", "form" ("either", "raw", "digest"), "tcb", "hex" or
 * "text"}. Prints its error line for `verb` and its `option`; exit code. */
int spdm_blocks_load(spdm_blocks *b, const char *verb, const char *option, const char *path);
void spdm_blocks_free(spdm_blocks *b);
/* Reads a JSON list of {"measurement", "type", "form" ("raw", "digest"), "hex" or "text"} into a
 * measurement extension log (heap), its entries in this order. */
int spdm_log_load(camseal_buf *log, const char *verb, const char *path);

/* ---- spdm_respond_options.c --------------------------------------------------------------------
 */

/* What a requester that polls is asked for, once a session. */
enum spdm_demand { SPDM_DEMAND_KEY_UPDATE = 1, SPDM_DEMAND_ENDPOINT_INFO, SPDM_DEMAND_EVENT };

/* Options whose value is a number; rows of spdm_respond_options.c. */
typedef struct spdm_responder_numbers {
    uint64_t connections; /* 0: until interrupted */
    uint64_t heartbeat_s, handshake_ms, sessions, transfer, max_message, ct_exponent, ask_slot;
    uint64_t spare_keys;
    uint64_t slow_ms;       /* a signature takes that long                           */
    uint64_t defer;         /* exponent                                              */
    uint64_t busy, resynch; /* every so many requests are met with that error; 0: none */
} spdm_responder_numbers;

typedef struct spdm_responder_options {
    cli_args args;
    const char *listen, *transport_name;
    const camseal_framing *framing;
    const camseal_spdm_binding *binding;
    bool fresh, unsigned_only, has_pin;
    uint8_t pin[32]; /* of a requester */
    bool remote, echo, events, psk_without_context;
    spdm_responder_numbers n;
    const char *chains[SPDM_RESPOND_IDENTITIES_MAX], *keys[SPDM_RESPOND_IDENTITIES_MAX];
    uint8_t slots[SPDM_RESPOND_IDENTITIES_MAX];
    size_t n_chains, n_keys, n_slots;
    const char *trust[SPDM_RESPOND_TRUST_MAX];
    size_t n_trust;
    camseal_time time; /* as the options were read                   */
    bool clock;        /* the time is that of the clock, which goes on */
    const char *measurements, *log, *keylog, *requester;
    const char *psks[SPDM_RESPOND_PSKS_MAX];
    uint8_t hints[SPDM_RESPOND_PSKS_MAX][CAMSEAL_SPDM_PSK_HINT_MAX];
    size_t hint_lens[SPDM_RESPOND_PSKS_MAX], n_psks, n_hints;
    uint8_t endpoint_info[SPDM_RESPOND_EP_INFO_MAX];
    size_t endpoint_info_len;
    uint8_t demands[SPDM_RESPOND_DEMANDS_MAX]; /* enum spdm_demand */
    size_t n_demands;
    const char *provision; /* folder of certificates that requesters set */
    bool trusted;          /* in a trusted environment                   */
    const char *install[SPDM_RESPOND_TRUST_MAX];
    size_t n_install;
    uint8_t mutual;
    uint8_t asking; /* enum camseal_spdm_asking */
    bool ask_in_challenge;
    spdm_policy policy;
} spdm_responder_options;

/* Exit code; *done: nothing is to be run. */
int spdm_respond_options(spdm_responder_options *o, int argc, char **argv, bool *done);

#define SPDM_RESPOND_VERB "spdm respond"

/* ---- the responder ----------------------------------------------------------------------------
 */

typedef struct spdm_responder {
    spdm_responder_options options;
    identity_file files[SPDM_RESPOND_IDENTITIES_MAX];
    pki_file trust_files[SPDM_RESPOND_TRUST_MAX], psk_files[SPDM_RESPOND_PSKS_MAX], requester_file;
    camseal_spdm_identity identities[SPDM_RESPOND_IDENTITIES_MAX];
    camseal_span anchors[SPDM_RESPOND_TRUST_MAX];
    spdm_blocks blocks;
    camseal_buf log;
    keylog keylog;
    camseal_spdm_measurer measurer;
    camseal_spdm_psk_source psk_source;
    camseal_spdm_authenticator authenticator;
    camseal_spdm_events events;
    camseal_spdm_provisioner provisioner;
    pki_file install_files[SPDM_RESPOND_TRUST_MAX];
    camseal_span install_anchors[SPDM_RESPOND_TRUST_MAX];
    camseal_spdm_key_pairs key_pairs;
    camseal_spdm_key_pair pairs[SPDM_RESPOND_SPARE_KEYS_MAX + SPDM_RESPOND_IDENTITIES_MAX];
    camseal_crypto crypto;  /* the provider's, its signers made slow */
    camseal_sign signs[32]; /* of `crypto`                           */
    const camseal_spdm_feature *features[SPDM_RESPOND_FEATURES_MAX];
    camseal_trace trace;
    camseal_spdm_responder_config config;
    camseal_spdm_responder *engine;
    void *memory;
    camseal_listener listener;
    uint64_t served;
    uint64_t heard;        /* requests of this connection                  */
    uint8_t newest;        /* session that demands go to; 0xFF: none       */
    size_t demanded;       /* how many demands are done                    */
    bool demand_waits;     /* one is armed, its end is not known           */
    bool subscribed;       /* somebody wants events                        */
    uint32_t event_number; /* EventInstanceID of the next                  */
    uint8_t event[64], event_group[64];
    uint8_t out[SPDM_RESPOND_MESSAGE_MAX + CAMSEAL_SPDM_RECORD_OVERHEAD];
} spdm_responder;

static inline bool spdm_responder_talks(const spdm_responder *r)
{
    return !r->options.args.quiet && !r->options.args.json;
}

/* spdm_respond_files.c: everything that the options name. Exit code. */
int spdm_respond_open_files(spdm_responder *r);
void spdm_respond_free_files(spdm_responder *r);

/* spdm_respond_features.c: the configuration's optional parts, from options and files. */
void spdm_respond_set_up(spdm_responder *r);

/* spdm_respond_keys.c: its key pairs; false: there are none. */
bool spdm_respond_key_pairs(spdm_responder *r);

/* spdm_respond_provision.c: what was stored, over what --chain says; its part of the configuration,
 * false: not wanted. */
int spdm_respond_open_provision(spdm_responder *r);
bool spdm_respond_provision(spdm_responder *r);

/* spdm_respond_demands.c: a session is there, or gone; and, after each step, what is to be asked
 * of it next. */
void spdm_respond_session(spdm_responder *r, uint8_t session, bool established);
void spdm_respond_demand(spdm_responder *r);

#endif
