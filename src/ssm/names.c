/* Names of opcodes and status bytes, and the table between status bytes and status codes. */
#include "message.h"

static const struct {
    uint8_t opcode;
    const char *name;
} opcodes[] = {
    {CAMSEAL_SSM_GET_CAPS, "GET_CAPS"},         {CAMSEAL_SSM_CTX_CREATE, "CTX_CREATE"},
    {CAMSEAL_SSM_CTX_KEY_LOAD, "CTX_KEY_LOAD"}, {CAMSEAL_SSM_CTX_CONFIG, "CTX_CONFIG"},
    {CAMSEAL_SSM_CTX_ACTIVATE, "CTX_ACTIVATE"}, {CAMSEAL_SSM_CTX_ROTATE, "CTX_ROTATE"},
    {CAMSEAL_SSM_CTX_STATUS, "CTX_STATUS"},     {CAMSEAL_SSM_CTX_DESTROY, "CTX_DESTROY"},
};

/* The first row of a code is what the host's side makes of it. */
static const struct {
    camseal_status status;
    uint8_t code;
    const char *name;
} codes[] = {
    {CAMSEAL_OK, CAMSEAL_SSM_OK, "OK"},
    {CAMSEAL_E_FORMAT, CAMSEAL_SSM_FORMAT, "FORMAT"},
    {CAMSEAL_E_TRUNCATED, CAMSEAL_SSM_FORMAT, "FORMAT"},
    {CAMSEAL_E_TRAILING, CAMSEAL_SSM_FORMAT, "FORMAT"},
    {CAMSEAL_E_ARGUMENT, CAMSEAL_SSM_FORMAT, "FORMAT"},
    {CAMSEAL_E_VERSION, CAMSEAL_SSM_VERSION, "VERSION"},
    {CAMSEAL_E_UNSUPPORTED, CAMSEAL_SSM_UNSUPPORTED, "UNSUPPORTED"},
    {CAMSEAL_E_UNEXPECTED, CAMSEAL_SSM_SESSION, "SESSION"},
    {CAMSEAL_E_OWNER, CAMSEAL_SSM_OWNER, "OWNER"},
    {CAMSEAL_E_STATE, CAMSEAL_SSM_STATE, "STATE"},
    {CAMSEAL_E_NOT_FOUND, CAMSEAL_SSM_NOT_FOUND, "NOT_FOUND"},
    {CAMSEAL_E_POLICY, CAMSEAL_SSM_POLICY, "POLICY"},
    {CAMSEAL_E_REPLAY, CAMSEAL_SSM_EPOCH, "EPOCH"},
    {CAMSEAL_E_SPACE, CAMSEAL_SSM_ROOM, "ROOM"},
    {CAMSEAL_E_MEMORY, CAMSEAL_SSM_ROOM, "ROOM"},
    {CAMSEAL_E_LIMIT, CAMSEAL_SSM_LIMIT, "LIMIT"},
    {CAMSEAL_E_CRYPTO, CAMSEAL_SSM_INTERNAL, "INTERNAL"},
};
#define N_CODES (sizeof codes / sizeof codes[0])

const char *camseal_ssm_opcode_name(uint8_t opcode)
{
    for (size_t i = 0; i < sizeof opcodes / sizeof opcodes[0]; i++)
        if (opcodes[i].opcode == opcode)
            return opcodes[i].name;
    return "?";
}

const char *camseal_ssm_code_name(uint8_t code)
{
    for (size_t i = 0; i < N_CODES; i++)
        if (codes[i].code == code)
            return codes[i].name;
    return "?";
}

uint8_t camseal_ssm_code_of(camseal_status status)
{
    for (size_t i = 0; i < N_CODES; i++)
        if (codes[i].status == status)
            return codes[i].code;
    return CAMSEAL_SSM_INTERNAL;
}

camseal_status camseal_ssm_status_of(uint8_t code)
{
    for (size_t i = 0; i < N_CODES; i++)
        if (codes[i].code == code)
            return codes[i].status;
    return CAMSEAL_E_PEER_ERROR;
}
