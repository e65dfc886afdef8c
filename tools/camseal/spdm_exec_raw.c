/* `camseal spdm exec`: bytes as they are, and what comes back. Neither the requester's order nor
 * its transcripts know of them. */
#include <stdio.h>
#include <string.h>

#include "camseal/spdm_tester.h"
#include "clock.h"
#include "spdm/msg/msg.h"
#include "spdm_exec.h"
#include "wait.h"

enum { ERROR_CODE_AT = 2, DOE_PADDING = 3 };

static uint8_t wire[SPDM_CLIENT_MESSAGE_MAX + CAMSEAL_SPDM_RECORD_OVERHEAD];

/* The message with its padding; in x->bytes. False: longer than there is room. */
static bool build(exec_run *x, const exec_step *step, size_t *len)
{
    bool open_end;
    size_t pad = step->values[EXEC_PAD].number;
    (void)exec_bytes(step->values[EXEC_SEND].text, spdm_client_info(x->client)->version, x->bytes,
                     NULL, len, &open_end);
    if (pad > sizeof x->bytes - *len)
        return false;
    memset(x->bytes + *len, 0, pad);
    *len += pad;
    return true;
}

static void flip(const exec_step *step, camseal_buf *out)
{
    if (step->values[EXEC_FLIP].set && step->values[EXEC_FLIP].number < out->len)
        out->data[step->values[EXEC_FLIP].number] ^= 1u;
}

static camseal_status send_bytes(exec_run *x, const exec_step *step, uint8_t place)
{
    size_t len = 0;
    spdm_client *c = x->client;
    camseal_buf out = {wire, sizeof wire, 0};
    bool secured = place != SPDM_CLIENT_OUTSIDE;
    if (!build(x, step, &len))
        return CAMSEAL_E_SPACE;
    camseal_span message = camseal_span_of(x->bytes, len);
    spdm_client_note(c, true, secured, message);
    camseal_status status = CAMSEAL_OK;
    if (secured)
        status = camseal_spdm_seal(c->engine, place, message, &out);
    else
        memcpy(out.data, message.data, out.len = message.len);
    if (status != CAMSEAL_OK)
        return status;
    flip(step, &out);
    camseal_span bytes = camseal_span_of(out.data, out.len);
    return camseal_link_send(c->link, secured ? CAMSEAL_MESSAGE_SECURED : CAMSEAL_MESSAGE_SPDM,
                             &bytes, 1, c->timeout_us, cli_signal_fd());
}

/* The SPDM message that came back, in whatever protection. TIMEOUT: nothing. */
static camseal_status receive(exec_run *x, const exec_step *step, uint8_t place,
                              camseal_span *message)
{
    spdm_client *c = x->client;
    camseal_link_frame frame = {0};
    const exec_value *ms = &step->values[EXEC_MS];
    uint64_t us = ms->set ? ms->number * 1000 : c->timeout_us;
    camseal_status status = camseal_link_recv(c->link, &frame, us, cli_signal_fd());
    if (status != CAMSEAL_OK)
        return status;
    if (frame.end)
        return CAMSEAL_E_CLOSED;
    *message = camseal_span_of(frame.bytes.data, frame.bytes.len);
    if (frame.type == CAMSEAL_MESSAGE_SECURED)
        status = camseal_spdm_open(c->engine, place, *message, message);
    else if (frame.type != CAMSEAL_MESSAGE_SPDM)
        return CAMSEAL_E_PEER_ERROR;
    if (status == CAMSEAL_OK && message->len < 2)
        return CAMSEAL_E_TRUNCATED;
    if (status == CAMSEAL_OK)
        spdm_client_note(c, false, false, *message);
    return status;
}

static void classify(camseal_span message, exec_outcome *out)
{
    size_t shown = message.len < 24 ? message.len : 24;
    out->kind = EXEC_RESPONSE;
    out->value = message.data[1];
    if (message.data[1] == SPDM_ERROR && message.len > ERROR_CODE_AT) {
        out->kind = EXEC_ERROR;
        out->value = message.data[ERROR_CODE_AT];
    }
    for (size_t i = 0; i < shown; i++)
        snprintf(out->detail + 2 * i, 3, "%02x", message.data[i]);
    if (shown < message.len)
        snprintf(out->detail + 2 * shown, 40, "... (%zu bytes)", message.len);
}

/* A DOE data object comes with padding that its text does not name. */
static void compare(exec_run *x, const exec_step *step, camseal_span message, exec_outcome *out)
{
    exec_compare(x, step, message, out);
    for (size_t i = 0; out->answer_differs && i < DOE_PADDING && message.len &&
                       x->client->binding == &camseal_spdm_binding_doe;
         i++) {
        if (message.data[--message.len])
            return;
        exec_compare(x, step, message, out);
    }
}

void exec_raw(exec_run *x, const exec_step *step, exec_outcome *out)
{
    camseal_span message = {NULL, 0};
    uint8_t place = exec_place(x, step);
    bool clear =
        spdm_client_info(x->client)->clear_handshake && camseal_spdm_held(x->client->engine) != 0;
    if (clear && !step->values[EXEC_SESSION].set)
        place = SPDM_CLIENT_OUTSIDE;
    camseal_status status = send_bytes(x, step, place);
    if (status == CAMSEAL_OK)
        status = receive(x, step, place, &message);
    *out = (exec_outcome){.kind = EXEC_STATUS, .value = status};
    if (status == CAMSEAL_OK) {
        classify(message, out);
        compare(x, step, message, out);
        return;
    }
    out->answer_differs = step->values[EXEC_ANSWER].set;
    if (status == CAMSEAL_E_TIMEOUT)
        out->kind = EXEC_SILENCE;
    snprintf(out->detail, sizeof out->detail, "%s", camseal_status_text(status));
}
