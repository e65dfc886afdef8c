/* Names and texts; SPDM error codes. Knows the numbers of DSP0274 ERROR, no message. */
#include "camseal/status.h"

#include <stddef.h>

enum spdm_error {
    SPDM_INVALID_REQUEST = 0x01,
    SPDM_BUSY = 0x03,
    SPDM_UNEXPECTED = 0x04,
    SPDM_UNSPECIFIED = 0x05,
    SPDM_DECRYPT = 0x06,
    SPDM_UNSUPPORTED = 0x07,
    SPDM_VERSION = 0x41
};

struct row {
    camseal_status status;
    const char *name;
    const char *text;
};

static const struct row rows[] = {
    {CAMSEAL_OK, "OK", "success"},
    {CAMSEAL_PENDING, "PENDING", "not finished yet"},
    {CAMSEAL_E_ARGUMENT, "ARGUMENT", "an argument is out of range"},
    {CAMSEAL_E_STATE, "STATE", "not possible in the present state"},
    {CAMSEAL_E_SPACE, "SPACE", "a buffer or table is full"},
    {CAMSEAL_E_MEMORY, "MEMORY", "the memory given is too short or misaligned"},
    {CAMSEAL_E_UNSUPPORTED, "UNSUPPORTED", "not supported here"},
    {CAMSEAL_E_TRUNCATED, "TRUNCATED", "the message ends too early"},
    {CAMSEAL_E_TRAILING, "TRAILING", "bytes follow the end of the message"},
    {CAMSEAL_E_FORMAT, "FORMAT", "a field has an illegal value"},
    {CAMSEAL_E_UNEXPECTED, "UNEXPECTED", "the message is not legal now"},
    {CAMSEAL_E_VERSION, "VERSION", "no common version"},
    {CAMSEAL_E_NEGOTIATION, "NEGOTIATION", "no common algorithm or capability"},
    {CAMSEAL_E_PEER_ERROR, "PEER_ERROR", "the peer answered with an error"},
    {CAMSEAL_E_CRC, "CRC", "line noise: a checksum does not match"},
    {CAMSEAL_E_TIMEOUT, "TIMEOUT", "no answer in time"},
    {CAMSEAL_E_NOT_FOUND, "NOT_FOUND", "names something that is not there"},
    {CAMSEAL_E_SIGNATURE, "SIGNATURE", "a signature does not verify"},
    {CAMSEAL_E_AUTH, "AUTH", "an authentication tag is wrong"},
    {CAMSEAL_E_CERTIFICATE, "CERTIFICATE", "a certificate breaks a rule"},
    {CAMSEAL_E_UNTRUSTED, "UNTRUSTED", "the certificate chain ends at no trusted root"},
    {CAMSEAL_E_EXPIRED, "EXPIRED", "a certificate is outside its validity period"},
    {CAMSEAL_E_IDENTITY, "IDENTITY", "not the device that is pinned for this place"},
    {CAMSEAL_E_REPLAY, "REPLAY", "a counter did not rise"},
    {CAMSEAL_E_LIMIT, "LIMIT", "a key or counter reached its limit"},
    {CAMSEAL_E_POLICY, "POLICY", "local policy forbids it"},
    {CAMSEAL_E_OWNER, "OWNER", "not the owner of this component"},
    {CAMSEAL_E_CRYPTO, "CRYPTO", "the crypto provider failed"},
    {CAMSEAL_E_SELFTEST, "SELFTEST", "a known-answer self-test failed"},
    {CAMSEAL_E_RANDOM, "RANDOM", "no random numbers available"},
    {CAMSEAL_E_KEY, "KEY", "a private key is missing or does not fit"},
    {CAMSEAL_E_IO, "IO", "reading or writing failed"},
    {CAMSEAL_E_CLOSED, "CLOSED", "the link was closed by the other side"},
    {CAMSEAL_E_CONNECT, "CONNECT", "an endpoint cannot be reached"},
    {CAMSEAL_E_FILE, "FILE", "a file cannot be read or written"},
    {CAMSEAL_E_BUG, "BUG", "an internal invariant broke"},
};

static const struct row *find(camseal_status status)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].status == status)
            return &rows[i];
    return NULL;
}

const char *camseal_status_name(camseal_status status)
{
    const struct row *row = find(status);
    return row ? row->name : "UNKNOWN";
}

const char *camseal_status_text(camseal_status status)
{
    const struct row *row = find(status);
    return row ? row->text : "unknown status";
}

int camseal_status_class(camseal_status status)
{
    return status < 0 ? (-status) >> 8 : 0;
}

/* Where the class alone does not say it. */
static const struct {
    int16_t status;
    uint8_t error;
} spdm_errors[] = {
    {CAMSEAL_OK, 0},
    {CAMSEAL_PENDING, SPDM_BUSY},
    {CAMSEAL_E_STATE, SPDM_UNEXPECTED},
    {CAMSEAL_E_UNSUPPORTED, SPDM_UNSUPPORTED},
    {CAMSEAL_E_UNEXPECTED, SPDM_UNEXPECTED},
    {CAMSEAL_E_VERSION, SPDM_VERSION},
    {CAMSEAL_E_PEER_ERROR, SPDM_UNSPECIFIED},
    {CAMSEAL_E_TIMEOUT, SPDM_UNSPECIFIED},
    {CAMSEAL_E_LIMIT, SPDM_UNSPECIFIED},
    {CAMSEAL_E_POLICY, SPDM_INVALID_REQUEST},
};

uint8_t camseal_status_spdm_error(camseal_status status)
{
    int class_ = camseal_status_class(status);
    for (size_t i = 0; i < sizeof spdm_errors / sizeof spdm_errors[0]; i++)
        if (spdm_errors[i].status == status)
            return spdm_errors[i].error;
    if (class_ == CAMSEAL_CLASS_PEER)
        return SPDM_INVALID_REQUEST;
    return class_ == CAMSEAL_CLASS_SECURITY ? SPDM_DECRYPT : SPDM_UNSPECIFIED;
}

int camseal_status_exit_code(camseal_status status)
{
    static const int codes[] = {0, 2, 3, 4, 5, 6, 7};
    int class_ = camseal_status_class(status);
    if (class_ < 0 || (size_t)class_ >= sizeof codes / sizeof codes[0])
        return 7;
    return codes[class_];
}
