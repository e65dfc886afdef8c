/* `camseal spdm`: chooses the command. */
#include "spdm.h"

#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "verbs.h"

typedef struct spdm_verb {
    const char *name;
    const char *help;
    int (*run)(int argc, char **argv);
} spdm_verb;

#define SPDM_VERB_ROW(name, help) {#name, help, spdm_##name},
static const spdm_verb verbs[] = {SPDM_VERBS(SPDM_VERB_ROW){NULL, NULL, NULL}};

static int help(void)
{
    printf(
        "usage: camseal spdm COMMAND [options]\n\nSPDM (DSP0274 1.2 to 1.4) against any peer, and "
        "from captures.\n\ncommands:\n");
    for (const spdm_verb *v = verbs; v->name; v++)
        printf("  %-12s %s\n", v->name, v->help);
    printf("\n'camseal spdm COMMAND --help' tells the options of a command.\n");
    return CLI_EXIT_OK;
}

int verb_spdm(int argc, char **argv)
{
    if (argc < 2)
        return cli_usage("spdm", "no command given");
    if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))
        return help();
    for (const spdm_verb *v = verbs; v->name; v++)
        if (!strcmp(argv[1], v->name))
            return v->run(argc - 1, argv + 1);
    return cli_usage("spdm", "unknown command '%s'", argv[1]);
}
