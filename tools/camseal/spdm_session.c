/* `camseal spdm session`: opens a secured session, uses it, ends it. */
#include "camseal/spdm_measurements.h"

#include <stdio.h>

#include "spdm.h"
#include "spdm_client.h"

enum { OPT_CHALLENGE = 1, OPT_MEASUREMENTS, OPT_ROUNDS };

static const cli_option options[] = {
    SPDM_LINK_OPTIONS,
    SPDM_TRUST_OPTIONS,
    SPDM_SESSION_OPTIONS,
    {OPT_CHALLENGE, 0, "challenge", NULL, "authenticate with CHALLENGE before"},
    {OPT_MEASUREMENTS, 0, "measurements", NULL, "read all measurements, signed, before"},
    {OPT_ROUNDS, 'n', "rounds", "N", "repeat heartbeat and key updates N times (default 1)"},
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

static int use(spdm_client *c, uint8_t session)
{
    int code = CLI_EXIT_OK;
    if (heartbeats(c))
        code = spdm_client_run(c, camseal_spdm_begin_heartbeat(c->engine, session));
    if (!code && common(c, CAMSEAL_SPDM_CAP_KEY_UPD))
        code = spdm_client_run(c, camseal_spdm_begin_key_update(c->engine, session, false));
    if (!code && common(c, CAMSEAL_SPDM_CAP_KEY_UPD))
        code = spdm_client_run(c, camseal_spdm_begin_key_update(c->engine, session, true));
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

static int run(spdm_client *c, bool measured, uint64_t rounds)
{
    uint8_t session = 0;
    int code = spdm_client_run(c, camseal_spdm_begin_connect(c->engine));
    if (!code && measured)
        code = measure(c);
    if (!code)
        code = spdm_client_session(c, &session);
    for (uint64_t i = 0; i < rounds && !code; i++)
        code = use(c, session);
    if (!code)
        code = spdm_client_run(c, camseal_spdm_begin_end_session(c->engine, session));
    if (!code)
        show(c);
    return code;
}

int spdm_session(int argc, char **argv)
{
    spdm_client *c = spdm_client_begin(&verb, argc, argv);
    bool measured = false;
    uint64_t rounds = 1;
    int id, code = CLI_EXIT_OK;
    if (!c)
        return CLI_EXIT_BUG;
    while (!code && (id = cli_next(&c->args)) > 0) {
        if (id == OPT_CHALLENGE)
            c->config.challenge = true;
        else if (id == OPT_MEASUREMENTS)
            measured = true;
        else if (id == OPT_ROUNDS)
            code = cli_number(&c->args, 0, 100000, &rounds) ? CLI_EXIT_OK : c->args.exit;
        else
            code = spdm_client_option(c, id);
    }
    if (!code && id < 0)
        return spdm_client_close(c, c->args.exit);
    if (!code)
        code = spdm_client_open(c);
    if (!code)
        code = run(c, measured, rounds);
    return spdm_client_close(c, code);
}
