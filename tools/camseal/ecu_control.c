#include "ecu_control.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "camseal/openssl.h"
#include "camseal/transport.h"
#include "hex.h"

enum { SEND_TIMEOUT_US = 2000000 };

void ecu_control_attach(ecu_control *control, camseal_link *link)
{
    camseal_link_close(control->link);
    control->link = link;
}

bool ecu_control_busy(const ecu_control *control)
{
    return control->operation.status == CAMSEAL_PENDING;
}

uint64_t ecu_control_wake(const ecu_control *control)
{
    return ecu_control_busy(control) ? control->step.wake_us : UINT64_MAX;
}

/* What was agreed in a step, where there is something worth a word. */
static void describe(const ecu_control *control, ecu_step *step)
{
    const camseal_spdm_requester *r = camseal_ssm_host_requester(control->host, 0);
    const camseal_spdm_info *info = r ? camseal_spdm_requester_info(r) : NULL;
    if (!info)
        return;
    if (!strcmp(step->name, "GET_VERSION"))
        snprintf(step->detail, sizeof step->detail, "SPDM %u.%u", (unsigned)info->version >> 4,
                 (unsigned)info->version & 15u);
    const camseal_crypto *crypto = camseal_openssl();
    const camseal_sign *sign = camseal_crypto_sign(crypto, info->sign);
    const camseal_hash *hash = camseal_crypto_hash(crypto, info->hash);
    const camseal_kex *kex = camseal_crypto_kex(crypto, info->kex);
    const camseal_aead *aead = camseal_crypto_aead(crypto, info->aead);
    if (!strcmp(step->name, "NEGOTIATE_ALGORITHMS") && sign && hash && kex && aead)
        snprintf(step->detail, sizeof step->detail, "%s, %s, %s, %s", sign->name, hash->name,
                 kex->name, aead->name);
    if (!strcmp(step->name, "GET_CERTIFICATE")) {
        char leaf[17] = {0};
        hex_write(leaf, info->leaf_key_hash, 8);
        snprintf(step->detail, sizeof step->detail, "%u certificates, leaf key %s",
                 (unsigned)info->certificates, leaf);
    }
}

/* Ends the step under way: keeps and reports it. */
static void finish_step(ecu_control *control, camseal_status status, const char *detail,
                        uint64_t now_us)
{
    ecu_step step = {.status = status, .us = now_us - control->step_us};
    snprintf(step.name, sizeof step.name, "%s", control->step_name ? control->step_name : "start");
    if (detail)
        snprintf(step.detail, sizeof step.detail, "%s", detail);
    else if (status == CAMSEAL_OK)
        describe(control, &step);
    ecu_operation *op = &control->operation;
    if (op->n_steps < ECU_STEPS_MAX)
        op->steps[op->n_steps++] = step;
    if (control->on_step)
        control->on_step(control->user, &step);
    control->step_us = now_us;
}

static void finish(ecu_control *control, camseal_status status, const char *detail, uint64_t now_us)
{
    finish_step(control, status, detail, now_us);
    control->operation.status = status;
    control->operation.us = now_us - control->operation.started_us;
    control->step_name = NULL;
}

void ecu_control_cancel(ecu_control *control, camseal_status status, const char *why,
                        uint64_t now_us)
{
    if (ecu_control_busy(control))
        finish(control, status, why, now_us);
}

/* The engine's own words, and what the peer's refusal or the two values add to them. */
static void fail(ecu_control *control, camseal_status status, uint64_t now_us)
{
    char detail[300], tail[100] = "";
    const camseal_ssm_failure *f = camseal_ssm_host_failure(control->host);
    const camseal_spdm_requester *r = camseal_ssm_host_requester(control->host, 0);
    const camseal_spdm_failure *spdm = r ? camseal_spdm_requester_failure(r) : NULL;
    bool explained = f && f->status == status;
    if (explained && f->code == CAMSEAL_SSM_OWNER)
        snprintf(tail, sizeof tail, ": restart the sensor, or give the --owner of its host");
    else if (explained && f->code)
        snprintf(tail, sizeof tail, " (the component answered %s)", camseal_ssm_code_name(f->code));
    else if (spdm && spdm->status == status && spdm->peer_error)
        snprintf(tail, sizeof tail, " (the peer answered %s)",
                 camseal_spdm_error_name(spdm->peer_error));
    else if (explained && f->expected != f->seen)
        snprintf(tail, sizeof tail, " (expected 0x%" PRIx64 ", seen 0x%" PRIx64 ")", f->expected,
                 f->seen);
    snprintf(detail, sizeof detail, "%s%s",
             explained && f->detail ? f->detail : camseal_status_text(status), tail);
    if (explained && f->step)
        control->step_name = f->step;
    finish(control, status, detail, now_us);
}

/* A new name in the engine's progress means that the step before it is done. */
static void watch_progress(ecu_control *control, uint64_t now_us)
{
    camseal_ssm_progress progress = {0};
    camseal_ssm_host_progress(control->host, &progress);
    if (!progress.step || (control->step_name && !strcmp(progress.step, control->step_name)))
        return;
    if (control->step_name)
        finish_step(control, CAMSEAL_OK, NULL, now_us);
    control->step_name = progress.step;
}

static camseal_status transmit(ecu_control *control)
{
    camseal_span message = camseal_span_of(control->step.out.data, control->step.out.len);
    uint8_t type = control->step.out_secured ? CAMSEAL_TCP_SECURED : CAMSEAL_TCP_SPDM;
    return camseal_link_send(control->link, type, &message, 1, SEND_TIMEOUT_US, -1);
}

/* Steps with `in` until the engine needs the peer or time, or is done. */
static void advance(ecu_control *control, camseal_span in, bool secured, uint64_t now_us)
{
    camseal_step *step = &control->step;
    step->in = in;
    step->in_secured = secured;
    do {
        step->out = (camseal_buf){control->out, sizeof control->out, 0};
        step->now_us = now_us;
        camseal_status status = camseal_ssm_host_step(control->host, step);
        step->in = camseal_span_of(NULL, 0);
        if (status < 0) {
            fail(control, status, now_us);
            return;
        }
        watch_progress(control, now_us);
        if (step->next == CAMSEAL_NEXT_DONE) {
            finish(control, CAMSEAL_OK, NULL, now_us);
            return;
        }
        if (step->next == CAMSEAL_NEXT_SEND) {
            status = transmit(control);
            if (status != CAMSEAL_OK) {
                finish(control, status < 0 ? status : CAMSEAL_E_TIMEOUT,
                       camseal_link_error(control->link), now_us);
                return;
            }
        }
    } while (step->next == CAMSEAL_NEXT_SEND);
}

void ecu_control_start(ecu_control *control, camseal_status begun, uint64_t now_us)
{
    memset(&control->operation, 0, sizeof control->operation);
    memset(&control->step, 0, sizeof control->step);
    control->step_name = NULL;
    control->step_us = control->operation.started_us = now_us;
    control->operation.status = CAMSEAL_PENDING;
    if (begun < 0) {
        fail(control, begun, now_us);
        return;
    }
    advance(control, camseal_span_of(NULL, 0), false, now_us);
}

/* One frame of the link to the engine; other DSP0287 types are the peer's refusals. */
static void take_frame(ecu_control *control, const camseal_link_frame *frame, uint64_t now_us)
{
    if (frame->type != CAMSEAL_TCP_SPDM && frame->type != CAMSEAL_TCP_SECURED) {
        finish(control, CAMSEAL_E_PEER_ERROR, "the peer refused the message at the transport",
               now_us);
        return;
    }
    advance(control, camseal_span_of(frame->bytes.data, frame->bytes.len),
            frame->type == CAMSEAL_TCP_SECURED, now_us);
}

void ecu_control_run(ecu_control *control, uint64_t now_us)
{
    camseal_link_frame frame;
    if (!control->link)
        return;
    camseal_status status = camseal_link_fill(control->link);
    while (status >= 0 && (status = camseal_link_next(control->link, &frame)) == CAMSEAL_OK)
        if (ecu_control_busy(control)) /* an answer that nobody asked for is dropped */
            take_frame(control, &frame, now_us);
    if (!ecu_control_busy(control))
        return;
    if (status < 0)
        finish(control, status, camseal_link_error(control->link), now_us);
    else if (camseal_link_ended(control->link))
        finish(control, CAMSEAL_E_CLOSED, "the peer closed the control link", now_us);
    else if (now_us >= control->step.wake_us)
        advance(control, camseal_span_of(NULL, 0), false, now_us);
}
