/* Nonces never repeat under a key (open-profile §3, I1 to I6), over random histories. I7 is
 * CCISE's. */
#include "nonce_history.h"

enum { RUNS = 48, STEPS = 700 };

static void no_nonce_repeats_in_any_history(void **state)
{
    (void)state;
    unsigned frames = 0, aborts = 0, resets = 0, rotations = 0, restarts = 0, refusals = 0;
    size_t all = 0;
    static history h;
    for (unsigned run = 0; run < RUNS; run++) {
        const unsigned kinds[3] = {run % CAMERA_KINDS, (run + 9) % CAMERA_KINDS,
                                   (run + 18) % CAMERA_KINDS};
        const uint64_t seed = 0xC0FFEE + 977u * run;
        size_t entries = 0;
        history_open(&h, seed, kinds, 3);
        history_run(&h, STEPS);
        const size_t faults = book_faults(), repeats = book_close(&entries);
        if (faults || repeats)
            fail_msg("seed %llu: %zu repeated, %zu illegal", (unsigned long long)seed, repeats,
                     faults);
        frames += h.frames;
        aborts += h.aborts;
        resets += h.resets;
        rotations += h.rotations;
        restarts += h.restarts;
        refusals += h.refusals;
        all += entries;
        history_close(&h);
    }
    print_message(
        "seeds %u + 977 i, %u runs: %zu nonces and tags, %u frames, %u aborted, %u resets, "
        "%u rotations, %u restarts, %u refusals\n",
        0xC0FFEEu, RUNS, all, frames, aborts, resets, rotations, restarts, refusals);
    assert_true(all > 50000 && frames > 5000 && aborts > 500 && resets > 50 && rotations > 500 &&
                restarts > 100 && refusals > 500);
}

/* The book sees what it is there for: without a fresh salt a reset repeats nonces (I4). */
static void a_kept_salt_is_seen(void **state)
{
    (void)state;
    static history h;
    for (unsigned kind = 0; kind < CAMERA_KINDS; kind++) {
        size_t entries = 0;
        history_open(&h, 1 + kind, &kind, 1);
        h.keep_salt = true;
        camera_reset(&h, h.cameras);
        history_run(&h, 100);
        camera_reset(&h, h.cameras);
        history_run(&h, 100);
        assert_true(book_close(&entries) > 0);
        history_close(&h);
    }
}

static void send_frames(history *h, unsigned n)
{
    const bool fsed = h->cameras[0].config.protocol == CAMSEAL_PROTOCOL_FSED;
    for (unsigned k = 0; k < n; k++) {
        const unsigned evc = k % CAMERA_EVCS;
        const uint32_t begin = fsed ? CAMSEAL_SOURCE_FSH : CAMSEAL_SOURCE_SOF | CAMSEAL_SOURCE_EOF;
        assert_status(camera_send(h, h->cameras, evc, false, begin), CAMSEAL_OK);
        if (fsed)
            assert_status(camera_send(h, h->cameras, evc, false, CAMSEAL_SOURCE_FTG), CAMSEAL_OK);
    }
}

/* The wire's 32 bits wrap; the nonce's 40 do not: under one key, first frames and those after the
 * wrap. */
static void nonces_go_on_where_the_wire_wraps(void **state)
{
    (void)state;
    static history h;
    for (unsigned kind = 0; kind < CAMERA_KINDS; kind++) {
        size_t entries = 0;
        history_open(&h, 100 + kind, &kind, 1);
        h.keep_salt = true;
        camera_reset(&h, h.cameras);
        send_frames(&h, 40);
        camera_reset(&h, h.cameras);
        for (unsigned evc = 0; evc < CAMERA_EVCS; evc++)
            assert_status(camseal_context_set_frame_count(h.cameras[0].ctx, (uint8_t)(0x20 + evc),
                                                          UINT32_MAX - 4),
                          CAMSEAL_OK);
        send_frames(&h, 40);
        assert_true(h.cameras[0].evcs[0].frame_count > UINT32_MAX);
        assert_int_equal(book_faults(), 0);
        assert_int_equal(book_close(&entries), 0);
        assert_true(entries >= 80);
        history_close(&h);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_nonce_repeats_in_any_history),
        cmocka_unit_test(a_kept_salt_is_seen),
        cmocka_unit_test(nonces_go_on_where_the_wire_wraps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
