/* What the ECU tells a person, and writes into its report, while it works. */
#include "ecu.h"

#include <inttypes.h>
#include <stdio.h>

#include "clock.h"

bool ecu_talks(const ecu *e)
{
    return !e->args->json && !e->args->quiet;
}

static bool good_verdict(const ecu *e, unsigned verdict)
{
    return verdict == CAMSEAL_VERDICT_OK ||
           (verdict == CAMSEAL_VERDICT_OK_PARTIAL && e->options.allow_partial);
}

static void print_bad_frame(ecu *e, const frame_entry *entry)
{
    const camseal_record *f = &entry->frame;
    if (!ecu_talks(e))
        return;
    cli_progress_end();
    printf("%sframe %-6" PRIu64 " %-11s", e->label, f->frame_count,
           camseal_verdict_name(f->verdict));
    if (f->reason)
        printf(" %s;", camseal_reason_name(f->reason));
    if (entry->n_missing)
        printf(" missing %" PRIu32 "-%" PRIu32 "%s;", entry->missing[0].first,
               entry->missing[0].last, entry->n_missing > 1 ? " and more" : "");
    if (entry->n_bad)
        printf(" refused %zu: %s%s", entry->n_bad + entry->bad_unlisted,
               camseal_reason_name(entry->bad[0].reason), entry->n_bad > 1 ? " and more" : "");
    putchar('\n');
}

void ecu_on_frame(void *user, const frame_entry *entry)
{
    ecu *e = user;
    bool frame = entry->frame.kind == CAMSEAL_RECORD_FRAME;
    bool good = frame && good_verdict(e, entry->frame.verdict);
    ecu_report_frame(&e->report, entry);
    if (frame) {
        e->frames++;
        e->bad_frames += !good;
    }
    if (!good || entry->n_bad)
        print_bad_frame(e, entry);
    if (frame) {
        uint64_t start = camseal_posix_now_us();
        ecu_output_frame(&e->output, entry, good);
        e->picture_us += camseal_posix_now_us() - start;
    }
    cli_progress(e->args, "%sframe %" PRIu64 ", %" PRIu64 " not good", e->label,
                 entry->frame.frame_count, e->bad_frames);
}

void ecu_on_event(void *user, const camseal_record *event)
{
    ecu *e = user;
    ecu_report_event(&e->report, event);
    if (event->reason == CAMSEAL_REASON_FRAME_GAP && event->b >= event->a)
        e->gap_frames += event->b - event->a + 1u;
    if (!ecu_talks(e))
        return;
    cli_progress_end();
    printf("%sevent %s: %" PRIu64 " to %" PRIu64 "\n", e->label, camseal_reason_name(event->reason),
           event->a, event->b);
}

static void print_step(const ecu_step *step)
{
    cli_progress_end();
    printf("  %-22s %-12s %8.1f ms  %s\n", step->name,
           step->status == CAMSEAL_OK ? "ok" : camseal_status_name(step->status),
           (double)step->us / 1000.0, step->detail);
    fflush(stdout);
}

/* A single attempt is shown while it runs, one of several when it is over (see authenticate). */
void ecu_on_step(void *user, const ecu_step *step)
{
    const ecu *e = user;
    if (ecu_talks(e) && !e->authenticated && e->options.attempts == 1)
        print_step(step);
}

void ecu_print_attempt(const ecu *e, uint64_t number)
{
    const ecu_operation *op = &e->control.operation;
    const ecu_step *last = &op->steps[op->n_steps - 1];
    if (!ecu_talks(e) || e->options.attempts == 1)
        return;
    if (op->status != CAMSEAL_OK) {
        printf("%sauthentication %" PRIu64 " refused: %s at %s: %s\n", e->label, number,
               camseal_status_name(op->status), last->name, last->detail);
        return;
    }
    printf("%sauthentication %" PRIu64 "\n", e->label, number);
    for (size_t i = 0; i < op->n_steps; i++)
        print_step(&op->steps[i]);
}
