/* What all verbs share: exit codes, options, error lines, progress, signals.
 *
 * Machine output (--json) and human results go to stdout; errors and progress go to stderr. An
 * error is exactly one line. Nothing here knows cameras. One thread.
 */
#ifndef CAMSEAL_TOOL_CLI_H
#define CAMSEAL_TOOL_CLI_H

#include <getopt.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "camseal/status.h"
#include "number.h"
#include "printf_like.h"

/* The exit codes of the command. 2 to 7 follow from the class of a status
 * (camseal_status_exit_code). */
enum cli_exit {
    CLI_EXIT_OK = 0,
    CLI_EXIT_FINDINGS = 1, /* it ran to its end, but what it found is not all good            */
    CLI_EXIT_USAGE = 2,    /* wrong options or arguments                                      */
    CLI_EXIT_PEER = 3,     /* the other side, or a file, broke its format                     */
    CLI_EXIT_SECURITY = 4, /* a cryptographic or policy check refused                         */
    CLI_EXIT_PROVIDER = 5, /* the cryptographic provider failed                               */
    CLI_EXIT_IO = 6,       /* a file or a link cannot be opened, read or written              */
    CLI_EXIT_BUG = 7,      /* an internal invariant broke                                     */
    CLI_EXIT_NOT_IMPLEMENTED = 8, /* asked for something that this version cannot do yet */
    CLI_EXIT_INTERRUPTED = 130 /* SIGINT or SIGTERM                                               */
};

/* ---- options --------------------------------------------------------------------------------- */

/* One option. `id` is what cli_next returns: 1..1000. `arg` names the value in the help ("N",
 * "FILE"), NULL for a flag; a `letter` of 0 means there is no short form. A table ends with a row
 * of zeros. */
typedef struct cli_option {
    int id;
    char letter;
    const char *name;
    const char *arg;
    const char *help; /* may hold '\n': further lines are indented */
} cli_option;

/* A verb for its help: const, in the verb's file. */
typedef struct cli_verb {
    const char *name;
    const char *synopsis; /* after "camseal NAME": "[options] FILE" */
    const char *about;    /* what it does: a few lines */
    const cli_option *options;
    const char *notes; /* printed after the options; may be NULL */
} cli_verb;

enum { CLI_OPTIONS_MAX = 80 };

/* --help, --json and --quiet belong to every verb and are handled here. */
typedef struct cli_args {
    const cli_verb *verb;
    int argc;
    char **argv;
    bool json;          /* one JSON object on stdout instead of text       */
    bool quiet;         /* no progress, no text but errors                 */
    const char *option; /* the option that cli_next just returned: "frames" */
    char *value;        /* its value; NULL for a flag                      */
    int exit;           /* when cli_next returned a negative number        */
    struct option longs[CLI_OPTIONS_MAX + 1];
    char shorts[2 * CLI_OPTIONS_MAX + 2];
} cli_args;

void cli_begin(cli_args *args, const cli_verb *verb, int argc, char **argv);

/* The id of the next option; 0 when there are no more; negative when the verb must end now with
 * args->exit
 * (--help was printed, or the error line of a wrong option). */
int cli_next(cli_args *args);

/* Operands that follow the options; *operands points into argv. Call after cli_next returned 0. */
int cli_operands(const cli_args *args, char ***operands);

/* The present option's value as a number: decimal or 0x. False after the error line was printed;
 * then return args->exit. */
bool cli_number(cli_args *args, uint64_t min, uint64_t max, uint64_t *out);

void cli_help(const cli_verb *verb);

/* ---- error lines ----------------------------------------------------------------------------- */

/* Prints exactly one line on stderr: "camseal VERB: " and the text, which says what is wrong and,
 * after a second colon, what to do. Control characters become '?'. Returns the exit code of the
 * status. `verb` may be NULL. */
int cli_fail(const char *verb, camseal_status status, const char *format, ...)
    CAMSEAL_PRINTF_LIKE(3, 4);

/* The same for wrong options; adds where the help is. Returns CLI_EXIT_USAGE. */
int cli_usage(const char *verb, const char *format, ...) CAMSEAL_PRINTF_LIKE(2, 3);

/* Until the next call every line begins with this text (borrowed): which part of which file is
 * read. NULL: with nothing. */
void cli_where(const char *text);

/* A line that is no error (warning: ...), same form. */
void cli_warn(const char *verb, const char *format, ...) CAMSEAL_PRINTF_LIKE(2, 3);

/* ---- progress -------------------------------------------------------------------------------- */

/* Rewrites one line on stderr, when that is a terminal, at most ten times a second. Any cli_fail
 * clears it. */
void cli_progress(const cli_args *args, const char *format, ...) CAMSEAL_PRINTF_LIKE(2, 3);
void cli_progress_end(void);

/* ---- signals --------------------------------------------------------------------------------- */

/* SIGINT and SIGTERM set a flag and make cli_signal_fd() readable; SIGPIPE is ignored. main() calls
 * it. A second SIGINT ends at once. */
camseal_status cli_signals_init(void);
bool cli_interrupted(void);
/* For poll(): readable once a signal came, and stays so. Pass it as `wake_fd` to the links. */
int cli_signal_fd(void);

#endif
