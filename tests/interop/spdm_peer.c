/* One SPDM peer on a socket, for the interoperability scripts:
 *
 *   spdm_peer request|measure|psk ENDPOINT TRANSPORT SET ROOT.der [VERSION]
 *   spdm_peer respond ENDPOINT TRANSPORT CHAIN.der KEY.pem [VERSION]
 *
 * request: connect with CHALLENGE, session, heartbeat, end. measure: the measurements in every way,
 * their summaries and evidence, extension log and endpoint information, outside and inside a
 * session. psk: without certificates, a session from the emulators' pre-shared key. Each says a
 * line for each step and ends a peer that is an emulator. respond: answers one connection after the
 * other until an emulator says SHUTDOWN, with measurements and the emulators' pre-shared key.
 * TRANSPORT: tcp, mctp or doe; SET: p256, p384 or any; VERSION: 1.2, 1.3 or 1.4, else the highest
 * common one. Exit 0 when everything went well. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "camseal/openssl.h"
#include "camseal/spdm_measurements.h"
#include "camseal/spdm_psk.h"
#include "clock.h"
#include "link.h"

enum {
    FILE_MAX = 65536,
    MESSAGE_MAX = 8192,
    TIMEOUT_US = 5000000,
    OUTSIDE = 0xFF,
    VALUE_MAX = 32768
};

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

static camseal_spdm_policy policy;

/* ---- the emulators' pre-shared key ------------------------------------------------------------
 */

static const uint8_t psk[] = "TestPskData", psk_hint[] = "TestPskHint";

static camseal_status find_key(void *user, const camseal_spdm_psk_query *query,
                               camseal_spdm_psk_key *out)
{
    (void)user;
    if (query->hint.len != sizeof psk_hint || memcmp(query->hint.data, psk_hint, sizeof psk_hint))
        return CAMSEAL_E_NOT_FOUND;
    memcpy(out->bytes, psk, sizeof psk);
    out->len = sizeof psk;
    return CAMSEAL_OK;
}
static const camseal_spdm_psk_source psk_source = {.key = find_key, .without_context = true};
static const camseal_spdm_psk_source psk_with_context = {.key = find_key};

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
    bad |= step_done(r, "update all keys",
                     run(r, camseal_spdm_begin_key_update(r->engine, session, true)));
    bad |= step_done(r, "update key",
                     run(r, camseal_spdm_begin_key_update(r->engine, session, false)));
    bad |= step_done(r, "heartbeat", run(r, camseal_spdm_begin_heartbeat(r->engine, session)));
    return step_done(r, "end", run(r, camseal_spdm_begin_end_session(r->engine, session))) | bad;
}

/* ---- requester: measurements ----------------------------------------------------------------- */

static unsigned blocks;
static void count_block(void *user, const camseal_spdm_measurement *block)
{
    (void)user;
    (void)block;
    blocks++;
}

static int check_evidence(camseal_span evidence, const camseal_span *anchor, unsigned least)
{
    camseal_spdm_evidence e = {
        .crypto = camseal_openssl(), .anchors = anchor, .n_anchors = 1, .block = count_block};
    blocks = 0;
    camseal_status status = camseal_spdm_check_evidence(&e, evidence);
    if (status == CAMSEAL_OK && blocks < least)
        status = CAMSEAL_E_NOT_FOUND;
    return say("evidence", status, e.detail);
}

/* How many there are, all in both forms, one; then a signature over all of this. */
static int measure_here(struct requester *r, const camseal_span *anchor, uint8_t session,
                        const char *where)
{
    static uint8_t evidence[2 * FILE_MAX];
    camseal_buf buf = {evidence, sizeof evidence, 0};
    static const struct {
        const char *name;
        uint8_t operation;
        bool sign, raw;
    } rows[] = {{"count", CAMSEAL_SPDM_MEASURE_COUNT, false, false},
                {"all, raw", CAMSEAL_SPDM_MEASURE_ALL, false, true},
                {"index 1", 1, false, false},
                {"all, signed", CAMSEAL_SPDM_MEASURE_ALL, true, false}};
    unsigned total = 0;
    int bad = 0;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0] && !bad; i++) {
        camseal_spdm_measure m = {.operation = rows[i].operation,
                                  .sign = rows[i].sign,
                                  .raw = rows[i].raw,
                                  .evidence = &buf};
        char what[64];
        snprintf(what, sizeof what, "measurements %s, %s", where, rows[i].name);
        bad |= step_done(r, what, run(r, camseal_spdm_begin_measurements(r->engine, session, &m)));
        total += m.blocks;
    }
    return bad || check_evidence(camseal_span_of(evidence, buf.len), anchor, total);
}

/* What the peer says it has: the extension log and endpoint information. */
static int describe(struct requester *r, uint8_t session)
{
    static uint8_t room[VALUE_MAX];
    camseal_buf buf = {room, sizeof room, 0};
    uint32_t has = camseal_spdm_requester_info(r->engine)->peer_flags;
    int bad = 0;
    if (camseal_spdm_requester_info(r->engine)->version < CAMSEAL_SPDM_1_3)
        return 0;
    if (has & CAMSEAL_SPDM_CAP_MEL)
        bad |= step_done(r, "log",
                         run(r, camseal_spdm_begin_measurement_log(r->engine, session, &buf)));
    if (has & CAMSEAL_SPDM_CAP_EP_INFO_SIGNED)
        bad |= step_done(r, "endpoint info, signed",
                         run(r, camseal_spdm_begin_endpoint_info(r->engine, session, true, &buf)));
    if (has & (CAMSEAL_SPDM_CAP_EP_INFO_SIGNED | CAMSEAL_SPDM_CAP_EP_INFO_UNSIGNED))
        bad |= step_done(r, "endpoint info",
                         run(r, camseal_spdm_begin_endpoint_info(r->engine, session, false, &buf)));
    return bad;
}

static int measure(struct requester *r, const camseal_span *anchor)
{
    uint8_t session = 0;
    if (step_done(r, "connect", run(r, camseal_spdm_begin_connect(r->engine))) ||
        measure_here(r, anchor, OUTSIDE, "outside") || describe(r, OUTSIDE) ||
        step_done(r, "session", run(r, camseal_spdm_begin_session(r->engine, &session))))
        return 1;
    int bad = measure_here(r, anchor, session, "inside") || describe(r, session);
    return step_done(r, "end", run(r, camseal_spdm_begin_end_session(r->engine, session))) | bad;
}

static int use_psk(struct requester *r)
{
    uint8_t session = 0;
    camseal_span hint = camseal_span_of(psk_hint, sizeof psk_hint);
    if (step_done(r, "connect", run(r, camseal_spdm_begin_connect(r->engine))) ||
        step_done(r, "session", run(r, camseal_spdm_begin_psk_session(r->engine, hint, &session))))
        return 1;
    int bad = step_done(r, "heartbeat", run(r, camseal_spdm_begin_heartbeat(r->engine, session)));
    bad |=
        step_done(r, "key update", run(r, camseal_spdm_begin_key_update(r->engine, session, true)));
    return step_done(r, "end", run(r, camseal_spdm_begin_end_session(r->engine, session))) | bad;
}

/* "any": every algorithm that the peer chooses. */
static uint32_t sets_of(const char *set)
{
    if (!strcmp(set, "any"))
        return 0;
    return strcmp(set, "p256") ? CAMSEAL_SPDM_SET_P384 : CAMSEAL_SPDM_SET_P256;
}

static int request(const char *flow, const camseal_endpoint *endpoint,
                   const struct transport *transport, const char *set, const char *root)
{
    struct requester r = {0};
    camseal_posix_error error = {""};
    camseal_span anchor = load(root);
    camseal_spdm_requester_config config = {
        .struct_size = sizeof config,
        .crypto = camseal_openssl(),
        .binding = transport->binding,
        .trace = &trace,
        .policy = &policy,
        .anchors = strcmp(flow, "psk") ? &anchor : NULL,
        .n_anchors = strcmp(flow, "psk") != 0,
        .psk = strcmp(flow, "psk") ? NULL : &psk_source,
        .summary = (uint8_t)(strcmp(flow, "request") ? CAMSEAL_SPDM_SUMMARY_ALL
                                                     : CAMSEAL_SPDM_SUMMARY_NONE),
        .sets = sets_of(set),
        .challenge = strcmp(flow, "psk") != 0};
    camseal_link_control control = {.framing = transport->framing,
                                    .emulator = endpoint->kind == CAMSEAL_ENDPOINT_EMU};
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
        bad = !strcmp(flow, "measure") ? measure(&r, &anchor)
              : !strcmp(flow, "psk")   ? use_psk(&r)
                                       : converse(&r);
    status = camseal_link_part(r.link, true, TIMEOUT_US, -1);
    bad |= say("part", status, status == CAMSEAL_OK ? NULL : camseal_link_error(r.link));
    camseal_spdm_requester_wipe(r.engine);
    free(mem);
    camseal_link_close(r.link);
    return bad;
}

/* ---- responder ------------------------------------------------------------------------------- */

static const uint8_t rom[] = "rom", firmware[] = "firmware", mode[16] = {4};
static const camseal_spdm_measurement measured[] = {
    {1, CAMSEAL_SPDM_MEASURE_ROM, CAMSEAL_SPDM_FORM_EITHER, true, {rom, sizeof rom}},
    {2, CAMSEAL_SPDM_MEASURE_FIRMWARE, CAMSEAL_SPDM_FORM_EITHER, true, {firmware, sizeof firmware}},
    {0xFE, CAMSEAL_SPDM_MEASURE_DEVICE_MODE, CAMSEAL_SPDM_FORM_RAW, false, {mode, sizeof mode}}};

static camseal_status get_log(void *user, camseal_span *log)
{
    static const uint8_t bytes[] = {1, 0, 0, 0, 15, 0, 0, 0, 0,    0, 0, 0,   0,   0,   0,  0,
                                    1, 0, 0, 0, 2,  0, 0, 0, 0x81, 4, 0, 'b', 'o', 'o', 't'};
    (void)user;
    *log = camseal_span_of(bytes, sizeof bytes);
    return CAMSEAL_OK;
}

static const uint8_t endpoint_info[] = {1, 0, 0, 0, 7, 0, 0, 1, 3, 0x12, 0x34, 0x56};
static const camseal_spdm_measurer measurer = {
    .blocks = measured,
    .n_blocks = sizeof measured / sizeof measured[0],
    .log = get_log,
    .endpoint_info = {endpoint_info, sizeof endpoint_info}};
static const camseal_spdm_feature *const features[] = {&camseal_spdm_measurements,
                                                       &camseal_spdm_psk_sessions};

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
    const bool alone = getenv("SPDM_PEER_PSK_ALONE") != NULL; /* no context of the responder */
    camseal_posix_error error = {""};
    camseal_listener listener;
    camseal_spdm_identity identity = {.chain = load(chain)};
    camseal_spdm_responder_config config = {.struct_size = sizeof config,
                                            .crypto = camseal_openssl(),
                                            .binding = transport->binding,
                                            .trace = &trace,
                                            .identities = &identity,
                                            .n_identities = 1,
                                            .features = features,
                                            .n_features = 2,
                                            .measurer = &measurer,
                                            .psk = alone ? &psk_source : &psk_with_context,
                                            .policy = &policy,
                                            .heartbeat_s = 30};
    camseal_link_control control = {.framing = transport->framing,
                                    .emulator = endpoint->kind == CAMSEAL_ENDPOINT_EMU,
                                    .responder = true};
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

static void use_version(const char *text)
{
    if (text && strlen(text) == 3)
        policy.min_version = policy.max_version = (uint8_t)(0x10 + (text[2] - '0'));
}

/* SPDM_PEER_CLEAR: the handshake may be in the clear. */
static void use_environment(void)
{
    if (getenv("SPDM_PEER_CLEAR"))
        policy.clear_handshake = CAMSEAL_SPDM_REQUIRE;
}

int main(int argc, char **argv)
{
    camseal_endpoint endpoint;
    camseal_posix_error error;
    const struct transport *transport = NULL;
    for (size_t i = 0; argc >= 6 && i < sizeof transports / sizeof transports[0]; i++)
        if (!strcmp(transports[i].framing->name, argv[3]))
            transport = &transports[i];
    if (!transport) {
        fprintf(stderr, "usage: spdm_peer request|measure|psk ENDPOINT tcp|mctp|doe p256|p384 "
                        "ROOT.der [VERSION]\n"
                        "       spdm_peer respond ENDPOINT tcp|mctp|doe CHAIN.der KEY [VERSION]\n");
        return 2;
    }
    use_version(argv[6]);
    use_environment();
    if (camseal_endpoint_parse_control(&endpoint, argv[2], false, &error) != CAMSEAL_OK) {
        fprintf(stderr, "%s\n", error.text);
        return 2;
    }
    if (!strcmp(argv[1], "respond"))
        return respond(&endpoint, transport, argv[4], argv[5]);
    return request(argv[1], &endpoint, transport, argv[4], argv[5]);
}
