#include "sensor_control.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "base/try.h"
#include "camseal/transport.h"

/* A connection without a session that says nothing for so long gives way to the next one. */
enum { SILENCE_US = 1000000, SEND_TIMEOUT_US = 1000000 };

/* ---- the component's callbacks ---- */

static void *acquire(void *user, uint8_t ctx_id, size_t bytes)
{
    sensor_control *control = user;
    (void)ctx_id;
    if (control->context_mem)
        return NULL;
    control->context_mem = aligned_alloc(CAMSEAL_BULK_KEY_ALIGN, (bytes + 63u) & ~(size_t)63u);
    return control->context_mem;
}

static void release(void *user, uint8_t ctx_id, void *mem)
{
    sensor_control *control = user;
    (void)ctx_id;
    control->on_context(control->user, NULL);
    control->context_mem = NULL;
    free(mem);
}

static void changed(void *user, uint8_t ctx_id, camseal_context *ctx, uint8_t opcode)
{
    sensor_control *control = user;
    char text[80];
    if (opcode == CAMSEAL_SSM_CTX_DESTROY)
        control->on_context(control->user, NULL);
    else if (camseal_context_active(ctx))
        control->on_context(control->user, ctx);
    snprintf(text, sizeof text, "context %u: %s", (unsigned)ctx_id,
             camseal_ssm_opcode_name(opcode));
    control->log(control->user, text);
}

static camseal_status vendor(void *user, const camseal_spdm_vendor_request *request,
                             camseal_buf *response)
{
    sensor_control *control = user;
    return camseal_ssm_component_handle(control->component, request, response);
}

static void session(void *user, uint8_t index, uint32_t session_id, bool established)
{
    sensor_control *control = user;
    char text[80];
    camseal_ssm_component_session(control->component, index, session_id, established);
    control->in_session = established;
    snprintf(text, sizeof text, "session %08lx %s", (unsigned long)session_id,
             established ? "established" : "ended");
    control->log(control->user, text);
}

/* ---- connections ---- */

camseal_status sensor_control_init(sensor_control *control,
                                   const camseal_spdm_responder_config *spdm,
                                   const camseal_bulk *bulk)
{
    camseal_ssm_component_config component = {.struct_size = sizeof component,
                                              .bulk = bulk,
                                              .crypto = spdm->crypto,
                                              .trace = spdm->trace,
                                              .roles = 1u << CAMSEAL_ROLE_SOURCE,
                                              .max_contexts = 1,
                                              .variants = 0x1F,
                                              .acquire = acquire,
                                              .release = release,
                                              .changed = changed,
                                              .user = control};
    control->config = *spdm;
    control->config.struct_size = sizeof control->config;
    control->config.max_sessions = 1;
    control->config.vendor = vendor;
    control->config.session = session;
    control->config.user = control;
    size_t bytes = camseal_ssm_component_size(&component);
    control->component_mem = aligned_alloc(CAMSEAL_BULK_KEY_ALIGN, (bytes + 63u) & ~(size_t)63u);
    size_t responder_bytes = camseal_spdm_responder_size(&control->config);
    control->responder_mem =
        aligned_alloc(CAMSEAL_BULK_KEY_ALIGN, (responder_bytes + 63u) & ~(size_t)63u);
    if (!control->component_mem || !control->responder_mem)
        return CAMSEAL_E_SPACE;
    return camseal_ssm_component_init(&control->component, control->component_mem, bytes,
                                      &component);
}

static void disconnect(sensor_control *control, const char *why)
{
    char text[600];
    if (!control->link)
        return;
    snprintf(text, sizeof text, "control connection %lu closed: %s", control->connections, why);
    control->log(control->user, text);
    camseal_link_close(control->link);
    control->link = NULL;
    control->in_session = false;
    if (control->responder)
        camseal_spdm_responder_wipe(control->responder);
    control->responder = NULL;
}

static void connect_peer(sensor_control *control, uint64_t now_us)
{
    camseal_posix_error error;
    int fd = -1;
    if (camseal_listener_accept(&control->listener, &fd, 0, -1, &error) != CAMSEAL_OK)
        return;
    disconnect(control, "it said nothing, and somebody else wants to talk");
    control->connections++;
    control->heard_us = now_us;
    if (camseal_link_open(&control->link, fd, CAMSEAL_LINK_CONTROL, control->listener.endpoint.text,
                          0, 0) != CAMSEAL_OK) {
        control->link = NULL;
        return;
    }
    capture_link(control->capture, control->link, CAMSEAL_LINK_CONTROL, "control",
                 control->listener.endpoint.text);
    camseal_status status = camseal_spdm_responder_init(
        &control->responder, control->responder_mem, camseal_spdm_responder_size(&control->config),
        &control->config);
    if (status != CAMSEAL_OK)
        disconnect(control, camseal_status_text(status));
}

static camseal_status answer(sensor_control *control, uint8_t type, camseal_span bytes)
{
    return camseal_link_send(control->link, type, &bytes, 1, SEND_TIMEOUT_US, -1);
}

/* One SPDM message in, its answer out. */
static camseal_status converse(sensor_control *control, const camseal_link_frame *frame,
                               uint64_t now_us)
{
    camseal_step step = {.in = camseal_span_of(frame->bytes.data, frame->bytes.len),
                         .in_secured = frame->type == CAMSEAL_TCP_SECURED,
                         .out = {control->out, sizeof control->out, 0},
                         .now_us = now_us};
    camseal_status status = camseal_spdm_responder_step(control->responder, &step);
    while (status >= 0 && step.next == CAMSEAL_NEXT_WAIT) { /* the signer here is never slow */
        step.in = camseal_span_of(NULL, 0);
        status = camseal_spdm_responder_step(control->responder, &step);
    }
    if (status >= 0 && step.next == CAMSEAL_NEXT_SEND)
        status = answer(control, step.out_secured ? CAMSEAL_TCP_SECURED : CAMSEAL_TCP_SPDM,
                        camseal_span_of(control->out, step.out.len));
    camseal_wipe(control->out, sizeof control->out);
    return status;
}

static camseal_status take_frame(sensor_control *control, const camseal_link_frame *frame,
                                 uint64_t now_us)
{
    if (frame->type == CAMSEAL_TCP_SPDM || frame->type == CAMSEAL_TCP_SECURED)
        return converse(control, frame, now_us);
    uint8_t type = frame->type == CAMSEAL_TCP_ROLE_INQUIRY ? CAMSEAL_TCP_ERROR_NOT_REQUESTER
                                                           : CAMSEAL_TCP_ERROR_NOT_SUPPORTED;
    return answer(control, type, camseal_span_of(NULL, 0));
}

static void receive(sensor_control *control, uint64_t now_us)
{
    camseal_link_frame frame;
    camseal_status status = camseal_link_fill(control->link);
    while (status >= 0 && (status = camseal_link_next(control->link, &frame)) == CAMSEAL_OK) {
        control->heard_us = now_us;
        status = take_frame(control, &frame, now_us);
        if (status > 0) /* the peer does not read its answers */
            status = CAMSEAL_E_TIMEOUT;
    }
    if (status < 0)
        disconnect(control, camseal_status_class(status) == CAMSEAL_CLASS_CALLER
                                ? camseal_status_text(status)
                                : camseal_link_error(control->link));
    else if (camseal_link_ended(control->link))
        disconnect(control, "the peer is done");
}

size_t sensor_control_waits(const sensor_control *control, camseal_wait waits[2], uint64_t now_us)
{
    bool stranger =
        control->link && !control->in_session && now_us - control->heard_us > SILENCE_US;
    waits[0] =
        (camseal_wait){.fd = control->link ? camseal_link_fd(control->link) : -1, .read = true};
    waits[1] =
        (camseal_wait){.fd = !control->link || stranger ? control->listener.fd : -1, .read = true};
    return 2;
}

void sensor_control_run(sensor_control *control, const camseal_wait *waits, size_t n,
                        uint64_t now_us)
{
    if (n > 0 && waits[0].can_read && control->link)
        receive(control, now_us);
    if (n > 1 && waits[1].can_read)
        connect_peer(control, now_us);
}

void sensor_control_close(sensor_control *control)
{
    disconnect(control, "the sensor ends");
    camseal_listener_close(&control->listener);
    if (control->component)
        camseal_ssm_component_wipe(control->component);
    control->component = NULL;
    free(control->context_mem);
    free(control->component_mem);
    free(control->responder_mem);
    control->context_mem = control->component_mem = control->responder_mem = NULL;
}
