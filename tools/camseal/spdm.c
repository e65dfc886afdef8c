/* `camseal spdm`: chooses the command. */
#include "spdm.h"

#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "verbs.h"

enum { NAME_BYTES = 16 };

typedef struct spdm_verb {
    const char *name;
    const char *help;
    int (*run)(int argc, char **argv);
} spdm_verb;

#define SPDM_VERB_ROW(name, help) {#name, help, spdm_##name},
static const spdm_verb verbs[] = {SPDM_VERBS(SPDM_VERB_ROW){NULL, NULL, NULL}};

static void typed_name(const spdm_verb *v, char out[NAME_BYTES])
{
    size_t n = 0;
    for (; v->name[n] && n + 1 < NAME_BYTES; n++)
        out[n] = v->name[n] == '_' ? '-' : v->name[n];
    out[n] = '\0';
}

static int help(void)
{
    char name[NAME_BYTES];
    printf(
        "usage: camseal spdm COMMAND [options]\n\nSPDM (DSP0274 1.2 to 1.4) against any peer, and "
        "from captures.\n\ncommands:\n");
    for (const spdm_verb *v = verbs; v->name; v++) {
        typed_name(v, name);
        printf("  %-12s %s\n", name, v->help);
    }
    printf("\n'camseal spdm COMMAND --help' tells the options of a command.\n");
    return CLI_EXIT_OK;
}

int verb_spdm(int argc, char **argv)
{
    char name[NAME_BYTES];
    if (argc < 2)
        return cli_usage("spdm", "no command given");
    if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))
        return help();
    for (const spdm_verb *v = verbs; v->name; v++) {
        typed_name(v, name);
        if (!strcmp(argv[1], name))
            return v->run(argc - 1, argv + 1);
    }
    return cli_usage("spdm", "unknown command '%s'", argv[1]);
}
