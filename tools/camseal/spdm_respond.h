/* `camseal spdm respond`: what its files share. */
#ifndef CAMSEAL_TOOL_SPDM_RESPOND_H
#define CAMSEAL_TOOL_SPDM_RESPOND_H

#include <jansson.h>

#include "camseal/spdm_measurements.h"
#include "camseal/spdm_mutual.h"
#include "camseal/spdm_psk.h"
#include "cli.h"
#include "endpoint.h"
#include "identity_file.h"
#include "keylog.h"
#include "link.h"
#include "spdm_policy.h"

enum {
    SPDM_RESPOND_IDENTITIES_MAX = 8,
    SPDM_RESPOND_TRUST_MAX = 8,
    SPDM_RESPOND_BLOCKS_MAX = 64,
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
 * "text"}. Prints its error line for `verb`; exit code. */
int spdm_blocks_load(spdm_blocks *b, const char *verb, const char *path);
void spdm_blocks_free(spdm_blocks *b);

/* ---- spdm_respond_options.c --------------------------------------------------------------------
 */

typedef struct spdm_responder_options {
    cli_args args;
    const char *listen, *transport_name;
    const camseal_framing *framing;
    const camseal_spdm_binding *binding;
    bool remote, echo;
    uint64_t connections; /* 0: until interrupted */
    const char *chains[SPDM_RESPOND_IDENTITIES_MAX], *keys[SPDM_RESPOND_IDENTITIES_MAX];
    uint8_t slots[SPDM_RESPOND_IDENTITIES_MAX];
    size_t n_chains, n_keys, n_slots;
    const char *trust[SPDM_RESPOND_TRUST_MAX];
    size_t n_trust;
    camseal_time time;
    const char *measurements, *psk, *keylog;
    uint8_t hint[CAMSEAL_SPDM_PSK_HINT_MAX];
    size_t hint_len;
    bool psk_without_context;
    uint8_t heartbeat_s, sessions, mutual;
    uint8_t asking; /* enum camseal_spdm_asking */
    bool ask_in_challenge;
    uint32_t transfer;
    spdm_policy policy;
} spdm_responder_options;

/* Exit code; *done: nothing is to be run. */
int spdm_respond_options(spdm_responder_options *o, int argc, char **argv, bool *done);

#define SPDM_RESPOND_VERB "spdm respond"

#endif
