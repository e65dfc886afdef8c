/* camseal vectors check FILE: does this implementation build and verify the vectors of a file? */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "camseal/openssl.h"
#include "cli.h"
#include "vector_check.h"
#include "verbs.h"

enum { OPT_BULK = 1 };

static const cli_option options[] = {
    {OPT_BULK, 0, "bulk", "NAME",
     "one implementation only: soft or x86 (default: all that run here)"},
    {0},
};

static const cli_verb verb = {
    "vectors",
    "[options] check FILE",
    "Builds and verifies every test vector of a JSON file, with each implementation of the bulk\n"
    "algorithms, and names each vector that differs with its first difference.",
    options,
    "exit codes: 0 all vectors agree, 1 some differ, 8 none differs but some are of a kind that\n"
    "is not implemented, 3 no file of vectors, 6 cannot be read",
};

static const char *const outcome_names[VECTOR_OUTCOMES] = {"agrees", "differs", "not implemented"};

typedef struct printer {
    const cli_args *args;
    const char *bulk;
    json_t *list; /* with --json */
} printer;

static void report(void *user, enum vector_outcome outcome, const char *section, const char *name,
                   const char *detail)
{
    printer *p = user;
    if (p->list) {
        json_array_append_new(p->list, json_pack("{s:s, s:s, s:s, s:s, s:s}", "outcome",
                                                 outcome_names[outcome], "bulk", p->bulk, "section",
                                                 section, "name", name, "detail", detail));
        return;
    }
    if (!p->args->quiet)
        printf("%-8s %s %s (%s): %s\n", outcome == VECTOR_DIFFERS ? "DIFFERS" : "SKIPPED", section,
               name, p->bulk, detail);
}

static int exit_code(const unsigned counts[VECTOR_OUTCOMES])
{
    if (counts[VECTOR_DIFFERS] || !(counts[VECTOR_AGREES] + counts[VECTOR_SKIPPED]))
        return CLI_EXIT_FINDINGS;
    return counts[VECTOR_SKIPPED] ? CLI_EXIT_NOT_IMPLEMENTED : CLI_EXIT_OK;
}

static void print_totals(const printer *p, const char *path, const unsigned counts[VECTOR_OUTCOMES])
{
    if (p->list) {
        json_t *root =
            json_pack("{s:s, s:i, s:i, s:i, s:O}", "file", path, "agree",
                      (int)counts[VECTOR_AGREES], "differ", (int)counts[VECTOR_DIFFERS],
                      "not_implemented", (int)counts[VECTOR_SKIPPED], "vectors", p->list);
        json_dumpf(root, stdout, JSON_INDENT(2));
        putchar('\n');
        json_decref(root);
        return;
    }
    if (!p->args->quiet)
        printf("%u agree, %u differ, %u not implemented\n", counts[VECTOR_AGREES],
               counts[VECTOR_DIFFERS], counts[VECTOR_SKIPPED]);
}

static bool chosen(const char *only, const char *name)
{
    return !only || strncmp(name, only, strlen(only)) == 0;
}

/* Runs the file with each implementation; false when it is no vector file. */
static bool run_all(printer *p, const json_t *root, const char *only,
                    unsigned counts[VECTOR_OUTCOMES])
{
    const camseal_bulk *const bulks[] = {camseal_bulk_soft(), camseal_bulk_x86()};
    for (size_t i = 0; i < sizeof bulks / sizeof bulks[0]; i++) {
        if (!bulks[i] || !chosen(only, bulks[i]->name))
            continue;
        vector_run run = {
            .bulk = bulks[i], .crypto = camseal_openssl(), .report = report, .user = p};
        p->bulk = bulks[i]->name;
        if (!vector_check(&run, root))
            return false;
        for (size_t k = 0; k < VECTOR_OUTCOMES; k++)
            counts[k] += run.counts[k];
    }
    return true;
}

static int check_file(const cli_args *args, const char *path, const char *only)
{
    json_error_t error;
    unsigned counts[VECTOR_OUTCOMES] = {0};
    json_t *root = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
    if (!root && json_error_code(&error) == json_error_cannot_open_file)
        return cli_fail("vectors", CAMSEAL_E_FILE,
                        "%s cannot be opened: give the path of a vector file", path);
    if (!root)
        return cli_fail("vectors", CAMSEAL_E_FORMAT,
                        "%s is no JSON (line %d, %s): give a vector file", path, error.line,
                        error.text);
    printer p = {.args = args, .list = args->json ? json_array() : NULL};
    bool known = run_all(&p, root, only, counts);
    json_decref(root);
    if (known)
        print_totals(&p, path, counts);
    json_decref(p.list);
    if (!known)
        return cli_fail("vectors", CAMSEAL_E_FORMAT,
                        "%s holds no test vectors: it has no member \"format\"", path);
    return exit_code(counts);
}

int verb_vectors(int argc, char **argv)
{
    cli_args args;
    char **operands;
    const char *only = NULL;
    cli_begin(&args, &verb, argc, argv);
    for (int id = cli_next(&args); id; id = cli_next(&args)) {
        if (id < 0)
            return args.exit;
        only = args.value;
    }
    if (only && strcmp(only, "soft") != 0 && strcmp(only, "x86") != 0)
        return cli_usage("vectors", "--bulk is soft or x86");
    if (only && strcmp(only, "x86") == 0 && !camseal_bulk_x86())
        return cli_fail("vectors", CAMSEAL_E_UNSUPPORTED,
                        "this processor has no x86 implementation");
    if (cli_operands(&args, &operands) != 2 || strcmp(operands[0], "check") != 0)
        return cli_usage("vectors", "expected: check FILE");
    return check_file(&args, operands[1], only);
}
