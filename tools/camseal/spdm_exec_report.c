/* `camseal spdm exec`: names of outcomes, the table of steps, and how a run ended. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "spdm_exec.h"

/* ---- names ----------------------------------------------------------------------------------- */

static bool status_named(const char *text, int32_t *value)
{
    for (int c = CAMSEAL_CLASS_CALLER; c <= CAMSEAL_CLASS_BUG; c++)
        for (int code = 1; code < 32; code++) {
            *value = CAMSEAL_STATUS_OF(c, code);
            if (!strcmp(text, camseal_status_name(*value)) && strcmp(text, "UNKNOWN"))
                return true;
        }
    return false;
}

static bool code_named(const char *text, const char *(*name)(uint8_t code), int32_t *value)
{
    for (int code = 1; code < 256; code++)
        if (!strcmp(text, name((uint8_t)code)) && strcmp(text, "?")) {
            *value = code;
            return true;
        }
    return false;
}

bool exec_expectation_of(const char *text, exec_expectation *out)
{
    static const struct {
        const char *name;
        exec_outcome_kind kind;
    } words[] = {{"ok", EXEC_OK}, {"none", EXEC_SILENCE}, {"ERROR", EXEC_ANY_ERROR}};
    out->text = text;
    out->value = 0;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (!strcmp(text, words[i].name)) {
            out->kind = words[i].kind;
            return true;
        }
    out->kind = EXEC_STATUS;
    if (status_named(text, &out->value))
        return true;
    out->kind = EXEC_ERROR;
    if (code_named(text, camseal_spdm_error_name, &out->value))
        return true;
    out->kind = EXEC_RESPONSE;
    return code_named(text, camseal_spdm_code_name, &out->value);
}

static const char *outcome_name(const exec_outcome *out)
{
    switch (out->kind) {
    case EXEC_OK:
        return "ok";
    case EXEC_SILENCE:
        return "none";
    case EXEC_STATUS:
        return camseal_status_name(out->value);
    case EXEC_RESPONSE:
        return camseal_spdm_code_name((uint8_t)out->value);
    default:
        return camseal_spdm_error_name((uint8_t)out->value);
    }
}

/* ---- judging --------------------------------------------------------------------------------- */

static bool fits(const exec_expectation *e, const exec_outcome *out)
{
    if (e->kind == EXEC_OK)
        return out->kind == EXEC_OK || out->kind == EXEC_RESPONSE;
    if (e->kind == EXEC_ANY_ERROR)
        return out->kind == EXEC_ERROR;
    if (e->kind == EXEC_SILENCE)
        return out->kind == EXEC_SILENCE;
    return e->kind == out->kind && e->value == out->value;
}

static bool passes(const exec_step *step, const exec_outcome *out)
{
    bool good = step->n_expect == 0;
    for (size_t i = 0; i < step->n_expect; i++)
        good = good || fits(&step->expect[i], out);
    return good && !out->answer_differs;
}

static void expected_text(const exec_step *step, char text[96])
{
    size_t used = 0;
    text[0] = 0;
    for (size_t i = 0; i < step->n_expect && used < 96; i++)
        used +=
            (size_t)snprintf(text + used, 96 - used, "%s%s", i ? "|" : "", step->expect[i].text);
    if (step->values[EXEC_ANSWER].set && used < 96)
        snprintf(text + used, 96 - used, "%sanswer", used ? ", " : "");
}

static void print_row(const exec_run *x, const exec_step *step, const exec_outcome *out,
                      const char *expected, uint64_t us, bool good)
{
    if (x->number == 1 && !x->show_messages)
        printf("  #  line        ms  %-36s  seen\n", "step");
    printf("%3zu  %4zu  %8.2f  %-36s  %-18s  %s", x->number, step->line, (double)us / 1000.0,
           step->name, outcome_name(out), good ? "pass" : "FAIL");
    if (!good)
        printf(": expected %s", expected);
    if (out->detail[0])
        printf("  (%s)", out->detail);
    putchar('\n');
    fflush(stdout);
}

bool exec_judge(exec_run *x, const exec_step *step, const exec_outcome *out, uint64_t us)
{
    char expected[96];
    bool good = passes(step, out);
    expected_text(step, expected);
    if (good)
        x->passed++;
    else
        x->failed++;
    if (spdm_client_talks(x->client))
        print_row(x, step, out, expected, us, good);
    json_array_append_new(
        x->results,
        json_pack("{s:I, s:s, s:s, s:s, s:s, s:b, s:s, s:f, s:b}", "line", (json_int_t)step->line,
                  "step", step->name, "kind", step->kind->name, "expected", expected, "seen",
                  outcome_name(out), "answer_differs", out->answer_differs, "detail", out->detail,
                  "ms", (double)us / 1000.0, "pass", good));
    return good;
}

void exec_summary(exec_run *x)
{
    spdm_client *c = x->client;
    json_object_set(c->result, "steps", x->results);
    json_object_set_new(c->result, "passed", json_integer((json_int_t)x->passed));
    json_object_set_new(c->result, "failed", json_integer((json_int_t)x->failed));
    json_object_set_new(c->result, "stopped", json_boolean(x->stopped));
    if (spdm_client_talks(c))
        printf("%zu steps passed, %zu failed%s\n", x->passed, x->failed,
               x->stopped ? ", the rest was not run" : "");
}
