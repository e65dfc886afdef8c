/* What holds for the command as a whole and for every verb: help, errors of one line, exit codes.
 */
#include "command.h"

#include <jansson.h>
#include <stdbool.h>

#include "camseal/version.h"
#include "verbs.h"

#define VERB_NAME(name, help) #name,
static const char *const verbs[] = {CLI_VERBS(VERB_NAME) NULL};

static command run3(const char *a, const char *b, const char *c)
{
    const char *const list[] = {a, b, c, NULL};
    return command_run(list);
}

static void help_lists_the_verbs(void **state)
{
    (void)state;
    command c = run3("--help", NULL, NULL);
    assert_int_equal(c.exit_code, 0);
    assert_string_equal(c.erred, "");
    for (size_t i = 0; verbs[i]; i++)
        assert_non_null(strstr(c.said, verbs[i]));
    assert_non_null(strstr(c.said, "exit codes"));
}

static void version_tells_the_parts(void **state)
{
    (void)state;
    command c = run3("--version", NULL, NULL);
    assert_int_equal(c.exit_code, 0);
    assert_non_null(strstr(c.said, "camseal " CAMSEAL_VERSION "\n"));
    c = run3("--version", "--json", NULL);
    assert_int_equal(c.exit_code, 0);
    json_t *j = json_loads(c.said, 0, NULL);
    const char *const keys[] = {"version", "wire_format", "libcrypto", "libcrypto_lacks", "bulk"};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        assert_true(json_is_string(json_object_get(j, keys[i])));
    assert_string_equal(json_string_value(json_object_get(j, "version")), CAMSEAL_VERSION);
    json_decref(j);
}

static void wrong_use_is_one_line_and_2(void **state)
{
    (void)state;
    const struct {
        const char *a, *b, *said;
    } rows[] = {
        {NULL, NULL, "camseal: no verb given: see 'camseal --help'\n"},
        {"dance", NULL, "camseal: unknown verb 'dance': see 'camseal --help'\n"},
        {"two\nlines", NULL, "camseal: unknown verb 'two?lines': see 'camseal --help'\n"},
        {"--version", "--yaml",
         "camseal: --version takes nothing but --json: see 'camseal --help'\n"},
        {"bridge", "--seed",
         "camseal bridge: option '--seed' needs a value: see 'camseal bridge --help'\n"},
        {"bridge", "--seed=x",
         "camseal bridge: --seed x: not a number from 0 to 18446744073709551615: see 'camseal "
         "bridge --help'\n"},
        {"bridge", "-Z",
         "camseal bridge: unknown or malformed option '-Z': see 'camseal bridge --help'\n"},
        {"bridge", "--json=1",
         "camseal bridge: unknown or malformed option '--json=1': see 'camseal bridge --help'\n"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        command c = run3(rows[i].a, rows[i].b, NULL);
        assert_int_equal(c.exit_code, 2);
        assert_string_equal(c.erred, rows[i].said);
        assert_string_equal(c.said, "");
    }
}

static void every_verb_helps_and_refuses(void **state)
{
    (void)state;
    for (size_t i = 0; verbs[i]; i++) {
        char usage[64];
        command c = run3(verbs[i], "--help", NULL);
        snprintf(usage, sizeof usage, "usage: camseal %s ", verbs[i]);
        if (c.exit_code || strncmp(c.said, usage, strlen(usage)) != 0)
            print_message("%s --help\n", verbs[i]);
        assert_int_equal(c.exit_code, 0);
        assert_memory_equal(c.said, usage, strlen(usage));
        bool has_commands =
            strstr(c.said, "\ncommands:\n") != NULL; /* then their help tells the rest */
        assert_true(has_commands || (strstr(c.said, "--json") && strstr(c.said, "exit codes")));
        assert_string_equal(c.erred, "");
        c = run3(verbs[i], "--no-such-option", NULL);
        if (c.exit_code != 2)
            print_message("%s --no-such-option\n", verbs[i]);
        assert_int_equal(c.exit_code, 2);
        assert_one_line(&c, "camseal ");
    }
}

static void a_full_stdout_is_said(void **state)
{
    (void)state;
    if (access("/dev/full", W_OK))
        skip();
    int how = system(CAMSEAL_COMMAND " --version --json >/dev/full 2>/dev/null");
    assert_int_equal(WEXITSTATUS(how), 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(help_lists_the_verbs),
        cmocka_unit_test(version_tells_the_parts),
        cmocka_unit_test(wrong_use_is_one_line_and_2),
        cmocka_unit_test(every_verb_helps_and_refuses),
        cmocka_unit_test(a_full_stdout_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
