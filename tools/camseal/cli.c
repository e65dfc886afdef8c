#include "cli.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"

/* ---- error lines ----------------------------------------------------------------------------- */

enum { LINE_BYTES = 1024 };

static bool progress_shown;
static const char *where = "";

void cli_where(const char *text)
{
    where = text ? text : "";
}

static void print_line(const char *verb, const char *text, const char *tail)
{
    cli_progress_end();
    char line[LINE_BYTES];
    snprintf(line, sizeof line, "camseal%s%s: %s%s%s", verb ? " " : "", verb ? verb : "", where,
             text, tail);
    for (char *c = line; *c; c++)
        if (iscntrl((unsigned char)*c))
            *c = '?';
    fprintf(stderr, "%s\n", line);
}

int cli_fail(const char *verb, camseal_status status, const char *format, ...)
{
    char text[LINE_BYTES - 128];
    va_list values;
    va_start(values, format);
    vsnprintf(text, sizeof text, format, values);
    va_end(values);
    print_line(verb, text, "");
    return camseal_status_exit_code(status);
}

int cli_usage(const char *verb, const char *format, ...)
{
    char text[LINE_BYTES - 128], tail[96];
    va_list values;
    va_start(values, format);
    vsnprintf(text, sizeof text, format, values);
    va_end(values);
    snprintf(tail, sizeof tail, ": see 'camseal%s%s --help'", verb ? " " : "", verb ? verb : "");
    print_line(verb, text, tail);
    return CLI_EXIT_USAGE;
}

void cli_warn(const char *verb, const char *format, ...)
{
    char text[LINE_BYTES - 128];
    va_list values;
    va_start(values, format);
    vsnprintf(text, sizeof text, format, values);
    va_end(values);
    print_line(verb, text, "");
}

/* ---- options --------------------------------------------------------------------------------- */

/* Ids of the options that every verb has; above the verbs' own. */
enum { ID_HELP = 1001, ID_JSON, ID_QUIET };

static const cli_option common_options[] = {
    {ID_JSON, 0, "json", NULL, "print one JSON object on stdout instead of text"},
    {ID_QUIET, 'q', "quiet", NULL, "print nothing but errors"},
    {ID_HELP, 'h', "help", NULL, "print this help"},
    {0, 0, NULL, NULL, NULL},
};

static void add_options(cli_args *args, const cli_option *options)
{
    size_t n = 0;
    while (args->longs[n].name)
        n++;
    char *s = args->shorts + strlen(args->shorts);
    for (const cli_option *o = options; o && o->name && n < CLI_OPTIONS_MAX; o++, n++) {
        args->longs[n].name = o->name;
        args->longs[n].has_arg = o->arg ? required_argument : no_argument;
        args->longs[n].val = o->id;
        if (o->letter)
            *s++ = o->letter;
        if (o->letter && o->arg)
            *s++ = ':';
    }
}

void cli_begin(cli_args *args, const cli_verb *verb, int argc, char **argv)
{
    memset(args, 0, sizeof *args);
    args->verb = verb;
    args->argc = argc;
    args->argv = argv;
    args->shorts[0] = ':'; /* getopt: a missing value is ':' and prints nothing */
    add_options(args, verb->options);
    add_options(args, common_options);
    optind = 1;
    opterr = 0;
}

static const cli_option *find_option(const cli_option *options, int id, int letter)
{
    for (const cli_option *o = options; o && o->name; o++)
        if (o->id == id || (letter && o->letter == letter))
            return o;
    return NULL;
}

/* getopt's answer for a long option is its id, for a short one its letter; ids may look like
 * letters. */
static const cli_option *resolve(const cli_args *args, int got, int long_index)
{
    bool is_long = long_index >= 0;
    const cli_option *o = find_option(args->verb->options, is_long ? got : -1, is_long ? 0 : got);
    return o ? o : find_option(common_options, is_long ? got : -1, is_long ? 0 : got);
}

static int wrong_option(cli_args *args, int got)
{
    const char *word = args->argv[optind - 1];
    const char *name = args->verb->name;
    args->exit = got == ':' ? cli_usage(name, "option '%s' needs a value", word)
                            : cli_usage(name, "unknown or malformed option '%s'", word);
    return -1;
}

int cli_next(cli_args *args)
{
    for (;;) {
        int long_index = -1;
        int got = getopt_long(args->argc, args->argv, args->shorts, args->longs, &long_index);
        if (got == -1)
            return 0;
        const cli_option *o = got == '?' || got == ':' ? NULL : resolve(args, got, long_index);
        if (!o)
            return wrong_option(args, got);
        args->option = o->name;
        args->value = o->arg ? optarg : NULL;
        if (o->id == ID_HELP) {
            cli_help(args->verb);
            args->exit = CLI_EXIT_OK;
            return -1;
        }
        args->json = args->json || o->id == ID_JSON;
        args->quiet = args->quiet || o->id == ID_QUIET;
        if (o->id < ID_HELP)
            return o->id;
    }
}

int cli_operands(const cli_args *args, char ***operands)
{
    *operands = args->argv + optind;
    return args->argc - optind;
}

bool cli_number(cli_args *args, uint64_t min, uint64_t max, uint64_t *out)
{
    if (cli_parse_number(args->value, min, max, out))
        return true;
    args->exit =
        cli_usage(args->verb->name, "--%s %s: not a number from %llu to %llu", args->option,
                  args->value, (unsigned long long)min, (unsigned long long)max);
    return false;
}

static void print_option(const cli_option *o)
{
    enum { COLUMN = 28 };
    char left[96];
    char letter[4] = {'-', o->letter, ',', 0};
    snprintf(left, sizeof left, "  %-3s --%s%s%s", o->letter ? letter : "", o->name,
             o->arg ? " " : "", o->arg ? o->arg : "");
    printf("%-*s", COLUMN, left);
    if (strlen(left) >= COLUMN)
        printf("\n%*s", COLUMN, "");
    for (const char *c = o->help; *c; c++) {
        putchar(*c);
        if (*c == '\n')
            printf("%*s", COLUMN, "");
    }
    putchar('\n');
}

void cli_help(const cli_verb *verb)
{
    printf("usage: camseal %s %s\n\n%s\n\noptions:\n", verb->name, verb->synopsis, verb->about);
    for (const cli_option *o = verb->options; o && o->name; o++)
        print_option(o);
    for (const cli_option *o = common_options; o->name; o++)
        print_option(o);
    if (verb->notes)
        printf("\n%s\n", verb->notes);
}

/* ---- progress -------------------------------------------------------------------------------- */

void cli_progress(const cli_args *args, const char *format, ...)
{
    enum { PERIOD_US = 100000 };
    static uint64_t last_us;
    if (args->quiet || !isatty(STDERR_FILENO))
        return;
    uint64_t now = camseal_posix_now_us();
    if (progress_shown && now - last_us < PERIOD_US)
        return;
    last_us = now;
    progress_shown = true;
    char text[200];
    va_list values;
    va_start(values, format);
    vsnprintf(text, sizeof text, format, values);
    va_end(values);
    fprintf(stderr, "\r%s\033[K", text);
    fflush(stderr);
}

void cli_progress_end(void)
{
    if (progress_shown)
        fprintf(stderr, "\r\033[K");
    progress_shown = false;
}

/* ---- signals --------------------------------------------------------------------------------- */

static volatile sig_atomic_t signalled;
static int signal_pipe[2] = {-1, -1};

static void on_signal(int number)
{
    int saved = errno;
    signalled = 1;
    /* The byte stays in the pipe, so that every later poll() sees it too. */
    ssize_t ignored = write(signal_pipe[1], "", 1);
    (void)ignored;
    (void)number;
    errno = saved;
}

camseal_status cli_signals_init(void)
{
    if (pipe(signal_pipe))
        return CAMSEAL_E_IO;
    for (int i = 0; i < 2; i++)
        if (fcntl(signal_pipe[i], F_SETFD, FD_CLOEXEC) ||
            fcntl(signal_pipe[i], F_SETFL, O_NONBLOCK))
            return CAMSEAL_E_IO;
    struct sigaction action = {0};
    action.sa_handler = on_signal;
    action.sa_flags = (int)SA_RESETHAND; /* the second one kills, if a loop should not look */
    sigemptyset(&action.sa_mask);
    if (sigaction(SIGINT, &action, NULL) || sigaction(SIGTERM, &action, NULL))
        return CAMSEAL_E_IO;
    action.sa_handler = SIG_IGN;
    action.sa_flags = 0;
    return sigaction(SIGPIPE, &action, NULL) ? CAMSEAL_E_IO : CAMSEAL_OK;
}

bool cli_interrupted(void)
{
    return signalled != 0;
}

int cli_signal_fd(void)
{
    return signal_pipe[0];
}
