/* Runs the processes of a scenario to their end. Knows no verdicts. */
#include <errno.h>
#include <string.h>

#include "clock.h"
#include "scenario.h"

enum { GRACE_US = 3000000 };

static void log_path(const scenario *s, const char *name, char path[TESTBED_PATH_BYTES + 64])
{
    snprintf(path, TESTBED_PATH_BYTES + 64, "%s/%s.log", s->results, name);
}

static int launch(scenario *s, const char *name, size_t at,
                  void (*fill)(const scenario *s, size_t at, process_arguments *a))
{
    char log[TESTBED_PATH_BYTES + 64];
    process_arguments a = {0};
    fill(s, at, &a);
    log_path(s, name, log);
    camseal_status status = process_start(&s->processes[s->n_processes], name, &a, log);
    process_arguments_free(&a);
    s->n_processes += status == CAMSEAL_OK;
    return status == CAMSEAL_OK
               ? -1
               : cli_fail(s->verb, status, "cannot start %s: %s", name, strerror(errno));
}

/* Keys and certificates of all that speak SPDM. */
static int make_identities(const scenario *s)
{
    int code = testbed_make_authority(s->folder);
    for (size_t i = 0; i < s->n_sensors && code < 0; i++) {
        const scenario_bridge *agent = scenario_agent_of(s, &s->sensors[i]);
        code = testbed_make_device(s->folder, agent ? agent->name : s->sensors[i].name);
    }
    return code;
}

static bool is_host(const scenario *s, size_t at)
{
    return s->ecus[at].host == at;
}

/* In this order in s->processes: ECUs last. */
static int launch_all(scenario *s)
{
    int code = -1;
    for (size_t i = 0; i < s->n_sensors && code < 0; i++)
        code = launch(s, s->sensors[i].name, i, scenario_sensor_arguments);
    for (size_t i = 0; i < s->n_bridges && code < 0; i++)
        code = launch(s, s->bridges[i].name, i, scenario_bridge_arguments);
    for (size_t i = 0; i < s->n_ecus && code < 0; i++)
        if (is_host(s, i))
            code = launch(s, s->ecus[i].name, i, scenario_ecu_arguments);
    return code;
}

static int failed(const scenario *s, const process *p)
{
    char words[400], log[TESTBED_PATH_BYTES + 64];
    log_path(s, p->name, log);
    testbed_last_words(log, words, sizeof words);
    return cli_fail(s->verb, CAMSEAL_E_IO, "%s ended with exit code %d: %s", p->name, p->code,
                    words);
}

/* The worst of the ECUs' exit codes is as expected; without expectation, verdicts are the result
 * and everything else is a failure. */
static int check_ecus(const scenario *s, size_t first)
{
    int worst = 0;
    const process *who = NULL;
    for (size_t i = first; i < s->n_processes; i++)
        if (s->processes[i].code > worst) {
            worst = s->processes[i].code;
            who = &s->processes[i];
        }
    if (s->exit == UINT64_MAX)
        return worst <= CLI_EXIT_FINDINGS ? -1 : failed(s, who);
    if ((uint64_t)worst == s->exit)
        return -1;
    if (worst > CLI_EXIT_FINDINGS)
        return failed(s, who);
    cli_warn(s->verb, "the ECUs ended with exit code %d, not %llu", worst,
             (unsigned long long)s->exit);
    return CLI_EXIT_FINDINGS;
}

/* -1: all ECUs ended. A sensor or bridge that dies before them is the news. */
static int wait_for_ecus(scenario *s, size_t first)
{
    uint64_t start = camseal_posix_now_us(), until = start + s->timeout_s * 1000000u;
    for (;;) {
        size_t left = 0;
        for (size_t i = 0; i < s->n_processes; i++) {
            process *p = &s->processes[i];
            bool ended = process_ended(p);
            left += !ended && i >= first;
            if (ended && i < first && p->code != CLI_EXIT_OK)
                return failed(s, p);
        }
        if (!left)
            return -1;
        uint64_t now = camseal_posix_now_us();
        cli_progress(s->args, "%zu processes, %.0f s", s->n_processes, (double)(now - start) / 1e6);
        if (now > until)
            return cli_fail(s->verb, CAMSEAL_E_TIMEOUT, "not done after %llu seconds",
                            (unsigned long long)s->timeout_s);
        for (size_t i = first; i < s->n_processes; i++)
            if (!process_ended(&s->processes[i])) {
                (void)process_wait(&s->processes[i], 50000, cli_signal_fd());
                break;
            }
        if (cli_interrupted())
            return CLI_EXIT_INTERRUPTED;
    }
}

/* What is not an ECU ends by itself soon after them, unless they refused it. */
static int wait_for_rest(scenario *s, size_t first)
{
    for (size_t i = 0; i < first; i++) {
        process *p = &s->processes[i];
        bool ended = process_wait(p, GRACE_US, cli_signal_fd());
        if (cli_interrupted())
            return CLI_EXIT_INTERRUPTED;
        if (!ended || p->code != CLI_EXIT_OK)
            return ended ? failed(s, p)
                         : cli_fail(s->verb, CAMSEAL_E_TIMEOUT, "%s does not end", p->name);
    }
    return -1;
}

static int watch(scenario *s)
{
    size_t hosts = 0;
    for (size_t i = 0; i < s->n_ecus; i++)
        hosts += is_host(s, i);
    size_t first = s->n_processes - hosts;
    int code = wait_for_ecus(s, first);
    if (code >= 0)
        return code;
    code = check_ecus(s, first);
    bool refused = s->exit != UINT64_MAX && s->exit > CLI_EXIT_FINDINGS;
    return code >= 0 || refused ? code : wait_for_rest(s, first);
}

int scenario_run(scenario *s)
{
    uint64_t start = camseal_posix_now_us();
    int code = make_identities(s);
    if (code < 0)
        code = scenario_ends(s);
    if (code < 0)
        code = launch_all(s);
    if (code < 0)
        code = watch(s);
    for (size_t i = s->n_processes; i-- > 0;)
        process_stop(&s->processes[i]);
    cli_progress_end();
    s->us = camseal_posix_now_us() - start;
    return code;
}
