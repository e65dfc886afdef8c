/* camseal: chooses the verb. */
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "verbs.h"
#include "version.h"

typedef struct verb {
    const char *name;
    const char *help;
    int (*run)(int argc, char **argv);
} verb;

#define VERB_ROW(name, help) {#name, help, verb_##name},
static const verb verbs[] = {CLI_VERBS(VERB_ROW){NULL, NULL, NULL}};

static int help(void)
{
    printf("usage: camseal VERB [options]\n"
           "       camseal --version [--json]\n"
           "       camseal --help\n\n"
           "End-to-end security for camera links: authenticate a sensor, stream protected CSI-2\n"
           "packets, verify every one.\n\nverbs:\n");
    for (const verb *v = verbs; v->name; v++)
        printf("  %-10s %s\n", v->name, v->help);
    printf("\n'camseal VERB --help' tells the options of a verb.\n\n"
           "exit codes: 0 good, 1 finished with findings, 2 usage, 3 peer or file format,\n"
           "4 security check refused, 5 crypto provider, 6 input or output, 7 bug,\n"
           "8 not implemented, 130 interrupted\n");
    return CLI_EXIT_OK;
}

static int run(int argc, char **argv)
{
    if (argc < 2)
        return cli_usage(NULL, "no verb given");
    if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help"))
        return help();
    if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V"))
        return version_print(argc - 2, argv + 2);
    camseal_status status = cli_signals_init();
    if (status != CAMSEAL_OK)
        return cli_fail(NULL, status, "cannot set up signal handling");
    for (const verb *v = verbs; v->name; v++)
        if (!strcmp(argv[1], v->name))
            return v->run(argc - 1, argv + 1);
    return cli_usage(NULL, "unknown verb '%s'", argv[1]);
}

/* What was to be read must have arrived, help and lists too. */
int main(int argc, char **argv)
{
    int code = run(argc, argv);
    if ((!fflush(stdout) && !ferror(stdout)) || code)
        return code;
    return cli_fail(NULL, CAMSEAL_E_IO, "cannot write to stdout");
}
