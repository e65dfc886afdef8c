/* A link end named on the command line, with the exit codes that a wrong name has. */
#ifndef CAMSEAL_TOOL_ENDPOINT_OPTION_H
#define CAMSEAL_TOOL_ENDPOINT_OPTION_H

#include "endpoint.h"

/* -1 when *out is the endpoint; else the error line was printed and this is the exit code. */
int endpoint_option(camseal_endpoint *out, const char *verb, const char *option, const char *text,
                    bool allow_remote);

#endif
