/* `camseal demo`: the whole framework on one machine, attacked in every way, and judged.
 *
 * Makes a throw-away PKI, starts sensor, bridge and ECU as three processes of this executable over
 * Unix sockets in a private folder, waits, compares the bridge's log with the ECU's report, and
 * removes everything but the results.
 */
#include <errno.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "camseal/version.h"
#include "cli.h"
#include "clock.h"
#include "demo_judge.h"
#include "demo_process.h"
#include "outfile.h"
#include "pki.h"
#include "printf_like.h"
#include "stream_profile.h"
#include "verbs.h"

enum { LIMIT_US = 120000000, GRACE_US = 3000000, PATH_BYTES = 512, ARGUMENTS_MAX = 64 };

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

typedef struct demo {
    cli_args args;
    const char *out, *mode, *format, *suite, *only, *broken;
    uint64_t frames, seed;
    demo_plan plan;
    char folder[PATH_BYTES]; /* private, removed at the end */
    demo_process sensor, bridge, ecu;
    json_t *log, *report;
    demo_result result;
    uint64_t us;
} demo;

/* ---- options ----------------------------------------------------------------- */

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

/* ---- folders and files ------------------------------------------------------- */

/* mkdir -p */
static int make_folders(const char *path)
{
    char part[PATH_BYTES];
    if (strlen(path) >= sizeof part)
        return cli_fail("demo", CAMSEAL_E_FILE, "%s: the path is too long", path);
    for (size_t i = 1; i <= strlen(path); i++) {
        if (path[i] != '/' && path[i] != 0)
            continue;
        snprintf(part, sizeof part, "%.*s", (int)i, path);
        if (mkdir(part, 0777) && errno != EEXIST)
            return cli_fail("demo", CAMSEAL_E_FILE, "%s: cannot be made (%s): give another --out",
                            part, strerror(errno));
    }
    return -1;
}

static int make_private_folder(demo *d)
{
    const char *base = getenv("TMPDIR");
    snprintf(d->folder, sizeof d->folder, "%s/camseal-demo-XXXXXX", base && *base ? base : "/tmp");
    if (strlen(d->folder) > 70) /* sockets in it must stay below 108 bytes */
        snprintf(d->folder, sizeof d->folder, "/tmp/camseal-demo-XXXXXX");
    if (mkdtemp(d->folder))
        return -1;
    int code = cli_fail("demo", CAMSEAL_E_FILE, "%s: cannot be made (%s): set TMPDIR", d->folder,
                        strerror(errno));
    d->folder[0] = 0;
    return code;
}

static const char *const private_files[] = {"ca/" PKI_ROOT_CERT,
                                            "ca/" PKI_ROOT_KEY,
                                            "ca/" PKI_INTER_CERT,
                                            "ca/" PKI_INTER_KEY,
                                            "device/" PKI_ROOT_CERT,
                                            "device/" PKI_INTER_CERT,
                                            "device/" PKI_DEVICE_CERT,
                                            "device/" PKI_DEVICE_CHAIN,
                                            "device/" PKI_DEVICE_KEY,
                                            "device/" PKI_DEVICE_PIN,
                                            "sensor.data",
                                            "sensor.control",
                                            "bridge.data",
                                            "bridge.control",
                                            "bridge.json",
                                            "sensor.log",
                                            "bridge.log"};

static void remove_private_folder(const demo *d)
{
    char path[PATH_BYTES + 32];
    if (!d->folder[0])
        return;
    for (size_t i = 0; i < sizeof private_files / sizeof *private_files; i++) {
        snprintf(path, sizeof path, "%s/%s", d->folder, private_files[i]);
        (void)unlink(path);
    }
    snprintf(path, sizeof path, "%s/ca", d->folder);
    (void)rmdir(path);
    snprintf(path, sizeof path, "%s/device", d->folder);
    (void)rmdir(path);
    if (rmdir(d->folder))
        cli_warn("demo", "%s: cannot be removed (%s)", d->folder, strerror(errno));
}

/* ---- the three processes ----------------------------------------------------- */

/* An argument list whose strings live as long as the list. */
typedef struct arguments {
    char *list[ARGUMENTS_MAX + 1];
    char text[ARGUMENTS_MAX][PATH_BYTES + 64];
    size_t n;
} arguments;

static void put(arguments *a, const char *format, ...) CAMSEAL_PRINTF_LIKE(2, 3);

static void put(arguments *a, const char *format, ...)
{
    va_list values;
    if (a->n == ARGUMENTS_MAX)
        return;
    va_start(values, format);
    vsnprintf(a->text[a->n], sizeof a->text[a->n], format, values);
    va_end(values);
    a->list[a->n] = a->text[a->n];
    a->list[++a->n] = NULL;
}

/* Valid for a day: it is thrown away in a minute. */
static int make_pki(const demo *d)
{
    arguments *a = calloc(2, sizeof *a);
    if (!a)
        return cli_fail("demo", CAMSEAL_E_SPACE, "no memory");
    put(&a[0], "init");
    put(&a[0], "--out=%s/ca", d->folder);
    put(&a[0], "--days=1");
    put(&a[0], "--quiet");
    put(&a[1], "device");
    put(&a[1], "--ca=%s/ca", d->folder);
    put(&a[1], "--out=%s/device", d->folder);
    put(&a[1], "--name=demo sensor");
    put(&a[1], "--days=1");
    put(&a[1], "--quiet");
    int code = pki_init((int)a[0].n, a[0].list);
    if (code == CLI_EXIT_OK)
        code = pki_device((int)a[1].n, a[1].list);
    free(a);
    return code;
}

static void sensor_arguments(const demo *d, arguments *a)
{
    put(a, "camseal");
    put(a, "sensor");
    put(a, "--data=unix:%s/sensor.data", d->folder);
    put(a, "--control=unix:%s/sensor.control", d->folder);
    put(a, "--chain=%s/device/%s", d->folder, PKI_DEVICE_CHAIN);
    put(a, "--key=%s/device/%s", d->folder, PKI_DEVICE_KEY);
    put(a, "--frames=%u", d->plan.frames);
    put(a, "--fps=0");
    put(a, "--format=%s", d->format);
    put(a, "--mode=%s", d->mode);
}

static void bridge_arguments(const demo *d, arguments *a)
{
    const demo_plan *plan = &d->plan;
    bool skip = d->broken && !strcmp(d->broken, "skip");
    put(a, "camseal");
    put(a, "bridge");
    put(a, "--upstream=unix:%s/sensor.data", d->folder);
    put(a, "--downstream=unix:%s/bridge.data", d->folder);
    put(a, "--control-up=unix:%s/sensor.control", d->folder);
    put(a, "--control-down=unix:%s/bridge.control", d->folder);
    put(a, "--log=%s/bridge.json", d->folder);
    put(a, "--seed=%llu", (unsigned long long)d->seed);
    for (size_t i = 0; i < plan->n_control; i++)
        put(a, "--attack=%s", plan->control_text[i]);
    for (size_t i = 0; i < plan->n_data; i++)
        put(a, "--attack=%s", skip && i == 0 ? "none" : plan->data_text[i]);
    if (d->broken &&
        !strcmp(d->broken, "damage")) /* a frame of the lead-in, which the plan leaves alone */
        put(a, "--attack=flip:frame=2");
}

static void ecu_arguments(const demo *d, arguments *a)
{
    put(a, "camseal");
    put(a, "ecu");
    put(a, "--data=unix:%s/bridge.data", d->folder);
    put(a, "--control=unix:%s/bridge.control", d->folder);
    put(a, "--trust=%s/ca/%s", d->folder, PKI_ROOT_CERT);
    put(a, "--out=%s", d->out);
    put(a, "--report=%s/ecu.json", d->out);
    put(a, "--marks=%u", d->plan.frames);
    put(a, "--attempts=%u", (unsigned)d->plan.n_control + 1u);
    put(a, "--rotate-every=%u", d->plan.frames * 2u / 3u + 1u);
    put(a, "--suite=%s", d->suite);
    put(a, "--format=%s", d->format);
    if (d->args.json || d->args.quiet)
        put(a, "--quiet");
}

/* Starts a process; its words go to a file in the private folder, or (log NULL) to ours. */
static int launch(const demo *d, demo_process *process, const char *name,
                  void (*fill)(const demo *, arguments *), const char *log)
{
    char path[PATH_BYTES + 16];
    arguments *a = calloc(1, sizeof *a);
    if (!a)
        return cli_fail("demo", CAMSEAL_E_SPACE, "no memory");
    fill(d, a);
    snprintf(path, sizeof path, "%s/%s", d->folder, log ? log : "");
    camseal_status status = demo_process_start(process, name, a->list, log ? path : NULL);
    free(a);
    return status == CAMSEAL_OK
               ? -1
               : cli_fail("demo", status, "cannot start the %s: %s", name, strerror(errno));
}

/* The last line that a process left in its log: why it failed. */
static void last_words(const demo *d, const char *log, char out[200])
{
    char path[PATH_BYTES + 16], line[200];
    snprintf(path, sizeof path, "%s/%s", d->folder, log);
    snprintf(out, 200, "it said nothing");
    FILE *file = fopen(path, "r");
    while (file && fgets(line, sizeof line, file))
        snprintf(out, 200, "%.*s", (int)strcspn(line, "\n"), line);
    if (file)
        fclose(file);
}

static int failed(const demo *d, const demo_process *process, const char *log)
{
    char words[200];
    last_words(d, log, words);
    return cli_fail("demo", CAMSEAL_E_IO, "the %s ended with exit code %d: %s", process->name,
                    process->code, words);
}

/* Waits for the ECU; a sensor or bridge that dies first is the news. */
static int watch(demo *d)
{
    uint64_t until = camseal_posix_now_us() + LIMIT_US;
    while (!demo_process_wait(&d->ecu, 50000, cli_signal_fd())) {
        if (cli_interrupted())
            return CLI_EXIT_INTERRUPTED;
        if (demo_process_ended(&d->sensor) && d->sensor.code != CLI_EXIT_OK)
            return failed(d, &d->sensor, "sensor.log");
        if (demo_process_ended(&d->bridge) && d->bridge.code != CLI_EXIT_OK)
            return failed(d, &d->bridge, "bridge.log");
        if (camseal_posix_now_us() > until)
            return cli_fail("demo", CAMSEAL_E_TIMEOUT, "the ECU did not end in time");
    }
    if (cli_interrupted())
        return CLI_EXIT_INTERRUPTED;
    if (d->ecu.code != CLI_EXIT_OK && d->ecu.code != CLI_EXIT_FINDINGS)
        return cli_fail("demo", CAMSEAL_E_IO, "the ECU ended with exit code %d", d->ecu.code);
    if (!demo_process_wait(&d->bridge, GRACE_US, cli_signal_fd()) || d->bridge.code != CLI_EXIT_OK)
        return failed(d, &d->bridge, "bridge.log");
    if (!demo_process_wait(&d->sensor, GRACE_US, cli_signal_fd()) || d->sensor.code != CLI_EXIT_OK)
        return failed(d, &d->sensor, "sensor.log");
    return -1;
}

static int run_processes(demo *d)
{
    int code = launch(d, &d->sensor, "sensor", sensor_arguments, "sensor.log");
    if (code < 0)
        code = launch(d, &d->bridge, "bridge", bridge_arguments, "bridge.log");
    if (code < 0)
        code = launch(d, &d->ecu, "ECU", ecu_arguments, NULL);
    if (code < 0)
        code = watch(d);
    demo_process_stop(&d->ecu);
    demo_process_stop(&d->bridge);
    demo_process_stop(&d->sensor);
    return code;
}

/* ---- results ----------------------------------------------------------------- */

static json_t *load(const char *folder, const char *name)
{
    char path[PATH_BYTES + 32];
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
    char path[PATH_BYTES + 32];
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
    char path[PATH_BYTES + 32];
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
        code = make_folders(d->out);
    if (code < 0)
        code = make_private_folder(d);
    if (code < 0) {
        code = make_pki(d);
        if (code == CLI_EXIT_OK)
            code = run_processes(d);
        d->us = camseal_posix_now_us() - start;
        if (code < 0)
            code = judge(d);
    }
    remove_private_folder(d);
    json_decref(d->log);
    json_decref(d->report);
    free(d);
    return code;
}
