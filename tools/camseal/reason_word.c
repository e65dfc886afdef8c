#include "reason_word.h"

#include <string.h>

#include "camseal/stream.h"

static const char *const words[CAMSEAL_REASON_COUNT] = {
    [CAMSEAL_REASON_NONE] = "",
    [CAMSEAL_REASON_TAG] = "TAG",
    [CAMSEAL_REASON_REPLAY_FRAME] = "REPLAY_FRAME",
    [CAMSEAL_REASON_REPLAY_MESSAGE] = "REPLAY_MESSAGE",
    [CAMSEAL_REASON_VERSION] = "VERSION",
    [CAMSEAL_REASON_CONTEXT] = "CONTEXT",
    [CAMSEAL_REASON_EPOCH] = "EPOCH",
    [CAMSEAL_REASON_STREAM] = "STREAM",
    [CAMSEAL_REASON_VARIANT] = "VARIANT",
    [CAMSEAL_REASON_FLAGS] = "FLAGS",
    [CAMSEAL_REASON_LENGTH] = "LENGTH",
    [CAMSEAL_REASON_PAD] = "PAD",
    [CAMSEAL_REASON_ORDER] = "ORDER",
    [CAMSEAL_REASON_ECC] = "ECC",
    [CAMSEAL_REASON_CRC16] = "CRC16",
    [CAMSEAL_REASON_CRC32] = "CRC32",
    [CAMSEAL_REASON_TRUNCATED] = "TRUNCATED",
    [CAMSEAL_REASON_GAP] = "GAP",
    [CAMSEAL_REASON_NO_START] = "NO_START",
    [CAMSEAL_REASON_NO_END] = "NO_END",
    [CAMSEAL_REASON_TIMEOUT] = "TIMEOUT",
    [CAMSEAL_REASON_FRAME_GAP] = "FRAME_GAP",
    [CAMSEAL_REASON_UNPROTECTED] = "UNPROTECTED",
    [CAMSEAL_REASON_NO_KEY] = "NO_KEY",
};

const char *reason_word(unsigned reason)
{
    return reason < CAMSEAL_REASON_COUNT && words[reason] ? words[reason] : "?";
}

unsigned reason_of_word(const char *word)
{
    for (unsigned r = 0; r < CAMSEAL_REASON_COUNT; r++)
        if (words[r] && !strcmp(words[r], word))
            return r;
    return CAMSEAL_REASON_COUNT;
}
