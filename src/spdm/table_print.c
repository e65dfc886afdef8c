/* The transition table for people: docs/spdm-transitions.md is made of these lines. */
#include "camseal/spdm.h"
#include "session.h"
#include "table.h"

enum { LINE_MAX_BYTES = 240 };

typedef struct text {
    char bytes[LINE_MAX_BYTES];
    size_t len;
} text;

static void put(text *t, const char *s)
{
    while (*s && t->len < sizeof t->bytes - 1)
        t->bytes[t->len++] = *s++;
    t->bytes[t->len] = '\0';
}

static void put_hex(text *t, uint8_t byte)
{
    static const char digits[] = "0123456789ABCDEF";
    const char hex[] = {digits[byte >> 4], digits[byte & 0x0F], '\0'};
    put(t, hex);
}

static void put_code(text *t, uint8_t code)
{
    put(t, "| ");
    if (code) {
        put(t, camseal_spdm_code_name(code));
        put(t, " ");
        put_hex(t, code);
    } else {
        put(t, "of the deferred request");
    }
    put(t, " ");
}

static void put_connection(text *t, const spdm_row *row)
{
    static const char *const names[] = {"not started", "after VERSION", "after CAPABILITIES",
                                        "negotiated", "authenticated"};
    put(t, "| ");
    put(t, names[row->first]);
    if (row->last != row->first) {
        put(t, " .. ");
        put(t, names[row->last]);
    }
}

static void put_sessions(text *t, const spdm_row *row)
{
    static const char *const rules[] = {"outside", "outside", "never outside",
                                        "outside in a clear handshake"};
    put(t, " | ");
    put(t, rules[row->rule]);
    if (row->states >> SPDM_SESSION_HANDSHAKE & 1u)
        put(t, ", handshake");
    if (row->states >> SPDM_SESSION_ESTABLISHED & 1u)
        put(t, ", established");
}

/* Capability fields by lowest bit; those of two bits have one name. */
static void put_flags(text *t, uint32_t flags)
{
    static const struct {
        uint32_t flag;
        const char *name;
    } names[] = {
        {SPDM_CAP_CERT, "CERT"},
        {SPDM_CAP_CHAL, "CHAL"},
        {SPDM_CAP_MEAS, "MEAS"},
        {SPDM_CAP_MUT_AUTH, "MUT_AUTH"},
        {SPDM_CAP_KEY_EX, "KEY_EX"},
        {SPDM_CAP_PSK_1, "PSK 1"},
        {SPDM_CAP_PSK_2, "PSK 2"},
        {SPDM_CAP_ENCAP, "ENCAP"},
        {SPDM_CAP_HBEAT, "HBEAT"},
        {SPDM_CAP_KEY_UPD, "KEY_UPD"},
        {SPDM_CAP_CHUNK, "CHUNK"},
        {SPDM_CAP_SET_CERT, "SET_CERT"},
        {SPDM_CAP_CSR, "CSR"},
        {SPDM_CAP_EP_INFO, "EP_INFO"},
        {SPDM_CAP_MEL, "MEL"},
        {SPDM_CAP_EVENT, "EVENT"},
        {SPDM_CAP_GET_KEY_PAIR_INFO, "GET_KEY_PAIR_INFO"},
        {SPDM_CAP_SET_KEY_PAIR_INFO, "SET_KEY_PAIR_INFO"},
    };
    const char *between = "";
    put(t, " | ");
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (!(flags & names[i].flag))
            continue;
        put(t, between);
        put(t, names[i].name);
        between = " or ";
    }
}

static void put_notes(text *t, uint8_t notes)
{
    put(t, " | ");
    put(t, notes & SPDM_ROW_CRYPTO ? "T2" : "T1");
    if (notes & SPDM_ROW_CLEARS_M1)
        put(t, ", clears B and C");
    if (notes & SPDM_ROW_KEEPS_L1)
        put(t, ", keeps L1");
    put(t, " |");
}

void camseal_spdm_table_print(void (*line)(void *user, const char *text), void *user)
{
    line(user, "| request | response | since | connection | session | responder has | both have | "
               "time, transcripts |");
    line(user, "| --- | --- | --- | --- | --- | --- | --- | --- |");
    for (unsigned op = 0; op < SPDM_OPS; op++) {
        const spdm_row *row = camseal_spdm_row((enum spdm_op)op);
        const char minor[] = {'1', '.', (char)('0' + (row->since & 0x0F)), ' ', '\0'};
        text t = {{0}, 0};
        put_code(&t, row->request);
        put_code(&t, row->response);
        put(&t, "| ");
        put(&t, minor);
        put_connection(&t, row);
        put_sessions(&t, row);
        put_flags(&t, row->responder);
        put_flags(&t, row->both);
        put_notes(&t, row->notes);
        line(user, t.bytes);
    }
}
