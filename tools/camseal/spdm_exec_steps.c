/* `camseal spdm exec`: what each kind of step does. */
#include <stdio.h>
#include <string.h>

#include "camseal/spdm_measurements.h"
#include "camseal/spdm_provision.h"
#include "camseal/spdm_tester.h"
#include "clock.h"
#include "spdm/msg/msg.h"
#include "spdm_exec.h"
#include "wait.h"

/* ---- shared ---------------------------------------------------------------------------------- */

static void explain(const camseal_spdm_failure *f, exec_outcome *out)
{
    bool known = f->status == out->value && f->message && f->detail;
    snprintf(out->detail, sizeof out->detail, "%s%s%s", known ? f->message : "", known ? ": " : "",
             known ? f->detail : camseal_status_text(out->value));
}

void exec_settle(exec_run *x, camseal_status status, exec_outcome *out)
{
    const camseal_spdm_failure *f = camseal_spdm_requester_failure(x->client->engine);
    *out = (exec_outcome){.kind = status == CAMSEAL_OK ? EXEC_OK : EXEC_STATUS, .value = status};
    if (status == CAMSEAL_OK)
        return;
    explain(f, out);
    if (status == CAMSEAL_E_PEER_ERROR && f->status == status && f->peer_error) {
        out->kind = EXEC_ERROR;
        out->value = f->peer_error;
    }
}

/* Goes on with an operation that was begun, up to a request of this code (0: to its end). What was
 * not begun leaves the one that stands as it is. */
static void advance(exec_run *x, camseal_status begun, uint8_t hold, exec_outcome *out)
{
    if (begun == CAMSEAL_OK)
        camseal_spdm_hold(x->client->engine, hold);
    exec_settle(x, spdm_client_step(x->client, begun), out);
}

/* The operation that an earlier step has stopped goes on, if it is that one. */
static bool stopped_at(const exec_run *x, uint8_t request)
{
    return camseal_spdm_held(x->client->engine) == request;
}

uint8_t exec_place(const exec_run *x, const exec_step *step)
{
    const exec_value *v = &step->values[EXEC_SESSION];
    return v->set ? (uint8_t)v->number : x->session;
}

static uint64_t number_or(const exec_step *step, enum exec_field field, uint64_t otherwise)
{
    return step->values[field].set ? step->values[field].number : otherwise;
}

/* Bytes of the step in x->bytes. */
static camseal_span bytes_of(exec_run *x, const exec_step *step, enum exec_field field)
{
    bool open_end;
    size_t len = 0;
    const exec_value *v = &step->values[field];
    if (v->set)
        (void)exec_bytes(v->text, spdm_client_info(x->client)->version, x->bytes, NULL, &len,
                         &open_end);
    return camseal_span_of(x->bytes, len);
}

void exec_compare(const exec_run *x, const exec_step *step, camseal_span got, exec_outcome *out)
{
    static uint8_t want[EXEC_BYTES_MAX], mask[EXEC_BYTES_MAX];
    bool open_end = true, same;
    size_t len = 0;
    const exec_value *v = &step->values[EXEC_ANSWER];
    if (!v->set)
        return;
    (void)exec_bytes(v->text, spdm_client_info(x->client)->version, want, mask, &len, &open_end);
    same = got.len == len || (open_end && got.len > len);
    for (size_t i = 0; same && i < len; i++)
        same = (got.data[i] & mask[i]) == want[i];
    out->answer_differs = !same;
}

/* ---- connection ------------------------------------------------------------------------------ */

/* A new connection of SPDM: every session is over. */
static camseal_status begin_anew(exec_run *x)
{
    camseal_spdm_abandon(x->client->engine);
    x->session = SPDM_CLIENT_OUTSIDE;
    x->open = 0;
    return camseal_spdm_begin_connect(x->client->engine);
}

static void run_connect(exec_run *x, const exec_step *step, exec_outcome *out)
{
    (void)step;
    advance(x, begin_anew(x), 0, out);
}

static void run_version(exec_run *x, const exec_step *step, exec_outcome *out)
{
    (void)step;
    advance(x, begin_anew(x), SPDM_GET_CAPABILITIES, out);
}

static void run_negotiate(exec_run *x, const exec_step *step, exec_outcome *out)
{
    (void)step;
    advance(x, begin_anew(x), SPDM_GET_DIGESTS, out);
}

static void run_capabilities(exec_run *x, const exec_step *step, exec_outcome *out)
{
    (void)step;
    bool due = stopped_at(x, SPDM_GET_CAPABILITIES);
    advance(x, due ? CAMSEAL_OK : CAMSEAL_E_STATE, SPDM_NEGOTIATE_ALGORITHMS, out);
}

static void run_algorithms(exec_run *x, const exec_step *step, exec_outcome *out)
{
    (void)step;
    bool due = stopped_at(x, SPDM_NEGOTIATE_ALGORITHMS);
    advance(x, due ? CAMSEAL_OK : CAMSEAL_E_STATE, SPDM_GET_DIGESTS, out);
}

/* GET_DIGESTS of a connection that has them already, or of another slot, starts anew. */
static camseal_status begin_slot(exec_run *x, const exec_step *step, uint8_t continues_at)
{
    uint8_t slot = (uint8_t)number_or(step, EXEC_SLOT, x->slot);
    if (slot == x->slot && (stopped_at(x, SPDM_GET_DIGESTS) || stopped_at(x, continues_at)))
        return CAMSEAL_OK;
    if (stopped_at(x, SPDM_GET_DIGESTS) || stopped_at(x, SPDM_GET_CERTIFICATE))
        camseal_spdm_abandon(x->client->engine);
    camseal_status status = camseal_spdm_begin_certificate(x->client->engine, slot);
    if (status == CAMSEAL_OK)
        x->slot = slot;
    return status;
}

static void run_digests(exec_run *x, const exec_step *step, exec_outcome *out)
{
    advance(x, begin_slot(x, step, SPDM_GET_DIGESTS), SPDM_GET_CERTIFICATE, out);
}

static void run_certificate(exec_run *x, const exec_step *step, exec_outcome *out)
{
    advance(x, begin_slot(x, step, SPDM_GET_CERTIFICATE), 0, out);
}

static void run_challenge(exec_run *x, const exec_step *step, exec_outcome *out)
{
    uint8_t summary = (uint8_t)number_or(step, EXEC_SUMMARY, x->client->config.summary);
    if (number_or(step, EXEC_SLOT, x->slot) != x->slot) {
        run_certificate(x, step, out);
        if (out->kind != EXEC_OK)
            return;
    }
    advance(x, camseal_spdm_begin_challenge(x->client->engine, summary), 0, out);
}

static void run_reconnect(exec_run *x, const exec_step *step, exec_outcome *out)
{
    (void)step;
    camseal_spdm_abandon(x->client->engine);
    x->session = SPDM_CLIENT_OUTSIDE;
    x->open = 0;
    int code = spdm_client_reconnect(x->client);
    exec_settle(x, code ? CAMSEAL_E_CONNECT : CAMSEAL_OK, out);
}

static void run_abandon(exec_run *x, const exec_step *step, exec_outcome *out)
{
    (void)step;
    camseal_spdm_abandon(x->client->engine);
    exec_settle(x, CAMSEAL_OK, out);
}

/* ---- sessions -------------------------------------------------------------------------------- */

/* `session` has handshake keys, or is open. */
static void entered(exec_run *x, uint8_t session, const exec_outcome *out)
{
    if (out->kind != EXEC_OK)
        return;
    x->session = session;
    x->open |= 1u << session;
}

static void open_session(exec_run *x, const exec_step *step, bool psk, uint8_t hold,
                         exec_outcome *out)
{
    spdm_client *c = x->client;
    uint8_t session = SPDM_CLIENT_OUTSIDE;
    camseal_span hint = camseal_span_of(c->hint, c->hint_len);
    if (step->values[EXEC_HINT].set)
        hint = bytes_of(x, step, EXEC_HINT);
    camseal_status status = psk ? camseal_spdm_begin_psk_session(c->engine, hint, &session)
                                : camseal_spdm_begin_session(c->engine, &session);
    advance(x, status, hold, out);
    entered(x, session, out);
}

static void run_session(exec_run *x, const exec_step *step, exec_outcome *out)
{
    bool psk = x->client->config.psk && !x->client->n_trust && !x->client->has_pin;
    open_session(x, step, psk || step->values[EXEC_HINT].set, 0, out);
}

static void run_key_exchange(exec_run *x, const exec_step *step, exec_outcome *out)
{
    open_session(x, step, false, SPDM_FINISH, out);
}

static void run_psk_exchange(exec_run *x, const exec_step *step, exec_outcome *out)
{
    open_session(x, step, true, SPDM_PSK_FINISH, out);
}

static void run_finish(exec_run *x, const exec_step *step, exec_outcome *out)
{
    (void)step;
    bool due = stopped_at(x, SPDM_FINISH) || stopped_at(x, SPDM_PSK_FINISH);
    advance(x, due ? CAMSEAL_OK : CAMSEAL_E_STATE, 0, out);
}

static void run_heartbeat(exec_run *x, const exec_step *step, exec_outcome *out)
{
    advance(x, camseal_spdm_begin_heartbeat(x->client->engine, exec_place(x, step)), 0, out);
}

static void run_key_update(exec_run *x, const exec_step *step, exec_outcome *out)
{
    advance(x,
            camseal_spdm_begin_key_update(x->client->engine, exec_place(x, step),
                                          number_or(step, EXEC_ALL, 0) != 0),
            0, out);
}

static void run_end_session(exec_run *x, const exec_step *step, exec_outcome *out)
{
    uint8_t session = exec_place(x, step);
    advance(x, camseal_spdm_begin_end_session(x->client->engine, session), 0, out);
    if (out->kind != EXEC_OK)
        return;
    x->open &= ~(1u << session);
    x->session = SPDM_CLIENT_OUTSIDE;
    for (uint8_t i = 0; i < CAMSEAL_SPDM_SESSIONS_MAX; i++)
        if (x->open >> i & 1u)
            x->session = i;
}

static void run_poll(exec_run *x, const exec_step *step, exec_outcome *out)
{
    uint16_t answered = 0;
    uint8_t place = exec_place(x, step);
    advance(x, camseal_spdm_begin_poll(x->client->engine, place, &answered), 0, out);
    if (out->kind == EXEC_OK)
        snprintf(out->detail, sizeof out->detail, "%u requests answered", answered);
    if (out->kind == EXEC_OK && step->values[EXEC_COUNT].set)
        out->answer_differs = answered != step->values[EXEC_COUNT].number;
}

/* ---- what a device says of itself ------------------------------------------------------------ */

static void run_measurements(exec_run *x, const exec_step *step, exec_outcome *out)
{
    camseal_spdm_measure m = {.operation = (uint8_t)number_or(step, EXEC_INDEX, 0xFF),
                              .sign = number_or(step, EXEC_SIGNED, 1) != 0,
                              .raw = number_or(step, EXEC_RAW, 0) != 0,
                              .fresh = number_or(step, EXEC_FRESH, 0) != 0};
    uint8_t place = exec_place(x, step);
    advance(x, camseal_spdm_begin_measurements(x->client->engine, place, &m), 0, out);
    unsigned seen = m.operation == CAMSEAL_SPDM_MEASURE_COUNT ? m.total : m.blocks;
    if (out->kind == EXEC_OK)
        snprintf(out->detail, sizeof out->detail, "%u blocks", seen);
    if (out->kind == EXEC_OK && step->values[EXEC_COUNT].set)
        out->answer_differs = seen != step->values[EXEC_COUNT].number;
}

/* What was read into x->answer. */
static void take_answer(exec_run *x, const exec_step *step, const camseal_buf *got,
                        exec_outcome *out)
{
    if (out->kind != EXEC_OK)
        return;
    snprintf(out->detail, sizeof out->detail, "%zu bytes", got->len);
    exec_compare(x, step, camseal_span_of(got->data, got->len), out);
}

static void run_mel(exec_run *x, const exec_step *step, exec_outcome *out)
{
    camseal_buf log = {x->answer, sizeof x->answer, 0};
    uint8_t place = exec_place(x, step);
    advance(x, camseal_spdm_begin_measurement_log(x->client->engine, place, &log), 0, out);
    take_answer(x, step, &log, out);
}

static void run_endpoint_info(exec_run *x, const exec_step *step, exec_outcome *out)
{
    camseal_buf info = {x->answer, sizeof x->answer, 0};
    bool is_signed = number_or(step, EXEC_SIGNED, 0) != 0;
    uint8_t place = exec_place(x, step);
    advance(x, camseal_spdm_begin_endpoint_info(x->client->engine, place, is_signed, &info), 0,
            out);
    take_answer(x, step, &info, out);
}

static void run_vendor(exec_run *x, const exec_step *step, exec_outcome *out)
{
    static uint8_t id[EXEC_BYTES_MAX];
    camseal_buf answer = {x->answer, sizeof x->answer, 0};
    camseal_span vendor = bytes_of(x, step, EXEC_ID);
    if (vendor.len)
        memcpy(id, vendor.data, vendor.len);
    vendor.data = id;
    advance(x,
            camseal_spdm_begin_vendor(x->client->engine, exec_place(x, step),
                                      (uint16_t)number_or(step, EXEC_STANDARD, 0), vendor,
                                      bytes_of(x, step, EXEC_SEND), &answer),
            0, out);
    take_answer(x, step, &answer, out);
}

/* ---- events ---------------------------------------------------------------------------------- */

static void run_event_types(exec_run *x, const exec_step *step, exec_outcome *out)
{
    x->events.room = (camseal_buf){x->event_bytes, sizeof x->event_bytes, 0};
    uint8_t place = exec_place(x, step);
    advance(x, camseal_spdm_begin_event_types(x->client->engine, place, &x->events), 0, out);
    take_answer(x, step, &x->events.room, out);
}

/* Everything that event_types has shown, or a list of the script's own; count 0: nothing. */
static void run_subscribe(exec_run *x, const exec_step *step, exec_outcome *out)
{
    camseal_span list = camseal_span_of(x->events.room.data, x->events.room.len);
    uint8_t groups = (uint8_t)number_or(step, EXEC_COUNT, x->events.groups);
    if (step->values[EXEC_SEND].set)
        list = bytes_of(x, step, EXEC_SEND);
    if (!groups)
        list = camseal_span_of(NULL, 0);
    advance(x, camseal_spdm_begin_subscribe(x->client->engine, exec_place(x, step), groups, list),
            0, out);
}

static void run_send_event(exec_run *x, const exec_step *step, exec_outcome *out)
{
    uint32_t count = (uint32_t)number_or(step, EXEC_COUNT, 1);
    advance(x,
            camseal_spdm_begin_send_event(x->client->engine, exec_place(x, step), count,
                                          bytes_of(x, step, EXEC_SEND)),
            0, out);
}

/* ---- the rest -------------------------------------------------------------------------------- */

static void run_wait(exec_run *x, const exec_step *step, exec_outcome *out)
{
    uint64_t us = step->values[EXEC_MS].number * 1000;
    camseal_status status = camseal_posix_wait(NULL, 0, us, cli_signal_fd());
    exec_settle(x, status == CAMSEAL_E_TIMEOUT ? CAMSEAL_OK : status, out);
}

#define PLACE   EXEC_BIT(EXEC_SESSION)
#define ANSWER  EXEC_BIT(EXEC_ANSWER)
#define NOTHING EXEC_FIELDS
static const exec_kind kinds[] = {
    {"connect", 0, NOTHING, 0, run_connect},
    {"version", 0, NOTHING, 0, run_version},
    {"negotiate", 0, NOTHING, 0, run_negotiate},
    {"capabilities", 0, NOTHING, 0, run_capabilities},
    {"algorithms", 0, NOTHING, 0, run_algorithms},
    {"digests", EXEC_BIT(EXEC_SLOT), EXEC_SLOT, 0, run_digests},
    {"certificate", EXEC_BIT(EXEC_SLOT), EXEC_SLOT, 0, run_certificate},
    {"challenge", EXEC_BIT(EXEC_SLOT) | EXEC_BIT(EXEC_SUMMARY), EXEC_SLOT, 0, run_challenge},
    {"measurements",
     PLACE | EXEC_BIT(EXEC_INDEX) | EXEC_BIT(EXEC_SIGNED) | EXEC_BIT(EXEC_RAW) |
         EXEC_BIT(EXEC_FRESH) | EXEC_BIT(EXEC_COUNT),
     EXEC_INDEX, 0, run_measurements},
    {"mel", PLACE | ANSWER, NOTHING, 0, run_mel},
    {"endpoint_info", PLACE | ANSWER | EXEC_BIT(EXEC_SIGNED), NOTHING, 0, run_endpoint_info},
    {"session", EXEC_BIT(EXEC_HINT), NOTHING, 0, run_session},
    {"key_exchange", 0, NOTHING, 0, run_key_exchange},
    {"psk_exchange", EXEC_BIT(EXEC_HINT), EXEC_HINT, 0, run_psk_exchange},
    {"finish", 0, NOTHING, 0, run_finish},
    {"heartbeat", PLACE, EXEC_SESSION, 0, run_heartbeat},
    {"key_update", PLACE | EXEC_BIT(EXEC_ALL), EXEC_ALL, 0, run_key_update},
    {"vendor", PLACE | ANSWER | EXEC_BIT(EXEC_STANDARD) | EXEC_BIT(EXEC_ID) | EXEC_BIT(EXEC_SEND),
     EXEC_SEND, EXEC_BIT(EXEC_SEND), run_vendor},
    {"event_types", PLACE | ANSWER, NOTHING, 0, run_event_types},
    {"subscribe", PLACE | EXEC_BIT(EXEC_COUNT) | EXEC_BIT(EXEC_SEND), EXEC_SEND, 0, run_subscribe},
    {"send_event", PLACE | EXEC_BIT(EXEC_COUNT) | EXEC_BIT(EXEC_SEND), EXEC_SEND,
     EXEC_BIT(EXEC_SEND), run_send_event},
    {"poll", PLACE | EXEC_BIT(EXEC_COUNT), NOTHING, 0, run_poll},
    {"end_session", PLACE, EXEC_SESSION, 0, run_end_session},
    {"raw",
     PLACE | ANSWER | EXEC_BIT(EXEC_SEND) | EXEC_BIT(EXEC_FLIP) | EXEC_BIT(EXEC_PAD) |
         EXEC_BIT(EXEC_MS),
     EXEC_SEND, EXEC_BIT(EXEC_SEND), exec_raw},
    {"reconnect", 0, NOTHING, 0, run_reconnect},
    {"abandon", 0, NOTHING, 0, run_abandon},
    {"wait", EXEC_BIT(EXEC_MS), EXEC_MS, EXEC_BIT(EXEC_MS), run_wait},
    {"repeat", EXEC_BIT(EXEC_TIMES) | EXEC_BIT(EXEC_BODY), NOTHING,
     EXEC_BIT(EXEC_TIMES) | EXEC_BIT(EXEC_BODY), NULL},
};

const exec_kind *exec_kind_named(const char *name)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (!strcmp(name, kinds[i].name))
            return &kinds[i];
    return NULL;
}
