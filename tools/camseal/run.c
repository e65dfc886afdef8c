/* `camseal run SCENARIO.yaml`: starts the processes that a scenario describes, waits for them, and
 * says whether what came out is what must come out. */
#include <stdlib.h>
#include <string.h>

#include "scenario.h"
#include "verbs.h"

enum { OPT_KEEP = 1, OPT_CHECK };

static const cli_option options[] = {
    {OPT_KEEP, 0, "keep", "DIR", "keep reports, logs, captures and pictures there"},
    {OPT_CHECK, 0, "check", NULL, "only read the scenario: start nothing"},
    {0, 0, NULL, NULL, NULL},
};

static const cli_verb verb = {
    "run", "[options] SCENARIO.yaml",
    "Starts the sensors, bridges and ECUs of a scenario as processes on this machine, with their\n"
    "links and a throw-away authority, waits until the streams end, and prints for each camera\n"
    "what its ECU saw beside what it must see. docs/scenario.md has the form of the file.",
    options,
    "exit codes: 0 all is as the scenario expects, 1 not so, 3 the file is wrong (the line says\n"
    "where), 6 a process failed; otherwise see 'camseal --help'."};

/* Exit code, or -1. */
static int parse(scenario *s, cli_args *args, int argc, char **argv, const char **path, bool *check)
{
    int id;
    char **operands;
    cli_begin(args, &verb, argc, argv);
    while ((id = cli_next(args)) > 0) {
        *check = *check || id == OPT_CHECK;
        if (id == OPT_KEEP)
            s->keep = args->value;
    }
    if (id < 0)
        return args->exit;
    if (cli_operands(args, &operands) != 1)
        return cli_usage(verb.name, "give one scenario file");
    *path = operands[0];
    return -1;
}

/* Exit code, or -1. */
static int make_folders(scenario *s)
{
    int code = testbed_make_private(s->verb, s->folder);
    if (code < 0 && s->keep)
        code = testbed_make_folders(s->verb, s->keep);
    snprintf(s->results, sizeof s->results, "%.500s", s->keep ? s->keep : s->folder);
    return code;
}

int verb_run(int argc, char **argv)
{
    cli_args args;
    const char *path = NULL;
    bool check = false;
    scenario *s = calloc(1, sizeof *s);
    if (!s)
        return cli_fail(verb.name, CAMSEAL_E_SPACE, "no memory");
    s->verb = verb.name;
    s->args = &args;
    int code = parse(s, &args, argc, argv, &path, &check);
    if (code < 0)
        code = scenario_read(s, path);
    if (code < 0 && check) {
        if (!args.quiet)
            printf("%s: %zu sensors, %zu bridges, %zu ECUs\n", s->name, s->n_sensors, s->n_bridges,
                   s->n_ecus);
        code = CLI_EXIT_OK;
    }
    if (code < 0)
        code = make_folders(s);
    if (code < 0)
        code = scenario_run(s);
    if (code < 0)
        code = scenario_judge(s);
    testbed_remove_private(verb.name, s->folder);
    scenario_close(s);
    free(s);
    return code;
}
