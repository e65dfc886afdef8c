/* `camseal --version`. */
#ifndef CAMSEAL_TOOL_VERSION_H
#define CAMSEAL_TOOL_VERSION_H

/* Arguments after --version: nothing or --json. Returns the exit code. */
int version_print(int argc, char **argv);

#endif
