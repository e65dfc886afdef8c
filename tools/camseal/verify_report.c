/* The verdict table for people, the same as JSON for machines. */
#include <inttypes.h>
#include <string.h>

#include "camseal/csi2.h"
#include "camseal/version.h"
#include "record_json.h"
#include "verify.h"

static const char *part_name(uint8_t fp)
{
    static const char *const names[] = {"trailer", "?", "top lines", "image", "bottom lines"};
    return fp < sizeof names / sizeof *names ? names[fp] : "?";
}

static void head(verify *v)
{
    if (!v->any_line)
        printf("%8s  %-5s %-10s  %-10s  %8s  %7s  %s\n", "frame", "from", "verdict", "safety",
               "messages", "covered", "what is wrong");
    v->any_line = true;
}

static double covered(const camseal_record *r)
{
    return r->total_bytes ? 100.0 * (double)r->covered_bytes / (double)r->total_bytes : 0.0;
}

static void print_slots(const verify_camera *c)
{
    for (size_t i = 0; i < c->n_slots; i++) {
        const camseal_record *s = &c->slots[i];
        printf("%15s %-10s  %-10s  %8" PRIu32 "  %7s  slot %u, %s %s%s%s\n", "",
               camseal_verdict_name(s->verdict), camseal_verdict_name(s->safety), s->messages, "",
               s->slot, part_name(s->fp), camseal_csi2_dt_name((uint8_t)s->edt),
               s->reason ? ": " : "", s->reason ? camseal_reason_name(s->reason) : "");
    }
}

static void print_frame(verify_camera *c, const frame_entry *e, const char *words)
{
    const camseal_record *f = &e->frame;
    cli_progress_end();
    head(c->owner);
    if (f->kind != CAMSEAL_RECORD_FRAME) {
        printf("%8s  %-5s %-10s  %-10s  %8s  %7s  %s\n", "-", c->name, "-", "-", "-", "-", words);
        return;
    }
    printf("%8" PRIu64 "  %-5s %-10s  %-10s  %8" PRIu32 "  %6.1f%%  %s", f->frame_count, c->name,
           camseal_verdict_name(f->verdict), camseal_verdict_name(f->safety), f->messages,
           covered(f), words);
    if (c->n_early)
        printf("%s%zu messages were out before this verdict", words[0] ? "; " : "", c->n_early);
    if (c->top_early)
        printf("%stop lines vouched for by their own tag", words[0] || c->n_early ? "; " : "");
    putchar('\n');
    print_slots(c);
}

static json_t *slots_json(const verify_camera *c)
{
    json_t *list = json_array();
    for (size_t i = 0; i < c->n_slots; i++) {
        const camseal_record *s = &c->slots[i];
        json_array_append_new(
            list, json_pack("{s:i, s:s, s:i, s:s, s:s, s:s, s:I}", "slot", (int)s->slot, "part",
                            part_name(s->fp), "edt", (int)s->edt, "verdict",
                            camseal_verdict_name(s->verdict), "reason",
                            camseal_reason_name(s->reason), "safety",
                            camseal_verdict_name(s->safety), "messages", (json_int_t)s->messages));
    }
    return list;
}

static void add_frame(verify_camera *c, const frame_entry *e, const char *words)
{
    verify *v = c->owner;
    if (e->frame.kind != CAMSEAL_RECORD_FRAME) {
        for (size_t i = 0; i < e->n_bad; i++)
            json_array_append_new(v->unattached, record_message_json(&e->bad[i]));
        return;
    }
    json_t *frame = record_frame_json(e);
    json_object_set_new(frame, "camera", json_string(c->name));
    json_object_set_new(frame, "good", json_boolean(verify_is_good(v, e)));
    json_object_set_new(frame, "words", json_string(words));
    json_object_set_new(frame, "early", json_integer((json_int_t)c->n_early));
    json_object_set_new(frame, "top_early", json_boolean(c->top_early));
    json_object_set_new(frame, "slots", slots_json(c));
    json_array_append_new(v->frames, frame);
}

void verify_report_frame(verify_camera *c, const frame_entry *e)
{
    char words[600];
    verify_words(words, sizeof words, c, e);
    if (c->owner->args->json)
        add_frame(c, e, words);
    else if (!c->owner->args->quiet)
        print_frame(c, e, words);
}

void verify_report_event(verify_camera *c, const camseal_record *event)
{
    verify *v = c->owner;
    if (v->args->json) {
        json_array_append_new(v->events, record_event_json(event));
        return;
    }
    if (v->args->quiet)
        return;
    cli_progress_end();
    head(v);
    if (event->reason == CAMSEAL_REASON_FRAME_GAP)
        printf("%8s  %-5s missing or never verified: frame%s %" PRIu64 "-%" PRIu64 "\n", "",
               c->name, event->b > event->a ? "s" : "", event->a, event->b);
    else
        printf("%8s  %-5s event: %s\n", "", c->name, camseal_reason_name(event->reason));
}

/* ---- the end --------------------------------------------------------------------------------- */

static void add_up(const verify *v, frame_book_totals *all)
{
    memset(all, 0, sizeof *all);
    for (size_t i = 0; i < v->n_cameras; i++) {
        const frame_book_totals *t = &v->cameras[i].book.totals;
        for (size_t k = 0; k < CAMSEAL_VERDICT_COUNT; k++) {
            all->frames[k] += t->frames[k];
            all->messages[k] += t->messages[k];
        }
        for (size_t k = 0; k < CAMSEAL_REASON_COUNT; k++)
            all->reasons[k] += t->reasons[k];
        all->plain += t->plain;
        all->events += t->events;
        all->verified_bytes += t->verified_bytes;
    }
}

static json_t *profile_json(const cse_profile *p)
{
    const camseal_context_config *c = &p->config;
    return json_pack("{s:s, s:s, s:s, s:i, s:[iii], s:s, s:i, s:s}", "protocol",
                     camseal_protocol_name(c->protocol), "suite", camseal_suite_name(c->suite),
                     "tag_mode", camseal_tag_mode_name(c->tag_mode), "tag_bytes",
                     (int)c->tag_length, "variants_allowed", (int)c->sv_allowed[0],
                     (int)c->sv_allowed[1], (int)c->sv_allowed[2], "data_type",
                     camseal_csi2_dt_name(p->dt), "context", (int)c->ctx_id, "crc",
                     c->crc == CAMSEAL_CRC32C ? "CRC-32C" : "IEEE");
}

static void print_json(const verify *v, const frame_book_totals *t, int exit_code)
{
    json_t *report = json_pack(
        "{s:s, s:s, s:i, s:s, s:o, s:I, s:I, s:o, s:o, s:o, s:I, s:I, s:O, s:O, s:O}", "verb",
        "verify", "camseal", CAMSEAL_VERSION, "exit", exit_code, "capture",
        camseal_status_name(v->broken), "profile", profile_json(&v->profile), "packets",
        (json_int_t)v->sink_packets, "plain_packets", (json_int_t)t->plain, "frame_verdicts",
        record_verdicts_json(t->frames), "message_verdicts", record_verdicts_json(t->messages),
        "reasons", record_reasons_json(t), "verified_bytes", (json_int_t)t->verified_bytes,
        "events_count", (json_int_t)t->events, "events", v->events, "unattached", v->unattached,
        "frames", v->frames);
    json_dumpf(report, stdout, JSON_INDENT(1) | JSON_ENSURE_ASCII);
    putchar('\n');
    json_decref(report);
}

static void print_counts(const char *what, const uint64_t counts[CAMSEAL_VERDICT_COUNT])
{
    uint64_t all = 0;
    for (unsigned k = 0; k < CAMSEAL_VERDICT_COUNT; k++)
        all += counts[k];
    printf("%-10s %" PRIu64 ":", what, all);
    for (unsigned k = 0; k < CAMSEAL_VERDICT_COUNT; k++)
        if (counts[k])
            printf("  %" PRIu64 " %s", counts[k], camseal_verdict_name(k));
    putchar('\n');
}

void verify_report_end(verify *v, int exit_code)
{
    frame_book_totals t;
    const camseal_context_config *c = &v->profile.config;
    add_up(v, &t);
    cli_progress_end();
    if (v->args->json) {
        print_json(v, &t, exit_code);
        return;
    }
    if (v->args->quiet)
        return;
    printf("\n%s, %s, tag per %s, %zu camera%s\n", camseal_protocol_name(c->protocol),
           camseal_suite_name(c->suite), camseal_tag_mode_name(c->tag_mode), v->n_cameras,
           v->n_cameras == 1 ? "" : "s");
    print_counts("frames", t.frames);
    print_counts("messages", t.messages);
    for (unsigned r = 1; r < CAMSEAL_REASON_COUNT; r++)
        if (t.reasons[r])
            printf("  refused  %" PRIu64 " %s\n", t.reasons[r], camseal_reason_name(r));
    puts(exit_code == CLI_EXIT_OK ? "everything is good" : "not everything is good");
}
