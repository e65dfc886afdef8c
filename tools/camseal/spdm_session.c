/* `camseal spdm session`: opens a secured session, uses it, ends it. */
#include "camseal/spdm_measurements.h"

#include <stdio.h>
#include <stdlib.h>

#include "camseal/spdm_events.h"
#include "hex.h"
#include "spdm.h"
#include "spdm_client.h"

enum { OPT_CHALLENGE = 1, OPT_MEASUREMENTS, OPT_ROUNDS, OPT_EVENTS, OPT_POLL, OPT_INFO };

static const cli_option options[] = {
    SPDM_LINK_OPTIONS,
    SPDM_TRUST_OPTIONS,
    SPDM_SESSION_OPTIONS,
    {OPT_CHALLENGE, 0, "challenge", NULL, "authenticate with CHALLENGE before"},
    {OPT_MEASUREMENTS, 0, "measurements", NULL, "read all measurements, signed, before"},
    {OPT_INFO, 0, "read-info", NULL, "read the device class identifiers (SPDM 1.3)"},
    {OPT_EVENTS, 0, "events", NULL,
     "subscribe to all events that there are (SPDM 1.3); implies --poll"},
    {OPT_POLL, 0, "poll", NULL,
     "answer what the responder wants to ask, in each round; implies --answer"},
    {OPT_ROUNDS, 'n', "rounds", "N",
     "repeat heartbeat, key updates and --poll N times (default 1)"},
    {SPDM_OPT_SUMMARY, 0, "summary", "WHAT",
     "also ask for a measurement summary: none (default), tcb, all"},
    SPDM_POLICY_OPTIONS,
    {0, 0, NULL, NULL, NULL}};

static const cli_verb verb = {
    "spdm session", "--to ENDPOINT --trust FILE [options]",
    "Opens a session, with certificates or a pre-shared key; sends a heartbeat and updates the\n"
    "keys of one and of both directions, where the responder can; and ends it.",
    options,
    "Exit code 0: all of it went well; 4: authentication or protection failed; otherwise see\n"
    "'camseal --help'."};

/* Both sides know it. */
static bool common(const spdm_client *c, uint32_t flag)
{
    const camseal_spdm_info *info = spdm_client_info(c);
    return (info->flags & info->peer_flags & flag) != 0;
}

/* Both sides can, and the responder named a period for this session. */
static bool heartbeats(const spdm_client *c)
{
    return common(c, CAMSEAL_SPDM_CAP_HBEAT) && spdm_client_info(c)->heartbeat_s != 0;
}

/* What the options ask for. */
struct wishes {
    bool measured, info, events, poll;
    uint64_t rounds;
    uint16_t answered; /* of the responder's requests */
};

static int poll(spdm_client *c, uint8_t session, struct wishes *w)
{
    uint16_t answered = 0;
    int code = spdm_client_run(c, camseal_spdm_begin_poll(c->engine, session, &answered));
    w->answered = (uint16_t)(w->answered + answered);
    return code;
}

static int use(spdm_client *c, uint8_t session, struct wishes *w)
{
    int code = CLI_EXIT_OK;
    if (heartbeats(c))
        code = spdm_client_run(c, camseal_spdm_begin_heartbeat(c->engine, session));
    if (!code && common(c, CAMSEAL_SPDM_CAP_KEY_UPD))
        code = spdm_client_run(c, camseal_spdm_begin_key_update(c->engine, session, false));
    if (!code && common(c, CAMSEAL_SPDM_CAP_KEY_UPD))
        code = spdm_client_run(c, camseal_spdm_begin_key_update(c->engine, session, true));
    return code || !w->poll ? code : poll(c, session, w);
}

/* Bytes that the responder gave. */
static void show_bytes(spdm_client *c, const char *key, const char *title, camseal_span bytes)
{
    char *hex = calloc(1, 2 * bytes.len + 1);
    if (!hex)
        return;
    hex_write(hex, bytes.data, bytes.len);
    json_object_set_new(c->result, key, json_string(hex));
    if (spdm_client_talks(c))
        printf("%s: %s\n", title, hex);
    free(hex);
}

/* Signed by the device where it can. */
static int read_info(spdm_client *c, uint8_t session)
{
    uint8_t room[2048];
    camseal_buf info = {room, sizeof room, 0};
    uint32_t flags = spdm_client_info(c)->peer_flags;
    bool sign = (flags & CAMSEAL_SPDM_CAP_EP_INFO_SIGNED) != 0 && !c->config.psk;
    int code =
        spdm_client_run(c, camseal_spdm_begin_endpoint_info(c->engine, session, sign, &info));
    if (!code)
        show_bytes(c, "endpoint_info",
                   sign ? "endpoint information, signed" : "endpoint information",
                   camseal_span_of(info.data, info.len));
    return code;
}

static int subscribe(spdm_client *c, uint8_t session)
{
    uint8_t room[2048];
    camseal_spdm_event_list list = {.room = {room, sizeof room, 0}};
    int code = spdm_client_run(c, camseal_spdm_begin_event_types(c->engine, session, &list));
    camseal_span groups = camseal_span_of(list.room.data, list.room.len);
    if (!code)
        code = spdm_client_run(
            c, camseal_spdm_begin_subscribe(c->engine, session, list.groups, groups));
    if (!code)
        show_bytes(c, "event_types", "subscribed to all events", groups);
    return code;
}

static void show(spdm_client *c)
{
    const camseal_spdm_info *info = spdm_client_info(c);
    bool heartbeat = heartbeats(c);
    bool update = common(c, CAMSEAL_SPDM_CAP_KEY_UPD);
    json_object_set_new(c->result, "heartbeat_s", json_integer(info->heartbeat_s));
    json_object_set_new(c->result, "heartbeat", json_boolean(heartbeat));
    json_object_set_new(c->result, "key_update", json_boolean(update));
    if (!spdm_client_talks(c))
        return;
    spdm_info_print(info);
    printf("session opened%s%s, ended\n",
           heartbeat ? ", heartbeat answered" : " (the responder knows no heartbeat)",
           update ? ", keys updated" : " (nor new keys)");
}

static int measure(spdm_client *c)
{
    camseal_spdm_measure all = {.operation = CAMSEAL_SPDM_MEASURE_ALL, .sign = true};
    int code =
        spdm_client_run(c, camseal_spdm_begin_measurements(c->engine, SPDM_CLIENT_OUTSIDE, &all));
    if (!code)
        json_object_set_new(c->result, "measured_blocks", json_integer(all.blocks));
    return code;
}

static int open_session(spdm_client *c, uint8_t *session, const struct wishes *w)
{
    int code = spdm_client_run(c, camseal_spdm_begin_connect(c->engine));
    if (!code && w->measured)
        code = measure(c);
    if (!code)
        code = spdm_client_session(c, session);
    if (!code && w->info)
        code = read_info(c, *session);
    if (!code && w->events)
        code = subscribe(c, *session);
    return code;
}

static int run(spdm_client *c, struct wishes *w)
{
    uint8_t session = 0;
    int code = open_session(c, &session, w);
    for (uint64_t i = 0; i < w->rounds && !code; i++)
        code = use(c, session, w);
    if (!code)
        code = spdm_client_run(c, camseal_spdm_begin_end_session(c->engine, session));
    if (!code && w->poll)
        json_object_set_new(c->result, "answered", json_integer(w->answered));
    if (!code && w->poll && spdm_client_talks(c))
        printf("%u requests of the responder answered\n", w->answered);
    if (!code)
        show(c);
    return code;
}

static int take_option(spdm_client *c, int id, struct wishes *w)
{
    switch (id) {
    case OPT_CHALLENGE:
        c->config.challenge = true;
        return CLI_EXIT_OK;
    case OPT_MEASUREMENTS:
        w->measured = true;
        return CLI_EXIT_OK;
    case OPT_INFO:
        w->info = true;
        return CLI_EXIT_OK;
    case OPT_EVENTS:
        w->events = w->poll = c->answers = true;
        return CLI_EXIT_OK;
    case OPT_POLL:
        w->poll = c->answers = true;
        return CLI_EXIT_OK;
    case OPT_ROUNDS:
        return cli_number(&c->args, 0, 100000, &w->rounds) ? CLI_EXIT_OK : c->args.exit;
    default:
        return spdm_client_option(c, id);
    }
}

int spdm_session(int argc, char **argv)
{
    struct wishes w = {.rounds = 1};
    spdm_client *c = spdm_client_begin(&verb, argc, argv);
    int id, code = CLI_EXIT_OK;
    if (!c)
        return CLI_EXIT_BUG;
    while (!code && (id = cli_next(&c->args)) > 0)
        code = take_option(c, id, &w);
    if (!code && id < 0)
        return spdm_client_close(c, c->args.exit);
    if (!code)
        code = spdm_client_open(c);
    if (!code)
        code = run(c, &w);
    return spdm_client_close(c, code);
}
