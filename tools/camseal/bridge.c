#include "bridge.h"

#include <stdlib.h>
#include <string.h>

#include "verbs.h"

enum {
    OPT_UPSTREAM = 1,
    OPT_DOWNSTREAM,
    OPT_CONTROL_UP,
    OPT_CONTROL_DOWN,
    OPT_ATTACK,
    OPT_REMAP,
    OPT_UP_VC,
    OPT_AGENT,
    OPT_CHAIN,
    OPT_KEY,
    OPT_PROTOCOL,
    OPT_TAG_MODE,
    OPT_SEED,
    OPT_LOG,
    OPT_CAPTURE,
    OPT_WAIT,
    OPT_REMOTE,
    OPT_ATTACKS
};

static const cli_option options[] = {
    {OPT_UPSTREAM, 'u', "upstream", "ENDPOINT",
     "data link of a sensor or bridge: connect there; several are\nmerged packet by packet"},
    {OPT_UP_VC, 0, "up-vc", "A=B", "virtual channel A of the --upstream before it goes out as B"},
    {OPT_DOWNSTREAM, 'd', "downstream", "ENDPOINT",
     "data link for an ECU or bridge: listen there; several get the\nsame packets"},
    {OPT_CONTROL_UP, 0, "control-up", "ENDPOINT",
     "control link of a sensor: connect there, once for each\nconnection of the ECU"},
    {OPT_CONTROL_DOWN, 0, "control-down", "ENDPOINT",
     "control link for the ECU: listen there; the first belongs to\nthe first --control-up, and so "
     "on"},
    {OPT_ATTACK, 'a', "attack", "NAME[:KEY=VALUE,...]", "attack; may be given several times"},
    {OPT_REMAP, 0, "remap-vc", "A=B", "send virtual channel A as B, whatever link it came from"},
    {OPT_AGENT, 0, "agent", NULL,
     "answer SPDM and protect the stream for a sensor that cannot:\none --upstream, one "
     "--downstream, one --control-down"},
    {OPT_CHAIN, 0, "chain", "FILE", "agent: certificates, DER, root first, its own last"},
    {OPT_KEY, 'k', "key", "FILE", "agent: its private key; only its owner may read it"},
    {OPT_PROTOCOL, 0, "protocol", "NAME",
     "agent: sep (default) or fsed, as the host configures it"},
    {OPT_TAG_MODE, 0, "tag-mode", "NAME", "agent: message (default), data-type or frame, likewise"},
    {OPT_SEED, 0, "seed", "N", "seed of all choices that no parameter makes (1)"},
    {OPT_LOG, 0, "log", "FILE", "write what was done as JSON"},
    {OPT_CAPTURE, 0, "capture", "FILE", "write all four link ends to a pcapng file"},
    {OPT_WAIT, 0, "wait", "SECONDS", "how long to try to reach the sensor (10)"},
    {OPT_REMOTE, 0, "allow-remote", NULL, "accept TCP hosts that are not this machine"},
    {OPT_ATTACKS, 0, "list-attacks", NULL, "print the attacks with their parameters"},
    {0, 0, NULL, NULL, NULL},
};

static const cli_verb verb = {
    "bridge",
    "--upstream ENDPOINT --downstream ENDPOINT\n"
    "                      [--control-up ENDPOINT --control-down ENDPOINT] [options]",
    "An untrusted node between sensor and ECU: forwards CSI-2 packets and SPDM messages,\n"
    "renumbers virtual channels, and attacks when told to. It holds no keys, unless it is an\n"
    "agent. At the end it tells exactly what it did. ENDPOINT is unix:PATH or tcp:HOST:PORT.",
    options,
    "'camseal bridge --list-attacks' prints the attacks. Frames count from 1 on each virtual\n"
    "channel (vc= names one); without frame=, every= or p= an attack acts on frame 5. frame=\n"
    "and line= take a number, a range 3-5, or all; p= is a probability. line= is the message\n"
    "number in the frame; without it one is chosen by the seed. Control connections and the\n"
    "messages in one count from 1; message= takes such a number or a name like DIGESTS; times=\n"
    "limits the hits in a connection (1; 0: all).\n"
    "Without a data link the bridge runs until it is interrupted.\n\n"
    "exit codes: 0 both links ended properly, 2 usage, 3 not such a link, 6 a link or a file\n"
    "failed, 130 interrupted (the log is written all the same)",
};

static bool take_endpoint(bridge *b, camseal_endpoint *out, bool remote)
{
    camseal_posix_error error;
    camseal_status status = camseal_endpoint_parse(out, b->args.value, remote, &error);
    if (status != CAMSEAL_OK)
        b->args.exit = cli_fail(verb.name, status, "--%s %s", b->args.option, error.text);
    if (status == CAMSEAL_E_UNSUPPORTED)
        b->args.exit = CLI_EXIT_NOT_IMPLEMENTED;
    if (status == CAMSEAL_E_POLICY)
        b->args.exit = CLI_EXIT_USAGE;
    return status == CAMSEAL_OK;
}

static bool take_attack(bridge *b, const char *text)
{
    attack_error error;
    if (attack_add(b->attacks, text, &error) == CAMSEAL_OK)
        return true;
    b->args.exit = cli_fail(verb.name, CAMSEAL_E_ARGUMENT, "%s", error.text);
    return false;
}

/* "A=B", two virtual channels. */
static bool take_channels(bridge *b, uint64_t *from, uint64_t *to)
{
    char word[8] = "";
    const char *equals = strchr(b->args.value, '=');
    size_t len = equals ? (size_t)(equals - b->args.value) : sizeof word;
    if (len < sizeof word)
        memcpy(word, b->args.value, len);
    if (cli_parse_number(word, 0, 15, from) && cli_parse_number(equals + 1, 0, 15, to))
        return true;
    b->args.exit =
        cli_usage(verb.name, "--%s %s: write A=B, each 0 to 15", b->args.option, b->args.value);
    return false;
}

static bool take_remap(bridge *b)
{
    char text[64];
    uint64_t from, to;
    if (!take_channels(b, &from, &to))
        return false;
    snprintf(text, sizeof text, "remap:from=%u,to=%u", (unsigned)from, (unsigned)to);
    return take_attack(b, text);
}

static bool take_up_vc(bridge *b)
{
    uint64_t from, to;
    if (!take_channels(b, &from, &to))
        return false;
    if (b->n_ups) {
        b->ups[b->n_ups - 1].vc_map[from] = (uint8_t)to;
        return true;
    }
    b->args.exit = cli_usage(verb.name, "--up-vc belongs to the --upstream before it");
    return false;
}

/* The next of several links of a kind. */
static bool take_link(bridge *b, camseal_endpoint *list, size_t stride, size_t *n, size_t max,
                      bool remote)
{
    if (*n == max) {
        b->args.exit = cli_usage(verb.name, "--%s: at most %zu", b->args.option, max);
        return false;
    }
    camseal_endpoint *place = (camseal_endpoint *)(void *)((char *)list + stride * (*n)++);
    return take_endpoint(b, place, remote);
}

/* Options that others depend on: seed before attacks, remote before endpoints. */
static bool take_first(bridge *b, int argc, char **argv, bool *remote)
{
    int id;
    cli_begin(&b->args, &verb, argc, argv);
    b->seed = 1;
    while ((id = cli_next(&b->args)) > 0) {
        if (id == OPT_SEED && !cli_number(&b->args, 0, UINT64_MAX, &b->seed))
            return false;
        *remote = *remote || id == OPT_REMOTE;
        if (id == OPT_ATTACKS) {
            attack_help(stdout);
            b->args.exit = CLI_EXIT_OK;
            return false;
        }
    }
    if (id < 0)
        return false;
    char **operands;
    if (cli_operands(&b->args, &operands) > 0) {
        b->args.exit = cli_usage(verb.name, "unexpected argument '%s'", operands[0]);
        return false;
    }
    b->attacks = attack_set_new(b->seed);
    if (!b->attacks)
        b->args.exit = cli_fail(verb.name, CAMSEAL_E_BUG, "out of memory");
    return b->attacks != NULL;
}

static bool take_option(bridge *b, int id, bool remote, size_t *control_ups,
                        const char **capture_path)
{
    uint64_t seconds;
    switch (id) {
    case OPT_UPSTREAM:
        for (unsigned vc = 0; vc < 16 && b->n_ups < BRIDGE_UP_MAX; vc++)
            b->ups[b->n_ups].vc_map[vc] = (uint8_t)vc;
        return take_link(b, &b->ups->endpoint, sizeof *b->ups, &b->n_ups, BRIDGE_UP_MAX, remote);
    case OPT_UP_VC:
        return take_up_vc(b);
    case OPT_DOWNSTREAM:
        return take_link(b, &b->downs->endpoint, sizeof *b->downs, &b->n_downs, BRIDGE_DOWN_MAX,
                         remote);
    case OPT_CONTROL_UP:
        return take_link(b, &b->controls->up, sizeof *b->controls, control_ups, BRIDGE_CONTROL_MAX,
                         remote);
    case OPT_CONTROL_DOWN:
        return take_link(b, &b->controls->down, sizeof *b->controls, &b->n_controls,
                         BRIDGE_CONTROL_MAX, remote);
    case OPT_ATTACK:
        return take_attack(b, b->args.value);
    case OPT_REMAP:
        return take_remap(b);
    case OPT_AGENT:
        b->agent = true;
        return true;
    case OPT_CHAIN:
        b->chain_path = b->args.value;
        return true;
    case OPT_KEY:
        b->key_path = b->args.value;
        return true;
    case OPT_PROTOCOL:
    case OPT_TAG_MODE:
        if (stream_profile_word(&b->profile, b->args.option, b->args.value))
            return true;
        b->args.exit =
            cli_usage(verb.name, "--%s %s: not one of its values", b->args.option, b->args.value);
        return false;
    case OPT_LOG:
        b->log_path = b->args.value;
        return true;
    case OPT_CAPTURE:
        *capture_path = b->args.value;
        return true;
    case OPT_WAIT:
        if (!cli_number(&b->args, 0, 3600, &seconds))
            return false;
        b->wait_us = seconds * 1000000u;
        return true;
    default:
        return true;
    }
}

/* Links come in pairs; an agent is the end of the control link. */
static bool check_links(bridge *b, size_t control_ups)
{
    bool plain = !b->chain_path && !b->key_path && control_ups == b->n_controls &&
                 !b->n_ups == !b->n_downs && b->n_ups + control_ups > 0;
    bool agent = b->chain_path && b->key_path && b->n_ups == 1 && b->n_downs == 1 &&
                 control_ups == 0 && b->n_controls == 1 && !attack_count(b->attacks);
    if (b->agent ? agent : plain)
        return true;
    b->args.exit = b->agent
                       ? cli_usage(verb.name, "an agent has one --upstream, one --downstream, one "
                                              "--control-down, --chain and --key, and no attacks")
                       : cli_usage(verb.name, "links come in pairs: --upstream with --downstream, "
                                              "--control-up with --control-down");
    return false;
}

static bool parse(bridge *b, int argc, char **argv, const char **capture_path)
{
    int id;
    bool remote = false;
    size_t control_ups = 0;
    if (!take_first(b, argc, argv, &remote))
        return false;
    b->wait_us = 10000000;
    stream_profile_init(&b->profile);
    cli_begin(&b->args, &verb, argc, argv);
    while ((id = cli_next(&b->args)) > 0)
        if (!take_option(b, id, remote, &control_ups, capture_path))
            return false;
    return check_links(b, control_ups);
}

/* The log is written however the run ended: it says what had been done by then. */
static int write_results(bridge *b, int exit_code, bool summary)
{
    outfile file;
    cli_progress_end();
    if (b->log_path) {
        camseal_status status = outfile_open(&file, b->log_path, false);
        if (status == CAMSEAL_OK) {
            (void)bridge_report(b, file.stream); /* a failed write shows in commit */
            status = outfile_commit(&file);
        }
        if (status != CAMSEAL_OK)
            exit_code = cli_fail(verb.name, status, "%s", file.error);
    }
    camseal_status status = capture_close(&b->capture);
    if (status != CAMSEAL_OK)
        exit_code = cli_fail(verb.name, status, "%s", b->capture.file.error);
    if (b->args.json)
        (void)bridge_report(b, stdout);
    else if (!b->args.quiet && summary)
        bridge_summary(b, stdout);
    if (fflush(stdout) || ferror(stdout))
        exit_code = cli_fail(verb.name, CAMSEAL_E_IO, "cannot write to stdout");
    return exit_code;
}

static void clean_up(bridge *b)
{
    for (size_t i = 0; i < b->n_ups; i++)
        camseal_link_close(b->ups[i].link);
    for (size_t i = 0; i < b->n_downs; i++) {
        camseal_link_close(b->downs[i].link);
        camseal_listener_close(&b->downs[i].listener);
    }
    for (size_t i = 0; i < b->n_controls; i++) {
        bridge_control *c = &b->controls[i];
        bridge_control_close(c);
        camseal_listener_close(&c->listener);
        attack_output_free(&c->requests);
        attack_output_free(&c->responses);
    }
    attack_output_free(&b->data);
    attack_set_free(b->attacks);
    capture_abort(&b->capture);
}

int verb_bridge(int argc, char **argv)
{
    static bridge b;
    const char *capture_path = NULL;
    int exit_code = CLI_EXIT_OK;
    for (size_t i = 0; i < BRIDGE_DOWN_MAX; i++)
        b.downs[i].listener.fd = -1;
    for (size_t i = 0; i < BRIDGE_CONTROL_MAX; i++)
        b.controls[i].listener.fd = -1;
    if (!parse(&b, argc, argv, &capture_path)) {
        attack_set_free(b.attacks);
        return b.args.exit;
    }
    camseal_status status = capture_open(&b.capture, capture_path, false);
    if (status != CAMSEAL_OK) {
        exit_code = cli_fail(verb.name, status, "%s", b.capture.file.error);
    } else {
        if (b.agent)
            exit_code = bridge_agent(&b);
        else
            status = bridge_run(&b, &exit_code);
        if (status == CAMSEAL_PENDING)
            exit_code = CLI_EXIT_INTERRUPTED;
        exit_code = write_results(&b, exit_code, status >= 0);
    }
    clean_up(&b);
    return exit_code;
}
