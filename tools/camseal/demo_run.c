/* The demo's private folder, its throw-away PKI, and the three processes. */
#include "demo.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "pki.h"
#include "printf_like.h"

enum { LIMIT_US = 120000000, GRACE_US = 3000000, ARGUMENTS_MAX = 64 };

/* ---- folders and files ---- */

int demo_make_folders(const char *path)
{
    char part[DEMO_PATH_BYTES];
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

int demo_make_private_folder(demo *d)
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

void demo_remove_private_folder(const demo *d)
{
    char path[DEMO_PATH_BYTES + 32];
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

/* ---- the three processes ---- */

/* An argument list whose strings live as long as the list. */
typedef struct arguments {
    char *list[ARGUMENTS_MAX + 1];
    char text[ARGUMENTS_MAX][DEMO_PATH_BYTES + 64];
    size_t n;
} arguments;

static void put(arguments *a, const char *format, ...) CAMSEAL_PRINTF_LIKE(2, 3);

static void put(arguments *a, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    if (a->n < ARGUMENTS_MAX) {
        vsnprintf(a->text[a->n], sizeof a->text[a->n], format, values);
        a->list[a->n] = a->text[a->n];
        a->n++;
    }
    va_end(values);
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
    char path[DEMO_PATH_BYTES + 16];
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
    char path[DEMO_PATH_BYTES + 16], line[200];
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

int demo_run(demo *d)
{
    int code = make_pki(d);
    if (code == CLI_EXIT_OK)
        code = launch(d, &d->sensor, "sensor", sensor_arguments, "sensor.log");
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
