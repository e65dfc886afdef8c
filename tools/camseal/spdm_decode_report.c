/* What is told: one JSON object a message, or the same as lines; and the table of checks. */
#include <string.h>

#include "camseal/openssl.h"
#include "cli.h"
#include "spdm_decode.h"

static const char *const results[] = {"passed", "failed", "not checked"};

static void put(json_t *j, const char *key, uint64_t value)
{
    json_object_set_new(j, key, json_integer((json_int_t)value));
}

static void put_text(json_t *j, const char *key, const char *text)
{
    json_t *value = json_string(text);
    json_object_set_new(j, key, value ? value : json_string("?"));
}

/* ---- text ------------------------------------------------------------------------------------ */

static void print_value(const char *key, const json_t *value)
{
    size_t i;
    const json_t *one;
    if (json_is_integer(value))
        printf(" %s=%lld", key, (long long)json_integer_value(value));
    else if (json_is_string(value))
        printf(" %s=%s", key, json_string_value(value));
    else if (json_is_array(value) && json_is_string(json_array_get(value, 0))) {
        printf(" %s=", key);
        json_array_foreach(value, i, one) printf("%s%s", i ? "," : "", json_string_value(one));
    }
}

static void print_cover(const json_t *covers)
{
    size_t i;
    const json_t *one;
    printf(" (depends on");
    json_array_foreach(covers, i, one)
    {
        long long first = json_integer_value(json_array_get(one, 0));
        long long last = json_integer_value(json_array_get(one, 1));
        printf(first == last ? " #%lld" : " #%lld-%lld", first, last);
    }
    putchar(')');
}

/* Passed checks on one line, all others on lines of their own. */
static void print_checks(const json_t *checks)
{
    size_t i;
    const json_t *c;
    bool any = false;
    json_array_foreach(checks, i, c)
    {
        const char *kind = json_string_value(json_object_get(c, "kind"));
        if (strcmp(json_string_value(json_object_get(c, "result")), results[SPDM_PASSED]) != 0 ||
            !strcmp(kind, "format"))
            continue;
        printf(any ? ", %s" : "      ok: %s", json_string_value(json_object_get(c, "what")));
        any = true;
    }
    if (any)
        putchar('\n');
    json_array_foreach(checks, i, c)
    {
        const char *result = json_string_value(json_object_get(c, "result"));
        if (!strcmp(result, results[SPDM_PASSED]))
            continue;
        printf("      %s: %s: %s", !strcmp(result, results[SPDM_FAILED]) ? "FAILED" : result,
               json_string_value(json_object_get(c, "what")),
               json_string_value(json_object_get(c, "detail")));
        if (json_object_get(c, "expected"))
            printf(" (expected %lld, seen %lld)",
                   (long long)json_integer_value(json_object_get(c, "expected")),
                   (long long)json_integer_value(json_object_get(c, "seen")));
        if (json_object_get(c, "covers"))
            print_cover(json_object_get(c, "covers"));
        putchar('\n');
    }
}

static void print_message(const json_t *j)
{
    const char *key, *session = json_string_value(json_object_get(j, "session"));
    const json_t *value;
    printf("#%lld %.6f %s %s%s", (long long)json_integer_value(json_object_get(j, "number")),
           (double)json_integer_value(json_object_get(j, "time_us")) / 1e6,
           json_string_value(json_object_get(j, "direction")),
           json_is_true(json_object_get(j, "encapsulated")) ? "encapsulated " : "",
           json_string_value(json_object_get(j, "name")));
    if (session)
        printf(" in session %s", session);
    if (json_is_true(json_object_get(j, "reassembled")))
        printf(" reassembled");
    json_object_foreach(json_object_get(j, "fields"), key, value) print_value(key, value);
    putchar('\n');
    print_checks(json_object_get(j, "checks"));
}

/* ---- collecting ------------------------------------------------------------------------------ */

static void begin_message(decode_report *r, size_t packet, const char *name)
{
    const decode_packet *p = &r->input->packets[packet];
    r->message = json_object();
    json_array_append_new(r->messages, r->message);
    put(r->message, "number", packet + 1);
    put(r->message, "offset", p->offset);
    json_object_set_new(
        r->message, "time_us",
        json_integer(((json_int_t)p->time_ns - (json_int_t)r->input->packets[0].time_ns) / 1000));
    if (r->input->streams > 1)
        put(r->message, "stream", p->stream);
    put_text(r->message, "name", name);
    json_object_set_new(r->message, "checks", json_array());
}

void decode_report_message(void *report, const spdm_seen *seen)
{
    decode_report *r = report;
    char text[16];
    begin_message(r, seen->number - 1u,
                  seen->code ? camseal_spdm_code_name(seen->code) : "SECURED");
    put_text(r->message, "direction", seen->from_requester ? "->" : "<-");
    put(r->message, "bytes", seen->bytes.len);
    if (seen->secured) {
        snprintf(text, sizeof text, "%08lx", (unsigned long)seen->session_id);
        put_text(r->message, "session", text);
    }
    if (seen->encapsulated)
        json_object_set_new(r->message, "encapsulated", json_true());
    if (seen->reassembled)
        json_object_set_new(r->message, "reassembled", json_true());
    if (seen->code && seen->bytes.len) {
        snprintf(text, sizeof text, "%u.%u", seen->bytes.data[0] >> 4, seen->bytes.data[0] & 15u);
        put_text(r->message, "version", text);
    }
    json_object_set_new(r->message, "fields", decode_fields(seen));
    r->seen++;
}

static void put_cover(json_t *j, const spdm_cover *cover, uint32_t number)
{
    if (!cover || cover->n == 0 ||
        (cover->n == 1 && cover->range[0].first == number && cover->range[0].last == number))
        return;
    json_t *list = json_array();
    for (unsigned i = 0; i < cover->n; i++)
        json_array_append_new(list, json_pack("[I,I]", (json_int_t)cover->range[i].first,
                                              (json_int_t)cover->range[i].last));
    json_object_set_new(j, "covers", list);
}

static json_t *check_of(const spdm_seen *seen, const spdm_finding *f)
{
    json_t *j = json_object();
    put_text(j, "kind", camseal_spdm_check_name(f->check));
    put_text(j, "what", f->what);
    put_text(j, "result", results[f->result]);
    if (f->detail)
        put_text(j, "detail", f->detail);
    if (f->expected != f->seen) {
        put(j, "expected", f->expected);
        put(j, "seen", f->seen);
    }
    if (f->result != SPDM_PASSED)
        put_cover(j, f->cover, seen->number);
    return j;
}

void decode_report_finding(void *report, const spdm_seen *seen, const spdm_finding *f)
{
    decode_report *r = report;
    json_array_append_new(json_object_get(r->message, "checks"), check_of(seen, f));
    r->count[f->check][f->result]++;
}

void decode_report_value(void *report, const spdm_seen *seen, const char *label, camseal_span value,
                         const spdm_cover *cover)
{
    decode_report *r = report;
    spdm_finding f = {.check = SPDM_CHECK_VALUE, .what = label, .cover = cover};
    if (decode_known_take(r->secrets, label, value)) {
        decode_report_finding(report, seen, &f);
        return;
    }
    f.result = SPDM_FAILED;
    f.detail = "not the value of the secrets file";
    json_array_append_new(r->unknown, json_pack("[O,o]", r->message, check_of(seen, &f)));
}

/* A side does not log all that it computes, so that a value without a known one counts only when
 * known ones of its label are left over. */
static void judge_unknown(decode_report *r)
{
    size_t i;
    json_t *pair;
    json_array_foreach(r->unknown, i, pair)
    {
        json_t *check = json_array_get(pair, 1);
        if (!decode_known_left(r->secrets, json_string_value(json_object_get(check, "what"))))
            continue;
        json_array_append(json_object_get(json_array_get(pair, 0), "checks"), check);
        r->count[SPDM_CHECK_VALUE][SPDM_FAILED]++;
    }
}

void decode_report_other(decode_report *r, size_t packet)
{
    begin_message(r, packet, r->input->packets[packet].kind == 0 ? "DOE discovery" : "no SPDM");
    put_text(r->message, "direction", "--");
}

/* ---- begin and end --------------------------------------------------------------------------- */

void decode_report_begin(decode_report *r)
{
    r->messages = json_array();
    r->unknown = json_array();
}

static void print_messages_json(const decode_report *r, const char *path)
{
    size_t i;
    const json_t *one;
    json_t *name = json_string(path);
    printf("{\"verb\": \"spdm decode\", \"file\": ");
    json_dumpf(name ? name : json_null(), stdout, JSON_ENCODE_ANY);
    json_decref(name);
    printf(", \"transport\": \"%s\", \"messages\": [", r->input->transport);
    json_array_foreach(r->messages, i, one)
    {
        printf(i ? ",\n" : "\n");
        json_dumpf(one, stdout, JSON_COMPACT);
    }
}

static void print_messages(const decode_report *r, const char *path)
{
    size_t i;
    const json_t *one;
    printf("%s: %zu packets over %s\n", path, r->input->n, r->input->transport);
    json_array_foreach(r->messages, i, one) print_message(one);
}

static unsigned long sum(const decode_report *r, spdm_result result)
{
    unsigned long n = 0;
    for (unsigned c = 0; c <= SPDM_CHECK_VALUE; c++)
        if (c != SPDM_CHECK_ANCHOR || result != SPDM_NOT_CHECKED)
            n += r->count[c][result];
    return n;
}

static void end_json(const decode_report *r, camseal_status status, int exit_code)
{
    json_t *j = json_object(), *checks = json_object();
    for (unsigned c = 0; c <= SPDM_CHECK_VALUE; c++) {
        json_t *row = json_object();
        put(row, "passed", r->count[c][SPDM_PASSED]);
        put(row, "failed", r->count[c][SPDM_FAILED]);
        put(row, "not_checked", r->count[c][SPDM_NOT_CHECKED]);
        json_object_set_new(checks, camseal_spdm_check_name((spdm_check)c), row);
    }
    json_object_set_new(j, "checks", checks);
    put(j, "count", r->seen);
    put(j, "failed", sum(r, SPDM_FAILED));
    put(j, "not_checked", sum(r, SPDM_NOT_CHECKED));
    put(j, "values_not_seen", decode_known_left(r->secrets, NULL));
    put_text(j, "status", camseal_status_name(status));
    put_text(j, "library_lacks", camseal_openssl_lacks());
    put(j, "exit", (uint64_t)exit_code);
    printf("],\n\"summary\": ");
    json_dumpf(j, stdout, 0);
    printf("}\n");
    json_decref(j);
}

static void end_text(const decode_report *r)
{
    printf("\n%-12s %8s %8s %12s\n", "check", "passed", "failed", "not checked");
    for (unsigned c = 0; c <= SPDM_CHECK_VALUE; c++) {
        const unsigned long *n = r->count[c];
        if (n[0] + n[1] + n[2])
            printf("%-12s %8lu %8lu %12lu\n", camseal_spdm_check_name((spdm_check)c),
                   n[SPDM_PASSED], n[SPDM_FAILED], n[SPDM_NOT_CHECKED]);
    }
    if (decode_known_left(r->secrets, NULL))
        printf("values of the secrets file that no message led to: %zu\n",
               decode_known_left(r->secrets, NULL));
    if (sum(r, SPDM_NOT_CHECKED) && camseal_openssl_lacks()[0])
        printf("the crypto library of this build lacks %s\n", camseal_openssl_lacks());
    printf("%lu messages: %s\n", r->seen,
           sum(r, SPDM_FAILED)        ? "checks FAILED"
           : sum(r, SPDM_NOT_CHECKED) ? "not everything could be checked"
                                      : "everything verified");
}

int decode_report_end(decode_report *r, const char *path, camseal_status status)
{
    judge_unknown(r);
    int exit_code =
        sum(r, SPDM_FAILED) + sum(r, SPDM_NOT_CHECKED) ? CLI_EXIT_FINDINGS : CLI_EXIT_OK;
    if (status != CAMSEAL_OK || r->seen == 0)
        exit_code = CLI_EXIT_PEER;
    if (r->json) {
        print_messages_json(r, path);
        end_json(r, status, exit_code);
    } else if (!r->quiet) {
        print_messages(r, path);
        end_text(r);
    }
    json_decref(r->messages);
    json_decref(r->unknown);
    return exit_code;
}
