/* `camseal demo`: the whole framework on one machine, attacked in every way, and judged.
 *
 * Makes a throw-away PKI, starts sensor, bridge and ECU as three processes of this executable over
 * Unix sockets in a private folder, waits, compares the bridge's log with the ECU's report, and
 * removes everything but the results.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "camseal/version.h"
#include "clock.h"
#include "demo.h"
#include "outfile.h"
#include "stream_profile.h"
#include "verbs.h"

enum { OPT_OUT = 1, OPT_FRAMES, OPT_MODE, OPT_FORMAT, OPT_SUITE, OPT_SEED, OPT_ONLY, OPT_BREAK };

static const cli_option options[] = {
    {OPT_OUT, 'o', "out", "DIR", "where the results go (default out/demo)"},
    {OPT_FRAMES, 'n', "frames", "N", "frames to stream (default 40)"},
    {OPT_MODE, 'm', "mode", "WxH", "pixels of a frame (default: 1352x898, the picture's own)"},
    {OPT_FORMAT, 'f', "format", "NAME", "pixel format (default raw12)"},
    {OPT_SUITE, 's', "suite", "NAME", "suite (default PERF-128-IE)"},
    {OPT_SEED, 0, "seed", "N", "seed of the bridge's choices (default 1)"},
    {OPT_ONLY, 0, "only", "NAME", "only the attacks whose name starts so"},
    {OPT_BREAK, 0, "break", "WHAT",
     "prove that a failure is noticed: skip (one attack is not\nperformed) or damage (a frame that "
     "should be good is hit)"},
    {0, 0, NULL, NULL, NULL},
};

static const cli_verb verb = {
    "demo", "[options]",
    "Streams a picture from a sensor through a hostile bridge to an ECU, three processes on this\n"
    "machine, and shows for each attack what had to be seen and what was seen.",
    options,
    "exit codes: 0 every untouched frame was good and every attack was named, 1 not so;\n"
    "otherwise see 'camseal --help'."};

/* ---- options ---- */

static int take_option(demo *d, int id)
{
    switch (id) {
    case OPT_OUT:
        d->out = d->args.value;
        break;
    case OPT_MODE:
        d->mode = d->args.value;
        break;
    case OPT_FORMAT:
        d->format = d->args.value;
        break;
    case OPT_SUITE:
        d->suite = d->args.value;
        break;
    case OPT_ONLY:
        d->only = d->args.value;
        break;
    case OPT_FRAMES:
        return cli_number(&d->args, 1, 100000, &d->frames) ? -1 : d->args.exit;
    case OPT_SEED:
        return cli_number(&d->args, 0, UINT32_MAX, &d->seed) ? -1 : d->args.exit;
    default:
        d->broken = d->args.value;
        break;
    }
    return -1;
}

static int parse_options(demo *d, int argc, char **argv)
{
    int id;
    unsigned height = 0;
    uint8_t suite = 0;
    cli_begin(&d->args, &verb, argc, argv);
    d->out = "out/demo";
    d->mode = "1352x898";
    d->format = "raw12";
    d->suite = "PERF-128-IE";
    d->frames = 40;
    d->seed = 1;
    while ((id = cli_next(&d->args)) > 0) {
        int code = take_option(d, id);
        if (code >= 0)
            return code;
    }
    if (id < 0)
        return d->args.exit;
    if (d->broken && strcmp(d->broken, "skip") != 0 && strcmp(d->broken, "damage") != 0)
        return cli_usage("demo", "--break %s: not skip or damage", d->broken);
    if (!stream_suite_parse(&suite, d->suite))
        return cli_usage("demo", "--suite %s: not a known suite", d->suite);
    if (sscanf(d->mode, "%*ux%u", &height) != 1)
        return cli_usage("demo", "--mode %s: not WIDTHxHEIGHT", d->mode);
    if (!demo_plan_make(&d->plan, d->only, (unsigned)d->frames, height + 1u))
        return cli_usage("demo", "no attack of this name, or too few frames: all attacks need %u",
                         demo_plan_least_frames());
    return -1;
}

/* ---- results ---- */

static json_t *load(const char *folder, const char *name)
{
    char path[TESTBED_PATH_BYTES + 32];
    json_error_t error;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    json_t *root = json_load_file(path, 0, &error);
    if (!root)
        cli_warn("demo", "%s: %s", path, error.text);
    return root;
}

/* Widths of the table's columns: as wide as what stands in them. */
static void measure(const demo_result *r, int widths[3])
{
    for (size_t i = 0; i < r->n_rows; i++) {
        const char *const cells[3] = {r->rows[i].attack, r->rows[i].expected, r->rows[i].seen};
        for (size_t c = 0; c < 3; c++)
            if (widths[c] < (int)strlen(cells[c]))
                widths[c] = (int)strlen(cells[c]);
    }
}

static void print_result(const demo *d)
{
    const demo_result *r = &d->result;
    int w[3] = {6, 8, 4};
    measure(r, w);
    printf("\nverdict/reason of the attacked message -> of its frame\n\n%-*s  %-*s  %-*s  %-8s  "
           "named\n",
           w[0], "attack", w[1], "expected", w[2], "seen", "frame");
    for (size_t i = 0; i < r->n_rows; i++) {
        const demo_row *row = &r->rows[i];
        printf("%-*s  %-*s  %-*s  %-8s  %s\n", w[0], row->attack, w[1], row->expected, w[2],
               row->seen, row->where, row->named ? "yes" : "NO");
    }
    printf("\nuntouched  %u of %u frames OK\n", r->untouched_ok, r->untouched);
    printf("attacks    %zu of %zu named\n", r->n_named, r->n_rows);
    printf("rotations  %u of %u worked\n", r->rotations_ok, r->rotations);
    printf("results    %s/: report.json, accepted picture, pictures of tampering\n", d->out);
    printf("verdict    %s, %.1f s\n", r->good ? "all as it must be" : "NOT as it must be",
           (double)d->us / 1e6);
}

static json_t *rows_json(const demo_result *r)
{
    json_t *rows = json_array();
    for (size_t i = 0; i < r->n_rows; i++) {
        const demo_row *row = &r->rows[i];
        json_array_append_new(
            rows, json_pack("{s:s, s:s, s:b, s:s, s:s, s:s, s:b}", "attack", row->attack, "plane",
                            row->control ? "control" : "data", "legal", (int)row->legal, "expected",
                            row->expected, "seen", row->seen, "frames", row->where, "named",
                            (int)row->named));
    }
    return rows;
}

/* `whole`: with the log and the ECU's report inside. */
static json_t *result_json(const demo *d, bool whole)
{
    const demo_result *r = &d->result;
    json_t *root = json_pack(
        "{s:s, s:s, s:b, s:I, s:i, s:i, s:i, s:i, s:f, s:o}", "camseal", CAMSEAL_VERSION, "verb",
        "demo", "good", (int)r->good, "frames", (json_int_t)d->frames, "untouched_frames",
        (int)r->untouched, "untouched_frames_ok", (int)r->untouched_ok, "attacks", (int)r->n_rows,
        "attacks_named", (int)r->n_named, "seconds", (double)d->us / 1e6, "table", rows_json(r));
    if (whole) {
        json_object_set(root, "bridge", d->log);
        json_object_set(root, "ecu", d->report);
    }
    return root;
}

static int write_report(const demo *d)
{
    char path[TESTBED_PATH_BYTES + 32];
    outfile file;
    snprintf(path, sizeof path, "%s/report.json", d->out);
    camseal_status status = outfile_open(&file, path, false);
    if (status == CAMSEAL_OK) {
        json_t *root = result_json(d, true);
        json_dumpf(root, file.stream, JSON_INDENT(1) | JSON_REAL_PRECISION(6));
        json_decref(root);
        status = outfile_commit(&file);
    }
    return status == CAMSEAL_OK ? -1 : cli_fail("demo", status, "%s", file.error);
}

static int judge(demo *d)
{
    char path[TESTBED_PATH_BYTES + 32];
    d->log = load(d->folder, "bridge.json");
    d->report = load(d->out, "ecu.json");
    if (!d->log || !d->report)
        return cli_fail("demo", CAMSEAL_E_FORMAT, "the log or the report cannot be read");
    demo_judge(&d->result, &d->plan, d->log, d->report);
    snprintf(path, sizeof path, "%s/ecu.json", d->out); /* it is part of report.json */
    (void)unlink(path);
    int code = write_report(d);
    if (code >= 0)
        return code;
    if (d->args.json) {
        json_t *root = result_json(d, false);
        json_dumpf(root, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(6));
        putchar('\n');
        json_decref(root);
    } else if (!d->args.quiet) {
        print_result(d);
    }
    return d->result.good ? CLI_EXIT_OK : CLI_EXIT_FINDINGS;
}

int verb_demo(int argc, char **argv)
{
    demo *d = calloc(1, sizeof *d);
    if (!d)
        return cli_fail("demo", CAMSEAL_E_SPACE, "no memory");
    uint64_t start = camseal_posix_now_us();
    int code = parse_options(d, argc, argv);
    if (code < 0)
        code = testbed_make_folders("demo", d->out);
    if (code < 0)
        code = testbed_make_private("demo", d->folder);
    if (code < 0) {
        code = demo_run(d);
        d->us = camseal_posix_now_us() - start;
        if (code < 0)
            code = judge(d);
    }
    testbed_remove_private("demo", d->folder);
    json_decref(d->log);
    json_decref(d->report);
    free(d);
    return code;
}
