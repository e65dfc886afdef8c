/* Operations of whoever manages a device: what it supports, its certificates, its key pairs. */
#include <string.h>

#include "spdm_game.h"

/* Fields of connections with several keys, and those without. */
static uint8_t multi_key(uint8_t value)
{
    return eng.req->shape.multi_key ? value : (uint8_t)0;
}

/* Ends the connection that there was; says nothing when it fails. */
static void discover(input *in)
{
    camseal_spdm_supported all;
    memset(&all, 0xA5, sizeof all);
    const camseal_spdm_supported before = all;
    camseal_status begun = camseal_spdm_begin_discover(eng.req, &all);
    camseal_status status = begun == CAMSEAL_OK ? game_run(in) : begun;
    FUZZ_REQUIRE(status == CAMSEAL_OK || memcmp(&all, &before, sizeof all) == 0 ||
                 engines_all_zero(&all, sizeof all));
    FUZZ_REQUIRE(begun != CAMSEAL_OK || !eng.req->connected);
    game.place = 0xFF;
}

void game_other_slot(input *in)
{
    static const uint8_t slots[4] = {0, 3, 1, 2};
    uint8_t choice = take(in);
    if (choice & 0x80) {
        discover(in);
        return;
    }
    bool honest = game.countdown == 0;
    camseal_status begun = camseal_spdm_begin_certificate(eng.req, slots[choice & 3u]);
    if (begun != CAMSEAL_OK)
        return;
    camseal_status status = game_run(in);
    game.connects &= honest && status == CAMSEAL_OK;
}

void game_get_csr(input *in)
{
    static const uint8_t info[] = {0x30, 2, 5, 0};
    uint8_t choice = take(in);
    camseal_spdm_csr csr = {.model = multi_key(1),
                            .key_pair_id = multi_key(1),
                            .tag = choice & 7u,
                            .overwrite = choice & 8u,
                            .requester_info = {info, choice & 0x10 ? sizeof info : 0},
                            .csr = *game_new_buffer(in)};
    camseal_status status =
        game_complete(in, camseal_spdm_begin_get_csr(eng.req, game.place, &csr));
    game_buffer.len = csr.csr.len;
    game_check_buffer(status);
}

void game_set_certificate(input *in)
{
    static const uint8_t slots[4] = {0, 3, 1, 2};
    uint8_t choice = take(in);
    camseal_spdm_new_chain c = {
        .slot = slots[choice & 3u], .key_pair_id = multi_key(1), .erase = choice & 4u};
    if (!c.erase) {
        c.model = multi_key(1u + (choice >> 3 & 1u));
        c.chain = owner_chain(choice >> 4);
    }
    (void)!game_complete(in, camseal_spdm_begin_set_certificate(eng.req, game.place, &c));
}

static void get_key_pair(input *in, uint8_t id)
{
    camseal_spdm_key_pair pair = {.slots = 0xA5};
    uint8_t total = 0;
    camseal_status status =
        game_complete(in, camseal_spdm_begin_get_key_pair(eng.req, game.place, id, &pair,
                                                          game_new_buffer(in), &total));
    game_check_buffer(status);
    if (status == CAMSEAL_OK)
        FUZZ_REQUIRE(total >= id && pair.public_key_info.len == game_buffer.len &&
                     !(pair.usage & ~(unsigned)pair.usages) &&
                     !(pair.algorithm & ~pair.algorithms));
    else
        FUZZ_REQUIRE(pair.slots == 0xA5 && total == 0);
}

void game_key_pairs(input *in)
{
    uint8_t choice = take(in);
    camseal_spdm_key_change c = {.session = game.place, .id = choice & 7u};
    if (!(choice & 8u)) {
        get_key_pair(in, c.id);
        return;
    }
    uint8_t values = take(in);
    c.operation = (choice >> 4) % 3u;
    c.slots = values & 0x0Fu;
    c.usage = values >> 4 & 3u;
    c.algorithm = values & 0x40 ? CAMSEAL_SPDM_KEY_P384 : 0;
    c.pqc_algorithm = values & 0x80 ? 1 : 0;
    (void)!game_complete(in, camseal_spdm_begin_set_key_pair(eng.req, &c));
}
