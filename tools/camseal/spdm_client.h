/* `camseal spdm`: a requester on a link, for all commands that talk to a responder. Its options,
 * its life, every exchange with its time, and the report. One thread; no camera.
 *
 * Use: spdm_client_begin; loop spdm_client_option; spdm_client_open; spdm_client_run for each
 * operation; spdm_client_close. What a command finds goes into `result` (for --json) and onto
 * stdout.
 */
#ifndef CAMSEAL_TOOL_SPDM_CLIENT_H
#define CAMSEAL_TOOL_SPDM_CLIENT_H

#include <jansson.h>

#include "camseal/spdm_mutual.h"
#include "camseal/spdm_psk.h"
#include "cli.h"
#include "identity_file.h"
#include "keylog.h"
#include "link.h"
#include "spdm_policy.h"

enum {
    SPDM_CLIENT_TRUST_MAX = 8,
    SPDM_CLIENT_MESSAGE_MAX = 60000,
    SPDM_CLIENT_OUTSIDE = 0xFF, /* no session */
    /* Ids of the shared options; a command's own are below. */
    SPDM_OPT_TO = 101,
    SPDM_OPT_TRANSPORT,
    SPDM_OPT_REMOTE,
    SPDM_OPT_TIMEOUT,
    SPDM_OPT_RETRIES,
    SPDM_OPT_SHUT_DOWN,
    SPDM_OPT_TRUST,
    SPDM_OPT_PIN,
    SPDM_OPT_TIME,
    SPDM_OPT_SLOT,
    SPDM_OPT_VERSIONS,
    SPDM_OPT_HASH,
    SPDM_OPT_ASYM,
    SPDM_OPT_REQ_ASYM,
    SPDM_OPT_DHE,
    SPDM_OPT_AEAD,
    SPDM_OPT_CLEAR,
    SPDM_OPT_MULTI_KEY,
    SPDM_OPT_CHUNKING,
    SPDM_OPT_MEASURING,
    SPDM_OPT_SECURED,
    SPDM_OPT_AEAD_LIMIT,
    SPDM_OPT_MUTUAL,
    SPDM_OPT_MESSAGE,
    SPDM_OPT_WITHOUT,
    SPDM_OPT_TRANSFER,
    SPDM_OPT_SUMMARY,
    SPDM_OPT_CHAIN,
    SPDM_OPT_KEY,
    SPDM_OPT_ANSWER,
    SPDM_OPT_NOTIFY,
    SPDM_OPT_PSK,
    SPDM_OPT_PSK_HINT,
    SPDM_OPT_NO_CONTEXT,
    SPDM_OPT_INFO,
    SPDM_OPT_KEYLOG
};

/* Rows for a command's table of options. */
/* clang-format off */
#define SPDM_POLICY_OPTIONS \
    {SPDM_OPT_VERSIONS, 0, "versions", "A..B", "SPDM versions that may be used (default 1.2..1.4)"}, \
    {SPDM_OPT_HASH, 0, "hash", "LIST", "hash algorithms that may be used, best first"}, \
    {SPDM_OPT_ASYM, 0, "asym", "LIST", "the same for the responder's signatures"}, \
    {SPDM_OPT_REQ_ASYM, 0, "req-asym", "LIST", "the same for the requester's signatures"}, \
    {SPDM_OPT_DHE, 0, "dhe", "LIST", "the same for key exchange"}, \
    {SPDM_OPT_AEAD, 0, "aead", "LIST", "the same for records"}, \
    {SPDM_OPT_CLEAR, 0, "clear-handshake", "RULE", "FINISH in the clear: refuse (default), allow, require"}, \
    {SPDM_OPT_MULTI_KEY, 0, "multi-key", "RULE", "several keys for one algorithm: refuse (default), allow, require"}, \
    {SPDM_OPT_MEASURING, 0, "measuring", "RULE", "measurements: refuse, allow (default), require"}, \
    {SPDM_OPT_SECURED, 0, "secured-messages", "A..B", "DSP0277 versions that may be used (default 1.1..1.2)"}, \
    {SPDM_OPT_AEAD_LIMIT, 0, "aead-limit", "N", "secured messages 1.3: at most 2^N records under one key, 1 to 64 (default)"}, \
    {SPDM_OPT_CHUNKING, 0, "chunking", "RULE", "long messages in chunks: refuse, allow (default), require"}, \
    {SPDM_OPT_MESSAGE, 0, "max-message", "N", "bytes of the longest message (default 60000)"}, \
    {SPDM_OPT_WITHOUT, 0, "without", "LIST", "capabilities not to offer, as 'spdm caps' names them: CHAL,HBEAT"}, \
    {SPDM_OPT_TRANSFER, 0, "transfer", "N", "bytes of one message on the link, longer ones go in chunks (default 4096)"}
#define SPDM_LINK_OPTIONS \
    {SPDM_OPT_TO, 0, "to", "ENDPOINT", "the responder: unix:PATH, tcp:HOST:PORT, or emu:HOST:PORT for the socket\n" \
     "of the DMTF's emulators"}, \
    {SPDM_OPT_TRANSPORT, 0, "transport", "NAME", "tcp (default), mctp, doe, or none: bare messages, no sessions"}, \
    {SPDM_OPT_REMOTE, 0, "allow-remote", NULL, "allow TCP hosts other than this machine"}, \
    {SPDM_OPT_TIMEOUT, 0, "timeout", "MS", "how long to wait for the link, and for an answer on top of what the\n" \
     "responder says it needs (default 5000)"}, \
    {SPDM_OPT_RETRIES, 0, "retries", "N", "how often an unanswered message is sent again, 0 (default) to 255"}, \
    {SPDM_OPT_SHUT_DOWN, 0, "shut-down", NULL, "emu: ask the responder to end afterwards"}, \
    {SPDM_OPT_SLOT, 0, "slot", "N", "certificate slot, 0 (default) to 7"}
#define SPDM_TRUST_OPTIONS \
    {SPDM_OPT_TRUST, 't', "trust", "FILE", "trusted certificate (DER); may be given several times"}, \
    {SPDM_OPT_PIN, 0, "pin", "HEX", "SHA-256 of the device's public key: no other is accepted; stands for\n" \
     "--trust where that is not given"}, \
    {SPDM_OPT_TIME, 0, "time", "WHEN", "validity of certificates: full (default: now), ignore, or seconds since 1970"}
#define SPDM_OWN_OPTIONS \
    {SPDM_OPT_CHAIN, 0, "chain", "FILE", "own certificates (DER), to be authenticated in turn if the responder asks"}, \
    {SPDM_OPT_KEY, 'k', "key", "FILE", "the private key to go with it; only its owner may read it"}, \
    {SPDM_OPT_MUTUAL, 0, "mutual", "RULE", "to be so authenticated: refuse, allow (default with --chain), require"}, \
    {SPDM_OPT_ANSWER, 0, "answer", NULL, "answer what the responder asks (encapsulated requests), take its events;\n" \
     "so do --chain, --notify and --endpoint-info"}, \
    {SPDM_OPT_NOTIFY, 0, "notify", NULL, "announce events of this side"}, \
    {SPDM_OPT_INFO, 0, "endpoint-info", "HEX", "own device class identifiers (EPInfo), if the responder asks"}
#define SPDM_SESSION_OPTIONS \
    SPDM_OWN_OPTIONS, \
    {SPDM_OPT_PSK, 0, "psk", "FILE", "open the session with the pre-shared key in this file, 1 to 64 bytes\n" \
     "as they are; only its owner may read it"}, \
    {SPDM_OPT_PSK_HINT, 0, "psk-hint", "HEX", "which key that is (default: empty)"}, \
    {SPDM_OPT_NO_CONTEXT, 0, "psk-without-context", NULL, "let the responder add nothing of its own to such a session: then a\n" \
     "replay of old messages opens one too"}, \
    {SPDM_OPT_KEYLOG, 0, "keylog", "FILE", "write all session secrets: only for tests"}
/* clang-format on */

typedef struct spdm_exchange {
    uint8_t request, response, error; /* codes; error: of an ERROR */
    bool secured, answered;
    size_t sent, received; /* bytes, in clear */
    uint64_t began_us, us;
} spdm_exchange;

typedef struct spdm_client {
    cli_args args;
    const char *verb;
    camseal_endpoint endpoint;
    const char *to, *transport_name;
    const camseal_framing *framing;
    const camseal_spdm_binding *binding;
    bool remote, shut_down;
    uint64_t timeout_us;
    const char *trust_paths[SPDM_CLIENT_TRUST_MAX];
    pki_file trust_files[SPDM_CLIENT_TRUST_MAX];
    camseal_span anchors[SPDM_CLIENT_TRUST_MAX + 1];
    size_t n_trust;
    uint8_t pin[32];
    bool has_pin;
    camseal_time time;
    spdm_policy policy;
    const char *chain_path, *key_path, *psk_path, *keylog_path;
    identity_file identity;
    pki_file psk_file;
    camseal_spdm_answerer answerer;
    bool answers, notifies;
    camseal_spdm_psk_source psk_source;
    uint8_t hint[CAMSEAL_SPDM_PSK_HINT_MAX];
    size_t hint_len;
    bool psk_without_context;
    uint8_t endpoint_info[64];
    size_t endpoint_info_len;
    keylog keylog;
    /* A command sets these between spdm_client_begin and spdm_client_open. */
    int operands;        /* how many there are                                                  */
    bool any_chain;      /* without --trust and --pin: any chain that is sound in itself        */
    bool silent;         /* exchanges are not shown                                             */
    uint8_t stop_before; /* a request code: operations stop there; see camseal_spdm_hold        */
    camseal_spdm_requester_config config;

    camseal_crypto crypto; /* the provider's, with a chain check that keeps what it saw */
    camseal_trace trace;
    camseal_link *link;
    camseal_spdm_requester *engine;
    void *memory;
    uint8_t out[SPDM_CLIENT_MESSAGE_MAX + CAMSEAL_SPDM_RECORD_OVERHEAD];
    /* As they came: the last VERSION and CAPABILITIES, the chain. */
    uint8_t versions[64], capabilities[64];
    size_t versions_len, capabilities_len;
    uint8_t chain[PKI_CHAIN_FILE_MAX];
    size_t chain_len;
    spdm_exchange *exchanges;
    size_t n_exchanges, room;
    size_t printed;
    json_t *events; /* list: of the responder */
    json_t *result; /* object: a command's findings, for --json */
} spdm_client;

/* The object is large: NULL when there is no memory (the error line was printed). */
spdm_client *spdm_client_begin(const cli_verb *verb, int argc, char **argv);
/* One option that a command does not know itself. Exit code; 0: go on. */
int spdm_client_option(spdm_client *c, int id);
/* To be called when there are no more options. Opens files, link and
 * engine. All of these print their error line and return an exit code. */
int spdm_client_open(spdm_client *c);
/* Steps an operation that was begun with this status until it is done, or held. */
int spdm_client_run(spdm_client *c, camseal_status begun);
/* The same without an error line. */
camseal_status spdm_client_step(spdm_client *c, camseal_status begun);
/* The error line of the last operation. */
int spdm_client_fail(spdm_client *c, camseal_status status);
/* With a certificate, or with the PSK if there is one. */
int spdm_client_session(spdm_client *c, uint8_t *session);
/* The same engine over a new link. */
int spdm_client_reconnect(spdm_client *c);
/* A message that the engine did not send or receive, for the report. */
void spdm_client_note(spdm_client *c, bool sent, bool secured, camseal_span bytes);
/* Ends the conversation, prints the report, frees everything. Returns the final exit code. */
int spdm_client_close(spdm_client *c, int exit_code);

/* Text results are wanted. */
static inline bool spdm_client_talks(const spdm_client *c)
{
    return !c->args.json && !c->args.quiet;
}
const camseal_spdm_info *spdm_client_info(const spdm_client *c);

/* ---- spdm_client_answers.c --------------------------------------------------------------------
 */

/* Own identity and the rest that the responder may ask for. Exit code. */
int spdm_client_open_answers(spdm_client *c);

/* ---- spdm_client_report.c ---------------------------------------------------------------------
 */

/* Prints the exchanges that were not printed yet. */
void spdm_client_print(spdm_client *c);
/* The whole report; false: stdout cannot be written. */
bool spdm_client_report(spdm_client *c, int exit_code);

/* ---- spdm_client_options.c --------------------------------------------------------------------
 */

/* Exit code, or -1 when the id is none of a policy. */
int spdm_policy_option(const cli_args *args, int id, spdm_policy *policy);
/* Also for the responder: the transport of that name; false: there is none. */
bool spdm_transport(const char *name, const camseal_framing **framing,
                    const camseal_spdm_binding **binding);
/* The transport of an i2c: endpoint, whose records are as those of MCTP; returns its name. */
const char *spdm_mailbox(const camseal_framing **framing, const camseal_spdm_binding **binding);
/* Hex digits, at most `capacity` bytes. */
bool spdm_hex_option(const char *text, uint8_t *out, size_t capacity, size_t *len);
/* The certificates of --trust: `n` files, and anchors that borrow from them. Exit code. */
int spdm_trust_load(const char *verb, const char *const *paths, size_t n, pki_file *files,
                    camseal_span *anchors);
/* --time. */
bool spdm_time_option(camseal_time *time, const char *text);
int spdm_endpoint_option(camseal_endpoint *out, const char *verb, const char *option,
                         const char *text, bool allow_remote);

#endif
