/* How an operation runs: a script of phases, each one exchange through the SPDM requester or one
 * local act. Every answer's header is checked here, once for all. */
#include "host.h"

#include <string.h>

#include "base/secret.h"
#include "base/try.h"

#define PHASE(name) CAMSEAL_SSM_PHASE_##name

enum { PART_FIRST, PART_EACH_PLAN, PART_LAST, PARTS, PHASES_OF_PART = 6 };

/* Phases before, for each plan, and after. NONE ends a part. */
struct camseal_ssm_script {
    uint8_t parts[PARTS][PHASES_OF_PART];
};

const struct camseal_ssm_script camseal_ssm_script_bring_up = {
    {{PHASE(CONNECT), PHASE(SESSION), PHASE(CAPS)},
     {PHASE(CREATE), PHASE(KEY_LOAD), PHASE(CONFIG), PHASE(SINK), PHASE(ACTIVATE)},
     {0}}};
const struct camseal_ssm_script camseal_ssm_script_reconnect = {
    {{PHASE(CONNECT), PHASE(SESSION)}, {PHASE(STATUS)}, {0}}};
const struct camseal_ssm_script camseal_ssm_script_rotate = {
    {{PHASE(STATUS), PHASE(KEY_LOAD), PHASE(SINK), PHASE(ROTATE)}, {0}, {0}}};
const struct camseal_ssm_script camseal_ssm_script_status = {{{PHASE(STATUS)}, {0}, {0}}};
const struct camseal_ssm_script camseal_ssm_script_heartbeat = {{{PHASE(HEARTBEAT)}, {0}, {0}}};
const struct camseal_ssm_script camseal_ssm_script_shut_down = {
    {{0}, {PHASE(DESTROY)}, {PHASE(END)}}};

/* Management phases: opcode, what builds the request (NULL: no body), what judges the answer (NULL:
 * nothing to see). The other phases have no row. */
static const struct {
    uint8_t opcode;
    camseal_ssm_builder *build;
    camseal_ssm_judge *judge;
} rows[CAMSEAL_SSM_PHASES] = {
    [PHASE(CAPS)] = {CAMSEAL_SSM_GET_CAPS, NULL, camseal_ssm_judge_caps},
    [PHASE(CREATE)] = {CAMSEAL_SSM_CTX_CREATE, camseal_ssm_build_create, camseal_ssm_judge_create},
    [PHASE(CLEAR)] = {CAMSEAL_SSM_CTX_DESTROY, NULL, NULL},
    [PHASE(KEY_LOAD)] = {CAMSEAL_SSM_CTX_KEY_LOAD, camseal_ssm_build_key_load, NULL},
    [PHASE(CONFIG)] = {CAMSEAL_SSM_CTX_CONFIG, camseal_ssm_build_config, camseal_ssm_judge_config},
    [PHASE(ACTIVATE)] = {CAMSEAL_SSM_CTX_ACTIVATE, camseal_ssm_build_activation,
                         camseal_ssm_judge_activation},
    [PHASE(ROTATE)] = {CAMSEAL_SSM_CTX_ROTATE, camseal_ssm_build_activation,
                       camseal_ssm_judge_activation},
    [PHASE(STATUS)] = {CAMSEAL_SSM_CTX_STATUS, NULL, camseal_ssm_judge_status},
    [PHASE(DESTROY)] = {CAMSEAL_SSM_CTX_DESTROY, NULL, camseal_ssm_judge_destroy},
};

static const uint8_t vendor_id[] = {CAMSEAL_SSM_VENDOR_ID & 0xFFu, CAMSEAL_SSM_VENDOR_ID >> 8, 0,
                                    0};

/* ---- progress and failure ------------------------------------------------------------------- */

static const char *phase_name(const camseal_ssm_host *host)
{
    switch (host->phase) {
    case PHASE(CONNECT):
        return "connect";
    case PHASE(SESSION):
        return "session";
    case PHASE(SINK):
        return "load sink";
    case PHASE(HEARTBEAT):
        return "HEARTBEAT";
    case PHASE(END):
        return "END_SESSION";
    default:
        return camseal_ssm_opcode_name(rows[host->phase].opcode);
    }
}

static void note_step(camseal_ssm_host *host, const char *name)
{
    if (host->progress.step == name)
        return; /* the next piece of the same step, e.g. a certificate chain */
    host->progress.step = name;
    host->progress.done = host->steps < host->progress.total ? host->steps : host->progress.total;
    host->steps++;
}

/* Inside CONNECT and SESSION the steps are the SPDM messages. Only FINISH goes out protected there.
 */
static void note_spdm_step(camseal_ssm_host *host, const camseal_step *step)
{
    if (step->next != CAMSEAL_NEXT_SEND ||
        (host->phase != PHASE(CONNECT) && host->phase != PHASE(SESSION)))
        return;
    if (step->out_secured)
        note_step(host, "FINISH");
    else if (step->out.len >= 2)
        note_step(host, camseal_spdm_code_name(step->out.data[1]));
}

static size_t count(const uint8_t *phases)
{
    size_t n = 0;
    while (n < PHASES_OF_PART && phases[n])
        n++;
    return n;
}

static size_t count_steps(const camseal_ssm_host *host, const struct camseal_ssm_script *script)
{
    const camseal_ssm_peer *peer = camseal_ssm_peer_of(host);
    size_t n = count(script->parts[PART_FIRST]) + count(script->parts[PART_LAST]) +
               peer->n_plans * count(script->parts[PART_EACH_PLAN]);
    if (script->parts[PART_FIRST][0] == PHASE(CONNECT)) /* 5 or 6 messages, and 2 for a session */
        n += peer->spdm.challenge ? 6 : 5;
    return n;
}

static unsigned ctx_id_of(const camseal_ssm_host *host)
{
    if (!camseal_ssm_peer_of(host)->n_plans || host->phase < PHASE(CREATE) ||
        host->phase == PHASE(HEARTBEAT) || host->phase == PHASE(END))
        return 0;
    return camseal_ssm_plan_of(host)->config.ctx_id;
}

camseal_status camseal_ssm_fail(camseal_ssm_host *host, camseal_status status, const char *detail,
                                uint64_t expected, uint64_t seen)
{
    host->failure.status = status;
    host->failure.peer = host->peer;
    host->failure.step = phase_name(host);
    host->failure.detail = detail;
    host->failure.expected = expected;
    host->failure.seen = seen;
    return status;
}

static camseal_status fail_spdm(camseal_ssm_host *host, camseal_status status)
{
    const camseal_spdm_failure *f =
        camseal_spdm_requester_failure(camseal_ssm_peer_state_of(host)->spdm);
    (void)camseal_ssm_fail(host, status, f && f->detail ? f->detail : camseal_status_text(status),
                           f ? f->expected : 0, f ? f->seen : 0);
    if (f && f->message)
        host->failure.step = f->message;
    return status;
}

/* The requester's own record is about exchanges that began. */
static camseal_status fail_begin(camseal_ssm_host *host, camseal_status status)
{
    return camseal_ssm_fail(host, status, "the SPDM session cannot begin this now", 0, 0);
}

/* ---- exchanges ------------------------------------------------------------------------------ */

static void wipe_exchange(camseal_ssm_host *host)
{
    camseal_wipe(host->request_bytes, sizeof host->request_bytes);
    camseal_wipe(host->response_bytes, sizeof host->response_bytes);
    host->response.len = 0;
}

static camseal_status encode_request(camseal_ssm_host *host, camseal_buf *out)
{
    camseal_ssm_peer_state *peer = camseal_ssm_peer_state_of(host);
    camseal_ssm_request request;
    memset(&request, 0, sizeof request);
    request.header.opcode = rows[host->phase].opcode;
    request.header.transaction = ++host->transaction;
    request.header.ctx_id = (uint16_t)ctx_id_of(host);
    if (!peer->presented && host->phase != PHASE(CAPS)) {
        request.n_owner = 1;
        memcpy(request.owner, peer->owner, sizeof request.owner);
    }
    camseal_status status = CAMSEAL_OK;
    if (rows[host->phase].build)
        status = rows[host->phase].build(host, &request);
    if (status == CAMSEAL_OK) {
        status = camseal_ssm_request_encode(out, &request);
        if (status != CAMSEAL_OK)
            (void)camseal_ssm_fail(host, status, "request is too long", 0, 0);
    }
    camseal_wipe(&request, sizeof request);
    return status;
}

static camseal_status start_management(camseal_ssm_host *host)
{
    camseal_ssm_peer_state *peer = camseal_ssm_peer_state_of(host);
    camseal_buf request = {host->request_bytes, sizeof host->request_bytes, 0};
    CAMSEAL_TRY(encode_request(host, &request));
    host->response.data = host->response_bytes;
    host->response.capacity = sizeof host->response_bytes;
    host->response.len = 0;
    camseal_status status =
        camseal_spdm_begin_vendor(peer->spdm, peer->session, CAMSEAL_SSM_STANDARD_ID,
                                  camseal_span_of(vendor_id, sizeof vendor_id),
                                  camseal_span_of(request.data, request.len), &host->response);
    return status == CAMSEAL_OK ? status : fail_begin(host, status);
}

/* Begins the exchange of the present phase. */
static camseal_status start(camseal_ssm_host *host)
{
    camseal_ssm_peer_state *peer = camseal_ssm_peer_state_of(host);
    camseal_status status;
    switch (host->phase) {
    case PHASE(CONNECT):
        status = camseal_spdm_begin_connect(peer->spdm);
        break;
    case PHASE(SESSION):
        status = camseal_spdm_begin_session(peer->spdm, &peer->session);
        break;
    case PHASE(HEARTBEAT):
        status = camseal_spdm_begin_heartbeat(peer->spdm, peer->session);
        break;
    case PHASE(END):
        status = camseal_spdm_begin_end_session(peer->spdm, peer->session);
        break;
    default:
        note_step(host, phase_name(host));
        return start_management(host);
    }
    if (status != CAMSEAL_OK)
        return fail_begin(host, status);
    if (host->phase == PHASE(HEARTBEAT) || host->phase == PHASE(END))
        note_step(host, phase_name(host));
    return CAMSEAL_OK;
}

/* The answer must belong to the request: opcode, transaction, context. */
static camseal_status check_echo(camseal_ssm_host *host, const camseal_ssm_header *header)
{
    if (header->opcode != rows[host->phase].opcode)
        return camseal_ssm_fail(host, CAMSEAL_E_UNEXPECTED, "answer to another opcode",
                                rows[host->phase].opcode, header->opcode);
    if (header->transaction != host->transaction)
        return camseal_ssm_fail(host, CAMSEAL_E_UNEXPECTED, "answer to another transaction",
                                host->transaction, header->transaction);
    if (header->ctx_id != ctx_id_of(host))
        return camseal_ssm_fail(host, CAMSEAL_E_UNEXPECTED, "answer for another context",
                                ctx_id_of(host), header->ctx_id);
    return CAMSEAL_OK;
}

static camseal_status refused(camseal_ssm_host *host, uint8_t code)
{
    camseal_status status = camseal_ssm_status_of(code);
    host->failure.code = code;
    return camseal_ssm_fail(host, status, "refused by the component", CAMSEAL_SSM_OK, code);
}

/* Two refusals are no failure: a context left over from an earlier life of this host is destroyed
 * first, and one that is to be destroyed may be gone already. */
static bool is_expected_refusal(const camseal_ssm_host *host, uint8_t code)
{
    return (host->phase == PHASE(CREATE) && code == CAMSEAL_SSM_STATE && !host->cleared) ||
           (host->phase == PHASE(DESTROY) && code == CAMSEAL_SSM_NOT_FOUND);
}

static camseal_status finish_management(camseal_ssm_host *host)
{
    camseal_ssm_answer answer;
    camseal_ssm_fault fault;
    camseal_status status = camseal_ssm_answer_decode(
        &answer, &fault, camseal_span_of(host->response.data, host->response.len));
    if (status != CAMSEAL_OK)
        return camseal_ssm_fail(host, status, fault.detail, 0, fault.tlv);
    CAMSEAL_TRY(check_echo(host, &answer.header));
    uint8_t code = answer.header.status;
    if (code != CAMSEAL_SSM_OK && !is_expected_refusal(host, code))
        return refused(host, code);
    if (host->phase != PHASE(CAPS))
        camseal_ssm_peer_state_of(host)->presented = true;
    if (host->phase == PHASE(CREATE) && code == CAMSEAL_SSM_STATE) {
        host->phase = PHASE(CLEAR); /* and CREATE once more: see next_phase */
        host->cleared = true;
        return CAMSEAL_OK;
    }
    return rows[host->phase].judge ? rows[host->phase].judge(host, &answer) : CAMSEAL_OK;
}

static camseal_status finish(camseal_ssm_host *host)
{
    camseal_ssm_peer_state *peer = camseal_ssm_peer_state_of(host);
    if (host->phase == PHASE(SESSION))
        peer->in_session = true;
    if (host->phase == PHASE(END))
        peer->in_session = false;
    return rows[host->phase].opcode ? finish_management(host) : CAMSEAL_OK;
}

/* ---- the script ----------------------------------------------------------------------------- */

/* Phases that this plan does not need. */
static bool skipped(camseal_ssm_host *host, camseal_ssm_phase phase)
{
    if (phase == PHASE(KEY_LOAD))
        return !camseal_ssm_plan_has_key(camseal_ssm_plan_of(host));
    if (phase == PHASE(STATUS))
        return !camseal_ssm_planned_of(host)->active;
    return phase == PHASE(DESTROY) && !camseal_ssm_planned_of(host)->created;
}

/* Sets the phase that the present place of the script names, or moves to the next place that has
 * one. NONE: the script is over. */
static void settle(camseal_ssm_host *host)
{
    for (; host->part < PARTS; host->part++, host->at = 0, host->plan = 0) {
        bool each = host->part == PART_EACH_PLAN;
        size_t rounds = each ? camseal_ssm_peer_of(host)->n_plans : host->plan + 1;
        for (; host->plan < rounds; host->plan++, host->at = 0)
            for (; host->at < count(host->script->parts[host->part]); host->at++) {
                host->phase = (camseal_ssm_phase)host->script->parts[host->part][host->at];
                if (!skipped(host, host->phase))
                    return;
            }
    }
    host->phase = PHASE(NONE);
}

static void next_phase(camseal_ssm_host *host, camseal_ssm_phase finished)
{
    host->started = false;
    if (finished == PHASE(CREATE) && host->phase == PHASE(CLEAR))
        return;
    if (finished != PHASE(CLEAR)) {
        host->cleared = false;
        host->at++;
    }
    settle(host);
}

void camseal_ssm_run(camseal_ssm_host *host, const struct camseal_ssm_script *script, size_t peer,
                     size_t plan)
{
    host->script = script;
    host->peer = peer;
    host->plan = plan;
    host->part = 0;
    host->at = 0;
    host->started = false;
    host->cleared = false;
    host->steps = 0;
    memset(&host->failure, 0, sizeof host->failure);
    memset(&host->progress, 0, sizeof host->progress);
    host->progress.peer = peer;
    host->progress.step = "";
    host->progress.total = count_steps(host, script);
    settle(host);
}

static void end_operation(camseal_ssm_host *host)
{
    wipe_exchange(host);
    camseal_wipe(host->loaded, sizeof host->loaded);
    host->script = NULL;
    host->started = false;
}

/* One phase as far as it goes. *waits: the requester wants the caller to act. */
static camseal_status run_phase(camseal_ssm_host *host, camseal_step *step, bool *waits)
{
    *waits = false;
    if (host->phase == PHASE(SINK)) {
        note_step(host, phase_name(host));
        return camseal_ssm_load_sink(host);
    }
    if (!host->started)
        CAMSEAL_TRY(start(host));
    host->started = true;
    camseal_status status =
        camseal_spdm_requester_step(camseal_ssm_peer_state_of(host)->spdm, step);
    step->in = camseal_span_of(NULL, 0); /* taken */
    if (status < 0)
        return fail_spdm(host, status);
    note_spdm_step(host, step);
    *waits = step->next != CAMSEAL_NEXT_DONE;
    if (*waits)
        return CAMSEAL_OK;
    status = finish(host);
    wipe_exchange(host);
    return status;
}

camseal_status camseal_ssm_host_step(camseal_ssm_host *host, camseal_step *step)
{
    step->out.len = 0;
    step->out_secured = false;
    if (!host->script)
        return CAMSEAL_E_STATE;
    while (host->phase != PHASE(NONE)) {
        bool waits;
        camseal_ssm_phase phase = host->phase;
        const char *name = phase_name(host);
        camseal_status status = run_phase(host, step, &waits);
        if (status == CAMSEAL_OK && waits)
            return CAMSEAL_OK;
        camseal_trace_event(
            host->config.trace, status, "ssm", status == CAMSEAL_OK ? name : host->failure.step,
            status == CAMSEAL_OK ? NULL : host->failure.detail, host->peer, ctx_id_of(host));
        if (status != CAMSEAL_OK) {
            end_operation(host);
            return status;
        }
        next_phase(host, phase);
    }
    host->progress.done = host->progress.total;
    end_operation(host);
    step->next = CAMSEAL_NEXT_DONE;
    step->wake_us = UINT64_MAX;
    return CAMSEAL_OK;
}
