/* The link between the engines, and the game from its beginning to its end. */
#include "spdm_play.h"

#include <string.h>

#include "spdm_game.h"

enum { RUN_LIMIT = 20000, OPERATIONS_MAX = 64, ENOUGH_RECORDS = 8 /* 2^n */ };

spdm_game game;

static wire request, response, scratch;

/* ---- the link ------------------------------------------------------------------------------- */

static void queue_push(const wire *m)
{
    if (game.tail - game.head < GAME_QUEUE)
        wire_copy(&game.queue[game.tail++ % GAME_QUEUE], m);
}

/* What becomes of a message for the target: copies to deliver. */
static unsigned meet(input *in, spdm_role to, wire *m, history *h)
{
    wire original;
    wire_copy(&original, m);
    unsigned copies = 1;
    game.act.extra = false;
    if (game.target == to && game.countdown && --game.countdown == 0) {
        attack_message(&game.act, in, to, m, h);
        copies = game.act.copies;
        game.forged |= game.act.forged;
        game.countdown = game.act.again;
    }
    history_note(h, &original);
    return copies;
}

static void answer(input *in)
{
    bool held = game.to_req.held.len > 0;
    unsigned copies = meet(in, SPDM_ROLE_REQUESTER, &response, &game.to_req);
    if (game.act.extra)
        queue_push(&game.act.before);
    for (unsigned i = 0; i < copies; i++)
        queue_push(&response);
    if (held) {
        queue_push(&game.to_req.held);
        game.to_req.held.len = 0;
    }
}

static void ask(input *in)
{
    bool held = game.to_rsp.held.len > 0;
    unsigned copies = meet(in, SPDM_ROLE_RESPONDER, &request, &game.to_rsp);
    if (game.act.extra)
        (void)engines_tell(&game.act.before, &scratch);
    for (unsigned i = 0; i < copies; i++)
        if (engines_tell(&request, &response))
            answer(in);
    if (held) {
        if (engines_tell(&game.to_rsp.held, &response))
            answer(in);
        game.to_rsp.held.len = 0;
    }
}

/* Until the operation is over. */
camseal_status game_run(input *in)
{
    for (unsigned i = 0; i < RUN_LIMIT; i++) {
        camseal_next next;
        uint64_t wake_us;
        const wire *m = game.head == game.tail ? NULL : &game.queue[game.head++ % GAME_QUEUE];
        camseal_status status = engines_step(m, &request, &next, &wake_us);
        if (status != CAMSEAL_OK || next == CAMSEAL_NEXT_DONE)
            return status;
        if (next == CAMSEAL_NEXT_SEND)
            ask(in);
        else if (game.head == game.tail && wake_us > eng.now)
            eng.now = wake_us;
    }
    abort(); /* the requester does not end */
}

/* ---- the whole ------------------------------------------------------------------------------ */

/* Whatever happened: who could connect before can do so again. */
static void recover(void)
{
    input none = {NULL, 0};
    engines_calm();
    game.head = game.tail;
    game.to_req.held.len = game.to_rsp.held.len = 0;
    game.countdown = 0;
    bool connects = game.connects && !owner.changed, opens = game.opens && !owner.changed;
    game.connects = game.opens = false;
    game_connect(&none);
    FUZZ_REQUIRE(!connects || game.connects);
    if (!connects || !opens || eng.req->config.defer_chain)
        return;
    uint8_t limit = eng.req->config.policy->aead_limit;
    if (limit && limit < ENOUGH_RECORDS) /* for the whole of mutual authentication, too */
        return;
    game_session(&none);
    FUZZ_REQUIRE(game.opens);
    game_use_session();
    game_end_session(&none);
}

/* GET_VERSION is heard in every state. */
static void start_over(void)
{
    static wire m = {.bytes = {0x10, SPDM_GET_VERSION, 0, 0}, .len = 4};
    engines_calm();
    FUZZ_REQUIRE(engines_tell(&m, &response));
    FUZZ_REQUIRE(!response.secured && response.bytes[1] == SPDM_VERSION);
}

void play(const uint8_t *data, size_t size, spdm_role target)
{
    input in = {data, size};
    memset(&game, 0, sizeof game);
    game.target = target;
    game.place = 0xFF;
    if (!engines_start(&in))
        return;
    for (unsigned i = 0; in.left && i < OPERATIONS_MAX; i++) {
        uint8_t byte = take(&in);
        game.countdown = byte >> 5;
        if (game.countdown == 7)
            game.countdown = take(&in);
        game_operations[byte & 31u](&in);
        game.countdown = 0;
    }
    start_over();
    if (eng.recovers)
        recover();
    engines_stop();
    FUZZ_REQUIRE(game.errands == 0);
}
