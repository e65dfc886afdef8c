/* `camseal spdm respond`: a responder in software, one connection after the other. */
#include "spdm_respond.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "camseal/openssl.h"
#include "camseal/transport.h"
#include "clock.h"
#include "spdm.h"
#include "spdm_client.h"

enum { SEND_TIMEOUT_US = 5000000, FEATURES_MAX = 4 };

typedef struct responder {
    spdm_responder_options options;
    identity_file files[SPDM_RESPOND_IDENTITIES_MAX];
    pki_file trust_files[SPDM_RESPOND_TRUST_MAX], psk_file;
    camseal_spdm_identity identities[SPDM_RESPOND_IDENTITIES_MAX];
    camseal_span anchors[SPDM_RESPOND_TRUST_MAX];
    spdm_blocks blocks;
    keylog keylog;
    camseal_spdm_measurer measurer;
    camseal_spdm_psk_source psk_source;
    camseal_spdm_authenticator authenticator;
    const camseal_spdm_feature *features[FEATURES_MAX];
    camseal_trace trace;
    camseal_spdm_responder_config config;
    camseal_spdm_responder *engine;
    void *memory;
    camseal_listener listener;
    uint64_t served;
    uint8_t out[SPDM_RESPOND_MESSAGE_MAX + CAMSEAL_SPDM_RECORD_OVERHEAD];
} responder;

/* ---- callbacks ------------------------------------------------------------------------------- */

static bool talks(const responder *r)
{
    return !r->options.args.quiet && !r->options.args.json;
}

/* Refusals: why the peer heard an ERROR. */
static void on_event(void *user, camseal_status status, const char *area, const char *what,
                     const char *detail, uint64_t a, uint64_t b)
{
    (void)area;
    if (status >= 0 || !talks(user))
        return;
    printf("  refused: %s: %s", what, detail ? detail : camseal_status_text(status));
    if (a != b)
        printf(" (expected 0x%llx, seen 0x%llx)", (unsigned long long)a, (unsigned long long)b);
    putchar('\n');
    fflush(stdout);
}

static void on_message(void *user, const char *area, bool sent, camseal_span bytes)
{
    (void)area;
    if (bytes.len < 2 || !talks(user))
        return;
    printf("  %s %-28s %zu bytes\n", sent ? "->" : "<-", camseal_spdm_code_name(bytes.data[1]),
           bytes.len);
    fflush(stdout);
}

static void on_secret(void *user, const char *label, camseal_span id, camseal_span value)
{
    responder *r = user;
    keylog_secret(&r->keylog, label, id, value);
}

static void on_session(void *user, uint8_t session, uint32_t session_id, bool established)
{
    (void)session;
    if (talks(user))
        printf("  session 0x%08x %s\n", (unsigned)session_id, established ? "opened" : "ended");
    fflush(stdout);
}

static camseal_status echo(void *user, const camseal_spdm_vendor_request *request,
                           camseal_buf *response)
{
    (void)user;
    if (request->session == SPDM_CLIENT_OUTSIDE)
        return CAMSEAL_E_UNEXPECTED;
    if (request->payload.len > response->capacity)
        return CAMSEAL_E_SPACE;
    /* The answer may be written where the request stands. */
    memmove(response->data, request->payload.data, request->payload.len);
    response->len = request->payload.len;
    return CAMSEAL_OK;
}

static camseal_status find_psk(void *user, const camseal_spdm_psk_query *query,
                               camseal_spdm_psk_key *out)
{
    const responder *r = user;
    if (query->hint.len != r->options.hint_len ||
        (query->hint.len && memcmp(query->hint.data, r->options.hint, query->hint.len)))
        return CAMSEAL_E_NOT_FOUND;
    memcpy(out->bytes, r->psk_file.data, r->psk_file.len);
    out->len = r->psk_file.len;
    return CAMSEAL_OK;
}

/* ---- files ----------------------------------------------------------------------------------- */

static int open_identities(responder *r)
{
    const spdm_responder_options *o = &r->options;
    for (size_t i = 0; i < o->n_chains; i++) {
        int code = identity_file_load(&r->files[i], SPDM_RESPOND_VERB, o->chains[i], o->keys[i]);
        if (code)
            return code;
        r->identities[i] = r->files[i].identity;
        r->identities[i].slot = o->slots[i];
    }
    return CLI_EXIT_OK;
}

static int open_trust(responder *r)
{
    const spdm_responder_options *o = &r->options;
    for (size_t i = 0; i < o->n_trust; i++) {
        camseal_status status = pki_load_file(&r->trust_files[i], o->trust[i], PKI_CHAIN_FILE_MAX);
        if (status != CAMSEAL_OK)
            return cli_fail(SPDM_RESPOND_VERB, status, "--trust %s", r->trust_files[i].error);
        r->anchors[i] = camseal_span_of(r->trust_files[i].data, r->trust_files[i].len);
        if (!identity_first_certificate(r->anchors[i]))
            return cli_fail(SPDM_RESPOND_VERB, CAMSEAL_E_FORMAT,
                            "--trust %s: is no DER certificate", o->trust[i]);
    }
    return CLI_EXIT_OK;
}

static int open_secrets(responder *r)
{
    const spdm_responder_options *o = &r->options;
    camseal_status status = CAMSEAL_OK;
    if (o->psk)
        status = pki_load_secret_file(&r->psk_file, o->psk, CAMSEAL_SPDM_PSK_MAX);
    if (status != CAMSEAL_OK)
        return cli_fail(SPDM_RESPOND_VERB, status, "--psk %s", r->psk_file.error);
    status = keylog_open(&r->keylog, o->keylog);
    if (status != CAMSEAL_OK)
        return cli_fail(SPDM_RESPOND_VERB, status, "--keylog %s", r->keylog.file.error);
    return CLI_EXIT_OK;
}

static int open_files(responder *r)
{
    int code = open_identities(r);
    if (!code)
        code = open_trust(r);
    if (!code && r->options.measurements)
        code = spdm_blocks_load(&r->blocks, SPDM_RESPOND_VERB, r->options.measurements);
    return code ? code : open_secrets(r);
}

/* ---- engine ---------------------------------------------------------------------------------- */

static void add_feature(responder *r, const camseal_spdm_feature *feature)
{
    r->features[r->config.n_features++] = feature;
}

/* What the files make possible. */
static void add_features(responder *r)
{
    const spdm_responder_options *o = &r->options;
    add_feature(r, &camseal_spdm_chunking);
    if (r->blocks.n) {
        r->measurer = (camseal_spdm_measurer){.blocks = r->blocks.blocks, .n_blocks = r->blocks.n};
        r->config.measurer = &r->measurer;
        add_feature(r, &camseal_spdm_measurements);
    }
    if (o->psk) {
        r->psk_source = (camseal_spdm_psk_source){
            .key = find_psk, .user = r, .without_context = o->psk_without_context};
        r->config.psk = &r->psk_source;
        add_feature(r, &camseal_spdm_psk_sessions);
    }
    if (o->mutual > CAMSEAL_SPDM_REFUSE) {
        r->authenticator = (camseal_spdm_authenticator){.anchors = r->anchors,
                                                        .n_anchors = o->n_trust,
                                                        .time = o->time,
                                                        .max_chain = UINT16_MAX,
                                                        .asking = o->asking,
                                                        .challenge = o->ask_in_challenge};
        r->config.authenticator = &r->authenticator;
        add_feature(r, &camseal_spdm_encapsulation);
    }
}

static int open_engine(responder *r)
{
    spdm_responder_options *o = &r->options;
    camseal_spdm_responder_config *config = &r->config;
    r->trace =
        (camseal_trace){.user = r, .event = on_event, .message = on_message, .secret = on_secret};
    o->policy.rules.mutual = o->mutual;
    config->struct_size = sizeof *config;
    config->crypto = camseal_openssl();
    config->binding = o->binding;
    config->trace = &r->trace;
    config->identities = r->identities;
    config->n_identities = o->n_chains;
    config->features = r->features;
    config->policy = &o->policy.rules;
    config->max_message = SPDM_RESPOND_MESSAGE_MAX;
    config->data_transfer_size = o->transfer;
    config->max_sessions = o->sessions;
    config->heartbeat_s = o->heartbeat_s;
    config->log_secrets = r->keylog.open;
    config->vendor = o->echo ? echo : NULL;
    config->session = on_session;
    config->user = r;
    add_features(r);
    size_t size = camseal_spdm_responder_size(config);
    r->memory = size ? malloc(size) : NULL;
    camseal_status status = camseal_spdm_responder_init(&r->engine, r->memory, size, config);
    if (status != CAMSEAL_OK)
        return cli_fail(SPDM_RESPOND_VERB, status,
                        "these options do not go together: do the algorithms fit the keys?");
    return CLI_EXIT_OK;
}

/* ---- serving --------------------------------------------------------------------------------- */

/* One step, and again while the engine only needs time; its answer goes out. */
static camseal_status answer(responder *r, camseal_link *link, camseal_step *step)
{
    camseal_status status;
    for (;;) {
        step->out = (camseal_buf){r->out, sizeof r->out, 0};
        step->now_us = camseal_posix_now_us();
        status = camseal_spdm_responder_step(r->engine, step);
        step->in = camseal_span_of(NULL, 0);
        if (status != CAMSEAL_OK || step->next != CAMSEAL_NEXT_WAIT)
            break;
    }
    if (status != CAMSEAL_OK || step->next != CAMSEAL_NEXT_SEND)
        return status;
    camseal_span message = camseal_span_of(step->out.data, step->out.len);
    return camseal_link_send(link,
                             step->out_secured ? CAMSEAL_MESSAGE_SECURED : CAMSEAL_MESSAGE_SPDM,
                             &message, 1, SEND_TIMEOUT_US, cli_signal_fd());
}

/* Answers until the peer is gone. PENDING: a signal came. */
static camseal_status serve(responder *r, camseal_link *link)
{
    camseal_step step = {.wake_us = UINT64_MAX};
    for (;;) {
        camseal_link_frame frame = {0};
        uint64_t left = step.wake_us == UINT64_MAX ? UINT64_MAX : camseal_posix_left(step.wake_us);
        camseal_status status = camseal_link_recv(link, &frame, left, cli_signal_fd());
        if (status == CAMSEAL_E_TIMEOUT)
            frame.bytes.len = 0; /* heartbeats are missing: the engine ends sessions */
        else if (status != CAMSEAL_OK || frame.end)
            return status;
        step.in = camseal_span_of(frame.bytes.data, frame.bytes.len);
        step.in_secured = frame.type == CAMSEAL_MESSAGE_SECURED;
        status = answer(r, link, &step);
        if (status != CAMSEAL_OK)
            return status;
    }
}

static int serve_one(responder *r, bool *over)
{
    camseal_posix_error error = {""};
    const camseal_endpoint *at = &r->listener.endpoint;
    const camseal_link_control control = {r->options.framing, at->kind == CAMSEAL_ENDPOINT_EMU,
                                          true};
    camseal_link *link = NULL;
    int fd = -1;
    camseal_status status =
        camseal_listener_accept(&r->listener, &fd, UINT64_MAX, cli_signal_fd(), &error);
    if (status == CAMSEAL_PENDING)
        return CLI_EXIT_INTERRUPTED;
    if (status == CAMSEAL_OK)
        status = camseal_link_open_control(&link, fd, &control, at->text, 0, 0);
    if (status != CAMSEAL_OK)
        return cli_fail(SPDM_RESPOND_VERB, status, "%s: %s", at->text,
                        error.text[0] ? error.text : "cannot use the connection");
    r->served++;
    if (talks(r))
        printf("connection %llu\n", (unsigned long long)r->served);
    status = serve(r, link);
    if (status < 0) /* the peer's fault: the next one is served */
        cli_warn(SPDM_RESPOND_VERB, "connection %llu: %s", (unsigned long long)r->served,
                 camseal_status_class(status) == CAMSEAL_CLASS_IO ||
                         camseal_status_class(status) == CAMSEAL_CLASS_PEER
                     ? camseal_link_error(link)
                     : camseal_status_text(status));
    *over = camseal_link_shut_down(link) || r->served == r->options.connections;
    camseal_link_close(link);
    return status == CAMSEAL_PENDING ? CLI_EXIT_INTERRUPTED : CLI_EXIT_OK;
}

static int run(responder *r)
{
    camseal_posix_error error = {""};
    camseal_endpoint endpoint;
    bool over = false;
    int code = spdm_endpoint_option(&endpoint, SPDM_RESPOND_VERB, "listen", r->options.listen,
                                    r->options.remote);
    if (!code)
        code = open_files(r);
    if (!code)
        code = open_engine(r);
    if (code)
        return code;
    camseal_status status = camseal_listener_open(&r->listener, &endpoint, &error);
    if (status != CAMSEAL_OK)
        return cli_fail(SPDM_RESPOND_VERB, status, "--listen %s", error.text);
    if (talks(r)) {
        printf("ready at %s, %s\n", r->listener.endpoint.text, r->options.transport_name);
        fflush(stdout);
    }
    while (!code && !over)
        code = serve_one(r, &over);
    return code;
}

static int end_keylog(responder *r, int code)
{
    if (!r->keylog.open || keylog_commit(&r->keylog) == CAMSEAL_OK)
        return code;
    return cli_fail(SPDM_RESPOND_VERB, CAMSEAL_E_FILE, "--keylog %s", r->keylog.file.error);
}

static void free_all(responder *r)
{
    camseal_spdm_responder_wipe(r->engine);
    camseal_listener_close(&r->listener);
    for (size_t i = 0; i < SPDM_RESPOND_IDENTITIES_MAX; i++)
        identity_file_free(&r->files[i]);
    for (size_t i = 0; i < SPDM_RESPOND_TRUST_MAX; i++)
        pki_file_free(&r->trust_files[i]);
    pki_file_free(&r->psk_file);
    spdm_blocks_free(&r->blocks);
    keylog_abort(&r->keylog);
    free(r->memory);
    free(r);
}

int spdm_respond(int argc, char **argv)
{
    bool done = false;
    responder *r = calloc(1, sizeof *r);
    if (!r)
        return cli_fail(SPDM_RESPOND_VERB, CAMSEAL_E_BUG, "out of memory");
    r->listener.fd = -1;
    int code = spdm_respond_options(&r->options, argc, argv, &done);
    if (!done) {
        code = run(r);
        code = end_keylog(r, code);
    }
    free_all(r);
    return code;
}
