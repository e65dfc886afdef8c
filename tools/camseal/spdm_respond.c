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
#include "wait.h"

enum { SEND_TIMEOUT_US = 5000000, POLL_US = 1000 };

/* ---- trace ----------------------------------------------------------------------------------- */

/* Refusals: why the peer heard an ERROR. */
static void on_event(void *user, camseal_status status, const char *area, const char *what,
                     const char *detail, uint64_t a, uint64_t b)
{
    (void)area;
    if (status >= 0 || !spdm_responder_talks(user))
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
    if (bytes.len < 2 || !spdm_responder_talks(user))
        return;
    printf("  %s %-28s %zu bytes\n", sent ? "->" : "<-", camseal_spdm_code_name(bytes.data[1]),
           bytes.len);
    fflush(stdout);
}

static void on_secret(void *user, const char *label, camseal_span id, camseal_span value)
{
    spdm_responder *r = user;
    keylog_secret(&r->keylog, label, id, value);
}

static void on_session(void *user, uint8_t session, uint32_t session_id, bool established)
{
    spdm_respond_session(user, session, established);
    if (spdm_responder_talks(user))
        printf("  session 0x%08x %s\n", (unsigned)session_id, established ? "opened" : "ended");
    fflush(stdout);
}

/* ---- engine ---------------------------------------------------------------------------------- */

static int open_engine(spdm_responder *r)
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
    config->n_identities = o->n_keys;
    config->features = r->features;
    config->policy = &o->policy.rules;
    config->max_message = (uint32_t)o->n.max_message;
    config->data_transfer_size = (uint32_t)o->n.transfer;
    config->max_sessions = (uint8_t)o->n.sessions;
    config->heartbeat_s = (uint8_t)o->n.heartbeat_s;
    config->handshake_us = o->n.handshake_ms * 1000;
    config->ct_exponent = (uint8_t)o->n.ct_exponent;
    config->defer_exponent = (uint8_t)o->n.defer;
    config->capabilities = o->policy.capabilities;
    config->log_secrets = r->keylog.open;
    config->session = on_session;
    config->user = r;
    r->newest = SPDM_CLIENT_OUTSIDE;
    spdm_respond_set_up(r);
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
static camseal_status answer(spdm_responder *r, camseal_link *link, camseal_step *step)
{
    camseal_status status;
    for (;;) {
        step->out = (camseal_buf){r->out, sizeof r->out, 0};
        step->now_us = camseal_posix_now_us();
        status = camseal_spdm_responder_step(r->engine, step);
        step->in = camseal_span_of(NULL, 0);
        if (status != CAMSEAL_OK || step->next != CAMSEAL_NEXT_WAIT)
            break;
        status = camseal_posix_wait(NULL, 0, POLL_US, cli_signal_fd());
        if (status != CAMSEAL_E_TIMEOUT)
            return status;
    }
    if (status != CAMSEAL_OK || step->next != CAMSEAL_NEXT_SEND)
        return status;
    camseal_span message = camseal_span_of(step->out.data, step->out.len);
    return camseal_link_send(link,
                             step->out_secured ? CAMSEAL_MESSAGE_SECURED : CAMSEAL_MESSAGE_SPDM,
                             &message, 1, SEND_TIMEOUT_US, cli_signal_fd());
}

static bool is_due(uint64_t every, uint64_t n)
{
    return every && n % every == 0;
}

/* Faults on purpose, for those who test requesters. */
static void choose_mood(spdm_responder *r)
{
    const spdm_responder_numbers *n = &r->options.n;
    camseal_spdm_mood mood = CAMSEAL_SPDM_READY;
    r->heard++;
    if (is_due(n->busy, r->heard))
        mood = CAMSEAL_SPDM_BUSY;
    if (is_due(n->resynch, r->heard))
        mood = CAMSEAL_SPDM_RESYNCH;
    camseal_spdm_responder_set_mood(r->engine, mood);
}

/* Certificates are judged by the present time, however long this has been serving. */
static void tell_time(spdm_responder *r)
{
    if (!r->options.clock)
        return;
    r->authenticator.time.seconds = camseal_posix_unix_seconds();
    r->provisioner.time.seconds = r->authenticator.time.seconds;
}

/* Answers until the peer is gone. PENDING: a signal came. */
static camseal_status serve(spdm_responder *r, camseal_link *link)
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
        if (step.in.len)
            choose_mood(r);
        tell_time(r);
        status = answer(r, link, &step);
        spdm_respond_demand(r);
        if (status != CAMSEAL_OK)
            return status;
    }
}

static int serve_one(spdm_responder *r, bool *over)
{
    camseal_posix_error error = {""};
    const camseal_endpoint *at = &r->listener.endpoint;
    const camseal_link_control control = {.framing = r->options.framing,
                                          .emulator = at->kind == CAMSEAL_ENDPOINT_EMU,
                                          .responder = true,
                                          .bus = at->kind == CAMSEAL_ENDPOINT_I2C};
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
    r->heard = 0;
    if (spdm_responder_talks(r))
        printf("connection %llu\n", (unsigned long long)r->served);
    status = serve(r, link);
    if (status < 0) /* the peer's fault: the next one is served */
        cli_warn(SPDM_RESPOND_VERB, "connection %llu: %s", (unsigned long long)r->served,
                 camseal_status_class(status) == CAMSEAL_CLASS_IO ||
                         camseal_status_class(status) == CAMSEAL_CLASS_PEER
                     ? camseal_link_error(link)
                     : camseal_status_text(status));
    *over = camseal_link_shut_down(link) || r->served == r->options.n.connections;
    camseal_link_close(link);
    return status == CAMSEAL_PENDING ? CLI_EXIT_INTERRUPTED : CLI_EXIT_OK;
}

static int run(spdm_responder *r)
{
    camseal_posix_error error = {""};
    camseal_endpoint endpoint;
    bool over = false;
    int code = spdm_endpoint_option(&endpoint, SPDM_RESPOND_VERB, "listen", r->options.listen,
                                    r->options.remote);
    if (!code && endpoint.kind == CAMSEAL_ENDPOINT_I2C)
        r->options.transport_name = spdm_mailbox(&r->options.framing, &r->options.binding);
    if (!code)
        code = spdm_respond_open_files(r);
    if (!code)
        code = open_engine(r);
    if (code)
        return code;
    camseal_status status = camseal_listener_open(&r->listener, &endpoint, &error);
    if (status != CAMSEAL_OK)
        return cli_fail(SPDM_RESPOND_VERB, status, "--listen %s", error.text);
    if (spdm_responder_talks(r)) {
        printf("ready at %s, %s\n", r->listener.endpoint.text, r->options.transport_name);
        fflush(stdout);
    }
    while (!code && !over)
        code = serve_one(r, &over);
    return code;
}

static int end_keylog(spdm_responder *r, int code)
{
    if (!r->keylog.open || keylog_commit(&r->keylog) == CAMSEAL_OK)
        return code;
    return cli_fail(SPDM_RESPOND_VERB, CAMSEAL_E_FILE, "--keylog %s", r->keylog.file.error);
}

static void free_all(spdm_responder *r)
{
    camseal_spdm_responder_wipe(r->engine);
    camseal_listener_close(&r->listener);
    spdm_respond_free_files(r);
    keylog_abort(&r->keylog);
    free(r->memory);
    free(r);
}

int spdm_respond(int argc, char **argv)
{
    bool done = false;
    spdm_responder *r = calloc(1, sizeof *r);
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
