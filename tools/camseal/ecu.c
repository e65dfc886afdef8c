/* `camseal ecu`: authenticates a sensor, gives it keys, verifies every packet, reports every frame.
 */
#include "ecu.h"

#include <stdlib.h>

#include "base/secret.h"
#include "camseal/openssl.h"
#include "clock.h"
#include "verbs.h"

static void on_secret(void *user, const char *label, camseal_span id, camseal_span value)
{
    ecu *e = user;
    keylog_secret(&e->keylog, label, id, value);
}

static camseal_status load_sink(void *user, size_t peer, const camseal_ssm_context_plan *plan,
                                const uint8_t loaded[32], const uint8_t salt[16], uint32_t epoch,
                                const camseal_least_count *least, size_t n_least)
{
    ecu *e = user;
    (void)peer;
    return ecu_receiver_load(&e->receiver, plan, loaded, salt, epoch, least, n_least);
}

/* Exit code, or -1 to go on. */
static int load_anchors(ecu *e)
{
    for (size_t i = 0; i < e->options.n_trust; i++) {
        pki_file *file = &e->anchor_files[i];
        camseal_status status = pki_load_file(file, e->options.trust[i], PKI_CHAIN_FILE_MAX);
        if (status != CAMSEAL_OK)
            return cli_fail("ecu", status, "%s", file->error);
        e->anchors[i] = camseal_span_of(file->data, file->len);
        camseal_chain_job job = {.chain = e->anchors[i], .anchors = &e->anchors[i], .n_anchors = 1};
        if (camseal_openssl()->chain(camseal_openssl()->user, &job) == CAMSEAL_E_FORMAT)
            return cli_fail("ecu", CAMSEAL_E_FORMAT, "%s: no DER certificate%s",
                            e->options.trust[i],
                            pki_looks_like_pem(e->anchors[i])
                                ? ", but PEM: convert it, openssl x509 -outform DER"
                                : ": give the root's certificate");
    }
    return -1;
}

static camseal_status make_host(ecu *e, const camseal_bulk *bulk)
{
    const ecu_options *o = &e->options;
    e->trace = (camseal_trace){.user = e, .secret = on_secret};
    e->peer = (camseal_ssm_peer){
        .name = "sensor",
        .spdm = {.struct_size = sizeof e->peer.spdm,
                 .crypto = camseal_openssl(),
                 .binding = &camseal_spdm_binding_tcp,
                 .trace = &e->trace,
                 .anchors = e->anchors,
                 .n_anchors = o->n_trust,
                 .time = {o->ignore_time ? CAMSEAL_TIME_IGNORE : CAMSEAL_TIME_FULL,
                          camseal_posix_unix_seconds()},
                 .sets = o->sets,
                 .pin = o->has_pin ? o->pin : NULL,
                 .challenge = true,
                 .log_secrets = e->keylog.open},
        .plans = &o->profile.plan,
        .n_plans = 1,
        .owner_secret = o->owner ? e->owner : NULL};
    camseal_ssm_host_config config = {.struct_size = sizeof config,
                                      .bulk = bulk,
                                      .crypto = camseal_openssl(),
                                      .trace = &e->trace,
                                      .peers = &e->peer,
                                      .n_peers = 1,
                                      .load_sink = load_sink,
                                      .user = e};
    size_t bytes = camseal_ssm_host_size(&config);
    e->host_mem = aligned_alloc(CAMSEAL_BULK_KEY_ALIGN, (bytes + 63u) & ~(size_t)63u);
    if (!e->host_mem)
        return CAMSEAL_E_SPACE;
    return camseal_ssm_host_init(&e->control.host, e->host_mem, bytes, &config);
}

static int open_outputs(ecu *e)
{
    const ecu_options *o = &e->options;
    camseal_status status = ecu_output_init(&e->output, o->out, o->save_every, o->marks);
    if (status != CAMSEAL_OK)
        return cli_fail("ecu", status, "%s", e->output.error);
    char path[4096];
    snprintf(path, sizeof path, "%s/report.json", o->out ? o->out : "");
    status = ecu_report_open(&e->report, o->report ? o->report : o->out ? path : NULL);
    if (status != CAMSEAL_OK)
        return cli_fail("ecu", status, "%s", e->report.file.error);
    status = keylog_open(&e->keylog, o->keylog);
    if (status != CAMSEAL_OK)
        return cli_fail("ecu", status, "%s", e->keylog.file.error);
    status = capture_open(&e->capture, o->capture, e->keylog.open);
    if (status != CAMSEAL_OK)
        return cli_fail("ecu", status, "%s", e->capture.file.error);
    return -1;
}

static int verdict_code(const ecu *e)
{
    uint64_t refused = 0;
    for (unsigned v = CAMSEAL_VERDICT_OK_PARTIAL + 1u; v < CAMSEAL_VERDICT_COUNT; v++)
        refused += e->book.totals.messages[v];
    bool good = e->frames && !e->bad_frames && !e->gap_frames && !refused && !e->rotations_failed;
    return good ? CLI_EXIT_OK : CLI_EXIT_FINDINGS;
}

/* Gives every output its name; the first failure decides the exit code unless something else did.
 */
static int finish_outputs(ecu *e, int code)
{
    camseal_status status = ecu_output_finish(&e->output);
    if (status != CAMSEAL_OK)
        code = cli_fail("ecu", status, "%s", e->output.error);
    capture_secrets(&e->capture, camseal_span_of(e->keylog.text, e->keylog.len));
    if ((status = capture_close(&e->capture)) != CAMSEAL_OK)
        code = cli_fail("ecu", status, "%s", e->capture.file.error);
    if ((status = keylog_commit(&e->keylog)) != CAMSEAL_OK)
        code = cli_fail("ecu", status, "%s", e->keylog.file.error);
    json_t *summary = ecu_summary_json(e, code);
    if ((status = ecu_report_commit(&e->report, summary)) != CAMSEAL_OK)
        code = cli_fail("ecu", status, "%s", e->report.file.error);
    if (e->args->json)
        json_dumpf(summary, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(6));
    if (e->args->json)
        putchar('\n');
    json_decref(summary);
    return code;
}

static int run(ecu *e)
{
    const camseal_bulk *bulk = camseal_bulk_choose(CAMSEAL_BULK_ALLOW_ALL);
    camseal_status status = camseal_bulk_selftest(bulk);
    if (status == CAMSEAL_OK)
        status = camseal_crypto_selftest(camseal_openssl());
    if (status == CAMSEAL_OK)
        status = make_host(e, bulk);
    capture_stream *packets = capture_add(&e->capture, CAMSEAL_LINK_DATA, "data", e->options.data);
    if (status == CAMSEAL_OK)
        status =
            ecu_receiver_init(&e->receiver, bulk, camseal_openssl(), &e->trace, &e->book, packets);
    if (status != CAMSEAL_OK)
        return cli_fail("ecu", status, "cannot start: %s", camseal_status_text(status));
    int code = ecu_authenticate(e);
    /* Only now: what a sensor still sends under an earlier host's keys is not for us. */
    if (code < 0)
        e->data = ecu_reach(e, &e->options.data_end, CAMSEAL_LINK_DATA, &code);
    if (e->data)
        code = ecu_stream(e);
    ecu_shut_down(e);
    return code < 0 ? verdict_code(e) : code;
}

static void release(ecu *e)
{
    ecu_control_attach(&e->control, NULL);
    camseal_link_close(e->data);
    if (e->control.host)
        camseal_ssm_host_wipe(e->control.host);
    free(e->host_mem);
    ecu_receiver_free(&e->receiver);
    frame_book_free(&e->book);
    ecu_output_free(&e->output);
    ecu_report_free(&e->report);
    keylog_abort(&e->keylog);
    capture_abort(&e->capture);
    for (size_t i = 0; i < ECU_ANCHORS_MAX; i++)
        pki_file_free(&e->anchor_files[i]);
}

int verb_ecu(int argc, char **argv)
{
    cli_args args;
    ecu *e = calloc(1, sizeof *e);
    if (!e)
        return cli_fail("ecu", CAMSEAL_E_SPACE, "no memory");
    e->args = &args;
    int code = ecu_options_parse(&e->options, &args, argc, argv);
    if (code >= 0) {
        free(e);
        return code;
    }
    frame_book_init(&e->book, e->options.profile.dt, (unsigned)e->options.embedded_lines);
    e->book.on_frame = ecu_on_frame;
    e->book.on_event = ecu_on_event;
    e->control.on_step = ecu_on_step;
    e->book.user = e->control.user = e;
    code = load_anchors(e);
    if (code < 0)
        code = ecu_load_owner(e);
    if (code < 0)
        code = open_outputs(e);
    if (code < 0) {
        code = run(e);
        code = finish_outputs(e, code);
        if (e->authenticated && !args.json && !args.quiet)
            ecu_summary_print(e);
    }
    release(e);
    camseal_wipe(e->owner, sizeof e->owner);
    free(e);
    return code;
}
