/* What a conversation was: lines for people as it goes, one JSON object at its end. */
#include <stdio.h>
#include <string.h>

#include "spdm/msg/msg.h"
#include "spdm_client.h"

static const char *answer_name(const spdm_exchange *e, char text[64])
{
    if (!e->answered)
        return "no answer";
    if (e->response != SPDM_ERROR)
        return camseal_spdm_code_name(e->response);
    snprintf(text, 64, "ERROR %s", camseal_spdm_error_name(e->error));
    return text;
}

static void print_exchange(const spdm_exchange *e, size_t number)
{
    char text[64];
    if (number == 1)
        printf("  #        ms  request                        bytes   answer                       "
               "bytes\n");
    printf("%3zu  %8.2f  %-30s %5zu   %-28s %5zu%s\n", number, (double)e->us / 1000.0,
           camseal_spdm_code_name(e->request), e->sent, answer_name(e, text), e->received,
           e->secured ? "  secured" : "");
}

void spdm_client_print(spdm_client *c)
{
    while (c->printed < c->n_exchanges && c->exchanges[c->printed].answered) {
        print_exchange(&c->exchanges[c->printed], c->printed + 1);
        c->printed++;
    }
    fflush(stdout);
}

static json_t *exchanges_json(const spdm_client *c)
{
    json_t *list = json_array();
    for (size_t i = 0; i < c->n_exchanges; i++) {
        const spdm_exchange *e = &c->exchanges[i];
        json_t *j = json_pack(
            "{s:s, s:I, s:s?, s:I, s:f, s:b}", "request", camseal_spdm_code_name(e->request),
            "request_bytes", (json_int_t)e->sent, "answer",
            e->answered ? camseal_spdm_code_name(e->response) : NULL, "answer_bytes",
            (json_int_t)e->received, "ms", (double)e->us / 1000.0, "secured", e->secured);
        if (e->error)
            json_object_set_new(j, "error", json_string(camseal_spdm_error_name(e->error)));
        json_array_append_new(list, j);
    }
    return list;
}

static json_t *failure_json(const spdm_client *c)
{
    const camseal_spdm_failure *f = c->engine ? camseal_spdm_requester_failure(c->engine) : NULL;
    if (!f || f->status == CAMSEAL_OK)
        return NULL;
    json_t *j = json_pack("{s:s, s:s?, s:s?, s:I, s:I}", "status", camseal_status_name(f->status),
                          "message", f->message, "detail", f->detail, "expected",
                          (json_int_t)f->expected, "seen", (json_int_t)f->seen);
    if (f->peer_error)
        json_object_set_new(j, "peer_error", json_string(camseal_spdm_error_name(f->peer_error)));
    return j;
}

bool spdm_client_report(spdm_client *c, int exit_code)
{
    if (!c->args.json) {
        if (!c->args.quiet && !c->silent) {
            spdm_client_print(c);
            for (; c->printed < c->n_exchanges; c->printed++)
                print_exchange(&c->exchanges[c->printed], c->printed + 1);
        }
        return fflush(stdout) == 0 && !ferror(stdout);
    }
    json_t *report = json_pack("{s:s, s:s, s:o, s:o, s:O, s:o?, s:i}", "to", c->endpoint.text,
                               "transport", c->transport_name, "exchanges", exchanges_json(c),
                               "agreed", spdm_info_json(spdm_client_info(c)), "result", c->result,
                               "failure", failure_json(c), "exit", exit_code);
    bool printed = report && !json_dumpf(report, stdout, JSON_INDENT(2)) && putchar('\n') != EOF;
    json_decref(report);
    return printed && fflush(stdout) == 0;
}
