/* The demo's three processes. */
#include "demo.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "pki.h"

enum { LIMIT_US = 120000000, GRACE_US = 3000000 };

static void sensor_arguments(const demo *d, process_arguments *a)
{
    process_put(a, "sensor");
    process_put(a, "--data=unix:%s/sensor.data", d->folder);
    process_put(a, "--control=unix:%s/sensor.control", d->folder);
    process_put(a, "--chain=%s/device/%s", d->folder, PKI_DEVICE_CHAIN);
    process_put(a, "--key=%s/device/%s", d->folder, PKI_DEVICE_KEY);
    process_put(a, "--frames=%u", d->plan.frames);
    process_put(a, "--fps=0");
    process_put(a, "--format=%s", d->format);
    process_put(a, "--mode=%s", d->mode);
}

static void bridge_arguments(const demo *d, process_arguments *a)
{
    const demo_plan *plan = &d->plan;
    bool skip = d->broken && !strcmp(d->broken, "skip");
    process_put(a, "bridge");
    process_put(a, "--upstream=unix:%s/sensor.data", d->folder);
    process_put(a, "--downstream=unix:%s/bridge.data", d->folder);
    process_put(a, "--control-up=unix:%s/sensor.control", d->folder);
    process_put(a, "--control-down=unix:%s/bridge.control", d->folder);
    process_put(a, "--log=%s/bridge.json", d->folder);
    process_put(a, "--seed=%llu", (unsigned long long)d->seed);
    for (size_t i = 0; i < plan->n_control; i++)
        process_put(a, "--attack=%s", plan->control_text[i]);
    for (size_t i = 0; i < plan->n_data; i++)
        process_put(a, "--attack=%s", skip && i == 0 ? "none" : plan->data_text[i]);
    if (d->broken &&
        !strcmp(d->broken, "damage")) /* a frame of the lead-in, which the plan leaves alone */
        process_put(a, "--attack=flip:frame=2");
}

static void ecu_arguments(const demo *d, process_arguments *a)
{
    process_put(a, "ecu");
    process_put(a, "--data=unix:%s/bridge.data", d->folder);
    process_put(a, "--control=unix:%s/bridge.control", d->folder);
    process_put(a, "--trust=%s/ca/%s", d->folder, PKI_ROOT_CERT);
    process_put(a, "--out=%s", d->out);
    process_put(a, "--report=%s/ecu.json", d->out);
    process_put(a, "--marks=%u", d->plan.frames);
    process_put(a, "--attempts=%u", (unsigned)d->plan.n_control + 1u);
    process_put(a, "--rotate-every=%u", d->plan.frames * 2u / 3u + 1u);
    process_put(a, "--suite=%s", d->suite);
    process_put(a, "--format=%s", d->format);
    if (d->args.json || d->args.quiet)
        process_put(a, "--quiet");
}

/* Starts a process; its words go to a file in the private folder, or (log NULL) to ours. */
static int launch(const demo *d, process *p, const char *name,
                  void (*fill)(const demo *, process_arguments *), const char *log)
{
    char path[TESTBED_PATH_BYTES + 16];
    process_arguments a = {0};
    fill(d, &a);
    snprintf(path, sizeof path, "%s/%s", d->folder, log ? log : "");
    camseal_status status = process_start(p, name, &a, log ? path : NULL);
    process_arguments_free(&a);
    return status == CAMSEAL_OK
               ? -1
               : cli_fail("demo", status, "cannot start the %s: %s", name, strerror(errno));
}

static int failed(const demo *d, const process *p, const char *log)
{
    char words[200], path[TESTBED_PATH_BYTES + 16];
    snprintf(path, sizeof path, "%s/%s", d->folder, log);
    testbed_last_words(path, words, sizeof words);
    return cli_fail("demo", CAMSEAL_E_IO, "the %s ended with exit code %d: %s", p->name, p->code,
                    words);
}

/* Waits for the ECU; a sensor or bridge that dies first is the news. */
static int watch(demo *d)
{
    uint64_t until = camseal_posix_now_us() + LIMIT_US;
    while (!process_wait(&d->ecu, 50000, cli_signal_fd())) {
        if (cli_interrupted())
            return CLI_EXIT_INTERRUPTED;
        if (process_ended(&d->sensor) && d->sensor.code != CLI_EXIT_OK)
            return failed(d, &d->sensor, "sensor.log");
        if (process_ended(&d->bridge) && d->bridge.code != CLI_EXIT_OK)
            return failed(d, &d->bridge, "bridge.log");
        if (camseal_posix_now_us() > until)
            return cli_fail("demo", CAMSEAL_E_TIMEOUT, "the ECU did not end in time");
    }
    if (cli_interrupted())
        return CLI_EXIT_INTERRUPTED;
    if (d->ecu.code != CLI_EXIT_OK && d->ecu.code != CLI_EXIT_FINDINGS)
        return cli_fail("demo", CAMSEAL_E_IO, "the ECU ended with exit code %d", d->ecu.code);
    if (!process_wait(&d->bridge, GRACE_US, cli_signal_fd()) || d->bridge.code != CLI_EXIT_OK)
        return failed(d, &d->bridge, "bridge.log");
    if (!process_wait(&d->sensor, GRACE_US, cli_signal_fd()) || d->sensor.code != CLI_EXIT_OK)
        return failed(d, &d->sensor, "sensor.log");
    return -1;
}

int demo_run(demo *d)
{
    int code = testbed_make_authority(d->folder);
    if (code < 0)
        code = testbed_make_device(d->folder, "device");
    if (code < 0)
        code = launch(d, &d->sensor, "sensor", sensor_arguments, "sensor.log");
    if (code < 0)
        code = launch(d, &d->bridge, "bridge", bridge_arguments, "bridge.log");
    if (code < 0)
        code = launch(d, &d->ecu, "ECU", ecu_arguments, NULL);
    if (code < 0)
        code = watch(d);
    process_stop(&d->ecu);
    process_stop(&d->bridge);
    process_stop(&d->sensor);
    return code;
}
