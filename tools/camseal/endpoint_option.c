#include "endpoint_option.h"

#include "cli.h"

int endpoint_option(camseal_endpoint *out, const char *verb, const char *option, const char *text,
                    bool allow_remote)
{
    camseal_posix_error error = {{0}};
    camseal_status status = camseal_endpoint_parse(out, text, allow_remote, &error);
    if (status == CAMSEAL_OK)
        return -1;
    int code = cli_fail(verb, status, "--%s %s", option, error.text);
    if (status == CAMSEAL_E_UNSUPPORTED)
        return CLI_EXIT_NOT_IMPLEMENTED;
    return status == CAMSEAL_E_POLICY ? CLI_EXIT_USAGE : code;
}
