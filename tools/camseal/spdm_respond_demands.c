/* `camseal spdm respond`: what it asks its requester for by encapsulated requests, one after the
 * other, once a session. Each waits until the requester polls. */
#include <stdio.h>

#include "hex.h"
#include "spdm/msg/event.h"
#include "spdm_client.h"
#include "spdm_respond.h"

static const char *const names[] = {"", "key update", "endpoint information", "event"};

static void tell_info(camseal_span info)
{
    char text[2 * 64 + 1] = "";
    size_t shown = info.len < 64 ? info.len : 64;
    hex_write(text, info.data, shown);
    if (info.len)
        printf(": %s%s", text, shown < info.len ? "..." : "");
}

static void on_done(void *user, camseal_status status, camseal_span info)
{
    spdm_responder *r = user;
    const char *name = names[r->options.demands[r->demanded]];
    r->demand_waits = false;
    r->demanded++;
    if (!spdm_responder_talks(r))
        return;
    printf("  asked: %s: %s", name, status == CAMSEAL_OK ? "done" : camseal_status_text(status));
    if (status == CAMSEAL_OK)
        tell_info(info);
    putchar('\n');
    fflush(stdout);
}

void spdm_respond_session(spdm_responder *r, uint8_t session, bool established)
{
    if (!established && session != r->newest)
        return;
    r->newest = established ? session : (uint8_t)SPDM_CLIENT_OUTSIDE;
    r->demanded = 0;
    r->demand_waits = false;
    r->subscribed = false;
}

/* "The measurement with index 1 has changed." */
static camseal_span build_event(spdm_responder *r)
{
    static const uint8_t which[32] = {0x02};
    const spdm_event event = {.instance = r->event_number++,
                              .type = SPDM_EVENT_MEASUREMENT_CHANGED,
                              .detail = camseal_span_of(which, sizeof which)};
    camseal_writer w = camseal_writer_of(r->event, sizeof r->event);
    camseal_spdm_write_event(&w, &event);
    return camseal_span_of(r->event, w.len);
}

static camseal_status ask(spdm_responder *r, uint8_t demand)
{
    switch (demand) {
    case SPDM_DEMAND_KEY_UPDATE:
        return camseal_spdm_ask_key_update(r->engine, r->newest, on_done, r);
    case SPDM_DEMAND_ENDPOINT_INFO:
        return camseal_spdm_ask_endpoint_info(r->engine, r->newest, false, on_done, r);
    default:
        return r->subscribed
                   ? camseal_spdm_ask_event(r->engine, r->newest, 1, build_event(r), on_done, r)
                   : CAMSEAL_E_STATE;
    }
}

void spdm_respond_demand(spdm_responder *r)
{
    while (!r->demand_waits && r->newest != SPDM_CLIENT_OUTSIDE &&
           r->demanded < r->options.n_demands) {
        r->demand_waits = true; /* before: it may end at once */
        camseal_status status = ask(r, r->options.demands[r->demanded]);
        if (status == CAMSEAL_OK)
            continue;
        if (status == CAMSEAL_E_STATE) { /* not yet */
            r->demand_waits = false;
            return;
        }
        on_done(r, status, camseal_span_of(NULL, 0));
    }
}
