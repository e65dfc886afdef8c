/* `camseal pki`: chooses the sub-command. */
#include "pki.h"

#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "verbs.h"

static int help(void)
{
    printf("usage: camseal pki COMMAND [options]\n\n"
           "Makes and shows the certificates that a camera proves itself with.\n\n"
           "commands:\n"
           "  init       make a root and an intermediate certificate authority\n"
           "  device     make a device key, its certificate and its chain\n"
           "  show       show a chain, every SPDM rule, and the pin\n\n"
           "'camseal pki COMMAND --help' tells the options of a command.\n");
    return CLI_EXIT_OK;
}

int verb_pki(int argc, char **argv)
{
    static const struct {
        const char *name;
        int (*run)(int argc, char **argv);
    } commands[] = {{"init", pki_init}, {"device", pki_device}, {"show", pki_show}};

    if (argc < 2)
        return cli_usage("pki", "no command given");
    if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help"))
        return help();
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        if (!strcmp(argv[1], commands[i].name))
            return commands[i].run(argc - 1, argv + 1);
    }
    return cli_usage("pki", "unknown command '%s'", argv[1]);
}
