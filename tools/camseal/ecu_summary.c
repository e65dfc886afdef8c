/* The end of a run: a few aligned lines for people, the same as JSON for machines. */
#include "ecu.h"

#include <inttypes.h>
#include <stdio.h>

#include "camseal/version.h"
#include "record_json.h"

typedef struct pace {
    double seconds, frames, megabytes, packets,
        verify; /* per second, writing pictures aside; verify is a share, 0..1 */
} pace;

static pace pace_of(const ecu *e)
{
    double seconds = (double)(e->last_packet_us - e->first_packet_us - e->picture_us) / 1e6;
    if (seconds <= 0)
        return (pace){0};
    return (pace){.seconds = seconds,
                  .frames = (double)e->frames / seconds,
                  .megabytes = (double)e->receiver.bytes / 1e6 / seconds,
                  .packets = (double)e->receiver.packets / seconds,
                  .verify = (double)e->receiver.verify_us / 1e6 / seconds};
}

static uint64_t refused(const frame_book_totals *t)
{
    uint64_t n = 0;
    for (unsigned v = CAMSEAL_VERDICT_OK_PARTIAL + 1u; v < CAMSEAL_VERDICT_COUNT; v++)
        n += t->messages[v];
    return n;
}

static void print_verdicts(const uint64_t counts[CAMSEAL_VERDICT_COUNT])
{
    for (unsigned v = 0; v < CAMSEAL_VERDICT_COUNT; v++)
        if (counts[v])
            printf("  %" PRIu64 " %s", counts[v], camseal_verdict_name(v));
    putchar('\n');
}

void ecu_summary_print(const ecu *e)
{
    const frame_book_totals *t = &e->book.totals;
    pace p = pace_of(e);
    cli_progress_end();
    if (e->options.name)
        printf("\n%s", e->options.name);
    printf("\nframes      %" PRIu64 ":", e->frames);
    print_verdicts(t->frames);
    printf("messages    %" PRIu64 ":", t->packets - t->plain);
    print_verdicts(t->messages);
    for (unsigned r = 1; r < CAMSEAL_REASON_COUNT; r++)
        if (t->reasons[r])
            printf("  refused   %" PRIu64 " %s\n", t->reasons[r], camseal_reason_name(r));
    if (t->events)
        printf("events      %" PRIu64 ", %" PRIu64 " frames missing\n", t->events, e->gap_frames);
    printf("throughput  %.1f frames/s, %.1f MB/s, %.0f packets/s, verifying took %.0f %%\n",
           p.frames, p.megabytes, p.packets, 100.0 * p.verify);
    if (!e->options.out)
        return;
    printf("written     %s/:%s", e->options.out, e->output.good ? " the accepted picture" : "");
    if (e->output.marks)
        printf("%s %" PRIu64 " of tampering", e->output.good ? "," : "", e->output.marks);
    putchar('\n');
}

static json_t *totals_json(const ecu *e)
{
    const frame_book_totals *t = &e->book.totals;
    return json_pack(
        "{s:I, s:I, s:I, s:o, s:o, s:o, s:I, s:I, s:I, s:I}", "frames", (json_int_t)e->frames,
        "frames_not_good", (json_int_t)e->bad_frames, "frames_missing", (json_int_t)e->gap_frames,
        "frame_verdicts", record_verdicts_json(t->frames), "message_verdicts",
        record_verdicts_json(t->messages), "reasons", record_reasons_json(t), "messages_refused",
        (json_int_t)refused(t), "packets", (json_int_t)e->receiver.packets, "plain_packets",
        (json_int_t)t->plain, "verified_bytes", (json_int_t)t->verified_bytes);
}

static json_t *throughput_json(const ecu *e)
{
    pace p = pace_of(e);
    return json_pack("{s:f, s:f, s:f, s:f, s:f}", "seconds", p.seconds, "frames_per_second",
                     p.frames, "megabytes_per_second", p.megabytes, "packets_per_second", p.packets,
                     "verify_share", p.verify);
}

static json_t *profile_json(const stream_profile *p)
{
    char variants[12];
    snprintf(variants, sizeof variants, "%u/%u/%u", (unsigned)p->sv[0], (unsigned)p->sv[1],
             (unsigned)p->sv[2]);
    return json_pack("{s:s, s:s, s:s, s:i, s:i, s:s, s:s, s:b, s:i}", "protocol",
                     stream_protocol_name(p->protocol), "suite", camseal_suite_name(p->suite),
                     "tag_mode", camseal_tag_mode_name(p->plan.config.tag_mode), "tag_bytes",
                     (int)p->tag_length, "variant", (int)p->sv[1], "variants", variants,
                     "data_type", camseal_csi2_dt_name(p->dt), "group", (int)p->group, "evc",
                     (int)p->evc);
}

json_t *ecu_summary_json(const ecu *e, int exit_code)
{
    json_t *object =
        json_pack("{s:s, s:i, s:b, s:o, s:O, s:O, s:O, s:I, s:O, s:o, s:o}", "camseal",
                  CAMSEAL_VERSION, "exit", exit_code, "authenticated", (int)e->authenticated,
                  "profile", profile_json(&e->options.profile), "authentication",
                  e->report.attempts, "rotations", e->report.rotations, "events", e->report.events,
                  "events_unlisted", (json_int_t)e->report.events_unlisted, "unattached",
                  e->report.unattached, "totals", totals_json(e), "throughput", throughput_json(e));
    if (e->options.name)
        json_object_set_new(object, "camera", json_string(e->options.name));
    return object;
}
