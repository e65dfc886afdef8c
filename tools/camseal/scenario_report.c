/* What came out of a scenario, beside what must: from the reports of the ECUs and the logs of the
 * bridges. Nothing is taken as seen that they do not say. */
#include <inttypes.h>
#include <string.h>

#include "camseal/version.h"
#include "outfile.h"
#include "scenario.h"

typedef struct row {
    json_t *report; /* of a camera, or the log of a bridge */
    bool good;
    char fault[120]; /* what is not as it must be */
} row;

typedef struct result {
    const scenario *s;
    row cameras[SCENARIO_ROUTES], bridges[SCENARIO_BRIDGES];
    bool good;
} result;

static json_t *load(const scenario *s, const char *name)
{
    char path[TESTBED_PATH_BYTES + 96];
    snprintf(path, sizeof path, "%s/%s.json", s->results, name);
    return json_load_file(path, 0, NULL);
}

static const json_t *totals_of(const row *r, const char *key)
{
    return json_object_get(json_object_get(r->report, "totals"), key);
}

static uint64_t count(const row *r, const char *list, unsigned verdict)
{
    const json_t *value = json_object_get(totals_of(r, list), camseal_verdict_name(verdict));
    return (uint64_t)json_integer_value(value);
}

/* ---- judging ---- */

static const scenario_expect *expectation(const scenario *s, const char *camera)
{
    for (size_t i = 0; i < s->n_expects; i++)
        if (!strcmp(s->expects[i].camera, camera))
            return &s->expects[i];
    return NULL;
}

static void fault(row *r, const char *what, const char *verdict, uint64_t seen, uint64_t wanted)
{
    if (!r->fault[0])
        snprintf(r->fault, sizeof r->fault, "%s %s: %" PRIu64 ", expected %" PRIu64, what, verdict,
                 seen, wanted);
    r->good = false;
}

/* Without an expectation every frame of the sensor must be good. */
static void judge_camera(const scenario *s, const scenario_route *route, row *r)
{
    scenario_expect all = {.has_frames = true, .has_missing = true};
    const scenario_expect *e = expectation(s, route->name);
    all.frames[CAMSEAL_VERDICT_OK] = s->sensors[route->sensor].frames;
    e = e ? e : &all;
    r->good = json_is_object(r->report);
    if (!r->good) {
        snprintf(r->fault, sizeof r->fault, "there is no report");
        return;
    }
    for (unsigned v = 0; v < CAMSEAL_VERDICT_COUNT; v++) {
        uint64_t frames = count(r, "frame_verdicts", v);
        uint64_t messages = count(r, "message_verdicts", v);
        if (e->has_frames && frames != e->frames[v])
            fault(r, "frames", camseal_verdict_name(v), frames, e->frames[v]);
        if (e->has_messages && messages != e->messages[v])
            fault(r, "messages", camseal_verdict_name(v), messages, e->messages[v]);
    }
    uint64_t missing = (uint64_t)json_integer_value(totals_of(r, "frames_missing"));
    if (e->has_missing && missing != e->missing)
        fault(r, "frames", "missing", missing, e->missing);
    size_t at;
    const json_t *rotation;
    json_array_foreach(json_object_get(r->report, "rotations"), at, rotation)
    {
        const char *status = json_string_value(json_object_get(rotation, "status"));
        if (!status || strcmp(status, "OK") != 0)
            fault(r, "rotations", "failed", at + 1, 0);
    }
}

/* An attack that was never performed proves nothing. */
static void judge_bridge(row *r)
{
    size_t at;
    const json_t *attack;
    r->good = json_is_object(r->report);
    if (!r->good)
        snprintf(r->fault, sizeof r->fault, "there is no log");
    json_array_foreach(json_object_get(r->report, "attacks"), at, attack)
    {
        const char *text = json_string_value(json_object_get(attack, "parameters"));
        if (json_integer_value(json_object_get(attack, "hits")) || !text || !strcmp(text, "none"))
            continue;
        snprintf(r->fault, sizeof r->fault, "%.80s was never performed", text);
        r->good = false;
    }
}

static void judge(result *res)
{
    const scenario *s = res->s;
    /* An authentication that must be refused leaves no stream to judge. */
    bool refused = s->exit != UINT64_MAX && s->exit > CLI_EXIT_FINDINGS;
    res->good = true;
    for (size_t i = 0; i < s->n_routes; i++) {
        res->cameras[i].report = load(s, s->routes[i].name);
        res->cameras[i].good = refused;
        if (!refused)
            judge_camera(s, &s->routes[i], &res->cameras[i]);
        res->good = res->good && res->cameras[i].good;
    }
    for (size_t i = 0; i < s->n_bridges; i++) {
        res->bridges[i].report = load(s, s->bridges[i].name);
        res->bridges[i].good = refused;
        if (!refused)
            judge_bridge(&res->bridges[i]);
        res->good = res->good && res->bridges[i].good;
    }
}

/* ---- for people ---- */

static void print_reasons(const row *r)
{
    const char *reason;
    json_t *n;
    json_object_foreach((json_t *)(uintptr_t)totals_of(r, "reasons"), reason, n)
        printf("  %" JSON_INTEGER_FORMAT " %s", json_integer_value(n), reason);
}

static bool occurs(const result *res, unsigned verdict)
{
    for (size_t i = 0; i < res->s->n_routes; i++)
        if (count(&res->cameras[i], "frame_verdicts", verdict))
            return true;
    return verdict == CAMSEAL_VERDICT_OK;
}

static void print_cameras(const result *res)
{
    const scenario *s = res->s;
    int wide = 6;
    for (size_t i = 0; i < s->n_routes; i++)
        if ((int)strlen(s->routes[i].name) > wide)
            wide = (int)strlen(s->routes[i].name);
    printf("%-*s  channel  frames", wide, "camera");
    for (unsigned v = 0; v < CAMSEAL_VERDICT_COUNT; v++)
        if (occurs(res, v))
            printf("  %s", camseal_verdict_name(v));
    printf("  missing  as expected  refused messages\n");
    for (size_t i = 0; i < s->n_routes; i++) {
        const row *r = &res->cameras[i];
        printf("%-*s  %7u  %6" JSON_INTEGER_FORMAT, wide, s->routes[i].name,
               (unsigned)s->routes[i].link_vc, json_integer_value(totals_of(r, "frames")));
        for (unsigned v = 0; v < CAMSEAL_VERDICT_COUNT; v++)
            if (occurs(res, v))
                printf("  %*" PRIu64, (int)strlen(camseal_verdict_name(v)),
                       count(r, "frame_verdicts", v));
        printf("  %7" JSON_INTEGER_FORMAT "  %-11s",
               json_integer_value(totals_of(r, "frames_missing")), r->good ? "yes" : "NO");
        print_reasons(r);
        printf("%s%s\n", r->fault[0] ? "  " : "", r->fault);
    }
}

static void print_bridges(const result *res)
{
    for (size_t i = 0; i < res->s->n_bridges; i++) {
        const row *r = &res->bridges[i];
        size_t at;
        const json_t *attack;
        json_array_foreach(json_object_get(r->report, "attacks"), at, attack)
            printf("%s  %s: %s, %" JSON_INTEGER_FORMAT " times\n", res->s->bridges[i].name,
                   json_is_true(json_object_get(attack, "legal")) ? "legal" : "attack",
                   json_string_value(json_object_get(attack, "parameters")),
                   json_integer_value(json_object_get(attack, "hits")));
        if (r->fault[0])
            printf("%s  %s\n", res->s->bridges[i].name, r->fault);
    }
}

static void print_text(const result *res)
{
    const scenario *s = res->s;
    printf("%s\n\n", s->name);
    print_cameras(res);
    putchar('\n');
    print_bridges(res);
    if (s->keep)
        printf("kept     %s/: reports, logs, captures, pictures\n", s->keep);
    printf("verdict  %s, %zu processes, %.1f s\n",
           res->good ? "all as it must be" : "NOT as it must be", s->n_processes,
           (double)s->us / 1e6);
}

/* ---- for machines ---- */

static json_t *member(const row *r, const char *key)
{
    json_t *value = (json_t *)(uintptr_t)totals_of(r, key);
    return value ? json_incref(value) : json_null();
}

static json_t *cameras_json(const result *res)
{
    json_t *list = json_array();
    for (size_t i = 0; i < res->s->n_routes; i++) {
        const scenario_route *route = &res->s->routes[i];
        const row *r = &res->cameras[i];
        json_array_append_new(
            list,
            json_pack("{s:s, s:s, s:i, s:i, s:b, s:s, s:o, s:o, s:o, s:o, s:o, s:O?}", "camera",
                      route->name, "ecu", res->s->ecus[route->ecu].name, "evc", (int)route->evc,
                      "link_vc", (int)route->link_vc, "good", (int)r->good, "fault", r->fault,
                      "frames", member(r, "frames"), "frames_missing", member(r, "frames_missing"),
                      "frame_verdicts", member(r, "frame_verdicts"), "message_verdicts",
                      member(r, "message_verdicts"), "reasons", member(r, "reasons"), "profile",
                      json_object_get(r->report, "profile")));
    }
    return list;
}

static json_t *bridges_json(const result *res)
{
    json_t *list = json_array();
    for (size_t i = 0; i < res->s->n_bridges; i++)
        json_array_append_new(
            list, json_pack("{s:s, s:b, s:s, s:O?}", "bridge", res->s->bridges[i].name, "good",
                            (int)res->bridges[i].good, "fault", res->bridges[i].fault, "attacks",
                            json_object_get(res->bridges[i].report, "attacks")));
    return list;
}

static json_t *result_json(const result *res)
{
    const scenario *s = res->s;
    json_t *processes = json_array();
    for (size_t i = 0; i < s->n_processes; i++)
        json_array_append_new(processes, json_pack("{s:s, s:i}", "name", s->processes[i].name,
                                                   "exit", s->processes[i].code));
    return json_pack("{s:s, s:s, s:s, s:b, s:f, s:o, s:o, s:o}", "camseal", CAMSEAL_VERSION, "verb",
                     "run", "scenario", s->name, "good", (int)res->good, "seconds",
                     (double)s->us / 1e6, "cameras", cameras_json(res), "bridges",
                     bridges_json(res), "processes", processes);
}

static int print_json(const result *res)
{
    char path[TESTBED_PATH_BYTES + 32];
    json_t *root = result_json(res);
    outfile file;
    camseal_status status = CAMSEAL_OK;
    if (!root)
        return cli_fail(res->s->verb, CAMSEAL_E_BUG, "the result cannot be written");
    if (res->s->keep) {
        snprintf(path, sizeof path, "%s/result.json", res->s->results);
        status = outfile_open(&file, path, false);
        if (status == CAMSEAL_OK) {
            json_dumpf(root, file.stream, JSON_INDENT(1) | JSON_REAL_PRECISION(6));
            status = outfile_commit(&file);
        }
    }
    if (res->s->args->json) {
        json_dumpf(root, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(6));
        putchar('\n');
    }
    json_decref(root);
    return status == CAMSEAL_OK ? -1 : cli_fail(res->s->verb, status, "%s", file.error);
}

int scenario_judge(const scenario *s)
{
    static result res;
    res.s = s;
    judge(&res);
    int code = print_json(&res);
    if (!s->args->json && !s->args->quiet)
        print_text(&res);
    for (size_t i = 0; i < s->n_routes; i++)
        json_decref(res.cameras[i].report);
    for (size_t i = 0; i < s->n_bridges; i++)
        json_decref(res.bridges[i].report);
    if (code >= 0)
        return code;
    return res.good ? CLI_EXIT_OK : CLI_EXIT_FINDINGS;
}
