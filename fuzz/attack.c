/* The bridge's attacks, fed with anything: lines of attacks, an empty line, then records {kind,
 * length u16, bytes}. Kinds: raw packet, payload of a well-framed SEP packet, short packet, control
 * message. */
#include "fuzz.h"

#include <string.h>

#include "attack.h"
#include "camseal/csi2.h"

enum { ATTACKS = 4, RAW = 0, SEP, SHORT, MESSAGE, KINDS };

/* Reads a line into text; false at the empty one. */
static bool take_line(const uint8_t **data, size_t *size, char text[128])
{
    const uint8_t *end = memchr(*data, '\n', *size);
    size_t len = end ? (size_t)(end - *data) : 0;
    if (len == 0 || len > 127)
        return false;
    memcpy(text, *data, len);
    text[len] = 0;
    *data += len + 1;
    *size -= len + 1;
    return true;
}

static void pass(attack_set *set, unsigned kind, const uint8_t *bytes, size_t len,
                 attack_output *out)
{
    size_t extra = kind == SEP ? 6 : kind == SHORT ? 4 : 0;
    uint8_t *packet = malloc(len + extra + 1);
    if (!packet)
        return;
    camseal_mspan whole = camseal_mspan_of(packet, len + extra);
    memset(packet, 0, len + extra + 1);
    if (kind == SHORT)
        whole.len = 4;
    else
        memcpy(packet + (kind == SEP ? 4 : 0), bytes, len);
    uint8_t vc = len ? bytes[0] & 15 : 0;
    if (kind == SEP)
        FUZZ_REQUIRE(camseal_csi2_header(packet, 0, CAMSEAL_CSI2_SEP, (uint16_t)len) == CAMSEAL_OK);
    if (kind == SHORT)
        FUZZ_REQUIRE(camseal_csi2_header(packet, 0, vc & 1, 1) == CAMSEAL_OK);
    attack_message m = {whole, (uint8_t)(5 + (len & 1)), (len & 2) != 0, 1 + vc % 3u};
    if (kind == MESSAGE)
        attack_control(set, &m, out);
    else if (whole.len)
        attack_data(set, whole, out);
    for (size_t i = 0; i < out->n; i++)
        FUZZ_REQUIRE(out->spans[i].len == 0 || out->spans[i].data[out->spans[i].len - 1] + 1 > 0);
    attack_release(out);
    free(packet);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char text[128];
    attack_error error;
    attack_output out = {0};
    attack_set *set = attack_set_new(1);
    if (!set)
        return 0;
    while (attack_count(set) < ATTACKS && take_line(&data, &size, text))
        if (attack_add(set, text, &error) != CAMSEAL_OK)
            FUZZ_REQUIRE(error.text[0]);
    while (size > 3) {
        size_t len = (size_t)(data[1] | data[2] << 8);
        len = len > size - 3 ? size - 3 : len;
        pass(set, data[0] % KINDS, data + 3, len, &out);
        data += 3 + len;
        size -= 3 + len;
    }
    attack_data_end(set, &out);
    attack_output_free(&out);
    attack_set_free(set);
    return 0;
}
