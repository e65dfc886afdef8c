#include "spdm_client.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "camseal/openssl.h"
#include "camseal/spdm_tester.h"
#include "clock.h"
#include "spdm/msg/msg.h"

enum { TIMEOUT_US = 5000000, TRANSFER_BYTES = 4096, CHAIN_BYTES = PKI_CHAIN_FILE_MAX };

/* ---- what the engine reports ----------------------------------------------------------------- */

static spdm_exchange *new_exchange(spdm_client *c)
{
    if (c->n_exchanges == c->room) {
        size_t room = 2 * c->room + 64;
        spdm_exchange *more = realloc(c->exchanges, room * sizeof *more);
        if (!more)
            return NULL;
        c->exchanges = more;
        c->room = room;
    }
    spdm_exchange *e = &c->exchanges[c->n_exchanges++];
    memset(e, 0, sizeof *e);
    return e;
}

static void keep(uint8_t *to, size_t room, size_t *len, camseal_span bytes)
{
    *len = bytes.len < room ? bytes.len : room;
    memcpy(to, bytes.data, *len);
}

static void on_sent(spdm_client *c, camseal_span bytes)
{
    spdm_exchange *e = new_exchange(c);
    if (!e)
        return;
    e->request = bytes.data[1];
    e->sent = bytes.len;
    e->began_us = camseal_posix_now_us();
}

static void on_received(spdm_client *c, camseal_span bytes)
{
    if (bytes.data[1] == SPDM_VERSION)
        keep(c->versions, sizeof c->versions, &c->versions_len, bytes);
    if (bytes.data[1] == SPDM_CAPABILITIES)
        keep(c->capabilities, sizeof c->capabilities, &c->capabilities_len, bytes);
    spdm_exchange *e = c->n_exchanges ? &c->exchanges[c->n_exchanges - 1] : NULL;
    if (!e || e->answered)
        return;
    e->answered = true;
    e->response = bytes.data[1];
    e->error = e->response == SPDM_ERROR && bytes.len > 2 ? bytes.data[2] : 0;
    e->received = bytes.len;
    e->us = camseal_posix_now_us() - e->began_us;
}

static void on_message(void *user, const char *area, bool sent, camseal_span bytes)
{
    (void)area;
    if (bytes.len < 2)
        return;
    if (sent)
        on_sent(user, bytes);
    else
        on_received(user, bytes);
}

void spdm_client_note(spdm_client *c, bool sent, bool secured, camseal_span bytes)
{
    on_message(c, "", sent, bytes);
    if (sent && c->n_exchanges)
        c->exchanges[c->n_exchanges - 1].secured = secured;
}

static void on_secret(void *user, const char *label, camseal_span id, camseal_span value)
{
    spdm_client *c = user;
    keylog_secret(&c->keylog, label, id, value);
}

/* Whose chain check it is: `user` of the table is the provider's. */
static spdm_client *watching;

/* The provider's check, which also keeps the chain for people to see. Without an anchor of the
 * user's the chain's first certificate stands for one: then only a pin makes it more than sound. */
static camseal_status check_chain(void *user, camseal_chain_job *job)
{
    spdm_client *c = watching;
    const camseal_crypto *provider = camseal_openssl();
    (void)user;
    keep(c->chain, sizeof c->chain, &c->chain_len, job->chain);
    if (c->n_trust)
        return provider->chain(provider->user, job);
    size_t first = identity_first_certificate(job->chain);
    c->anchors[0] = camseal_span_of(job->chain.data, first);
    if (!first) {
        job->detail = "the chain's first certificate is not DER";
        return CAMSEAL_E_FORMAT;
    }
    return provider->chain(provider->user, job);
}

static void prepare_crypto(spdm_client *c)
{
    watching = c;
    c->crypto = *camseal_openssl();
    c->crypto.chain = check_chain;
}

/* ---- life ------------------------------------------------------------------------------------ */

spdm_client *spdm_client_begin(const cli_verb *verb, int argc, char **argv)
{
    spdm_client *c = calloc(1, sizeof *c);
    if (!c) {
        (void)cli_fail(verb->name, CAMSEAL_E_BUG, "out of memory");
        return NULL;
    }
    cli_begin(&c->args, verb, argc, argv);
    c->verb = verb->name;
    c->transport_name = "tcp";
    (void)spdm_transport("tcp", &c->framing, &c->binding);
    (void)spdm_time_option(&c->time, "full");
    c->timeout_us = TIMEOUT_US;
    c->config.data_transfer_size = TRANSFER_BYTES;
    c->config.max_message = SPDM_CLIENT_MESSAGE_MAX;
    c->result = json_object();
    return c;
}

static camseal_status find_psk(void *user, const camseal_spdm_psk_query *query,
                               camseal_spdm_psk_key *out)
{
    const spdm_client *c = user;
    (void)query; /* this side gave the hint */
    memcpy(out->bytes, c->psk_file.data, c->psk_file.len);
    out->len = c->psk_file.len;
    return CAMSEAL_OK;
}

static int open_psk(spdm_client *c)
{
    if (!c->psk_path)
        return CLI_EXIT_OK;
    camseal_status status = pki_load_secret_file(&c->psk_file, c->psk_path, CAMSEAL_SPDM_PSK_MAX);
    if (status != CAMSEAL_OK)
        return cli_fail(c->verb, status, "--psk %s", c->psk_file.error);
    c->psk_source = (camseal_spdm_psk_source){
        .key = find_psk, .user = c, .without_context = c->psk_without_context};
    c->config.psk = &c->psk_source;
    return CLI_EXIT_OK;
}

static int open_files(spdm_client *c)
{
    int code = spdm_trust_load(c->verb, c->trust_paths, c->n_trust, c->trust_files, c->anchors);
    if (!code)
        code = spdm_client_open_answers(c);
    if (!code)
        code = open_psk(c);
    if (code)
        return code;
    camseal_status status = keylog_open(&c->keylog, c->keylog_path);
    if (status != CAMSEAL_OK)
        return cli_fail(c->verb, status, "--keylog %s", c->keylog.file.error);
    return CLI_EXIT_OK;
}

static int open_engine(spdm_client *c)
{
    camseal_spdm_requester_config *config = &c->config;
    prepare_crypto(c);
    c->trace = (camseal_trace){.user = c, .message = on_message, .secret = on_secret};
    config->struct_size = sizeof *config;
    config->crypto = &c->crypto;
    config->binding = c->binding;
    config->trace = &c->trace;
    config->policy = &c->policy.rules;
    config->capabilities = c->policy.capabilities;
    config->time = c->time;
    config->pin = c->has_pin ? c->pin : NULL;
    config->timeout_us = c->timeout_us;
    config->log_secrets = c->keylog_path != NULL;
    config->max_chain = CHAIN_BYTES;
    bool judged = c->n_trust || c->has_pin || c->any_chain;
    config->anchors = judged ? c->anchors : NULL;
    config->n_anchors = judged ? (c->n_trust ? c->n_trust : 1) : 0;
    size_t size = camseal_spdm_requester_size(config);
    c->memory = size ? malloc(size) : NULL;
    camseal_status status = camseal_spdm_requester_init(&c->engine, c->memory, size, config);
    if (status == CAMSEAL_E_UNSUPPORTED)
        return cli_fail(c->verb, status, "this build has none of the algorithms asked for");
    if (status != CAMSEAL_OK)
        return cli_fail(c->verb, status, "these options do not go together");
    if (c->stop_before)
        camseal_spdm_hold(c->engine, c->stop_before);
    return CLI_EXIT_OK;
}

/* Status of a wait: PENDING means that a signal came. */
static int link_fail(spdm_client *c, camseal_status status, const char *text)
{
    if (status == CAMSEAL_PENDING)
        return CLI_EXIT_INTERRUPTED;
    return cli_fail(c->verb, status, "%s", text);
}

static int open_link(spdm_client *c)
{
    camseal_posix_error error = {""};
    const camseal_link_control control = {.framing = c->framing,
                                          .emulator = c->endpoint.kind == CAMSEAL_ENDPOINT_EMU,
                                          .bus = c->endpoint.kind == CAMSEAL_ENDPOINT_I2C};
    int fd = -1;
    camseal_status status =
        camseal_endpoint_connect(&fd, &c->endpoint, c->timeout_us, cli_signal_fd(), &error);
    if (status != CAMSEAL_OK)
        return link_fail(c, status, error.text);
    status = camseal_link_open_control(&c->link, fd, &control, c->endpoint.text, 0, 0);
    if (status != CAMSEAL_OK)
        return cli_fail(c->verb, status, "%s: cannot use the link", c->endpoint.text);
    status = camseal_link_greet(c->link, c->timeout_us, cli_signal_fd());
    if (status == CAMSEAL_OK)
        return CLI_EXIT_OK;
    int code = link_fail(c, status, camseal_link_error(c->link));
    camseal_link_close(c->link);
    c->link = NULL;
    return code;
}

int spdm_client_open(spdm_client *c)
{
    char **operands;
    if (cli_operands(&c->args, &operands) != c->operands)
        return cli_usage(c->verb, "unexpected '%s'", operands[0]);
    if (!c->to)
        return cli_usage(c->verb, "give the responder: --to ENDPOINT");
    if (!c->n_trust && !c->has_pin && !c->any_chain && !c->psk_path)
        return cli_usage(c->verb, "say whom to trust: --trust FILE or --pin HEX");
    int code = spdm_endpoint_option(&c->endpoint, c->verb, "to", c->to, c->remote);
    if (!code && c->endpoint.kind == CAMSEAL_ENDPOINT_I2C)
        c->transport_name = spdm_mailbox(&c->framing, &c->binding);
    if (!code)
        code = open_files(c);
    if (!code)
        code = open_engine(c);
    return code ? code : open_link(c);
}

int spdm_client_reconnect(spdm_client *c)
{
    camseal_link_close(c->link);
    c->link = NULL;
    return open_link(c);
}

/* ---- operations ------------------------------------------------------------------------------ */

static camseal_status transmit(spdm_client *c, const camseal_step *step)
{
    camseal_span message = camseal_span_of(step->out.data, step->out.len);
    if (c->n_exchanges)
        c->exchanges[c->n_exchanges - 1].secured = step->out_secured;
    return camseal_link_send(c->link,
                             step->out_secured ? CAMSEAL_MESSAGE_SECURED : CAMSEAL_MESSAGE_SPDM,
                             &message, 1, c->timeout_us, cli_signal_fd());
}

/* Waits for an answer, or for the time that the engine named. */
static camseal_status receive(spdm_client *c, camseal_step *step)
{
    camseal_link_frame frame = {0};
    camseal_status status =
        camseal_link_recv(c->link, &frame, camseal_posix_left(step->wake_us), cli_signal_fd());
    if (status == CAMSEAL_E_TIMEOUT)
        return CAMSEAL_OK; /* the engine knows the time */
    if (status != CAMSEAL_OK)
        return status;
    if (frame.end)
        return CAMSEAL_E_CLOSED;
    if (frame.type != CAMSEAL_MESSAGE_SPDM && frame.type != CAMSEAL_MESSAGE_SECURED)
        return CAMSEAL_E_PEER_ERROR; /* DSP0287: refused at the transport */
    step->in = camseal_span_of(frame.bytes.data, frame.bytes.len);
    step->in_secured = frame.type == CAMSEAL_MESSAGE_SECURED;
    return CAMSEAL_OK;
}

camseal_status spdm_client_step(spdm_client *c, camseal_status begun)
{
    camseal_step step = {0};
    camseal_status status = begun;
    while (status == CAMSEAL_OK) {
        step.out = (camseal_buf){c->out, sizeof c->out, 0};
        step.now_us = camseal_posix_now_us();
        status = camseal_spdm_requester_step(c->engine, &step);
        step.in = camseal_span_of(NULL, 0);
        if (spdm_client_talks(c) && !c->silent)
            spdm_client_print(c);
        if (status != CAMSEAL_OK || step.next == CAMSEAL_NEXT_DONE)
            break;
        if (step.next == CAMSEAL_NEXT_WAIT && camseal_spdm_held(c->engine))
            break;
        status = step.next == CAMSEAL_NEXT_SEND ? transmit(c, &step) : receive(c, &step);
    }
    return status;
}

int spdm_client_fail(spdm_client *c, camseal_status status)
{
    const camseal_spdm_failure *f = camseal_spdm_requester_failure(c->engine);
    char tail[64] = "";
    if (status == CAMSEAL_PENDING)
        return CLI_EXIT_INTERRUPTED;
    if (status == CAMSEAL_E_CLOSED)
        return cli_fail(c->verb, status, "%s: the responder closed the link", c->endpoint.text);
    if (!f || f->status != status)
        return cli_fail(c->verb, status, "%s",
                        camseal_status_class(status) == CAMSEAL_CLASS_IO
                            ? camseal_link_error(c->link)
                            : camseal_status_text(status));
    const char *message = f->message ? f->message : "before a message";
    if (f->peer_error)
        return cli_fail(c->verb, status, "%s: the responder answered %s", message,
                        camseal_spdm_error_name(f->peer_error));
    if (f->expected != f->seen)
        snprintf(tail, sizeof tail, " (expected 0x%" PRIx64 ", seen 0x%" PRIx64 ")", f->expected,
                 f->seen);
    return cli_fail(c->verb, status, "%s: %s%s", message,
                    f->detail ? f->detail : camseal_status_text(status), tail);
}

int spdm_client_run(spdm_client *c, camseal_status begun)
{
    camseal_status status = spdm_client_step(c, begun);
    return status == CAMSEAL_OK ? CLI_EXIT_OK : spdm_client_fail(c, status);
}

int spdm_client_session(spdm_client *c, uint8_t *session)
{
    camseal_span hint = camseal_span_of(c->hint, c->hint_len);
    if (c->config.psk)
        return spdm_client_run(c, camseal_spdm_begin_psk_session(c->engine, hint, session));
    return spdm_client_run(c, camseal_spdm_begin_session(c->engine, session));
}

const camseal_spdm_info *spdm_client_info(const spdm_client *c)
{
    static const camseal_spdm_info none;
    const camseal_spdm_info *info = c->engine ? camseal_spdm_requester_info(c->engine) : NULL;
    return info ? info : &none;
}

static int end_keylog(spdm_client *c, int exit_code)
{
    if (!c->keylog.open)
        return exit_code;
    if (keylog_commit(&c->keylog) == CAMSEAL_OK || exit_code)
        return exit_code;
    return cli_fail(c->verb, CAMSEAL_E_FILE, "--keylog %s", c->keylog.file.error);
}

static void free_all(spdm_client *c)
{
    if (c->engine)
        camseal_spdm_requester_wipe(c->engine);
    camseal_link_close(c->link);
    for (size_t i = 0; i < c->n_trust; i++)
        pki_file_free(&c->trust_files[i]);
    identity_file_free(&c->identity);
    pki_file_free(&c->psk_file);
    keylog_abort(&c->keylog);
    json_decref(c->result);
    json_decref(c->events);
    free(c->exchanges);
    free(c->memory);
    free(c);
}

int spdm_client_close(spdm_client *c, int exit_code)
{
    if (c->link) {
        /* What is wrong with the farewell is no finding: everything was said before. */
        camseal_status ignored = camseal_link_part(c->link, c->shut_down, c->timeout_us, -1);
        (void)ignored;
        exit_code = end_keylog(c, exit_code);
        if (!spdm_client_report(c, exit_code) && !exit_code)
            exit_code = cli_fail(c->verb, CAMSEAL_E_IO, "cannot write to stdout");
    }
    free_all(c);
    return exit_code;
}
