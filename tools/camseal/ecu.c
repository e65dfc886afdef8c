/* `camseal ecu`: authenticates a sensor, gives it keys, verifies every packet, reports every frame.
 */
#include "ecu.h"

#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "base/try.h"
#include "camseal/openssl.h"
#include "camseal/version.h"
#include "clock.h"
#include "verbs.h"

static void on_secret(void *user, const char *label, camseal_span id, camseal_span value)
{
    ecu *e = user;
    keylog_secret(&e->keylog, label, id, value);
}

/* With more than one sink the key is a group key (OP1 §1): all get it before the source starts. */
static camseal_status load_sink(void *user, size_t peer, const camseal_ssm_context_plan *plan,
                                const uint8_t loaded[32], const uint8_t salt[16], uint32_t epoch,
                                const camseal_least_count *least, size_t n_least)
{
    ecu *e = user;
    ecu_system *s = e->system;
    (void)peer;
    for (size_t i = 0; i < s->n; i++) {
        ecu *other = s->cameras[i];
        if (other->options.sink_of && s->cameras[other->options.master] == e)
            CAMSEAL_TRY(
                ecu_receiver_load(&other->receiver, plan, loaded, salt, epoch, least, n_least));
    }
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
        .name = e->options.name ? e->options.name : "sensor",
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

static json_t *summary_of(const ecu *e, int code)
{
    return ecu_summary_json(e, e->code >= 0 ? e->code : code);
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
    json_t *summary = summary_of(e, code);
    if ((status = ecu_report_commit(&e->report, summary)) != CAMSEAL_OK)
        code = cli_fail("ecu", status, "%s", e->report.file.error);
    json_decref(summary);
    return code;
}

/* One camera: its object; several: a list of them. */
static void print_json(const ecu_system *s, int code)
{
    json_t *all = json_array(), *root;
    for (size_t i = 0; i < s->n; i++)
        json_array_append_new(all, summary_of(s->cameras[i], code));
    if (s->cameras[0]->options.name)
        root =
            json_pack("{s:s, s:i, s:O}", "camseal", CAMSEAL_VERSION, "exit", code, "cameras", all);
    else
        root = json_incref(json_array_get(all, 0));
    json_dumpf(root, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(6));
    putchar('\n');
    json_decref(root);
    json_decref(all);
}

/* ---- start and end ---- */

/* Exit code, or -1 to go on. */
static int start_camera(ecu *e, const camseal_bulk *bulk)
{
    camseal_status status = e->options.sink_of ? CAMSEAL_OK : make_host(e, bulk);
    capture_stream *packets = capture_add(&e->capture, CAMSEAL_LINK_DATA, "data", e->options.data);
    if (status == CAMSEAL_OK)
        status =
            ecu_receiver_init(&e->receiver, bulk, camseal_openssl(), &e->trace, &e->book, packets);
    if (status == CAMSEAL_OK)
        return -1;
    return cli_fail("ecu", status, "%scannot start: %s", e->label, camseal_status_text(status));
}

static int run(ecu_system *s)
{
    int code = -1;
    const camseal_bulk *bulk = camseal_bulk_choose(CAMSEAL_BULK_ALLOW_ALL);
    camseal_status status = camseal_bulk_selftest(bulk);
    if (status == CAMSEAL_OK)
        status = camseal_crypto_selftest(camseal_openssl());
    if (status != CAMSEAL_OK)
        return cli_fail("ecu", status, "cannot start: %s", camseal_status_text(status));
    for (size_t i = 0; i < s->n && code < 0; i++)
        code = start_camera(s->cameras[i], bulk);
    if (code < 0)
        code = ecu_authenticate(s);
    if (code < 0)
        code = ecu_stream(s);
    ecu_shut_down(s);
    for (size_t i = 0; i < s->n; i++)
        if (s->cameras[i]->code < 0)
            s->cameras[i]->code = code >= 0 ? code : verdict_code(s->cameras[i]);
    for (size_t i = 0; i < s->n && code < CLI_EXIT_USAGE; i++)
        code = s->cameras[i]->code > code ? s->cameras[i]->code : code;
    return code;
}

static void release_camera(ecu *e)
{
    ecu_control_attach(&e->control, NULL);
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
    camseal_wipe(e->owner, sizeof e->owner);
    free(e);
}

static void release(ecu_system *s)
{
    for (size_t i = 0; i < s->n_links; i++)
        camseal_link_close(s->links[i].link);
    for (size_t i = 0; i < ECU_CAMERAS_MAX; i++)
        if (s->cameras[i])
            release_camera(s->cameras[i]);
    free(s);
}

/* Opens what one camera needs. Exit code, or -1. */
static int open_camera(ecu *e)
{
    ecu_options_plan(&e->options);
    if (e->options.name)
        snprintf(e->label, sizeof e->label, "%s: ", e->options.name);
    frame_book_init(&e->book, e->options.profile.dt, (unsigned)e->options.embedded_lines);
    e->book.on_frame = ecu_on_frame;
    e->book.on_event = ecu_on_event;
    e->control.on_step = ecu_on_step;
    e->book.user = e->control.user = e;
    int code = load_anchors(e);
    if (code < 0)
        code = ecu_load_owner(e);
    return code < 0 ? open_outputs(e) : code;
}

/* Cameras with the same data endpoint come over one link. */
static void find_link(ecu_system *s, size_t at)
{
    const ecu_options *o = &s->cameras[at]->options;
    size_t link = 0;
    while (link < s->n_links && strcmp(s->links[link].of->data, o->data) != 0)
        link++;
    s->link_of[at] = link;
    if (link == s->n_links)
        s->links[s->n_links++].of = o;
}

/* Exit code, or -1. */
static int make_cameras(ecu_system *s, const ecu_options *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        ecu *e = calloc(1, sizeof *e);
        if (!e)
            return cli_fail("ecu", CAMSEAL_E_SPACE, "no memory");
        s->cameras[i] = e;
        s->n = i + 1;
        e->system = s;
        e->args = &s->args;
        e->options = list[i];
        e->code = -1;
        find_link(s, i);
    }
    for (size_t i = 0; i < n; i++) {
        int code = open_camera(s->cameras[i]);
        if (code >= 0)
            return code;
    }
    return -1;
}

static int finish(ecu_system *s, int code)
{
    for (size_t i = 0; i < s->n; i++)
        code = finish_outputs(s->cameras[i], code);
    if (s->args.json)
        print_json(s, code);
    for (size_t i = 0; i < s->n && !s->args.json && !s->args.quiet; i++)
        if (s->cameras[i]->authenticated)
            ecu_summary_print(s->cameras[i]);
    return code;
}

int verb_ecu(int argc, char **argv)
{
    static ecu_options list[ECU_CAMERAS_MAX];
    size_t n = 0;
    ecu_system *s = calloc(1, sizeof *s);
    if (!s)
        return cli_fail("ecu", CAMSEAL_E_SPACE, "no memory");
    int code = ecu_options_parse(list, &n, &s->args, argc, argv);
    if (code < 0)
        code = make_cameras(s, list, n);
    else
        n = 0;
    if (code < 0)
        code = finish(s, run(s));
    release(s);
    return code;
}
