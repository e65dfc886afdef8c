/* `camseal spdm exec`: runs a script of steps against a responder. The command, and the order of
 * steps; docs/exec.md is the form of a script. */
#include "spdm_exec.h"

#include <stdlib.h>
#include <string.h>

#include "camseal/spdm_tester.h"
#include "clock.h"
#include "spdm.h"

enum { OPT_KEEP_GOING = 1, OPT_MESSAGES, OPT_ANY, IDS = 200 };

static const cli_option options[] = {
    SPDM_LINK_OPTIONS,
    SPDM_TRUST_OPTIONS,
    SPDM_SESSION_OPTIONS,
    {SPDM_OPT_SUMMARY, 0, "summary", "WHAT",
     "challenge and sessions ask for a measurement summary: none (default), tcb, all"},
    {OPT_KEEP_GOING, 0, "keep-going", NULL, "go on after a step that failed"},
    {OPT_ANY, 0, "trust-any", NULL, "trust any chain that is sound in itself: for tests only"},
    {OPT_MESSAGES, 0, "messages", NULL, "show every message, not only the steps"},
    SPDM_POLICY_OPTIONS,
    {0, 0, NULL, NULL, NULL}};

static const cli_verb verb = {
    "spdm exec", "SCRIPT.yaml [ENDPOINT] [options]",
    "Runs a script of steps against a responder and compares what each ends with to what the\n"
    "script expects of it. Options may stand in the script too; those given here win.",
    options,
    "A script (docs/exec.md has it all):\n"
    "  options: {versions: 1.2..1.3, trust: root.der}\n"
    "  steps:\n"
    "    - negotiate\n"
    "    - raw: vv e8 00 00              # HEARTBEAT outside a session\n"
    "      expect: UnexpectedRequest\n"
    "    - certificate: {slot: 0}\n"
    "    - session\n"
    "    - repeat: {times: 3, steps: [heartbeat, key_update]}\n"
    "    - end_session\n\n"
    "exit codes: 0 every step went as expected, 1 one did not, 3 the script is wrong, 6 a link or\n"
    "file failed; otherwise see 'camseal --help'."};

/* ---- the script's options -------------------------------------------------------------------- */

static const cli_option *option_named(const char *name)
{
    for (const cli_option *o = options; o->name; o++)
        if (!strcmp(o->name, name) && o->id > OPT_ANY)
            return o;
    return NULL;
}

/* As if it stood on the command line. */
static int apply(exec_run *x, const cli_option *option, const yaml_node_t *node)
{
    char where[512], place[64];
    spdm_client *c = x->client;
    const char *text = yaml_text(node);
    if (!text || (!option->arg && strcmp(text, "true")))
        return yaml_fault(&x->script.file, node, "%s: not %s", option->name,
                          option->arg ? "a plain value" : "true");
    yaml_place(node, place);
    snprintf(where, sizeof where, "%s: %s: ", x->script.file.path, place);
    c->args.option = option->name;
    c->args.value = option->arg ? (char *)(uintptr_t)text : NULL;
    cli_where(where);
    int code = spdm_client_option(c, option->id);
    cli_where(NULL);
    return code ? CLI_EXIT_PEER : CLI_EXIT_OK;
}

static int apply_all(exec_run *x, const yaml_node_t *map, const bool *given)
{
    const yaml_node_t *key, *value;
    yaml_file *f = &x->script.file;
    const char *name;
    int code = CLI_EXIT_OK;
    if (!yaml_is_map(map))
        return yaml_fault(f, map, "options: not a mapping");
    for (size_t i = 0; !code && (name = yaml_pair(f, map, i, &key, &value)); i++) {
        const cli_option *option = option_named(name);
        if (!option)
            return yaml_fault(f, key, "'%s' is no option", name);
        if (given[option->id])
            continue;
        if (!yaml_is_list(value))
            code = apply(x, option, value);
        for (size_t n = 0; !code && n < yaml_count(value) && yaml_is_list(value); n++)
            code = apply(x, option, yaml_entry(f, value, n));
    }
    return code;
}

static int read_script(exec_run *x, const char *path, const bool *given)
{
    const yaml_node_t *key, *value, *steps = NULL;
    yaml_file *f = &x->script.file;
    const char *name;
    int code = yaml_file_open(f, verb.name, path);
    if (code)
        return code;
    const yaml_node_t *root = yaml_file_root(f);
    for (size_t i = 0; !code && (name = yaml_pair(f, root, i, &key, &value)); i++) {
        if (!strcmp(name, "options"))
            code = apply_all(x, value, given);
        else if (!strcmp(name, "steps"))
            steps = value;
        else if (strcmp(name, "about"))
            code = yaml_fault(f, key, "'%s' is not about, options or steps", name);
    }
    if (!code && !steps)
        code = yaml_fault(f, root, "no 'steps'");
    return code ? code : exec_script_read(&x->script, steps);
}

/* ---- running --------------------------------------------------------------------------------- */

static bool run_steps(exec_run *x, size_t first, size_t end);

static bool run_step(exec_run *x, const exec_step *step)
{
    exec_outcome out;
    uint64_t began = camseal_posix_now_us();
    memset(&out, 0, sizeof out);
    x->number++;
    step->kind->run(x, step, &out);
    bool good = exec_judge(x, step, &out, camseal_posix_now_us() - began);
    return (good || x->keep_going) && !cli_interrupted();
}

/* False: the run is over. */
static bool run_steps(exec_run *x, size_t first, size_t end)
{
    bool goes_on = true;
    for (size_t i = first; i < end && goes_on; i++) {
        const exec_step *step = &x->script.steps[i];
        uint64_t times = step->values[EXEC_TIMES].number;
        if (step->kind->run) {
            goes_on = run_step(x, step);
            continue;
        }
        for (uint64_t n = 0; n < times && goes_on; n++)
            goes_on = run_steps(x, i + 1, i + 1 + step->body);
        i += step->body;
    }
    return goes_on;
}

/* Some of the options need the script, and the link needs all of them. */
static int run(exec_run *x, const bool *given)
{
    char **operands;
    spdm_client *c = x->client;
    c->operands = cli_operands(&c->args, &operands);
    if (c->operands < 1 || c->operands > 2)
        return cli_usage(verb.name, "give one script, and perhaps an endpoint");
    int code = read_script(x, operands[0], given);
    if (code)
        return code;
    if (c->operands == 2)
        c->to = operands[1];
    c->silent = !x->show_messages;
    c->config.max_sessions = CAMSEAL_SPDM_SESSIONS_MAX;
    code = spdm_client_open(c);
    if (code)
        return code;
    x->slot = c->config.slot;
    x->stopped = !run_steps(x, 0, x->script.n_steps) && !x->keep_going;
    exec_summary(x);
    if (cli_interrupted())
        return CLI_EXIT_INTERRUPTED;
    return x->failed ? CLI_EXIT_FINDINGS : CLI_EXIT_OK;
}

static int take_option(exec_run *x, int id, bool *given)
{
    given[id] = true;
    if (id == OPT_KEEP_GOING)
        x->keep_going = true;
    else if (id == OPT_MESSAGES)
        x->show_messages = true;
    else if (id == OPT_ANY)
        x->client->any_chain = true;
    else
        return spdm_client_option(x->client, id);
    return CLI_EXIT_OK;
}

int spdm_exec(int argc, char **argv)
{
    bool given[IDS] = {false};
    exec_run *x = calloc(1, sizeof *x);
    spdm_client *c = x ? spdm_client_begin(&verb, argc, argv) : NULL;
    int id, code = CLI_EXIT_OK;
    if (!c) {
        free(x);
        return CLI_EXIT_BUG;
    }
    x->client = c;
    x->session = SPDM_CLIENT_OUTSIDE;
    x->results = json_array();
    while (!code && (id = cli_next(&c->args)) > 0)
        code = take_option(x, id, given);
    if (!code && id < 0)
        code = c->args.exit;
    else if (!code)
        code = run(x, given);
    json_decref(x->results);
    code = spdm_client_close(c, code); /* the script's texts are its options */
    exec_script_free(&x->script);
    free(x);
    return code;
}
