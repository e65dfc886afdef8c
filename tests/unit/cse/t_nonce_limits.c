/* The same histories with counters of 8 bits and small key limits: every end is reached, and LIMIT
 * comes before a nonce repeats. src/context and src/cse are compiled anew for this test. */
#include "nonce_history.h"

enum { FSED_EFF = 3, MESSAGE_EFF = 0, MESSAGE_GMAC_E = 16, FRAME_GMAC = 10, LAST = 254 };

static void begin(history *h, unsigned kind)
{
    static uint64_t seed = 77;
    history_open(h, ++seed, &kind, 1);
}

static void end(history *h)
{
    size_t entries = 0;
    assert_int_equal(book_faults(), 0);
    assert_int_equal(book_close(&entries), 0);
    assert_true(entries > 0);
    history_close(h);
}

static camseal_status send_frame(history *h, unsigned evc)
{
    camera *c = h->cameras;
    if (c->config.protocol == CAMSEAL_PROTOCOL_SEP)
        return camera_send(h, c, evc, false, CAMSEAL_SOURCE_SOF | CAMSEAL_SOURCE_EOF);
    const camseal_status status = camera_send(h, c, evc, false, CAMSEAL_SOURCE_FSH);
    return status == CAMSEAL_OK ? camera_send(h, c, evc, false, CAMSEAL_SOURCE_FTG) : status;
}

/* Rotates often enough that no key limit comes first. */
static void use_up_frames(history *h)
{
    for (unsigned i = 1; i <= LAST; i++) {
        if (i % 32 == 0) {
            camera_rotate(h, h->cameras);
            for (unsigned evc = 1; evc < CAMERA_EVCS; evc++)
                assert_status(send_frame(h, evc), CAMSEAL_OK);
        }
        const camseal_status status = send_frame(h, 0);
        if (status != CAMSEAL_OK)
            fail_msg("frame %u: %s", i, camseal_status_name(status));
    }
}

static void frames_end_before_the_counter_wraps(void **state)
{
    (void)state;
    static history h;
    for (unsigned kind = 0; kind < CAMERA_KINDS; kind++) {
        begin(&h, kind);
        use_up_frames(&h);
        assert_status(send_frame(&h, 0), CAMSEAL_E_LIMIT);
        camera_restart(&h, h.cameras);
        assert_status(send_frame(&h, 0), CAMSEAL_E_LIMIT);
        camera_rotate(&h, h.cameras); /* does not reset the counter */
        assert_status(send_frame(&h, 0), CAMSEAL_E_LIMIT);
        assert_status(send_frame(&h, 1), CAMSEAL_OK); /* each eVC has its own */
        camera_reset(&h, h.cameras);                  /* a context made anew may */
        assert_status(send_frame(&h, 0), CAMSEAL_OK);
        end(&h);
    }
}

/* A given-up frame costs its number too. */
static void aborted_frames_count(void **state)
{
    (void)state;
    static history h;
    begin(&h, MESSAGE_EFF);
    for (unsigned i = 1; i <= LAST; i++) {
        assert_status(camera_send(&h, h.cameras, 0, false, CAMSEAL_SOURCE_SOF), CAMSEAL_OK);
        assert_status(camseal_source_abort(h.cameras->source, 0x20), CAMSEAL_OK);
    }
    assert_status(send_frame(&h, 0), CAMSEAL_E_LIMIT);
    end(&h);
}

static void messages_end_before_their_counter_wraps(void **state)
{
    (void)state;
    static history h;
    for (unsigned kind = 0; kind < CAMERA_KINDS; kind++) {
        const bool fsed = kind % 4 == 3;
        begin(&h, kind);
        const uint32_t first = fsed ? CAMSEAL_SOURCE_FSH : CAMSEAL_SOURCE_SOF;
        assert_status(camera_send(&h, h.cameras, 0, false, first), CAMSEAL_OK);
        for (unsigned i = fsed ? 0 : 1; i < CAMSEAL_PRIV_MESSAGE_COUNT_END; i++)
            assert_status(camera_send(&h, h.cameras, 0, false, 0), CAMSEAL_OK);
        assert_status(camera_send(&h, h.cameras, 0, false, 0), CAMSEAL_E_LIMIT);
        assert_status(camseal_source_abort(h.cameras->source, 0x20), CAMSEAL_OK);
        assert_status(send_frame(&h, 0), CAMSEAL_OK);
        end(&h);
    }
}

/* Messages until the key is used up; the used part at the end, in 1/65536. */
static void use_up_key(history *h, unsigned *messages)
{
    const camera *c = h->cameras;
    camseal_status status = CAMSEAL_OK;
    for (*messages = 0; status == CAMSEAL_OK; ++*messages) {
        const uint32_t flags = *messages % 64 == 0 ? CAMSEAL_SOURCE_SOF : 0;
        if (flags && *messages)
            assert_status(camseal_source_abort(c->source, 0x20), CAMSEAL_OK);
        status = camera_send(h, h->cameras, 0, false, flags);
        const camseal_priv_keys *keys = &c->ctx->keys[c->ctx->current];
        assert_true(keys->mac_blocks <= CAMSEAL_PRIV_BLOCK_LIMIT);
        assert_true(keys->ctr_blocks <= CAMSEAL_PRIV_BLOCK_LIMIT);
        assert_true(!c->ctx->suite->gmac || keys->tags <= CAMSEAL_PRIV_TAG_LIMIT);
    }
    assert_status(status, CAMSEAL_E_LIMIT);
}

static void a_used_up_key_stops_its_source(void **state)
{
    (void)state;
    static const unsigned kinds[] = {MESSAGE_EFF, FRAME_GMAC, MESSAGE_GMAC_E};
    static history h;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        unsigned messages;
        begin(&h, kinds[i]);
        use_up_key(&h, &messages);
        assert_true(messages > 100);
        assert_true(camseal_context_limit_used(h.cameras->ctx) > 65536 * 99 / 100);
        camera_restart(&h, h.cameras);
        while (camera_send(&h, h.cameras, 0, false, CAMSEAL_SOURCE_SOF) == CAMSEAL_OK)
            assert_status(camseal_source_abort(h.cameras->source, 0x20), CAMSEAL_OK);
        camera_rotate(&h, h.cameras);
        assert_status(send_frame(&h, 0), CAMSEAL_OK);
        end(&h);
    }
}

static void no_nonce_repeats_in_long_histories(void **state)
{
    (void)state;
    unsigned limits = 0;
    static history h;
    for (unsigned run = 0; run < CAMERA_KINDS; run++) {
        const unsigned kinds[2] = {run, (run + 7) % CAMERA_KINDS};
        size_t entries = 0;
        history_open(&h, 31 + run, kinds, 2);
        history_run(&h, 2500);
        limits += h.limits;
        assert_int_equal(book_faults(), 0);
        assert_int_equal(book_close(&entries), 0);
        history_close(&h);
    }
    print_message("seeds 31 + i, %u runs: %u times LIMIT\n", CAMERA_KINDS, limits);
    assert_true(limits > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_end_before_the_counter_wraps),
        cmocka_unit_test(aborted_frames_count),
        cmocka_unit_test(messages_end_before_their_counter_wraps),
        cmocka_unit_test(a_used_up_key_stops_its_source),
        cmocka_unit_test(no_nonce_repeats_in_long_histories),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
