/* Operations on both engines, and what must be true behind each of them. */
#include <string.h>

#include "../tests/unit/spdm/spdm_toy.h"
#include "spdm_game.h"

enum { BUFFER = 1024, LARGE = 700 };

static wire scratch;

/* ---- buffers -------------------------------------------------------------------------------- */

static uint8_t buffer_bytes[BUFFER], evidence_bytes[2 * BUFFER], payload[LARGE];
camseal_buf game_buffer;
static camseal_buf evidence = {evidence_bytes, sizeof evidence_bytes, 0};
static camseal_spdm_event_list event_list;

camseal_buf *game_new_buffer(input *in)
{
    uint8_t n = take(in);
    memset(buffer_bytes, 0xA5, sizeof buffer_bytes);
    game_buffer = (camseal_buf){buffer_bytes, n ? n : sizeof buffer_bytes, 0};
    return &game_buffer;
}

void game_check_buffer(camseal_status status)
{
    FUZZ_REQUIRE(game_buffer.len <= game_buffer.capacity &&
                 (status == CAMSEAL_OK || game_buffer.len == 0));
    for (size_t i = game_buffer.capacity; i < sizeof buffer_bytes; i++)
        FUZZ_REQUIRE(buffer_bytes[i] == 0xA5);
}

/* ---- connections and sessions --------------------------------------------------------------- */

/* Both ends have the same keys, if nobody with keys was in between and neither has broken down. */
static void check_agreement(uint8_t index, bool must_exist)
{
    if (game.target != SPDM_ROLE_REQUESTER || game.forged || eng.faults)
        return;
    const spdm_session *s = &eng.req->sessions[index], *other = NULL;
    for (size_t i = 0; i < eng.rsp->config.max_sessions; i++)
        if (eng.rsp->sessions[i].state == SPDM_SESSION_ESTABLISHED &&
            eng.rsp->sessions[i].id == s->id)
            other = &eng.rsp->sessions[i];
    FUZZ_REQUIRE(other || !must_exist || eng.rsp->config.heartbeat_s); /* or ended meanwhile */
    if (other)
        FUZZ_REQUIRE(
            memcmp(s->secrets.traffic, other->secrets.traffic, sizeof s->secrets.traffic) == 0);
}

void game_connect(input *in)
{
    bool honest = game.countdown == 0;
    game.forged = game.measured = false;
    game.place = 0xFF;
    camseal_status begun = camseal_spdm_begin_connect(eng.req);
    FUZZ_REQUIRE(begun == CAMSEAL_OK); /* else an operation is left behind */
    camseal_status status = game_run(in);
    game.connects |= honest && status == CAMSEAL_OK;
    FUZZ_REQUIRE(status != CAMSEAL_OK || eng.req->connected);
}

static void open_session(input *in, camseal_status begun, uint8_t index, bool certificate)
{
    bool honest = game.countdown == 0;
    if (begun != CAMSEAL_OK)
        return;
    game.forged = false;
    camseal_status status = game_run(in);
    const spdm_session *s = &eng.req->sessions[index];
    FUZZ_REQUIRE((s->state == SPDM_SESSION_ESTABLISHED) == (status == CAMSEAL_OK));
    if (status != CAMSEAL_OK)
        return;
    FUZZ_REQUIRE(eng.req->trusted || !certificate);
    game.place = index;
    game.opens |= honest && certificate;
    check_agreement(index, true);
}

void game_session(input *in)
{
    uint8_t index = 0;
    camseal_status begun = camseal_spdm_begin_session(eng.req, &index);
    open_session(in, begun, index, true);
}

static void psk_session(input *in)
{
    static const uint8_t hint[] = {7};
    uint8_t index = 0;
    camseal_span h = camseal_span_of(hint, take(in) == 1 ? 1 : 0);
    camseal_status begun = camseal_spdm_begin_psk_session(eng.req, h, &index);
    open_session(in, begun, index, false);
}

camseal_status game_complete(input *in, camseal_status begun)
{
    if (begun != CAMSEAL_OK)
        return begun;
    camseal_status status = game_run(in);
    if (status == CAMSEAL_OK && game.place < eng.req->config.max_sessions &&
        eng.req->sessions[game.place].state == SPDM_SESSION_ESTABLISHED)
        check_agreement(game.place, false);
    return status;
}

static void vendor(input *in, size_t len)
{
    static const uint8_t id[] = {1, 2};
    camseal_buf *out = game_new_buffer(in);
    for (size_t i = 0; i < len; i++)
        payload[i] = engines_secret[i % sizeof engines_secret];
    camseal_status status =
        game_complete(in, camseal_spdm_begin_vendor(eng.req, game.place, 4, camseal_span_of(id, 2),
                                                    camseal_span_of(payload, len), out));
    game_check_buffer(status);
    if (status == CAMSEAL_OK && !game.forged && game.target == SPDM_ROLE_REQUESTER)
        FUZZ_REQUIRE(out->len == len && memcmp(out->data, payload, len) == 0);
}

static void small_vendor(input *in)
{
    vendor(in, 32);
}

static void large_vendor(input *in)
{
    vendor(in, LARGE);
}

static void heartbeat(input *in)
{
    (void)!game_complete(in, camseal_spdm_begin_heartbeat(eng.req, game.place));
}

static void key_update(input *in)
{
    (void)!game_complete(in, camseal_spdm_begin_key_update(eng.req, game.place, false));
}

static void key_update_all(input *in)
{
    (void)!game_complete(in, camseal_spdm_begin_key_update(eng.req, game.place, true));
}

void game_end_session(input *in)
{
    camseal_status status = game_complete(in, camseal_spdm_begin_end_session(eng.req, game.place));
    if (status == CAMSEAL_OK)
        FUZZ_REQUIRE(eng.req->sessions[game.place].state == SPDM_SESSION_FREE);
}

/* ---- the device ----------------------------------------------------------------------------- */

static void see_block(void *user, const camseal_spdm_measurement *b)
{
    (void)user;
    FUZZ_REQUIRE(b->index > 0 && b->index < 0xFF && b->form != CAMSEAL_SPDM_FORM_EITHER);
}

static void check_evidence(void)
{
    camseal_spdm_evidence e = {.crypto = eng.req->config.crypto,
                               .anchors = eng.req->config.anchors,
                               .n_anchors = eng.req->config.n_anchors,
                               .block = see_block};
    camseal_status status;
    do
        status = camseal_spdm_check_evidence(&e, camseal_span_of(evidence.data, evidence.len));
    while (status == CAMSEAL_PENDING);
    if (status != CAMSEAL_OK)
        FUZZ_REQUIRE(eng.faults || e.detail);
    FUZZ_REQUIRE(status == CAMSEAL_OK || eng.faults);
}

/* Evidence of a series begins with a request that wants some. */
static void measure(input *in, camseal_spdm_measure *m, bool begins)
{
    m->block = see_block;
    m->record = game_new_buffer(in);
    if (begins || game.measured)
        m->evidence = &evidence;
    if (!game.measured)
        evidence.len = 0;
    camseal_status status =
        game_complete(in, camseal_spdm_begin_measurements(eng.req, game.place, m));
    game_check_buffer(status);
    FUZZ_REQUIRE(evidence.len <= evidence.capacity);
    game.measured = status == CAMSEAL_OK && m->evidence && !m->sign;
    if (status == CAMSEAL_OK && m->sign && m->evidence)
        check_evidence();
}

static void measure_count(input *in)
{
    camseal_spdm_measure m = {.operation = CAMSEAL_SPDM_MEASURE_COUNT};
    measure(in, &m, false);
}

static void measure_all(input *in)
{
    camseal_spdm_measure m = {.operation = CAMSEAL_SPDM_MEASURE_ALL, .sign = true};
    measure(in, &m, true);
}

static void measure_one(input *in)
{
    uint8_t choice = take(in);
    camseal_spdm_measure m = {.operation = choice & 0x0Fu,
                              .sign = choice & 0x10,
                              .raw = choice & 0x20,
                              .fresh = choice & 0x40};
    measure(in, &m, choice & 0x80);
}

static void see_entry(void *user, const camseal_spdm_log_entry *entry)
{
    (void)user;
    FUZZ_REQUIRE(entry->value.len == 0 ||
                 (entry->value.data >= game_buffer.data &&
                  entry->value.data + entry->value.len <= game_buffer.data + game_buffer.len));
}

static void extension_log(input *in)
{
    camseal_status status = game_complete(
        in, camseal_spdm_begin_measurement_log(eng.req, game.place, game_new_buffer(in)));
    game_check_buffer(status);
    if (status == CAMSEAL_OK)
        FUZZ_REQUIRE(camseal_spdm_read_measurement_log(
                         camseal_span_of(game_buffer.data, game_buffer.len), see_entry, NULL) ==
                     CAMSEAL_OK);
}

static void endpoint_info(input *in)
{
    game_check_buffer(game_complete(
        in, camseal_spdm_begin_endpoint_info(eng.req, game.place, false, game_new_buffer(in))));
}

static void signed_endpoint_info(input *in)
{
    game_check_buffer(game_complete(
        in, camseal_spdm_begin_endpoint_info(eng.req, game.place, true, game_new_buffer(in))));
}

/* ---- events and errands --------------------------------------------------------------------- */

static void errand_done(void *user, camseal_status status, camseal_span info)
{
    (void)user, (void)status;
    FUZZ_REQUIRE(game.errands-- > 0);
    FUZZ_REQUIRE(info.len == 0 || status == CAMSEAL_OK);
}

static void poll(input *in)
{
    uint16_t answered = 0;
    (void)!game_complete(in, camseal_spdm_begin_poll(eng.req, game.place, &answered));
}

static void event_types(input *in)
{
    event_list.room = *game_new_buffer(in);
    camseal_status status =
        game_complete(in, camseal_spdm_begin_event_types(eng.req, game.place, &event_list));
    game_buffer.len = event_list.room.len;
    game_check_buffer(status);
    if (status != CAMSEAL_OK)
        event_list.groups = 0;
}

static void subscribe(input *in)
{
    (void)!game_complete(in, camseal_spdm_begin_subscribe(
                                 eng.req, game.place, event_list.groups,
                                 camseal_span_of(event_list.room.data, event_list.room.len)));
    event_list.groups = 0;
    event_list.room.len = 0;
}

static void send_event(input *in)
{
    (void)!game_complete(
        in, camseal_spdm_begin_send_event(eng.req, game.place, 1,
                                          camseal_span_of(owner_event, sizeof owner_event)));
}

/* The responder's session with which the requester's place corresponds, as far as it matters. */
static uint8_t errand_place(input *in)
{
    uint8_t choice = take(in);
    if (choice == 255)
        return choice;
    return (uint8_t)(choice % eng.rsp->config.max_sessions);
}

static void ask_key_update(input *in)
{
    game.errands +=
        camseal_spdm_ask_key_update(eng.rsp, errand_place(in), errand_done, NULL) == CAMSEAL_OK;
}

static void ask_event(input *in)
{
    game.errands += camseal_spdm_ask_event(eng.rsp, errand_place(in), 1,
                                           camseal_span_of(owner_event, sizeof owner_event),
                                           errand_done, NULL) == CAMSEAL_OK;
}

static void ask_endpoint_info(input *in)
{
    uint8_t place = errand_place(in);
    game.errands += camseal_spdm_ask_endpoint_info(eng.rsp, place, take(in) & 1u, errand_done,
                                                   NULL) == CAMSEAL_OK;
}

/* ---- what else happens ---------------------------------------------------------------------- */

static void mood(input *in)
{
    camseal_spdm_responder_set_mood(eng.rsp, (camseal_spdm_mood)(take(in) % 3u));
}

static void wait(input *in)
{
    eng.now += UINT64_C(1) << take(in) % 32u;
    scratch.len = 0;
    scratch.secured = false;
    (void)engines_tell(NULL, &scratch);
}

static void go_elsewhere(input *in)
{
    uint8_t choice = take(in);
    game.place = choice == 0 ? (uint8_t)0xFF : (uint8_t)((choice - 1u) % 3u);
}

static void slow_down(input *in)
{
    uint8_t choice = take(in);
    owner.slow = choice & 15u;
    toy_delay(choice >> 4 & 3u, choice >> 6);
}

/* Straight to the responder, in clear or, with a bit of the second byte, under its keys. */
static void direct(input *in)
{
    static wire m, reply;
    uint8_t choice = take(in);
    camseal_span chunk = take_chunk(in);
    m.secured = choice & 1u;
    m.len = 0;
    if (choice & 2u)
        m.len = engines_seal(SPDM_ROLE_RESPONDER, choice >> 2, chunk, m.bytes);
    if (m.len == 0 && chunk.len) {
        memcpy(m.bytes, chunk.data, chunk.len);
        m.len = chunk.len;
    }
    game.forged |= m.secured;
    (void)engines_tell(&m, &reply);
}

static void replay(input *in)
{
    static wire reply;
    const wire *m = &game.to_rsp.ring[take(in) % RING];
    if (m->len)
        (void)engines_tell(m, &reply);
}

void game_use_session(void)
{
    input none = {NULL, 0};
    small_vendor(&none);
    FUZZ_REQUIRE(game_buffer.len == 32);
}

const game_operation game_operations[32] = {game_connect,
                                            game_session,
                                            psk_session,
                                            small_vendor,
                                            large_vendor,
                                            heartbeat,
                                            key_update,
                                            key_update_all,
                                            game_end_session,
                                            measure_count,
                                            measure_all,
                                            measure_one,
                                            extension_log,
                                            endpoint_info,
                                            signed_endpoint_info,
                                            poll,
                                            event_types,
                                            subscribe,
                                            send_event,
                                            ask_key_update,
                                            ask_event,
                                            ask_endpoint_info,
                                            mood,
                                            wait,
                                            go_elsewhere,
                                            slow_down,
                                            direct,
                                            replay,
                                            game_other_slot,
                                            game_get_csr,
                                            game_set_certificate,
                                            game_key_pairs};
