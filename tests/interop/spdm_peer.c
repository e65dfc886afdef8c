/* One SPDM peer on a socket, for the interoperability scripts:
 *
 *   spdm_peer request ENDPOINT TRANSPORT SET ROOT.der
 *   spdm_peer respond ENDPOINT TRANSPORT CHAIN.der KEY.pem
 *
 * request: connect with CHALLENGE, session, heartbeat, end; says a line for each step and ends a
 * peer that is an emulator. respond: answers one connection after the other until an emulator says
 * SHUTDOWN. TRANSPORT: tcp, mctp or doe; SET: p256 or p384. Exit 0 when everything went well. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "camseal/openssl.h"
#include "camseal/spdm.h"
#include "clock.h"
#include "link.h"

enum { FILE_MAX = 65536, MESSAGE_MAX = 8192, TIMEOUT_US = 5000000 };

static const struct transport {
    const camseal_framing *framing;
    const camseal_spdm_binding *binding;
} transports[] = {{&camseal_framing_tcp, &camseal_spdm_binding_tcp},
                  {&camseal_framing_mctp, &camseal_spdm_binding_mctp},
                  {&camseal_framing_doe, &camseal_spdm_binding_doe}};

static int say(const char *what, camseal_status status, const char *detail)
{
    printf("%s: %s%s%s\n", what, camseal_status_name(status), detail ? ": " : "",
           detail ? detail : "");
    fflush(stdout);
    return status == CAMSEAL_OK ? 0 : 1;
}

static camseal_span load(const char *path)
{
    static uint8_t memory[2][FILE_MAX];
    static unsigned used;
    uint8_t *to = memory[used++ % 2];
    FILE *file = fopen(path, "rb");
    size_t n = file ? fread(to, 1, FILE_MAX, file) : 0;
    if (file)
        fclose(file);
    if (n == 0)
        fprintf(stderr, "%s: cannot read\n", path);
    return camseal_span_of(to, n);
}

/* What an engine finds worth telling, on the error output. */
static void event(void *user, camseal_status status, const char *area, const char *what,
                  const char *detail, uint64_t a, uint64_t b)
{
    (void)user;
    fprintf(stderr, "  %s %s: %s%s%s (0x%" PRIx64 ", 0x%" PRIx64 ")\n", area, what,
            camseal_status_name(status), detail ? ": " : "", detail ? detail : "", a, b);
}
static const camseal_trace trace = {.event = event};

/* ---- requester ------------------------------------------------------------------------------- */

struct requester {
    camseal_link *link;
    camseal_spdm_requester *engine;
    uint8_t out[MESSAGE_MAX];
};

static camseal_status receive(struct requester *r, camseal_step *step)
{
    camseal_link_frame frame = {0};
    uint64_t now = camseal_posix_now_us();
    uint64_t left = step->wake_us > now ? step->wake_us - now : 0;
    camseal_status status = camseal_link_recv(r->link, &frame, left, -1);
    step->in = camseal_span_of(frame.bytes.data, frame.bytes.len);
    step->in_secured = frame.type == CAMSEAL_MESSAGE_SECURED;
    if (status == CAMSEAL_OK && frame.end)
        return CAMSEAL_E_CLOSED;
    return status == CAMSEAL_E_TIMEOUT ? CAMSEAL_OK : status; /* the engine knows the time */
}

static camseal_status run(struct requester *r, camseal_status begun)
{
    camseal_step step = {0};
    camseal_status status = begun;
    while (status == CAMSEAL_OK) {
        step.out = (camseal_buf){r->out, sizeof r->out, 0};
        step.now_us = camseal_posix_now_us();
        status = camseal_spdm_requester_step(r->engine, &step);
        step.in = camseal_span_of(NULL, 0);
        if (status != CAMSEAL_OK || step.next == CAMSEAL_NEXT_DONE)
            break;
        camseal_span message = camseal_span_of(r->out, step.out.len);
        if (step.next == CAMSEAL_NEXT_SEND)
            status = camseal_link_send(
                r->link, step.out_secured ? CAMSEAL_MESSAGE_SECURED : CAMSEAL_MESSAGE_SPDM,
                &message, 1, TIMEOUT_US, -1);
        else
            status = receive(r, &step);
    }
    return status;
}

static int step_done(struct requester *r, const char *what, camseal_status status)
{
    char detail[400];
    const camseal_spdm_failure *f = camseal_spdm_requester_failure(r->engine);
    if (status == CAMSEAL_OK)
        return say(what, status, NULL);
    if (!f || f->status != status)
        return say(what, status, camseal_link_error(r->link));
    snprintf(detail, sizeof detail, "%s: %s (expected 0x%" PRIx64 ", seen 0x%" PRIx64 ", error %u)",
             f->message ? f->message : "?", f->detail ? f->detail : "?", f->expected, f->seen,
             (unsigned)f->peer_error);
    return say(what, status, detail);
}

static int converse(struct requester *r)
{
    uint8_t session = 0;
    if (step_done(r, "connect", run(r, camseal_spdm_begin_connect(r->engine))) ||
        step_done(r, "session", run(r, camseal_spdm_begin_session(r->engine, &session))))
        return 1;
    int bad = step_done(r, "heartbeat", run(r, camseal_spdm_begin_heartbeat(r->engine, session)));
    return step_done(r, "end", run(r, camseal_spdm_begin_end_session(r->engine, session))) | bad;
}

static int request(const camseal_endpoint *endpoint, const struct transport *transport,
                   const char *set, const char *root)
{
    struct requester r = {0};
    camseal_posix_error error = {""};
    camseal_span anchor = load(root);
    camseal_spdm_requester_config config = {
        .struct_size = sizeof config,
        .crypto = camseal_openssl(),
        .binding = transport->binding,
        .trace = &trace,
        .anchors = &anchor,
        .n_anchors = 1,
        .sets = strcmp(set, "p256") ? CAMSEAL_SPDM_SET_P384 : CAMSEAL_SPDM_SET_P256,
        .challenge = true};
    camseal_link_control control = {transport->framing, endpoint->kind == CAMSEAL_ENDPOINT_EMU,
                                    false};
    int fd = -1;
    camseal_status status = camseal_endpoint_connect(&fd, endpoint, TIMEOUT_US, -1, &error);
    if (status == CAMSEAL_OK)
        status = camseal_link_open_control(&r.link, fd, &control, endpoint->text, 0, 0);
    if (status != CAMSEAL_OK)
        return say("reach", status, error.text);
    size_t size = camseal_spdm_requester_size(&config);
    void *mem = malloc(size ? size : 1);
    int bad = say("init", camseal_spdm_requester_init(&r.engine, mem, size, &config), NULL);
    if (!bad) {
        status = camseal_link_greet(r.link, TIMEOUT_US, -1);
        bad = say("greet", status, status == CAMSEAL_OK ? NULL : camseal_link_error(r.link));
    }
    if (!bad)
        bad = converse(&r);
    status = camseal_link_part(r.link, true, TIMEOUT_US, -1);
    bad |= say("part", status, status == CAMSEAL_OK ? NULL : camseal_link_error(r.link));
    camseal_spdm_requester_wipe(r.engine);
    free(mem);
    camseal_link_close(r.link);
    return bad;
}

/* ---- responder ------------------------------------------------------------------------------- */

/* Answers until the peer is done. */
static camseal_status serve(camseal_link *link, camseal_spdm_responder *engine)
{
    static uint8_t out[MESSAGE_MAX];
    camseal_step step = {0};
    for (;;) {
        camseal_link_frame frame;
        camseal_status status = camseal_link_recv(link, &frame, UINT64_MAX, -1);
        if (status != CAMSEAL_OK || frame.end)
            return status;
        step.in = camseal_span_of(frame.bytes.data, frame.bytes.len);
        step.in_secured = frame.type == CAMSEAL_MESSAGE_SECURED;
        do {
            step.out = (camseal_buf){out, sizeof out, 0};
            step.now_us = camseal_posix_now_us();
            status = camseal_spdm_responder_step(engine, &step);
            step.in = camseal_span_of(NULL, 0);
        } while (status == CAMSEAL_OK && step.next == CAMSEAL_NEXT_WAIT);
        camseal_span answer = camseal_span_of(out, step.out.len);
        if (status == CAMSEAL_OK && step.next == CAMSEAL_NEXT_SEND)
            status = camseal_link_send(
                link, step.out_secured ? CAMSEAL_MESSAGE_SECURED : CAMSEAL_MESSAGE_SPDM, &answer, 1,
                TIMEOUT_US, -1);
        if (status != CAMSEAL_OK)
            return status;
    }
}

static int respond(const camseal_endpoint *endpoint, const struct transport *transport,
                   const char *chain, const char *key_file)
{
    camseal_posix_error error = {""};
    camseal_listener listener;
    camseal_spdm_identity identity = {.chain = load(chain)};
    camseal_spdm_responder_config config = {.struct_size = sizeof config,
                                            .crypto = camseal_openssl(),
                                            .binding = transport->binding,
                                            .trace = &trace,
                                            .identities = &identity,
                                            .n_identities = 1,
                                            .heartbeat_s = 30};
    camseal_link_control control = {transport->framing, endpoint->kind == CAMSEAL_ENDPOINT_EMU,
                                    true};
    camseal_status status = camseal_openssl_key_load(&identity.key, &identity.sign, load(key_file));
    if (status != CAMSEAL_OK)
        return say("key", status, NULL);
    camseal_spdm_responder *engine = NULL;
    size_t size = camseal_spdm_responder_size(&config);
    void *mem = malloc(size ? size : 1);
    status = camseal_spdm_responder_init(&engine, mem, size, &config);
    if (status == CAMSEAL_OK)
        status = camseal_listener_open(&listener, endpoint, &error);
    int bad = say("ready", status, status == CAMSEAL_OK ? listener.endpoint.text : error.text);
    bool over = bad != 0;
    while (!over) {
        int fd = -1;
        camseal_link *link = NULL;
        status = camseal_listener_accept(&listener, &fd, UINT64_MAX, -1, &error);
        if (status == CAMSEAL_OK)
            status = camseal_link_open_control(&link, fd, &control, endpoint->text, 0, 0);
        if (status != CAMSEAL_OK)
            break;
        status = serve(link, engine);
        bad |= say("served", status, status == CAMSEAL_OK ? NULL : camseal_link_error(link));
        over = !control.emulator || camseal_link_shut_down(link);
        camseal_link_close(link);
    }
    camseal_spdm_responder_wipe(engine);
    camseal_listener_close(&listener);
    camseal_openssl_key_free(&identity.key);
    free(mem);
    return bad;
}

int main(int argc, char **argv)
{
    camseal_endpoint endpoint;
    camseal_posix_error error;
    const struct transport *transport = NULL;
    for (size_t i = 0; argc == 6 && i < sizeof transports / sizeof transports[0]; i++)
        if (!strcmp(transports[i].framing->name, argv[3]))
            transport = &transports[i];
    if (!transport) {
        fprintf(stderr, "usage: spdm_peer request ENDPOINT tcp|mctp|doe p256|p384 ROOT.der\n"
                        "       spdm_peer respond ENDPOINT tcp|mctp|doe CHAIN.der KEY\n");
        return 2;
    }
    if (camseal_endpoint_parse_control(&endpoint, argv[2], false, &error) != CAMSEAL_OK) {
        fprintf(stderr, "%s\n", error.text);
        return 2;
    }
    if (!strcmp(argv[1], "request"))
        return request(&endpoint, transport, argv[4], argv[5]);
    return respond(&endpoint, transport, argv[4], argv[5]);
}
